package httpapi

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

const (
	jsonType = "application/json"
	formType = "application/x-www-form-urlencoded"
)

// Call is one exchange with a JSON API.
type Call struct {
	Op          string // for errors: `create scope "read:users"`
	Method, URL string
	Header      http.Header
	Body        any    // sent as JSON, or as a form if it is url.Values; nil sends no body
	ContentType string // of Body; "" is application/json
	Accept      string // required media type of the response; "" is application/json
	Repeatable  bool   // a POST that changes nothing
	Replaces    bool   // a POST that states the complete result, retried like a PUT
	Statuses    []int  // statuses that mean success; nil: any 2xx
	// Classify converts the server's own error response. If it is nil or returns nil, the status
	// decides: 400 and 422 are Invalid, 409 is Conflict, 401 and 403 are Denied, 404 is NotFound
	// (ParentNotFound for HTML, which no API returns), and all others are Unavailable. StatusOf
	// returns the status of the error. The wait that the server requests is added to an
	// Unavailable error.
	Classify func(status int, header http.Header, body []byte) *authz.Error
	// ValidateRequest returns an error for a request that must not be sent. nil accepts all.
	ValidateRequest func(*http.Request) error
	// ValidateResponse returns an error for a success that the server never sends. nil
	// accepts all.
	ValidateResponse func(status int, header http.Header, body []byte) *authz.Error
	RedirectAdvice   string // "" is the usual one
	// Sanitize removes secrets from the target of a redirect, besides those that the request
	// has. nil: there are no others.
	Sanitize func(string) string
	// PrivateURL is true if no error has the URL, because its path may be a secret.
	PrivateURL bool
	// NamesLogin is true if the error of a login before the call gets the operation of the
	// call, in front of its own.
	NamesLogin bool
}

// Do sends a call and decodes the JSON of the response into out. If out is nil, the body is
// ignored. Every error is an *authz.Error with call.Op, except errors of a login, which have
// their own. A 2xx response with HTML, with another content type or, if out is not nil, without a
// body is Unavailable. Its header is returned nevertheless. An error contains nothing of a
// response body, unless Classify adds a message from it.
func Do(ctx context.Context, c *http.Client, call Call, out any) (http.Header, error) {
	req, err := call.Request(ctx)
	if err != nil {
		return nil, err
	}
	resp, err := c.Do(req) //nolint:bodyclose // Decode closes it
	return call.Decode(req, resp, err, out)
}

// Request and Decode are the two halves of Do, for callers that send the request themselves.

// Request returns the request of a call.
func (c *Call) Request(ctx context.Context) (*http.Request, error) {
	req, err := c.request(c.marked(ctx))
	if err != nil {
		return nil, authz.Errorf(authz.Invalid, c.Op, "%w", err)
	}
	if failed := c.validateRequest(req); failed != nil {
		return nil, failed
	}
	return req, nil
}

// Decode checks the response to a request, or the error, and decodes it into out.
func (c *Call) Decode(req *http.Request, resp *http.Response, err error, out any) (http.Header, error) {
	a, failed := c.receive(req, resp, err)
	if failed == nil {
		failed = a.decode(out)
	}
	switch {
	case a == nil:
		return nil, failed
	case failed != nil:
		return a.Header, failed
	}
	return a.Header, nil
}

func (c *Call) validateRequest(req *http.Request) *authz.Error {
	if c.ValidateRequest == nil {
		return nil
	}
	if err := c.ValidateRequest(req); err != nil {
		return authz.Errorf(authz.Invalid, c.Op, "%w", err)
	}
	return nil
}

// marked returns the context of the call's request.
func (c *Call) marked(ctx context.Context) context.Context {
	switch {
	case c.Repeatable:
		return Repeatable(ctx)
	case c.Replaces:
		return marked(ctx, replaces)
	}
	return ctx
}

// receive reads a response to its end, and checks it. The response is nil if none was received.
func (c *Call) receive(req *http.Request, resp *http.Response, err error) (*response, *authz.Error) {
	if err != nil {
		e := Error(c.Op, err)
		if c.NamesLogin && e.Op != c.Op {
			e = &authz.Error{Kind: e.Kind, Op: c.Op, Advice: e.Advice, Args: e.Args, Err: e}
		}
		if e.OutcomeUnknown && !writes(req.Context(), req.Method) {
			e.OutcomeUnknown = false
		}
		if f := (*failure)(nil); c.PrivateURL && errors.As(e.Err, &f) {
			withoutURL := *f
			withoutURL.target, e.Err = "", &withoutURL
		}
		return nil, e
	}
	defer func() { _ = resp.Body.Close() }()
	a := &response{call: c, ctx: req.Context(), url: req.URL, method: req.Method, Response: resp}
	return a, a.check()
}

