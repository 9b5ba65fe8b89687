package pace

import (
	"net/http"
	"sync"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	fake "github.com/authscopes/terraform-provider-authscopes/internal/testing/pace"
)

func credentials(s *fake.Server) Config {
	return Config{ClientID: "me", ClientSecret: canary, TokenURL: s.TokenURL()}
}

func withCredentials(t *testing.T) *fake.Server {
	t.Helper()
	return fake.New(t, fake.Options{ClientID: "me", ClientSecret: canary})
}

func count(s *fake.Server, path string) int {
	n := 0
	for _, r := range s.Requests() {
		if r.Path == path {
			n++
		}
	}
	return n
}

const tokenPath = "/auth/realms/pace/protocol/openid-connect/token"

func TestAccessToken(t *testing.T) {
	testAccessToken(t, true, "user token is invalid", "Unauthorized")
	testAccessToken(
		t, false, "title: OAuth token missing or invalid, detail: user token is invalid", "title: OAuth token missing or invalid, detail: Unauthorized",
	)
}

// testAccessToken refuses tokens in plain text, or in JSON:API.
func testAccessToken(t *testing.T, plain bool, revoked, missing string) {
	t.Helper()
	s := fake.New(t, fake.Options{Token: canary, PlainText: plain})
	d := driver(t, s, Config{AccessToken: canary})
	if _, err := d.CheckDefinitions(t.Context(), []string{"a"}); err != nil {
		t.Fatal(err)
	}
	if got := s.Requests()[0].Header.Get("Authorization"); got != "Bearer "+canary {
		t.Error("sent", got)
	}
	s.RevokeTokens()
	_, err := d.CheckDefinitions(t.Context(), []string{"a"})
	check(t, err, authz.Denied, "401 Unauthorized: "+revoked, "The server rejected the token")
	if n := len(s.Requests()); n != 2 {
		t.Errorf("%d requests, want 2: there is no other token to try", n)
	}
	_, err = driver(t, s, Config{}).CheckDefinitions(t.Context(), []string{"a"})
	check(t, err, authz.Denied, "401 Unauthorized: "+missing, "No token was sent")
	respond(s, "/user", 401, "text/plain", "you sent "+canary)
	_, err = d.CheckDefinitions(t.Context(), []string{"a"})
	check(t, err, authz.Denied, "you sent ***", "The server rejected the token")
}

func TestClientCredentials(t *testing.T) {
	s := withCredentials(t)
	d := driver(t, s, credentials(s))
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if _, err := d.CheckDefinitions(t.Context(), []string{"a"}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	r := s.Requests()[0]
	if count(s, tokenPath) != 1 || r.Path != tokenPath || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" ||
		r.Body != "client_id=me&client_secret="+canary+"&grant_type=client_credentials" {
		t.Errorf("%d tokens fetched; sent %+v", count(s, tokenPath), r)
	}
	s.RevokeTokens()
	if _, err := d.CheckDefinitions(t.Context(), []string{"a"}); err != nil || count(s, tokenPath) != 2 {
		t.Errorf("after the token was revoked: %v, %d tokens", err, count(s, tokenPath))
	}
	s.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != tokenPath {
			http.Error(w, r.Header.Get("Authorization")+" "+canary, http.StatusUnauthorized)
		}
		return r.URL.Path != tokenPath
	})
	_, err := d.CheckDefinitions(t.Context(), []string{"a"})
	check(t, err, authz.Denied, "401 Unauthorized: Bearer *** ***", "The server rejected the token")
	if n := count(s, tokenPath); n != 3 {
		t.Errorf("%d tokens fetched, want 3: one more after a 401, and no other", n)
	}
}

func TestTokenWithoutLifetime(t *testing.T) {
	s := withCredentials(t)
	respond(s, tokenPath, 200, "application/json", `{"access_token":"t","token_type":"Bearer"}`)
	d := driver(t, s, credentials(s))
	for range 2 {
		_, _ = d.CheckDefinitions(t.Context(), []string{"a"}) // 401: the fake does not know this token
	}
	if n := count(s, tokenPath); n != 3 {
		t.Errorf("%d tokens fetched, want 3: the first, and one after each 401", n)
	}
}

func TestTokenErrors(t *testing.T) {
	for name, test := range map[string]struct {
		status            int
		contentType, body string
		kind              authz.Kind
		text, advice      string
	}{
		"wrong secret": {
			401, "application/json", `{"error":"unauthorized_client","error_description":"Invalid client or Invalid client credentials"}`, authz.Denied,
			"401: unauthorized_client Invalid client or Invalid client credentials", "client credentials grant",
		},
		"not allowed": {
			400, "application/json", `{"error":"unauthorized_client","error_description":"` + canary + `"}`, authz.Denied, "400: unauthorized_client ***",
			"client credentials grant",
		},
		"not found":    {404, "text/html", "<p>", authz.ParentNotFound, "token_url returned 404", "token_url"},
		"server error": {500, "application/json", `{"error":"server_error"}`, authz.Unavailable, "500 Internal Server Error", ""},
		"no token":     {200, "application/json", `{}`, authz.Unavailable, "no access_token", "token_url"},
		"login page":   {200, "text/html", `<form>`, authz.Unavailable, "is a web page", "login page"},
		"redirect":     {302, "text/html", ``, authz.Unavailable, "302 Found", "final address"},
	} {
		t.Run(name, func(t *testing.T) {
			s := withCredentials(t)
			respond(s, tokenPath, test.status, test.contentType, test.body)
			_, err := driver(t, s, credentials(s)).CheckDefinitions(t.Context(), []string{"a"})
			check(t, err, test.kind, "get an access token for PACE: ", test.advice)
			check(t, err, test.kind, test.text, test.advice)
			if n := count(s, "/user/2024-3/maintenance/check-scopes"); n != 0 {
				t.Errorf("%d comparisons without a token", n)
			}
		})
	}
}
