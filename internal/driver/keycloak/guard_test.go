package keycloak

import (
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// A user type with the attribute of the guard role does not become the guard role
// when that is renamed: no role of several is chosen.
func TestSeveralGuardRoles(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.CreateRoles(t, "educator")
	app, user := l.app(), l.CreateUser(t, "user", "educator")
	checked, _ := newDriver(t, l.admin())
	s := create(t, checked, scope("a"))
	l.AddClientScope(t, app, "a", "default")
	l.UpdateRole(t, "educator", map[string]any{"attributes": map[string][]string{attrGuard: {"true"}}})
	// The configured name decides.
	if _, ok := list(t, checked).UserType("educator"); !ok {
		t.Error("the role of users is taken for the guard role")
	}
	l.RenameRole(t, DefaultGuardRole, "old-guard")

	fresh, w := newDriver(t, l.admin())
	for who, d := range map[string]*Driver{"fresh": fresh, "checked before": checked} {
		listing := list(t, d)
		if got := summaries(listing); !strings.HasPrefix(got, "true: ") || !strings.Contains(got, `"educator", "old-guard"`) || strings.Contains(got, "is gone") {
			t.Errorf("%s: notes: %q", who, got)
		}
		for _, role := range []string{"educator", "old-guard"} {
			if _, ok := listing.UserType(role); !ok {
				t.Errorf("%s: %q is not listed", who, role)
			}
		}
		if live, _ := listing.Scope("a"); !slices.Equal(live.UserTypes, []string{"old-guard"}) {
			t.Errorf("%s: %+v", who, live)
		}
		wantKind(t, d.CheckWrites(t.Context(), ""), authz.Invalid, "Several roles", attrGuard, "guard_role")
		_, err := d.CreateScope(t.Context(), "", scope("b"))
		wantKind(t, err, authz.Invalid, "Several roles")
		_, err = d.ChangeUserType(t.Context(), "", authz.UserTypeChange{UserType: authz.UserType{Name: "educator"}, Grant: []authz.Scope{s}})
		wantKind(t, err, authz.Invalid, "Several roles")
	}
	for _, sent := range w.take() {
		if !strings.HasPrefix(sent, "GET ") && sent != "POST partial-export" {
			t.Errorf("sent %s", sent)
		}
	}
	if got := own(l.UserScopes(t, app, user)); got != "" {
		t.Errorf("the token holds %q", got)
	}

	cfg := l.admin()
	cfg.GuardRole = "old-guard"
	d, _ := newDriver(t, cfg)
	if live := get1(t, d, "a"); live.Settings.Access != authz.AccessUserTypes || len(live.UserTypes) > 0 {
		t.Errorf("%+v", live)
	}
	create(t, d, scope("b"))
	if got := l.ScopeRoles(t, "b"); !slices.Equal(got, []string{"old-guard"}) {
		t.Errorf("b is mapped to %v", got)
	}
}
