package onelogin

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/httpapi"
	fake "github.com/authscopes/terraform-provider-authscopes/internal/testserver/onelogin"
)

const (
	canarySecret = "canary-client-secret"
	server       = "77"
)

// setup is a fake with the authorization server 77, and a driver that retries as
// often as said and waits for nothing.
func setup(t *testing.T, opts fake.Options, retries int) (*fake.Server, *Driver) {
	t.Helper()
	opts.ClientSecret = canarySecret
	s := fake.New(t, opts)
	s.AddAuthServer(77)
	s.AddApp(5, "shop")
	return s, driver(t, s.URL, retries)
}

func driver(t *testing.T, url string, retries int) *Driver {
	t.Helper()
	if retries == 0 {
		retries = -1
	}
	c, err := httpapi.New(httpapi.Config{MaxRetries: retries})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	d, err := New(Config{URL: url, ClientID: "client-id", ClientSecret: canarySecret}, c)
	if err != nil {
		t.Fatal(err)
	}
	d.pause = func(context.Context, time.Duration) error { return nil }
	return d
}

func text(s string) *string { return &s }

func want(name string) authz.Scope { return authz.Scope{Name: name, Description: "may " + name} }

func mustList(t *testing.T, d *Driver) *authz.Listing {
	t.Helper()
	l, err := d.List(context.Background(), server)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func mustCreate(t *testing.T, d *Driver, name string) authz.Scope {
	t.Helper()
	s, err := d.CreateScope(context.Background(), server, want(name))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// checked holds an error against its kind, a part of its text and a part of its
// advice, and looks for secrets in both.
func checked(t *testing.T, err error, kind authz.Kind, says, advises string) *authz.Error {
	t.Helper()
	var e *authz.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is no *authz.Error, want %s", err, kind)
	}
	if e.Kind != kind || !strings.Contains(err.Error(), says) || !strings.Contains(e.Advice, advises) {
		t.Errorf("kind %s, error %q, advice %q;\nwant %s, %q, %q", e.Kind, err, e.Advice, kind, says, advises)
	}
	if strings.Contains(err.Error()+e.Advice, "canary") {
		t.Errorf("a secret is in %q or %q", err, e.Advice)
	}
	return e
}

func check(t *testing.T, err error, kind authz.Kind, says, advises string) {
	t.Helper()
	_ = checked(t, err, kind, says, advises)
}

// answer makes an Intercept that answers API calls of a method with a fixed
// answer; others and those for tokens go through.
func answer(method string, status int, contentType, body string, header ...string) fake.Intercept {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method != method || strings.HasPrefix(r.URL.Path, "/auth/") {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", contentType)
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// cut makes an Intercept that lets the first n calls of a method be done, or not,
// and cuts the connection in place of their answer.
func cut(method string, n int, done bool) fake.Intercept {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method != method || strings.HasPrefix(r.URL.Path, "/auth/") || n == 0 {
			next.ServeHTTP(w, r)
			return
		}
		n--
		if done {
			next.ServeHTTP(discard{}, r)
		}
		panic(http.ErrAbortHandler)
	}
}

type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}
