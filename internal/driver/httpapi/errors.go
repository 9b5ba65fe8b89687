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

// failure is what became of a request that got no answer. Its text holds no
// query, no userinfo and nothing of a body.
type failure struct {
	method, target string // "" where they are not known
	attempts       int
	before         string // what became of the last attempt, where a wait was cut short
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

// timeoutError is the end of one attempt's time. It is no
// context.DeadlineExceeded: that is the operation's.
type timeoutError struct{ after time.Duration }

func (e *timeoutError) Error() string {
	return fmt.Sprintf("no whole answer came within %s", e.after)
}

// brokenError is an answer that ended before its body was whole.
type brokenError struct {
	status int
	err    error
}

func (e *brokenError) Error() string {
	return "the connection broke in the middle of the answer (" + statusText(e.status) + ")"
}

func (e *brokenError) Unwrap() error { return e.err }

// statusError is a server's error answer: its words, and what it asks to wait.
type statusError struct {
	status int
	wait   time.Duration
	err    error
}

func (e *statusError) Error() string {
	if e.wait <= 0 {
		return e.err.Error()
	}
	return fmt.Sprintf("%s and asks to wait %s", e.err, e.wait.Round(time.Second))
}

func (e *statusError) Unwrap() error { return e.err }

// StatusOf is the status of the server's error answer that an error is made of;
// 0 when it is made of none.
func StatusOf(err error) int {
	var e *statusError
	if errors.As(err, &e) {
		return e.status
	}
	return 0
}

// refusedError is what no repetition can change.
type refusedError struct{ text string }

func (e *refusedError) Error() string { return e.text }

// target is a URL without query, fragment and userinfo.
func target(u *url.URL) string {
	if u == nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}

func statusText(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}

// Error turns what went wrong under an operation into an *authz.Error:
// transport errors are Unavailable, with OutcomeUnknown when a write may have
// reached the server; a context's end is Unavailable and says so. An
// *authz.Error in the chain is answered as it is, with op where it has none.
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

// failureOf finds the transport's own error, or makes one of another client's.
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
	switch method := strings.ToUpper(outer.Op); method { // net/http writes Get, Post
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

// dialFailed reports whether there was never a connection.
func dialFailed(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect") || certificateProblem(err) != ""
}

// permanent reports whether another attempt would end the same way.
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

// noTLS: an https URL, and the server speaks plain HTTP.
func noTLS(err error) bool {
	var record tls.RecordHeaderError
	return errors.As(err, &record) || strings.Contains(err.Error(), "server gave HTTP response to HTTPS client")
}

// remoteAlert: the server broke off TLS, mostly for want of a client
// certificate.
func remoteAlert(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

// certificateProblem says what is wrong with the server's certificate; "" when
// that is not the error.
func certificateProblem(err error) string {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var bad x509.CertificateInvalidError
	var verify *tls.CertificateVerificationError
	switch {
	case errors.As(err, &unknown):
		return "the server's certificate is signed by an authority that is not known here"
	case errors.As(err, &name):
		return "the server's certificate is for another name: " + name.Error()
	case errors.As(err, &bad) && bad.Reason == x509.Expired:
		return "the server's certificate has expired or is not yet valid: " + bad.Detail
	case errors.As(err, &verify):
		return "the server's certificate is refused: " + unquoted(verify.Err.Error())
	}
	return ""
}

// describe says what went wrong in words that hold nothing of an answer.
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
		return "the time of the operation ran out"
	case noTLS(err):
		return "the server does not speak TLS at this address"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the server closed the connection without an answer"
	case strings.Contains(err.Error(), "malformed"):
		return "the answer is not HTTP"
	}
	return unquoted(err.Error())
}

var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// unquoted takes out what net/http quotes from answers and URLs.
func unquoted(text string) string { return quoted.ReplaceAllString(text, `"..."`) }

// advice says what to do about a transport error; "" for the kind's usual.
func advice(err error) string {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var proxy *proxyError
	switch {
	case TimedOut(err):
		return authz.ReasonHTTPTimeout
	case errors.Is(err, context.Canceled):
		return "Run the operation again; what was done before stays done."
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
		return "See the environment variables HTTPS_PROXY and NO_PROXY; user and password of a proxy go into its URL."
	}
	return ""
}
