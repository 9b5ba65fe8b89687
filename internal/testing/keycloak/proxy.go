package keycloak

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
)

// Request is one request that came to a Proxy.
type Request struct {
	Method string
	Path   string // as sent, escaped
	Query  string
	Status int    // of the server or of the hook; 0: no response was received
	Body   string // of the request
}

// Action is what a Proxy does with a request. The zero value passes it on.
type Action struct {
	// CutBefore closes the connection without passing the request on: the server
	// never sees it. Go's own client repeats a GET that is cut on a connection
	// that it used before, so one call may come to the proxy twice.
	CutBefore bool
	// CutAfter passes the request on and closes the connection instead of sending the response:
	// the write is done, and its outcome is unknown to the caller.
	CutAfter bool
	// Status other than 0 is returned instead of calling the server, with Reason as reason phrase
	// unless it is "".
	Status int
	Reason string
	Header http.Header
	Body   string
	// Alter changes the server's response before it is sent back.
	Alter func(*http.Response) error
}

// Proxy stands on a loopback port in front of a server, records every request,
// and lets a test fail or change any of them.
type Proxy struct {
	URL string

	server    *httptest.Server
	transport *http.Transport

	mu       sync.Mutex
	requests []*Request
	hook     func(*http.Request) Action
	inFlight int
	maximum  int
	idle     sync.Cond // on mu: inFlight became 0
}

// NewProxy starts a proxy in front of the server, until the test ends.
func (s *Server) NewProxy(t T) *Proxy {
	t.Helper()
	return NewProxy(t, s.URL)
}

// NewProxy starts a proxy in front of any base URL, until the test ends. The
// Host header is the target's, so tokens are good on both sides of the proxy.
func NewProxy(t T, target string) *Proxy {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatalf("proxy target: %v", err)
	}
	p := &Proxy{transport: http.DefaultTransport.(*http.Transport).Clone()}
	p.idle.L = &p.mu
	p.transport.Proxy = nil
	p.transport.MaxIdleConnsPerHost = 64
	reverse := &httputil.ReverseProxy{
		Rewrite:        func(pr *httputil.ProxyRequest) { pr.SetURL(u) },
		Transport:      p.transport,
		ModifyResponse: answered,
		ErrorLog:       log.New(io.Discard, "", 0),
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			if errors.Is(err, errCut) {
				panic(http.ErrAbortHandler)
			}
			http.Error(w, err.Error(), http.StatusBadGateway)
		},
	}
	p.server = httptest.NewServer(p.handler(reverse))
	p.URL = p.server.URL
	t.Cleanup(p.close)
	return p
}

func (p *Proxy) close() {
	p.server.CloseClientConnections()
	p.server.Close()
	p.transport.CloseIdleConnections()
}

var errCut = errors.New("cut after the response")

// exchange is what the handler and the reverse proxy's callbacks share.
type exchange struct {
	action Action
	note   func(status int)
}

type exchangeKey struct{}

func (p *Proxy) handler(reverse http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request, hook := p.begin(r)
		defer p.end()
		note := func(status int) { p.note(request, status) }
		var action Action
		if hook != nil {
			action = hook(r)
		}
		switch {
		case action.CutBefore:
			panic(http.ErrAbortHandler)
		case action.Status != 0:
			note(action.Status)
			answer(w, action)
		default:
			reverse.ServeHTTP(w, withExchange(r, exchange{action: action, note: note}))
		}
	})
}

func withExchange(r *http.Request, e exchange) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), exchangeKey{}, e))
}

func exchangeOf(r *http.Request) exchange { return r.Context().Value(exchangeKey{}).(exchange) }

// readBody takes the body for the record and puts it back.
func readBody(r *http.Request) string {
	text, _ := io.ReadAll(r.Body) // a client that goes away is seen when the request is passed on
	r.Body = io.NopCloser(bytes.NewReader(text))
	return string(text)
}

func answer(w http.ResponseWriter, action Action) {
	if action.Reason != "" {
		fake.Reason(w, action.Status, action.Reason, action.Header.Get("Content-Type"), action.Body)
		return
	}
	for name, values := range action.Header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	w.WriteHeader(action.Status)
	_, _ = io.WriteString(w, action.Body)
}

func answered(resp *http.Response) error {
	e := exchangeOf(resp.Request)
	e.note(resp.StatusCode)
	if e.action.CutAfter {
		return errCut
	}
	if e.action.Alter != nil {
		return e.action.Alter(resp)
	}
	return nil
}

func (p *Proxy) begin(r *http.Request) (*Request, func(*http.Request) Action) {
	body := readBody(r)
	p.mu.Lock()
	defer p.mu.Unlock()
	request := &Request{Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Body: body}
	p.requests = append(p.requests, request)
	p.inFlight++
	p.maximum = max(p.maximum, p.inFlight)
	return request, p.hook
}

func (p *Proxy) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.inFlight--; p.inFlight == 0 {
		p.idle.Broadcast()
	}
}

// Idle waits until no request is under way.
func (p *Proxy) Idle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.inFlight > 0 {
		p.idle.Wait()
	}
}

func (p *Proxy) note(r *Request, status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r.Status = status
}

// SetHook puts a function in the way of every request that comes from now on;
// nil takes it out. It runs at once for requests that come at once, and may
// change or hold the request.
func (p *Proxy) SetHook(hook func(*http.Request) Action) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hook = hook
}

// Reset forgets the requests and the maximum; the hook stays.
func (p *Proxy) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests, p.maximum = nil, p.inFlight
}

// Requests returns the requests since the start or the last Reset, in order of arrival. The
// status of a request without a response is 0.
func (p *Proxy) Requests() []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]Request, 0, len(p.requests))
	for _, r := range p.requests {
		all = append(all, *r)
	}
	return all
}

// APIRequests are Requests without the logins.
func (p *Proxy) APIRequests() []Request {
	return slices.DeleteFunc(p.Requests(), func(r Request) bool {
		return strings.HasSuffix(r.Path, "/protocol/openid-connect/token")
	})
}

// MaxInFlight is the most requests that were under way at once.
func (p *Proxy) MaxInFlight() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.maximum
}

// HTML is the response of a foreign login page.
func HTML(status int) Action {
	return Action{
		Status: status,
		Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}},
		Body:   "<!DOCTYPE html><html><body><form>Please log in</form></body></html>",
	}
}
