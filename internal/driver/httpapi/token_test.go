package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// issuer hands out token-1, token-2, ... that live for a time, 0: for ever.
type issuer struct {
	n    atomic.Int64
	life time.Duration
}

func (i *issuer) fetch(context.Context) (*oauth2.Token, error) {
	tok := &oauth2.Token{AccessToken: fmt.Sprintf("token-%d", i.n.Add(1))}
	if i.life > 0 {
		tok.Expiry = time.Now().Add(i.life)
	}
	return tok, nil
}

// guarded accepts one Authorization value and returns 401 for all others.
type guarded struct {
	mu      sync.Mutex
	accept  string
	refusal string
	seen    []string
	bodies  []string
}

func (g *guarded) RoundTrip(r *http.Request) (*http.Response, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seen = append(g.seen, r.Header.Get("Authorization"))
	if r.Body != nil {
		b, _ := io.ReadAll(r.Body)
		rewound, _ := r.GetBody() // net/http does so on a connection that went stale
		again, _ := io.ReadAll(rewound)
		if !bytes.Equal(b, again) || r.ContentLength != int64(len(b)) {
			return nil, errors.New("the body cannot be sent again")
		}
		g.bodies = append(g.bodies, string(b))
	}
	if g.accept != "" && r.Header.Get("Authorization") != g.accept {
		return reply(401, nil, g.refusal), nil
	}
	return reply(204, nil, ""), nil
}

func TestTokenIsSentAndKept(t *testing.T) {
	g, i := &guarded{}, &issuer{}
	c := WithToken(&http.Client{Transport: g, Timeout: time.Minute}, "bearer", i.fetch, nil)
	for range 3 {
		if _, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: "http://a.example"}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"bearer token-1", "bearer token-1", "bearer token-1"}; !reflect.DeepEqual(g.seen, want) {
		t.Errorf("sent %q", g.seen)
	}
	if c.Timeout != time.Minute {
		t.Error("the client's timeout is gone")
	}
}

func TestTokenIsLazy(t *testing.T) {
	i := &issuer{}
	WithToken(&http.Client{}, "Bearer", i.fetch, nil).CloseIdleConnections()
	if i.n.Load() != 0 {
		t.Error("logged in before the first request")
	}
}

func TestTokenRenewedBeforeExpiry(t *testing.T) {
	tests := map[time.Duration]time.Duration{ // life: when it is renewed
		60 * time.Second: 54 * time.Second,
		time.Hour:        time.Hour - 10*time.Second,
		time.Second:      900 * time.Millisecond,
	}
	for life, renewed := range tests {
		synctest.Test(t, func(t *testing.T) {
			g, i := &guarded{}, &issuer{life: life}
			c := WithToken(&http.Client{Transport: g}, "Bearer", i.fetch, nil)
			get := func() {
				if _, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: "http://a.example"}, nil); err != nil {
					t.Fatal(err)
				}
			}
			get()
			time.Sleep(renewed - time.Millisecond)
			get()
			time.Sleep(time.Millisecond)
			get()
			if want := []string{"Bearer token-1", "Bearer token-1", "Bearer token-2"}; !reflect.DeepEqual(g.seen, want) {
				t.Errorf("life %s: sent %q", life, g.seen)
			}
		})
	}
}

// A token that is expired on arrival (clocks that differ) is used, not fetched
// for ever.
func TestTokenExpiredOnArrival(t *testing.T) {
	g, i := &guarded{}, &issuer{life: -time.Hour}
	i.life = time.Nanosecond
	c := WithToken(&http.Client{Transport: g}, "Bearer", i.fetch, nil)
	if _, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: "http://a.example"}, nil); err != nil {
		t.Fatal(err)
	}
	if i.n.Load() != 1 {
		t.Errorf("%d fetches", i.n.Load())
	}
}

