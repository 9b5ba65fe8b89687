// Package httpapi is the HTTP transport of all drivers: TLS, proxy, retries, rate limits, checks
// of responses, and a log without secrets.
//
// All of it is one RoundTripper, so that a library that accepts only a client's Transport gets
// everything. A request passes the checks of its call (Checked), the login (WithToken) and, for
// each attempt, the limits, the timeout, the connection, the log and the decision to retry.
package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Config is the http block of the provider configuration. The comment of a field names the value
// that zero stands for.
type Config struct {
	UserAgent          string
	RequestTimeout     time.Duration // of one attempt, with the response; 30 s
	MaxRetries         int           // after the first attempt; negative: none; 0: 4
	MaxConcurrency     int           // simultaneous requests; 10
	RequestsPerSecond  float64       // 0: no limit
	CACertificate      string        // PEM text or path of a file; added to the system's certificates
	ClientCertificate  string        // PEM text or path of a file
	ClientKey          string        // PEM text or path of a file
	InsecureSkipVerify bool
	Headers            map[string]string // sent with each request that does not set the header itself
	Host               string            // replaces the host of the URL in the Host header; ocariot's gateway requires it
	// Renegotiation allows the server to renegotiate TLS 1.2 once per connection, which
	// IIS does to request a client certificate after it has read the request. It also
	// disables HTTP/2, which forbids renegotiation (RFC 9113, section 9.2.1).
	Renegotiation bool
	// Log is called for each attempt. fields contains no header, no body and no query value. If
	// it is nil, nothing is logged.
	Log func(ctx context.Context, msg string, fields map[string]any)
}

const (
	defaultRequestTimeout = 30 * time.Second
	defaultMaxRetries     = 4
	defaultMaxConcurrency = 10
)

// Concurrency returns how many requests of a client from New can be under way at once.
func Concurrency(client *http.Client) int {
	if t, ok := client.Transport.(*transport); ok {
		return t.concurrency
	}
	return defaultMaxConcurrency
}

// New returns the client that all requests of one provider configuration share, so that
// MaxConcurrency and RequestsPerSecond apply to all of them together. It follows no redirect. An
// unreadable file or invalid PEM text is Invalid, and the error names the field.
func New(cfg Config) (*http.Client, error) {
	t, err := newTransport(cfg, systemClock())
	if err != nil {
		return nil, err
	}
	return &http.Client{Transport: t, CheckRedirect: followNone}, nil
}

// WithoutRedirects returns a client that sends by the transport of another one and follows no
// redirect.
func WithoutRedirects(c *http.Client) *http.Client {
	return &http.Client{Transport: c.Transport, CheckRedirect: followNone}
}

// followNone returns a redirect to the caller. Following it would disclose credentials to another
// address.
func followNone(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// mark states an effect of a request that its method does not show.
type mark int

const (
	unmarked  mark = iota
	reads          // changes nothing
	replaces       // states the complete result: repeating it has no further effect
	slowReads      // changes nothing, and the server continues to work on it if the client disconnects
)

type markKey struct{}

// Repeatable marks the requests of a context as safe to retry whatever their method, such as a
// POST that only reads.
func Repeatable(ctx context.Context) context.Context { return marked(ctx, reads) }

// SlowRead marks the requests of a context as Repeatable does, except that a timeout is not
// retried: the server still works on the first request.
func SlowRead(ctx context.Context) context.Context { return marked(ctx, slowReads) }

// RepeatableWrite marks writes that have the same effect however often they are sent, such as a
// POST that adds an object if it does not exist. If no response is received, their outcome is
// unknown nevertheless.
func RepeatableWrite(ctx context.Context) context.Context { return marked(ctx, replaces) }

func marked(ctx context.Context, m mark) context.Context { return context.WithValue(ctx, markKey{}, m) }

// notRepeatable removes the mark, for requests that are sent on behalf of another one.
func notRepeatable(ctx context.Context) context.Context { return marked(ctx, unmarked) }

func markOf(ctx context.Context) mark {
	m, _ := ctx.Value(markKey{}).(mark)
	return m
}

// repeatable reports whether a request may be sent again if no response was received (RFC 9110,
// section 9.2.2: idempotent methods).
func repeatable(ctx context.Context, method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodOptions, "":
		return true
	}
	return markOf(ctx) != unmarked
}

// writes reports whether a request may change something on the server.
func writes(ctx context.Context, method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, "":
		return false
	}
	return markOf(ctx) != reads && markOf(ctx) != slowReads
}

// TimedOut reports whether an error is the timeout of a request.
func TimedOut(err error) bool {
	var timeout *timeoutError
	return errors.As(err, &timeout)
}
