package onelogin

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	fake "github.com/authscopes/terraform-provider-authscopes/internal/testing/onelogin"
)

func TestTokenRequest(t *testing.T) {
	s, d := setup(t, fake.Options{}, 0)
	mustList(t, d)
	r := s.Requests()[0]
	if r.Method != "POST" || r.Path != "/auth/oauth2/v2/token" || r.Body != `{"grant_type":"client_credentials"}` ||
		r.Header.Get("Content-Type") != "application/json" || !strings.HasPrefix(r.Header.Get("Authorization"), "Basic ") {
		t.Errorf("%+v", r)
	}
	if got := s.Requests()[1].Header.Get("Authorization"); got != "bearer canary-token-1" {
		t.Errorf("the API was called with %q", got)
	}
}

func TestTokenResponses(t *testing.T) {
	for name, opts := range map[string]fake.Options{
		"flat": {TokenLife: time.Hour}, "wrapped in data": {TokenLife: time.Hour, LegacyToken: true}, "no expiry": {NoExpiry: true},
	} {
		t.Run(name, func(t *testing.T) {
			_, d := setup(t, opts, 0)
			began := time.Now()
			token, err := d.fetchToken(t.Context())
			if err != nil || token.AccessToken != "canary-token-1" || token.Expiry.IsZero() != opts.NoExpiry {
				t.Fatalf("%+v, %v", token, err)
			}
			if left := token.Expiry.Sub(began); !opts.NoExpiry && (left < time.Hour || left > time.Hour+time.Since(began)) {
				t.Errorf("it expires in %s", left)
			}
		})
	}
}

func TestTokenIsSharedAndRenewedOnce(t *testing.T) {
	s, d := setup(t, fake.Options{}, 0)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := d.List(context.Background(), server); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := tokenRequests(s); got != 1 {
		t.Errorf("%d token requests for 8 calls at once, want 1", got)
	}
	mustList(t, d)
	s.RevokeToken()
	mustCreate(t, d, "read:users") // 401, then built anew with its body
	if got := tokenRequests(s); got != 2 || s.TokensIssued() != 2 {
		t.Errorf("%d token requests and %d tokens after one was revoked, want 2 and 2", got, s.TokensIssued())
	}
	if got := s.Scopes(77)["read:users"]; got != "may read:users" {
		t.Errorf("the request after the 401 wrote %q", got)
	}
	for _, r := range s.Requests() {
		if strings.Contains(r.Path, "revoke") {
			t.Error("a token was revoked: other runs use it too")
		}
	}
}

func tokenRequests(s *fake.Server) int {
	n := 0
	for _, r := range s.Requests() {
		if r.Path == "/auth/oauth2/v2/token" {
			n++
		}
	}
	return n
}

func TestTokenErrors(t *testing.T) {
	envelope := func(code int, kind string) string {
		return `{"status":{"error":true,"code":` + strconv.Itoa(code) + `,"type":"` + kind + `","message":"no ` + canarySecret + `"}}`
	}
	for _, test := range []struct {
		name              string
		status            int
		contentType, body string
		kind              authz.Kind
		says, advises     string
	}{
		{"wrong secret", 401, "application/json", envelope(401, "Unauthorized"), authz.Denied, "401 Unauthorized: no ***", "client_secret"},
		{"wrong request", 400, "application/json", envelope(400, "bad request"), authz.Denied, "400", "client_id"},
		{"wrong path", 404, "application/json", envelope(404, "not found"), authz.ParentNotFound, "404", "onelogin.url"},
		{"another site", 404, "text/html", "<html>", authz.ParentNotFound, "404 with text/html, 6 bytes", "onelogin.url"},
		{"owner deleted", 500, "application/json", envelope(500, "internal"), authz.Unavailable, "500", "was deleted"},
		{"login page", 200, "text/html", "<html>canary", authz.Unavailable, "text/html", ""},
		{"no token", 200, "application/json", `{"token_type":"bearer"}`, authz.Unavailable, "no access_token", "onelogin.url"},
		{"empty data", 200, "application/json", `{"data":[]}`, authz.Unavailable, "no access_token", "onelogin.url"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, d := setup(t, fake.Options{}, 0)
			s.SetIntercept(func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
				w.Header().Set("Content-Type", test.contentType)
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			})
			_, err := d.List(context.Background(), server)
			check(t, err, test.kind, test.says, test.advises)
			if n := len(s.Requests()); n != 1 {
				t.Errorf("%d requests, want 1", n)
			}
		})
	}
}

