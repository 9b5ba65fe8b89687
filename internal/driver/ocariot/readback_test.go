package ocariot

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	fake "github.com/authscopes/terraform-provider-authscopes/internal/testing/ocariot"
)

func (f *fixture) requireScopes(t *testing.T, userType string, want ...string) {
	t.Helper()
	f.holdsPartly(t, userType, want, nil)
}

// holdsPartly compares the scopes of all users of a type, and of some of its users only.
func (f *fixture) holdsPartly(t *testing.T, userType string, all, partial []string) {
	t.Helper()
	got, err := f.UserTypeScopes(t.Context(), "", userType)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Scopes, all) || !slices.Equal(got.Partial, partial) || got.Name != userType {
		t.Errorf("%s has %v, and some have %v; want %v and %v", got.Name, got.Scopes, got.Partial, all, partial)
	}
}

func TestFilterReadsAndSeesDrift(t *testing.T) {
	for _, direct := range []bool{false, true} {
		cfg := filter()
		if direct {
			cfg.Login = Login{}
		}
		f := newFixture(t, fake.Options{Direct: direct}, cfg)
		f.admin()
		f.server.AddUsers("child", 3)
		f.requireScopes(t, "child", f.known["child"]...)
		if err := f.replaceChild(t, "missions:read", "children:read"); err != nil {
			t.Fatal(err)
		}
		f.requireScopes(t, "child", "children:read", "missions:read")
		f.server.Edit("child2") // which has the defaults then
		f.holdsPartly(t, "child", []string{"children:read", "missions:read"}, diff.Difference(f.known["child"], []string{"children:read", "missions:read"}))
		f.server.SetScopes("child2", "children:read")
		f.holdsPartly(t, "child", []string{"children:read"}, []string{"missions:read"})
		f.server.SetScopes("child2", "sleep:read")
		f.holdsPartly(t, "child", nil, []string{"children:read", "missions:read", "sleep:read"})
		f.server.AddUser("child", "newcomer", "pw")
		f.holdsPartly(t, "child", nil, f.known["child"])
	}
}

// The scopes of one user are not those of the user type, whichever user it is.
func TestOneUserIsNotAll(t *testing.T) {
	for odd := range 3 {
		f := newFixture(t, fake.Options{Direct: true}, Config{Readback: ReadbackFilter})
		f.server.AddUsers("child", 3)
		for i := range 3 {
			if i != odd {
				f.server.SetScopes(fmt.Sprintf("child%d", i+1), "missions:read")
			}
		}
		f.holdsPartly(t, "child", []string{"missions:read"}, diff.Difference(f.known["child"], []string{"missions:read"}))
		if err := f.replaceChild(t, f.known["child"]...); err != nil {
			t.Fatal(err)
		}
		for user, scopes := range f.server.Granted("child") {
			if !slices.Equal(scopes, f.known["child"]) {
				t.Errorf("%s has %q", user, scopes)
			}
		}
		f.requireScopes(t, "child", f.known["child"]...)
	}
}

// The users of a type are counted over as many pages as they need.
func TestManyUsersAreCounted(t *testing.T) {
	for _, n := range []int{1, 99, 100, 101, 1000, 1001, 2000} {
		f := newFixture(t, fake.Options{Direct: true}, Config{Readback: ReadbackFilter})
		f.server.AddUsers("child", n)
		got, err := f.UserTypeScopes(t.Context(), "", "child")
		if err != nil || !slices.Equal(got.Scopes, f.known["child"]) || got.Partial != nil || *got.Users != (authz.Users{Count: n, Written: min(n, 100)}) {
			t.Errorf("%d users: %+v, %v", n, got, err)
		}
		f.server.SetScopes("child1", "children:read")
		var others []string // of the other users
		if n > 1 {
			others = diff.Difference(f.known["child"], []string{"children:read"})
		}
		f.holdsPartly(t, "child", []string{"children:read"}, others)
	}
}

// A service with a maximum page is counted page by page.
func TestCappedPages(t *testing.T) {
	f := newFixture(t, fake.Options{Direct: true}, Config{Readback: ReadbackFilter})
	f.server.AddUsers("child", 230)
	f.server.SetScopes("child7", "children:read")
	f.server.SetIntercept(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "limit=1000", "limit=100", 1)
		next.ServeHTTP(w, r)
	})
	f.holdsPartly(t, "child", []string{"children:read"}, diff.Difference(f.known["child"], []string{"children:read"}))
}

