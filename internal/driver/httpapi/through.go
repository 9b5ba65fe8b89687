package httpapi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// A client library that builds its own requests cannot be called by Do. Through and Checked
// apply the checks of Do to it: a Call travels in the context of the request.

type throughKey struct{}

// carried is a call on its way through a library, and its error, which the library may turn
// into a text.
type carried struct {
	call   *Call
	failed *authz.Error
}

// Through runs send, which makes one request by a library that uses the transport of Checked.
// The errors are those of Do. Method, URL, Header, Body and ContentType of the call are
// unused.
func Through(ctx context.Context, call Call, send func(context.Context) error) error {
	c := &carried{call: &call}
	err := send(context.WithValue(call.marked(ctx), throughKey{}, c))
	switch {
	case c.failed != nil:
		return c.failed
	case err != nil: // it may quote the response
		return authz.Advise(authz.Unavailable, call.Op, authz.ReasonHTTPResponse, "the response has another form than expected")
	}
	return nil
}

// Checked returns a transport that checks each exchange as Do does. It rejects a request
// outside of Through.
func Checked(next http.RoundTripper) http.RoundTripper {
	t := derived(next)
	t.calls = true
	return t
}

// callOf returns the call that a request belongs to, and nil unless the transport checks calls.
// The error is about a request that must not be sent.
func (t *transport) callOf(req *http.Request) (*carried, error) {
	if !t.calls {
		return nil, nil
	}
	c, ok := req.Context().Value(throughKey{}).(*carried)
	if !ok {
		return nil, errors.New("httpapi: a request outside of Through")
	}
	if c.failed = c.call.validateRequest(req); c.failed != nil {
		return nil, c.failed
	}
	return c, nil
}

// check checks a response by its call, if there is one.
func (c *carried) check(req *http.Request, resp *http.Response, err error) (*http.Response, error) {
	if c == nil {
		return resp, err
	}
	a, failed := c.call.receive(req, resp, err)
	if failed != nil {
		c.failed = failed
		return nil, failed
	}
	a.Body = io.NopCloser(bytes.NewReader(a.body))
	return a.Response, nil
}
