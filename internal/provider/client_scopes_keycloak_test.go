package provider

import (
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// appScopes are the scopes of a client that no new realm has.
func (l *lab) appScopes(c keycloak.Client, kind string) []string {
	l.t.Helper()
	return ownScopes(l.ClientScopes(l.t, c, kind))
}

// A token carries a scope only after the client has it.
func TestAccKeycloakClientScopes(t *testing.T) {
	l := newLab(t, "educator")
	b := newAttached(t)
	app := l.CreatePublicClient(t, "app")
	eve, nora := l.CreateUser(t, "eve", "educator"), l.CreateUser(t, "nora")
	builtIn := append(l.ClientScopes(t, app, "default"), l.ClientScopes(t, app, "optional")...)
	apply := func(parts ...string) {
		t.Helper()
		b.config(l.config(append([]string{tftest.ScopesHCL(map[string]string{"a": "A", "b": "B"}) + tftest.UserTypeHCL("educator", "a", "b")}, parts...)...))
		b.apply().ok().warns()
		b.plan().ends(0).warns()
	}
	carries := func(when string, u keycloak.User, unasked, asked []string) {
		t.Helper()
		same(t, when+", not asked for", ownScopes(keycloak.TokenScopes(t, l.PasswordToken(t, app, u))), append([]string{}, unasked...))
		if asked != nil {
			same(t, when+", asked for", ownScopes(keycloak.TokenScopes(t, l.PasswordToken(t, app, u, asked...))),
				slices.Sorted(slices.Values(append(slices.Clone(unasked), asked...))))
		}
	}
	has := func(when string, defaults, optionals []string) {
		t.Helper()
		same(t, when+": default", l.appScopes(app, "default"), append([]string{}, defaults...))
		same(t, when+": optional", l.appScopes(app, "optional"), append([]string{}, optionals...))
	}

	apply()
	carries("the client has nothing", eve, nil, nil)

	client := func(lines ...string) string { return clientHCL("app", lines...) }
	apply(client(`default = [authscopes_server_scopes.s.names.a]`, `optional = [authscopes_server_scopes.s.names.b]`))
	has("given", []string{"a"}, []string{"b"})
	carries("given", eve, []string{"a"}, []string{"b"})
	carries("given", nora, nil, nil)

	apply(client(`default = [authscopes_server_scopes.s.names.b]`, `optional = [authscopes_server_scopes.s.names.a]`))
	has("exchanged in one apply", []string{"b"}, []string{"a"})
	carries("exchanged", eve, []string{"b"}, []string{"a"})

	// By hand: one scope taken, one moved.
	l.RemoveClientScope(t, app, "b", "default")
	l.RemoveClientScope(t, app, "a", "optional")
	l.AddClientScope(t, app, "a", "default")
	b.plan().ends(2).warns()
	b.requireChanges(`
		authscopes_client_scopes.c ~ default = ["a"] -> ["b"]
		authscopes_client_scopes.c + optional = ["a"]
	`)
	b.apply("plan").ok()
	has("reverted", []string{"b"}, []string{"a"})

	b.run("destroy", "-auto-approve", "-target="+clientAddress).ok()
	has("destroyed", nil, nil)
	carries("destroyed", eve, nil, nil)
	left := append(l.ClientScopes(t, app, "default"), l.ClientScopes(t, app, "optional")...)
	same(t, "built-in scopes", left, builtIn)

	// A client that has scopes is adopted, and imported.
	scopes := tftest.ScopesHCL(map[string]string{"a": "A", "b": "B", "c": "C"})
	b.config(l.config(scopes))
	b.apply().ok()
	app = l.CreatePublicClient(t, "https://app.example.com/a b")
	l.AddClientScope(t, app, "a", "default")
	l.AddClientScope(t, app, "b", "optional")

	b.config(l.config(scopes, clientHCL(app.ClientID, `default = ["a", "profile"]`, `optional = ["c"]`, `allow_built_in = true`)))
	b.plan().ends(2).warns([]string{"1 scope unassigned, 1 assigned (b, c)"})
	b.config(l.config(scopes, clientHCL(app.ID, `default = ["a"]`)))
	b.apply().fails([]string{
		messagestest.Summary(messages.FoundNoClient), app.ID, "Client ID", "UUID",
		`no client with the client ID "` + app.ID + `" in realm "` + l.Name,
	})

	b.config(l.config(scopes, clientHCL(app.ClientID, `default = ["a"]`, `optional = ["b"]`)))
	b.run("import", clientAddress, app.ClientID).ok()
	b.plan().ends(0).warns()

	// Deleted by hand the client is nothing to keep in the state.
	l.DeleteClient(t, app.ClientID)
	b.plan().ends(2)
	b.requireChanges("authscopes_client_scopes.c [create]")
	b.apply("plan").fails([]string{messagestest.Summary(messages.FoundNoClient)})

	// Only the scopes of a client are in the state. A scope that was limited when it was last applied, and
	// that is open now, is limited before the client gets it. If the guard role is deleted afterwards, the
	// plan reports it.
	web := l.CreatePublicClient(t, "web")
	l.CreateScope(t, keycloak.ClientScope{Name: "a:1", Attributes: map[string]string{"authscopes.access": "user_types"}})
	l.CreateScopes(t, "b:1")
	b = newAttached(t)
	b.config(l.config(`resource "authscopes_client_scopes" "app" {
		client_id = "web"
		optional  = ["a:1", "b:1"]
		ignore    = ["other"]
	}`))
	b.plan().ends(2).warns([]string{"1 open scope assigned (b:1)"}, []string{"1 scope limited before assignment (a:1)"})
	b.apply("plan").ok()
	same(t, "mappings", l.ScopeRoles(t, "a:1"), []string{guardRole})
	gets := l.UserScopes(t, web, nora, "a:1", "b:1")
	if slices.Contains(gets, "a:1") || !slices.Contains(gets, "b:1") {
		t.Errorf("a user without roles gets %q", gets)
	}
	b.plan().ends(0).warns()

	l.DeleteRole(t, guardRole)
	b.plan().ends(0).warns([]string{"Guard role missing", `"a:1"`}, []string{"1 limited scope opened outside Terraform (a:1)"})
}

// Rights: what may not be seen is an error, never "none" and never "gone".
func TestAccKeycloakClientScopesRights(t *testing.T) {
	l := newLab(t)
	b := newAttached(t)
	scopes := tftest.ScopesHCL(map[string]string{"a": "A"})
	l.CreatePublicClient(t, "app")
	config := clientHCL("app", `optional = ["a"]`)
	b.config(l.config(scopes))
	b.apply().ok()
	writer := l.account("writer", "view-clients", "view-realm", "manage-clients")
	b.run("state", "rm", "authscopes_server_scopes.s").ok()
	b.config(tftest.ProviderHCL(writer), config)
	b.apply().ok() // no more than manage-clients is needed

	for _, account := range []string{l.account("none"), l.account("query", "query-clients")} {
		b.config(tftest.ProviderHCL(account), config)
		b.plan().fails([]string{messagestest.Summary(messages.FailedReadClient), "view-clients"})
		b.run("refresh").ends(1)
		same(t, "state", b.state(), []string{clientAddress})
	}
	reader := l.account("reader", "view-clients")
	b.config(tftest.ProviderHCL(reader), config)
	b.plan().ends(0)
	b.config(tftest.ProviderHCL(reader), clientHCL("app"))
	o := b.apply()
	if o.code != 1 || !strings.Contains(strings.Join(o.errors, "\n"), "realm-management") {
		t.Errorf("ended with %d: %v", o.code, o.errors)
	}
}
