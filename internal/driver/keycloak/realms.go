package keycloak

import (
	"context"
	"slices"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

var _ authz.ServerLister = (*Driver)(nil)

// ServerIDs implements authz.ServerLister: the realms that the login may see.
// https://www.keycloak.org/docs-api/latest/rest-api/index.html#_realms_admin
func (d *Driver) ServerIDs(ctx context.Context) ([]string, error) {
	var realms []struct {
		Realm string `json:"realm"`
	}
	c := &call{op: "list the realms", realm: d.loginRealm(), needs: needViewRealm}
	err := d.do(ctx, c, func(ctx context.Context) error {
		_, err := d.client.GetRequestWithBearerAuth(ctx, "").SetResult(&realms).
			SetQueryParam("briefRepresentation", "true").Get(d.admin + "/admin/realms")
		return err
	})
	ids := make([]string, len(realms))
	for i, r := range realms {
		ids[i] = r.Realm
	}
	slices.Sort(ids)
	return ids, err
}
