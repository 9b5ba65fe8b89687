package httpapi

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

func TestError(t *testing.T) {
	at := "http://u:" + canary + "@a.example/p?q=" + canary
	dial := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("refused")}
	read := &net.OpError{Op: "read", Net: "tcp", Err: errors.New("reset")}
	tests := []struct {
		name    string
		err     error
		text    string
		unknown bool
	}{
		{"plain", errors.New(`a "` + canary + `" b`), `op: a "..." b`, false},
		{"no HTTP", errors.New(`malformed HTTP response "` + canary + `"`), "op: the response is not HTTP", false},
		{"canceled", fmt.Errorf("x: %w", context.Canceled), "op: interrupted", false},
		{"deadline", context.DeadlineExceeded, "op: the operation timed out", false},
		{"another client's GET", &url.Error{Op: "Get", URL: at, Err: read}, "op: GET http://a.example/p: read tcp: reset", false},
		{"another client's POST", &url.Error{Op: "Post", URL: at, Err: read}, "op: POST http://a.example/p: read tcp: reset", true},
		{
			"another client's POST, wrapped", fmt.Errorf("%s: %w", canary, &url.Error{Op: "Post", URL: at, Err: io.EOF}),
			"op: POST http://a.example/p: the server closed", true,
		},
		{"another client's POST, refused", &url.Error{Op: "Post", URL: at, Err: dial}, "op: POST http://a.example/p: dial tcp: refused", false},
		{"another client's PUT, certificate", &url.Error{Op: "Put", URL: at, Err: x509.UnknownAuthorityError{}}, "unknown authority", false},
		{"a URL that is none", &url.Error{Op: "parse", URL: "://" + canary, Err: errors.New("bad")}, "op: bad", false},
		{"a request that was never made", &url.Error{Op: "parse", URL: at, Err: errors.New("bad")}, "op: bad", false},
		{"url error inside", &failure{err: &url.Error{Op: "Get", URL: at, Err: io.EOF}}, "op: the server closed", false},
		{
			"lost write", &url.Error{Op: "Put", URL: at, Err: &failure{method: "PUT", target: "http://a.example/p", attempts: 3, unknown: true, err: io.EOF}},
			"op: PUT http://a.example/p: the server closed the connection without a response (3 attempts)", true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := Error("op", tt.err)
			wantText(t, e, tt.text)
			if e.Kind != authz.Unavailable || e.OutcomeUnknown != tt.unknown {
				t.Errorf("%+v", e)
			}
			if !errors.Is(e, errors.Unwrap(e.Err)) {
				t.Error("the cause cannot be found any more")
			}
		})
	}
	if e := Error("op", nil); e != nil {
		t.Errorf("%v for no error", e)
	}
}

func TestErrorKeepsAnError(t *testing.T) {
	with := authz.Errorf(authz.Denied, "log in", "no")
	if got := Error("op", &url.Error{Op: "Get", URL: "http://a", Err: with}); got != with {
		t.Errorf("%v", got)
	}
	without := authz.Errorf(authz.Denied, "", "no")
	if got := Error("op", without); got.Op != "op" || got.Kind != authz.Denied || without.Op != "" {
		t.Errorf("%v", got)
	}
}

func TestTarget(t *testing.T) {
	if got := target(nil); got != "" {
		t.Errorf("%q", got)
	}
}

func TestProxyErrorsThatMayPass(t *testing.T) {
	for status, want := range map[int]bool{407: true, 403: true, 502: false, 503: false} {
		if got := permanent(&proxyError{status}); got != want {
			t.Errorf("%d: permanent is %t", status, got)
		}
	}
}
