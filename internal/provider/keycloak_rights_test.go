package provider

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// messy changes guarded in every way that a plan can detect.
func (l *lab) messy() {
	l.CreateScopes(l.t, "extra")
	l.DeleteScope(l.t, "a")
	l.UpdateScope(l.t, "b", map[string]any{"description": "B?", "attributes": map[string]string{attrInToken: "false"}})
	l.SetAssignedType(l.t, "o", keycloak.AssignedOptional)
	l.UnmapRoles(l.t, "c", guardRole)
	l.UnmapRoles(l.t, "b", "child")
}

const messyPlan = `
	authscopes_server_scopes.s + ids.a = "(unknown)"
	authscopes_server_scopes.s ~ open_scopes = ["c","o"] -> ["o"]
	authscopes_server_scopes.s - overrides.b = {"include_in_token_scope":false}
	authscopes_server_scopes.s - overrides.c = {"access":"everyone"}
	authscopes_server_scopes.s - overrides.o.assigned_type = "optional"
	authscopes_server_scopes.s + scopes.a = "A"
	authscopes_server_scopes.s ~ scopes.b = "B?" -> "B"
	authscopes_server_scopes.s - scopes.extra = null
	authscopes_user_type_scopes.child ~ scopes = [] -> ["b"]
	authscopes_user_type_scopes.educator ~ scopes = ["b"] -> ["a","b"]
`

// The roles of a CI identity are enough for the whole drift report, and for nothing else.
func TestAccKeycloakReadOnly(t *testing.T) {
	l, b := guarded(t)
	l.messy()
	reader := l.account("reader", "view-clients", "view-realm")
	resources := strings.TrimPrefix(l.guardedConfig(), tftest.ProviderHCL(l.admin()))
	b.config(tftest.ProviderHCL(reader, "read_only = true\nhttp = { max_concurrency = 3 }"), resources, `data "authscopes_server_scopes" "all" {}`)
	l.proxy.Reset()
	warnings := [][]string{{messagestest.Summary(check.DeletionsTakeGrants), "(extra: everyone)"}, {messagestest.Summary(check.GrantsLimit), "(c)"}}
	if l.Server.HidesHolders(t) {
		warnings = append(warnings, []string{"Holders of the guard role", "could not be read", "view-users"})
	}
	b.plan().ends(2).warns(warnings...)
	b.requireChanges(messyPlan)
	// Two more than a plan without changes: it names the clients that lose a scope.
	if n, most := len(l.proxy.APIRequests()), len(openID(l.Scopes(t)))+12; n > most {
		t.Errorf("%d requests, at most %d expected: %q", n, most, lines(l.proxy.APIRequests()))
	}
	if n := l.proxy.MaxInFlight(); n > 3 {
		t.Errorf("%d requests at once, max_concurrency is 3", n)
	}
	l.proxy.Reset()
	b.apply("plan").fails([]string{"read_only", "No request was sent"})
	same(t, "writes", l.writes(), nil)

	// Without read_only the server refuses, and the error says what is missing.
	b.config(tftest.ProviderHCL(reader), resources)
	b.apply().fails([]string{"Cannot write all scopes", "manage-"})
	same(t, "scopes", l.roles(), map[string][]string{"b": {guardRole, "educator"}, "c": {}, "o": {}})

	// After the administrator fixes it, the apply completes. Nothing was half-written.
	b.config(l.guardedConfig())
	b.plan().ends(2)
	b.requireChanges(messyPlan)
	b.apply("plan").ok()
	same(t, "mappings", l.roles(), guardedRoles)
	b.plan().ends(0)
}

// openID leaves out what is not read further: scopes of SAML, of which versions
// have one to three.
func openID(scopes []keycloak.ClientScope) []keycloak.ClientScope {
	return slices.DeleteFunc(scopes, func(s keycloak.ClientScope) bool { return s.Protocol != "openid-connect" })
}

func lines(requests []keycloak.Request) []string {
	var all []string
	for _, r := range requests {
		all = append(all, fmt.Sprintf("%s %s %d", r.Method, r.Path, r.Status))
	}
	return all
}

func TestAccKeycloakRights(t *testing.T) {
	l := newLab(t, "educator")
	b := newAttached(t)
	config := tftest.ScopesHCL(map[string]string{"a": "A"}) + tftest.UserTypeHCL("educator", "a")

	b.config(tftest.ProviderHCL(l.account("nobody")), config)
	b.plan().fails([]string{messagestest.Summary(messages.FailedRead), "view-clients", "realm-management"})

	clients := l.account("clients", "view-clients", "view-realm", "manage-clients")
	b.config(tftest.ProviderHCL(clients), config)
	b.apply().fails([]string{"Cannot write all scopes", "manage-realm", "realm-management"})
	if _, found := l.FindScope(t, "a"); found {
		t.Error("a scope without its guard is left behind")
	}

	// An existing guard role helps only if the caller may map it.
	l.CreateRole(t, keycloak.Role{Name: guardRole, Attributes: map[string][]string{"authscopes.guard": {"true"}}})
	if l.Server.MapsByManageClients(t) {
		b.apply().ok()
	} else {
		b.apply().fails([]string{"Cannot write all scopes", "manage-realm", "map-role-client-scope"})
		if _, found := l.FindScope(t, "a"); found {
			t.Error("a scope without its guard is left behind")
		}
	}

	full := l.account("full", "view-clients", "view-realm", "manage-clients", "manage-realm")
	b.config(tftest.ProviderHCL(full), config)
	b.apply().ok()
	same(t, "roles", l.ScopeRoles(t, "a"), []string{guardRole, "educator"})

	// The state stays when the roles are removed.
	b.config(tftest.ProviderHCL(l.account("nobody2")), config)
	b.plan().ends(1)
	b.run("refresh").ends(1)
	same(t, "state", b.state(), []string{"authscopes_server_scopes.s", "authscopes_user_type_scopes.educator"})

	b.config(tftest.ProviderHCL(full), config)
	b.run("destroy", "-auto-approve").ok()
	if _, found := l.FindScope(t, "a"); found {
		t.Error("the scope is still there")
	}
	for _, r := range l.proxy.Requests() {
		if strings.Contains(r.Path, "serverinfo") {
			t.Errorf("%s %s", r.Method, r.Path)
		}
	}
}

