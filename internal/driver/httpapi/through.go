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
		return authz.Advise(authz.Unavailable, call.Op, authz.ReasonHTTPAnswer, "the response has another form than expected")
	}
	return nil
}

// Checked returns a transport that checks each exchange as Do does. It rejects a request
// outside of Through.
func Checked(next http.RoundTripper) http.RoundTripper { return checked{next} }

type checked struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t checked) RoundTrip(req *http.Request) (*http.Response, error) {
	c, ok := req.Context().Value(throughKey{}).(*carried)
	if !ok {
		return nil, errors.New("httpapi: a request outside of Through")
	}
	a, failed := c.call.exchange(req, t.next.RoundTrip)
	if failed != nil {
		c.failed = failed
		return nil, failed
	}
	a.Body = io.NopCloser(bytes.NewReader(a.body))
	return a.Response, nil
}
