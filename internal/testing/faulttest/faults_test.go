package faulttest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

// retries is how often the transport of these tests repeats; so a request that
// may be repeated is sent twice.
const retries = 1

// fault is one thing that goes wrong with the requests that an operation aims at.
type fault struct {
	name string
	// act is what becomes of the n-th of them, counted from 1.
	act func(c *cell, n int, r *http.Request) keycloak.Action
	// attempts is how often one that may be repeated is sent, once is how often
	// any other. 0: not counted.
	attempts, once int
	readAgain      bool         // a read is sent again, also if attempts is 1
	kinds          []authz.Kind // of the error; nil: there is none
	says           []string     // each in the error's text or its advice
	// lenient faults do not affect an operation that ignores the body of the response.
	lenient bool
	renewed bool // by a new login, where there is one
	down    bool // nothing listens
	slow    bool // the time of a request is short
	// renegotiates is true where the server renegotiates TLS after each first request of
	// a connection.
	renegotiates bool
	// orphaned is true where the parent of everything was deleted before the operation.
	orphaned bool
	// deletes names what another administrator deletes after the plan, before the
	// operation.
	deletes string
	// crowded is true where there are more objects than the server changes by one write.
	crowded bool
}

var (
	unavailable = []authz.Kind{authz.Unavailable}
	refusedKind = []authz.Kind{authz.Denied}
	// A driver may know more of a 404, but it must never say that the thing
	// asked for is gone when a proxy said so, nor when its parent is.
	notGone = []authz.Kind{authz.Unavailable, authz.ParentNotFound, authz.Conflict}
)

func faults() []fault {
	list := []fault{
		{name: "nothing wrong", act: pass, attempts: 1, once: 1},
		{name: "connection refused", down: true, kinds: unavailable, says: []string{"refused"}},
		{
			name: "cut before", act: always(keycloak.Action{CutBefore: true}), attempts: 2, once: 1, kinds: unavailable,
			says: []string{"closed the connection without a response"},
		},
		{
			name: "cut after", act: always(keycloak.Action{CutAfter: true}), attempts: 2, once: 1, kinds: unavailable,
			says: []string{"closed the connection without a response"},
		},
		{name: "cut once", act: first(keycloak.Action{CutBefore: true}), attempts: 2, once: 1},
		{name: "cut in the body", act: alter(cutBody), attempts: 2, once: 1, kinds: unavailable, says: []string{"closed before the response was complete"}},
		{
			name: "no response", act: held, slow: true, attempts: 2, once: 1, kinds: unavailable,
			says: []string{"no complete response was received within", "increase request_timeout"},
		},
		{
			name: "no response, done", act: alter(holdResponse), slow: true, attempts: 2, once: 1, kinds: unavailable,
			says: []string{"no complete response was received within"},
		},
		{name: "truncated JSON", act: alter(truncate), attempts: 1, once: 1, kinds: unavailable, lenient: true},
		{
			name: "HTML with 200", act: alter(become(200, "text/html; charset=utf-8", "<html><body>Please log in</body></html>")), attempts: 1, once: 1,
			kinds: unavailable, says: []string{"text/html"},
		},
		{name: "empty 200", act: alter(become(200, "", "")), attempts: 1, once: 1, kinds: unavailable, lenient: true},
		{name: "204 instead of a body", act: alter(become(204, "", "")), attempts: 1, once: 1, kinds: unavailable, lenient: true},
		{name: "201 without Location", act: alter(withoutLocation), attempts: 1, once: 1, lenient: true},
		{name: "wrong content type", act: alter(plainText), attempts: 1, once: 1, kinds: unavailable, lenient: true},
		{name: "gzip", act: alter(compress(false)), attempts: 1, once: 1},
		{name: "broken gzip", act: alter(compress(true)), attempts: 2, once: 1, kinds: unavailable, lenient: true},
		{name: "401 once", act: first(responseOf(401)), attempts: 2, once: 2, renewed: true, kinds: refusedKind},
		{name: "401 for ever", act: refusal(401), attempts: 2, once: 2, renewed: true, kinds: refusedKind, says: []string{"401"}},
		{
			name: "words in the reason phrase", act: always(keycloak.Action{Status: 400, Reason: "these are its words"}), attempts: 1, once: 1,
			kinds: []authz.Kind{authz.Invalid, authz.Denied, authz.Unavailable}, says: []string{"400", "these are its words"},
		},
		{name: "403", act: refusal(403), attempts: 1, once: 1, kinds: refusedKind, says: []string{"403"}},
		{name: "404 of the parent", act: refusal(404), attempts: 1, once: 1, kinds: notGone},
		{name: "404 of a proxy", act: always(keycloak.HTML(404)), attempts: 1, once: 1, kinds: notGone},
		{name: "409", act: refusal(409), attempts: 1, once: 1, kinds: []authz.Kind{authz.Conflict, authz.Invalid, authz.Unavailable}, says: []string{"409"}},
		{name: "429", act: refusal(429), attempts: 2, once: 2, kinds: unavailable, says: []string{"429"}},
		{name: "429 with seconds", act: refusal(429, "Retry-After", "1"), attempts: 2, once: 2, kinds: unavailable, says: []string{"429", "wait"}},
		{name: "429 with a date", act: dated, attempts: 2, once: 2, kinds: unavailable, says: []string{"429"}},
		{name: "429 for an hour", act: refusal(429, "Retry-After", "3600"), attempts: 1, once: 1, kinds: unavailable, says: []string{"429", "wait"}},
		{name: "429 once", act: first(responseOf(429)), attempts: 2, once: 2},
		{name: "500", act: refusal(500), readAgain: true, attempts: 1, once: 1, kinds: unavailable, says: []string{"500"}},
		{
			name: "500, done", act: alter(become(500, "text/html", "<html>500</html>")),
			readAgain: true, attempts: 1, once: 1, kinds: unavailable, says: []string{"500"},
		},
		{name: "503 once", act: first(responseOf(503)), attempts: 2, once: 1},
		{name: "503, done", act: alter(become(503, "text/html", "<html>503</html>")), attempts: 2, once: 1, kinds: unavailable, says: []string{"503"}},
	}
	for _, status := range []int{502, 503, 504} {
		list = append(list, fault{
			name: strconv.Itoa(status), act: always(keycloak.HTML(status)), attempts: 2, once: 1, kinds: unavailable, says: []string{strconv.Itoa(status)},
		})
	}
	for _, status := range []int{301, 302, 307} {
		list = append(list, fault{
			name: fmt.Sprintf("%d to another host", status), act: redirect(status), attempts: 1, once: 1, kinds: unavailable,
			says: []string{strconv.Itoa(status), "edirects are not followed"},
		})
	}
	return list
}

