package httpapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// failure is the error of a request without a response. Its text contains no query, no userinfo
// and no part of a body.
type failure struct {
	method, target string // "" if unknown
	attempts       int
	before         string // result of the last attempt, if the wait after it was interrupted
	unknown        bool   // a write may have been done
	err            error
}

func (f *failure) Error() string {
	text := describe(f.err)
	if f.before != "" && f.before != text {
		text += "; before that: " + f.before
	}
	if f.attempts > 1 {
		text += fmt.Sprintf(" (%d attempts)", f.attempts)
	}
	if f.target == "" {
		return text
	}
	return f.method + " " + f.target + ": " + text
}

func (f *failure) Unwrap() error { return f.err }

// timeoutError is the error of one attempt that timed out. It is not context.DeadlineExceeded,
// which is the deadline of the operation.
type timeoutError struct{ after time.Duration }

func (e *timeoutError) Error() string {
	return fmt.Sprintf("no complete response was received within %s", e.after)
}

// brokenError is the error of a response that ended before its body was complete.
type brokenError struct {
	status int
	err    error
}

func (e *brokenError) Error() string {
	return "the connection closed before the response was complete (" + statusText(e.status) + ")"
}

func (e *brokenError) Unwrap() error { return e.err }

// statusError is the error of an error response: its text, and the wait that the server requests.
type statusError struct {
	status int
	wait   time.Duration
	err    error
}

func (e *statusError) Error() string {
	if e.wait <= 0 {
		return e.err.Error()
	}
	return fmt.Sprintf("%s and asked to wait %s", e.err, e.wait.Round(time.Second))
}

func (e *statusError) Unwrap() error { return e.err }

// StatusOf returns the status of the error response that caused an error, or 0 if there is none.
func StatusOf(err error) int {
	var e *statusError
	if errors.As(err, &e) {
		return e.status
	}
	return 0
}

// OwnStatus is StatusOf for the response to the failed request itself: 0 if the error is about
// another request, such as the login before it.
func OwnStatus(err error) int {
	var e *authz.Error
	if !errors.As(err, &e) {
		return 0
	}
	if s, own := e.Err.(*statusError); own { //nolint:errorlint // an error below is about another request
		return s.status
	}
	return 0
}

// refusedError is an error that no retry can change.
type refusedError struct{ text string }

func (e *refusedError) Error() string { return e.text }

// target returns a URL without query, fragment and userinfo.
func target(u *url.URL) string {
	if u == nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}

func statusText(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}

// Error converts the error of a request into an *authz.Error. A transport error is Unavailable,
// with OutcomeUnknown if a write can have reached the server. The end of a context is
// Unavailable. An *authz.Error in the chain is returned unchanged, with op if it has no
// operation.
func Error(op string, err error) *authz.Error {
	if err == nil {
		return nil
	}
	var known *authz.Error
	if errors.As(err, &known) {
		return withOp(known, op)
	}
	f := failureOf(err)
	return &authz.Error{Kind: authz.Unavailable, Op: op, Advice: advice(f.err), Err: f, OutcomeUnknown: f.unknown}
}

func withOp(e *authz.Error, op string) *authz.Error {
	if e.Op != "" {
		return e
	}
	named := *e
	named.Op = op
	return &named
}

// failureOf returns the failure in the chain, or creates one from the error of another client.
func failureOf(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	var outer *url.Error
	if !errors.As(err, &outer) {
		return &failure{err: err}
	}
	f = &failure{err: outer.Err}
	switch method := strings.ToUpper(outer.Op); method { // net/http uses the forms Get and Post
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		f.unknown = !dialFailed(outer.Err)
		fallthrough
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		if u, parseErr := url.Parse(outer.URL); parseErr == nil {
			f.method, f.target = method, target(u)
		}
	}
	return f
}

// dialFailed reports whether no connection was established.
func dialFailed(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect") || certificateProblem(err) != ""
}

// permanent reports whether another attempt would fail in the same way.
func permanent(err error) bool {
	var refused *refusedError
	var proxy *proxyError
	var dns *net.DNSError
	switch {
	case errors.As(err, &refused):
		return true
	case errors.As(err, &proxy):
		return proxy.status < 500
	case errors.As(err, &dns):
		return dns.IsNotFound
	}
	return certificateProblem(err) != "" || noTLS(err) || remoteAlert(err)
}

// noTLS reports whether the server uses plain HTTP at an https URL.
func noTLS(err error) bool {
	var record tls.RecordHeaderError
	return errors.As(err, &record) || strings.Contains(err.Error(), "server gave HTTP response to HTTPS client")
}

// remoteAlert reports whether the server aborted TLS, usually because it requires a client
// certificate.
func remoteAlert(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

// certificateProblem returns the problem of the server's certificate, or "" for any other error.
func certificateProblem(err error) string {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var bad x509.CertificateInvalidError
	var verify *tls.CertificateVerificationError
	switch {
	case errors.As(err, &unknown):
		return "the server's certificate is signed by an unknown authority"
	case errors.As(err, &name):
		return "the server's certificate is for another name: " + name.Error()
	case errors.As(err, &bad) && bad.Reason == x509.Expired:
		return "the server's certificate has expired or is not yet valid: " + bad.Detail
	case errors.As(err, &verify):
		return "the server's certificate was rejected: " + unquoted(verify.Err.Error())
	}
	return ""
}

// describe returns a text about an error that contains no part of a response.
func describe(err error) string {
	var outer *url.Error
	if errors.As(err, &outer) {
		return describe(outer.Err)
	}
	if text := certificateProblem(err); text != "" {
		return text
	}
	var broken *brokenError
	switch {
	case errors.As(err, &broken):
		return broken.Error()
	case errors.Is(err, context.Canceled):
		return "interrupted"
	case errors.Is(err, context.DeadlineExceeded):
		return "the operation timed out"
	case noTLS(err):
		return "the server does not use TLS at this address"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the server closed the connection without a response"
	case strings.Contains(err.Error(), "malformed"):
		return "the response is not HTTP"
	}
	return unquoted(err.Error())
}

var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// unquoted replaces the quotes of responses and URLs in errors of net/http.
func unquoted(text string) string { return quoted.ReplaceAllString(text, `"..."`) }

// advice returns the advice for a transport error, or "" for the usual advice of its kind.
func advice(err error) string {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var proxy *proxyError
	switch {
	case TimedOut(err):
		return authz.ReasonHTTPTimeout
	case errors.Is(err, context.Canceled):
		return "Run the operation again. Completed changes are kept."
	case errors.Is(err, context.DeadlineExceeded):
		return authz.ReasonHTTPDeadline
	case errors.As(err, &unknown):
		return authz.ReasonHTTPUnknownAuthority
	case errors.As(err, &name):
		return authz.ReasonHTTPOtherName
	case certificateProblem(err) != "":
		return authz.ReasonHTTPCertificate
	case noTLS(err):
		return authz.ReasonHTTPNoTLS
	case remoteAlert(err):
		return authz.ReasonHTTPClientCertificate
	case errors.As(err, &proxy):
		return "Check the environment variables HTTPS_PROXY and NO_PROXY. The URL of the proxy includes its user and password."
	}
	return ""
}
