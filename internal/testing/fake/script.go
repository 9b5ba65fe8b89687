package fake

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// Match selects requests.
type Match func(*http.Request) bool

// Path selects requests whose path begins with one of the prefixes.
func Path(prefixes ...string) Match {
	return func(r *http.Request) bool {
		for _, p := range prefixes {
			if strings.HasPrefix(r.URL.Path, p) {
				return true
			}
		}
		return false
	}
}

// Respond sends a fixed response to requests that match. Other requests reach the fake.
func Respond(match Match, status int, contentType, body string, header ...string) Intercept {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if !match(r) {
			next.ServeHTTP(w, r)
			return
		}
		Text(w, status, contentType, body, header...)
	}
}

// Cut lets the fake do the first n requests that match, or not, and closes the connection instead
// of a response. A negative n means all of them.
func Cut(match Match, n int, done bool) Intercept {
	var left atomic.Int64
	left.Store(int64(n))
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if !match(r) || n >= 0 && left.Add(-1) < 0 {
			next.ServeHTTP(w, r)
			return
		}
		if done {
			Unseen(r, next)
		}
		panic(http.ErrAbortHandler)
	}
}

// Unseen lets the fake do a request and discards the response.
func Unseen(r *http.Request, next http.Handler) { next.ServeHTTP(httptest.NewRecorder(), r) }

// Client returns a driver's client for a test. With 0 retries it sends each request once.
func Client(t testing.TB, retries int, cfg httpapi.Config) *http.Client {
	t.Helper()
	if cfg.MaxRetries = retries; retries == 0 {
		cfg.MaxRetries = -1
	}
	c, err := httpapi.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// Send sends one request to a fake, with alternating names and values of headers. The name Host
// sets the host. It follows no redirect.
func Send(t testing.TB, method, url, body string, header ...string) (int, http.Header, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if r.Header.Set(header[i], header[i+1]); header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(text)
}