func TestTokenAfter401(t *testing.T) {
	g, i := &guarded{accept: "Bearer token-2"}, &issuer{}
	c := WithToken(&http.Client{Transport: g}, "Bearer", i.fetch, nil)
	_, err := Do(t.Context(), c, Call{Op: "op", Method: "POST", URL: "http://a.example", Body: map[string]int{"a": 1}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"Bearer token-1", "Bearer token-2"}; !reflect.DeepEqual(g.seen, want) {
		t.Errorf("sent %q", g.seen)
	}
	if want := []string{`{"a":1}`, `{"a":1}`}; !reflect.DeepEqual(g.bodies, want) {
		t.Errorf("sent bodies %q", g.bodies)
	}
}

// A body without GetBody is sent again as well, and the caller's request does not change.
func TestTokenAfter401WithoutGetBody(t *testing.T) {
	g, i := &guarded{accept: "Bearer token-2"}, &issuer{}
	c := WithToken(&http.Client{Transport: g}, "Bearer", i.fetch, nil)
	req, _ := http.NewRequestWithContext(t.Context(), "POST", "http://a.example", io.NopCloser(strings.NewReader("x=1")))
	resp, err := c.Do(req)
	if err != nil || resp.StatusCode != 204 || !reflect.DeepEqual(g.bodies, []string{"x=1", "x=1"}) || len(req.Header) != 0 {
		t.Errorf("%v %v %q", resp, err, g.bodies)
	}
	resp.Body.Close()
}

func TestToken401Twice(t *testing.T) {
	g, i := &guarded{accept: "none", refusal: "who?"}, &issuer{}
	c := WithToken(&http.Client{Transport: g}, "Bearer", i.fetch, nil)
	resp, err := c.Get("http://a.example")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if resp.StatusCode != 401 || string(body) != "who?" || len(g.seen) != 2 || i.n.Load() != 2 {
		t.Errorf("%d %q after %q", resp.StatusCode, body, g.seen)
	}
	_, err = Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: "http://a.example"}, nil)
	wantKind(t, err, authz.Denied)
}

func TestRenewDecides(t *testing.T) {
	g, i := &guarded{accept: "none", refusal: "insufficient_rights"}, &issuer{}
	var asked []string
	c := WithToken(&http.Client{Transport: g}, "Bearer", i.fetch, func(status int, h http.Header, body []byte) bool {
		asked = append(asked, fmt.Sprint(status, h != nil, " ", string(body)))
		return !bytes.Contains(body, []byte("insufficient_rights"))
	})
	resp, err := c.Get("http://a.example")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if len(g.seen) != 1 || i.n.Load() != 1 || string(body) != "insufficient_rights" {
		t.Errorf("sent %q, body %q", g.seen, body)
	}
	g.refusal = "invalid_token"
	if resp, err := c.Get("http://a.example"); err != nil {
		t.Error(err)
	} else {
		resp.Body.Close()
	}
	if want := []string{"401 true insufficient_rights", "401 true invalid_token"}; len(g.seen) != 3 || !reflect.DeepEqual(asked, want) {
		t.Errorf("sent %q, asked %q", g.seen, asked)
	}
}

// Concurrent requests share one login, and one renewal if all are rejected together, even if the
// server returns the same token again.
func TestTokenSingleFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fetches, requests atomic.Int64
		fetch := func(context.Context) (*oauth2.Token, error) {
			time.Sleep(time.Second)
			fetches.Add(1)
			return &oauth2.Token{AccessToken: "same"}, nil
		}
		wire := wireFunc(func(*http.Request) (*http.Response, error) {
			n := requests.Add(1)
			time.Sleep(time.Second)
			if n <= 20 {
				return reply(401, nil, ""), nil
			}
			return reply(204, nil, ""), nil
		})
		c := WithToken(&http.Client{Transport: wire}, "Bearer", fetch, nil)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if _, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: "http://a.example"}, nil); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if fetches.Load() != 2 || requests.Load() != 40 {
			t.Errorf("%d fetches for %d requests", fetches.Load(), requests.Load())
		}
	})
}

