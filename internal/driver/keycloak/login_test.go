package keycloak

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	server "github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

// keyPair is a private key in PEM form and a certificate of it in base64.
func keyPair(t *testing.T, elliptical bool) (key, certificate string) {
	t.Helper()
	var private any
	var public any
	if elliptical {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		private, public = k, &k.PublicKey
	} else {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		private, public = k, &k.PublicKey
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "terraform"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	bytes, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: bytes})), base64.StdEncoding.EncodeToString(der)
}

func TestLoginLive(t *testing.T) { //nolint:tparallel // the subtests of one realm take less time than a realm for each
	t.Parallel()
	l := newLab(t)
	secret := l.serviceAccount("tf", "view-clients", "view-realm")
	root := l.CreateUser(t, "root")
	l.manage(root, "view-clients", "view-realm")
	signed := func(alg string, elliptical bool) Config {
		key, certificate := keyPair(t, elliptical)
		name := "jwt-" + strings.ToLower(alg)
		cfg := l.serviceAccount(name, "view-clients", "view-realm")
		l.do("PUT", map[string]any{
			"clientId": name, "clientAuthenticatorType": "client-jwt", "serviceAccountsEnabled": true, // 24 treats an omitted value as false
			"attributes": map[string]string{"jwt.credential.certificate": certificate, "token.endpoint.auth.signing.alg": alg},
		}, nil, "clients", l.clients[name].ID)
		cfg.ClientSecret, cfg.JWTSigningKey, cfg.JWTSigningAlg = "", key, alg
		return cfg
	}
	token := l.ClientCredentials(t, server.Client{ClientID: "tf", Secret: secret.ClientSecret})
	with := func(change func(*Config)) Config {
		c := secret
		change(&c)
		return c
	}
	for name, cfg := range map[string]Config{
		"secret":       secret,
		"password":     {URL: l.Server.URL + "/", Realm: l.Name, Username: "root", Password: root.Password},
		"access token": {URL: l.Server.URL, Realm: l.Name, AccessToken: token.AccessToken},
		"RS256":        signed("RS256", false),
		"PS256":        signed("PS256", false),
		"ES256":        signed("ES256", true),
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := newDriver(t, cfg)
			list(t, d)
		})
	}
	for name, test := range map[string]struct {
		cfg   Config
		kind  authz.Kind
		texts []string
	}{
		"wrong secret": {with(func(c *Config) { c.ClientSecret = "canary-secret" }), authz.Denied, []string{"client_secret", `"tf"`}},
		"wrong client": {with(func(c *Config) { c.ClientID = "tx" }), authz.Denied, []string{"client_id", `"tx"`}},
		"wrong password": {
			Config{URL: l.Server.URL, Realm: l.Name, Username: "root", Password: "canary-password"},
			authz.Denied,
			[]string{"username and password"},
		},
		"no direct grant": {
			Config{URL: l.Server.URL, Realm: l.Name, Username: "root", Password: root.Password, ClientID: "tf", ClientSecret: secret.ClientSecret},
			authz.Denied,
			[]string{"Direct access grants"},
		},
		"wrong token":       {Config{URL: l.Server.URL, Realm: l.Name, AccessToken: "canary-token"}, authz.Denied, []string{"access_token"}},
		"wrong login realm": {with(func(c *Config) { c.LoginRealm = "nowhere" }), authz.ParentNotFound, []string{`"nowhere"`, "login_realm"}},
		"wrong base path":   {with(func(c *Config) { c.BasePath = "auth" }), authz.ParentNotFound, []string{"base_path"}},
		"wrong realm":       {with(func(c *Config) { c.LoginRealm, c.Realm = c.Realm, "nowhere" }), authz.ParentNotFound, []string{`"nowhere"`, "server_id"}},
	} {
		t.Run(name, func(t *testing.T) {
			d, _ := newDriver(t, test.cfg)
			_, err := readAll(context.Background(), d)
			wantKind(t, err, test.kind, test.texts...)
			if strings.Contains(err.Error()+drivertest.Advice(err), "canary") {
				t.Errorf("a secret in %v", err)
			}
		})
	}
	admin := l.admin()
	admin.Realm = "nowhere"
	d, _ := newDriver(t, admin)
	_, err := readAll(context.Background(), d)
	wantKind(t, err, authz.ParentNotFound, `"nowhere"`, "server_id")
}