// OneLogin returns the same token again, so that a login without a response is retried.
func TestLostLoginIsRepeated(t *testing.T) {
	s, d := setup(t, fake.Options{}, 1)
	lost := 1
	s.SetIntercept(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if lost > 0 {
			lost--
			panic(http.ErrAbortHandler)
		}
		next.ServeHTTP(w, r)
	})
	mustList(t, d)
	if n := tokenRequests(s); n != 2 {
		t.Errorf("%d logins, want 2", n)
	}
}

// A lost login is no lost write.
func TestLostLoginIsNotALostWrite(t *testing.T) {
	s, d := setup(t, fake.Options{}, 0)
	s.SetIntercept(func(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) })
	_, err := d.CreateScope(context.Background(), server, want("a"))
	if e := drivertest.CheckError(t, err, authz.Unavailable, "log in", ""); e.OutcomeUnknown {
		t.Error("the error reports that the outcome of the create is unknown")
	}
}

func TestErrorKinds(t *testing.T) {
	own := func(status int, name, message string) string {
		return `{"message":"` + message + `","statusCode":` + strconv.Itoa(status) + `,"name":"` + name + `"}`
	}
	const js = "application/json; charset=utf-8"
	for _, test := range []struct {
		name              string
		status            int
		contentType, body string
		kind              authz.Kind
		says, advises     string
	}{
		{"400", 400, js, own(400, "BadRequestError", "Field is not allowed"), authz.Invalid, "400 BadRequestError: Field is not allowed (x-request-id req-9)", ""},
		{"401", 401, js, own(401, "UnauthorizedError", "Unauthorized"), authz.Denied, "401 UnauthorizedError", "The credential is correct"},
		{"401 without a body", 401, "text/plain", "", authz.Denied, "401", "the login succeeded"},
		{
			"flat 403", 403, js, `{"error":true,"code":403,"type":"ForbiddenError","message":"not allowed"}`, authz.Denied, "403 ForbiddenError: not allowed",
			"Manage All",
		},
		{"flat 404", 404, js, `{"error":true,"code":404,"type":"NotFoundError","message":"none"}`, authz.ParentNotFound, "404 NotFoundError: none", "server_id"},
		{"flat 422", 422, js, `{"error":true,"code":422,"type":"UnprocessableEntityError","message":"Validation failed"}`, authz.Invalid, "Validation failed", ""},
		{"flat of another status", 403, js, `{"error":true,"code":200,"type":"success","message":"canary"}`, authz.Denied, "403 with application/json", "Manage All"},
		{"403", 403, js, own(403, "ForbiddenError", "not allowed"), authz.Denied, "not allowed", "Manage All"},
		{
			"404", 404, js, own(404, "NotFoundError", "The resource with the given id could not be found"), authz.ParentNotFound,
			"authorization server 77 does not exist", "server_id",
		},
		{"404 of a gateway", 404, js, `{"message":"no Route matched with those values"}`, authz.Unavailable, "404", "onelogin.url"},
		{"404 of a gateway with a code", 404, js, `{"code":404,"message":"no Route matched with those values"}`, authz.Unavailable, "404", "onelogin.url"},
		{"404 with HTML", 404, "text/html", "<h1>canary", authz.Unavailable, "text/html, 10 bytes", "onelogin.url"},
		{"409", 409, js, own(409, "ConflictError", "busy"), authz.Conflict, "busy", ""},
		{"422 taken", 422, js, own(422, "UnprocessableEntityError", "Validation failed: Value has already been taken"), authz.Conflict, "already been taken", ""},
		{"422 other", 422, js, own(422, "UnprocessableEntityError", "Validation failed: Value is invalid"), authz.Invalid, "Value is invalid", ""},
		{
			"429 with X-RateLimit-Reset", 429, js, own(429, "TooManyRequestsError", "Too Many Requests"), authz.Unavailable,
			"(x-request-id req-9) and asked to wait 13m52s", "requests_per_second",
		},
		{
			"429 with Retry-After", 429, js, "{}", authz.Unavailable, "429 with application/json, 2 bytes (x-request-id req-9) and asked to wait 1h0m0s",
			"requests_per_second",
		},
		{"429 bare", 429, "", "", authz.Unavailable, "429", "requests_per_second"},
		{"500", 500, js, own(500, "InternalServerError", "oops"), authz.Unavailable, "oops", ""},
		{"500 with a secret", 500, js, own(500, "InternalServerError", "token canary-token-1 and "+canarySecret), authz.Unavailable, "token *** and ***", ""},
		{"502", 502, "text/html", "<h1>canary", authz.Unavailable, "502 with text/html", ""},
		{
			"code as text", 422, js, `{"message":"Validation failed: Value is invalid","statusCode":"422","name":"UnprocessableEntityError"}`, authz.Invalid,
			"Value is invalid", "",
		},
		{
			"another member of another type", 422, js, `{"message":"Validation failed: Value is invalid","statusCode":422,"name":7,"status":422,"type":[]}`,
			authz.Invalid, "Value is invalid", "",
		},
		{"no code at all", 422, js, `["canary"]`, authz.Unavailable, "422 with application/json", ""},
		{"418", 418, js, own(418, "Teapot", "no"), authz.Unavailable, "418 Teapot", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, d := setup(t, fake.Options{}, 0)
			header := []string{"X-Request-Id", "req-9"}
			if strings.HasSuffix(test.name, "Retry-After") {
				header = append(header, "Retry-After", "3600")
			}
			if strings.HasSuffix(test.name, "Reset") {
				header = append(header, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "832")
			}
			s.SetIntercept(respond("GET", test.status, test.contentType, test.body, header...))
			_, err := d.List(context.Background(), server)
			check(t, err, test.kind, test.says, test.advises)
			if strings.Count(err.Error(), "list the scopes") != 1 {
				t.Errorf("the operation is not said once in %q", err)
			}
		})
	}
}

