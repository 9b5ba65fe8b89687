package httpapi

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
)

func TestAttempts(t *testing.T) {
	const all = 1 + defaultMaxRetries
	tests := []struct {
		name       string
		method     string
		repeatable bool
		replaces   bool
		slow       bool
		response   http.HandlerFunc
		want       int
		unknown    bool
	}{
		{name: "GET 200", method: "GET", response: status(200), want: 1},
		{name: "GET 429", method: "GET", response: status(429), want: all},
		{name: "GET 500", method: "GET", response: status(500), want: all},
		{name: "GET 502", method: "GET", response: status(502), want: all},
		{name: "GET 503", method: "GET", response: status(503), want: all},
		{name: "GET 504", method: "GET", response: status(504), want: all},
		{name: "GET 404", method: "GET", response: status(404), want: 1},
		{name: "GET 409", method: "GET", response: status(409), want: 1},
		{name: "GET cut", method: "GET", response: cut, want: all},
		{name: "GET cut in the body", method: "GET", response: cutBody, want: all},
		{name: "HEAD 503", method: "HEAD", response: status(503), want: all},
		{name: "OPTIONS 503", method: "OPTIONS", response: status(503), want: all},
		{name: "PUT 503", method: "PUT", response: status(503), want: all, unknown: true},
		{name: "PUT 500", method: "PUT", response: status(500), want: 1, unknown: true},
		{name: "PUT cut", method: "PUT", response: cut, want: all, unknown: true},
		{name: "DELETE 502", method: "DELETE", response: status(502), want: all, unknown: true},
		{name: "DELETE cut", method: "DELETE", response: cut, want: all, unknown: true},
		{name: "DELETE 429", method: "DELETE", response: status(429), want: all},
		{name: "POST 429", method: "POST", response: status(429), want: all},
		{name: "POST 500", method: "POST", response: status(500), want: 1, unknown: true},
		{name: "POST 501", method: "POST", response: status(501), want: 1},
		{name: "POST 502", method: "POST", response: status(502), want: 1, unknown: true},
		{name: "POST 503", method: "POST", response: status(503), want: 1, unknown: true},
		{name: "POST 504", method: "POST", response: status(504), want: 1, unknown: true},
		{name: "POST 400", method: "POST", response: status(400), want: 1},
		{name: "POST cut", method: "POST", response: cut, want: 1, unknown: true},
		{name: "POST cut in the body", method: "POST", response: cutBody, want: 1, unknown: true},
		{name: "POST 302", method: "POST", response: status(302, "Location", "/x"), want: 1, unknown: true},
		{name: "POST 307", method: "POST", response: status(307, "Location", "/x"), want: 1},
		{name: "PATCH 503", method: "PATCH", response: status(503), want: 1, unknown: true},
		{name: "PATCH 429", method: "PATCH", response: status(429), want: all},
		{name: "PATCH cut", method: "PATCH", response: cut, want: 1, unknown: true},
		{name: "repeatable POST 503", method: "POST", repeatable: true, response: status(503), want: all},
		{name: "repeatable POST 500", method: "POST", repeatable: true, response: status(500), want: 1},
		{name: "repeatable POST cut", method: "POST", repeatable: true, response: cut, want: all},
		{name: "slow POST 429", method: "POST", slow: true, response: status(429), want: all},
		{name: "slow POST 500", method: "POST", slow: true, response: status(500), want: 1},
		{name: "slow POST 503", method: "POST", slow: true, response: status(503), want: all},
		{name: "slow POST 504", method: "POST", slow: true, response: status(504), want: 1},
		{name: "slow POST cut", method: "POST", slow: true, response: cut, want: all},
		{name: "replacing POST 429", method: "POST", replaces: true, response: status(429), want: all},
		{name: "replacing POST 500", method: "POST", replaces: true, response: status(500), want: 1, unknown: true},
		{name: "replacing POST 503", method: "POST", replaces: true, response: status(503), want: all, unknown: true},
		{name: "replacing POST cut", method: "POST", replaces: true, response: cut, want: all, unknown: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, tt.response)
			c, _ := client(t, Config{}, nil)
			call := Call{Op: "op", Method: tt.method, URL: s.URL, Repeatable: tt.repeatable, Replaces: tt.replaces}
			if tt.method != "GET" && tt.method != "HEAD" {
				call.Body = map[string]string{"name": "read:users"}
			}
			ctx := t.Context()
			if tt.slow {
				ctx = SlowRead(ctx)
			}
			_, err := Do(ctx, c, call, nil)
			got := s.requests()
			if len(got) != tt.want {
				t.Errorf("%d attempts; want %d", len(got), tt.want)
			}
			for i, g := range got {
				if call.Body != nil && (g.body != `{"name":"read:users"}` || g.length != int64(len(g.body))) {
					t.Errorf("attempt %d sent %q with length %d", i+1, g.body, g.length)
				}
			}
			if authz.OutcomeUnknown(err) != tt.unknown {
				t.Errorf("outcome unknown is %t; want %t (%v)", !tt.unknown, tt.unknown, err)
			}
		})
	}
}

