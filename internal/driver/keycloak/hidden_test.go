package keycloak

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	server "github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

// newFineGrainedLab is a realm with fine-grained admin permissions. It skips the test
// on servers that have none.
func newFineGrainedLab(t *testing.T) *lab {
	t.Helper()
	l := newLab(t)
	if !l.Server.Is(t, ">= 26.2") {
		t.Skip("this version has no fine-grained admin permissions")
	}
	l.do("PUT", map[string]any{"adminPermissionsEnabled": true}, nil)
	return l
}

// mayView permits a user to view clients: those named, or all of them.
func (l *lab) mayView(name string, u server.User, clientIDs ...string) {
	l.t.Helper()
	var all []server.Client
	l.do("GET", nil, &all, "clients")
	find := func(clientID string) string {
		i := slices.IndexFunc(all, func(c server.Client) bool { return c.ClientID == clientID })
		if i < 0 {
			l.t.Fatalf("there is no client %q", clientID)
		}
		return all[i].ID
	}
	permissions := find("admin-permissions")
	l.do("POST", map[string]any{"name": "user-" + name, "users": []string{u.ID}}, nil, "clients", permissions, "authz", "resource-server", "policy", "user")
	permission := map[string]any{"name": name, "resourceType": "Clients", "scopes": []string{"view"}, "policies": []string{"user-" + name}}
	if len(clientIDs) > 0 {
		var ids []string
		for _, id := range clientIDs {
			ids = append(ids, find(id))
		}
		permission["resources"] = ids
	}
	l.do("POST", permission, nil, "clients", permissions, "authz", "resource-server", "permission", "scope")
}

// A client can have a permission of its own, which hides it from those who may view
// all other clients. It is then not missing.
func TestClientHiddenByItsOwnPermission(t *testing.T) {
	t.Parallel()
	l := newFineGrainedLab(t)
	if !l.Server.Is(t, ">= 26.7") {
		t.Skip("this version lists no client that only a fine-grained permission shows")
	}
	l.app()
	l.CreatePublicClient(t, "seen")
	cfg := l.serviceAccount("reader", "query-clients", "view-realm")
	l.mayView("all", l.ServiceAccountUser(t, l.clients["reader"]))
	l.mayView("own", l.CreateUser(t, "other"), "app")
	d, _ := newDriver(t, cfg)
	if _, err := d.ReadClientScopes(t.Context(), "", "seen"); err != nil {
		t.Fatalf("%v | %s", err, drivertest.Advice(err))
	}
	_, err := d.ReadClientScopes(t.Context(), "", "app")
	wantKind(t, err, authz.Denied, `"app"`, needViewClients)
	listing, err := d.ListClientScopes(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	wantKind(t, listing.Partial, authz.Denied, `"app"`, needViewClients)
	err = d.ChangeClientScopes(t.Context(), "", authz.ClientScopeSet{ClientID: "app"}, authz.ClientScopeSet{ClientID: "app"})
	wantKind(t, err, authz.Denied, `"app"`)
}

// A caller who certainly sees all clients still finds that one is missing.
func TestMissingClientWithFineGrainedPermissions(t *testing.T) {
	t.Parallel()
	l := newFineGrainedLab(t)
	l.app()
	for name, cfg := range map[string]Config{
		"an administrator by export": l.admin(),
		"view-clients":               l.serviceAccount("reader", "view-clients"),
		"manage-clients":             l.serviceAccount("writer", "manage-clients", "view-realm"),
	} {
		d, _ := newDriver(t, cfg)
		if _, err := d.ReadClientScopes(t.Context(), "", "app"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		_, err := d.ReadClientScopes(t.Context(), "", "none")
		wantKind(t, err, authz.NotFound, `"none"`)
		if listing, err := d.ListClientScopes(t.Context(), ""); err != nil || listing.Partial != nil {
			t.Errorf("%s: %v, partial: %v", name, err, listing.Partial)
		}
	}
}

// An opaque token proves no right. A realm without fine-grained permissions hides no
// single client.
func TestMissingClientByAnOpaqueToken(t *testing.T) {
	t.Parallel()
	for realm, kind := range map[string]authz.Kind{
		`{"realm":"shop","defaultRole":{"id":"r"},"adminPermissionsEnabled":false}`: authz.NotFound,
		`{"realm":"shop","defaultRole":{"id":"r"}}`:                                 authz.NotFound, // before version 26.2
		`{"realm":"shop","defaultRole":{"id":"r"},"adminPermissionsEnabled":true}`:  authz.Denied,
		`{"realm":"shop"}`: authz.Denied, // the caller may not view the realm
	} {
		d, w := newDriver(t, Config{URL: "https://sso.example.com", Realm: "shop", AccessToken: "opaque"})
		w.hook(func(req *http.Request, _ string) (*http.Response, error) {
			switch path := req.URL.Path; {
			case strings.HasSuffix(path, "/partial-export"):
				return respondJSON(req, 403, `{"error":"HTTP 403 Forbidden"}`), nil
			case req.URL.Query().Get("clientId") == "realm-management":
				return respondJSON(req, 200, `[{"id":"m","clientId":"realm-management"}]`), nil
			case strings.HasSuffix(path, "/clients"):
				return respondJSON(req, 200, `[]`), nil
			}
			return respondJSON(req, 200, realm), nil
		})
		_, err := d.ReadClientScopes(t.Context(), "", "app")
		wantKind(t, err, kind, `"app"`)
	}
}

// A listing without the right to view all clients may lack hidden ones.
func TestListingOfClientsByAnOpaqueToken(t *testing.T) {
	t.Parallel()
	const (
		clients = `[{"id":"m","clientId":"realm-management","defaultClientScopes":["a"],"optionalClientScopes":[]}]`
		scopes  = `[{"id":"1","name":"a","protocol":"openid-connect"}]`
	)
	d, w := newDriver(t, Config{URL: "https://sso.example.com", Realm: "shop", AccessToken: "opaque"})
	w.hook(func(req *http.Request, body string) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/shop") {
			return respondJSON(req, 200, `{"realm":"shop","defaultRole":{"id":"r"},"adminPermissionsEnabled":true}`), nil
		}
		return emulated("", clients, scopes)(req, body)
	})
	listing, err := d.ListClientScopes(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	wantKind(t, listing.Partial, authz.Denied, "may hide clients", needViewClients)
}
