package keycloak

import (
	"context"
	"net/http"
	"slices"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

var _ authz.ServerLister = (*Driver)(nil)

// ServerIDs implements authz.ServerLister: the realms that the login may see.
// https://www.keycloak.org/docs-api/latest/rest-api/index.html#_realms_admin
func (d *Driver) ServerIDs(ctx context.Context) ([]string, error) {
	var realms []struct {
		Realm string `json:"realm"`
	}
	c := &call{op: "list the realms", realm: d.loginRealm(), needs: needViewRealm}
	address := d.admin + "/admin/realms?briefRepresentation=true"
	_, err := httpapi.Do(ctx, d.client, d.request(c, http.MethodGet, address, nil), &realms)
	ids := make([]string, len(realms))
	for i, r := range realms {
		ids[i] = r.Realm
	}
	slices.Sort(ids)
	return ids, err
}
