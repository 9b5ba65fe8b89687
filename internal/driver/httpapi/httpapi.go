// Package httpapi is the one HTTP transport of all drivers: TLS, proxy, retry,
// rate, content check, redacted log.
//
// Everything is a RoundTripper, so that a library that takes only a client's
// Transport gets all of it. From the outside in: token (WithToken), repetition,
// and per attempt the limits, the time, the log and the wire.
package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Config is the http block of the provider configuration. Zero values are the
// defaults that each field names.
type Config struct {
	UserAgent          string
	RequestTimeout     time.Duration // of one attempt, reading its answer included; 30 s
	MaxRetries         int           // after the first attempt; negative: none; 0: 4
	MaxConcurrency     int           // requests at once; 10
	RequestsPerSecond  float64       // 0: no cap
	CACertificate      string        // PEM text or a file's path; added to the system's
	ClientCertificate  string        // PEM text or a file's path
	ClientKey          string        // PEM text or a file's path
	InsecureSkipVerify bool
	Headers            map[string]string // sent with each request that has none of that name
	Host               string            // sent as Host header in place of the URL's; ocariot's gateway wants it
	// Renegotiation allows the server to renegotiate TLS 1.2 once per connection, which
	// IIS does to request a client certificate after it has read the request. It also
	// disables HTTP/2, which forbids renegotiation (RFC 9113, section 9.2.1).
	Renegotiation bool
	// Log is called for each attempt; no header, no body, no query value is in
	// fields. nil: no log.
	Log func(ctx context.Context, msg string, fields map[string]any)
}

const (
	defaultRequestTimeout = 30 * time.Second
	defaultMaxRetries     = 4
	defaultMaxConcurrency = 10
)

// New builds the client that all requests of one provider configuration share,
// so that MaxConcurrency and RequestsPerSecond hold for all of them together.
// It follows no redirect. A file that cannot be read or a PEM that cannot be
// parsed is Invalid and names the field.
func New(cfg Config) (*http.Client, error) {
	t, err := newTransport(cfg, systemClock())
	if err != nil {
		return nil, err
	}
	return &http.Client{Transport: t, CheckRedirect: followNone}, nil
}

// followNone hands a redirect back: following it would carry credentials to
// another place.
func followNone(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// mark says of a request what its method does not.
type mark int

const (
	unmarked  mark = iota
	reads          // it changes nothing
	replaces       // it says the whole of what is to be: doing it twice is doing it once
	slowReads      // it changes nothing, and the server works on it also if nobody waits for the response
)

type markKey struct{}

// Repeatable marks the requests of a context as safe to send again whatever
// their method: a POST that only reads.
func Repeatable(ctx context.Context) context.Context { return marked(ctx, reads) }

// SlowRead marks the requests of a context as Repeatable does, except that none is sent
// again after a timeout: the server still works on the first one.
func SlowRead(ctx context.Context) context.Context { return marked(ctx, slowReads) }

// RepeatableWrite marks writes that do the same however often they are sent: a
// POST that adds what may be there already. When their answer gets lost, nobody
// knows all the same whether they were done.
func RepeatableWrite(ctx context.Context) context.Context { return marked(ctx, replaces) }

func marked(ctx context.Context, m mark) context.Context { return context.WithValue(ctx, markKey{}, m) }

// notRepeatable takes the mark away, for requests made on behalf of another.
func notRepeatable(ctx context.Context) context.Context { return marked(ctx, unmarked) }

func markOf(ctx context.Context) mark {
	m, _ := ctx.Value(markKey{}).(mark)
	return m
}

// repeatable reports whether a request may be sent again after its answer got
// lost (RFC 9110, section 9.2.2: idempotent methods).
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
