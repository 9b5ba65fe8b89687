// Package pace is a stateful stand-in for the one maintenance operation of the
// PACE User API (developer.pace.cloud/doc/user). The real service was never
// called: bodies, media types and the three listed statuses are as published,
// refusals of a malformed request are those of the kit that PACE services are
// built with (github.com/pace/bricks), the rest is assumed.
package pace

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
)

// MediaType is the only media type that the service accepts and sends, without parameters.
const MediaType = "application/vnd.api+json"

// Reading is a meaning of the list in the response, which is not published.
type Reading string

// The meanings that the published example allows.
const (
	Missing    Reading = "missing"    // requested scopes that the server does not have
	Known      Reading = "known"      // requested scopes that the server has
	Difference Reading = "difference" // scopes that only one side has
	Echo       Reading = "echo"       // requested scopes
)

// Options choose the deployment. The zero value returns the missing scopes, to every caller, as
// version 2024-3.
type Options struct {
	Version string
	Reading Reading
	// Token, if set, is required in each request, unless client credentials were used to get
	// another one.
	Token string
	// PlainText is true for refusals of a token in plain text, as the kit has them.
	// Otherwise they are JSON:API, as the published page has them.
	PlainText bool
	// ClientID and ClientSecret, when set, open the token endpoint (assumed:
	// no such grant is published) and make a token necessary.
	ClientID, ClientSecret string
}

// Request is the request type of every fake.
type Request = fake.Request

// Server is one PACE deployment. All methods are safe for concurrent use.
type Server struct {
	fake.Front
	URL string

	opts Options

	mu     sync.Mutex
	known  []string
	tokens map[string]bool
	issued int
}

// New starts a server that ends with the test.
func New(t testing.TB, opts Options) *Server {
	t.Helper()
	s := NewServer(opts)
	s.URL = fake.Serve(t, s.Handler())
	return s
}

// NewServer returns a server without a listener, for Handler.
func NewServer(opts Options) *Server {
	opts.Version = cmp.Or(opts.Version, "2024-3")
	opts.Reading = cmp.Or(opts.Reading, Missing)
	s := &Server{opts: opts, tokens: map[string]bool{}}
	if opts.Token != "" {
		s.tokens[opts.Token] = true
	}
	return s
}

// TokenURL is the token endpoint for client credentials: the path of PACE's own Keycloak realm.
func (s *Server) TokenURL() string { return s.URL + tokenPath }

const tokenPath = "/auth/realms/pace/protocol/openid-connect/token"

// SetKnown sets the scopes that the service's Keycloak has.
func (s *Server) SetKnown(names ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known = slices.Clone(names)
}

// RevokeTokens makes every issued token invalid.
func (s *Server) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

// Handler serves the deployment, in a test or on any listener.
func (s *Server) Handler() http.Handler { return s.Front.Handler(http.HandlerFunc(s.route)) }

func (s *Server) route(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.Method == http.MethodPost && r.URL.Path == "/user/"+s.opts.Version+"/maintenance/check-scopes":
		s.checkScopes(w, r)
	case r.Method == http.MethodPost && r.URL.Path == tokenPath && s.opts.ClientID != "":
		s.token(w, r)
	default:
		http.NotFound(w, r) // assumed
	}
}

func (s *Server) checkScopes(w http.ResponseWriter, r *http.Request) {
	if !s.authenticated(w, r) {
		return
	}
	// The published cURL names no media type to accept, so curl sends a wildcard. The kit
	// would refuse that.
	if accept := r.Header.Get("Accept"); accept != MediaType && accept != "*/*" && accept != "" {
		refuse(w, http.StatusNotAcceptable, "request needs to be send with \"Accept\" header, containing value: \""+MediaType+"\"")
		return
	}
	if r.Header.Get("Content-Type") != MediaType {
		refuse(w, http.StatusUnsupportedMediaType, "request needs to be send with \"Content-Type\" header, containing value: \""+MediaType+"\"")
		return
	}
	sent, err := decode(r.Body)
	if err != nil {
		refuse(w, http.StatusUnprocessableEntity, "can't parse content: "+err.Error())
		return
	}
	var response document
	response.Data.Type, response.Data.ID = "scopes", sent.Data.ID
	response.Data.Attributes.Scopes = s.compare(sent.Data.Attributes.Scopes)
	writeJSON(w, http.StatusOK, response)
}

