package keycloak

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/issuer"
)

// trust adds an issuer to the realm as an identity provider for clients, and a client that
// its subject logs in as.
func trust(l *lab, s *issuer.Issuer, clientID string, reuse bool) {
	l.t.Helper()
	l.do("POST", map[string]any{
		"alias": "ci", "providerId": "oidc", "enabled": true, "config": map[string]string{
			"issuer": s.URL, "jwksUrl": s.KeySet(), "useJwksUrl": "true", "validateSignature": "true",
			"supportsClientAssertions": "true", "supportsClientAssertionReuse": fmt.Sprint(reuse),
			"clientId": "unused", "clientSecret": "unused", "authorizationUrl": s.URL + "/auth", "tokenUrl": s.URL + "/token",
		},
	}, nil, "identity-provider", "instances")
	l.serviceAccount(clientID, "view-clients", "view-realm")
	l.do("PUT", map[string]any{
		"clientId": clientID, "clientAuthenticatorType": "federated-jwt", "serviceAccountsEnabled": true,
		"attributes": map[string]string{"jwt.credential.issuer": "ci", "jwt.credential.sub": s.Subject()},
	}, nil, "clients", l.clients[clientID].ID)
}

// needFederated skips the test on a version without federated client authentication.
func needFederated(l *lab) {
	l.t.Helper()
	if !l.HasClientAuthenticator(l.t, "federated-jwt") {
		l.t.Skip("this Keycloak has no federated client authentication")
	}
}

// A client assertion that is made elsewhere logs in to a real Keycloak: by the federated client
// authentication of version 26.4 and later, and by a client that authenticates with a signed
// JWT. A refused one is explained by its claims, and never shown.
func TestAssertionLive(t *testing.T) { //nolint:tparallel // counts what all subtests requested
	t.Parallel()
	l := newLab(t)
	s := issuer.New(t)
	federated := l.HasClientAuthenticator(t, "federated-jwt")
	if federated {
		trust(l, s, "ci-apply", false)
	}
	audience := l.Server.URL + "/realms/" + l.Name
	of := func(changes jwt.MapClaims) Config {
		claims := jwt.MapClaims{"aud": audience}
		maps.Copy(claims, changes)
		return Config{URL: l.Server.URL, Realm: l.Name, ClientID: "not-sent", JWTToken: s.Token(claims)}
	}
	l.serviceAccount("signed", "view-clients", "view-realm")
	l.do("PUT", map[string]any{
		"clientId": "signed", "clientAuthenticatorType": "client-jwt", "serviceAccountsEnabled": true,
		"attributes": map[string]string{"jwt.credential.certificate": s.Certificate(), "token.endpoint.auth.signing.alg": "RS256"},
	}, nil, "clients", l.clients["signed"].ID)
	file := filepath.Join(t.TempDir(), "token")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(of(nil).JWTToken)
	s.KeyID = ""
	signed := of(jwt.MapClaims{"iss": "signed", "sub": "signed"})
	s.KeyID = "ci"
	github := Config{URL: l.Server.URL, Realm: l.Name, OIDC: &WorkloadIdentity{RequestURL: s.RequestURL(), RequestToken: issuer.RequestToken, Client: s.Client()}}
	for name, cfg := range map[string]Config{
		"federated":            of(nil),
		"file":                 {URL: l.Server.URL, Realm: l.Name, JWTTokenFile: file},
		"requested":            github,
		"variable of CI":       {URL: l.Server.URL, Realm: l.Name, OIDC: &WorkloadIdentity{Token: of(nil).JWTToken, Variable: "GITLAB_OIDC_TOKEN"}},
		"client of signed JWT": signed,
	} {
		t.Run(name, func(t *testing.T) {
			if !federated && name != "client of signed JWT" {
				t.Skip("no federated client authentication")
			}
			d, _ := newDriver(t, cfg)
			list(t, d)
		})
	}
	needFederated(l)
	if got := s.Audiences(); len(got) != 1 || got[0] != audience {
		t.Errorf("tokens for %q were requested", got)
	}
	used := of(nil)
	d, _ := newDriver(t, used)
	list(t, d)
	past := time.Now().Add(-time.Hour)
	for name, test := range map[string]struct {
		cfg   Config
		texts []string
	}{
		"expired": {
			of(jwt.MapClaims{"exp": past.Unix()}),
			[]string{"jwt_token", "expired at " + past.UTC().Format(time.RFC3339), "claim exp", `expected audience is "` + audience + `"`},
		},
		"other audience": {
			of(jwt.MapClaims{"aud": "https://other.example.com"}),
			[]string{`aud = "https://other.example.com"`, "expected audience", `"` + audience + `"`},
		},
		"two audiences": {of(jwt.MapClaims{"aud": []string{audience, "https://other.example.com"}}), []string{"2 audiences", `"` + audience + `"`}},
		"other subject": {
			of(jwt.MapClaims{"sub": "repo:example/other:pull_request"}),
			[]string{`sub = "repo:example/other:pull_request"`, "Federated subject", `"` + audience + `"`},
		},
		"other issuer":      {of(jwt.MapClaims{"iss": "https://other.example.com"}), []string{`iss = "https://other.example.com"`}},
		"no expiry":         {of(jwt.MapClaims{"exp": nil}), []string{"claim exp is missing"}},
		"not yet valid":     {of(jwt.MapClaims{"nbf": time.Now().Add(time.Hour).Unix()}), []string{"claim nbf"}},
		"used twice":        {used, []string{"exp = ", "accepts an assertion once", "supportsClientAssertionReuse", "fedClientAssertionMaxExp"}},
		"issued long ago":   {of(jwt.MapClaims{"iat": past.Unix()}), []string{"5 minutes after it was issued"}},
		"of a wrong client": {of(jwt.MapClaims{"iss": "stranger", "sub": "stranger"}), []string{`sub = "stranger"`}},
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := newDriver(t, test.cfg)
			_, err := readAll(context.Background(), d)
			wantKind(t, err, authz.Denied, append(test.texts, "log in to realm")...)
			if text := err.Error() + drivertest.Advice(err); strings.Contains(text, test.cfg.JWTToken) ||
				strings.Contains(text, strings.Split(test.cfg.JWTToken, ".")[1]) {
				t.Errorf("the token is in %s", text)
			}
		})
	}
}

