// Package venafi is a stateful fake of the OAuth management of Palo Alto Networks Trust
// Protection Foundation (formerly Venafi TPP and CyberArk Certificate Manager, Self-Hosted):
// tokens, scopes, applications and rules. It follows the public API pages. Undocumented behavior
// is marked "assumed".
package venafi

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

// The OAuth roles of the caller.
const (
	RoleUser       = 0
	RoleAuditor    = 1
	RoleMaintainer = 2
	RoleOwner      = 3
	RoleGrantAdmin = 5
	RoleAdmin      = 6
)

// Options are the switches of a fake. The zero value is the documented or assumed behavior.
type Options struct {
	ClientID, Username, Password string        // "terraform", "user", "password"
	JWT                          string        // the one with a mapping; "" for none
	TokenLife                    time.Duration // 90 days
	GrantedScope                 string        // scope of every token; "" means the requested one
	Role                         int           // RoleAdmin when 0; -1 is RoleUser

	BeforeOAuth bool // a version before 22.3: every OAuth call is 404 with HTML
	// RoleAsResult reports a missing role as 200 with Result 9, as the OpenAPI
	// document has it; the page has 401 insufficient_rights.
	RoleAsResult bool
	// ScopeAs401 reports a missing token scope as 401, as before 20.4.
	ScopeAs401 bool
	// UpperErrors writes Error and Error_description, as the page prints them.
	UpperErrors bool
	// NoErrorBody returns 401 without a body.
	NoErrorBody bool
	// ReasonPhrases has the words of an error in the HTTP reason phrase, and no body, as
	// users of public clients report.
	ReasonPhrases bool
	// AbsentAppAsEmpty returns no rules from getrules of a missing application (assumed: Result
	// 2). NoRulesAsResult returns Result 4 for no rules, NoRulesAsAbsent omits Rules (assumed: an
	// empty array).
	AbsentAppAsEmpty, NoRulesAsResult, NoRulesAsAbsent bool
	// PageScopes lists the scopes of the page's example alone, and none that only
	// applications have (assumed: those too).
	PageScopes bool
	// OtherText returns a rule's scopes in another order and case, with spaces and a semicolon at
	// the end.
	OtherText bool
	// ApplicationsArray has a single application in an array, as the OpenAPI document does.
	ApplicationsArray bool
	// NoRefreshToken omits the refresh token: not renewable.
	NoRefreshToken bool
	// ExpiresOnly omits expires_in, as older servers do.
	ExpiresOnly bool
	// Lag is the number of reads of rules after a write that show the state before it.
	Lag int
}

// Request and Intercept are the types of every fake.
type (
	Request   = fake.Request
	Intercept = fake.Intercept
)

// Rule is an OAuth rule as the server keeps it, by the API's own field names.
type Rule map[string]any

type token struct {
	scope   string
	expires time.Time
}

// Server is a fake.
type Server struct {
	fake.Front
	URL string // of a started fake

	opts      Options
	mu        sync.Mutex
	apps      map[string]string // id => maximum scope
	gone      map[string]bool   // deleted identities
	rules     []Rule
	stale     []Rule
	lag       int
	tokens    map[string]token
	refresh   map[string]bool // refresh token => still good
	scopeOf   map[string]string
	issued    int
	deadlocks int
	now       func() time.Time
}

// New starts a fake that ends with the test.
func New(t testing.TB, opts Options) *Server {
	t.Helper()
	s := NewUnstarted(opts)
	s.URL = fake.Serve(t, s.Handler())
	return s
}

// NewUnstarted returns a fake without a listener. Serve its Handler. A login by client
// certificate needs a listener with TLS.
func NewUnstarted(opts Options) *Server {
	opts.ClientID = cmp.Or(opts.ClientID, "terraform")
	opts.Username = cmp.Or(opts.Username, "user")
	opts.Password = cmp.Or(opts.Password, "password")
	opts.TokenLife = cmp.Or(opts.TokenLife, 90*24*time.Hour)
	opts.Role = cmp.Or(opts.Role, RoleAdmin)
	return &Server{
		opts: opts, apps: map[string]string{}, gone: map[string]bool{}, tokens: map[string]token{}, refresh: map[string]bool{},
		scopeOf: map[string]string{}, now: time.Now,
	}
}