// The last response is handed back as it is, so that its status can be read.
func TestLastResponseIsHandedBack(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Which", "last")
		w.WriteHeader(503)
		_, _ = io.WriteString(w, "later")
	})
	c, _ := client(t, Config{MaxRetries: 2}, nil)
	resp, err := (&http.Client{Transport: c.Transport}).Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 503 || string(body) != "later" || resp.Header.Get("X-Which") != "last" {
		t.Errorf("got %d %q %v", resp.StatusCode, body, err)
	}
	if n := len(s.requests()); n != 3 {
		t.Errorf("%d attempts; want 3", n)
	}
}

func TestRecovers(t *testing.T) {
	s := serve(t, status(503), cut, cutBody, typed(200, jsonType, `{"a":1}`))
	c, _ := client(t, Config{}, nil)
	var out struct{ A int }
	if _, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: s.URL}, &out); err != nil || out.A != 1 {
		t.Errorf("got %+v, %v", out, err)
	}
}

func TestRetriesAreCounted(t *testing.T) {
	for retries, want := range map[int]int{-1: 1, 0: 5, 1: 2} {
		s := serve(t, status(503))
		c, _ := client(t, Config{MaxRetries: retries}, nil)
		_, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: s.URL}, nil)
		wantText(t, err, "op: the server returned 503 Service Unavailable")
		if n := len(s.requests()); n != want {
			t.Errorf("max_retries %d: %d attempts; want %d", retries, n, want)
		}
	}
}

// refusedAddress is a port without a listener, which the system never assigns to another test.
const refusedAddress = "http://127.0.0.1:1"

func TestRefusedConnection(t *testing.T) {
	for _, method := range []string{"GET", "POST", "PATCH", "PUT", "DELETE"} {
		t.Run(method, func(t *testing.T) {
			clk := newManualClock()
			c, _ := client(t, Config{}, clk)
			_, err := Do(t.Context(), c, Call{Op: "op", Method: method, URL: refusedAddress + "/p?secret=" + canary}, nil)
			wantText(t, err, "op: "+method+" http://127.0.0.1:", "/p: dial tcp", "refused", "(5 attempts)")
			if e := wantKind(t, err, authz.Unavailable); e.OutcomeUnknown {
				t.Error("nothing was sent, so the outcome is known")
			}
			if n := len(clk.sleeps()); n != defaultMaxRetries {
				t.Errorf("%d waits; want %d", n, defaultMaxRetries)
			}
		})
	}
}

// A lost write followed by attempts that cannot connect stays unknown.
func TestLostThenRefused(t *testing.T) {
	var n int
	c, tr := client(t, Config{MaxRetries: 1}, nil)
	tr.next = wireFunc(func(r *http.Request) (*http.Response, error) {
		if n++; n == 1 {
			httptrace.ContextClientTrace(r.Context()).GotConn(httptrace.GotConnInfo{})
			return nil, io.EOF
		}
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("refused")}
	})
	_, err := Do(t.Context(), c, Call{Op: "op", Method: "PUT", URL: "http://a.example"}, nil)
	if !authz.OutcomeUnknown(err) || n != 2 {
		t.Errorf("after %d attempts: %v", n, err)
	}
}

