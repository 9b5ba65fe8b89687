package keycloak

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// A user type with the attribute of the guard role does not become the guard role
// when that is renamed: no role of several is chosen.
// Two runs create the guard role at once. Keycloak returns 409 to the second before it
// lists the first one's role.
func TestGuardOfAnotherRunIsAwaited(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		listedAfter, waits int
	}{"the first pause": {1, 1}, "the last pause": {len(httpapi.Lag()), len(httpapi.Lag())}, "never": {0, len(httpapi.Lag())}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			d, w := newDriver(t, l.admin())
			posts, waits := 0, 0
			w.hook(func(req *http.Request, _ string) (*http.Response, error) {
				if req.Method == http.MethodPost && strings.HasSuffix(req.URL.Path, "/roles") {
					posts++
					return respondJSON(req, 409, `{"errorMessage":"Role with name authscopes-guard already exists"}`), nil
				}
				return nil, nil
			})
			d.pause = func(context.Context, time.Duration) error {
				if waits++; waits == test.listedAfter {
					l.CreateRoles(t, DefaultGuardRole)
					l.UpdateRole(t, DefaultGuardRole, map[string]any{"attributes": map[string][]string{attrGuard: {"true"}}})
				}
				return nil
			}
			_, err := d.CreateScope(t.Context(), "", scope("a"))
			if posts != 1 || waits != test.waits {
				t.Errorf("%d requests to create the role, %d pauses", posts, waits)
			}
			if test.listedAfter == 0 {
				wantKind(t, err, authz.Conflict, "already exists")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := l.ScopeRoles(t, "a"); !slices.Equal(got, []string{DefaultGuardRole}) {
				t.Errorf("mapped to %q", got)
			}
		})
	}
}

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
		if got := summaries(listing); !strings.HasPrefix(got, "true: ") || !strings.Contains(got, "(educator, old-guard)") || strings.Contains(got, "missing") {
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
		wantKind(t, d.Preflight(t.Context(), ""), authz.Invalid, "2 roles of Keycloak realm", attrGuard, "guard_role")
		_, err := d.CreateScope(t.Context(), "", scope("b"))
		wantKind(t, err, authz.Invalid, "2 roles of Keycloak realm")
		_, err = d.ChangeUserType(t.Context(), "", authz.UserTypeChange{UserType: authz.UserType{Name: "educator"}, Grant: []authz.Scope{s}})
		wantKind(t, err, authz.Invalid, "2 roles of Keycloak realm")
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

// A realm has one guard role: another guard_role has no effect, and a warning reports that.
func TestGuardRoleOfAnotherName(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	first, _ := newDriver(t, l.admin())
	create(t, first, scope("a"))
	if got := summaries(list(t, first)); got != "" {
		t.Errorf("notes: %q", got)
	}
	cfg := l.admin()
	cfg.GuardRole = "keeper"
	second, _ := newDriver(t, cfg)
	want := fmt.Sprintf("false: The guard role of Keycloak realm %q is %q, and guard_role is \"keeper\"", l.Name, DefaultGuardRole)
	if got := summaries(list(t, second)); !strings.Contains(got, want) {
		t.Errorf("notes: %q, want %q", got, want)
	}
	create(t, second, scope("b")) // no reason to stop
	if got := l.ScopeRoles(t, "b"); !slices.Equal(got, []string{DefaultGuardRole}) {
		t.Errorf("b is mapped to %v", got)
	}
	l.RenameRole(t, DefaultGuardRole, "keeper")
	for name, d := range map[string]*Driver{"named": second, "not configured": first} {
		if got := summaries(list(t, d)); got != "" {
			t.Errorf("%s: notes after the rename: %q", name, got)
		}
	}
}

// The message counts the scopes that the deleted guard role limited, and omits a count of 0.
func TestMissingGuardCounts(t *testing.T) {
	t.Parallel()
	limited := func(name string, access authz.Access) authz.Scope {
		return authz.Scope{Name: name, LastAppliedAccess: authz.AccessUserTypes, Settings: authz.Settings{Access: access}}
	}
	open, bare := limited("a", authz.AccessEveryone), limited("b", authz.AccessUnguarded)
	for name, test := range map[string]struct {
		scopes []authz.Scope
		taken  bool
		words  []string
	}{
		"nothing limited":             {nil, false, nil},
		"open":                        {[]authz.Scope{open}, false, []string{`missing: 1 limited scope in Keycloak realm "shop" open to everyone`, `Every user gets these scopes now: "a".`}},
		"unguarded":                   {[]authz.Scope{bare}, false, []string{`1 limited scope in Keycloak realm "shop" unguarded`, `revoked: "b".`}},
		"unguarded, by another guard": {[]authz.Scope{bare}, true, nil},
		"both":                        {[]authz.Scope{open, bare}, false, []string{`1 limited scope in Keycloak realm "shop" open to everyone`, `"a"`, `"b"`}},
	} {
		notes := realm{name: "shop"}.reportMissingGuard(test.scopes, roleSet{taken: test.taken})
		text := ""
		for _, n := range notes {
			text += n.Summary + "\n" + n.Detail
		}
		for _, word := range test.words {
			if !strings.Contains(text, word) {
				t.Errorf("%s: %q is not in %q", name, word, text)
			}
		}
		if (text == "") != (test.words == nil) || strings.Contains(text, "(0)") || strings.Contains(text, "none") {
			t.Errorf("%s: %q", name, text)
		}
	}
}
