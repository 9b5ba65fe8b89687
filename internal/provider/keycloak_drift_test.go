package provider

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// byHand is one change made outside Terraform, and the plan that reverts it.
type byHand struct {
	name   string
	change func()
	plan   string
}

// drifts applies a configuration. After each change by hand, the plan is compared and applied.
func (l *lab) drifts(config string, all ...byHand) *terraform {
	l.t.Helper()
	tf := attached(l.t).Write(config)
	tf.apply().ok()
	tf.unchanged()
	for _, d := range all {
		d.change()
		if d.plan == "" {
			tf.unchanged()
			continue
		}
		if got, want := withoutIDs(tftest.Changes(tf.makePlan().ok().plan)), tftest.Unindent(d.plan); got != want {
			l.t.Errorf("%s: the plan is\n%s\nexpected\n%s", d.name, got, want)
		}
		tf.applyPlan().ok()
		tf.unchanged()
	}
	return tf
}

const (
	attrConsent  = "display.on.consent.screen"
	attrText     = "consent.screen.text"
	attrInToken  = "include.in.token.scope"
	attrMetadata = "include.in.openid.provider.metadata"
	attrOrder    = "gui.order"
)

func (l *lab) set(scope, attribute, value string) func() {
	return func() {
		l.t.Helper()
		l.UpdateScope(l.t, scope, map[string]any{"attributes": map[string]string{attribute: value}})
	}
}

func TestAccKeycloakDriftOfScopes(t *testing.T) {
	l := newLab(t, "educator", "child")
	config := l.config(scopesHCL(map[string]string{"read:a": "A", "read:b": "B"}),
		userTypeHCL("educator", "read:a", "read:b"), userTypeHCL("child", "read:b"))
	l.drifts(
		config,
		byHand{"a scope added", func() { l.CreateScopes(t, "extra") }, `
			server_scopes.s update
			  - scopes.extra = null
		`},
		byHand{"a scope removed", func() { l.DeleteScope(t, "read:b") }, `
			server_scopes.s update
			  + ids.read:b = unknown
			  + scopes.read:b = "B"
			user_type_scopes.child update
			  + scopes[read:b] = there
			user_type_scopes.educator update
			  + scopes[read:b] = there
		`},
		byHand{"a scope renamed", func() { l.RenameScope(t, "read:b", "read:c") }, `
			server_scopes.s update
			  + ids.read:b = ID
			  - ids.read:c = ID
			  ~ names.read:b = "read:c" -> "read:b"
			  + scopes.read:b = "B"
			  - scopes.read:c = "B"
			user_type_scopes.child update
			  + scopes[read:b] = there
			  - scopes[read:c] = there
			user_type_scopes.educator update
			  + scopes[read:b] = there
			  - scopes[read:c] = there
		`},
		byHand{"a description changed", func() { l.UpdateScope(t, "read:a", map[string]any{"description": "B?"}) }, `
			server_scopes.s update
			  ~ scopes.read:a = "B?" -> "A"
		`},
		byHand{"a description cleared", func() { l.UpdateScope(t, "read:a", map[string]any{"description": ""}) }, `
			server_scopes.s update
			  ~ scopes.read:a = null -> "A"
		`},
		byHand{"a mapping added", func() { l.MapRoles(t, "read:a", "child") }, `
			user_type_scopes.child update
			  - scopes[read:a] = there
		`},
		byHand{"a mapping removed", func() { l.UnmapRoles(t, "read:a", "educator") }, `
			user_type_scopes.educator update
			  + scopes[read:a] = there
		`},
		byHand{"everything of one scope at once", func() {
			l.set("read:a", attrInToken, "false")()
			l.SetAssignedType(t, "read:a", "default")
			l.UpdateScope(t, "read:a", map[string]any{"description": "Z"})
			l.UnmapRoles(t, "read:a", "educator", guardRole)
		}, `
			server_scopes.s update
			  - open_scopes[read:a] = there
			  - overrides.read:a.access = "everyone"
			  - overrides.read:a.assigned_type = "default"
			  - overrides.read:a.include_in_token_scope = false
			  ~ scopes.read:a = "Z" -> "A"
			user_type_scopes.child update
			  - open_scopes[read:a] = there
			user_type_scopes.educator update
			  + scopes[read:a] = there
		`}, // child: it lost the scope above, and looks after what it released
	)
}

