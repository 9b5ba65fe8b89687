package ocariot

import (
	"net/http"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
	shared "github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
	fake "github.com/authscopes/terraform-provider-authscopes/internal/testing/ocariot"
)

// respond makes the fake respond to all requests for a path in one way.
func (f *fixture) respond(path string, status int, contentType, body string, header ...string) {
	f.server.SetIntercept(shared.Respond(shared.Path(path), status, contentType, body, header...))
}

func TestNoSuchEndpoint(t *testing.T) {
	for name, test := range map[string]struct {
		opts         fake.Options
		host         string
		text, advice string
	}{
		"newer account behind its gateway": {
			fake.Options{Account: "2.8.0"},
			"localhost", "404 Not Found: Endpoint /v1/users/types/child/scopes does not found!",
			"Only the account service 2.4.0 to 2.6.1",
		},
		"newer account alone": {fake.Options{Account: "2.8.0", Direct: true}, "localhost", "does not found!", "Nothing was removed from state"},
		"newer gateway":       {fake.Options{NoRoute: true}, "localhost", "404 with text/html", "Check host_header"},
		"wrong Host":          {fake.Options{}, "api.example.com", "404 with text/html", "Nothing was removed from state"},
		"no Host set":         {fake.Options{}, "", "404 with text/html", "the host \"localhost\""},
	} {
		t.Run(name, func(t *testing.T) {
			f := fixtureWith(t, fake.New(t, test.opts), Config{}, httpapi.Config{Host: test.host})
			check(t, f.replaceChild(t, "children:read"), authz.ParentNotFound, test.text, test.advice)
			if n := len(f.server.Requests()); n != 1 {
				t.Errorf("%d requests, want 1", n)
			}
		})
	}
}

func TestScopesOfAnotherType(t *testing.T) {
	f := newFixture(t, fake.Options{}, Config{})
	f.server.AddUser("child", "kid", "pw")
	check(t, f.replaceChild(t, "children:readAll", "children:read", "a$&b", "institutions:create"), authz.Invalid,
		"400 Bad Request: The list of new scopes is invalid! a{0}b, children:readAll, institutions:create are not valid scopes for child users.",
		`remove "children:readAll", "institutions:create". Nothing was changed.`)
	check(t, f.replaceChild(t, "a$&b"), authz.Invalid, "are not valid scopes", "does not allow some of the scopes")
	if len(f.server.Scopes("kid")) != 20 {
		t.Error("something was changed")
	}
}