// Handler serves the fake.
func (s *Server) Handler() http.Handler { return s.Front.Handler(http.HandlerFunc(s.route)) }

// Calls returns the names of the OAuth management calls so far, in order.
func (s *Server) Calls() []string {
	var calls []string
	for _, r := range s.Requests() {
		if name, ok := strings.CutPrefix(r.Path, "/vedsdk/oauth/"); ok {
			calls = append(calls, name)
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

// SetDeadlocks makes the next n management calls fail with 500 and the text of
// a database deadlock, without doing anything.
func (s *Server) SetDeadlocks(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deadlocks = n
}

// AddApplication creates an API integration with its maximum scope.
func (s *Server) AddApplication(id, maximumScope string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.apps[id] = maximumScope
}

// RemoveApplication deletes an application with its rules.
func (s *Server) RemoveApplication(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.apps, id)
	s.rules = slices.DeleteFunc(s.rules, func(r Rule) bool { return r["ApplicationId"] == id })
}

// RemoveIdentity deletes a user or a group; every other identity exists. Its rules stay
// (assumed).
func (s *Server) RemoveIdentity(trustee string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone[guid(trustee)] = true
}

// AddRule adds a rule as another administrator would; more are further fields.
func (s *Server) AddRule(app, trustee, maximumScope string, more Rule) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rule := Rule{"ApplicationId": app, "TrusteePrefixedUniversal": trustee, "MaximumScope": maximumScope}
	maps.Copy(rule, more)
	s.rules = append(s.rules, rule)
}

// RemoveRule removes a rule, as another administrator would.
func (s *Server) RemoveRule(app, trustee string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = slices.DeleteFunc(s.rules, func(r Rule) bool { return r.matches(app, trustee) })
}

// Rule returns a copy of a rule, or nil if there is none.
func (s *Server) Rule(app, trustee string) Rule {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.rules {
		if r.matches(app, trustee) {
			return maps.Clone(r)
		}
	}
	return nil
}

// Rules returns the number of rules of all applications.
func (s *Server) Rules() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.rules)
}

// RevokeTokens makes all access tokens invalid; refresh tokens stay.
func (s *Server) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = map[string]token{}
}

// SpendRefreshTokens makes all refresh tokens invalid, as if another process had used them.
func (s *Server) SpendRefreshTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refresh = map[string]bool{}
}

// TokensIssued returns the number of access tokens so far.
func (s *Server) TokensIssued() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issued
}

// Issue creates an access token and a refresh token, like another login.
func (s *Server) Issue(scope string) (access, refresh string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issue(scope)
}

func (s *Server) issue(scope string) (access, refresh string) {
	s.issued++
	access, refresh = fmt.Sprintf("canary-access-%d==", s.issued), fmt.Sprintf("canary-refresh-%d==", s.issued)
	if s.opts.GrantedScope != "" {
		scope = s.opts.GrantedScope
	}
	s.tokens[access] = token{scope: scope, expires: s.now().Add(s.opts.TokenLife)}
	s.refresh[refresh] = true
	s.scopeOf[refresh] = scope
	return access, refresh
}

// GoodRefreshTokens returns the number of refresh tokens that were not used yet.
func (s *Server) GoodRefreshTokens() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, good := range s.refresh {
		if good {
			n++
		}
	}
	return n
}

// Renegotiate serves an unstarted fake over TLS 1.2 and renegotiates at a request to
// /vedauth, as IIS does where it accepts client certificates there. The rest of the
// fake never renegotiates.
func (s *Server) Renegotiate(t testing.TB) *fake.Renegotiating {
	t.Helper()
	front := fake.Renegotiate(t, s.Handler(), fake.Path("/vedauth"))
	s.URL = front.URL
	return front
}
