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

// transport retries, limits, times and logs requests. It reads each response completely: so the
// concurrency limit, the timeout and the retries include the body, and no caller can keep a slot
// occupied.
type transport struct {
	next    http.RoundTripper
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

// CloseIdleConnections implements the interface that http.Client.CloseIdleConnections uses.
func (t *transport) CloseIdleConnections() { closeIdle(t.next) }

func closeIdle(rt http.RoundTripper) {
	if c, ok := rt.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// RoundTrip returns the last attempt's response, whatever its status, or a *failure.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := readRequestBody(req)
	if err == nil {
		err = checkRequest(req)
	}
	if err != nil {
		return nil, &failure{method: req.Method, target: target(req.URL), err: err}
	}
	x := &exchange{
		t:          t,
		repeatable: repeatable(req.Context(), req.Method),
		slow:       markOf(req.Context()) == slowReads,
		writes:     writes(req.Context(), req.Method),
	}
	resp, err := x.run(req, body)
	if err != nil {
		return nil, &failure{
			method: req.Method, target: target(req.URL), attempts: x.attempts,
			before: x.before, unknown: x.maybeDone, err: err,
		}
	}
	resp.Request = req
	if x.maybeDone {
		resp.Request = req.WithContext(context.WithValue(req.Context(), lostKey{}, true))
	}
	return resp, nil
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
	repeatable bool
	slow       bool // a timeout is not retried
	writes     bool

	attempts  int
	sent      bool   // the last attempt had a connection to send on
	maybeDone bool   // an attempt was sent, and no response was received
	before    string // result of the last attempt
	wait      time.Duration
	turn      bool // see throttle
}

// run sends the request until no further attempt can help.
func (x *exchange) run(req *http.Request, body []byte) (*http.Response, error) {
	defer x.endTurn()
	for {
		if err := x.takeTurn(req.Context()); err != nil {
			return nil, err
		}
		resp, err := x.attempt(withBody(req, body))
		if err == nil {
			x.t.throttle.observe(resp, x.t.clock.now())
		}
		if !x.shouldRetry(req.Context(), resp, err) {
			return resp, err
		}
		if err := x.t.clock.sleep(req.Context(), x.wait); err != nil {
			return nil, err
		}
	}
}

// withBody returns a copy of a request with a body of its own. net/http uses GetBody if
// a reused connection is closed before anything was sent on it.
func withBody(req *http.Request, body []byte) *http.Request {
	own := req.Clone(req.Context())
	own.Body, own.GetBody, own.ContentLength = nil, nil, int64(len(body))
	if len(body) > 0 {
		own.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		own.Body = io.NopCloser(bytes.NewReader(body))
	}
	return own
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

// attempt sends the request once.
func (x *exchange) attempt(req *http.Request) (*http.Response, error) {
	x.sent = false
	if err := x.t.acquire(req.Context()); err != nil {
		return nil, err
	}
	defer x.t.slots.Release(1)
	x.attempts++
	start := x.t.clock.now()
	resp, err := x.send(req)
	x.maybeDone = x.maybeDone || err != nil && x.sent && x.writes
	x.before = outcome(resp, err)
	x.t.log(req, resp, err, x.attempts, x.t.clock.now().Sub(start))
	return resp, err
}

func outcome(resp *http.Response, err error) string {
	if err != nil {
		return describe(err)
	}
	return "the server returned " + statusText(resp.StatusCode)
}

// acquire waits for a slot and for the rate limit. The timeout of the attempt starts afterwards.
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
	return nil
}

func (x *exchange) send(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	// net/http reports the connection before it writes to it. Without a connection nothing was
	// sent, neither to the server nor through a proxy.
	var connected atomic.Bool
	ctx, cancel := req.Context(), context.CancelFunc(func() {})
	if x.writes {
		ctx, cancel = withGrace(ctx, x.t.grace, connected.Load)
	}
	defer cancel()
	ctx, cancelAttempt := context.WithTimeout(ctx, x.t.timeout)
	defer cancelAttempt()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	dressed := x.t.setHeaders(req.Clone(ctx))
	resp, err := x.t.next.RoundTrip(dressed)
	if err == nil {
		err = readBody(resp, x.t.maxBody)
	}
	if err == nil {
		x.t.scrub(dressed, resp)
	}
	x.sent = connected.Load()
	switch {
	case err == nil:
		dropBadLocation(req.URL, resp)
		return resp, nil
	case req.Context().Err() != nil:
		return nil, req.Context().Err()
	case ctx.Err() != nil:
		return nil, &timeoutError{x.t.timeout}
	}
	return nil, err
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
