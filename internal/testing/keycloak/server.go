// Package keycloak is a real Keycloak for tests: it starts one, changes it
// behind Terraform's back through a client of its own (net/http and JSON, so
// that it can check the driver), and logs users in for real tokens.
package keycloak

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// DefaultVersion is the Keycloak that is started where KEYCLOAK_VERSION names
// no other.
const DefaultVersion = "26.7.3"

// startTimeout bounds the wait for the health endpoint; a start takes 8 to 35 s,
// and minutes on a machine that is busy with other things.
const startTimeout = 5 * time.Minute

// Options of Start. The zero value is what tests want.
type Options struct {
	Progress io.Writer           // what is being done and for how long; nil: nothing is printed
	Getenv   func(string) string // nil: os.Getenv
	CacheDir string              // of unpacked distributions; "": the user's cache folder
	// Optimize lets Java optimize its code: the server takes longer to start, and a short run takes twice
	// the time of the processor. Then it is as fast as in production.
	Optimize bool
}

func (o Options) withDefaults() Options {
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	return o
}

func (o Options) env(name, fallback string) string {
	if v := o.Getenv(name); v != "" {
		return v
	}
	return fallback
}

func (o Options) version() string { return o.env("KEYCLOAK_VERSION", DefaultVersion) }

func (o Options) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(o.Progress, "keycloak: "+format+"\n", args...)
}

// Server is a running Keycloak and its administrator.
type Server struct {
	URL      string // no slash at its end
	User     string
	Password string
	// Started is false for a server that was running already (KEYCLOAK_URL):
	// Stop leaves it running.
	Started bool

	admin *Admin
	log   func(lines int) string
	stop  func() error
	once  sync.Once
	err   error
}

// Start finds or starts a Keycloak, in this order: a running one named by
// KEYCLOAK_URL (with KEYCLOAK_USER and KEYCLOAK_PASSWORD, admin and admin if
// unset); the Maven artifact of the version KEYCLOAK_VERSION, unpacked and
// built once into the user's cache folder; where there is no Maven but a Docker
// engine, the image KEYCLOAK_IMAGE. ctx bounds the start alone: the server runs
// until Stop or until this process ends, however it ends.
func Start(ctx context.Context, opts Options) (*Server, error) {
	opts = opts.withDefaults()
	if url := strings.TrimRight(opts.Getenv("KEYCLOAK_URL"), "/"); url != "" {
		s := newServer(url, opts.env("KEYCLOAK_USER", "admin"), opts.env("KEYCLOAK_PASSWORD", "admin"), nil)
		if _, err := s.admin.accessToken(ctx); err != nil {
			return nil, fmt.Errorf("log in to the running Keycloak of KEYCLOAK_URL as KEYCLOAK_USER %q with KEYCLOAK_PASSWORD: %w", s.User, err)
		}
		opts.printf("using the running one at %s", url)
		return s, nil
	}
	launch, err := chooseLauncher(ctx, opts)
	if err != nil {
		return nil, err
	}
	return startWith(ctx, opts, launch)
}

// startWith tries again where another process took a port meanwhile.
func startWith(ctx context.Context, opts Options, launch launcher) (*Server, error) {
	for attempt := 1; ; attempt++ {
		s, err := startOnce(ctx, opts, launch)
		var inUse *portInUseError
		if errors.As(err, &inUse) && attempt < 3 {
			opts.printf("a port was taken in the meantime, once more")
			continue
		}
		return s, err
	}
}

// Prepare does what Start does before it starts anything: downloads, unpacks
// and builds into the cache.
func Prepare(ctx context.Context, opts Options) error {
	opts = opts.withDefaults()
	if opts.Getenv("KEYCLOAK_URL") != "" {
		return nil
	}
	_, err := chooseLauncher(ctx, opts)
	return err
}

