package ocariot

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
	fake "github.com/authscopes/terraform-provider-authscopes/internal/testing/ocariot"
)

// probes returns the requests that ask whether the endpoint exists.
func (f *fixture) probes() []fake.Request {
	return slices.DeleteFunc(f.server.Requests(), func(r fake.Request) bool { return !strings.HasSuffix(r.Path, "/scopes") || r.Body != emptyList })
}

// The listing of a newer release filters by a field that no token has, whether an earlier
// release stored something in it or not.
func TestDeadFieldIsNotRead(t *testing.T) {
	for name, opts := range map[string]fake.Options{"gateway": {}, "direct": {Direct: true}} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, opts, filter())
			f.admin()
			f.server.AddUser("child", "kid", canary)
			f.server.SetScopes("kid", "missions:read")
			f.server.Upgrade("2.8.0")
			f.server.AddUser("child", "newcomer", canary)
			_, err := f.UserTypeScopes(t.Context(), "", "child")
			check(t, err, authz.ParentNotFound, `read the scopes of user type "child": the account service is release 2.6.2 or later`, `set readback = "login"`)
			check(t, err, authz.ParentNotFound, "404 Not Found: Endpoint /v1/users/types/child/scopes does not found!", "Nothing was removed from state")
			_, err = f.List(t.Context(), "")
			check(t, err, authz.ParentNotFound, "release 2.6.2 or later", `set readback = "login"`)
			for _, r := range f.server.Requests() {
				if strings.HasPrefix(r.Path, "/v1/children") {
					t.Error("read the field:", r)
				}
			}
			for _, user := range []string{"kid", "newcomer"} { // a token has what users get
				login := newFixture(t, fake.Options{}, Config{URL: f.server.URL, Readback: ReadbackLogin, ProbeUsers: map[string]Login{"child": {user, canary}}})
				login.requireScopes(t, "child", f.known["child"]...)
			}
		})
	}
}

func TestEndpointIsProbedOnce(t *testing.T) {
	f := newFixture(t, fake.Options{}, filter())
	f.admin()
	f.server.AddUsers("child", 2)
	for range 2 {
		f.requireScopes(t, "child", f.known["child"]...)
		if _, err := f.List(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(f.probes()); n != 1 || f.probes()[0].Status != http.StatusBadRequest {
		t.Errorf("%d probes: %+v", n, f.probes())
	}
	for user, scopes := range f.server.Granted("child") {
		if len(scopes) != 20 {
			t.Errorf("the probe changed %s: %q", user, scopes)
		}
	}

	written := newFixture(t, fake.Options{}, filter())
	written.admin()
	written.server.AddUsers("child", 2)
	if err := written.replaceChild(t, "children:read"); err != nil {
		t.Fatal(err)
	}
	written.requireScopes(t, "child", "children:read")
	if len(written.probes()) != 0 {
		t.Error("a replace has shown that the endpoint exists")
	}

	login := newFixture(t, fake.Options{}, filter())
	login.admin()
	login.requireScopes(t, "admin", login.known["admin"]...)
	if len(login.probes()) != 0 {
		t.Error("a token needs no probe")
	}
}

func TestProbeErrors(t *testing.T) {
	const jsonType, path = "application/json", "/v1/users/types/"
	for name, test := range map[string]struct {
		status       int
		contentType  string
		body         string
		kind         authz.Kind
		text, advice string
	}{
		"no such route":     {404, "text/html", "<p>", authz.ParentNotFound, "404 with text/html", "host_header"},
		"proxy refuses":     {403, "text/html", "<p>", authz.Denied, "403 with text/html", "rejects it and changes nothing"},
		"proxy wants login": {401, jsonType, `{"code":401,"message":"UNAUTHORIZED"}`, authz.Denied, "UNAUTHORIZED", "rejects it and changes nothing"},
		"accepts anything":  {204, "", "", authz.Unavailable, "accepted an empty list of scopes", "base URL"},
		"another 400":       {400, jsonType, `{"error":"bad"}`, authz.Unavailable, "400 with application/json", "base URL"},
		"a page":            {400, "text/html", "<p>", authz.Unavailable, "400 with text/html", "base URL"},
		"server error":      {500, jsonType, `{"code":500,"message":"broken"}`, authz.Unavailable, "broken", ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, fake.Options{}, filter())
			f.admin()
			f.server.AddUsers("child", 1)
			f.respond(path, test.status, test.contentType, test.body)
			_, err := f.UserTypeScopes(t.Context(), "", "child")
			check(t, err, test.kind, `read the scopes of user type "child": `, test.advice)
			check(t, err, test.kind, test.text, test.advice)
			if authz.OutcomeUnknown(err) {
				t.Error("a probe has no outcome")
			}
			f.server.SetIntercept(nil) // a failure is not remembered
			f.requireScopes(t, "child", f.known["child"]...)
		})
	}
	for host, kind := range map[string]authz.Kind{"LocalHost": 0, "api.example.com": authz.ParentNotFound} {
		f := fixtureWith(t, fake.New(t, fake.Options{}), filter(), httpapi.Config{Host: host})
		f.admin()
		f.server.AddUsers("child", 1)
		if _, err := f.UserTypeScopes(t.Context(), "", "child"); (err != nil) != (kind != 0) || err != nil && authz.KindOf(err) != kind {
			t.Errorf("Host %s: %v", host, err)
		}
	}
}

// No replace makes a user without scopes, so users without any are a field that is dead.
func TestUsersWithoutScopes(t *testing.T) {
	f := newFixture(t, fake.Options{Direct: true}, Config{Readback: ReadbackFilter})
	f.server.AddUsers("child", 2)
	f.server.SetScopes("child1")
	f.holdsPartly(t, "child", nil, f.known["child"])
	f.server.SetScopes("child2", "of:another:release")
	_, err := f.UserTypeScopes(t.Context(), "", "child")
	check(t, err, authz.Unavailable, "is 2, and none has a scope that is known", "newer than 2.6.1")
}
