package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

const (
	firstWait   = time.Second
	longestWait = 30 * time.Second // if the server requests no wait
	// patience is the longest wait that a server may request. If it requests more, its response
	// is returned at once, so that the error can report it.
	patience = 60 * time.Second
	// grace is how long a write that was sent may continue after its operation was interrupted,
	// so that its outcome becomes known.
	grace = 15 * time.Second
	// maxBody is the largest response that is read, in bytes after decompression.
	maxBody = 256 << 20
)

// transport is the one http.RoundTripper. It logs in, checks calls, retries, limits, times and
// logs requests. It reads each response completely: so the concurrency limit, the timeout and
// the retries include the body, and no caller can keep a slot occupied.
type transport struct {
	next    http.RoundTripper // the connections
	cfg     Config
	timeout time.Duration
	retries int
	slots   *semaphore.Weighted
	// concurrency is the size of slots.
	concurrency int
	rate        *rate.Limiter
	// throttle is shared by all requests, because the server's limit is.
	throttle *throttle
	clock    clock
	grace    time.Duration
	maxBody  int64

	login *login // sends a token with each request; nil: none
	calls bool   // each request belongs to a Call, and is checked by it; see Checked
	plain bool   // next is no transport of New: its errors and responses stay as they are
}

func newTransport(cfg Config, c clock) (*transport, error) {
	if err := checkHeaders(cfg.Headers); err != nil {
		return nil, err
	}
	t := &transport{
		cfg: cfg, clock: c, grace: grace, maxBody: maxBody, throttle: newThrottle(),
		timeout: defaultRequestTimeout, retries: defaultMaxRetries, concurrency: defaultMaxConcurrency,
		rate: rate.NewLimiter(rate.Inf, 1),
	}
	if cfg.MaxConcurrency > 0 {
		t.concurrency = cfg.MaxConcurrency
	}
	if cfg.RequestTimeout > 0 {
		t.timeout = cfg.RequestTimeout
	}
	if cfg.MaxRetries != 0 {
		t.retries = max(cfg.MaxRetries, 0)
	}
	if cfg.RequestsPerSecond > 0 {
		t.rate.SetLimit(rate.Limit(cfg.RequestsPerSecond))
	}
	t.slots = semaphore.NewWeighted(int64(t.concurrency))
	next, err := newWire(cfg, t.timeout, t.concurrency)
	if err != nil {
		return nil, err
	}
	t.next = next
	return t, nil
}

// derived returns a copy of a transport, which shares its limits. Another RoundTripper becomes
// the connections of a transport without limits and retries.
func derived(rt http.RoundTripper) *transport {
	if t, ok := rt.(*transport); ok {
		own := *t
		return &own
	}
	if rt == nil {
		rt = http.DefaultTransport
	}
	return &transport{
		next: rt, plain: true, concurrency: defaultMaxConcurrency, clock: systemClock(), grace: grace, maxBody: maxBody, throttle: newThrottle(),
		timeout: 24 * time.Hour, slots: semaphore.NewWeighted(math.MaxInt64), rate: rate.NewLimiter(rate.Inf, 1),
	}
}

// CloseIdleConnections implements the interface that http.Client.CloseIdleConnections uses.
func (t *transport) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// RoundTrip returns the last attempt's response, whatever its status, or a *failure. The error
// of a login or of a call is an *authz.Error.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	call, err := t.callOf(req)
	if err != nil {
		return nil, err
	}
	x := t.open(req)
	defer x.endTurn()
	for x.again && x.prepare() {
		x.receive(t.next.RoundTrip(x.sending))
	}
	resp, err := x.result()
	return call.check(req, resp, err)
}

type lostKey struct{}

// earlierAttemptLost reports whether an attempt before this response may have been done.
func earlierAttemptLost(resp *http.Response) bool {
	if resp.Request == nil {
		return false
	}
	l, _ := resp.Request.Context().Value(lostKey{}).(bool)
	return l
}

