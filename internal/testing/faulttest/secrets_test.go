package faulttest

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/ocariot"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/onelogin"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/pace"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/venafi"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
)

// awkward has characters that forms, URLs and JSON write in another way.
const awkward = canary + `/+= "\<&ü`

// identities are all ways to log in to all servers, each with one request.
func identities(t *testing.T) map[string]func(url string, c *http.Client) (any, func(context.Context) error, error) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	signing := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	type made = func(string, *http.Client) (any, func(context.Context) error, error)
	kc := func(from keycloak.Config) made {
		return func(url string, c *http.Client) (any, func(context.Context) error, error) {
			cfg := from // tests run at the same time
			cfg.URL, cfg.Realm = url, "shop"
			d, err := keycloak.New(cfg, c)
			return d, func(ctx context.Context) error { _, err := d.List(ctx, ""); return err }, err
		}
	}
	tpp := func(from venafi.Config) made {
		return func(url string, c *http.Client) (any, func(context.Context) error, error) {
			cfg := from // tests run at the same time
			cfg.URL = url
			d, err := venafi.New(cfg, c)
			return d, func(ctx context.Context) error { _, err := d.List(ctx, "app"); return err }, err
		}
	}
	maintenance := func(from pace.Config) made {
		return func(url string, c *http.Client) (any, func(context.Context) error, error) {
			cfg := from // tests run at the same time
			cfg.URL = url
			if cfg.ClientID != "" {
				cfg.TokenURL = url + "/token"
			}
			d, err := pace.New(cfg, c)
			return d, func(ctx context.Context) error { _, err := d.CheckDefinitions(ctx, []string{"a"}); return err }, err
		}
	}
	platform := func(from ocariot.Config) made {
		return func(url string, c *http.Client) (any, func(context.Context) error, error) {
			cfg := from // tests run at the same time
			cfg.URL = url
			d, err := ocariot.New(cfg, c)
			return d, func(ctx context.Context) error { _, err := d.UserTypeScopes(ctx, "", "child"); return err }, err
		}
	}
	return map[string]made{
		"keycloak secret":   kc(keycloak.Config{ClientID: "me", ClientSecret: awkward}),
		"keycloak password": kc(keycloak.Config{Username: "me", Password: awkward}),
		"keycloak token":    kc(keycloak.Config{AccessToken: canary + "-token"}),
		"keycloak key":      kc(keycloak.Config{ClientID: "me", JWTSigningKey: signing}),
		"keycloak HMAC":     kc(keycloak.Config{ClientID: "me", JWTSigningKey: awkward, JWTSigningAlg: "HS256"}),
		"venafi password":   tpp(venafi.Config{ClientID: "me", Username: "me", Password: awkward}),
		"venafi token":      tpp(venafi.Config{AccessToken: canary + "-token"}),
		"venafi JWT":        tpp(venafi.Config{ClientID: "me", JWTToken: awkward}),
		"venafi refresh":    tpp(venafi.Config{ClientID: "me", RefreshToken: awkward}),
		"pace secret":       maintenance(pace.Config{ClientID: "me", ClientSecret: awkward}),
		"pace token":        maintenance(pace.Config{AccessToken: canary + "-token"}),
		"ocariot filter":    platform(ocariot.Config{Readback: ocariot.ReadbackFilter, Login: ocariot.Login{Username: "root", Password: awkward}}),
		"ocariot login": platform(ocariot.Config{
			Readback: ocariot.ReadbackLogin, ProbeUsers: map[string]ocariot.Login{"child": {Username: "kid", Password: awkward}},
		}),
		"onelogin": func(url string, c *http.Client) (any, func(context.Context) error, error) {
			d, err := onelogin.New(onelogin.Config{URL: url, ClientID: "me", ClientSecret: awkward}, c)
			return d, func(ctx context.Context) error { _, err := d.List(ctx, "77"); return err }, err
		},
	}
}

// repeats responds with the whole request in every member that any of the servers has for its own
// text, or in the reason phrase. A login succeeds if logins is true.
func repeats(status int, logins, reason bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		contentType := "application/json"
		if strings.Contains(r.URL.Path, "check-scopes") {
			contentType = "application/vnd.api+json"
		}
		w.Header().Set("Content-Type", contentType)
		if logins && (strings.HasSuffix(r.URL.Path, "token") || strings.Contains(r.URL.Path, "/authorize/")) {
			_, _ = fmt.Fprintf(w, `{"access_token":%q,"refresh_token":%q,"expires_in":300,"expires":2000000000}`, canary+"-issued", canary+"-next")
			return
		}
		text := "said: " + string(body) + " " + r.URL.String()
		for name, values := range r.Header {
			text += fmt.Sprintf(" %s: %s", name, strings.Join(values, ","))
		}
		if reason {
			fake.Reason(w, status, text, "", "")
			return
		}
		answer, err := json.Marshal(map[string]any{
			"error": text, "error_description": text, "errorMessage": text, "message": text, "description": text,
			"name": text, "statusCode": status, "code": status, "errors": []map[string]string{{"title": text, "detail": text}},
			"Success": false, "Result": 6, "Error": text, // a refusal with status 200 (Venafi)
		})
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(status)
		_, _ = w.Write(answer)
	}
}

// However one logs in, and whatever a server repeats: no secret gets into an
// error, nor into a driver that is printed.
func TestRepeatedSecrets(t *testing.T) {
	t.Parallel()
	for name, identity := range identities(t) {
		for _, status := range []int{200, 400, 401, 403, 404, 422, 500} {
			for _, how := range []struct{ logins, reason bool }{{false, false}, {true, false}, {false, true}, {true, true}} {
				t.Run(fmt.Sprintf("%s/%d/%+v", name, status, how), func(t *testing.T) {
					t.Parallel()
					s := httptest.NewServer(repeats(status, how.logins, how.reason))
					t.Cleanup(s.Close)
					c, err := httpapi.New(httpapi.Config{MaxRetries: -1, Headers: map[string]string{"X-Gateway": canary + `"\`}})
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(c.CloseIdleConnections)
					d, run, err := identity(s.URL, c)
					if err != nil {
						t.Fatal(err)
					}
					err = run(t.Context())
					var e *authz.Error
					if err == nil && strings.HasPrefix(name, "pace") && status == 200 {
						return // an empty list is a valid result
					}
					if !errors.As(err, &e) {
						t.Fatalf("%v is no *authz.Error", err)
					}
					for _, text := range []string{err.Error(), drivertest.Advice(e), fmt.Sprintf("%v %+v %#v %s", d, d, d, d)} {
						if i := strings.Index(text, canary); i >= 0 {
							t.Errorf("a secret got out: %s", text[max(0, i-100):min(len(text), i+40)])
						}
					}
				})
			}
		}
	}
}
