package httpapi

import (
	"bytes"
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
	Body        any    // sent as JSON; url.Values are sent as a form; nil sends no body
	ContentType string // of Body; "" is application/json
	Accept      string // what the answer must be; "" is application/json
	Repeatable  bool   // a POST that changes nothing
	Replaces    bool   // a POST that says the whole of what is to be, repeated like a PUT
	Statuses    []int  // of success; nil: any 2xx
	// Classify reads the server's own error answer; nil, or a nil answer, sorts
	// by status: 400 409 422 → Invalid Conflict Invalid, 401 403 → Denied,
	// 404 → NotFound (with HTML, which is no API's, ParentNotFound), others →
	// Unavailable. StatusOf tells the status of the error; what the server asks
	// to wait is added to an Unavailable one.
	Classify func(status int, header http.Header, body []byte) *authz.Error
}

// Do sends a call and decodes the answer's JSON into out (nil: the answer has
// no body that matters). Every error is an *authz.Error with call.Op, but that
// of a login, which has its own. A 2xx with HTML, with another content type or
// with no body where out wants one is Unavailable; the header is answered also
// then. No body of an answer is ever part of an error unless Classify puts a
// message of it there.
func Do(ctx context.Context, c *http.Client, call Call, out any) (http.Header, error) {
	switch {
	case call.Repeatable:
		ctx = Repeatable(ctx)
	case call.Replaces:
		ctx = marked(ctx, replaces)
	}
	req, err := call.request(ctx)
	if err != nil {
		return nil, authz.Errorf(authz.Invalid, call.Op, "%w", err)
	}
	resp, err := c.Do(req)
	if err != nil {
		e := Error(call.Op, err)
		if e.OutcomeUnknown && !writes(ctx, call.Method) {
			e.OutcomeUnknown = false
		}
		return nil, e
	}
	defer func() { _ = resp.Body.Close() }()
	a := response{call: &call, ctx: ctx, url: req.URL, Response: resp}
	if e := a.read(out); e != nil {
		return resp.Header, e
	}
	return resp.Header, nil
}

func (c *Call) request(ctx context.Context) (*http.Request, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("the URL must begin with http:// or https:// and a host") // it may hold a password
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
		return nil, errors.New("the method is not one of HTTP")
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

// response is a response under judgement.
type response struct {
	call *Call
	ctx  context.Context //nolint:containedctx // lives as long as the call
	url  *url.URL
	body []byte
	*http.Response
}

func (a *response) read(out any) *authz.Error {
	if err := a.readBody(); err != nil {
		return err
	}
	switch {
	case a.success():
		return a.decode(out)
	case a.StatusCode >= 300 && a.StatusCode < 400:
		return a.redirect()
	}
	return a.refusal()
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
	e.OutcomeUnknown = writes(a.ctx, a.call.Method)
	return e
}

func (a *response) success() bool {
	if a.call.Statuses == nil {
		return a.StatusCode >= 200 && a.StatusCode < 300
	}
	return slices.Contains(a.call.Statuses, a.StatusCode)
}

func (a *response) decode(out any) *authz.Error {
	if a.isHTML() && len(a.body) > 0 {
		return a.unreadable("a web page came instead of %s: %s", a.call.accept(), a.summarize())
	}
	if out == nil {
		return nil
	}
	switch {
	case len(bytes.TrimSpace(a.body)) == 0:
		return a.unreadable("no body came where %s belongs: %s", a.call.accept(), a.summarize())
	case !a.accepted():
		return a.unreadable("another content type than %s came: %s", a.call.accept(), a.summarize())
	}
	if err := json.Unmarshal(a.body, out); err != nil {
		return a.unreadable("the answer cannot be decoded, %s: %s", jsonProblem(err), a.summarize())
	}
	return nil
}

// jsonProblem says where decoding stopped; the decoder's own words may hold a
// value of the answer.
func jsonProblem(err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("it is cut off or no JSON at byte %d", syntax.Offset)
	case errors.As(err, &kind):
		at := "the whole of it"
		if kind.Field != "" {
			at = fmt.Sprintf("member %q", kind.Field)
		}
		return fmt.Sprintf("%s is not %s at byte %d", at, jsonKind(kind.Type), kind.Offset)
	}
	return "a value in it has another form than expected"
}

