// Package fake has the parts that all stand-ins for servers share: they record requests, let a
// test intercept them, write JSON responses and read JSON strictly.
package fake

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
)

// Request is one recorded request and the status of its response.
type Request struct {
	Method, Path, Query, Host string
	Header                    http.Header
	Body                      string
	Status                    int // 0: the connection was closed without a response
}

// Intercept is in front of a fake. It can respond itself, close the connection with
// panic(http.ErrAbortHandler), or call next before or after either.
type Intercept func(w http.ResponseWriter, r *http.Request, next http.Handler)

// Front is the front of a fake. The zero value is ready; it is safe for
// concurrent use.
type Front struct {
	mu        sync.Mutex
	requests  []Request
	intercept Intercept
}

// Serve starts a listener that ends with the test, and returns its URL.
func Serve(t testing.TB, h http.Handler) string {
	t.Helper()
	web := httptest.NewServer(h)
	t.Cleanup(web.Close)
	return web.URL
}

// Handler puts the front before the routes of a fake.
func (f *Front) Handler(routes http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler) // the client went away
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		n, intercept := f.Record(r, string(body))
		sw := &statusWriter{ResponseWriter: w}
		defer func() { f.setStatus(n, sw.status) }()
		if intercept != nil {
			intercept(sw, r, routes)
			return
		}
		routes.ServeHTTP(sw, r)
	})
}

// Record records a request, and returns its number and its interceptor.
func (f *Front) Record(r *http.Request, body string) (int, Intercept) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, Request{
		Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Host: r.Host, Header: r.Header.Clone(), Body: body,
	})
	return len(f.requests) - 1, f.intercept
}

func (f *Front) setStatus(n, status int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n < len(f.requests) {
		f.requests[n].Status = status
	}
}

// Requests returns the requests so far, with those of logins.
func (f *Front) Requests() []Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.requests)
}

// ResetRequests drops the requests so far. No request may be in progress.
func (f *Front) ResetRequests() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = nil
}

// SetIntercept puts i in front of the fake. Nil removes it.
func (f *Front) SetIntercept(i Intercept) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.intercept = i
}

// Intercept lets respond handle requests instead of the fake. If it returns false, the fake
// responds. Nil ends the interception.
func (f *Front) Intercept(respond func(w http.ResponseWriter, r *http.Request) bool) {
	if respond == nil {
		f.SetIntercept(nil)
		return
	}
	f.SetIntercept(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if !respond(w, r) {
			next.ServeHTTP(w, r)
		}
	})
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController find the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Reason responds with a reason phrase and closes the connection. net/http cannot set a reason
// phrase.
func Reason(w http.ResponseWriter, status int, phrase, contentType, body string) {
	if noted, ok := w.(*statusWriter); ok {
		noted.status = status
	}
	conn, out, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err) // the fake is not served over HTTP/1.1
	}
	defer func() { _ = conn.Close() }()
	_, _ = fmt.Fprintf(out, "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Length: %d\r\n", status, phrase, len(body))
	if contentType != "" {
		_, _ = fmt.Fprintf(out, "Content-Type: %s\r\n", contentType)
	}
	_, _ = io.WriteString(out, "\r\n"+body)
	_ = out.Flush()
}

// JSON writes a JSON response.
func JSON(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // a fake's own values
	}
	Text(w, status, "application/json; charset=utf-8", string(text))
}

// Text writes a text response of a content type. "" lets net/http choose the type. header has
// alternating names and values.
func Text(w http.ResponseWriter, status int, contentType, text string, header ...string) {
	if contentType != "" {
		w.Header().Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(header); i += 2 {
		w.Header().Set(header[i], header[i+1])
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

// MediaType returns the request's content type without parameters.
func MediaType(r *http.Request) string {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // "" is no type
	return kind
}

// Strict decodes one JSON value. Unknown members, and text after the value, are errors.
func Strict(body io.Reader, into any) error {
	d := json.NewDecoder(body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more than one JSON value")
	}
	return nil
}