// A requested token is requested again for each login, so that a long apply continues; a fixed
// one logs in again only if Keycloak allows its reuse.
func TestAssertionRenewalLive(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	needFederated(l)
	s := issuer.New(t)
	trust(l, s, "ci", true)
	fixed := s.Token(jwt.MapClaims{"aud": l.Server.URL + "/realms/" + l.Name})
	for name, cfg := range map[string]Config{
		"requested": {URL: l.Server.URL, Realm: l.Name, OIDC: &WorkloadIdentity{RequestURL: s.RequestURL(), RequestToken: issuer.RequestToken, Client: s.Client()}},
		"fixed":     {URL: l.Server.URL, Realm: l.Name, JWTToken: fixed},
	} {
		d, w := newDriver(t, cfg)
		list(t, d)
		refused := false
		w.hook(func(req *http.Request, _ string) (*http.Response, error) {
			if !refused && strings.Contains(req.URL.Path, "/admin/") { // the access token expired
				refused = true
				return respondJSON(req, 401, `{"error":"HTTP 401 Unauthorized"}`), nil
			}
			return nil, nil
		})
		list(t, d)
		if !refused {
			t.Errorf("%s: no request was refused", name)
		}
	}
	if len(s.Audiences()) != 2 {
		t.Errorf("%d tokens were requested, want one for each of 2 logins", len(s.Audiences()))
	}
}