func TestRightsAndLimit(t *testing.T) {
	s, d := setup(t, fake.Options{Rights: "Read All"}, 0)
	for _, flat := range []bool{false, true} {
		s.SetOptions(func(o *fake.Options) { o.FlatForbidden = flat })
		_, err := d.List(context.Background(), server)
		check(t, err, authz.Denied, "403 ForbiddenError: not allowed", "Manage All")
	}
	if tokenRequests(s) != 1 {
		t.Error("a missing privilege asked for another token")
	}
	s.SetOptions(func(o *fake.Options) { o.Rights = "Manage All" })
	s.SetLimited(true, 832)
	s.ResetRequests()
	d = driver(t, s.URL, 3)
	_, err := d.List(context.Background(), server)
	check(t, err, authz.Unavailable, "asked to wait 13m52s", "is reached")
	if n := len(s.Calls()); n != 1 {
		t.Errorf("%d calls: a wait of 832 s must be reported and not awaited", n)
	}
}

// After Retry-After the request is sent again, also a POST, because it was not done.
func TestRetryAfter(t *testing.T) {
	s, d := setup(t, fake.Options{}, 2)
	mustList(t, d)
	limited := 1
	s.SetIntercept(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method == "POST" && limited > 0 {
			limited--
			respond("POST", 429, "application/json", `{}`, "Retry-After", "0.01")(w, r, next)
			return
		}
		next.ServeHTTP(w, r)
	})
	mustCreate(t, d, "a")
	if got := strings.Join(s.Calls()[1:], ", "); got != "POST /api/2/api_authorizations/77/scopes, POST /api/2/api_authorizations/77/scopes" {
		t.Error(got)
	}
}