// renegotiation is a server that asks for a client certificate after it has read a request.
func renegotiation() fault {
	return fault{name: "renegotiation", act: pass, renegotiates: true, attempts: 1, once: 1}
}

// orphaned is a server on which another administrator deleted the parent: the application, the
// authorization server. A delete of its objects counts as done.
func orphaned(done bool) fault {
	f := fault{name: "a parent that is gone", act: pass, orphaned: true, kinds: []authz.Kind{authz.ParentNotFound}}
	if done {
		f.kinds = nil
	}
	return f
}

// deletion is another administrator who deletes something that the operation needs.
func deletion(what string, kind authz.Kind, says ...string) fault {
	return fault{name: "a " + what + " that is gone", act: pass, deletes: what, kinds: []authz.Kind{kind}, says: says}
}

// deletionDone is a deletion that leaves nothing to do.
func deletionDone(what string) fault {
	return fault{name: "a " + what + " that is gone", act: pass, deletes: what}
}

// withoutEffect is a success that the server never sent: nothing was done.
func withoutEffect(success keycloak.Action) fault {
	return fault{name: "success without effect", act: always(success), attempts: 1, once: 1, kinds: []authz.Kind{authz.Conflict, authz.NotFound}}
}

func jsonAction(status int, body string) keycloak.Action {
	return keycloak.Action{Status: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}
}

// crowd is a write that changes some of the objects that it is about.
func crowd() fault {
	return fault{name: "more objects than the server changes", act: pass, attempts: 1, once: 1, kinds: []authz.Kind{authz.Conflict}, crowded: true}
}

func pass(*cell, int, *http.Request) keycloak.Action { return keycloak.Action{} }

func always(a keycloak.Action) func(*cell, int, *http.Request) keycloak.Action {
	return func(*cell, int, *http.Request) keycloak.Action { return a }
}