func TestReplaceRefusals(t *testing.T) {
	const path = "/v1/users/types/"
	jsonType := "application/json"
	for name, test := range map[string]struct {
		status       int
		contentType  string
		body         string
		header       []string
		kind         authz.Kind
		unknown      bool
		text, advice string
	}{
		"user type": {
			400, jsonType, `{"code":400,"message":"One or more request fields are invalid...","description":"The user types allowed are: admin."}`, nil,
			authz.Invalid, false, "The user types allowed are: admin.", "",
		},
		"at least one": {
			400, jsonType, `{"code":400,"message":"The list of new scopes is invalid!","description":"A scopes array with at least one item is required."}`,
			nil, authz.Invalid, false, "at least one item is required", "",
		},
		"body": {
			400, jsonType, `{"code":400,"message":"Unable to process request body."}`, nil, authz.Invalid, false, "Unable to process request body.", "",
		},
		"no words":     {400, jsonType, ``, nil, authz.Invalid, false, "400 with application/json, 0 bytes", ""},
		"unauthorized": {401, jsonType, `{"code":401,"message":"UNAUTHORIZED"}`, nil, authz.Denied, false, "UNAUTHORIZED", "a proxy in front of it"},
		"forbidden":    {403, "text/html", `<p>no`, nil, authz.Denied, false, "403 with text/html, 5 bytes", "a proxy in front of it"},
		"413":          {413, "text/html", `<p>no`, nil, authz.Invalid, false, "413 Request Entity Too Large", "at most 100 kB"},
		"too large": {
			500, jsonType, `{"code":500,"message":"request entity too large"}`, nil, authz.Invalid, false, "request entity too large", "at most 100 kB",
		},
		"server error": {
			500, jsonType, `{"code":500,"message":"An internal server error has occurred.","description":"MongoError"}`, nil, authz.Unavailable, true,
			"500 Internal Server Error: An internal server error has occurred. MongoError", "",
		},
		"bare 500":        {500, "text/plain", `x`, nil, authz.Unavailable, true, "500 Internal Server Error", ""},
		"bad gateway":     {502, "text/html", `<p>`, nil, authz.Unavailable, true, "502 Bad Gateway", ""},
		"gateway timeout": {504, "text/html", `<p>`, nil, authz.Unavailable, true, "504 Gateway Timeout", ""},
		"rate limit": {
			429, "text/html; charset=utf-8", `Too many requests`,
			[]string{"Retry-After", "7"},
			authz.Unavailable, false,
			"429 Too Many Requests with text/html, 17 bytes and asked to wait 7s", "limits the rate of requests",
		},
		"limit, no wait": {429, "", ``, nil, authz.Unavailable, false, "429 Too Many Requests", "limits the rate of requests"},
		"login page":     {200, "text/html", `<form>`, nil, authz.Unavailable, true, "is a web page", "a login page"},
		"redirect": {
			302, "text/html", ``,
			[]string{"Location", "https://login.example.com/?x=" + canary},
			authz.Unavailable, true, "https://login.example.com",
			"final address",
		},
		"repeats a secret": {400, jsonType, `{"code":400,"message":"you sent canary-password"}`, nil, authz.Invalid, false, "you sent ***", ""},
		"long and odd":     {400, jsonType, `{"code":400,"message":"a\u001b[31m\n` + strings.Repeat("x", 5000) + `"}`, nil, authz.Invalid, false, "a [31m xxx", ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, fake.Options{}, Config{Login: Login{"root", canary}})
			f.respond(path, test.status, test.contentType, test.body, test.header...)
			err := f.replaceChild(t, "children:read")
			check(t, err, test.kind, test.text, test.advice)
			if authz.OutcomeUnknown(err) != test.unknown {
				t.Errorf("outcome unknown: %t", !test.unknown)
			}
			if len(err.Error()) > 1000 {
				t.Error("the error is", len(err.Error()), "bytes long")
			}
			if n := len(f.server.Requests()); n != 1 {
				t.Errorf("%d requests, want 1", n)
			}
		})
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	s := fake.New(t, fake.Options{})
	f := fixtureWith(t, s, Config{URL: s.PlainURL(t)}, httpapi.Config{Host: DefaultHost})
	check(t, f.replaceChild(t, "children:read"), authz.Unavailable, "301 Moved Permanently", "final address")
	if got := s.Requests(); len(got) != 1 || got[0].Method != "POST" {
		t.Error("requests", got)
	}
}

func TestRateLimitIsWaitedFor(t *testing.T) {
	s := fake.New(t, fake.Options{})
	s.AddUser("child", "kid", "pw")
	f := fixtureWith(t, s, Config{}, httpapi.Config{Host: DefaultHost, MaxRetries: 2})
	limited := false
	s.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		if limited {
			return false
		}
		limited = true
		w.Header().Set("Retry-After", "0.001")
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	})
	if err := f.replaceChild(t, "children:read"); err != nil {
		t.Fatal(err)
	}
	if len(f.posts()) != 2 || len(s.Scopes("kid")) != 1 {
		t.Error("requests", f.posts(), "stored", s.Scopes("kid"))
	}
}

func TestLostResponse(t *testing.T) {
	f := newFixture(t, fake.Options{}, Config{})
	f.server.LoseResponses(1)
	err := f.replaceChild(t, "children:read")
	if !authz.OutcomeUnknown(err) || authz.KindOf(err) != authz.Unavailable {
		t.Errorf("without a readback: %v", err)
	}
	if n := len(f.posts()); n != 1 {
		t.Errorf("%d POSTs, want 1: it is never sent again blindly", n)
	}

	f = newFixture(t, fake.Options{}, filter())
	f.admin()
	f.server.AddUser("child", "kid", "pw")
	f.server.LoseResponses(1)
	if err := f.replaceChild(t, "children:read"); err != nil {
		t.Errorf("the readback shows that it was done, but: %v", err)
	}

	f.respond("/v1/users/types/", http.StatusBadGateway, "text/html", "<p>")
	err = f.replaceChild(t, "missions:read")
	if !authz.OutcomeUnknown(err) || !strings.Contains(err.Error(), "502 Bad Gateway") {
		t.Errorf("the readback shows that it was not done: %v", err)
	}
	if n := len(f.posts()); n != 2 {
		t.Errorf("%d POSTs, want 2", n)
	}
}