// readRequestBody reads and closes the body of a request, so that it can be sent again.
func readRequestBody(req *http.Request) ([]byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return nil, nil
	}
	data, err := io.ReadAll(req.Body)
	if closeErr := req.Body.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, errors.New("the request's body cannot be read")
	}
	return data, nil
}

// checkRequest rejects requests that net/http would reject in each attempt.
func checkRequest(req *http.Request) error {
	if s := req.URL.Scheme; s != "http" && s != "https" || req.URL.Host == "" {
		return &refusedError{"the URL must begin with http:// or https:// and a host"}
	}
	for name, values := range req.Header {
		for _, v := range values {
			if !httpguts.ValidHeaderFieldValue(v) {
				if name == "Authorization" {
					name += " (the token: access_token, or the one that the login returned)"
				}
				return &refusedError{"the value of the header " + name + " has a character that is not allowed in a header, such as a line break"}
			}
		}
	}
	return nil
}

// exchange is one request with all of its attempts.
type exchange struct {
	t          *transport
	req        *http.Request // with the token
	body       []byte
	token      heldToken
	renewed    bool // after a 401
	repeatable bool
	slow       bool // a timeout is not retried
	writes     bool

	attempts  int
	again     bool           // another attempt follows
	resp      *http.Response // of the last attempt
	err       error          // of the last attempt, or of what comes before the next one
	sent      bool           // the last attempt had a connection to send on
	maybeDone bool           // an attempt was sent, and no response was received
	before    string         // result of the last attempt
	wait      time.Duration
	turn      bool // see throttle

	// The attempt:
	sending   *http.Request
	connected *atomic.Bool
	began     time.Time
	cancel    context.CancelFunc
}

// open begins an exchange: it reads the body of the request, and logs in.
func (t *transport) open(req *http.Request) *exchange {
	x := &exchange{
		t: t, req: req, repeatable: repeatable(req.Context(), req.Method),
		slow: markOf(req.Context()) == slowReads, writes: writes(req.Context(), req.Method),
	}
	if x.body, x.err = readRequestBody(req); x.err == nil {
		x.err = x.authorize(0)
	}
	x.again = x.err == nil
	return x
}

// authorize adds a token to the request, a newer one than the generation that was refused.
func (x *exchange) authorize(refused uint64) (err error) {
	if login := x.t.login; login != nil {
		if x.token, err = login.token(x.req.Context(), refused); err != nil {
			return err
		}
		x.req = x.req.Clone(x.req.Context())
		x.req.Header.Set("Authorization", login.scheme+" "+x.token.value)
	}
	return checkRequest(x.req)
}

// prepare waits until an attempt may be sent, and makes its request. The timeout of the attempt
// starts afterwards. net/http reports the connection before it writes to it: without a
// connection nothing was sent, neither to the server nor through a proxy.
func (x *exchange) prepare() bool {
	ctx := x.req.Context()
	x.sent = false
	if x.err = x.takeTurn(ctx); x.err == nil {
		x.err = x.t.acquire(ctx)
	}
	if x.err != nil {
		return false
	}
	x.attempts++
	x.began, x.connected, x.cancel = x.t.clock.now(), &atomic.Bool{}, func() {}
	if x.writes {
		ctx, x.cancel = withGrace(ctx, x.t.grace, x.connected.Load)
	}
	ctx, cancel := context.WithTimeout(ctx, x.t.timeout)
	graceful, connected := x.cancel, x.connected
	x.cancel = func() { cancel(); graceful() }
	x.sending = x.t.setHeaders(withBody(x.req.Clone(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})), x.body))
	return true
}