func alter(how func(*http.Response) error) func(*cell, int, *http.Request) keycloak.Action {
	return always(keycloak.Action{Alter: how})
}

// first does it to the first request alone.
func first(a keycloak.Action) func(*cell, int, *http.Request) keycloak.Action {
	return func(c *cell, n int, r *http.Request) keycloak.Action {
		switch {
		case n > 1:
			return keycloak.Action{}
		case a.Status != 0:
			return refusal(a.Status)(c, n, r)
		}
		return a
	}
}

func responseOf(status int) keycloak.Action { return keycloak.Action{Status: status} }

// refusal responds instead of the server, with the server's own text.
func refusal(status int, header ...string) func(*cell, int, *http.Request) keycloak.Action {
	return func(c *cell, _ int, _ *http.Request) keycloak.Action {
		contentType, body := c.refusal(status)
		h := http.Header{"Content-Type": {contentType}}
		for i := 0; i+1 < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return keycloak.Action{Status: status, Header: h, Body: body}
	}
}

func dated(c *cell, n int, r *http.Request) keycloak.Action {
	return refusal(429, "Retry-After", time.Now().Add(2*time.Second).UTC().Format(http.TimeFormat))(c, n, r)
}

func redirect(status int) func(*cell, int, *http.Request) keycloak.Action {
	return func(c *cell, _ int, r *http.Request) keycloak.Action {
		return keycloak.Action{Status: status, Header: http.Header{"Location": {c.elsewhere + r.URL.Path}}}
	}
}

// held holds a request until its sender gives up.
func held(_ *cell, _ int, r *http.Request) keycloak.Action {
	<-r.Context().Done()
	return keycloak.Action{CutBefore: true}
}

// holdResponse does so with the response of a request that was done.
func holdResponse(resp *http.Response) error {
	<-resp.Request.Context().Done()
	return resp.Request.Context().Err()
}

// become replaces the response of the server.
func become(status int, contentType, body string) func(*http.Response) error {
	return func(resp *http.Response) error {
		replace(resp, []byte(body))
		resp.StatusCode, resp.Status = status, ""
		resp.Header.Del("Location")
		resp.Header.Set("Content-Type", contentType)
		if contentType == "" {
			resp.Header.Del("Content-Type")
		}
		if status == 204 {
			resp.Header.Del("Content-Length")
		}
		return nil
	}
}

func replace(resp *http.Response, body []byte) {
	resp.Body = io.NopCloser(bytes.NewReader(body))
	resp.ContentLength = int64(len(body))
	resp.Header.Set("Content-Length", strconv.Itoa(len(body)))
	resp.Header.Del("Transfer-Encoding")
}

// taken reads the complete response. One without a body gets a JSON body.
func taken(resp *http.Response) []byte {
	body, _ := io.ReadAll(resp.Body)
	if len(body) == 0 {
		body = []byte(`{"a":"b"}`)
		resp.Header.Set("Content-Type", "application/json")
		if resp.StatusCode == 204 {
			resp.StatusCode, resp.Status = 200, ""
		}
	}
	return body
}

// cutBody breaks the connection after half of the body.
func cutBody(resp *http.Response) error {
	body := taken(resp)
	length := strconv.Itoa(len(body))
	replace(resp, body[:len(body)/2])
	resp.ContentLength = int64(len(body))
	resp.Header.Set("Content-Length", length)
	return nil
}

func truncate(resp *http.Response) error {
	body := taken(resp)
	replace(resp, body[:len(body)/2])
	return nil
}

func withoutLocation(resp *http.Response) error {
	resp.Header.Del("Location")
	return nil
}

func plainText(resp *http.Response) error {
	replace(resp, taken(resp))
	resp.Header.Set("Content-Type", "text/csv")
	return nil
}

// compress compresses the response like a server or proxy. With broken, it ends early.
func compress(broken bool) func(*http.Response) error {
	return func(resp *http.Response) error {
		if resp.StatusCode == 204 || resp.StatusCode == 201 {
			return nil
		}
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, _ = w.Write(taken(resp))
		_ = w.Close()
		body := packed.Bytes()
		if broken {
			body = body[:len(body)-12]
		}
		replace(resp, body)
		resp.Header.Set("Content-Encoding", "gzip")
		return nil
	}
}