func TestFilterRequests(t *testing.T) {
	f := newFixture(t, fake.Options{}, filter())
	f.admin()
	f.server.AddUsers("family", 2)
	f.requireScopes(t, "family", f.known["family"]...)
	logins, probes := 0, []string{}
	for _, r := range f.server.Requests() {
		if r.Path == "/v1/users/types/family/scopes" {
			if r.Body != emptyList || r.Status != 400 || r.Header.Get("Authorization") != "" {
				t.Errorf("probe of the endpoint %+v", r)
			}
			continue
		}
		if r.Path == "/v1/auth" {
			logins++
			if r.Method != "POST" || r.Body != `{"username":"root","password":"`+canary+`"}` || r.Header.Get("Authorization") != "" {
				t.Errorf("login %+v", r)
			}
			continue
		}
		probes = append(probes, r.Query)
		if r.Method != "GET" || r.Path != "/v1/families" || r.Body != "" || !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
			t.Errorf("probe %+v", r)
		}
	}
	last := probes[len(probes)-1]
	if want := "limit=1000&page=1&" + (url.Values{"scopes": f.known["family"]}).Encode(); last != want {
		t.Errorf("the last request is %s, want %s", last, want)
	}
	probes = slices.Sorted(slices.Values(probes[:len(probes)-1]))
	if logins != 1 || len(probes) != 49 || probes[0] != "limit=1&page=1&scopes=children%3Aread" || len(slices.Compact(probes)) != 49 {
		t.Errorf("%d logins, %d probes: %v", logins, len(probes), probes)
	}
}

func TestExpiredTokenIsRenewedOnce(t *testing.T) {
	f := newFixture(t, fake.Options{}, filter())
	f.admin()
	f.server.AddUsers("child", 1)
	f.requireScopes(t, "child", f.known["child"]...)
	f.server.Forget()
	f.server.ForgetTokens()
	f.requireScopes(t, "child", f.known["child"]...)
	logins := slices.DeleteFunc(f.server.Requests(), func(r fake.Request) bool { return r.Path != "/v1/auth" })
	if len(logins) != 1 {
		t.Errorf("%d logins, want 1", len(logins))
	}
}

func TestGatewayWantsAnAdmin(t *testing.T) {
	f := newFixture(t, fake.Options{}, Config{Readback: ReadbackFilter})
	_, err := f.UserTypeScopes(t.Context(), "", "child")
	check(t, err, authz.Denied, "lack of authentication credentials", "requires username and password of an admin")

	f = newFixture(t, fake.Options{}, Config{Readback: ReadbackFilter, Login: Login{"teacher", canary}})
	f.server.AddUser("educator", "teacher", canary)
	_, err = f.UserTypeScopes(t.Context(), "", "family")
	check(t, err, authz.Denied, "insufficient permissions", "requires the scope families:readAll")
}

func TestAdminsAreReadFromAToken(t *testing.T) {
	f := newFixture(t, fake.Options{}, filter())
	f.admin()
	f.server.SetScopes("root", "users:delete", "children:readAll", "users:delete")
	f.requireScopes(t, "admin", "children:readAll", "users:delete")

	f = newFixture(t, fake.Options{Direct: true}, Config{Readback: ReadbackFilter})
	_, err := f.UserTypeScopes(t.Context(), "", "admin")
	check(t, err, authz.Unsupported, `readback = "filter" does not read this user type`, `Set username and password to those of an admin, or set probe_users.admin`)

	f = newFixture(t, fake.Options{Direct: true}, Config{Readback: ReadbackFilter, ProbeUsers: map[string]Login{"admin": {"root", canary}}})
	f.admin()
	f.requireScopes(t, "admin", f.known["admin"]...)
}

func TestLoginReadback(t *testing.T) {
	f := newFixture(t, fake.Options{}, Config{Readback: ReadbackLogin, ProbeUsers: map[string]Login{"child": {"kid", canary}, "family": {"kid", canary}}})
	f.server.AddUser("child", "kid", canary)
	if err := f.replaceChild(t, "sleep:read", "children:read"); err != nil {
		t.Fatal(err)
	}
	f.requireScopes(t, "child", "children:read", "sleep:read")
	f.server.Edit("kid")
	f.requireScopes(t, "child", f.known["child"]...) // the token of an earlier login would not show it
	for _, r := range f.server.Requests() {
		if r.Method != "POST" || r.Header.Get("Authorization") != "" {
			t.Errorf("sent %+v", r)
		}
	}
	_, err := f.UserTypeScopes(t.Context(), "", "family")
	check(t, err, authz.Invalid, `the configured user is of type "child", and a user of type "family" is required`, "")
	_, err = f.UserTypeScopes(t.Context(), "", "educator")
	check(t, err, authz.Unsupported, `readback = "login" does not read this user type`, "probe_users.educator")
}