// receive ends an attempt, and decides whether another one follows: after an error that a retry
// can change, or once with a new token.
func (x *exchange) receive(resp *http.Response, err error) {
	x.resp, x.err = x.complete(resp, err) //nolint:bodyclose // complete does
	x.t.slots.Release(1)
	x.maybeDone = x.maybeDone || x.err != nil && x.sent && x.writes
	x.before = outcome(x.resp, x.err)
	x.t.log(x.sending, x.resp, x.err, x.attempts, x.t.clock.now().Sub(x.began))
	if x.err == nil {
		x.t.throttle.observe(x.resp, x.t.clock.now())
	}
	switch {
	case x.shouldRetry(x.req.Context(), x.resp, x.err):
		x.err = x.t.clock.sleep(x.req.Context(), x.wait)
	case x.err == nil && !x.renewed && x.t.login.renews(x.resp):
		x.endTurn()
		x.renewed, x.attempts, x.maybeDone, x.before = true, 0, false, ""
		x.err = x.authorize(x.token.generation)
	default:
		x.again = false
		return
	}
	x.again = x.err == nil
}

// complete reads the response to its end. The error of an attempt is that of the operation if
// this one has ended.
func (x *exchange) complete(resp *http.Response, err error) (*http.Response, error) {
	defer x.cancel()
	if err == nil {
		err = readBody(resp, x.t.maxBody)
	}
	x.sent = x.connected.Load()
	switch attempt := x.sending.Context(); {
	case x.t.plain && err != nil:
		return nil, err
	case err == nil:
		x.t.scrub(x.sending, resp)
		dropBadLocation(x.req.URL, resp)
		return resp, nil
	case x.req.Context().Err() != nil:
		return nil, x.req.Context().Err()
	case attempt.Err() != nil:
		return nil, &timeoutError{x.t.timeout}
	}
	return nil, err
}

// result returns the last response, or the error.
func (x *exchange) result() (*http.Response, error) {
	var known *authz.Error // of a login
	switch {
	case x.t.plain && x.attempts > 0:
		return x.resp, x.err
	case errors.As(x.err, &known):
		return nil, x.err
	case x.err != nil:
		return nil, &failure{
			method: x.req.Method, target: target(x.req.URL), attempts: x.attempts,
			before: x.before, unknown: x.maybeDone, err: x.err,
		}
	}
	x.resp.Request = x.req
	if x.maybeDone {
		x.resp.Request = x.req.WithContext(context.WithValue(x.req.Context(), lostKey{}, true))
	}
	return x.resp, nil
}