func TestAccKeycloakDriftOfSettings(t *testing.T) {
	l := newLab(t)
	config := l.config(scopesHCL(map[string]string{"a": "A", "b": "B"}, `overrides = { b = { gui_order = "7", consent_screen_text = "May b" } }`))
	l.drifts(
		config,
		byHand{"display_on_consent_screen", l.set("a", attrConsent, "false"), `
			server_scopes.s update
			  - overrides.a.display_on_consent_screen = false
		`},
		byHand{"consent_screen_text", l.set("a", attrText, "Anything"), `
			server_scopes.s update
			  - overrides.a.consent_screen_text = "Anything"
		`},
		byHand{"include_in_token_scope", l.set("a", attrInToken, "false"), `
			server_scopes.s update
			  - overrides.a.include_in_token_scope = false
		`},
		byHand{"include_in_token_scope empty is false", l.set("a", attrInToken, ""), `
			server_scopes.s update
			  - overrides.a.include_in_token_scope = false
		`},
		byHand{"include_in_openid_provider_metadata", l.set("a", attrMetadata, "false"), `
			server_scopes.s update
			  - overrides.a.include_in_openid_provider_metadata = false
		`},
		byHand{"assigned_type default", func() { l.SetAssignedType(t, "a", "default") }, `
			server_scopes.s update
			  - overrides.a.assigned_type = "default"
		`},
		byHand{"assigned_type optional", func() { l.SetAssignedType(t, "a", "optional") }, `
			server_scopes.s update
			  - overrides.a.assigned_type = "optional"
		`},
		byHand{"gui_order that is configured", l.set("b", attrOrder, "9"), `
			server_scopes.s update
			  ~ overrides.b.gui_order = "9" -> "7"
		`},
		byHand{"consent_screen_text that is configured", l.set("b", attrText, ""), `
			server_scopes.s update
			  ~ overrides.b.consent_screen_text = "" -> "May b"
		`},
		byHand{"gui_order that is not configured is kept", l.set("a", attrOrder, "3"), ``},
		byHand{"what nobody configures is kept", l.set("a", "some.other", "x"), ``},
		byHand{"access", func() { l.UnmapRoles(t, "a", guardRole) }, `
			server_scopes.s update
			  - open_scopes[a] = there
			  - overrides.a.access = "everyone"
		`},
		byHand{"nothing", func() {
			a := l.Scope(t, "a")
			same(t, "an attribute that nobody configures", a.Attributes["some.other"], "x")
			same(t, "gui_order, kept through all of this", a.Attributes[attrOrder], "3")
		}, ``},
	)
}