func (c *Call) request(ctx context.Context) (*http.Request, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("the URL must begin with http:// or https:// and a host") // the URL can contain a password
	}
	data, contentType, err := c.payload()
	if err != nil {
		return nil, err
	}
	var body io.Reader
	if data != nil {
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, c.Method, c.URL, body)
	if err != nil {
		return nil, errors.New("the HTTP method is invalid")
	}
	if c.Header != nil {
		req.Header = c.Header.Clone()
	}
	if data != nil {
		req.Header.Set("Content-Type", contentType)
	}
	req.Header.Set("Accept", c.accept())
	return req, nil
}

func (c *Call) accept() string {
	if c.Accept == "" {
		return jsonType
	}
	return c.Accept
}

func (c *Call) payload() ([]byte, string, error) {
	contentType := c.ContentType
	switch body := c.Body.(type) {
	case nil:
		return nil, "", nil
	case url.Values:
		if contentType == "" {
			contentType = formType
		}
		return []byte(body.Encode()), contentType, nil
	}
	if contentType == "" {
		contentType = jsonType
	}
	data, err := json.Marshal(c.Body)
	if err != nil {
		return nil, "", fmt.Errorf("a %T cannot be written as JSON", c.Body)
	}
	return data, contentType, nil
}

// response is a response whose body has not been accepted yet.
type response struct {
	call *Call
	ctx  context.Context //nolint:containedctx // lives as long as the call
	url  *url.URL
	body []byte

	method string
	*http.Response
}

// check reads the body and returns the error of a response that is not a success.
func (a *response) check() *authz.Error {
	if err := a.readBody(); err != nil {
		return err
	}
	switch {
	case a.success():
		return a.validate()
	case a.StatusCode >= 300 && a.StatusCode < 400:
		return a.redirect()
	}
	return a.refusal()
}

// validate rejects a success that the server does not send.
func (a *response) validate() *authz.Error {
	if a.call.ValidateResponse != nil {
		if e := a.call.ValidateResponse(a.StatusCode, a.Header, a.body); e != nil {
			own := *withOp(e, a.call.Op)
			own.OutcomeUnknown = writes(a.ctx, a.method)
			return &own
		}
	}
	if a.isHTML() && len(a.body) > 0 {
		return a.unreadable("the response is a web page instead of %s: %s", a.call.accept(), a.summarize())
	}
	return nil
}

func (a *response) readBody() *authz.Error {
	err := readBody(a.Response, maxBody)
	if err == nil {
		a.body, err = io.ReadAll(a.Body)
	}
	if err == nil {
		return nil
	}
	e := Error(a.call.Op, err)
	e.OutcomeUnknown = writes(a.ctx, a.method)
	return e
}

func (a *response) success() bool {
	if a.call.Statuses == nil {
		return a.StatusCode >= 200 && a.StatusCode < 300
	}
	return slices.Contains(a.call.Statuses, a.StatusCode)
}

func (a *response) decode(out any) *authz.Error {
	if out == nil {
		return nil
	}
	switch {
	case len(bytes.TrimSpace(a.body)) == 0:
		return a.unreadable("the response has no body instead of %s: %s", a.call.accept(), a.summarize())
	case !a.accepted():
		return a.unreadable("the response is not %s: %s", a.call.accept(), a.summarize())
	}
	if err := json.Unmarshal(a.body, out); err != nil {
		return a.unreadable("the response cannot be decoded, %s: %s", jsonProblem(err), a.summarize())
	}
	return nil
}

// jsonProblem returns the position where decoding failed. The decoder's own message can contain a
// value of the response.
func jsonProblem(err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("it is truncated or not JSON at byte %d", syntax.Offset)
	case errors.As(err, &kind):
		at := "the top-level value"
		if kind.Field != "" {
			at = fmt.Sprintf("member %q", kind.Field)
		}
		return fmt.Sprintf("%s is not %s at byte %d", at, jsonKind(kind.Type), kind.Offset)
	}
	return "a value has an unexpected form"
}

// jsonKind returns the JSON term for values of a Go type.
func jsonKind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.Map, reflect.Struct:
		return "an object"
	case reflect.Pointer:
		return jsonKind(t.Elem())
	}
	return "a number in range"
}