// Requests are counted: reading costs the same for any number of scopes,
// writing costs what the scopes cost.
func TestAccKeycloakRequests(t *testing.T) {
	l := newLab(t, "educator", "child", "visitor")
	b := newAttached(t)
	reads := map[int]int{}
	for _, n := range []int{10, 300} {
		scopes := map[string]string{}
		var educator []string
		for i := range n {
			name := fmt.Sprintf("scope:%04d", i)
			scopes[name] = "Scope " + name
			if i%2 == 0 {
				educator = append(educator, name)
			}
		}
		had := map[int]int{10: 0, 300: 10}[n]
		config := l.config(tftest.ScopesHCL(scopes, `settings = { assigned_type = "optional" }`),
			tftest.UserTypeHCL("educator", educator...), tftest.UserTypeHCL("child", "scope:0000"), tftest.UserTypeHCL("visitor"),
			`data "authscopes_server_scopes" "all" {}
			 data "authscopes_server_scopes" "some" { filter = ["scope:000*"] }
			 data "authscopes_server_scope" "profile" { name = "profile" }
			 data "authscopes_user_type_scopes" "child" { user_type = "child" }`)
		b.config(config)
		l.proxy.Reset()
		b.apply().ok()
		count := map[string]int{}
		for _, w := range l.writes() {
			count[writeKind(w)]++
		}
		want := map[string]int{
			"POST client-scopes": n - had, "POST guard": n - had, "PUT assigned": n - had,
			"POST educator": len(educator) - had/2,
		}
		if had == 0 {
			want["POST child"], want["POST roles"] = 1, 1
		}
		same(t, "writes", count, want)
		for _, r := range l.proxy.APIRequests() {
			if r.Method == http.MethodGet || strings.HasSuffix(r.Path, "/partial-export") {
				reads[n]++
			}
		}
		if most := l.proxy.MaxInFlight(); most > 10 {
			t.Errorf("%d requests at once", most)
		}
		l.proxy.Reset()
		b.plan().ends(0).warns()
		if sent := l.proxy.APIRequests(); len(sent) > 6 {
			t.Errorf("%d scopes: a plan takes %d requests: %q", n, len(sent), lines(sent))
		}
	}
	// The plan and the apply read the server once each, and the apply looks whether
	// the guard is sound, for which it asks the realm for its default role; the first
	// one made it.
	if reads[300] > 18 || reads[10] > 18 {
		t.Errorf("requests that read, by number of scopes written: %v", reads)
	}
}

func writeKind(write string) string {
	method, rest, _ := strings.Cut(write, " ")
	path, name, _ := strings.Cut(rest, " ")
	switch {
	case path == "client-scopes" || path == "roles":
		return method + " " + path
	case strings.HasPrefix(path, "default-"):
		return method + " assigned"
	case name == guardRole:
		return method + " guard"
	}
	return method + " " + name
}

// An identity that may not export the realm reads who has the scopes that the configuration
// manages, one request for each, and of all scopes only for a data source of all.
func TestAccKeycloakReadsManagedScopes(t *testing.T) {
	l := newLab(t, "educator")
	const scopes = 15
	for i := range scopes {
		l.CreateScopes(t, fmt.Sprintf("a:%02d", i), fmt.Sprintf("b:%02d", i))
	}
	b := newAttached(t)
	reader := tftest.ProviderHCL(l.account("reader", "view-clients", "view-realm"), "read_only = true")
	config := func(provider string, more ...string) []string {
		return append([]string{provider, `
			resource "authscopes_server_scopes" "c" {
				scopes = { for i in range(15) : format("c:%02d", i) => "" }
				manage = ["c:*"]
			}
			resource "authscopes_server_scope" "d" {
				name = "d"
			}
		`}, more...)
	}
	read := func() (all, mappings int) {
		sent := l.proxy.APIRequests()
		for _, r := range sent {
			if strings.HasSuffix(r.Path, "/scope-mappings") {
				mappings++
			}
		}
		if n := l.proxy.MaxInFlight(); n > 10 {
			t.Errorf("%d requests at once", n)
		}
		l.proxy.Reset()
		return len(sent), mappings
	}
	b.config(config(tftest.ProviderHCL(l.admin()))...)
	b.apply().ok()
	read()
	b.config(config(reader)...)
	b.plan().ends(0)
	// Built-in scopes with parameters, such as organization, are read in any case.
	if _, n := read(); n < scopes+1 || n > scopes+4 {
		t.Errorf("%d requests for role mappings of %d managed scopes", n, scopes+1)
	}
	b.config(config(reader, `data "authscopes_server_scopes" "all" {}`, `data "authscopes_user_type_scopes" "educator" { user_type = "educator" }`)...)
	b.plan()
	// The refused export, three listings, the roles, and what is inside the default
	// one and inside the client role manage-account, and the realm for its default
	// role; two more where there is a guard.
	most := len(openID(l.Scopes(t))) + 10
	if all, n := read(); n < 3*scopes+1 || all > most {
		t.Errorf("%d requests, at most %d expected, %d of them for role mappings, and the data source returns all scopes", all, most, n)
	}
}
