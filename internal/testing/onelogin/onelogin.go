// Package onelogin is a stateful fake of OneLogin's API Authorization: tokens, the scopes of
// authorization servers, and the OIDC apps attached to them. It follows the public API pages.
// Undocumented behavior is marked "assumed".
package onelogin

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
)

// Options are the switches of a fake. The zero value is the documented or assumed behavior.
type Options struct {
	ClientID, ClientSecret string        // "client-id", "client-secret"
	TokenLife              time.Duration // 10 h
	// Rights is the privilege of the API credential: "Manage All" (the default)
	// or anything else, which is refused with 403 (assumed: the pages name no
	// status for a credential without the privilege).
	Rights string
	// FlatForbidden has that 403 in the flat form of version 1, for which it is documented.
	FlatForbidden bool

	LegacyToken  bool // the token response is wrapped in {"data":[…]}
	NoExpiry     bool // the token response has only access_token
	PageSize     int  // scopes are paged with After-Cursor; 0: no paging headers
	IgnoreCursor bool // page headers are sent, but every response is the first page
	// OffsetPages makes the cursor a place in the listing, so that what is deleted
	// meanwhile moves the rest (assumed: it does not).
	OffsetPages bool
	// FullAnswers returns the whole scope for a create or update of a scope, instead of its ID
	// alone.
	FullAnswers bool
	// NoIDInAnswer returns {} for a create or update of a scope.
	NoIDInAnswer bool
	// FoldValues compares scope values without regard to case (assumed: not).
	FoldValues bool
	// KeepAssigned refuses the deletion of a scope that an app may ask for
	// (assumed: it is deleted, and taken from the app).
	KeepAssigned bool
	// AddOnUpdate adds the scopes of a client app's update to those it has
	// (assumed: they replace them).
	AddOnUpdate bool
	// ClientsAsObject returns one object for the list of attached apps if there is only one, as
	// the vendor's OpenAPI document types it.
	ClientsAsObject bool
	// DetachBody returns 200 and a body for the deletion of a client app, as the SDKs expect,
	// instead of 204.
	DetachBody bool
	// NoEffect reports success of each write of scopes and client apps, and does nothing.
	NoEffect bool
	// TrimDescriptions stores descriptions without spaces around them (assumed: as sent).
	TrimDescriptions bool
	// Lag is how many listings after a write still show what was before.
	Lag int
}

// Scope is a scope of an authorization server. A nil Description is null.
type Scope struct {
	ID          int64   `json:"id"`
	Value       string  `json:"value"`
	Description *string `json:"description"`
}

// Request and Intercept are those of every fake.
type (
	Request   = fake.Request
	Intercept = fake.Intercept
)

type authServer struct {
	scopes  []Scope
	clients map[int64][]int64 // app id => scope ids
	claims  []string          // each has the user attribute of its name
	stale   []Scope           // what lagging listings show
	lag     int
}

// Server is a fake.
type Server struct {
	fake.Front
	URL string // of a started fake

	opts    Options
	mu      sync.Mutex
	servers map[int64]*authServer
	apps    map[int64]string
	nextID  int64
	token   string
	issued  int
	expires time.Time
	limited bool
	reset   int
	now     func() time.Time
}

// New starts a fake that ends with the test.
func New(t testing.TB, opts Options) *Server {
	t.Helper()
	s := NewUnstarted(opts)
	s.URL = fake.Serve(t, s.Handler())
	return s
}

// NewUnstarted makes a fake without a listener; serve its Handler.
func NewUnstarted(opts Options) *Server {
	opts.ClientID = cmp.Or(opts.ClientID, "client-id")
	opts.ClientSecret = cmp.Or(opts.ClientSecret, "client-secret")
	opts.TokenLife = cmp.Or(opts.TokenLife, 36000*time.Second)
	opts.Rights = cmp.Or(opts.Rights, "Manage All")
	return &Server{opts: opts, servers: map[int64]*authServer{}, apps: map[int64]string{}, nextID: 323004, now: time.Now}
}

// Handler serves the fake.
func (s *Server) Handler() http.Handler { return s.Front.Handler(s.routes()) }