// After a write without a response, the outcome stays unknown if the next response does not
// decide it, and is known if it does.
func TestLostThenReceived(t *testing.T) {
	for code, unknown := range map[int]bool{429: true, 501: true, 307: true, 400: false, 404: false, 204: false} {
		s := serve(t, cut, status(code, "Location", "/x"))
		c, _ := client(t, Config{MaxRetries: 1}, nil)
		_, err := Do(t.Context(), c, Call{Op: "op", Method: "DELETE", URL: s.URL}, nil)
		if authz.OutcomeUnknown(err) != unknown {
			t.Errorf("%d: unknown is %t; want %t (%v)", code, !unknown, unknown, err)
		}
	}
}

func TestUnknownHostIsNotRepeated(t *testing.T) {
	clk := newManualClock()
	c, tr := client(t, Config{}, clk)
	tr.next = wireFunc(func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "sso.example", IsNotFound: true}}
	})
	_, err := Do(t.Context(), c, Call{Op: "op", Method: "POST", URL: "https://sso.example/"}, nil)
	wantText(t, err, "no such host")
	if len(clk.sleeps()) != 0 || authz.OutcomeUnknown(err) {
		t.Errorf("waited %v, unknown %t", clk.sleeps(), authz.OutcomeUnknown(err))
	}
}

