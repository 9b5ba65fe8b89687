// Package ocariot is a stateful stand-in for the ocariot platform (github.com/ocariot): its
// account service, alone or behind its API gateway. It follows exchanges with the real services,
// account 2.6.1 and 2.8.0, gateway 2.12.0. Behavior that was not observed is marked "assumed".
package ocariot

import (
	_ "embed"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
)

//go:embed scopes-2.6.1.json
var defaultsJSON []byte

// Options choose the deployment. The zero value is the gateway 2.12.0 in front
// of the account service 2.6.1, the last pair with the endpoint.
type Options struct {
	// Direct removes the gateway: no Host check and no authentication.
	Direct bool
	// Account is the release of the account service, "2.6.1" unless set. Any
	// other is like 2.8.0: it has no endpoint for the scopes of a type, its tokens
	// have the constants of the type, and its listings filter by the scopes that an
	// earlier release stored.
	Account string
	// NoRoute is a gateway without the endpoint's route (2.13.0 and later).
	NoRoute bool
	// Lag is the number of requests after a replace that do not see its writes: the real service
	// returns 204 when the first user is written.
	Lag int
}

// Request is the request type of every fake.
type Request = fake.Request

// Server is one ocariot deployment. All methods are safe for concurrent use.
type Server struct {
	fake.Front
	URL string

	opts     Options
	defaults map[string][]string

	mu      sync.Mutex
	users   []*user // oldest first
	pending []func()
	lag     int
	tokens  map[string]string // issued token → scope claim
	lose    int
	down    bool
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
	s := &Server{opts: opts, tokens: map[string]string{}}
	if err := json.Unmarshal(defaultsJSON, &s.defaults); err != nil {
		panic(err) // the embedded file is broken
	}
	if s.opts.Account == "" {
		s.opts.Account = "2.6.1"
	}
	return s
}

// PlainURL starts a listener like the deployments' plain HTTP ports: it returns 301 to the same
// path on URL for all requests.
func (s *Server) PlainURL(t testing.TB) string {
	t.Helper()
	return fake.Serve(t, s.Front.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, s.URL+r.URL.RequestURI(), http.StatusMovedPermanently)
	})))
}

// LoseResponses makes the server do the next n replaces and close the connection without a
// response.
func (s *Server) LoseResponses(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lose = n
}

// StopAccount stops the account service. The gateway in front of it responds by itself.
func (s *Server) StopAccount() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = true
}

// running reports whether the account service responds. If not, the gateway does.
func (s *Server) running(w http.ResponseWriter) bool {
	if s.down {
		fake.Text(w, http.StatusBadGateway, "text/html; charset=utf-8", "Bad gateway.")
	}
	return !s.down
}

// ForgetTokens makes every issued token invalid, like a restart of a gateway without a store.
func (s *Server) ForgetTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

// Forget drops the recorded requests.
func (s *Server) Forget() { s.ResetRequests() }

// Handler serves the deployment, in a test or on any listener.
func (s *Server) Handler() http.Handler {
	return s.Front.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.settle()
		if s.lose > 0 && strings.HasSuffix(strings.TrimSuffix(r.URL.Path, "/"), "/scopes") {
			s.lose--
			fake.Unseen(r, http.HandlerFunc(s.route))
			panic(http.ErrAbortHandler)
		}
		s.route(w, r)
	}))
}

// settle completes the writes of an earlier replace after enough requests.
func (s *Server) settle() {
	if s.lag--; s.lag >= 0 {
		return
	}
	s.finish()
}

// finish completes the writes of an earlier replace.
func (s *Server) finish() {
	for _, write := range s.pending {
		write()
	}
	s.pending = nil
}

// stores reports whether this release keeps scopes with each user and has the endpoint
// that replaces them.
func (s *Server) stores() bool { return s.opts.Account == "2.6.1" }

// Upgrade changes the release of the account service. The database stays, and so do the
// scopes that are stored in it.
func (s *Server) Upgrade(account string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opts.Account = account
}

func (s *Server) route(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err) // the front has read it before
	}
	path := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case len(path) == 5 && path[0] == "v1" && path[1] == "users" && path[2] == "types" && path[4] == "scopes":
		s.typeScopes(w, r, path[3], body)
	case r.URL.Path == "/v1/auth" && r.Method == http.MethodPost:
		s.login(w, r, body)
	case len(path) == 2 && path[0] == "v1" && typeOf(path[1]) != "" && r.Method == http.MethodGet:
		if s.allowed(w, r, path[1]+":readAll") && s.running(w) {
			s.list(w, r, typeOf(path[1]))
		}
	case len(path) == 3 && path[0] == "v1" && typeOf(path[1]) != "" && r.Method == http.MethodPatch:
		if s.allowed(w, r, path[1]+":update") && s.running(w) {
			s.patch(w, r, typeOf(path[1]), path[2])
		}
	default:
		s.notFound(w, r)
	}
}

// notFound is the response for a path or a method without a route: HTML of the gateway, JSON of
// the account service.
func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	if !s.opts.Direct {
		s.htmlNotFound(w, r)
		return
	}
	p := r.URL.Path
	if !s.stores() {
		fail(w, http.StatusNotFound, "Endpoint "+p+" does not found!", "")
		return
	}
	fail(w, http.StatusNotFound, p+" not found.", "Specified resource: "+p+" was not found or does not exist.")
}

func (s *Server) htmlNotFound(w http.ResponseWriter, r *http.Request) {
	fake.Text(w, http.StatusNotFound, "text/html; charset=utf-8", "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"+
		"<meta charset=\"utf-8\">\n<title>Error</title>\n</head>\n<body>\n<pre>Cannot "+r.Method+" "+r.URL.Path+"</pre>\n</body>\n</html>\n")
}

// allowed is the gateway's check of a token. The account service has none.
func (s *Server) allowed(w http.ResponseWriter, r *http.Request, scope string) bool {
	if s.opts.Direct {
		return true
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	claim, issued := s.tokens[token]
	switch {
	case !ok:
		unauthorized(w, "Authentication failed for lack of authentication credentials.")
	case !issued:
		// The gateway knows only users who logged in through it.
		unauthorized(w, "Authentication failed due to access token issues.")
	case !slices.Contains(strings.Fields(claim), scope):
		fail(w, http.StatusForbidden, "FORBIDDEN", "Authorization failed due to insufficient permissions.")
	default:
		return true
	}
	return false
}

func unauthorized(w http.ResponseWriter, description string) {
	fake.JSON(w, http.StatusUnauthorized, struct {
		Code         int    `json:"code"`
		Message      string `json:"message"`
		Description  string `json:"description"`
		RedirectLink string `json:"redirect_link"`
	}{http.StatusUnauthorized, "UNAUTHORIZED", description, "/auth"})
}

// fail writes the services' error object.
func fail(w http.ResponseWriter, status int, message, description string) {
	fake.JSON(w, status, struct {
		Code        int    `json:"code"`
		Message     string `json:"message"`
		Description string `json:"description,omitempty"`
	}{status, message, description})
}