// Calls are the requests so far without those for tokens, as "METHOD path".
func (s *Server) Calls() []string {
	var calls []string
	for _, r := range s.Requests() {
		if !strings.HasPrefix(r.Path, "/auth/") {
			calls = append(calls, r.Method+" "+r.Path)
		}
	}
	return calls
}

// SetOptions changes the switches.
func (s *Server) SetOptions(change func(*Options)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.opts)
}

// SetLimited returns 429 for every call of the API, with reset, in seconds, as X-RateLimit-Reset.
func (s *Server) SetLimited(limited bool, reset int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limited, s.reset = limited, reset
}

// AddAuthServer creates an authorization server.
func (s *Server) AddAuthServer(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.servers[id] = &authServer{clients: map[int64][]int64{}}
}

// RemoveAuthServer deletes an authorization server.
func (s *Server) RemoveAuthServer(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.servers, id)
}

// AddClaim adds a claim with the user attribute of its name.
func (s *Server) AddClaim(server int64, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.servers[server].claims = append(s.servers[server].claims, name)
}

// AddApp creates an OIDC app that is not attached.
func (s *Server) AddApp(id int64, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.apps[id] = name
}

// AddScope adds a scope as another administrator would. A nil description is
// stored as null.
func (s *Server) AddScope(server int64, value string, description *string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addScope(s.servers[server], value, description)
}

func (s *Server) addScope(a *authServer, value string, description *string) int64 {
	s.nextID++
	a.scopes = append(a.scopes, Scope{ID: s.nextID, Value: value, Description: description})
	return s.nextID
}

// Describe changes the description of a scope, as another administrator would.
func (s *Server) Describe(server int64, value, description string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.server(server)
	for i := range a.scopes {
		if a.scopes[i].Value == value {
			a.scopes[i].Description = &description
		}
	}
}

// RemoveScope removes a scope by value, as another administrator would.
func (s *Server) RemoveScope(server int64, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.servers[server]
	for _, sc := range a.scopes {
		if sc.Value == value {
			a.remove(sc.ID)
			return
		}
	}
}

func (a *authServer) remove(id int64) {
	a.scopes = slices.DeleteFunc(a.scopes, func(sc Scope) bool { return sc.ID == id })
	for app, ids := range a.clients {
		a.clients[app] = slices.DeleteFunc(ids, func(i int64) bool { return i == id })
	}
}

// server is an authorization server; one that does not exist has nothing.
func (s *Server) server(id int64) *authServer {
	if a, ok := s.servers[id]; ok {
		return a
	}
	return &authServer{}
}

// Scopes returns the scopes of an authorization server, as value => description. A null
// description is "<null>".
func (s *Server) Scopes(server int64) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := map[string]string{}
	for _, sc := range s.server(server).scopes {
		found[sc.Value] = "<null>"
		if sc.Description != nil {
			found[sc.Value] = *sc.Description
		}
	}
	return found
}

// ScopeID returns the ID of a scope, or 0 if it does not exist.
func (s *Server) ScopeID(server int64, value string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sc := range s.server(server).scopes {
		if sc.Value == value {
			return sc.ID
		}
	}
	return 0
}

// Attach attaches an app with scopes by ID.
func (s *Server) Attach(server, app int64, scopes ...int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.servers[server].clients[app] = scopes
}

// Attached returns the IDs of an app's scopes, sorted, and false if it is not attached.
func (s *Server) Attached(server, app int64) ([]int64, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids, ok := s.server(server).clients[app]
	return slices.Sorted(slices.Values(ids)), ok
}

// AuthServers returns the IDs of the authorization servers, sorted.
func (s *Server) AuthServers() []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.servers))
}

// RevokeToken makes the issued token invalid.
func (s *Server) RevokeToken() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = ""
}

// TokensIssued counts the different tokens so far.
func (s *Server) TokensIssued() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issued
}

// issue returns the same token until it expires or is revoked.
// https://developers.onelogin.com/api-docs/2/oauth20-tokens/generate-tokens-2
func (s *Server) issue() string {
	if s.token == "" || !s.now().Before(s.expires) {
		s.issued++
		s.token = fmt.Sprintf("canary-token-%d", s.issued)
		s.expires = s.now().Add(s.opts.TokenLife)
	}
	return s.token
}