func newServer(url, user, password string, stop func() error) *Server {
	login := PasswordForm(Client{ClientID: "admin-cli"}, User{Username: user, Password: password})
	return &Server{URL: url, User: user, Password: password, Started: stop != nil, admin: newAdmin(url, "master", login), stop: stop}
}

// Stop ends a server that Start started, waits for its end, and removes its
// folder. It may be called more than once.
func (s *Server) Stop() error {
	s.once.Do(func() {
		s.admin.http.CloseIdleConnections()
		if s.stop != nil {
			s.err = s.stop()
		}
	})
	return s.err
}

// WriteLog writes the last 100 lines of the log of a server that Start started.
// Call it before Stop, which removes the log.
func (s *Server) WriteLog(w io.Writer) {
	if s.log != nil {
		_, _ = fmt.Fprintf(w, "keycloak: the end of the server's log:\n%s\n", s.log(100))
	}
}

// Env is the environment by which a child process finds the server.
func (s *Server) Env() []string {
	return []string{"KEYCLOAK_URL=" + s.URL, "KEYCLOAK_USER=" + s.User, "KEYCLOAK_PASSWORD=" + s.Password}
}

// A launcher starts one server process on the two loopback ports.
type launcher func(opts Options, ports ports) (*process, error)

type ports struct{ http, management int }

type portInUseError struct{ err error }

func (e *portInUseError) Error() string { return e.err.Error() }
func (e *portInUseError) Unwrap() error { return e.err }

func startOnce(ctx context.Context, opts Options, launch launcher) (*Server, error) {
	p, err := freePorts(ctx)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	proc, err := launch(opts, p)
	if err != nil {
		return nil, err
	}
	s := newServer("http://127.0.0.1:"+strconv.Itoa(p.http), "admin", "admin", proc.stop)
	s.log = proc.logTail
	if err := s.waitReady(ctx, opts, proc, p, began); err != nil {
		tail := proc.logTail(40)
		_ = s.Stop()
		err = fmt.Errorf("start Keycloak %s: %w\nThe end of its log:\n%s", opts.version(), err, tail)
		if strings.Contains(tail, "already in use") || strings.Contains(tail, "already bound") || strings.Contains(tail, "already allocated") {
			err = &portInUseError{err}
		}
		return nil, err
	}
	opts.printf("%s ready at %s after %.1f s", opts.version(), s.URL, time.Since(began).Seconds())
	return s, nil
}

// freePorts asks the system for two loopback ports and gives them back, so
// another process may take one before Keycloak does: Start then tries again.
func freePorts(ctx context.Context) (ports, error) {
	var got [2]int
	for i := range got {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return ports{}, fmt.Errorf("find a free loopback port for Keycloak: %w", err)
		}
		defer func() { _ = l.Close() }()
		got[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports{http: got[0], management: got[1]}, nil
}

// waitReady polls the health endpoint until it says ready, then logs in once.
func (s *Server) waitReady(ctx context.Context, opts Options, proc *process, p ports, began time.Time) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("not ready after %s", startTimeout))
	defer cancel()
	// Keycloak before 25 has no management port: its health is on the main one.
	urls := []string{fmt.Sprintf("http://127.0.0.1:%d/health/ready", p.management), s.URL + "/health/ready"}
	poll, report := time.NewTicker(100*time.Millisecond), time.NewTicker(5*time.Second)
	defer poll.Stop()
	defer report.Stop()
	for {
		select {
		case <-proc.done:
			return fmt.Errorf("it ended by itself: %w", proc.exit)
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-report.C:
			opts.printf("starting %s, %d s", opts.version(), int(time.Since(began).Seconds()))
		case <-poll.C:
			if s.healthy(ctx, urls) {
				_, err := s.admin.accessToken(ctx)
				return err
			}
		}
	}
}

func (s *Server) healthy(ctx context.Context, urls []string) bool {
	for _, url := range urls {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			return false
		}
		resp, err := s.admin.http.Do(req)
		if err != nil {
			continue
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return true
		}
	}
	return false
}