func TestAccKeycloakDriftOfOneScope(t *testing.T) {
	l := newLab(t, "educator")
	var realm struct {
		ID string `json:"id"`
	}
	config := l.config(`resource "authscopes_server_scope" "one" {
		name = "one"
		description = "One"
		settings = { assigned_type = "optional" }
	}`)
	tf := l.drifts(
		config,
		byHand{"display_on_consent_screen", l.set("one", attrConsent, "false"), `
			server_scope.one update
			  ~ settings.display_on_consent_screen = false -> true
		`},
		byHand{"consent_screen_text", l.set("one", attrText, "Anything"), `
			server_scope.one update
			  - settings.consent_screen_text = "Anything"
		`},
		byHand{"include_in_token_scope", l.set("one", attrInToken, "false"), `
			server_scope.one update
			  ~ settings.include_in_token_scope = false -> true
		`},
		byHand{"include_in_openid_provider_metadata", l.set("one", attrMetadata, "false"), `
			server_scope.one update
			  ~ settings.include_in_openid_provider_metadata = false -> true
		`},
		byHand{"assigned_type", func() { l.SetAssignedType(t, "one", "default") }, `
			server_scope.one update
			  ~ settings.assigned_type = "default" -> "optional"
		`},
		byHand{"gui_order that is not configured is kept", l.set("one", attrOrder, "3"), ``},
		byHand{"description", func() { l.UpdateScope(t, "one", map[string]any{"description": ""}) }, `
			server_scope.one update
			  + description = "One"
		`},
		byHand{"a mapping is a user type's matter", func() { l.MapRoles(t, "one", "educator") }, ``},
		byHand{"its guard", func() { l.UnmapRoles(t, "one", guardRole) }, `
			server_scope.one update
			  ~ settings.access = "unguarded" -> "user_types"
		`},
		byHand{"its guard and its role", func() { l.UnmapRoles(t, "one", guardRole, "educator") }, `
			server_scope.one update
			  ~ settings.access = "everyone" -> "user_types"
		`},
		byHand{"renamed by hand", func() { l.RenameScope(t, "one", "two") }, `
			server_scope.one update
			  ~ name = "two" -> "one"
		`},
		byHand{"gone", func() { l.DeleteScope(t, "one") }, `
			server_scope.one create
		`},
	)
	if err := l.Do(t.Context(), http.MethodGet, nil, &realm); err != nil {
		t.Fatal(err)
	}
	l.Delete(t)
	tf.apply().failed("Check realm", "there is no realm")
	// A realm with another ID is another server.
	l.Server.NewRealmFrom(t, map[string]any{"id": realm.ID, "realm": l.Name, "enabled": true})
	same(t, "plan", tftest.Changes(tf.makePlan().ok().plan), "server_scope.one create\n")
}

// The scopes that new clients get are in the data source, and the report names built-in
// scopes that a new realm assigns otherwise.
func TestAccKeycloakRealmScopes(t *testing.T) {
	l := newLab(t)
	b := newBinary(t)
	config := l.config(`
		data "authscopes_server_scopes" "all" {}
		data "authscopes_drift" "d" {
			scopes = { a = null }
		}
		output "default" { value = join(" ", data.authscopes_server_scopes.all.realm_default_scopes) }
		output "optional" { value = join(" ", data.authscopes_server_scopes.all.realm_optional_scopes) }
		output "names" { value = join(" ", keys(data.authscopes_server_scopes.all.scopes)) }
		output "report" { value = data.authscopes_drift.d.report }
		output "in_sync" { value = data.authscopes_drift.d.in_sync }
	`)
	l.CreateScope(t, keycloak.ClientScope{Name: "a"})
	l.SetAssignedType(t, "a", keycloak.AssignedOptional)
	read := func(name string) string {
		t.Helper()
		return b.run("output", "-raw", name).ok().out
	}
	b.config(config)
	b.apply().ok()
	before := read("default")
	same(t, "names", read("names"), "a")
	if !strings.Contains(" "+before+" ", " email ") || strings.Contains(read("report"), "on a new server") {
		t.Errorf("a new realm: %s\n%s", before, read("report"))
	}
	l.SetAssignedType(t, "email", keycloak.AssignedOptional)
	b.apply().ok()
	same(t, "default", read("default"), strings.Join(slices.DeleteFunc(strings.Fields(before), func(n string) bool { return n == "email" }), " "))
	if optional := strings.Fields(read("optional")); !slices.Contains(optional, "email") || !slices.Contains(optional, "a") {
		t.Errorf("optional: %q", optional)
	}
	if report := read("report"); !strings.Contains(report, "| `email` | default | optional |") {
		t.Errorf("the report is\n%s", report)
	}
}