func TestWaits(t *testing.T) {
	now := newManualClock().at
	seconds := func(s ...float64) (d []time.Duration) {
		for _, x := range s {
			d = append(d, time.Duration(x*float64(time.Second)))
		}
		return d
	}
	tests := []struct {
		name    string
		retries int
		headers []string
		want    []time.Duration
	}{
		{"exponential, capped", 7, nil, seconds(1, 2, 4, 8, 16, 30, 30)},
		{"Retry-After in seconds", 1, []string{"Retry-After", "7"}, seconds(7)},
		{"Retry-After as a date", 1, []string{"Retry-After", now.Add(9 * time.Second).Format(http.TimeFormat)}, seconds(9)},
		{"a date in the past", 1, []string{"Retry-After", now.Add(-time.Hour).Format(http.TimeFormat)}, seconds(1)},
		{"zero", 1, []string{"Retry-After", "0"}, seconds(1)},
		{"negative", 1, []string{"Retry-After", "-5"}, seconds(1)},
		{"nonsense", 1, []string{"Retry-After", "soon"}, seconds(1)},
		{"as long as the patience", 1, []string{"Retry-After", "60"}, seconds(60)},
		{"longer than the patience", 1, []string{"Retry-After", "61"}, nil},
		{"absurdly long", 1, []string{"Retry-After", "99999999999999999999"}, nil},
		{"rate limit", 1, []string{"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "12"}, seconds(12)},
		{"rate limit, not used up", 1, []string{"X-RateLimit-Remaining", "3", "X-RateLimit-Reset", "12"}, seconds(1)},
		{"rate limit, long", 1, []string{"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "832"}, nil},
		{"Retry-After goes first", 1, []string{"Retry-After", "3", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "12"}, seconds(3)},
	}
	for _, code := range []int{429, 503} {
		for _, tt := range tests {
			t.Run(strconv.Itoa(code)+" "+tt.name, func(t *testing.T) {
				s := serve(t, status(code, tt.headers...))
				clk := newManualClock()
				c, _ := client(t, Config{MaxRetries: tt.retries}, clk)
				resp, err := c.Get(s.URL)
				if err != nil || resp.StatusCode != code {
					t.Fatalf("%v %v", resp, err)
				}
				resp.Body.Close()
				if got := clk.sleeps(); !reflect.DeepEqual(got, tt.want) {
					t.Errorf("waited %v; want %v", got, tt.want)
				}
			})
		}
	}
}

func TestJitter(t *testing.T) {
	_, tr := client(t, Config{}, nil)
	for share, want := range map[float64]time.Duration{0: 2 * time.Second, 0.5: 3 * time.Second, 1: 4 * time.Second} {
		tr.clock.jitter = func() float64 { return share }
		if got := tr.backoff(3, nil); got != want {
			t.Errorf("jitter %v: %v; want %v", share, got, want)
		}
	}
	if j := systemClock().jitter(); j < 0 || j >= 1 {
		t.Errorf("jitter %v", j)
	}
}

func TestLongWaitIsInTheError(t *testing.T) {
	s := serve(t, status(429, "Retry-After", "7200"))
	c, _ := client(t, Config{}, nil)
	_, err := Do(t.Context(), c, Call{Op: "list scopes", Method: "GET", URL: s.URL}, nil)
	wantText(t, err, "list scopes: the server returned 429 Too Many Requests and asked to wait 2h0m0s")
}

// A wait beyond the deadline of the operation is not begun, because the response explains more
// than the deadline.
func TestNoWaitPastTheDeadline(t *testing.T) {
	s := serve(t, status(503, "Retry-After", "50"))
	c, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err = Do(ctx, c, Call{Op: "op", Method: "GET", URL: s.URL}, nil)
	wantText(t, err, "503", "asked to wait 50s")
}

func TestInterrupted(t *testing.T) {
	t.Run("while waiting", func(t *testing.T) {
		s := serve(t, status(503))
		clk := newManualClock()
		c, _ := client(t, Config{}, clk)
		ctx, cancel := context.WithCancel(t.Context())
		clk.onSleep = cancel
		_, err := Do(ctx, c, Call{Op: "op", Method: "PUT", URL: s.URL}, nil)
		wantText(t, err, "interrupted; before that: the server returned 503 Service Unavailable")
		wantKind(t, err, authz.Unavailable)
		if !errors.Is(err, context.Canceled) || len(s.requests()) != 1 {
			t.Errorf("%v after %d requests", err, len(s.requests()))
		}
	})
	t.Run("while sending", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
			cancel()
			<-r.Context().Done()
		})
		c, tr := client(t, Config{}, nil)
		tr.grace = 0
		_, err := Do(ctx, c, Call{Op: "op", Method: "POST", URL: s.URL}, nil)
		wantText(t, err, "interrupted")
		if e := wantKind(t, err, authz.Unavailable); !e.OutcomeUnknown || e.Advice == "" {
			t.Errorf("%+v", e)
		}
	})
	t.Run("before sending", func(t *testing.T) {
		s := serve(t, status(200))
		c, _ := client(t, Config{}, nil)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := Do(ctx, c, Call{Op: "op", Method: "POST", URL: s.URL}, nil)
		wantText(t, err, "interrupted")
		if authz.OutcomeUnknown(err) || len(s.requests()) != 0 {
			t.Errorf("unknown %t after %d requests", authz.OutcomeUnknown(err), len(s.requests()))
		}
	})
}

// hang returns when the context ends, like a server that never responds.
func hang(r *http.Request) (*http.Response, error) {
	httptrace.ContextClientTrace(r.Context()).GotConn(httptrace.GotConnInfo{})
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Config{})
		if err != nil {
			t.Fatal(err)
		}
		c.Transport.(*transport).next = wireFunc(hang)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		_, err = Do(ctx, c, Call{Op: "op", Method: "DELETE", URL: "http://a.example"}, nil)
		wantText(t, err, "the operation timed out")
		e := wantKind(t, err, authz.Unavailable)
		if !e.OutcomeUnknown || !strings.Contains(drivertest.Advice(e), "timeouts") || !strings.Contains(drivertest.Advice(e), "request_timeout") {
			t.Errorf("%+v", e)
		}
	})
}