// withBody sets the body of a request. net/http uses GetBody if a reused connection is closed
// before anything was sent on it.
func withBody(req *http.Request, body []byte) *http.Request {
	req.Body, req.GetBody, req.ContentLength = nil, nil, int64(len(body))
	if len(body) > 0 {
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	return req
}

// shouldRetry reports whether to retry, and sets the wait before the next attempt.
func (x *exchange) shouldRetry(ctx context.Context, resp *http.Response, err error) bool {
	if x.attempts > x.t.retries || ctx.Err() != nil || !x.mayRepeat(resp, err) {
		return false
	}
	x.wait = x.t.backoff(x.attempts, resp)
	if x.wait > patience {
		return false
	}
	deadline, ok := ctx.Deadline()
	return !ok || x.t.clock.now().Add(x.wait).Before(deadline)
}

func (x *exchange) mayRepeat(resp *http.Response, err error) bool {
	if err != nil {
		return !permanent(err) && (x.repeatable || !x.sent) && !(x.slow && TimedOut(err))
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests: // certainly not processed
		return true
	case http.StatusInternalServerError: // Keycloak returns it if an object changes while it is read
		return x.req.Method == http.MethodGet
	case http.StatusGatewayTimeout:
		return x.repeatable && !x.slow
	case http.StatusBadGateway, http.StatusServiceUnavailable:
		return x.repeatable
	}
	return false
}

// backoff returns the wait after attempt n: the wait that the server requests, else 1 s doubled
// for each attempt, at most longestWait, minus up to half of it.
func (t *transport) backoff(n int, resp *http.Response) time.Duration {
	if resp != nil {
		if asked := askedWait(resp.Header, t.clock.now()); asked > 0 {
			return asked
		}
	}
	d := min(longestWait, firstWait<<min(n-1, 10))
	return d/2 + time.Duration(t.clock.jitter()*float64(d/2))
}

// askedWait returns the wait that a server requests: Retry-After in seconds or as a date (RFC
// 9110, section 10.2.3), else X-RateLimit-Reset in seconds if X-RateLimit-Remaining is 0. It
// returns 0 if the server requests none.
func askedWait(h http.Header, now time.Time) time.Duration {
	after := strings.TrimSpace(h.Get("Retry-After"))
	if after == "" && strings.TrimSpace(h.Get("X-RateLimit-Remaining")) == "0" {
		after = strings.TrimSpace(h.Get("X-RateLimit-Reset"))
	}
	if s, err := strconv.ParseFloat(after, 64); err == nil && s >= 0 {
		return time.Duration(min(s, math.MaxInt32) * float64(time.Second))
	}
	if date, err := http.ParseTime(after); err == nil {
		return max(0, date.Sub(now))
	}
	return 0
}

func outcome(resp *http.Response, err error) string {
	if err != nil {
		return describe(err)
	}
	return "the server returned " + statusText(resp.StatusCode)
}

// acquire waits for a slot and for the rate limit.
func (t *transport) acquire(ctx context.Context) error {
	if err := t.slots.Acquire(ctx, 1); err != nil {
		return err
	}
	now := t.clock.now()
	r := t.rate.ReserveN(now, 1)
	if d := r.DelayFrom(now); d > 0 {
		if err := t.clock.sleep(ctx, d); err != nil {
			r.CancelAt(t.clock.now())
			t.slots.Release(1)
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		t.slots.Release(1)
		return err
	}
	return nil
}

// withGrace returns a context that ends with ctx or, if the request was sent before, d later.
func withGrace(ctx context.Context, d time.Duration, sent func() bool) (context.Context, context.CancelFunc) {
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		if !sent() {
			cancel()
			return
		}
		timer := time.AfterFunc(d, cancel)
		context.AfterFunc(own, func() { timer.Stop() })
	})
	return own, func() {
		stop()
		cancel()
	}
}

// setHeaders adds the configured headers to a request.
func (t *transport) setHeaders(req *http.Request) *http.Request {
	if t.cfg.UserAgent != "" {
		req.Header.Set("User-Agent", t.cfg.UserAgent)
	}
	for name, value := range t.cfg.Headers {
		switch name = http.CanonicalHeaderKey(name); {
		case name == "Host":
			req.Host = value
		case name == "User-Agent", req.Header.Get(name) == "":
			req.Header.Set(name, value)
		}
	}
	if t.cfg.Host != "" {
		req.Host = t.cfg.Host
	}
	return req
}

// readBody reads the complete body and closes the connection.
func readBody(resp *http.Response, limit int64) error {
	data, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	_ = resp.Body.Close()
	if err != nil {
		return &brokenError{status: resp.StatusCode, err: err}
	}
	if int64(len(data)) > limit {
		return &refusedError{fmt.Sprintf("the response is larger than the limit of %d bytes", limit)}
	}
	resp.Body = io.NopCloser(bytes.NewReader(data))
	if resp.Request == nil || resp.Request.Method != http.MethodHead {
		resp.ContentLength = int64(len(data))
	}
	return nil
}

// dropBadLocation removes a redirect's target that cannot be parsed, because http.Client would
// quote it in an error.
func dropBadLocation(base *url.URL, resp *http.Response) {
	if _, err := base.Parse(resp.Header.Get("Location")); err != nil {
		resp.Header.Del("Location")
	}
}

// log logs one attempt.
func (t *transport) log(req *http.Request, resp *http.Response, err error, attempt int, took time.Duration) {
	if t.cfg.Log == nil {
		return
	}
	fields := map[string]any{
		"method": req.Method, "url": target(req.URL),
		"attempt": attempt, "duration_ms": took.Milliseconds(),
	}
	if err != nil {
		fields["error"] = describe(err)
	} else {
		fields["status"] = resp.StatusCode
	}
	t.cfg.Log(req.Context(), "HTTP request", fields)
}