// A 401 that comes late, when another has renewed already, takes the new token.
func TestTokenRenewedByAnother(t *testing.T) {
	i := &issuer{}
	tt := &login{fetch: i.fetch, now: time.Now}
	first, err := tt.token(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		second, err := tt.token(t.Context(), first.generation)
		if err != nil || second.value != "token-2" || i.n.Load() != 2 {
			t.Errorf("%+v %v after %d fetches", second, err, i.n.Load())
		}
	}
	if again, err := tt.renewed(t.Context(), first.generation); err != nil || again.value != "token-2" {
		t.Errorf("%+v %v", again, err)
	}
}

// A 401 for the token of a fetch that is still being handed out needs another.
func TestTokenRefusedDuringFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{}
		tt := &login{now: time.Now}
		tt.fetch = func(ctx context.Context) (*oauth2.Token, error) {
			time.Sleep(time.Second)
			return i.fetch(ctx)
		}
		go func() { _, _ = tt.token(t.Context(), 0) }()
		synctest.Wait()
		h, err := tt.token(t.Context(), 1)
		if err != nil || h.value != "token-2" || i.n.Load() != 2 {
			t.Errorf("%+v %v", h, err)
		}
	})
}

func TestCancelledCallerLeavesTheFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		var values []any
		i := &issuer{}
		fetch := func(ctx context.Context) (*oauth2.Token, error) {
			values = append(values, ctx.Value(key{}), markOf(ctx))
			if err := sleep(ctx, time.Minute); err != nil {
				return nil, err
			}
			return i.fetch(ctx)
		}
		g := &guarded{}
		c := WithToken(&http.Client{Transport: g}, "Bearer", fetch, nil)
		ctx, cancel := context.WithCancel(Repeatable(context.WithValue(t.Context(), key{}, "v")))
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := Do(ctx, c, Call{Op: "op", Method: "POST", URL: "http://a.example"}, nil)
			wantText(t, err, "interrupted")
		})
		synctest.Wait()
		wg.Go(func() {
			if _, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: "http://a.example"}, nil); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		cancel()
		wg.Wait()
		if i.n.Load() != 1 || len(g.seen) != 1 || !reflect.DeepEqual(values, []any{"v", unmarked}) {
			t.Errorf("%d fetches, sent %q, %v", i.n.Load(), g.seen, values)
		}
	})
}

// A write that never got a token was never sent.
func TestInterruptedWhileLoggingIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fetch := func(ctx context.Context) (*oauth2.Token, error) { return nil, sleep(ctx, time.Hour) }
		c := WithToken(&http.Client{Transport: &guarded{}}, "Bearer", fetch, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := Do(ctx, c, Call{Op: "op", Method: "POST", URL: "http://a.example/p?" + canary}, nil)
		wantText(t, err, "op: POST http://a.example/p: the operation timed out")
		if authz.OutcomeUnknown(err) {
			t.Error("it was never sent")
		}
		time.Sleep(longestFetch) // the fetch ends by itself
	})
}

func TestFetchErrors(t *testing.T) {
	denied := &authz.Error{Kind: authz.Denied, Op: "log in to Keycloak", Advice: "client_secret", Err: errors.New("no")}
	lostLogin := &authz.Error{Kind: authz.Unavailable, Op: "log in", Err: errors.New("no"), OutcomeUnknown: true}
	tests := []struct {
		name  string
		token *oauth2.Token
		err   error
		kind  authz.Kind
		text  string
	}{
		{"authz error", nil, denied, authz.Denied, "log in to Keycloak: no"},
		{"wrapped authz error", nil, fmt.Errorf("x: %w", denied), authz.Denied, "log in to Keycloak: no"},
		{"lost login", nil, lostLogin, authz.Unavailable, "log in: no"},
		{"other error", nil, io.EOF, authz.Unavailable, "log in: the server closed the connection"},
		{"no token", nil, nil, authz.Unavailable, "the response has no token"},
		{"empty token", &oauth2.Token{}, nil, authz.Unavailable, "the response has no token"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := &guarded{}
			c := WithToken(&http.Client{Transport: g}, "Bearer", func(context.Context) (*oauth2.Token, error) { return tt.token, tt.err }, nil)
			_, err := Do(t.Context(), c, Call{Op: "op", Method: "POST", URL: "http://a.example/"}, nil)
			wantText(t, err, tt.text)
			if e := wantKind(t, err, tt.kind); e.OutcomeUnknown {
				t.Error("the request was never sent")
			}
			if len(g.seen) != 0 {
				t.Errorf("sent %q", g.seen)
			}
			_, err = c.Get("http://a.example/")
			var e *authz.Error
			if !errors.As(err, &e) || errors.Is(tt.err, denied) && e != denied {
				t.Errorf("through url.Error: %v", err)
			}
		})
	}
}