func TestRequestTimeout(t *testing.T) {
	for method, want := range map[string]int{"GET": 5, "POST": 1, "slow POST": 1} {
		synctest.Test(t, func(t *testing.T) {
			c, err := New(Config{RequestTimeout: 7 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			c.Transport.(*transport).next = wireFunc(func(r *http.Request) (*http.Response, error) {
				n++
				return hang(r)
			})
			ctx, slow := t.Context(), method == "slow POST"
			if slow {
				ctx = SlowRead(ctx)
			}
			_, err = Do(ctx, c, Call{Op: "op", Method: strings.TrimPrefix(method, "slow "), URL: "http://a.example"}, nil)
			wantText(t, err, "no complete response was received within 7s")
			e := wantKind(t, err, authz.Unavailable)
			if n != want || e.OutcomeUnknown != (method == "POST") || !strings.Contains(drivertest.Advice(e), "request_timeout") {
				t.Errorf("%s: %d attempts, %+v", method, n, e)
			}
			if errors.Is(err, context.DeadlineExceeded) || !TimedOut(err) {
				t.Errorf("the request timed out, the operation did not: %v", err)
			}
		})
	}
}

// slowBody gives nothing until its request's context ends.
type slowBody struct{ ctx context.Context } //nolint:containedctx // lives as long as the response

func (b slowBody) Read([]byte) (int, error) { <-b.ctx.Done(); return 0, b.ctx.Err() }
func (slowBody) Close() error               { return nil }

func TestRequestTimeoutCoversTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Config{MaxRetries: -1})
		if err != nil {
			t.Fatal(err)
		}
		c.Transport.(*transport).next = wireFunc(func(r *http.Request) (*http.Response, error) {
			resp := reply(200, nil, "")
			resp.Body = slowBody{r.Context()}
			return resp, nil
		})
		began := time.Now()
		_, err = Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: "http://a.example"}, nil)
		wantText(t, err, "no complete response was received within 30s")
		if took := time.Since(began); took != defaultRequestTimeout {
			t.Errorf("took %s", took)
		}
	})
}

func TestMaxConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Config{MaxConcurrency: 3})
		if err != nil {
			t.Fatal(err)
		}
		var now, most atomic.Int64
		c.Transport.(*transport).next = wireFunc(func(*http.Request) (*http.Response, error) {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			time.Sleep(time.Second)
			now.Add(-1)
			return reply(200, nil, ""), nil
		})
		began := time.Now()
		var wg sync.WaitGroup
		for i := range 12 {
			shared := c
			if i%2 == 0 { // two clients on one transport share its limit
				shared = &http.Client{Transport: c.Transport}
			}
			wg.Go(func() {
				// The body is neither read nor closed: no slot stays taken.
				if _, err := shared.Get("http://a.example"); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if most.Load() != 3 || time.Since(began) != 4*time.Second {
			t.Errorf("%d at once, in %s", most.Load(), time.Since(began))
		}
	})
}

// The wait for a slot or the rate limit does not count for the timeout, and ends with the
// context.
func TestWaitForAdmission(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Config{MaxConcurrency: 1, RequestTimeout: 2 * time.Second, MaxRetries: -1})
		if err != nil {
			t.Fatal(err)
		}
		c.Transport.(*transport).next = wireFunc(func(*http.Request) (*http.Response, error) {
			time.Sleep(1500 * time.Millisecond)
			return reply(204, nil, ""), nil
		})
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if _, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: "http://a.example"}, nil); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = Do(ctx, c, Call{Op: "op", Method: "POST", URL: "http://a.example"}, nil)
		wantText(t, err, "the operation timed out")
		if authz.OutcomeUnknown(err) {
			t.Error("it was never sent")
		}
		wg.Wait()
	})
}