// unreadable returns the error for a successful status with an invalid body. A write may have
// been done.
func (a *response) unreadable(format string, args ...any) *authz.Error {
	e := authz.Errorf(authz.Unavailable, a.call.Op, format, args...)
	e.Advice = authz.ReasonHTTPResponse
	e.OutcomeUnknown = writes(a.ctx, a.method)
	return e
}

// summarize returns status, media type and size, but never the content.
func (a *response) summarize() string {
	return fmt.Sprintf("%s with %s, %d bytes", statusText(a.StatusCode), nameType(a.mediaType()), len(a.body))
}

func (a *response) mediaType() string {
	kind, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return kind
}

// isHTML checks the content type or, if there is none, the body.
func (a *response) isHTML() bool {
	kind := a.mediaType()
	if kind == "" {
		kind, _, _ = mime.ParseMediaType(http.DetectContentType(a.body))
	}
	return kind == "text/html" || kind == "application/xhtml+xml"
}

// accepted reports whether the media type is the required one. application/json accepts every
// JSON type (RFC 6839, section 3.1). Parameters are ignored.
func (a *response) accepted() bool {
	want, _, err := mime.ParseMediaType(a.call.accept())
	if err != nil {
		return false
	}
	got := a.mediaType()
	return got == want || want == jsonType && strings.HasSuffix(got, "+json")
}

func (a *response) redirect() *authz.Error {
	to := "an unspecified address"
	if u, err := a.url.Parse(a.Header.Get("Location")); err == nil && a.Header.Get("Location") != "" {
		to = u.Scheme + "://" + u.Host
		if a.call.Sanitize != nil {
			to = a.call.Sanitize(to)
		}
	}
	e := authz.Errorf(authz.Unavailable, a.call.Op, "the server returned %s, a redirect to %s; "+
		"redirects are not followed, because that would disclose credentials", statusText(a.StatusCode), to)
	e.Advice = cmp.Or(a.call.RedirectAdvice, authz.ReasonHTTPRedirect)
	// The server can return 302 and 303 after it has done a write (RFC 9110, section 15.4.4).
	after := a.StatusCode == http.StatusFound || a.StatusCode == http.StatusSeeOther
	e.OutcomeUnknown = writes(a.ctx, a.method) && (after || earlierAttemptLost(a.Response))
	return e
}

// refusal returns the error for the server's error response.
func (a *response) refusal() *authz.Error {
	var e *authz.Error
	if a.call.Classify != nil {
		e = a.call.Classify(a.StatusCode, a.Header, a.body)
	}
	if e == nil {
		e = a.defaultError()
	}
	classified := *withOp(e, a.call.Op)
	if classified.Err == nil {
		classified.Err = a.defaultError().Err
	}
	status := &statusError{status: a.StatusCode, err: classified.Err}
	if classified.Kind == authz.Unavailable {
		classified.OutcomeUnknown = classified.OutcomeUnknown || a.outcomeUnknown()
		status.wait = askedWait(a.Header, time.Now())
	}
	if a.StatusCode == http.StatusTooManyRequests && classified.Advice == "" {
		classified.Advice = AdviceRateLimit
	}
	classified.Err = status
	return &classified
}

// AdviceRateLimit is the advice for a response 429 after the last attempt.
const AdviceRateLimit = authz.ReasonHTTPRateLimit

// outcomeUnknown reports whether the write may have been done in spite of the error response. A
// 5xx, except one that rejects the request itself, can follow the write, and a proxy can return
// it when it stops waiting.
func (a *response) outcomeUnknown() bool {
	if !writes(a.ctx, a.method) {
		return false
	}
	switch a.StatusCode {
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return earlierAttemptLost(a.Response)
	}
	return a.StatusCode >= 500 || earlierAttemptLost(a.Response)
}

func (a *response) defaultError() *authz.Error {
	text := "the server returned " + statusText(a.StatusCode)
	if len(a.body) > 0 && !a.accepted() {
		text = "the server returned " + a.summarize()
	}
	return authz.Errorf(a.kind(), a.call.Op, "%s", text)
}

func (a *response) kind() authz.Kind {
	switch a.StatusCode {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return authz.Invalid
	case http.StatusConflict:
		return authz.Conflict
	case http.StatusUnauthorized, http.StatusForbidden:
		return authz.Denied
	case http.StatusNotFound:
		if a.isHTML() && len(a.body) > 0 {
			return authz.ParentNotFound // a web page never proves that an object does not exist
		}
		return authz.NotFound
	}
	return authz.Unavailable
}
