package provider

import (
	"maps"
	"slices"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// crowd is who logs in: people of every kind to one application, and a service
// account. The application has a by default and may ask for b and c.
type crowd struct {
	*lab
	app, robot keycloak.Client
	people     map[string]keycloak.User
	kept       map[string]keycloak.Token // of an earlier login, to be refreshed
}

func newCrowd(l *lab) *crowd {
	t := l.t
	teachers := l.CreateGroup(t, "teachers", "educator")
	l.CreateRoles(t, "staff")
	l.AddComposites(t, "staff", "child")
	c := &crowd{lab: l, people: map[string]keycloak.User{
		"educator": l.CreateUser(t, "eve", "educator"), "child": l.CreateUser(t, "kim", "child"), "both": l.CreateUser(t, "bob", "educator", "child"),
		"none": l.CreateUser(t, "nora"), "by group": l.CreateUser(t, "gil"), "staff": l.CreateUser(t, "sue", "staff"),
	}, kept: map[string]keycloak.Token{}}
	l.JoinGroup(t, c.people["by group"], teachers)
	return c
}

// apps creates the clients after the scopes.
func (c *crowd) apps() {
	c.app = c.CreatePublicClient(c.t, "app")
	c.robot = c.CreateServiceAccount(c.t, "robot")
	c.GrantRoles(c.t, c.ServiceAccountUser(c.t, c.robot), "child")
	for _, client := range []keycloak.Client{c.app, c.robot} {
		c.AddClientScope(c.t, client, "a", keycloak.AssignedDefault)
		c.AddClientScope(c.t, client, "b", keycloak.AssignedOptional)
		c.AddClientScope(c.t, client, "c", keycloak.AssignedOptional)
	}
}

// get logs in all users and compares the scope claims with the expected ones. A token of an
// earlier login is refreshed, too: it loses scopes that the user may not have any more, and gains
// nothing but the client's default scopes.
func (c *crowd) get(when string, want map[string][]string) {
	c.t.Helper()
	got, refreshed, refreshable := map[string][]string{}, map[string][]string{}, map[string][]string{}
	for who, u := range c.people {
		if old, ok := c.kept[who]; ok {
			had := keycloak.TokenScopes(c.t, old)
			refreshable[who] = slices.DeleteFunc(slices.Clone(want[who]), func(s string) bool { return s != "a" && !slices.Contains(had, s) })
			refreshed[who] = ownScopes(keycloak.TokenScopes(c.t, c.Refresh(c.t, c.app, old)))
		}
		c.kept[who] = c.PasswordToken(c.t, c.app, u, "b", "c")
		got[who] = ownScopes(keycloak.TokenScopes(c.t, c.kept[who]))
	}
	same(c.t, when+", by refresh", refreshed, forUsers(refreshable, refreshed))
	got["robot"] = ownScopes(keycloak.TokenScopes(c.t, c.ClientCredentials(c.t, c.robot, "b", "c")))
	same(c.t, when, got, forUsers(want, got))
}

// forUsers returns want for all users in got: users that are not named get nothing.
func forUsers(want, got map[string][]string) map[string][]string {
	all := map[string][]string{}
	for who := range maps.Keys(got) {
		all[who] = append([]string{}, want[who]...)
	}
	return all
}

// ownScopes leaves out what every token has.
func ownScopes(scopes []string) []string {
	return append([]string{}, slices.DeleteFunc(scopes, func(s string) bool { return len(s) > 1 })...)
}

func TestAccKeycloakTokens(t *testing.T) {
	l := newLab(t, "educator", "child")
	c := newCrowd(l)
	b := newAttached(t)
	all := map[string]string{"a": "A", "b": "B", "c": "C"}
	apply := func(config string) {
		t.Helper()
		b.config(l.config(config))
		b.apply().ok()
	}

	apply(tftest.ScopesHCL(all))
	c.apps()
	c.get("before any user type", nil)

	apply(tftest.ScopesHCL(all) + tftest.UserTypeHCL("educator", "a", "b") + tftest.UserTypeHCL("child", "b"))
	ab, onlyB := []string{"a", "b"}, []string{"b"}
	c.get("two user types", map[string][]string{
		"educator": ab, "by group": ab, "both": ab, "child": onlyB, "robot": onlyB, "staff": onlyB,
	})

	apply(tftest.ScopesHCL(all) + tftest.UserTypeHCL("educator", "b") + tftest.UserTypeHCL("child", "c"))
	onlyC := []string{"c"}
	c.get("after a change; no user has a any more", map[string][]string{
		"educator": onlyB, "by group": onlyB, "both": {"b", "c"}, "child": onlyC, "robot": onlyC, "staff": onlyC,
	})

	open := tftest.ScopesHCL(all, `overrides = { a = { access = "everyone" } }`)
	b.config(l.config(open + tftest.UserTypeHCL("educator", "b") + tftest.UserTypeHCL("child", "c")))
	b.plan().ends(2).warns([]string{messagestest.Summary(check.AccessOpening), "(a)"})
	b.requireChanges(`
		authscopes_server_scopes.s ~ open_scopes = [] -> ["a"]
		authscopes_server_scopes.s + overrides = {"a":{"access":"everyone"}}
	`)
	b.apply("plan").ok()
	onlyA := []string{"a"}
	c.get("a is everyone's", map[string][]string{
		"educator": ab, "by group": ab, "both": {"a", "b", "c"}, "child": {"a", "c"}, "robot": {"a", "c"}, "staff": {"a", "c"}, "none": onlyA,
	})

	b.config(l.config(tftest.ScopesHCL(all) + tftest.UserTypeHCL("educator", "b") + tftest.UserTypeHCL("child", "c")))
	b.plan().ends(2).warns([]string{messagestest.Summary(check.GrantsLimit), "(a)"})
	b.apply("plan").ok()
	c.get("and back", map[string][]string{
		"educator": onlyB, "by group": onlyB, "both": {"b", "c"}, "child": onlyC, "robot": onlyC, "staff": onlyC,
	})

	apply(tftest.ScopesHCL(all) + tftest.UserTypeHCL("educator", "b"))
	c.get("c's last user type is gone", map[string][]string{"educator": onlyB, "by group": onlyB, "both": onlyB})

	apply(tftest.ScopesHCL(all))
	c.get("no user type at all", nil)
	b.plan().ends(0).warns()

	// A composite role grants its scopes to all users who hold a role that it contains.
	scopes := tftest.ScopesHCL(all)
	staff := `resource "authscopes_user_type_scopes" "staff" {
		user_type = "staff"
		scopes = [authscopes_server_scopes.s.names["b"]]
	`
	b.config(l.config(scopes, staff+"}"))
	b.plan().fails([]string{messagestest.Summary(check.GrantsComposite), "- child", "allow_composite"})
	b.config(l.config(scopes, staff+"allow_composite = true\n}", `
		data "authscopes_server_scope" "b" {
			name = "b"
			depends_on = [authscopes_user_type_scopes.staff]
		}
		output "reaches" { value = join(",", concat(data.authscopes_server_scope.b.user_types, data.authscopes_server_scope.b.also_reaches)) }
	`))
	b.apply().ok()
	same(t, "what the data source says", b.run("output", "-raw", "reaches").ok().out, "staff,child")
	c.get("mapped to staff, which contains child", map[string][]string{"staff": onlyB, "child": onlyB, "both": onlyB, "robot": onlyB})

	l.AddComposites(t, "staff", "offline_access")
	b.plan().fails([]string{messagestest.Summary(check.GrantsEveryone)})
}
