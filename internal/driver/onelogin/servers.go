package onelogin

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

var (
	_ authz.ServerLister     = (*Driver)(nil)
	_ authz.AuthServerReader = (*Driver)(nil)
)

type serverJSON struct {
	ID            int64   `json:"id"`
	Name          string  `json:"name"`
	Description   *string `json:"description"`
	Configuration struct {
		ResourceIdentifier string   `json:"resource_identifier"`
		Audiences          []string `json:"audiences"`
	} `json:"configuration"`
}

// AuthServers implements authz.AuthServerReader. The API page states that there are no further
// pages. https://developers.onelogin.com/api-docs/2/api-authorization/list-auth-servers
func (d *Driver) AuthServers(ctx context.Context) ([]authz.AuthServer, error) {
	const op = "list the authorization servers"
	var found []serverJSON
	_, err := d.call(ctx, op, http.MethodGet, "api_authorizations", nil, &found)
	switch {
	case err != nil:
		return nil, err
	case found == nil:
		return nil, authz.Advise(authz.Unavailable, op, adviceURL, "the response has null instead of an array")
	}
	servers := make([]authz.AuthServer, len(found))
	for i, s := range found {
		servers[i] = authz.AuthServer{
			ID: strconv.FormatInt(s.ID, 10), Name: s.Name, Description: s.Description,
			ResourceIdentifier: s.Configuration.ResourceIdentifier, Audiences: authz.NameSet(s.Configuration.Audiences...),
		}
	}
	slices.SortFunc(servers, func(a, b authz.AuthServer) int { return cmp.Compare(a.ID, b.ID) })
	return servers, nil
}

// ServerIDs implements authz.ServerLister.
func (d *Driver) ServerIDs(ctx context.Context) ([]string, error) {
	servers, err := d.AuthServers(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(servers))
	for i, s := range servers {
		ids[i] = s.ID
	}
	return slices.Compact(ids), nil
}

type claimJSON struct {
	ID                        int64   `json:"id"`
	Name                      string  `json:"name"`
	Label                     *string `json:"label"`
	UserAttributeMappings     *string `json:"user_attribute_mappings"`
	AttributesTransformations *string `json:"attributes_transformations"`
}

// Claims implements authz.AuthServerReader.
// https://developers.onelogin.com/api-docs/2/api-authorization/list-claims
func (d *Driver) Claims(ctx context.Context, serverID string) ([]authz.Claim, error) {
	s, err := d.server("list the claims of authorization server "+serverID, serverID)
	if err != nil {
		return nil, err
	}
	found, _, err := get[[]claimJSON](ctx, s, "claims")
	if err != nil {
		return nil, err
	}
	claims := make([]authz.Claim, len(found))
	for i, c := range found {
		if c.ID <= 0 || c.Name == "" {
			return nil, s.unreadable("a claim without id or name")
		}
		claims[i] = authz.Claim{
			ID: strconv.FormatInt(c.ID, 10), Name: c.Name, Label: c.Label,
			UserAttributeMappings: c.UserAttributeMappings, AttributeTransformation: c.AttributesTransformations,
		}
	}
	slices.SortFunc(claims, func(a, b authz.Claim) int { return cmp.Compare(a.Name, b.Name) })
	return claims, nil
}