func TestConfig(t *testing.T) {
	ok := Config{URL: "https://sso.example.com", Realm: "shop", ClientID: "tf", ClientSecret: "canary"}
	with := func(change func(*Config)) Config {
		c := ok
		change(&c)
		return c
	}
	for name, test := range map[string]struct {
		cfg   Config
		texts []string // none: it is right
	}{
		"right":            {ok, nil},
		"password alone":   {with(func(c *Config) { c.ClientID, c.ClientSecret, c.Username, c.Password = "", "", "u", "p" }), nil},
		"token alone":      {Config{URL: ok.URL, AccessToken: "canary"}, nil},
		"no url":           {with(func(c *Config) { c.URL = "" }), []string{"url"}},
		"odd url":          {with(func(c *Config) { c.URL = "https://u:canary@h" }), []string{"url"}},
		"assertion alone":  {Config{URL: ok.URL, Realm: "shop", JWTToken: "canary"}, nil},
		"file alone":       {Config{URL: ok.URL, Realm: "shop", JWTTokenFile: "token"}, nil},
		"CI alone":         {Config{URL: ok.URL, Realm: "shop", OIDC: &WorkloadIdentity{Token: "canary", RequestToken: "canary"}}, nil},
		"url of a realm":   {with(func(c *Config) { c.URL += "/realms/shop" }), []string{"url", `"/realms"`, "realm"}},
		"url of a console": {with(func(c *Config) { c.URL += "/auth/admin/master/console/" }), []string{"url", `"/auth/admin"`, "base_path"}},
		"odd admin url":    {with(func(c *Config) { c.AdminURL = "admin.example.com" }), []string{"admin_url", "http"}},
		"odd base path":    {with(func(c *Config) { c.BasePath = "/auth?x" }), []string{"base_path"}},
		"no realm":         {with(func(c *Config) { c.Realm = "" }), []string{"realm", "login_realm"}},
		"no credentials":   {with(func(c *Config) { c.ClientSecret = "" }), []string{"client_secret", "jwt_signing_key", "username", "access_token"}},
		"no password":      {with(func(c *Config) { c.Username = "u" }), []string{"password"}},
		"unreadable key":   {with(func(c *Config) { c.JWTSigningKey = "canary" }), []string{"jwt_signing_key", "RS256", "PEM"}},
		"unknown alg":      {with(func(c *Config) { c.JWTSigningKey, c.JWTSigningAlg = "canary", "none" }), []string{"jwt_signing_alg", `"none"`, "ES256"}},
		"secret for HS256": {with(func(c *Config) { c.JWTSigningKey, c.JWTSigningAlg = "canary", "HS256" }), nil},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := New(test.cfg, &http.Client{})
			if len(test.texts) > 0 {
				wantKind(t, err, authz.Invalid, test.texts...)
				if strings.Contains(err.Error()+drivertest.Advice(err), "canary") {
					t.Errorf("a secret in %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{fmt.Sprintf("%v %+v %#v %s", d, d, d, d), fmt.Sprintf("%v %+v %#v", test.cfg, test.cfg, test.cfg)} {
				if strings.Contains(text, "canary") {
					t.Errorf("a secret in %s", text)
				}
			}
		})
	}
}

func TestServerID(t *testing.T) {
	cfg := Config{URL: "https://sso.example.com", Realm: "shop", LoginRealm: "master", AccessToken: "t"}
	d, _ := newDriver(t, cfg)
	for configured, want := range map[string]string{"": "shop", "other": "other", "master": "", "..": "", ".": ""} {
		got, err := d.ServerID(configured)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", configured, got, err)
		}
	}
	_, err := d.ServerID("master")
	wantKind(t, err, authz.Invalid, "allow_master")
	cfg.AllowMaster, cfg.Realm = true, ""
	d, _ = newDriver(t, cfg)
	if got, err := d.ServerID("master"); got != "master" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	_, err = d.ServerID("")
	wantKind(t, err, authz.Invalid, "server_id")
}

// loginOnly responds to logins with a token and passes other requests to next.
func loginOnly(next func(*http.Request, string) (*http.Response, error)) func(*http.Request, string) (*http.Response, error) {
	return func(req *http.Request, body string) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/token") {
			return respondJSON(req, 200, `{"access_token":"at","expires_in":60}`), nil
		}
		return next(req, body)
	}
}

func fakeConfig() Config {
	return Config{URL: "http://sso.invalid/base", Realm: "my shop", ClientID: "tf", ClientSecret: "canary-secret"}
}

