// Package issuer is the identity provider of a CI system for tests: it signs tokens, publishes
// its key, and issues tokens to requests as GitHub Actions does.
package issuer

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// RequestToken is the bearer token that a request for a token needs.
const RequestToken = "canary-request-token" // not a secret

// Issuer is one identity provider. Set the fields before it is used.
type Issuer struct {
	*httptest.Server
	KeyID  string // in the header of the tokens; "": none
	Refuse int    // status of requests for a token; 0: they succeed

	t   testing.TB
	key *rsa.PrivateKey

	mu        sync.Mutex
	audiences []string
	subject   string // of the tokens
}

// Subject returns the subject of the tokens.
func (s *Issuer) Subject() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.subject
}

// SetSubject sets the subject of the tokens.
func (s *Issuer) SetSubject(subject string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subject = subject
}

// New starts an issuer on a loopback port, until the test ends.
func New(t testing.TB) *Issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	s := &Issuer{t: t, key: key, KeyID: "ci", subject: "repo:example/shop:ref:refs/heads/main"}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /jwks", s.serveKeys)
	mux.HandleFunc("GET /token", s.serveToken)
	mux.HandleFunc("GET /.well-known/openid-configuration", s.serveDiscovery)
	mux.HandleFunc("GET /bundle", s.serveBundle)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// KeySet is the address of the public key.
func (s *Issuer) KeySet() string { return s.URL + "/jwks" }

// RequestURL is the address that issues tokens, as GitHub Actions has it.
func (s *Issuer) RequestURL() string { return s.URL + "/token?api-version=2.0" }

// Audiences returns the audiences of the tokens that were requested.
func (s *Issuer) Audiences() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.audiences...)
}

// BundleEndpoint is the address of the public key as a SPIFFE trust bundle.
func (s *Issuer) BundleEndpoint() string { return s.URL + "/bundle" }

// publicKey returns the public key as a JSON Web Key.
func (s *Issuer) publicKey(use string) map[string]string {
	encode := base64.RawURLEncoding.EncodeToString
	return map[string]string{
		"kty": "RSA", "use": use, "kid": "ci", "n": encode(s.key.N.Bytes()), "e": encode(big.NewInt(int64(s.key.E)).Bytes()),
	}
}

func (s *Issuer) serveKeys(w http.ResponseWriter, _ *http.Request) {
	key := s.publicKey("sig")
	key["alg"] = "RS256"
	s.respond(w, http.StatusOK, map[string]any{"keys": []any{key}})
}

// serveDiscovery is what the API server of Kubernetes serves, too.
// https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#service-account-issuer-discovery
func (s *Issuer) serveDiscovery(w http.ResponseWriter, _ *http.Request) {
	s.respond(w, http.StatusOK, map[string]any{
		"issuer": s.URL, "jwks_uri": s.KeySet(), "response_types_supported": []string{"id_token"},
		"subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"RS256"},
	})
}

// serveBundle serves a trust bundle. Its keys have no alg.
// https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Trust_Domain_and_Bundle.md
func (s *Issuer) serveBundle(w http.ResponseWriter, _ *http.Request) {
	s.respond(w, http.StatusOK, map[string]any{"keys": []any{s.publicKey("jwt-svid")}, "spiffe_sequence": 1, "spiffe_refresh_hint": 300})
}

func (s *Issuer) serveToken(w http.ResponseWriter, r *http.Request) {
	audience, bearer := r.URL.Query().Get("audience"), r.Header.Get("Authorization")
	s.mu.Lock()
	s.audiences = append(s.audiences, audience)
	s.mu.Unlock()
	switch {
	case s.Refuse != 0:
		s.respond(w, s.Refuse, map[string]string{"message": "refused " + bearer})
	case bearer != "Bearer "+RequestToken:
		s.respond(w, http.StatusUnauthorized, map[string]string{"message": "unknown bearer token"})
	default:
		s.respond(w, http.StatusOK, map[string]string{"value": s.Token(map[string]any{"aud": audience})})
	}
}

func (s *Issuer) respond(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		s.t.Error(err)
	}
}

// Token signs the usual claims with some changed. A nil value removes a claim.
func (s *Issuer) Token(changes map[string]any) string {
	now := time.Now()
	claims := jwt.MapClaims{"iss": s.URL, "sub": s.Subject(), "jti": rand.Text(), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix()}
	maps.Copy(claims, changes)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	if s.KeyID != "" {
		token.Header["kid"] = s.KeyID
	}
	text, err := token.SignedString(s.key)
	if err != nil {
		s.t.Error(fmt.Errorf("sign a token: %w", err))
	}
	return text
}

// Certificate returns the key as a certificate in base64, for a client that trusts it directly.
func (s *Issuer) Certificate() string {
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &s.key.PublicKey, s.key)
	if err != nil {
		s.t.Error(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}
