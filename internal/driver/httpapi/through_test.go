package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// through sends a request by a client of its own, as a library does, and hides the error as
// some libraries do.
func through(t *testing.T, base *http.Client, call Call, method, url string) error {
	t.Helper()
	c := &http.Client{Transport: Checked(base.Transport)}
	return Through(t.Context(), call, func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, method, url, http.NoBody)
		if err != nil {
			return err
		}
		resp, err := c.Do(req)
		if err != nil {
			return errors.New("the library's text")
		}
		return resp.Body.Close()
	})
}

// The errors of a library's requests are those of Do.
func TestThroughIsLikeDo(t *testing.T) {
	for name, test := range map[string]struct {
		response http.HandlerFunc
		call     Call
		method   string
	}{
		"success":            {status(204), Call{}, "DELETE"},
		"error":              {typed(409, jsonType, `{}`), Call{}, "POST"},
		"lost":               {cut, Call{}, "POST"},
		"redirect":           {status(307, "Location", "https://a.example/x"), Call{RedirectAdvice: "advice"}, "GET"},
		"sanitized redirect": {status(307, "Location", "https://a.example/x"), Call{Sanitize: strings.ToUpper}, "GET"},
		"web page":           {typed(200, "text/html", "<html>"), Call{}, "PUT"},
		"classified": {typed(400, jsonType, `{}`), Call{Classify: func(int, http.Header, []byte) *authz.Error {
			return &authz.Error{Kind: authz.Conflict, Err: errors.New("own")}
		}}, "POST"},
		"request that must not be sent": {status(204), Call{ValidateRequest: func(*http.Request) error { return errors.New("harmful") }}, "DELETE"},
		"response that is never sent": {typed(200, jsonType, "null"), Call{ValidateResponse: func(int, http.Header, []byte) *authz.Error {
			return &authz.Error{Kind: authz.Unavailable, Err: errors.New("foreign")}
		}}, "PUT"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, test.response)
			c, _ := client(t, Config{MaxRetries: -1}, nil)
			test.call.Op, test.call.Method, test.call.URL = "op", test.method, s.URL
			_, want := Do(t.Context(), c, test.call, nil)
			sent := len(s.requests())
			got := through(t, c, test.call, test.method, s.URL)
			if (want == nil) != (got == nil) || want != nil && (want.Error() != got.Error() || authz.KindOf(want) != authz.KindOf(got)) {
				t.Errorf("%v, want %v", got, want)
			}
			if authz.OutcomeUnknown(want) != authz.OutcomeUnknown(got) || len(s.requests()) != 2*sent {
				t.Errorf("outcome unknown %t, want %t; %d requests", authz.OutcomeUnknown(got), authz.OutcomeUnknown(want), len(s.requests()))
			}
		})
	}
}

// A library that cannot decode a response may quote it in its error.
func TestThroughHidesTheLibrarysError(t *testing.T) {
	err := Through(t.Context(), Call{Op: "op"}, func(context.Context) error { return errors.New(canary) })
	wantKind(t, err, authz.Unavailable)
	wantText(t, err, "op: the response has another form than expected")
}

func TestRequestOutsideOfThrough(t *testing.T) {
	s := serve(t, status(204))
	c, _ := client(t, Config{}, nil)
	req, err := http.NewRequestWithContext(t.Context(), "GET", s.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := Checked(c.Transport).RoundTrip(req); err == nil || len(s.requests()) > 0 {
		t.Errorf("%v, %v", resp, err)
	}
}

// The path of a private URL is in no error.
func TestPrivateURL(t *testing.T) {
	s := serve(t, cut)
	c, _ := client(t, Config{MaxRetries: -1}, nil)
	_, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: s.URL + "/" + canary, PrivateURL: true}, nil)
	wantKind(t, err, authz.Unavailable)
	_, err = Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: s.URL + "/path"}, nil)
	wantText(t, err, "/path")
}

// The status of a login is not that of the request after it.
func TestOwnStatus(t *testing.T) {
	s := serve(t, status(403))
	c, _ := client(t, Config{}, nil)
	_, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: s.URL}, nil)
	if OwnStatus(err) != 403 || StatusOf(err) != 403 {
		t.Errorf("%d, %d", OwnStatus(err), StatusOf(err))
	}
	after := &authz.Error{Kind: authz.Denied, Op: "list scopes", Err: err}
	if OwnStatus(after) != 0 || StatusOf(after) != 403 || OwnStatus(errors.New("other")) != 0 {
		t.Errorf("%d, %d", OwnStatus(after), StatusOf(after))
	}
}
