package onelogin

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

var _ authz.ServerLister = (*Driver)(nil)

// ServerIDs implements authz.ServerLister. The API page says that there are no
// further pages.
// https://developers.onelogin.com/api-docs/2/api-authorization/list-auth-servers
func (d *Driver) ServerIDs(ctx context.Context) ([]string, error) {
	const op = "list the authorization servers"
	var servers []struct {
		ID int64 `json:"id"`
	}
	_, err := d.do(ctx, op, http.MethodGet, "api_authorizations", nil, &servers)
	switch {
	case err != nil:
		return nil, err
	case servers == nil:
		return nil, authz.Advise(authz.Unavailable, op, adviceURL, "the answer has null in place of an array")
	}
	ids := make([]string, len(servers))
	for i, s := range servers {
		ids[i] = strconv.FormatInt(s.ID, 10)
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}