func TestNoReadback(t *testing.T) {
	f := newFixture(t, fake.Options{}, Config{ProbeUsers: map[string]Login{"child": {"kid", canary}}})
	_, err := f.UserTypeScopes(t.Context(), "", "child")
	check(t, err, authz.Unsupported, `readback = "none" does not read`, `readback = "filter", or "login" with probe_users.child`)
	_, err = f.UserTypeScopes(t.Context(), "", "admin")
	check(
		t,
		err,
		authz.Unsupported,
		`readback = "none" does not read`,
		`readback = "filter" with username and password of an admin, or "login" with probe_users.admin`,
	)
	if len(f.server.Requests()) != 0 {
		t.Error("sent", f.server.Requests())
	}
}

func TestConfirmWaitsUntilItHolds(t *testing.T) {
	// The response is sent when the first user is written. The others follow during the first two
	// reads (2 requests each) and the login.
	f := newFixture(t, fake.Options{Lag: 5}, filter())
	f.admin()
	f.server.AddUsers("child", 5)
	if err := f.replaceChild(t, "children:read"); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(f.pauses, []time.Duration{250 * time.Millisecond, 500 * time.Millisecond}) {
		t.Error("pauses", f.pauses)
	}
	if n := len(f.posts()); n != 1 {
		t.Errorf("%d POSTs, want 1", n)
	}
}

func TestConfirmGivesUp(t *testing.T) {
	f := newFixture(t, fake.Options{Lag: 1000}, filter())
	f.admin()
	f.server.AddUsers("child", 3)
	c := change("child", "children:read")
	c.Grant = []authz.Scope{{Name: "children:read"}}
	c.Revoke = []authz.Scope{{Name: "missions:read", UserTypes: []string{"child"}}}
	got, err := f.ChangeUserType(t.Context(), "", c)
	check(t, err, authz.Conflict, `2 of 3 users still have "environment:read", 2 of 3 users still have "external:sync"`, "Apply again")
	check(t, err, authz.Conflict, "and 9 more", "default scopes")
	if text := fmt.Sprint(got[0].UserTypes, got[1].UserTypes); text != "[child] [child]" {
		t.Error("touched", text)
	}
	if len(f.pauses) != 6 || f.pauses[5] != 8*time.Second {
		t.Error("pauses", f.pauses)
	}
}

