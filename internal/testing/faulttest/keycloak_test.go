package faulttest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
	driver "github.com/authscopes/terraform-provider-authscopes/internal/driver/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

func keycloakRefusal(status int) (contentType, body string) {
	if status == http.StatusNotFound {
		return "application/json", `{"error":"Realm not found."}`
	}
	return "application/json", fmt.Sprintf(`{"errorMessage":"trouble %d"}`, status)
}

func keycloakLoginRefusal(status int) (contentType, body string) {
	if status == http.StatusNotFound {
		return "application/json", `{"error":"Realm does not exist"}`
	}
	return "application/json", fmt.Sprintf(`{"error":"invalid_client","error_description":"trouble %d"}`, status)
}

// realm is one realm of the real server for all cells; each has scopes of its own.
type realm struct {
	*keycloak.Realm
	account keycloak.Client
	web     keycloak.Client
	role    keycloak.Role
	buyer   keycloak.Role // of client api
	last    atomic.Int32
}

func newRealm(t *testing.T) *realm {
	t.Helper()
	s := suite.ForTest(t)
	r := &realm{Realm: s.NewRealm(t)}
	r.account = r.CreateServiceAccount(t, "terraform", "manage-clients", "view-clients", "manage-realm", "view-realm", "view-users")
	r.web = r.CreateClient(t, map[string]any{"clientId": "web", "publicClient": true})
	r.CreateRoles(t, "educator")
	r.role = r.Role(t, "educator")
	r.CreatePublicClient(t, "api")
	r.buyer = r.CreateClientRole(t, "api", "buyer")
	c, err := httpapi.New(httpapi.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseIdleConnections()
	// The guard role exists before the first cell.
	if _, err := r.driverAt(t, s.URL, c).CreateScope(t.Context(), "", r.wanted("first")); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *realm) driverAt(t *testing.T, url string, c *http.Client) *driver.Driver {
	t.Helper()
	return r.driverAs(t, driver.Config{URL: url, Realm: r.Name, ClientID: r.account.ClientID, ClientSecret: r.account.Secret}, c)
}

func (r *realm) driverAs(t *testing.T, cfg driver.Config, c *http.Client) *driver.Driver {
	t.Helper()
	d, err := driver.New(cfg, c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (r *realm) wanted(name string) authz.Scope {
	return authz.Scope{Name: name, Description: "may " + name, Settings: diff.Defaults()}
}

// place is a cell's driver, and the scope that it is about.
type place struct {
	*realm
	t      *testing.T
	driver *driver.Driver
	name   string
	live   authz.Scope
	role   keycloak.Role   // whose scopes change
	client string          // of the role, "" for a realm role
	web    keycloak.Client // whose scopes change
}

// place creates the driver and, unless the operation creates it, a limited scope with the named
// roles.
func (r *realm) place(t *testing.T, c *cell, there bool, roles ...string) *place {
	t.Helper()
	if c.fault.deletes == "realm" || c.fault.deletes == "realm and login" {
		r = newRealm(t)
	}
	p := &place{realm: r, t: t, name: fmt.Sprintf("s%d", r.last.Add(1)), role: r.role, web: r.web}
	url := c.front(t, r.Server.URL)
	p.driver = r.driverAt(t, url, c.client(t))
	if c.fault.deletes == "realm" { // the login is to another one
		p.driver = r.driverAs(t, driver.Config{URL: url, Realm: r.Name, LoginRealm: "master", Username: r.Server.User, Password: r.Server.Password}, c.client(t))
	}
	if c.ofClient {
		p.client, p.role = "api", r.buyer
	}
	p.live = r.wanted(p.name)
	if there {
		p.live.ID = r.CreateScope(t, keycloak.ClientScope{Name: p.name, Protocol: "openid-connect", Description: p.live.Description}).ID
		p.live.UserTypes = roles
		r.MapRoles(t, p.name, append([]string{driver.DefaultGuardRole}, roles...)...)
	}
	if c.fault.deletes != "" {
		p.doom(c)
	}
	return p
}

// doom prepares what is deleted after a plan, which reads everything.
func (p *place) doom(c *cell) {
	p.t.Helper()
	name := p.name + "-doomed"
	switch c.fault.deletes {
	case "role":
		p.CreateRoles(p.t, name)
		p.role = p.Role(p.t, name)
		p.MapRoles(p.t, p.name, name)
	case "client", "client role":
		p.web = p.CreateClient(p.t, map[string]any{"clientId": name, "publicClient": true})
		if c.ofClient {
			p.client, p.role = name, p.CreateClientRole(p.t, name, "buyer")
			p.MapClientRole(p.t, p.name, p.client, p.role.Name)
		}
	}
	if _, err := p.driver.List(p.t.Context(), ""); err != nil {
		p.t.Fatal(err)
	}
	c.deletes = map[string]func(){
		"realm": func() { p.Delete(p.t) }, "realm and login": func() { p.Delete(p.t) },
		"role":   func() { p.DeleteRole(p.t, p.role.Name) },
		"client": func() { p.DeleteClient(p.t, p.web.ClientID) }, "client role": func() { p.DeleteClientRole(p.t, p.client, p.role.Name) },
		"scope": func() { p.DeleteScope(p.t, p.name) },
	}
}

// roles returns the roles of the scope. An existing scope must never be open to everyone.
func (p *place) roles() []string {
	p.t.Helper()
	roles := p.ScopeRoles(p.t, p.name)
	if len(roles) == 0 {
		p.t.Errorf("scope %s is open to everyone", p.name)
	}
	return roles
}

func (p *place) change(grant, revoke bool) func(context.Context) error {
	name := p.role.Name
	if p.client != "" {
		name = authz.ClientRoleName(p.client, name)
	}
	change := authz.UserTypeChange{UserType: authz.UserType{Name: name, ID: p.role.ID}}
	if grant {
		change.Grant = []authz.Scope{p.live}
	}
	if revoke {
		change.Revoke = []authz.Scope{p.live}
	}
	return func(ctx context.Context) error {
		_, err := p.driver.ChangeUserType(ctx, "", change)
		return err
	}
}

// has reports whether the role has the scope.
func (p *place) has() bool {
	p.t.Helper()
	roles := p.roles()
	if p.client != "" {
		roles = p.ScopeClientRoles(p.t, p.name)[p.client]
	}
	return slices.Contains(roles, p.role.Name)
}

func (p *place) exists() bool {
	_, found := p.FindScope(p.t, p.name)
	return found
}

type prepare = func(*testing.T, *cell) (func(context.Context) error, func() bool)

func TestKeycloak(t *testing.T) {
	t.Parallel()
	operations := keycloakOperations(t)
	for i, op := range operations {
		operations[i].more = keycloakDeletions()[op.name]
		if op.name != "login" {
			operations[i].more = append(operations[i].more, deletion("realm", authz.ParentNotFound, "there is no realm", "terraform state rm"))
		}
	}
	matrix(t, keycloakRefusal, 4*time.Second, operations)
}

// keycloakDeletions are the deletions in a realm that exists, by the operation that needs
// what is deleted. A role mapping is deleted with the role and with the scope.
func keycloakDeletions() map[string][]fault {
	withLogin := deletion("realm and login", authz.ParentNotFound, "there is no realm", "terraform state rm")
	return map[string][]fault{
		"login": {withLogin}, "create": {withLogin},
		"update": {withLogin, deletion("scope", authz.NotFound)},
		"delete": {deletionDone("scope")},
		"grant":  {deletion("scope", authz.Conflict, "was deleted in the meantime"), deletion("role", authz.NotFound, "there is no realm role")},
		"revoke": {deletionDone("scope"), deletion("role", authz.NotFound, "there is no realm role")},
		"client": {deletion("scope", authz.Conflict, "was deleted in the meantime"), deletion("client", authz.NotFound, "there is no client")},
		"grant to a client role": {
			deletion("scope", authz.Conflict, "was deleted in the meantime"),
			deletion("client role", authz.NotFound, "there is no role"),
			deletion("client", authz.NotFound, "there is no role"),
		},
		"revoke from a client role": {
			deletionDone("scope"), deletion("client role", authz.NotFound, "there is no role"), deletion("client", authz.NotFound, "there is no role"),
		},
	}
}

func keycloakOperations(t *testing.T) []operation {
	t.Helper()
	r := newRealm(t)
	list := func(t *testing.T, c *cell) (func(context.Context) error, func() bool) {
		t.Helper()
		p := r.place(t, c, true, "educator")
		return func(ctx context.Context) error {
			l, err := p.driver.List(ctx, "")
			if err == nil {
				err = drivertest.Complete(ctx, l, func(s authz.Scope) bool { return s.Name == p.name })
			}
			if err == nil {
				if s, ok := l.Scope(p.name); !ok || s.Settings.Access != authz.AccessUserTypes || !slices.Equal(s.UserTypes, []string{"educator"}) {
					t.Errorf("the listing has %+v", s)
				}
			}
			return err
		}, nil
	}
	create := prepare(func(t *testing.T, c *cell) (func(context.Context) error, func() bool) {
		t.Helper()
		p := r.place(t, c, false)
		return func(ctx context.Context) error { _, err := p.driver.CreateScope(ctx, "", p.live); return err },
			func() bool { return p.exists() && slices.Equal(p.roles(), []string{driver.DefaultGuardRole}) }
	})
	user := func(client, grant bool) prepare {
		return func(t *testing.T, c *cell) (func(context.Context) error, func() bool) {
			t.Helper()
			had := []string{"educator"}
			if grant || client {
				had = nil
			}
			c.ofClient = client
			p := r.place(t, c, true, had...)
			if client && !grant {
				p.MapClientRole(t, p.name, p.client, p.role.Name)
			}
			return p.change(grant, !grant),
				func() bool {
					if c.fault.deletes == "scope" {
						return !p.exists()
					}
					return p.has() == grant
				}
		}
	}
	both := prepare(func(t *testing.T, c *cell) (func(context.Context) error, func() bool) {
		t.Helper()
		p := r.place(t, c, true)
		changes := []authz.UserTypeChange{
			{UserType: authz.UserType{Name: r.role.Name, ID: r.role.ID}, Grant: []authz.Scope{p.live}},
			{UserType: authz.UserType{Name: authz.ClientRoleName("api", r.buyer.Name), ID: r.buyer.ID}, Grant: []authz.Scope{p.live}},
		}
		return func(ctx context.Context) error { _, err := p.driver.GrantScopes(ctx, "", changes); return err },
			func() bool {
				return slices.Contains(p.roles(), r.role.Name) && slices.Contains(p.ScopeClientRoles(t, p.name)["api"], r.buyer.Name)
			}
	})
	clientRole := request("GET", "/roles-by-id/"+r.buyer.ID)
	return []operation{
		{
			name: "login", says: fmt.Sprintf("log in to realm %q", r.Name), target: request("POST", "/protocol/openid-connect/token"), fixedToken: true,
			rounds: 2, callers: true, // its callers share a login; one that comes late begins another
			refusal: keycloakLoginRefusal, differs: map[string][]authz.Kind{"409": {authz.Denied}},
			prepare: func(t *testing.T, c *cell) (func(context.Context) error, func() bool) {
				t.Helper()
				p := r.place(t, c, false)
				return func(ctx context.Context) error { _, err := p.driver.ReadClientScopes(ctx, "", "web"); return err }, nil
			},
		},
		{
			name: "login of a listing", says: fmt.Sprintf("log in to realm %q", r.Name), target: request("POST", "/protocol/openid-connect/token"), fixedToken: true,
			rounds: 2, callers: true, // it reads scopes and roles at once
			refusal: keycloakLoginRefusal, differs: map[string][]authz.Kind{"409": {authz.Denied}}, prepare: list,
		},
		{
			name: "list", says: fmt.Sprintf("read the scopes of realm %q", r.Name), target: request("POST", "/partial-export"), repeatable: true, prepare: list,
			rounds:   3, // scopes that other tests are just creating are limited and bare: it looks again, up to three times
			attempts: map[string]int{"500": 3, "500, done": 3, "504": 1},
			survives: []string{"403", "504", "no response", "no response, done"}, // it reads the lists of the realm instead
		},
		{
			name: "roles", says: fmt.Sprintf("read the realm roles of %q", r.Name), target: request("GET", "/roles"), repeatable: true, prepare: list,
			survives: []string{"403"}, // with a note
		},
		{name: "create", says: `create scope "s`, target: request("POST", "/client-scopes"), prepare: create},
		{
			name: "guard of a new scope", says: `create scope "s`, target: request("POST", "/scope-mappings/realm"), repeatable: true, prepare: create,
			attempts: map[string]int{"409": 3},
		},
		{
			name: "update", says: `update scope "s`, target: below("PUT", "/client-scopes/"), repeatable: true,
			prepare: func(t *testing.T, c *cell) (func(context.Context) error, func() bool) {
				t.Helper()
				p := r.place(t, c, true)
				want := p.live
				want.Description = "new"
				return func(ctx context.Context) error { _, err := p.driver.UpdateScope(ctx, "", p.live, want); return err },
					func() bool { p.roles(); return p.Scope(t, p.name).Description == "new" }
			},
		},
		{
			name: "delete", says: `delete scope "s`, target: func(r *http.Request) bool {
				return below("DELETE", "/client-scopes/")(r) && !strings.Contains(r.URL.Path, "scope-mappings")
			}, repeatable: true,
			prepare: func(t *testing.T, c *cell) (func(context.Context) error, func() bool) {
				t.Helper()
				p := r.place(t, c, true)
				return func(ctx context.Context) error { return p.driver.DeleteScope(ctx, "", p.live) }, func() bool { return !p.exists() }
			},
		},
		{
			name: "grant", says: `realm role "educator"`, target: request("POST", "/scope-mappings/realm"), repeatable: true, prepare: user(false, true),
			attempts: map[string]int{"409": 3},
		},
		{name: "revoke", says: `realm role "educator"`, target: request("DELETE", "/scope-mappings/realm"), repeatable: true, prepare: user(false, false)},
		{name: "client role", says: `role "buyer" of client "api"`, target: clientRole, repeatable: true, prepare: user(true, true)},
		{
			name: "grant to a client role", says: `role "buyer" of client "`,
			target: below("POST", "/scope-mappings/clients/"), repeatable: true, prepare: user(true, true),
			attempts: map[string]int{"409": 3},
		},
		{
			name: "grant to several", says: `grant scope "s`, target: request("POST", "/scope-mappings/realm"), repeatable: true, prepare: both,
			attempts: map[string]int{"409": 3},
		},
		{
			name: "grant to several, with a client role", says: `grant scope "s`,
			target: below("POST", "/scope-mappings/clients/"), repeatable: true, prepare: both, attempts: map[string]int{"409": 3},
		},
		{
			name: "revoke from a client role", says: `role "buyer" of client "`, target: below("DELETE", "/scope-mappings/clients/"), repeatable: true,
			prepare: user(true, false),
		},
		{
			name: "client", says: `the scopes of client "`, target: below("PUT", "/optional-client-scopes/"), repeatable: true,
			prepare: func(t *testing.T, c *cell) (func(context.Context) error, func() bool) {
				t.Helper()
				p := r.place(t, c, true)
				return func(ctx context.Context) error {
					return p.driver.ChangeClientScopes(ctx, "", authz.ClientScopeSet{ClientID: p.web.ClientID},
						authz.ClientScopeSet{ClientID: p.web.ClientID, Optional: []authz.Scope{p.live}})
				}, func() bool { return slices.Contains(p.ClientScopes(t, p.web, keycloak.AssignedOptional), p.name) }
			},
		},
	}
}
