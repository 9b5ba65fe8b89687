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
	server_scopes.s update
	  + ids.a = unknown
	  - open_scopes[c] = there
	  - overrides.b.include_in_token_scope = false
	  - overrides.c.access = "everyone"
	  - overrides.o.assigned_type = "optional"
	  + scopes.a = "A"
	  ~ scopes.b = "B?" -> "B"
	  - scopes.extra = null
	user_type_scopes.child update
	  + scopes[b] = there
	user_type_scopes.educator update
	  + scopes[a] = there
`

// The roles of a CI identity are enough for the whole drift report, and for nothing else.
func TestAccKeycloakReadOnly(t *testing.T) {
	l, b := guarded(t)
	l.messy()
	reader := l.account("reader", "view-clients", "view-realm")
	resources := strings.TrimPrefix(l.guardedConfig(), providerBlock(l.admin()))
	b.config(providerBlock(reader, "read_only = true\nhttp = { max_concurrency = 3 }"), resources, `data "authscopes_server_scopes" "all" {}`)
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
	b.config(providerBlock(reader), resources)
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
	b := newBinary(t)
	config := scopesHCL(map[string]string{"a": "A"}) + userTypeHCL("educator", "a")

	b.config(providerBlock(l.account("nobody")), config)
	b.plan().fails([]string{messagestest.Summary(messages.FailedRead), "view-clients", "realm-management"})

	clients := l.account("clients", "view-clients", "view-realm", "manage-clients")
	b.config(providerBlock(clients), config)
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
	b.config(providerBlock(full), config)
	b.apply().ok()
	same(t, "roles", l.ScopeRoles(t, "a"), []string{guardRole, "educator"})

	// The state stays when the roles are removed.
	b.config(providerBlock(l.account("nobody2")), config)
	b.plan().ends(1)
	b.run("refresh").ends(1)
	same(t, "state", b.state(), []string{"authscopes_server_scopes.s", "authscopes_user_type_scopes.educator"})

	b.config(providerBlock(full), config)
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
	b := newBinary(t)
	reads := map[int]int{}
	for _, n := range []int{10, 1_000} {
		scopes := map[string]string{}
		var educator []string
		for i := range n {
			name := fmt.Sprintf("scope:%04d", i)
			scopes[name] = "Scope " + name
			if i%2 == 0 {
				educator = append(educator, name)
			}
		}
		had := map[int]int{10: 0, 1_000: 10}[n]
		config := l.config(scopesHCL(scopes, `settings = { assigned_type = "optional" }`),
			userTypeHCL("educator", educator...), userTypeHCL("child", "scope:0000"), userTypeHCL("visitor"),
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
	if reads[1_000] > 18 || reads[10] > 18 {
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

// View rights alone: one request for the mappings of each scope, and bounded.
func TestAccKeycloakRequestsOfReader(t *testing.T) {
	l := newLab(t, "educator")
	b := newBinary(t)
	for i := range 40 {
		l.CreateScopes(t, fmt.Sprintf("s%d", i))
	}
	b.config(providerBlock(l.account("reader", "view-clients", "view-realm")), `
		data "authscopes_server_scopes" "all" {}
		data "authscopes_user_type_scopes" "educator" { user_type = "educator" }
		output "n" { value = length(data.authscopes_server_scopes.all.open_scopes) }
	`)
	b.apply().ok()
	// The refused export, three listings, the roles, and what is inside the default
	// one and inside the client role manage-account, and the realm for its default
	// role; two more where there is a guard.
	if n, most := len(l.proxy.APIRequests()), len(openID(l.Scopes(t)))+8; n > most {
		t.Errorf("%d requests, at most %d expected", n, most)
	}
	if n := l.proxy.MaxInFlight(); n > 10 {
		t.Errorf("%d requests at once", n)
	}
}

// An identity that may not export the realm reads who has the scopes that the configuration
// manages, and of no other scope.
func TestAccKeycloakReadsManagedScopes(t *testing.T) {
	l := newLab(t)
	const scopes = 15
	for i := range scopes {
		l.CreateScopes(t, fmt.Sprintf("a:%02d", i), fmt.Sprintf("b:%02d", i))
	}
	b := newBinary(t)
	reader := providerBlock(l.account("reader", "view-clients", "view-realm"), "read_only = true")
	config := func(provider string) []string {
		return []string{provider, `
			resource "authscopes_server_scopes" "c" {
				scopes = { for i in range(15) : format("c:%02d", i) => "" }
				manage = ["c:*"]
			}
			resource "authscopes_server_scope" "d" {
				name = "d"
			}
		`}
	}
	read := func() (n int) {
		for _, r := range l.proxy.APIRequests() {
			if strings.HasSuffix(r.Path, "/scope-mappings") {
				n++
			}
		}
		l.proxy.Reset()
		return n
	}
	b.config(config(providerBlock(l.admin()))...)
	b.apply().ok()
	read()
	b.config(config(reader)...)
	b.plan().ends(0)
	// Built-in scopes with parameters, such as organization, are read in any case.
	if n := read(); n < scopes+1 || n > scopes+4 {
		t.Errorf("%d requests for role mappings of %d managed scopes", n, scopes+1)
	}
	b.config(append(config(reader), `data "authscopes_server_scopes" "all" {}`)...)
	b.plan()
	if n := read(); n < 3*scopes+1 {
		t.Errorf("%d requests for role mappings, and the data source returns all scopes", n)
	}
}
