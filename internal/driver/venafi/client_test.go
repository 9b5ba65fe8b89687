package venafi

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
	fake "github.com/authscopes/terraform-provider-authscopes/internal/testing/venafi"
)

func logins(s *fake.Server) []fake.Request {
	var found []fake.Request
	for _, r := range s.Requests() {
		if strings.HasPrefix(r.Path, "/vedauth/") {
			found = append(found, r)
		}
	}
	return found
}

func TestLogins(t *testing.T) {
	t.Run("password", func(t *testing.T) {
		s, d := setup(t, fake.Options{})
		if err := list(d); err != nil {
			t.Fatal(err)
		}
		r := logins(s)[0]
		if r.Method+r.Path != "POST/vedauth/authorize/oauth" || r.Header.Get("Authorization") != "" ||
			r.Body != `{"client_id":"terraform","password":"canary-password","scope":"admin","username":"user"}` {
			t.Errorf("%+v", r)
		}
		if got := s.Requests()[1].Header.Get("Authorization"); got != "Bearer canary-access-1==" {
			t.Error(got)
		}
	})
	t.Run("access token", func(t *testing.T) {
		s := fake.New(t, fake.Options{})
		access, _ := s.Issue("admin;ssh")
		if err := list(driver(t, Config{URL: s.URL, AccessToken: access}, 0)); err != nil || len(logins(s)) != 0 {
			t.Error(err, logins(s))
		}
	})
	t.Run("refresh token", func(t *testing.T) {
		s := fake.New(t, fake.Options{})
		_, refresh := s.Issue("admin")
		if err := list(driver(t, Config{URL: s.URL, ClientID: "terraform", RefreshToken: refresh}, 0)); err != nil {
			t.Fatal(err)
		}
		if r := logins(s)[0]; r.Path != "/vedauth/authorize/token" || r.Body != `{"client_id":"terraform","refresh_token":"canary-refresh-1=="}` {
			t.Errorf("%+v", r)
		}
	})
	t.Run("certificate", testCertificateLogin)
}

func testCertificateLogin(t *testing.T) {
	s := fake.NewUnstarted(fake.Options{})
	hs := httptest.NewUnstartedServer(s.Handler())
	hs.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	hs.StartTLS()
	t.Cleanup(hs.Close)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	cfg := httpapi.Config{MaxRetries: -1, CACertificate: text("CERTIFICATE", hs.Certificate().Raw)}
	try := func() error {
		c, err := httpapi.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.CloseIdleConnections)
		return list(newTestDriver(t, Config{URL: hs.URL, ClientID: "terraform", Certificate: true}, c))
	}
	check(t, try(), authz.Denied, "Client certificate is missing", "client certificate")
	cfg.ClientCertificate, cfg.ClientKey = text("CERTIFICATE", der), text("PRIVATE KEY", keyDER)
	s.ResetRequests()
	if err := try(); err != nil {
		t.Error(err)
	}
	if r := logins(s)[0]; r.Path != "/vedauth/authorize/certificate" || r.Body != `{"client_id":"terraform","scope":"admin"}` {
		t.Errorf("%+v", r)
	}
}

func TestTokenIsSharedAndRenewed(t *testing.T) {
	s, d := setup(t, fake.Options{})
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if err := list(d); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if n := len(logins(s)); n != 1 {
		t.Errorf("%d logins for 8 calls at once", n)
	}
	s.RevokeTokens()
	if _, err := d.ChangeUserType(context.Background(), app, change(group, []string{"ssh"}, nil, nil)); err != nil || len(logins(s)) != 2 {
		t.Errorf("%v after %d logins", err, len(logins(s)))
	}
	if s.Rule(app, group)["MaximumScope"] != "ssh" {
		t.Error(s.Rule(app, group))
	}
	s.SetOptions(func(o *fake.Options) { o.NoErrorBody = true })
	s.RevokeTokens()
	if err := list(d); err != nil || len(logins(s)) != 3 {
		t.Errorf("a 401 without a body: %v after %d logins", err, len(logins(s)))
	}
}

func TestExpiry(t *testing.T) {
	for _, test := range []struct {
		name   string
		opts   fake.Options
		logins int // for two calls
	}{
		{"expires_in", fake.Options{}, 1},
		{"expires of an old server", fake.Options{ExpiresOnly: true}, 1},
		{"expired already", fake.Options{ExpiresOnly: true, TokenLife: -time.Hour}, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, d := setup(t, test.opts)
			for range 2 {
				_ = list(d) // refused where it expired
			}
			if n := len(logins(s)); n < test.logins || test.logins == 1 && n > 1 {
				t.Errorf("%d logins, want %d", n, test.logins)
			}
		})
	}
}