func TestListingErrors(t *testing.T) {
	for name, test := range map[string]struct {
		status       int
		contentType  string
		body         string
		kind         authz.Kind
		text, advice string
	}{
		"not found":    {404, "text/html", "<p>", authz.ParentNotFound, "404 with text/html", "base URL"},
		"forbidden":    {403, "application/json", `{"code":403,"message":"FORBIDDEN"}`, authz.Denied, "FORBIDDEN", "requires the scope children:readAll"},
		"bad request":  {400, "application/json", `{"code":400,"message":"bad query"}`, authz.Invalid, "bad query", ""},
		"no total":     {200, "application/json", "[]", authz.Unavailable, "X-Total-Count", ""},
		"login page":   {200, "text/html", "<form>", authz.Unavailable, "is a web page", "login page"},
		"truncated":    {200, "application/json", `[{"id":`, authz.Unavailable, "truncated", "proxy"},
		"empty":        {200, "application/json", "", authz.Unavailable, "has no body", "proxy"},
		"server error": {500, "application/json", `{"code":500,"message":"broken"}`, authz.Unavailable, "broken", ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, fake.Options{}, filter())
			f.admin()
			f.respond("/v1/children", test.status, test.contentType, test.body)
			_, err := f.UserTypeScopes(t.Context(), "", "child")
			check(t, err, test.kind, `read the scopes of user type "child": `, test.advice)
			check(t, err, test.kind, test.text, test.advice)
			if _, err := f.List(t.Context(), ""); authz.KindOf(err) != test.kind || err == nil {
				t.Errorf("List: %v", err)
			}
		})
	}
}

func TestLoginErrors(t *testing.T) {
	for name, test := range map[string]struct {
		status       int
		contentType  string
		body         string
		kind         authz.Kind
		text, advice string
	}{
		"wrong password": {
			401, "application/json", `{"code":401,"message":"Invalid username or password!"}`, authz.Denied, "401 Unauthorized: Invalid username or password!",
			"Check username and password",
		},
		"invalid": {
			400, "application/json", `{"code":400,"message":"One or more request fields are invalid...","description":"password canary-password"}`,
			authz.Invalid, "password ***", "probe_users",
		},
		"not found":    {404, "text/html", "<p>", authz.ParentNotFound, "404", "base URL"},
		"no token":     {200, "application/json", `{}`, authz.Unavailable, "no readable token", ""},
		"broken token": {200, "application/json", `{"access_token":"` + canary + `.b.c"}`, authz.Unavailable, "no readable token", ""},
		"no expiry":    {200, "application/json", `{"access_token":"eyJhbGciOiJSUzI1NiJ9.e30.c2ln"}`, authz.Unavailable, "no readable token", ""},
		"server error": {500, "application/json", `{"code":500,"message":"broken"}`, authz.Unavailable, "500 Internal Server Error: broken", ""},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := filter()
			cfg.ProbeUsers = map[string]Login{"child": {"kid", canary}}
			f := newFixture(t, fake.Options{}, cfg)
			f.respond("/v1/auth", test.status, test.contentType, test.body)
			_, err := f.UserTypeScopes(t.Context(), "", "child")
			check(t, err, test.kind, "log in to ocariot: ", test.advice)
			check(t, err, test.kind, test.text, test.advice)
			if authz.OutcomeUnknown(err) {
				t.Error("a reading has no outcome")
			}
			f.readback = ReadbackLogin
			_, err = f.UserTypeScopes(t.Context(), "", "child")
			check(t, err, test.kind, `read the scopes of user type "child": `, test.advice)
		})
	}
}

func TestAccountIsDown(t *testing.T) {
	for _, cfg := range []Config{filter(), {Readback: ReadbackLogin, ProbeUsers: map[string]Login{"child": {"child1", "password"}}}} {
		f := newFixture(t, fake.Options{}, cfg)
		f.admin()
		f.server.AddUsers("child", 1)
		if err := f.replaceChild(t, "children:read"); err != nil {
			t.Fatal(err)
		}
		f.server.StopAccount()
		err := f.replaceChild(t, "missions:read")
		check(t, err, authz.Unavailable, "replace the scopes of user type \"child\": the server returned 502 Bad Gateway", "")
		if !authz.OutcomeUnknown(err) {
			t.Error("a gateway that gave up does not know the outcome")
		}
		_, err = f.UserTypeScopes(t.Context(), "", "child")
		if cfg.Readback == ReadbackLogin {
			check(t, err, authz.Unavailable, "500 Internal Server Error: INTERNAL SERVER ERROR An internal server error has occurred.", "")
		} else {
			check(t, err, authz.Unavailable, "502 Bad Gateway", "")
		}
	}
}

func TestUnreachable(t *testing.T) {
	f := newFixture(t, fake.Options{}, Config{URL: "http://127.0.0.1:1"})
	if err := f.replaceChild(t, "children:read"); authz.KindOf(err) != authz.Unavailable || authz.OutcomeUnknown(err) {
		t.Errorf("got %v", err)
	}
}