func TestRequestsPerSecond(t *testing.T) {
	s := serve(t, status(204))
	clk := newManualClock()
	c, _ := client(t, Config{RequestsPerSecond: 4}, clk)
	for range 3 {
		if _, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: s.URL}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := clk.sleeps(); !reflect.DeepEqual(got, []time.Duration{250 * time.Millisecond, 250 * time.Millisecond}) {
		t.Errorf("waited %v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	clk.onSleep = cancel
	_, err := Do(ctx, c, Call{Op: "op", Method: "POST", URL: s.URL}, nil)
	wantText(t, err, "interrupted")
	if authz.OutcomeUnknown(err) || len(s.requests()) != 3 {
		t.Errorf("unknown %t, %d requests", authz.OutcomeUnknown(err), len(s.requests()))
	}
}

func TestSleep(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	if err := sleep(ctx, 0); err != nil {
		t.Error(err)
	}
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if err := sleep(t.Context(), time.Hour); err != nil || time.Since(began) != time.Hour {
			t.Errorf("%v after %s", err, time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := sleep(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
	cancel()
	for _, wait := range []func(context.Context, time.Duration) error{sleep, Pause} {
		if err := wait(ctx, time.Hour); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

func TestRedirects(t *testing.T) {
	reached := serve(t, status(200))
	for _, code := range []int{301, 302, 303, 307, 308} {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			s := serve(t, status(code, "Location", reached.URL+"/login?token="+canary))
			c, _ := client(t, Config{}, nil)
			_, err := Do(t.Context(), c, Call{Op: "op", Method: method, URL: s.URL, Body: map[string]string{"k": canary}}, nil)
			wantText(t, err, strconv.Itoa(code), "a redirect to "+reached.URL+";", "redirects are not followed")
			e := wantKind(t, err, authz.Unavailable)
			if e.OutcomeUnknown != (method != "GET" && (code == 302 || code == 303)) {
				t.Errorf("%s %d: unknown is %t", method, code, e.OutcomeUnknown)
			}
			if len(s.requests()) != 1 {
				t.Errorf("%d requests", len(s.requests()))
			}
		}
	}
	if n := len(reached.requests()); n != 0 {
		t.Errorf("the target was reached %d times", n)
	}
}

// A library that uses only the Transport gets the redirect itself.
func TestRedirectReachesTransportUsers(t *testing.T) {
	s := serve(t, status(307, "Location", "http://other.example/"))
	c, _ := client(t, Config{}, nil)
	req, _ := http.NewRequestWithContext(t.Context(), "POST", s.URL, strings.NewReader("x"))
	resp, err := c.Transport.RoundTrip(req)
	if err != nil || resp.StatusCode != 307 || resp.Header.Get("Location") != "http://other.example/" {
		t.Fatalf("%v %v", resp, err)
	}
}

func TestBadRedirects(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"no target":  status(302),
		"bad target": status(302, "Location", "http://%zz/"+canary),
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, h)
			c, _ := client(t, Config{}, nil)
			_, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: s.URL}, nil)
			wantText(t, err, "302 Found, a redirect to an unspecified address")
		})
	}
	s := serve(t, status(302, "Location", "/login"))
	c, _ := client(t, Config{}, nil)
	_, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: s.URL}, nil)
	wantText(t, err, "a redirect to "+s.URL+";")
}

func TestGzip(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "gzip" {
			w.WriteHeader(406)
			return
		}
		w.Header().Set("Content-Type", jsonType)
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, `{"a":1}`)
		_ = z.Close()
	})
	c, _ := client(t, Config{}, nil)
	var out struct{ A int }
	if _, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: s.URL}, &out); err != nil || out.A != 1 {
		t.Errorf("%+v %v", out, err)
	}
}

func TestResponseTooLarge(t *testing.T) {
	s := serve(t, typed(200, jsonType, `"`+strings.Repeat(canary, 20)+`"`))
	clk := newManualClock()
	c, tr := client(t, Config{}, clk)
	tr.maxBody = 100
	var out string
	_, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: s.URL}, &out)
	wantText(t, err, "larger than the limit of 100 bytes")
	if len(clk.sleeps()) != 0 {
		t.Error("repeated")
	}
}

func TestHeadersHostAndUserAgent(t *testing.T) {
	s := serve(t, status(204))
	c, _ := client(t, Config{
		UserAgent: "terraform-provider-authscopes/1",
		Host:      "account.example",
		Headers:   map[string]string{"x-gateway": "gw", "Accept": "never", "Host": "other.example"},
	}, nil)
	_, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: s.URL, Header: http.Header{"User-Agent": {"go-resty"}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := s.requests()[0]
	if got.host != "account.example" || got.header.Get("X-Gateway") != "gw" ||
		got.header.Get("User-Agent") != "terraform-provider-authscopes/1" || got.header.Get("Accept") != jsonType {
		t.Errorf("sent %+v", got)
	}

	c, _ = client(t, Config{UserAgent: "a", Headers: map[string]string{"host": "other.example", "user-agent": "mine"}}, nil)
	if _, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: s.URL}, nil); err != nil {
		t.Fatal(err)
	}
	if got := s.requests()[1]; got.host != "other.example" || got.header.Get("User-Agent") != "mine" {
		t.Errorf("sent %+v", got)
	}
}