// Another login cannot help where a right or the scope is missing.
func TestMissingRightsNeverLogInAgain(t *testing.T) {
	for _, test := range []struct {
		name          string
		opts          fake.Options
		says, advises string
	}{
		{"role, 401", fake.Options{Role: -1}, "401 insufficient_rights", "OAuth role"},
		{"role, 401, as printed", fake.Options{Role: -1, UpperErrors: true}, "401 insufficient_rights", "OAuth role"},
		{"role, result 9", fake.Options{Role: -1, RoleAsResult: true}, "Result 9 (InsufficientPrivileges): Insufficient privileges", "Auditor"},
		{"scope, 403", fake.Options{GrantedScope: "ssh"}, "403 insufficient_scope: Grant rejected scope admin", "scope admin"},
		{"scope, 401", fake.Options{GrantedScope: "ssh", ScopeAs401: true}, "401 insufficient_scope", "scope admin"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, d := setup(t, test.opts)
			_, err := d.UserTypeScopes(context.Background(), app, group)
			check(t, err, authz.Denied, test.says, test.advises)
			if n := len(logins(s)); n != 1 || len(s.Calls()) != 1 {
				t.Errorf("%d logins, calls %v", n, s.Calls())
			}
		})
	}
}

func TestAccessTokenIsNotSentTwice(t *testing.T) {
	s := fake.New(t, fake.Options{})
	d := driver(t, Config{URL: s.URL, AccessToken: "canary-dead"}, 0)
	check(t, list(d), authz.Denied, "401 invalid_token", "venafi.access_token")
	if n := len(s.Requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func refreshing(t *testing.T, opts fake.Options, retries int) (*fake.Server, *Driver) {
	t.Helper()
	s := fake.New(t, opts)
	_, refresh := s.Issue("admin")
	return s, driver(t, Config{URL: s.URL, ClientID: "terraform", RefreshToken: refresh}, retries)
}

func TestRefreshTokensRotate(t *testing.T) {
	s, d := refreshing(t, fake.Options{}, 0)
	for range 3 {
		if err := list(d); err != nil {
			t.Fatal(err)
		}
		s.RevokeTokens()
	}
	bodies := map[string]bool{}
	for _, r := range logins(s) {
		if bodies[r.Body] {
			t.Errorf("sent twice: %s", r.Body)
		}
		bodies[r.Body] = true
	}
	if len(bodies) != 3 || s.GoodRefreshTokens() != 1 {
		t.Errorf("%d logins, %d good refresh tokens", len(bodies), s.GoodRefreshTokens())
	}
}

func TestRefreshTokenIsNeverSpentTwice(t *testing.T) {
	for _, test := range []struct {
		name      string
		intercept fake.Intercept
	}{
		{"cut before", cut("token", 1, false)},
		{"cut after", cut("token", 1, true)},
		{"500", respond("token", 500, "text/plain", "canary")},
		{"503", respond("token", 503, "text/plain", "canary")},
		{"login page", respond("token", 200, "text/html", "<html>")},
		{"truncated", respond("token", 200, "application/json", `{"access_token":"can`)},
		{"no token", respond("token", 200, "application/json", `{}`)},
		{
			"refused",
			respond("token", 400, "application/json", `{"error":"invalid_grant","error_description":"Grant has been revoked, has expired, or the refresh token is invalid"}`),
		},
		{"refused without a body", respond("token", 400, "", "")},
		{"refused by a page", respond("token", 400, "text/html", "<html>canary")},
		{"405", respond("token", 405, "text/html", "<html>canary")},
		{"409 without words", respond("token", 409, "", "")},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, d := refreshing(t, fake.Options{}, 3)
			s.SetIntercept(test.intercept)
			if err := list(d); err == nil {
				t.Fatal("no error")
			} else if strings.Contains(err.Error(), "canary") {
				t.Error(err)
			}
			s.SetIntercept(nil)
			check(t, list(d), authz.Denied, "was used already", "one apply of a saved plan")
			if n := len(logins(s)); n != 1 {
				t.Errorf("%d logins", n)
			}
		})
	}
}

