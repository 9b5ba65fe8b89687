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
		if err := tftest.EqualPlan(tf.makePlan().ok().plan, d.plan); err != nil {
			l.t.Errorf("%s: %v", d.name, err)
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
	config := l.config(tftest.ScopesHCL(map[string]string{"read:a": "A", "read:b": "B"}),
		tftest.UserTypeHCL("educator", "read:a", "read:b"), tftest.UserTypeHCL("child", "read:b"))
	l.drifts(
		config,
		byHand{"a scope and a mapping added, a description changed", func() {
			l.CreateScopes(t, "extra")
			l.MapRoles(t, "read:a", "child")
			l.UpdateScope(t, "read:a", map[string]any{"description": "B?"})
		}, `
			authscopes_server_scopes.s - scopes.extra = null
			authscopes_server_scopes.s ~ scopes.read:a = "B?" -> "A"
			authscopes_user_type_scopes.child ~ scopes = ["read:a","read:b"] -> ["read:b"]
		`},
		byHand{"a mapping removed, a description cleared", func() {
			l.UnmapRoles(t, "read:a", "educator")
			l.UpdateScope(t, "read:a", map[string]any{"description": ""})
		}, `
			authscopes_server_scopes.s + scopes.read:a = "A"
			authscopes_user_type_scopes.educator ~ scopes = ["read:b"] -> ["read:a","read:b"]
		`},
		byHand{"a scope removed", func() { l.DeleteScope(t, "read:b") }, `
			authscopes_server_scopes.s + ids.read:b = "(unknown)"
			authscopes_server_scopes.s + scopes.read:b = "B"
			authscopes_user_type_scopes.child ~ scopes = [] -> ["read:b"]
			authscopes_user_type_scopes.educator ~ scopes = ["read:a"] -> ["read:a","read:b"]
		`},
		byHand{"a scope renamed", func() { l.RenameScope(t, "read:b", "read:c") }, `
			authscopes_server_scopes.s + ids.read:b = ID
			authscopes_server_scopes.s - ids.read:c = ID
			authscopes_server_scopes.s ~ names.read:b = "read:c" -> "read:b"
			authscopes_server_scopes.s + scopes.read:b = "B"
			authscopes_server_scopes.s - scopes.read:c = "B"
			authscopes_user_type_scopes.child ~ scopes = ["read:c"] -> ["read:b"]
			authscopes_user_type_scopes.educator ~ scopes = ["read:a","read:c"] -> ["read:a","read:b"]
		`},
		byHand{"everything of one scope at once", func() {
			l.set("read:a", attrInToken, "false")()
			l.SetAssignedType(t, "read:a", "default")
			l.UpdateScope(t, "read:a", map[string]any{"description": "Z"})
			l.UnmapRoles(t, "read:a", "educator", guardRole)
		}, `
			authscopes_server_scopes.s ~ open_scopes = ["read:a"] -> []
			authscopes_server_scopes.s - overrides = {"read:a":{"access":"everyone","assigned_type":"default","include_in_token_scope":false}}
			authscopes_server_scopes.s ~ scopes.read:a = "Z" -> "A"
			authscopes_user_type_scopes.child ~ open_scopes = ["read:a"] -> []
			authscopes_user_type_scopes.educator ~ scopes = ["read:b"] -> ["read:a","read:b"]
		`}, // child: it lost the scope above, and looks after what it released
	)
}

