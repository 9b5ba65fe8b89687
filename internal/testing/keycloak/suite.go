package keycloak

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
)

// Suite is the one Keycloak of a test binary, started when the first test asks
// for it. TestMain makes it:
//
//	var suite *keycloak.Suite
//
//	func TestMain(m *testing.M) {
//		suite = keycloak.NewSuite(keycloak.Options{Progress: os.Stderr})
//		os.Exit(suite.Run(m))
//	}
type Suite struct {
	opts   Options
	once   sync.Once
	server *Server
	err    error
}

// NewSuite starts nothing yet.
func NewSuite(opts Options) *Suite { return &Suite{opts: opts.withDefaults()} }

// Wanted says whether this run is to use a Keycloak: TF_ACC is set, as for any
// acceptance test, or KEYCLOAK_URL names one.
func (s *Suite) Wanted() bool {
	return s.opts.Getenv("TF_ACC") != "" || s.opts.Getenv("KEYCLOAK_URL") != ""
}

// ForTest returns the server, and starts it if necessary. If no server is wanted, the test is
// skipped. If it cannot be started, the test fails.
func (s *Suite) ForTest(t testing.TB) *Server {
	t.Helper()
	if !s.Wanted() {
		t.Skip("needs a real Keycloak: set TF_ACC=1 to start one, or KEYCLOAK_URL to use one (make test does)")
	}
	// Not the test's context: the server serves the tests after it too.
	s.once.Do(func() { s.server, s.err = Start(context.Background(), s.opts) })
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.server
}

// Run runs the tests, stops the server if there is one, and returns the exit
// code. If a test fails, Run prints the end of the log of a server that it started.
// m is the *testing.M.
func (s *Suite) Run(m interface{ Run() int }) (code int) {
	defer func() {
		if err := s.Stop(); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, "stop Keycloak:", err)
			code = max(code, 1)
		}
	}()
	code = m.Run()
	s.once.Do(func() {}) // waits for a start that is under way
	if code != 0 && s.server != nil {
		s.server.WriteLog(os.Stderr)
	}
	return code
}

// Stop stops the server if one was started.
func (s *Suite) Stop() error {
	s.once.Do(func() {}) // waits for a start that is under way
	if s.server == nil {
		return nil
	}
	return s.server.Stop()
}