// document is the form of the request and of the response.
type document struct {
	Data struct {
		Type       string `json:"type"`
		ID         string `json:"id"`
		Attributes struct {
			Scopes []string `json:"scopes"`
		} `json:"attributes"`
	} `json:"data"`
}

// decode is strict. That unknown members are refused is assumed.
func decode(body io.Reader) (document, error) {
	var doc document
	if err := fake.Strict(body, &doc); err != nil {
		return doc, err
	}
	if doc.Data.Type != "scopes" {
		return doc, fmt.Errorf("Trying to Unmarshal an object of type %q, but \"scopes\" does not match", doc.Data.Type) // the kit's own words
	}
	if doc.Data.Attributes.Scopes == nil {
		return doc, fmt.Errorf("scopes: non zero value required") // assumed
	}
	return doc, nil
}

func (s *Server) compare(sent []string) []string {
	result := []string{}
	for _, n := range sent {
		known := slices.Contains(s.known, n)
		if s.opts.Reading == Echo || known == (s.opts.Reading == Known) {
			result = append(result, n)
		}
	}
	if s.opts.Reading == Difference {
		for _, n := range s.known {
			if !slices.Contains(sent, n) {
				result = append(result, n)
			}
		}
	}
	return result
}

// authenticated checks a token. The published page describes the response, but not its
// members; those in JSON:API are assumed.
func (s *Server) authenticated(w http.ResponseWriter, r *http.Request) bool {
	if s.opts.Token == "" && s.opts.ClientID == "" {
		return true
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		s.unauthorized(w, "Unauthorized", "OAuth token missing or invalid")
		return false
	}
	if !s.tokens[token] {
		s.unauthorized(w, "user token is invalid", "OAuth token missing or invalid")
		return false
	}
	return true
}

func (s *Server) unauthorized(w http.ResponseWriter, plain, title string) {
	if s.opts.PlainText {
		http.Error(w, plain, http.StatusUnauthorized)
		return
	}
	writeJSON(w, http.StatusUnauthorized, map[string]any{"errors": []map[string]any{{
		"id": "cbgmhslmp1o9or9kh1p0", "links": map[string]string{"about": "https://developer.pace.cloud"}, "status": "401", "code": "unauthorized",
		"title": title, "detail": plain, "source": map[string]string{"pointer": "", "parameter": "Authorization"}, "meta": map[string]string{},
	}}})
}

// token is the client credentials grant of Keycloak.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil || r.PostForm.Get("grant_type") != "client_credentials" {
		oauthError(w, http.StatusBadRequest, "unsupported_grant_type", "Unsupported grant_type")
		return
	}
	if r.PostForm.Get("client_id") != s.opts.ClientID || r.PostForm.Get("client_secret") != s.opts.ClientSecret {
		oauthError(w, http.StatusUnauthorized, "unauthorized_client", "Invalid client or Invalid client credentials")
		return
	}
	s.issued++
	token := fmt.Sprintf("issued-token-%d", s.issued)
	s.tokens[token] = true
	fake.JSON(w, http.StatusOK, map[string]any{"access_token": token, "expires_in": 300, "token_type": "Bearer"})
}

func oauthError(w http.ResponseWriter, status int, code, description string) {
	fake.JSON(w, status, map[string]string{"error": code, "error_description": description})
}

// refuse writes the kit's error document.
func refuse(w http.ResponseWriter, status int, title string) {
	writeJSON(w, status, map[string]any{"errors": []map[string]string{{
		"id": "cbgmhslmp1o9or9kh1p0", "title": title, "status": fmt.Sprint(status),
	}}})
}

// RefuseLinkedIdentity writes the published 401 for a user who has not logged in with a third
// party. It is for Intercept.
func RefuseLinkedIdentity(w http.ResponseWriter) {
	writeJSON(w, http.StatusUnauthorized, map[string]any{"errors": []map[string]string{{
		"id": "cbgmhslmp1o9or9kh1p0", "title": "Missing linked identity for authorized access",
		"detail": "Linked identity is needed to access this resource, please check why the user does not have a linked identity",
		"status": "401", "code": "missing-linked-identity",
	}}})
}

// writeJSON indents by two spaces, like the kit.
func writeJSON(w http.ResponseWriter, status int, body any) {
	text, err := json.MarshalIndent(body, "", "  ")
	if err != nil {
		panic(err) // the fake's own values
	}
	fake.Text(w, status, MediaType, string(text)+"\n")
}