// jsonKind returns what JSON calls the values of a Go type.
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

// unreadable is a success that cannot be believed: a write may have been done.
func (a *response) unreadable(format string, args ...any) *authz.Error {
	e := authz.Errorf(authz.Unavailable, a.call.Op, format, args...)
	e.Advice = authz.ReasonHTTPAnswer
	e.OutcomeUnknown = writes(a.ctx, a.call.Method)
	return e
}

// summarize says what the answer is without saying what is in it.
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

// isHTML goes by the content type, or by the body where there is none.
func (a *response) isHTML() bool {
	kind := a.mediaType()
	if kind == "" {
		kind, _, _ = mime.ParseMediaType(http.DetectContentType(a.body))
	}
	return kind == "text/html" || kind == "application/xhtml+xml"
}

// accepted: application/json takes every JSON type (RFC 6839, section 3.1);
// other types are taken exactly, without regard to parameters.
func (a *response) accepted() bool {
	want, _, err := mime.ParseMediaType(a.call.accept())
	if err != nil {
		return false
	}
	got := a.mediaType()
	return got == want || want == jsonType && strings.HasSuffix(got, "+json")
}

func (a *response) redirect() *authz.Error {
	to := "an address that it does not name"
	if u, err := a.url.Parse(a.Header.Get("Location")); err == nil && a.Header.Get("Location") != "" {
		to = u.Scheme + "://" + u.Host
	}
	e := authz.Errorf(authz.Unavailable, a.call.Op, "the server answered %s, a redirect to %s; "+
		"redirects are not followed, because credentials would go there", statusText(a.StatusCode), to)
	e.Advice = authz.ReasonHTTPRedirect
	// 302 and 303 may follow upon a write that was done (RFC 9110, section 15.4.4).
	after := a.StatusCode == http.StatusFound || a.StatusCode == http.StatusSeeOther
	e.OutcomeUnknown = writes(a.ctx, a.call.Method) && (after || earlierAttemptLost(a.Response))
	return e
}

// refusal is the server's error answer.
func (a *response) refusal() *authz.Error {
	var e *authz.Error
	if a.call.Classify != nil {
		e = a.call.Classify(a.StatusCode, a.Header, a.body)
	}
	if e == nil {
		e = a.defaultError()
	}
	said := *withOp(e, a.call.Op)
	if said.Err == nil {
		said.Err = a.defaultError().Err
	}
	answered := &statusError{status: a.StatusCode, err: said.Err}
	if said.Kind == authz.Unavailable {
		said.OutcomeUnknown = said.OutcomeUnknown || a.outcomeUnknown()
		answered.wait = askedWait(a.Header, time.Now())
	}
	if a.StatusCode == http.StatusTooManyRequests && said.Advice == "" {
		said.Advice = AdviceRateLimit
	}
	said.Err = answered
	return &said
}

// AdviceRateLimit is the advice about a response 429 after the last attempt.
const AdviceRateLimit = authz.ReasonHTTPRateLimit

// maybeDone: a 5xx, but one that says that nothing was understood, may come
// after the write; so may one from a proxy that gave up waiting.
func (a *response) outcomeUnknown() bool {
	if !writes(a.ctx, a.call.Method) {
		return false
	}
	switch a.StatusCode {
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return earlierAttemptLost(a.Response)
	}
	return a.StatusCode >= 500 || earlierAttemptLost(a.Response)
}

func (a *response) defaultError() *authz.Error {
	text := "the server answered " + statusText(a.StatusCode)
	if len(a.body) > 0 && !a.accepted() {
		text = "the server answered " + a.summarize()
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
			return authz.ParentNotFound // a web page is no API's word that a thing is gone
		}
		return authz.NotFound
	}
	return authz.Unavailable
}