// A server that repeats the tokens it was sent does not get them into an error.
func TestRotatedTokensAreMasked(t *testing.T) {
	s, d := refreshing(t, fake.Options{}, 0)
	if err := list(d); err != nil {
		t.Fatal(err)
	}
	s.RevokeTokens()
	s.SetIntercept(respond("token", 400, "application/json",
		`{"error":"invalid_grant","error_description":"canary-refresh-2== of canary-refresh-1== for canary-access-2=="}`))
	check(t, list(d), authz.Denied, "*** of *** for ***", "")
}

// A refresh token that was surely not used is kept.
func TestRefreshTokenNotUsed(t *testing.T) {
	for name, intercept := range map[string]fake.Intercept{
		"429":      respond("token", 429, "text/plain", ""),
		"redirect": respond("token", 307, "", ""),
	} {
		t.Run(name, func(t *testing.T) {
			s, d := refreshing(t, fake.Options{}, 0)
			s.SetIntercept(intercept)
			check(t, list(d), authz.Unavailable, "", "")
			s.SetIntercept(nil)
			if err := list(d); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("unreachable", func(t *testing.T) {
		hs := httptest.NewServer(http.NotFoundHandler())
		hs.Close()
		d := driver(t, Config{URL: hs.URL, ClientID: "a", RefreshToken: "canary-refresh"}, 0)
		for range 2 {
			check(t, list(d), authz.Unavailable, "", "")
		}
	})
}

func TestRefreshTokenWithoutSuccessor(t *testing.T) {
	s, d := refreshing(t, fake.Options{NoRefreshToken: true}, 0)
	if err := list(d); err != nil {
		t.Fatal(err)
	}
	s.RevokeTokens()
	check(t, list(d), authz.Denied, "was used already", "valid for one login")
}

func TestLoginErrors(t *testing.T) {
	const js = "application/json"
	for _, test := range []struct {
		name              string
		status            int
		contentType, body string
		kind              authz.Kind
		says, advises     string
	}{
		{
			"client", 400, js, `{"error":"invalid_client","error_description":"not ` + canaryPassword + `"}`, authz.Denied, "400 invalid_client: not ***",
			"venafi.client_id",
		},
		{"grant", 400, js, `{"error":"invalid_grant"}`, authz.Denied, "400 invalid_grant", "password"},
		{"scope", 400, js, `{"error":"invalid_scope"}`, authz.Denied, "invalid_scope", "scope admin"},
		{"400 without a body", 400, "", "", authz.Denied, "400 with no content type", "venafi.client_id"},
		{"400 with a page", 400, "text/html", "<html>canary", authz.Denied, "400 with text/html", "venafi.client_id"},
		{"400 with other JSON", 400, js, `{"Message":"canary"}`, authz.Denied, "400 with application/json", "venafi.client_id"},
		{"401", 401, "", "", authz.Denied, "401 with no content type", "proxy"},
		{"404", 404, "text/html", "<html>canary", authz.ParentNotFound, "404 with text/html", "venafi.url"},
		{"500", 500, "text/html", "<html>canary", authz.Unavailable, "500", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, d := setup(t, fake.Options{})
			s.SetIntercept(respond("oauth", test.status, test.contentType, test.body))
			e := drivertest.CheckError(t, list(d), test.kind, test.says, test.advises)
			if e.Op != "log in to Venafi" {
				t.Errorf("the operation is %q", e.Op)
			}
		})
	}
}

func TestErrorKinds(t *testing.T) {
	const js = "application/json"
	result := func(r string) string { return `{"Success":false,"Result":` + r + `,"Error":"why"}` }
	for _, test := range []struct {
		name              string
		status            int
		contentType, body string
		kind              authz.Kind
		says, advises     string
	}{
		{
			"400", 400, js, `{"error":"invalid_request","error_description":"malformed"}`, authz.Invalid, "400 invalid_request: malformed",
			"scope admin: the application of",
		},
		{
			"400 as printed", 400, js, `{"Error":"invalid_request","Error_description":"malformed"}`, authz.Invalid, "400 invalid_request: malformed",
			"scope admin: the application of",
		},
		{"400 of something else", 400, "text/html", "<h1>canary", authz.Unavailable, "400 with text/html", "venafi.url"},
		{"403 without a body", 403, "", "", authz.Denied, "403", "scope admin"},
		{"404", 404, "text/html", "<h1>canary", authz.ParentNotFound, "404", "22.3 or later"},
		{"404 with JSON", 404, js, `{"Message":"No HTTP resource was found"}`, authz.ParentNotFound, "404", "22.3 or later"},
		{"405", 405, "", "", authz.ParentNotFound, "405", "22.3 or later"},
		{"429", 429, "", "", authz.Unavailable, "429", "limits the rate of requests"},
		{"500", 500, "text/html", "<h1>canary", authz.Unavailable, "500 with text/html, 10 bytes", ""},
		{"secrets", 400, js, `{"error":"invalid_request","error_description":"canary-access-1== ` + canaryPassword + `"}`, authz.Invalid, "*** ***", ""},
		{"result 1", 200, js, result("1"), authz.Unavailable, "Success false, Result 1 (a failure): why", "scope admin: the application of"},
		{"result 2", 200, js, result("2"), authz.ParentNotFound, "ApplicationNotFound", "server_id"},
		{"result 9", 200, js, result("9"), authz.Denied, "InsufficientPrivileges", "OAuth role"},
		{"result 11", 200, js, result("11"), authz.Denied, "AccessTokenExpired", "the login succeeded"},
		{"result 17", 200, js, result("17"), authz.Invalid, "InvalidScope", "authscopes_server_scopes"},
		{"result 23", 200, js, result("23"), authz.Invalid, "ScopeMismatch", "maximum scope"},
		{"unknown result", 200, js, result("99"), authz.Unavailable, "Result 99", "scope admin: the application of"},
		{"success with a result", 200, js, `{"Success":true,"Result":6}`, authz.Invalid, "Success true, Result 6", "scope admin: the application of"},
		{"no success, no result", 200, js, `{"Success":false,"Result":0}`, authz.Unavailable, "Success false, Result 0", "scope admin: the application of"},
		{"empty object", 200, js, `{}`, authz.Unavailable, "no Success or no Result", "venafi.url"},
		{"no scopes", 200, js, `{"Success":true,"Result":0}`, authz.Unavailable, "no Scopes", "venafi.url"},
		{"null scopes", 200, js, `{"Success":true,"Result":0,"Scopes":null}`, authz.Unavailable, "no Scopes", ""},
		{"null", 200, js, `null`, authz.Unavailable, "no Success or no Result", ""},
		{"HTML", 200, "text/html", `<html>canary`, authz.Unavailable, "text/html", ""},
		{"empty", 200, js, ``, authz.Unavailable, "no body", ""},
		{"truncated", 200, js, `{"Success":true,"Res`, authz.Unavailable, "truncated", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, d := setup(t, fake.Options{})
			s.SetIntercept(respond("getscopes", test.status, test.contentType, test.body))
			check(t, list(d), test.kind, test.says, test.advises)
			if n := len(s.Calls()); n != 1 {
				t.Errorf("%d calls", n)
			}
		})
	}
}

func TestOldServer(t *testing.T) {
	_, d := setup(t, fake.Options{BeforeOAuth: true})
	check(t, list(d), authz.ParentNotFound, "404", "22.3 or later")
	_, err := d.UserTypeScopes(context.Background(), app, group)
	check(t, err, authz.ParentNotFound, "404", "22.3 or later")
}

func TestReadsAreRepeated(t *testing.T) {
	s, _ := setup(t, fake.Options{})
	d := driver(t, passwordConfig(s.URL), 1)
	s.SetIntercept(cut("getscopes", 1, false))
	if err := list(d); err != nil || len(s.Calls()) != 2 {
		t.Error(err, s.Calls())
	}
}

// A call that the database aborted was not done. It is sent again, even a create.
func TestDeadlock(t *testing.T) {
	s, d := setup(t, fake.Options{})
	if err := list(d); err != nil {
		t.Fatal(err)
	}
	s.SetDeadlocks(2)
	if err := list(d); err != nil {
		t.Error(err)
	}
	s.ResetRequests()
	s.SetIntercept(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.HasSuffix(r.URL.Path, "/createrule") {
			s.SetIntercept(nil)
			s.SetDeadlocks(1)
		}
		next.ServeHTTP(w, r)
	})
	if _, err := d.ChangeUserType(context.Background(), app, change(group, []string{"ssh"}, nil, nil)); err != nil {
		t.Error(err)
	}
	if got := strings.Join(s.Calls(), " "); got != "getrules getapplication createrule createrule getrules" {
		t.Error(got)
	}
	s.SetDeadlocks(3)
	check(t, list(d), authz.Unavailable, "500", "")
}
