package keycloak

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	server "github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

// Generated sequences on a real server. Tokens of two users, read after every single
// request that writes, show which users get which scope. The name of a subtest is its seed.
func TestGeneratedSequences(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			s := newSequenceLab(t)
			random := rand.NewChaCha8([32]byte{byte(seed)})
			input := make([]byte, 1<<16)
			_, _ = random.Read(input) // it returns no error
			rapid.MakeFuzz(func(t *rapid.T) { drivertest.CheckSequence(t, s.server()) })(t, input)
		})
	}
}

// sequenceLab is a realm with a user for each user type, and a client whose tokens show
// what they get. A scope that the client does not have is unreachable.
type sequenceLab struct {
	*lab
	driver *Driver
	wire   *wire
	app    server.Client
	users  map[string]server.User

	mu      sync.Mutex
	writes  int
	failing int           // the write that fails, counted down
	lose    bool          // it is carried out, and its response is lost
	lost    *http.Request // that write
	failed  bool
	check   func(write string)
}

func newSequenceLab(t *testing.T) *sequenceLab {
	t.Helper()
	l := newLab(t)
	s := &sequenceLab{lab: l, users: map[string]server.User{}}
	l.CreateRoles(t, "child", "educator", "nobody")
	s.app = l.CreatePublicClient(t, "app")
	for _, userType := range []string{"child", "educator"} {
		s.users[userType] = l.CreateUser(t, userType, userType)
	}
	s.driver, s.wire = newDriver(t, l.admin())
	s.wire.hook(s.before)
	s.wire.hookAfter(s.after)
	return s
}

func (s *sequenceLab) server() drivertest.SequenceServer {
	return drivertest.SequenceServer{
		Driver: s.driver, ServerID: s.Name, Holders: s.holders, Change: s.change, Settle: s.settle,
		Fail: func(n int) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.failing, s.lose = n, n%2 == 0
			if n > 0 {
				s.failed = false
			}
		},
		Failed: func(error) bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.failed
		},
		OnWrite: func(check func(string)) { s.check = check },
		Writes: func() int {
			s.mu.Lock()
			defer s.mu.Unlock()
			n := s.writes
			s.writes = 0
			return n
		},
	}
}

func isWrite(r *http.Request) bool {
	return r.Method != http.MethodGet && strings.Contains(r.URL.Path, "/admin/realms/") && !strings.HasSuffix(r.URL.Path, "/partial-export")
}

var errDrawn = errors.New("drawn failure")

// before counts the writes down. The one that fails is not sent, or its response is lost.
func (s *sequenceLab) before(r *http.Request, _ string) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !isWrite(r) || s.failing == 0 {
		return nil, nil
	}
	if s.failing--; s.failing > 0 {
		return nil, nil
	}
	s.failed = true
	if s.lose {
		s.lost = r
		return nil, nil
	}
	return nil, errDrawn
}

func (s *sequenceLab) after(r *http.Request, _ string, resp *http.Response) (*http.Response, error) {
	if !isWrite(r) {
		return resp, nil
	}
	s.mu.Lock()
	s.writes++
	lost := s.lost == r
	s.mu.Unlock()
	s.check(r.Method + " " + r.URL.Path)
	if lost {
		_ = resp.Body.Close()
		return nil, errDrawn
	}
	return resp, nil
}

// holders reads the tokens of the users.
func (s *sequenceLab) holders() map[string]bool {
	got := drivertest.Access{}
	for userType, u := range s.users {
		for _, name := range s.tokenScopes(u) {
			got[name] = append(got[name], userType)
		}
	}
	return got.Holders()
}

// tokenScopes returns the scopes of a token that asks for all that the client has. A scope
// can be deleted between the list and the request.
func (s *sequenceLab) tokenScopes(u server.User) []string {
	var err error
	for range 10 {
		var optional []struct{ Name string }
		if err = s.Do(context.Background(), http.MethodGet, nil, &optional, "clients", s.app.ID, "optional-client-scopes"); err != nil {
			break
		}
		names := []string{"openid"}
		for _, o := range optional {
			if len(o.Name) == 1 {
				names = append(names, o.Name)
			}
		}
		var token server.Token
		if token, err = s.Token(context.Background(), server.PasswordForm(s.app, u, names...)); err != nil {
			continue
		}
		scopes, err := token.Scopes()
		if err != nil {
			break
		}
		return slices.DeleteFunc(scopes, func(name string) bool { return len(name) != 1 })
	}
	s.t.Errorf("no token: %v", err)
	return nil
}

// change maps roles by hand. A limited scope without user types has a foreign role.
func (s *sequenceLab) change(to drivertest.Access) {
	for _, name := range slices.Sorted(maps.Keys(to)) {
		if _, found := s.FindScope(s.t, name); !found {
			s.CreateScope(s.t, server.ClientScope{Name: name, Attributes: map[string]string{attrInToken: "true"}})
		}
		roles := to[name]
		switch {
		case to.Open(name):
			roles = nil
		case len(roles) == 0:
			roles = []string{"nobody"}
		}
		has := s.ScopeRoles(s.t, name)
		s.MapRoles(s.t, name, slices.DeleteFunc(slices.Clone(roles), func(r string) bool { return slices.Contains(has, r) })...)
		s.UnmapRoles(s.t, name, slices.DeleteFunc(has, func(r string) bool { return slices.Contains(roles, r) })...)
	}
	s.settle()
}

// settle lets the client ask for all scopes.
func (s *sequenceLab) settle() {
	has := s.ClientScopes(s.t, s.app, "optional")
	for _, scope := range s.Scopes(s.t) {
		if len(scope.Name) == 1 && !slices.Contains(has, scope.Name) {
			s.AddClientScope(s.t, s.app, scope.Name, "optional")
		}
	}
}