// A replace changes 100 of 116 users, so the other 16 stay wrong however often one reads.
func TestConfirmOfMoreUsersThanTheServerChanges(t *testing.T) {
	f := newFixture(t, fake.Options{Lag: 4}, filter())
	f.admin()
	f.server.AddUsers("child", 116)
	f.server.SetScopes("child1", "sleep:read")
	check(
		t,
		f.replaceChild(t, "children:read"),
		authz.Conflict,
		`only 100 of the 116 users of type "child": only 115 of 116 users have "children:read", 15 of 116 users still have "environment:read"`,
		"The other 16 keep their scopes",
	)
	if n := len(f.posts()); n != 1 {
		t.Errorf("%d POSTs, want 1", n)
	}
	if len(f.pauses) != 2 { // one reading during the writes, two after them
		t.Error("pauses", f.pauses)
	}
	l, err := f.List(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	u, _ := l.UserType("child")
	if *u.Users != (authz.Users{Count: 116, Written: 100}) || len(u.Partial) != 20 {
		t.Errorf("%+v", u)
	}
	// If the users that are not changed have the scopes, all have them.
	for i := range 16 {
		f.server.SetScopes(fmt.Sprintf("child%d", i+1), "children:read")
	}
	if err := f.replaceChild(t, "children:read"); err != nil {
		t.Error(err)
	}
}

func TestConfirmWithoutUsers(t *testing.T) {
	f := newFixture(t, fake.Options{}, filter())
	f.admin()
	check(t, f.replaceChild(t, "children:read"), authz.ParentNotFound, `no user of type "child", so nothing was replaced`, "Create the users")
	if len(f.pauses) != 0 {
		t.Error("waited for users to appear:", f.pauses)
	}
	f.requireScopes(t, "child")
	if got, err := f.UserTypeScopes(t.Context(), "", "child"); err != nil || *got.Users != (authz.Users{}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestConfirmCanBeInterrupted(t *testing.T) {
	f := newFixture(t, fake.Options{Lag: 1000}, filter())
	f.admin()
	f.server.AddUsers("child", 2)
	ctx, cancel := context.WithCancel(t.Context())
	f.pause = func(ctx context.Context, _ time.Duration) error {
		cancel()
		return ctx.Err()
	}
	_, err := f.ChangeUserType(ctx, "", change("child", "children:read"))
	if authz.KindOf(err) != authz.Unavailable || !strings.Contains(err.Error(), "read back the scopes") || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("got %v", err)
	}
}

func TestListAssumesDefaults(t *testing.T) {
	f := newFixture(t, fake.Options{}, Config{})
	l, err := f.List(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Scopes) != 88 || len(l.UserTypes) != 6 || len(f.server.Requests()) != 0 {
		t.Errorf("%d scopes, %d user types, %d requests", len(l.Scopes), len(l.UserTypes), len(f.server.Requests()))
	}
	for _, u := range l.UserTypes {
		var names []string
		for _, s := range l.ScopesOf(u.Name) {
			names = append(names, s.Name)
		}
		if !slices.Equal(names, f.known[u.Name]) {
			t.Errorf("%s has %v", u.Name, names)
		}
	}
	if len(l.Warnings) != 1 || !strings.Contains(l.Warnings[0].Detail, "user types: admin, application, child, educator, family, healthprofessional.") ||
		!strings.Contains(l.Warnings[0].Detail, `readback = "none"`) || l.Warnings[0].BlocksWrites {
		t.Errorf("notes %+v", l.Warnings)
	}
}

func TestListReads(t *testing.T) {
	f := newFixture(t, fake.Options{}, filter())
	f.admin()
	for _, userType := range userTypes()[1:] {
		f.server.AddUsers(userType, 1)
	}
	f.server.SetScopes("family1", "families:update")
	f.server.SetScopes("child1", "children:read", "sleep:read")
	l, err := f.List(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Scopes) != 88 || len(l.Warnings) != 0 {
		t.Errorf("%d scopes, notes %v", len(l.Scopes), l.Warnings)
	}
	for name, want := range map[string]string{
		"children:read":     "[admin child educator healthprofessional]",
		"families:update":   "[admin family]",
		"sleep:read":        "[admin application child educator healthprofessional]",
		"socioquest:create": "[]", // families only, and theirs was revoked
	} {
		s, ok := l.Scope(name)
		if got := fmt.Sprint(s.UserTypes); !ok || got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if n := len(f.server.Requests()); n != 1+1+1+40+20+48+49+34+5 {
		t.Errorf("%d requests", n)
	}
	if !slices.IsSortedFunc(l.Scopes, func(a, b authz.Scope) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("not sorted")
	}
}

func TestListReadsWhatItCan(t *testing.T) {
	f := newFixture(t, fake.Options{}, Config{Readback: ReadbackLogin, ProbeUsers: map[string]Login{"child": {"kid", canary}}})
	f.server.AddUser("child", "kid", canary)
	f.server.SetScopes("kid", "children:read", "of:another:release")
	l, err := f.List(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if len(l.ScopesOf("child")) != 2 || len(l.ScopesOf("admin")) != 52 || len(l.Scopes) != 89 {
		t.Errorf("child %v, %d scopes", l.ScopesOf("child"), len(l.Scopes))
	}
	if len(l.NotChecked) != 2 || l.NotChecked[0].Subject != "scopes of other users of the user types child" || l.NotChecked[0].Compared {
		t.Errorf("not checked %+v", l.NotChecked)
	}
	if len(l.Warnings) != 1 || slices.Contains(l.Warnings[0].Subjects, "child") ||
		!strings.Contains(l.Warnings[0].Detail, "educator, family, healthprofessional.") {
		t.Errorf("notes %+v", l.Warnings)
	}
}

func TestListReportsTypesWithoutUsers(t *testing.T) {
	f := newFixture(t, fake.Options{Direct: true}, Config{Readback: ReadbackFilter})
	f.server.AddUsers("child", 1)
	l, err := f.List(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if u, _ := l.UserType("application"); *u.Users != (authz.Users{}) || len(l.ScopesOf("application")) != 0 || len(l.Scopes) != 88 {
		t.Errorf("%+v", u)
	}
	if u, _ := l.UserType("child"); *u.Users != (authz.Users{Count: 1, Written: 1}) || len(l.ScopesOf("child")) != 20 {
		t.Errorf("%+v", u)
	}
}