// The form of the token request has the assertion and no client_id, which need not be the
// claim sub. A file is reads the file at each login.
func TestAssertionForm(t *testing.T) {
	s := issuer.New(t)
	file := filepath.Join(t.TempDir(), "token")
	write := func(claims jwt.MapClaims) string {
		text := s.Token(claims)
		if err := os.WriteFile(file, []byte("\n"+text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return text
	}
	first := write(jwt.MapClaims{"sub": "spiffe://example.com/ci"})
	d, w := newDriver(t, Config{URL: "http://sso.invalid/base", AdminURL: "http://admin.invalid", Realm: "shop", ClientID: "tf", JWTTokenFile: file})
	var forms []url.Values
	w.hook(func(req *http.Request, body string) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/token") {
			if req.URL.Host != "sso.invalid" {
				t.Errorf("a login at %s", req.URL.Host)
			}
			form, _ := url.ParseQuery(body)
			forms = append(forms, form)
			return respondJSON(req, 200, `{"access_token":"at","expires_in":60}`), nil
		}
		if req.URL.Host != "admin.invalid" || !strings.HasPrefix(req.URL.Path, "/admin/realms/shop/") {
			t.Errorf("an admin request to %s", req.URL)
		}
		if len(forms) == 1 {
			return respondJSON(req, 401, `{}`), nil
		}
		return respond(req, 204, "", ""), nil
	})
	if err := deleteOne(d); err != nil || len(forms) != 2 {
		t.Fatalf("%d logins, %v", len(forms), err)
	}
	second := write(nil)
	d, w2 := newDriver(t, Config{URL: "http://sso.invalid/base", AdminURL: "http://admin.invalid", Realm: "shop", JWTTokenFile: file})
	w2.hook(w.before)
	if err := deleteOne(d); err != nil {
		t.Fatal(err)
	}
	for i, want := range []url.Values{
		{"client_assertion": {first}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-spiffe"}, "grant_type": {"client_credentials"}},
		{"client_assertion": {first}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-spiffe"}, "grant_type": {"client_credentials"}},
		{"client_assertion": {second}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "grant_type": {"client_credentials"}},
	} {
		if fmt.Sprint(forms[i]) != fmt.Sprint(want) {
			t.Errorf("login %d: %v, want %v", i+1, forms[i], want)
		}
	}
}

// A source without a JWT is an error before anything is sent, and names no secret.
func TestAssertionSources(t *testing.T) {
	s := issuer.New(t)
	s.Refuse = 403
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("canary-secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		change func(*Config)
		kind   authz.Kind
		texts  []string
	}{
		"no JWT":           {func(c *Config) { c.JWTToken = "canary-secret" }, authz.Invalid, []string{"jwt_token is not a signed JWT"}},
		"no JWT in claims": {func(c *Config) { c.JWTToken = "canary.canary.canary" }, authz.Invalid, []string{"jwt_token is not a signed JWT"}},
		"no JWT in a file": {func(c *Config) { c.JWTTokenFile = secret }, authz.Invalid, []string{"jwt_token_file is not a signed JWT"}},
		"no file":          {func(c *Config) { c.JWTTokenFile = secret + ".missing" }, authz.Invalid, []string{"jwt_token_file cannot be read", "secret.missing"}},
		"no JWT of CI": {
			func(c *Config) { c.OIDC = &WorkloadIdentity{Token: "canary-secret", Variable: "ID_TOKEN"} },
			authz.Invalid,
			[]string{"use_oidc (ID_TOKEN) is not a signed JWT"},
		},
		"request refused": {func(c *Config) {
			c.OIDC = &WorkloadIdentity{RequestURL: s.RequestURL(), RequestToken: issuer.RequestToken, Client: s.Client()}
		}, authz.Denied, []string{"403", "id-token: write"}},
		"no URL to request": {func(c *Config) {
			c.OIDC = &WorkloadIdentity{RequestURL: "canary", RequestToken: issuer.RequestToken, Client: s.Client()}
		}, authz.Denied, []string{"ACTIONS_ID_TOKEN_REQUEST_URL is not a URL"}},
		"no response": {func(c *Config) {
			c.OIDC = &WorkloadIdentity{RequestURL: "http://127.0.0.1:1/canary", RequestToken: issuer.RequestToken, Client: s.Client()}
		}, authz.Unavailable, []string{"request an OpenID Connect token"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := Config{URL: "http://sso.invalid", Realm: "shop"}
			test.change(&cfg)
			d, w := newDriver(t, cfg)
			w.hook(func(req *http.Request, _ string) (*http.Response, error) {
				t.Errorf("a request to %s", req.URL)
				return respond(req, 500, "", ""), nil
			})
			err := deleteOne(d)
			wantKind(t, err, test.kind, test.texts...)
			if text := err.Error() + drivertest.Advice(err); strings.Contains(text, "canary") {
				t.Errorf("a secret in %s", text)
			}
		})
	}
}
