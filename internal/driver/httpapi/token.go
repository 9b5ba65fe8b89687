package httpapi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

const (
	// earliestRenewal is how long before its expiry a token is renewed, or a
	// tenth of its life where that is shorter (Keycloak's admin-cli: 60 s).
	earliestRenewal = 10 * time.Second
	// longestFetch bounds a fetch, which no caller's cancellation ends.
	longestFetch = 5 * time.Minute
	maxRefusal   = 1 << 20 // bytes of a 401's body that renew gets to see
)

// WithToken makes a client that sends `Authorization: <scheme> <token>`. fetch
// is called when there is no token, shortly before it expires, and once after a
// 401 for which renew (nil: every 401) is true; concurrent callers share one
// fetch. The request is then built anew and sent once more.
//
// fetch gets a context with the values of its first caller, but neither its end
// nor its Repeatable mark. What it answers with becomes the request's error.
func WithToken(c *http.Client, scheme string, fetch func(context.Context) (*oauth2.Token, error), renew func(status int, header http.Header, body []byte) bool) *http.Client {
	next := c.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	t := &tokenTransport{next: next, scheme: scheme, fetch: fetch, renew: renew, now: time.Now}
	return &http.Client{Transport: t, CheckRedirect: followNone, Jar: c.Jar, Timeout: c.Timeout}
}

// TokenResponse is a token endpoint's answer (RFC 6749, section 5.1). What is 0 or ""
// was not told.
type TokenResponse struct {
	AccessToken  string  `json:"access_token"`
	RefreshToken string  `json:"refresh_token"`
	ExpiresIn    float64 `json:"expires_in"` // seconds from now
}

// Token is the access token, kept out of errors from now on. An answer without
// one is Unavailable, with the advice; what was sent for it is spent.
func (g TokenResponse) Token(op, advice string, secrets *Secrets) (*oauth2.Token, error) {
	if g.AccessToken == "" {
		e := authz.Advise(authz.Unavailable, op, advice, "the answer has no access_token")
		e.OutcomeUnknown = true
		return nil, e
	}
	secrets.Add(g.AccessToken)
	token := &oauth2.Token{AccessToken: g.AccessToken}
	if g.ExpiresIn > 0 {
		token.Expiry = time.Now().Add(time.Duration(g.ExpiresIn * float64(time.Second)))
	}
	return token, nil
}

// TokenError is a token endpoint's error answer (RFC 6749, section 5.2).
type TokenError struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

type tokenTransport struct {
	next   http.RoundTripper
	scheme string
	fetch  func(context.Context) (*oauth2.Token, error)
	renew  func(status int, header http.Header, body []byte) bool
	now    func() time.Time

	flight singleflight.Group
	mu     sync.Mutex
	held   heldToken
}

// heldToken is a token and which fetch it came from, counted from 1: some
// servers answer a new login with the same token.
type heldToken struct {
	value      string
	generation uint64
	renewAt    time.Time // zero: never
}

func (t *tokenTransport) CloseIdleConnections() { closeIdle(t.next) }

// RoundTrip sends with a token, and once more with a new one after a 401.
func (t *tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := takeBody(req)
	if err != nil {
		return nil, &failure{method: req.Method, target: target(req.URL), err: err}
	}
	token, err := t.token(req.Context(), 0)
	if err != nil {
		return nil, unsent(req, err)
	}
	resp, err := t.send(req, body, token)
	if err != nil || resp.StatusCode != http.StatusUnauthorized || !t.shouldRenew(resp) {
		return resp, err
	}
	_ = resp.Body.Close()
	if token, err = t.token(req.Context(), token.generation); err != nil {
		return nil, unsent(req, err)
	}
	return t.send(req, body, token)
}

func (t *tokenTransport) send(req *http.Request, body []byte, token heldToken) (*http.Response, error) {
	r := req.Clone(req.Context())
	r.Header.Set("Authorization", t.scheme+" "+token.value)
	if len(body) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(body))
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		r.ContentLength = int64(len(body))
	}
	return t.next.RoundTrip(r)
}

// shouldRenew asks about a 401; its body stays readable.
func (t *tokenTransport) shouldRenew(resp *http.Response) bool {
	if t.renew == nil {
		return true
	}
	seen, _ := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	rest := resp.Body
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(seen), rest), rest}
	return t.renew(resp.StatusCode, resp.Header, seen)
}

// token is the one held, or a new one when that is of the refused generation,
// older, or near its expiry.
func (t *tokenTransport) token(ctx context.Context, refused uint64) (heldToken, error) {
	for {
		if h, ok := t.usable(refused); ok {
			return h, nil
		}
		// A caller that gives up leaves the fetch to those who wait for it, and
		// a token that can be had only once to the next one.
		done := t.flight.DoChan("", func() (any, error) { return t.renewed(ctx, refused) })
		select {
		case <-ctx.Done():
			return heldToken{}, ctx.Err()
		case r := <-done:
			if r.Err != nil {
				return heldToken{}, r.Err
			}
			// The fetch may have begun before the token that was refused.
			if h, ok := r.Val.(heldToken); ok && h.generation > refused {
				return h, nil
			}
		}
	}
}

func (t *tokenTransport) usable(refused uint64) (heldToken, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.held
	ok := h.generation > refused && (h.renewAt.IsZero() || t.now().Before(h.renewAt))
	return h, ok
}

func (t *tokenTransport) renewed(ctx context.Context, refused uint64) (heldToken, error) {
	if h, ok := t.usable(refused); ok {
		return h, nil
	}
	ctx, cancel := context.WithTimeout(notRepeatable(context.WithoutCancel(ctx)), longestFetch)
	defer cancel()
	began := t.now()
	got, err := t.fetch(ctx)
	if err != nil {
		return heldToken{}, notOurs(err)
	}
	if got == nil || got.AccessToken == "" {
		return heldToken{}, authz.Errorf(authz.Unavailable, "log in", "the answer holds no token")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.held = heldToken{value: got.AccessToken, generation: t.held.generation + 1, renewAt: renewAt(began, got.Expiry)}
	return t.held, nil
}

// unsent is the error of a request that waited for a token and got none.
func unsent(req *http.Request, err error) error {
	var e *authz.Error
	if errors.As(err, &e) {
		return err
	}
	return &failure{method: req.Method, target: target(req.URL), err: err}
}

func renewAt(began, expiry time.Time) time.Time {
	if expiry.IsZero() {
		return expiry
	}
	return expiry.Add(-min(earliestRenewal, expiry.Sub(began)/10))
}

// notOurs: a login whose answer got lost says nothing about the request that
// waited for it, which was never sent.
func notOurs(err error) error {
	var e *authz.Error
	if !errors.As(err, &e) {
		e = Error("log in", err)
	}
	if !e.OutcomeUnknown {
		return e
	}
	known := *e
	known.OutcomeUnknown = false
	return &known
}
