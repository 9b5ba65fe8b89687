package keycloak

import (
	"context"
	"maps"
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

// workload is an identity provider for clients that are workloads, and the token of one.
type workload struct {
	provider string            // kind of identity provider
	config   map[string]string // of the identity provider
	subject  string
	claims   jwt.MapClaims // changes of the usual claims
	age      time.Duration // up to which Keycloak accepts a token
}

// federate adds the identity provider and a client with the subject, which may plan.
func (w workload) federate(l *lab) {
	l.t.Helper()
	if !l.Server.HasIdentityProvider(l.t, w.provider) {
		l.t.Skipf("this Keycloak has no identity provider %q", w.provider)
	}
	l.do("POST", map[string]any{"alias": "workloads", "providerId": w.provider, "enabled": true, "config": w.config}, nil, "identity-provider", "instances")
	l.serviceAccount("plans", "view-clients", "view-realm")
	l.do("PUT", map[string]any{
		"clientId": "plans", "clientAuthenticatorType": "federated-jwt", "serviceAccountsEnabled": true,
		"attributes": map[string]string{"jwt.credential.issuer": "workloads", "jwt.credential.sub": w.subject},
	}, nil, "clients", l.clients["plans"].ID)
}

// kubernetesToken has the claims of a projected service account token.
// https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens
func kubernetesToken(s *issuer.Issuer) workload {
	now := time.Now()
	return workload{
		provider: "kubernetes", config: map[string]string{"issuer": s.URL}, subject: "system:serviceaccount:ci:terraform",
		age: time.Hour,
		claims: jwt.MapClaims{
			"exp": now.Add(time.Hour - time.Minute).Unix(), "nbf": now.Unix(), "iat": now.Unix(),
			"kubernetes.io": map[string]any{"namespace": "ci", "serviceaccount": map[string]string{"name": "terraform", "uid": "a8f1"}},
		},
	}
}

// jwtSVID has the three claims that a JWT-SVID must have.
// https://github.com/spiffe/spiffe/blob/main/standards/JWT-SVID.md
func jwtSVID(s *issuer.Issuer) workload {
	return workload{
		provider: "spiffe", config: map[string]string{
			"bundleEndpoint": s.BundleEndpoint(),
			"trustDomain":    "spiffe://example.com", "issuer": "spiffe://example.com", // the name differs between versions
		},
		age: 5 * time.Minute, subject: "spiffe://example.com/ci/terraform", claims: jwt.MapClaims{"iss": nil, "jti": nil, "iat": nil},
	}
}

// The token of a workload in a file logs in to a real Keycloak that trusts its issuer, again
// and again, and a refused one is explained and never shown.
func TestWorkloadTokensLive(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]func(*issuer.Issuer) workload{"Kubernetes": kubernetesToken, "SPIFFE": jwtSVID} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			needFederated(l)
			s := issuer.New(t)
			w := kind(s)
			w.federate(l)
			audience := l.Server.URL + "/realms/" + l.Name
			file := filepath.Join(t.TempDir(), "token")
			write := func(changes jwt.MapClaims) string {
				claims := jwt.MapClaims{"sub": w.subject, "aud": []string{audience}}
				maps.Copy(claims, w.claims)
				maps.Copy(claims, changes)
				text := s.Token(claims)
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				return text
			}
			cfg := Config{URL: l.Server.URL, Realm: l.Name, JWTTokenFile: file}
			write(nil)
			for range 2 { // a plan and an apply, with one token
				d, _ := newDriver(t, cfg)
				list(t, d)
			}
			for _, age := range []time.Duration{w.age - time.Minute, w.age + time.Minute} {
				write(jwt.MapClaims{"iat": time.Now().Add(-age).Unix(), "nbf": nil, "exp": time.Now().Add(10 * time.Hour).Unix()})
				d, _ := newDriver(t, cfg)
				_, err := readAll(context.Background(), d)
				if age < w.age && err != nil {
					t.Errorf("issued %s ago: %v", age, err)
				}
				if age > w.age {
					wantKind(t, err, authz.Denied, "issued too far in the past", name+" for ", "claim iat")
				}
			}
			past := time.Now().Add(-time.Hour)
			for name, test := range map[string]struct {
				change jwt.MapClaims
				texts  []string
			}{
				"expired":        {jwt.MapClaims{"exp": past.Unix()}, []string{"expired at " + past.UTC().Format(time.RFC3339)}},
				"other audience": {jwt.MapClaims{"aud": "https://kubernetes.default.svc"}, []string{"expected audience", `"` + audience + `"`}},
				"other subject":  {jwt.MapClaims{"sub": w.subject + "-other"}, []string{`sub = "` + w.subject + `-other"`, "Federated subject"}},
			} {
				t.Run(name, func(t *testing.T) {
					text := write(test.change)
					d, _ := newDriver(t, cfg)
					_, err := readAll(context.Background(), d)
					wantKind(t, err, authz.Denied, append(test.texts, "jwt_token_file", "log in to realm")...)
					shown := err.Error() + drivertest.Advice(err)
					if strings.Contains(shown, strings.Split(text, ".")[1]) || strings.Contains(shown, "supportsClientAssertionReuse") {
						t.Errorf("the token, or a setting that these identity providers lack, is in %s", shown)
					}
				})
			}
		})
	}
}
