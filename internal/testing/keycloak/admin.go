package keycloak

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// T is what the helpers need of a test; a *testing.T is one, and so can be a
// program that has no test.
type T interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(f func())
	Context() context.Context
}

// StatusError is a response that is not 2xx.
type StatusError struct {
	Method, Path string
	Status       int
	Body         string
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("%s %s: %d %s", e.Method, e.Path, e.Status, e.Body)
}

// Admin calls the admin REST API
// (https://www.keycloak.org/docs-api/latest/rest-api/index.html) with a token
// of its own, renewed before its time is over. It is safe for concurrent use.
type Admin struct {
	http  *http.Client
	url   string
	realm string // to log in to
	login url.Values

	mu      sync.Mutex
	token   string
	expires time.Time
}

// newAdmin logs in to a realm by a request for a token (RFC 6749, section 4).
func newAdmin(server, realm string, login url.Values) *Admin {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 16
	return &Admin{http: &http.Client{Transport: transport, Timeout: time.Minute}, url: server, realm: realm, login: login}
}

func (a *Admin) accessToken(ctx context.Context) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if time.Now().Before(a.expires) {
		return a.token, nil
	}
	asked := time.Now()
	t, err := a.requestToken(ctx, a.realm, a.login)
	if err != nil {
		return "", err
	}
	a.token, a.expires = t.AccessToken, asked.Add(time.Duration(t.ExpiresIn)*time.Second-15*time.Second)
	return a.token, nil
}

// requestToken posts to a realm's token endpoint (RFC 6749 section 3.2).
func (a *Admin) requestToken(ctx context.Context, realm string, form url.Values) (Token, error) {
	target := a.url + "/realms/" + url.PathEscape(realm) + "/protocol/openid-connect/token"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, strings.NewReader(form.Encode()))
	if err != nil {
		return Token{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var t Token
	_, err = a.roundTrip(req, &t)
	return t, err
}

// maxAttempts and retryDelay bound the retries of Do: 0.2 s, 0.4 s and 0.6 s
// between the attempts.
const (
	maxAttempts = 4
	retryDelay  = 200 * time.Millisecond
)

// Do sends one admin request and decodes the response into out (nil: ignored). in
// is sent as JSON (nil: no body). path begins behind the server's URL; a
// response other than 2xx is a *StatusError.
//
// On a busy machine, Keycloak can return 500 for a correct request. Do repeats an
// idempotent request after a 5xx response, a few times. The failed attempt may
// have deleted the object, so a repeated DELETE treats 404 as success.
func (a *Admin) Do(ctx context.Context, method, path string, in, out any) (http.Header, error) {
	var text []byte
	if in != nil {
		var err error
		if text, err = json.Marshal(in); err != nil {
			return nil, err
		}
	}
	for attempt := 1; ; attempt++ {
		header, err := a.send(ctx, method, path, text, out)
		if attempt > 1 && method == http.MethodDelete && isNotFound(err) {
			return header, nil
		}
		var status *StatusError
		if attempt == maxAttempts || !errors.As(err, &status) || status.Status < 500 || !idempotent(method, path) {
			return header, err
		}
		select {
		case <-ctx.Done():
			return header, err
		case <-time.After(time.Duration(attempt) * retryDelay):
		}
	}
}

// idempotent reports whether a request can be repeated. A POST of role mappings
// adds to a set. Any other POST creates an object.
func idempotent(method, path string) bool {
	switch method {
	case http.MethodGet, http.MethodPut, http.MethodDelete:
		return true
	case http.MethodPost:
		return strings.Contains(path, "/role-mappings/") || strings.Contains(path, "/scope-mappings/")
	}
	return false
}

// send is one attempt of Do. A nil text is no body.
func (a *Admin) send(ctx context.Context, method, path string, text []byte, out any) (http.Header, error) {
	var body io.Reader = http.NoBody
	if text != nil {
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, a.url+path, body)
	if err != nil {
		return nil, err
	}
	token, err := a.accessToken(ctx)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json")
	if text != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return a.roundTrip(req, out)
}

func (a *Admin) roundTrip(req *http.Request, out any) (http.Header, error) {
	resp, err := a.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", req.Method, req.URL.Path, err)
	}
	if resp.StatusCode/100 != 2 {
		return resp.Header, &StatusError{Method: req.Method, Path: req.URL.Path, Status: resp.StatusCode, Body: string(text)}
	}
	if out == nil {
		return resp.Header, nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return resp.Header, fmt.Errorf("%s %s: %w", req.Method, req.URL.Path, err)
	}
	return resp.Header, nil
}

// Path joins escaped segments behind /admin/realms.
func Path(segments ...string) string {
	var b strings.Builder
	b.WriteString("/admin/realms")
	for _, s := range segments {
		b.WriteString("/" + url.PathEscape(s))
	}
	return b.String()
}

// lastSegment returns the ID at the end of a Location header.
func lastSegment(h http.Header) string {
	location := h.Get("Location")
	return location[strings.LastIndex(location, "/")+1:]
}
