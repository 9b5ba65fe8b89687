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
	// earliestRenewal is the time before its expiry at which a token is renewed. If a tenth of
	// its lifetime is shorter, that applies (Keycloak's admin-cli: 60 s).
	earliestRenewal = 10 * time.Second
	// longestFetch bounds a fetch, which continues if its caller is canceled.
	longestFetch = 5 * time.Minute
)

// WithToken returns a client that sends `Authorization: <scheme> <token>`. It calls fetch if
// there is no token, shortly before the token expires, and once after a 401 for which renew
// returns true (nil: after every 401). Concurrent callers share one fetch. After the fetch, the
// request is sent once more.
//
// The context of fetch has the values of its first caller's context, but not its end and not its
// Repeatable mark. An error of fetch becomes the error of the request.
func WithToken(
	c *http.Client, scheme string, fetch func(context.Context) (*oauth2.Token, error),
	renew func(status int, header http.Header, body []byte) bool,
) *http.Client {
	t := derived(c.Transport)
	t.login = &login{scheme: scheme, fetch: fetch, renew: renew, now: time.Now}
	return &http.Client{Transport: t, CheckRedirect: followNone, Jar: c.Jar, Timeout: c.Timeout}
}

// TokenResponse is the response of a token endpoint (RFC 6749, section 5.1). A field that the
// response does not have is 0 or "".
type TokenResponse struct {
	AccessToken  string  `json:"access_token"`
	RefreshToken string  `json:"refresh_token"`
	ExpiresIn    float64 `json:"expires_in"` // seconds from now
}

// Token returns the access token, which errors mask from now on. A response without one is
// Unavailable, with the advice, and OutcomeUnknown, because the credential that was sent may be
// used up.
func (g TokenResponse) Token(op, advice string, secrets *Secrets) (*oauth2.Token, error) {
	if g.AccessToken == "" {
		e := authz.Advise(authz.Unavailable, op, advice, "the response has no access_token")
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

// TokenError is the error response of a token endpoint (RFC 6749, section 5.2).
type TokenError struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

// login is the hook of a transport that gets the token of its requests.
type login struct {
	scheme string
	fetch  func(context.Context) (*oauth2.Token, error)
	renew  func(status int, header http.Header, body []byte) bool
	now    func() time.Time

	flight singleflight.Group
	mu     sync.Mutex
	held   heldToken
}

// heldToken is a token and the number of the fetch that returned it, counted from 1: some servers
// return the same token for a new login.
type heldToken struct {
	value      string
	generation uint64
	renewAt    time.Time // zero: never
}

// renews reports whether to send a request again with a new token. The body of the response
// stays readable. A transport without a login never does.
func (l *login) renews(resp *http.Response) bool {
	if l == nil || resp.StatusCode != http.StatusUnauthorized {
		return false
	}
	if l.renew == nil {
		return true
	}
	body, _ := io.ReadAll(resp.Body) // it is in memory, so that this cannot fail
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return l.renew(resp.StatusCode, resp.Header, body)
}

// token returns the current token. If its generation is at most refused, or it is near its
// expiry, token fetches a new one.
func (l *login) token(ctx context.Context, refused uint64) (heldToken, error) {
	for {
		if h, ok := l.usable(refused); ok {
			return h, nil
		}
		// If a caller is canceled, the fetch continues for the others, and a token that can be
		// issued only once is kept for the next caller.
		done := l.flight.DoChan("", func() (any, error) { return l.renewed(ctx, refused) })
		select {
		case <-ctx.Done():
			return heldToken{}, ctx.Err()
		case r := <-done:
			if r.Err != nil {
				return heldToken{}, r.Err
			}
			// The fetch can have begun before the rejected token was issued.
			if h, ok := r.Val.(heldToken); ok && h.generation > refused {
				return h, nil
			}
		}
	}
}

func (l *login) usable(refused uint64) (heldToken, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.held
	ok := h.generation > refused && (h.renewAt.IsZero() || l.now().Before(h.renewAt))
	return h, ok
}

func (l *login) renewed(ctx context.Context, refused uint64) (heldToken, error) {
	if h, ok := l.usable(refused); ok {
		return h, nil
	}
	ctx, cancel := context.WithTimeout(notRepeatable(context.WithoutCancel(ctx)), longestFetch)
	defer cancel()
	began := l.now()
	got, err := l.fetch(ctx)
	if err != nil {
		return heldToken{}, withKnownOutcome(err)
	}
	if got == nil || got.AccessToken == "" {
		return heldToken{}, authz.Errorf(authz.Unavailable, "log in", "the response has no token")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = heldToken{value: got.AccessToken, generation: l.held.generation + 1, renewAt: renewAt(began, got.Expiry)}
	return l.held, nil
}

func renewAt(began, expiry time.Time) time.Time {
	if expiry.IsZero() {
		return expiry
	}
	return expiry.Add(-min(earliestRenewal, expiry.Sub(began)/10))
}

// withKnownOutcome converts the error of a login into that of a request. The outcome of the request is
// known even if that of the login is not: the request was never sent.
func withKnownOutcome(err error) error {
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