// A failed renewal after a 401 is the error, not the 401.
func TestFetchErrorAfter401(t *testing.T) {
	n := 0
	fetch := func(context.Context) (*oauth2.Token, error) {
		if n++; n > 1 {
			return nil, authz.Errorf(authz.Denied, "log in", "locked")
		}
		return &oauth2.Token{AccessToken: "a"}, nil
	}
	c := WithToken(&http.Client{Transport: &guarded{accept: "none"}}, "Bearer", fetch, nil)
	_, err := Do(t.Context(), c, Call{Op: "op", Method: "POST", URL: "http://a.example"}, nil)
	wantText(t, err, "log in: locked")
}

func TestTokenBodyCannotBeRead(t *testing.T) {
	i := &issuer{}
	c := WithToken(&http.Client{Transport: &guarded{}}, "Bearer", i.fetch, nil)
	_, err := c.Post("http://a.example", "text/plain", brokenReader{})
	wantText(t, err, "cannot be read")
	if i.n.Load() != 0 {
		t.Error("logged in for nothing")
	}
}

// All layers together: by Transport alone, as a library takes it.
func TestTransportAloneHasEverything(t *testing.T) {
	s := serve(t, status(503), status(401), cut, status(302, "Location", "http://other.example/"))
	base, _ := client(t, Config{UserAgent: "ua"}, nil)
	i := &issuer{}
	c := WithToken(base, "Bearer", i.fetch, nil)
	req, _ := http.NewRequestWithContext(t.Context(), "PUT", s.URL, strings.NewReader("body"))
	resp, err := c.Transport.RoundTrip(req)
	if err != nil || resp.StatusCode != 302 {
		t.Fatal(resp, err)
	}
	var auth []string
	for _, g := range s.requests() {
		auth = append(auth, g.header.Get("Authorization"))
		if g.body != "body" || g.header.Get("User-Agent") != "ua" {
			t.Errorf("sent %+v", g)
		}
	}
	if want := []string{"Bearer token-1", "Bearer token-1", "Bearer token-2", "Bearer token-2"}; !reflect.DeepEqual(auth, want) {
		t.Errorf("sent %q", auth)
	}
	c.CloseIdleConnections()
}

func TestGrant(t *testing.T) {
	secrets := NewSecrets()
	_, err := TokenResponse{RefreshToken: canary}.Token("log in", "Look again.", secrets)
	wantText(t, err, "log in: the response has no access_token")
	if e := wantKind(t, err, authz.Unavailable); e.Advice != "Look again." || !e.OutcomeUnknown {
		t.Errorf("%+v", e)
	}
	token, err := TokenResponse{AccessToken: canary}.Token("log in", "", secrets)
	if err != nil || token.AccessToken != canary || !token.Expiry.IsZero() {
		t.Errorf("%v, %v", token, err)
	}
	if got := secrets.Sanitize(canary); got != "***" {
		t.Error(got)
	}
	before := time.Now()
	token, err = TokenResponse{AccessToken: "a", ExpiresIn: 0.5}.Token("log in", "", secrets)
	if err != nil || token.Expiry.Before(before.Add(500*time.Millisecond)) || token.Expiry.After(time.Now().Add(500*time.Millisecond)) {
		t.Errorf("%v, %v", token, err)
	}
}