// A caller's request is not changed.
func TestRequestIsUnchanged(t *testing.T) {
	s := serve(t, status(503), status(204))
	c, _ := client(t, Config{Headers: map[string]string{"X-A": "1"}}, nil)
	req, _ := http.NewRequestWithContext(t.Context(), "PUT", s.URL, strings.NewReader("body"))
	resp, err := c.Transport.RoundTrip(req)
	if err != nil || resp.StatusCode != 204 {
		t.Fatal(resp, err)
	}
	if len(req.Header) != 0 || req.ContentLength != 4 || resp.Request != req {
		t.Errorf("%v %d", req.Header, req.ContentLength)
	}
}

// brokenReader is a body that cannot be read.
type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("x") }

func TestRequestThatCannotBeSent(t *testing.T) {
	c, _ := client(t, Config{}, nil)
	tests := map[string]func(*http.Request){
		"begin with http":          func(r *http.Request) { r.URL.Scheme = "ftp" },
		"(the token: access_token": func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+canary+"\n") },
		"cannot be read":           func(r *http.Request) { r.Body = io.NopCloser(brokenReader{}) },
	}
	for want, breakIt := range tests {
		req, _ := http.NewRequestWithContext(t.Context(), "POST", "http://a.example", nil)
		breakIt(req)
		_, err := c.Transport.RoundTrip(req)
		wantText(t, err, want)
		if Error("op", err).OutcomeUnknown {
			t.Error("it was never sent")
		}
	}
}

// entry is one call of Log.
type entry struct {
	msg    string
	fields map[string]any
}

func TestLog(t *testing.T) {
	var logged []entry
	cfg := Config{
		Headers: map[string]string{"X-Key": canary},
		Log: func(_ context.Context, msg string, fields map[string]any) {
			logged = append(logged, entry{msg, fields})
		},
	}
	clk := newManualClock()
	s := serve(t, status(503), cut, func(w http.ResponseWriter, _ *http.Request) {
		_ = clk.clock().sleep(context.Background(), 70*time.Millisecond)
		w.Header().Set("Set-Cookie", canary)
		_, _ = io.WriteString(w, canary)
	})
	c, _ := client(t, cfg, clk)
	u := strings.Replace(s.URL, "http://", "http://"+canary+":"+canary+"@", 1) + "/a%2Fb?token=" + canary
	_, err := Do(t.Context(), c, Call{
		Op: "op", Method: "PUT", URL: u,
		Body: map[string]string{"password": canary}, Header: http.Header{"Authorization": {"Bearer " + canary}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	at := s.URL + "/a%2Fb"
	want := []entry{
		{"HTTP request", map[string]any{"method": "PUT", "url": at, "attempt": 1, "duration_ms": int64(0), "status": 503}},
		{
			"HTTP request",
			map[string]any{"method": "PUT", "url": at, "attempt": 2, "duration_ms": int64(0), "error": "the server closed the connection without a response"},
		},
		{"HTTP request", map[string]any{"method": "PUT", "url": at, "attempt": 3, "duration_ms": int64(70), "status": 200}},
	}
	if !reflect.DeepEqual(logged, want) {
		t.Errorf("logged %v\nwant %v", logged, want)
	}
}

func TestReusedConnections(t *testing.T) {
	var opened atomic.Int64
	s := httptest.NewUnstartedServer(typed(200, jsonType, `{}`))
	s.Config.ConnState = func(_ net.Conn, st http.ConnState) {
		if st == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	c, _ := client(t, Config{}, nil)
	for range 5 {
		if _, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: s.URL}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if opened.Load() != 1 {
		t.Errorf("%d connections for 5 requests", opened.Load())
	}
	c.CloseIdleConnections()
}

func TestHead(t *testing.T) {
	s := serve(t, status(200, "Content-Length", "12"))
	c, _ := client(t, Config{}, nil)
	resp, err := c.Head(s.URL)
	if err != nil || resp.ContentLength != 12 {
		t.Errorf("%v %v", resp, err)
	}
	resp.Body.Close()
}
