package keycloak

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// The guard role may be deleted after it was mapped and before the last other role is
// removed from the scope, which then opens. It is limited again, or the change fails.
func TestGuardDeletedBeforeTheLastRoleIsRemoved(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.CreateRoles(t, "educator")
	app, other := l.app(), l.CreateUser(t, "other")
	d, w := newDriver(t, l.admin())
	create(t, d, scope("a"))
	l.AddClientScope(t, app, "a", "default")
	scopes := func() string {
		t.Helper()
		got, err := l.PasswordToken(t, app, other).Scopes()
		if err != nil {
			t.Fatal(err)
		}
		return own(got)
	}
	deletes := 0 // of the guard role, each before a role is removed
	hook := func(block bool) func(*http.Request, string) (*http.Response, error) {
		return func(req *http.Request, _ string) (*http.Response, error) {
			mapping := strings.HasSuffix(req.URL.Path, "/scope-mappings/realm")
			switch {
			case mapping && req.Method == http.MethodDelete:
				deletes++
				return nil, l.Do(t.Context(), "DELETE", nil, nil, "roles", DefaultGuardRole)
			case mapping && req.Method == http.MethodPost && block && deletes > 0:
				return respondJSON(req, 403, `{"error":"HTTP 403 Forbidden"}`), nil
			}
			return nil, nil
		}
	}
	revoke := func(block bool) ([]authz.Scope, error) {
		l.MapRoles(t, "a", "educator")
		live := get1(t, d, "a")
		if got := scopes(); got != "" {
			t.Fatalf("before: the token holds %q", got)
		}
		deletes = 0
		w.hook(hook(block))
		defer w.hook(nil)
		return d.ChangeUserType(t.Context(), "", authz.UserTypeChange{UserType: authz.UserType{Name: "educator"}, Revoke: []authz.Scope{live}})
	}
	touched, err := revoke(false)
	if err != nil {
		t.Fatal(err)
	}
	if len(touched) != 1 || touched[0].Settings.Access != authz.AccessUserTypes || len(touched[0].UserTypes) > 0 || deletes != 1 {
		t.Errorf("%d deletions of the guard role, touched %+v", deletes, touched)
	}
	if got := l.ScopeRoles(t, "a"); !slices.Equal(got, []string{DefaultGuardRole}) {
		t.Errorf("roles of the scope: %v", got)
	}
	if got := scopes(); got != "" {
		t.Errorf("the token of a user without the role holds %q", got)
	}

	// Where the guard role cannot be mapped again, the change does not report success.
	touched, err = revoke(true)
	wantKind(t, err, authz.Denied, `scope "a"`, "open to everyone", needManageRealm)
	if len(touched) != 1 || touched[0].Settings.Access != authz.AccessEveryone {
		t.Errorf("touched %+v", touched)
	}
	if got := scopes(); got != "a" {
		t.Errorf("the token holds %q, want what the error reports", got)
	}
}

// The removal of a role takes one request more, which maps the guard role again.
func TestRevokeTakesThreeRequests(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.CreateRoles(t, "educator")
	d, w := newDriver(t, l.admin())
	create(t, d, scope("a"))
	l.MapRoles(t, "a", "educator")
	live := get1(t, d, "a")
	educator, _ := list(t, d).UserType("educator")
	w.take()
	if _, err := d.ChangeUserType(t.Context(), "", authz.UserTypeChange{UserType: educator, Revoke: []authz.Scope{live}}); err != nil {
		t.Fatal(err)
	}
	path := "client-scopes/" + live.ID + "/scope-mappings"
	if sent, want := w.take(), []string{"POST " + path + "/realm", "DELETE " + path + "/realm", "POST " + path + "/realm"}; !slices.Equal(sent, want) {
		t.Errorf("sent %q, want %q", sent, want)
	}
}