// Each setting is changed by hand, in a scope of its own.
func TestAccKeycloakDriftOfSettings(t *testing.T) {
	l := newLab(t)
	config := l.config(tftest.CapitalsHCL("a b c d e f g h i", `overrides = { b = { gui_order = "7", consent_screen_text = "May b" } }`))
	l.drifts(
		config,
		byHand{"each setting", func() {
			l.set("a", attrConsent, "false")()
			l.set("b", attrOrder, "9")()
			l.set("b", attrText, "")()
			l.set("c", attrText, "Anything")()
			l.set("d", attrInToken, "false")()
			l.set("e", attrInToken, "")() // empty is false
			l.set("f", attrMetadata, "false")()
			l.SetAssignedType(t, "g", "default")
			l.SetAssignedType(t, "h", "optional")
			l.UnmapRoles(t, "i", guardRole)
			l.set("a", attrOrder, "3")()
			l.set("a", "some.other", "x")()
		}, `
			authscopes_server_scopes.s ~ open_scopes = ["i"] -> []
			authscopes_server_scopes.s - overrides.a = {"display_on_consent_screen":false}
			authscopes_server_scopes.s ~ overrides.b.consent_screen_text = "" -> "May b"
			authscopes_server_scopes.s ~ overrides.b.gui_order = "9" -> "7"
			authscopes_server_scopes.s - overrides.c = {"consent_screen_text":"Anything"}
			authscopes_server_scopes.s - overrides.d = {"include_in_token_scope":false}
			authscopes_server_scopes.s - overrides.e = {"include_in_token_scope":false}
			authscopes_server_scopes.s - overrides.f = {"include_in_openid_provider_metadata":false}
			authscopes_server_scopes.s - overrides.g = {"assigned_type":"default"}
			authscopes_server_scopes.s - overrides.h = {"assigned_type":"optional"}
			authscopes_server_scopes.s - overrides.i = {"access":"everyone"}
		`},
		byHand{"what is not configured is kept", func() {
			a := l.Scope(t, "a")
			same(t, "an attribute that is not configured", a.Attributes["some.other"], "x")
			same(t, "gui_order", a.Attributes[attrOrder], "3")
		}, ``},
	)
}

func TestAccKeycloakDriftOfOneScope(t *testing.T) {
	l := newLab(t, "educator")
	var realm struct {
		ID string `json:"id"`
	}
	config := l.config(tftest.OneScopeHCL("one", `description = "One"`, `settings = { assigned_type = "optional" }`))
	tf := l.drifts(
		config,
		byHand{"each setting", func() {
			l.set("one", attrConsent, "false")()
			l.set("one", attrText, "Anything")()
			l.set("one", attrInToken, "false")()
			l.set("one", attrMetadata, "false")()
			l.SetAssignedType(t, "one", "default")
			l.UpdateScope(t, "one", map[string]any{"description": ""})
		}, `
			authscopes_server_scope.one + description = "One"
			authscopes_server_scope.one ~ settings.assigned_type = "default" -> "optional"
			authscopes_server_scope.one - settings.consent_screen_text = "Anything"
			authscopes_server_scope.one ~ settings.display_on_consent_screen = false -> true
			authscopes_server_scope.one ~ settings.include_in_openid_provider_metadata = false -> true
			authscopes_server_scope.one ~ settings.include_in_token_scope = false -> true
		`},
		byHand{"gui_order that is not configured, and a user type, are kept", func() {
			l.set("one", attrOrder, "3")()
			l.MapRoles(t, "one", "educator")
		}, ``},
		byHand{"its guard", func() { l.UnmapRoles(t, "one", guardRole) }, `
			authscopes_server_scope.one ~ settings.access = "unguarded" -> "user_types"
		`},
		byHand{"its name, its guard and its role", func() {
			l.RenameScope(t, "one", "two")
			l.UnmapRoles(t, "two", guardRole, "educator")
		}, `
			authscopes_server_scope.one ~ name = "two" -> "one"
			authscopes_server_scope.one ~ settings.access = "everyone" -> "user_types"
		`},
		byHand{"gone", func() { l.DeleteScope(t, "one") }, `
			authscopes_server_scope.one [create]
		`},
	)
	if err := l.Do(t.Context(), http.MethodGet, nil, &realm); err != nil {
		t.Fatal(err)
	}
	l.Delete(t)
	tf.apply().failed("Check realm", "there is no realm")
	// A realm with another ID is another server.
	l.Server.NewRealmFrom(t, map[string]any{"id": realm.ID, "realm": l.Name, "enabled": true})
	tf.makePlan().ok().changes("authscopes_server_scope.one [create]")
}

// The scopes that new clients get are in the data source, and the report names built-in
// scopes that a new realm assigns otherwise.
func TestAccKeycloakRealmScopes(t *testing.T) {
	l := newLab(t)
	b := newAttached(t)
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
