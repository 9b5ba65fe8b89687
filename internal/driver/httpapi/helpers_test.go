package httpapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// canary stands for every secret: it must be in no error and no log.
const canary = "c4n4ry"

func noSecret(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(text, canary) {
			t.Errorf("a secret got out: %s", text)
		}
	}
}

func wantText(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q lacks %q", err, part)
		}
	}
	noSecret(t, err.Error())
}

func wantKind(t *testing.T, err error, kind authz.Kind) *authz.Error {
	t.Helper()
	var e *authz.Error
	if !errors.As(err, &e) || e.Kind != kind {
		t.Fatalf("error %v (%T); want kind %s", err, err, kind)
	}
	noSecret(t, e.Error(), drivertest.Advice(e))
	return e
}

// manualClock advances only by sleep, which takes no time.
type manualClock struct {
	mu      sync.Mutex
	at      time.Time
	slept   []time.Duration
	onSleep func()
}

func newManualClock() *manualClock {
	return &manualClock{at: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
}

func (c *manualClock) clock() clock {
	return clock{
		now: func() time.Time {
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.at
		},
		sleep: func(ctx context.Context, d time.Duration) error {
			c.mu.Lock()
			c.slept = append(c.slept, d)
			c.at = c.at.Add(d)
			onSleep := c.onSleep
			c.mu.Unlock()
			if onSleep != nil {
				onSleep()
			}
			return ctx.Err()
		},
		jitter: func() float64 { return 1 },
	}
}

func (c *manualClock) sleeps() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]time.Duration(nil), c.slept...)
}

// wireFunc stands in for the connections.
type wireFunc func(*http.Request) (*http.Response, error)

func (f wireFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func reply(status int, header http.Header, body string) *http.Response {
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body))}
}

// client is New's, by a clock that needs no time.
func client(t *testing.T, cfg Config, c *manualClock) (*http.Client, *transport) {
	t.Helper()
	if c == nil {
		c = newManualClock()
	}
	tr, err := newTransport(cfg, c.clock())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, CheckRedirect: followNone}, tr
}

// recorder is a server that responds from a list, repeats its last entry, and records the
// requests.
type recorder struct {
	*httptest.Server
	mu        sync.Mutex
	responses []http.HandlerFunc
	got       []sent
}

type sent struct {
	method, uri, host, body string
	header                  http.Header
	length                  int64
}

func serve(t *testing.T, responses ...http.HandlerFunc) *recorder {
	t.Helper()
	r := &recorder{responses: responses}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	r.got = append(r.got, sent{req.Method, req.URL.String(), req.Host, string(body), req.Header.Clone(), req.ContentLength})
	response := r.responses[min(len(r.got), len(r.responses))-1]
	r.mu.Unlock()
	response(w, req)
}

func (r *recorder) requests() []sent {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]sent(nil), r.got...)
}

func status(code int, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
	}
}

func typed(code int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

// cut breaks the connection after the request was read.
func cut(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// cutBody closes the connection in the middle of the response.
func cutBody(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", jsonType)
	w.Header().Set("Content-Length", "100")
	_, _ = io.WriteString(w, `{"a":"`+canary)
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}