func TestLoginResponses(t *testing.T) {
	for name, test := range map[string]struct {
		status      int
		contentType string
		body        string
		kind        authz.Kind
		texts       []string
	}{
		"login page":    {200, "text/html", "<html>canary-secret", authz.Unavailable, []string{"text/html", "base_path", "proxy"}},
		"nothing":       {204, "", "", authz.Unavailable, []string{"204"}},
		"empty":         {200, "application/json", "", authz.Unavailable, []string{"0 bytes"}},
		"no token":      {200, "application/json", "{}", authz.Unavailable, []string{"access_token"}},
		"redirect":      {307, "", "", authz.Unavailable, []string{"not followed"}},
		"proxy's 404":   {404, "text/html", "<html>", authz.ParentNotFound, []string{"base_path"}},
		"down":          {503, "text/html", "<html>", authz.Unavailable, []string{"503"}},
		"echoed secret": {401, "application/json", `{"error":"invalid_client","error_description":"canary-secret is wrong"}`, authz.Denied, []string{"***"}},
		"list":          {200, "application/json", `[]`, authz.Unavailable, nil},
	} {
		t.Run(name, func(t *testing.T) {
			d, w := newDriver(t, fakeConfig())
			posts := 0
			w.hook(func(req *http.Request, _ string) (*http.Response, error) {
				posts++
				resp := respond(req, test.status, test.contentType, test.body)
				resp.Header.Set("Location", "https://elsewhere.example.com/")
				return resp, nil
			})
			err := deleteOne(d)
			wantKind(t, err, test.kind, append(test.texts, `delete scope "a": log in`)...)
			if strings.Contains(err.Error()+drivertest.Advice(err), "canary") {
				t.Errorf("a secret in %v", err)
			}
			if posts != 1 || authz.OutcomeUnknown(err) {
				t.Errorf("%d requests, outcome unknown %t", posts, authz.OutcomeUnknown(err))
			}
		})
	}
}

// deleteOne is a write of one request.
func deleteOne(d *Driver) error {
	return d.DeleteScope(context.Background(), "", authz.Scope{Name: "a", ID: "1"})
}

func TestLoginForm(t *testing.T) {
	d, w := newDriver(t, fakeConfig())
	logins := 0
	w.hook(func(req *http.Request, body string) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/token") {
			logins++
			if got := req.URL.EscapedPath(); got != "/base/realms/my%20shop/protocol/openid-connect/token" {
				t.Errorf("path %s", got)
			}
			form, _ := url.ParseQuery(body)
			if form.Get("client_secret") != "canary-secret" || form.Get("grant_type") != "client_credentials" || req.Header.Get("Authorization") != "" {
				t.Errorf("form %v, Authorization %q", form, req.Header.Get("Authorization"))
			}
			return respondJSON(req, 200, fmt.Sprintf(`{"access_token":"at%d","expires_in":60}`, logins)), nil
		}
		if logins == 1 {
			return respondJSON(req, 401, `{"error":"HTTP 401 Unauthorized"}`), nil
		}
		if req.Header.Get("Authorization") != "Bearer at2" {
			t.Errorf("Authorization %q", req.Header.Get("Authorization"))
		}
		return respond(req, 204, "", ""), nil
	})
	if logins != 0 {
		t.Error("a login before it was needed")
	}
	if err := deleteOne(d); err != nil {
		t.Error(err)
	}
	if err := deleteOne(d); err != nil || logins != 2 {
		t.Errorf("%d logins, %v", logins, err)
	}
}

// Headers of a response get into errors without secrets.
func TestEchoedSecretInHeaders(t *testing.T) {
	for status, name := range map[int]string{429: "Retry-After", 503: "Retry-After", 307: "Location"} {
		for _, login := range []bool{true, false} {
			d, w := newDriver(t, fakeConfig())
			w.hook(func(req *http.Request, _ string) (*http.Response, error) {
				if strings.HasSuffix(req.URL.Path, "/token") != login {
					return respondJSON(req, 200, `{"access_token":"at","expires_in":60}`), nil
				}
				resp := respond(req, status, "text/canary-secret", "")
				resp.Header.Set(name, "https://canary-secret.example/eyJcanary-secret.b.c")
				return resp, nil
			})
			err := deleteOne(d)
			wantKind(t, err, authz.Unavailable)
			if text := err.Error() + drivertest.Advice(err); strings.Contains(text, "canary") {
				t.Errorf("%d, login %t: %s", status, login, text)
			}
		}
	}
}
