package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
)

// logTo writes every field of every entry as text.
func logTo(w io.Writer) func(context.Context, string, map[string]any) {
	return func(_ context.Context, msg string, fields map[string]any) { _, _ = fmt.Fprintln(w, msg, fields) }
}

func TestRequest(t *testing.T) {
	tests := []struct {
		name              string
		call              Call
		body              string
		contentType, want string // want: Accept
	}{
		{"no body", Call{Method: "GET"}, "", "", "application/json"},
		{"JSON", Call{Method: "POST", Body: map[string]any{"a": []int{1}}}, `{"a":[1]}`, "application/json", "application/json"},
		{"bare list", Call{Method: "DELETE", Body: []string{"a"}}, `["a"]`, "application/json", "application/json"},
		{
			"form",
			Call{Method: "POST", Body: url.Values{"grant_type": {"password"}, "p": {"a&b"}}},
			"grant_type=password&p=a%26b",
			"application/x-www-form-urlencoded", "application/json",
		},
		{"form, own type", Call{Method: "POST", Body: url.Values{"a": {"b"}}, ContentType: "x/form"}, "a=b", "x/form", "application/json"},
		{
			"JSON:API",
			Call{Method: "POST", Body: struct{}{}, ContentType: "application/vnd.api+json", Accept: "application/vnd.api+json"},
			"{}", "application/vnd.api+json", "application/vnd.api+json",
		},
		{"own header", Call{Method: "GET", Header: http.Header{"X-A": {"1"}, "Accept": {"x/y"}}}, "", "", "application/json"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, status(204))
			c, _ := client(t, Config{}, nil)
			tt.call.URL = s.URL + "/p?q=1"
			before := tt.call.Header.Clone()
			if _, err := Do(t.Context(), c, tt.call, nil); err != nil {
				t.Fatal(err)
			}
			got := s.requests()[0]
			if got.method != tt.call.Method || got.uri != "/p?q=1" || got.body != tt.body || got.length != int64(len(tt.body)) ||
				got.header.Get("Content-Type") != tt.contentType || got.header.Get("Accept") != tt.want || got.header.Get("X-A") != before.Get("X-A") {
				t.Errorf("sent %+v", got)
			}
			if len(tt.call.Header) != len(before) {
				t.Error("the call's header was changed")
			}
		})
	}
}

func TestResponses(t *testing.T) {
	const page = "<!DOCTYPE html><html>" + canary + "</html>"
	tests := []struct {
		name     string
		response http.HandlerFunc
		accept   string
		noOut    bool
		want     string // "": no error
	}{
		{"JSON", typed(200, "application/json", `{"a":1}`), "", false, ""},
		{"JSON with a parameter", typed(200, "application/json; charset=UTF-8", `{"a":1}`), "", false, ""},
		{"upper case", typed(201, "Application/JSON", `{"a":1}`), "", false, ""},
		{"problem+json", typed(200, "application/problem+json", `{"a":1}`), "", false, ""},
		{"vnd.api+json for json", typed(200, "application/vnd.api+json", `{"a":1}`), "", false, ""},
		{"vnd.api+json asked", typed(200, "application/vnd.api+json", `{"a":1}`), "application/vnd.api+json", false, ""},
		{
			"json for vnd.api+json", typed(200, "application/json", `{"a":1}`), "application/vnd.api+json", false,
			"is not application/vnd.api+json: 200 OK with application/json, 7 bytes",
		},
		{"problem+json for vnd.api+json", typed(200, "application/problem+json", `{"a":1}`), "application/vnd.api+json", false, "is not application/"},
		{"accept that is none", typed(200, "application/json", `{"a":1}`), ";", false, "is not ;"},
		{"HTML", typed(200, "text/html; charset=utf-8", page), "", false, "the response is a web page instead of application/json: 200 OK with text/html, 34 bytes"},
		{"XHTML", typed(200, "application/xhtml+xml", page), "", false, "is a web page"},
		{"HTML without a type", typed(200, "", page), "", false, "the response is a web page instead of application/json: 200 OK with no content type, 34 bytes"},
		{"HTML where nothing matters", typed(200, "text/html", page), "", true, "is a web page"},
		{"text", typed(200, "text/plain", canary), "", false, "the response is not application/json: 200 OK with text/plain, 6 bytes"},
		{"text where nothing matters", typed(200, "text/plain", canary), "", true, ""},
		{"no type", typed(200, "", `{"a":1}`), "", false, "the response is not application/json: 200 OK with no content type, 7 bytes"},
		{"type that is none", typed(200, "application/json; =", `{"a":1}`), "", false, "is not application/"},
		{"empty 200", typed(200, "application/json", ""), "", false, "the response has no body instead of application/json: 200 OK with application/json, 0 bytes"},
		{"blank 200", typed(200, "application/json", " \n"), "", false, "has no body"},
		{"204 where a body belongs", status(204), "", false, "the response has no body instead of application/json: 204 No Content with no content type, 0 bytes"},
		{"204 where nothing matters", status(204), "", true, ""},
		{"empty HTML where nothing matters", typed(200, "text/html", ""), "", true, ""},
		{"201 without Location", status(201), "", true, ""},
		{
			"truncated", typed(200, "application/json", `{"a":1,"b":"`+canary), "", false,
			"the response cannot be decoded, it is truncated or not JSON at byte 18: 200 OK with application/json, 18 bytes",
		},
		{"two values", typed(200, "application/json", `{"a":1}{"a":2}`), "", false, "not JSON at byte 8"},
		{"another type", typed(200, "application/json", `{"a":"`+canary+`"}`), "", false, `member "A" is not a number in range at byte`},
		{"number too large", typed(200, "application/json", `{"a":12345678901234567890123}`), "", false, `member "A" is not a number in range`},
		{"own decoder", typed(200, "application/json", `{"own":"x"}`), "", false, "a value has an unexpected form"},
	}
	for _, tt := range tests {
		for _, method := range []string{"GET", "POST"} {
			t.Run(method+" "+tt.name, func(t *testing.T) {
				s := serve(t, func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("X-Id", "7")
					tt.response(w, r)
				})
				c, _ := client(t, Config{}, nil)
				var out struct {
					A   int
					Own picky
				}
				into := any(&out)
				if tt.noOut {
					into = nil
				}
				header, err := Do(t.Context(), c, Call{Op: "op", Method: method, URL: s.URL, Accept: tt.accept}, into)
				if header.Get("X-Id") != "7" || len(s.requests()) != 1 {
					t.Errorf("header %v after %d requests", header, len(s.requests()))
				}
				if tt.want == "" {
					if err != nil || !tt.noOut && out.A != 1 {
						t.Errorf("%+v %v", out, err)
					}
					return
				}
				wantText(t, err, "op: ", tt.want)
				e := wantKind(t, err, authz.Unavailable)
				if strings.Contains(err.Error(), "123456") || !strings.Contains(drivertest.Advice(e), "proxy or a login page") {
					t.Errorf("%+v", e)
				}
				if e.OutcomeUnknown != (method == "POST") {
					t.Errorf("unknown is %t", e.OutcomeUnknown)
				}
			})
		}
	}
}

// picky has an error of its own that quotes what it got.
type picky string

func (*picky) UnmarshalJSON(b []byte) error { return fmt.Errorf("%s %s", canary, b) }

func TestStatuses(t *testing.T) {
	tests := []struct {
		response http.HandlerFunc
		kind     authz.Kind
		text     string
	}{
		{typed(400, jsonType, `{"e":"`+canary+`"}`), authz.Invalid, "op: the server returned 400 Bad Request"},
		{status(401), authz.Denied, "401 Unauthorized"},
		{typed(403, "text/html", canary), authz.Denied, "the server returned 403 Forbidden with text/html, 6 bytes"},
		{typed(404, jsonType, "{}"), authz.NotFound, "404 Not Found"},
		{status(404), authz.NotFound, "404 Not Found"},
		{typed(404, "text/plain", canary), authz.NotFound, "404 Not Found with text/plain, 6 bytes"},
		{typed(404, "text/html", canary), authz.ParentNotFound, "404 Not Found with text/html, 6 bytes"},
		{typed(404, "", "<html>"), authz.ParentNotFound, "404 Not Found"},
		{status(405), authz.Unavailable, "405 Method Not Allowed"},
		{status(409), authz.Conflict, "409 Conflict"},
		{status(422), authz.Invalid, "422 Unprocessable Entity"},
		{status(500), authz.Unavailable, "500 Internal Server Error"},
		{status(599), authz.Unavailable, "the server returned 599"},
		{status(304), authz.Unavailable, "304 Not Modified"},
	}
	for _, tt := range tests {
		s := serve(t, tt.response)
		c, _ := client(t, Config{}, nil)
		_, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: s.URL}, nil)
		wantText(t, err, tt.text)
		if e := wantKind(t, err, tt.kind); e.OutcomeUnknown {
			t.Error("a GET has no outcome")
		}
	}
}

func TestStatusesOfSuccess(t *testing.T) {
	for code, ok := range map[int]bool{200: false, 201: true, 404: true} {
		s := serve(t, status(code))
		c, _ := client(t, Config{}, nil)
		_, err := Do(t.Context(), c, Call{Op: "op", Method: "POST", URL: s.URL, Statuses: []int{201, 404}}, nil)
		if (err == nil) != ok {
			t.Errorf("%d: %v", code, err)
		}
	}
}

func TestClassify(t *testing.T) {
	tests := []struct {
		name     string
		method   string
		code     int
		classify *authz.Error
		want     authz.Error
	}{
		{"own kind", "GET", 400, authz.Errorf(authz.Conflict, "", "taken"), authz.Error{Kind: authz.Conflict, Op: "op"}},
		{"own op", "GET", 400, authz.Errorf(authz.Conflict, "mine", "taken"), authz.Error{Kind: authz.Conflict, Op: "mine"}},
		{"none", "GET", 409, nil, authz.Error{Kind: authz.Conflict, Op: "op"}},
		{"POST 500", "POST", 500, authz.Errorf(authz.Unavailable, "", "x"), authz.Error{Kind: authz.Unavailable, Op: "op", OutcomeUnknown: true}},
		{"POST 500 that says what it is", "POST", 500, authz.Errorf(authz.Invalid, "", "x"), authz.Error{Kind: authz.Invalid, Op: "op"}},
		{"POST 400", "POST", 400, authz.Errorf(authz.Unavailable, "", "x"), authz.Error{Kind: authz.Unavailable, Op: "op"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Request-Id", "r1")
				w.WriteHeader(tt.code)
				_, _ = io.WriteString(w, "body")
			})
			c, _ := client(t, Config{}, nil)
			_, err := Do(t.Context(), c, Call{Op: "op", Method: tt.method, URL: s.URL, Classify: func(status int, h http.Header, body []byte) *authz.Error {
				if status != tt.code || h.Get("X-Request-Id") != "r1" || string(body) != "body" {
					t.Errorf("asked with %d %v %q", status, h, body)
				}
				return tt.classify
			}}, nil)
			e := wantKind(t, err, tt.want.Kind)
			if e.Op != tt.want.Op || e.OutcomeUnknown != tt.want.OutcomeUnknown {
				t.Errorf("%+v", e)
			}
			if tt.classify != nil && tt.classify.OutcomeUnknown {
				t.Error("the driver's error was changed")
			}
		})
	}
}

func TestCallsThatCannotBeMade(t *testing.T) {
	s := serve(t, status(204))
	c, _ := client(t, Config{}, nil)
	tests := map[string]Call{
		"the URL must begin":         {Method: "GET", URL: "://" + canary},
		"http:// or https://":        {Method: "GET", URL: "ftp://" + canary},
		"and a host":                 {Method: "GET", URL: "https:///" + canary},
		"method":                     {Method: "GE T", URL: s.URL},
		"cannot be written as JSON":  {Method: "POST", URL: s.URL, Body: func() {}},
		"chan int cannot be written": {Method: "POST", URL: s.URL, Body: make(chan int)},
	}
	for want, call := range tests {
		call.Op = "op"
		_, err := Do(t.Context(), c, call, nil)
		wantText(t, err, "op: ", want)
		wantKind(t, err, authz.Invalid)
	}
	if len(s.requests()) != 0 {
		t.Error("something was sent")
	}
}

// Do with another client than New's: the body is read here.
func TestDoWithAnotherClient(t *testing.T) {
	s := serve(t, cutBody)
	c := s.Client()
	var out any
	header, err := Do(t.Context(), c, Call{Op: "op", Method: "POST", URL: s.URL}, &out)
	wantText(t, err, "op: the connection closed before the response was complete (200 OK)")
	if e := wantKind(t, err, authz.Unavailable); !e.OutcomeUnknown || header.Get("Content-Type") != jsonType {
		t.Errorf("%+v %v", e, header)
	}
	s = serve(t, cut)
	_, err = Do(t.Context(), s.Client(), Call{Op: "op", Method: "POST", URL: s.URL, Repeatable: true}, nil)
	wantText(t, err, "closed the connection")
	if authz.OutcomeUnknown(err) {
		t.Error("a POST that only reads has no outcome")
	}
	for code, unknown := range map[int]bool{500: true, 405: false} {
		plain := &http.Client{Transport: wireFunc(func(*http.Request) (*http.Response, error) { return reply(code, nil, ""), nil })}
		_, err = Do(t.Context(), plain, Call{Op: "op", Method: "POST", URL: "http://a.example"}, nil)
		if wantKind(t, err, authz.Unavailable).OutcomeUnknown != unknown {
			t.Errorf("%d: unknown is %t", code, !unknown)
		}
	}
}

// No error, advice or log contains a secret of the request or the response, whatever the fault.
func TestSecretsStayInside(t *testing.T) {
	leaky := func(code int, contentType string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.Header().Set("X-Token", canary)
			w.Header().Set("Location", "http://"+canary+":"+canary+"@other.example/?"+canary)
			w.WriteHeader(code)
			_, _ = io.WriteString(w, `{"token":"`+canary+`"`)
		}
	}
	garbage := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = io.WriteString(conn, text)
				_ = conn.Close()
			}
		}
	}
	faults := map[string]http.HandlerFunc{
		"no HTTP":       garbage(canary + " " + canary + "\r\n\r\n"),
		"bad header":    garbage("HTTP/1.1 200 OK\r\n" + canary + "\r\n\r\n"),
		"bad status":    garbage("HTTP/1.1 " + canary + " OK\r\n\r\n"),
		"bad length":    garbage("HTTP/1.1 200 OK\r\nContent-Length: " + canary + "\r\n\r\n"),
		"bad encoding":  garbage("HTTP/1.1 200 OK\r\nTransfer-Encoding: " + canary + "\r\n\r\n"),
		"bad chunk":     garbage("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + canary + "\r\n"),
		"bad gzip":      garbage("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 6\r\n\r\n" + canary),
		"cut":           cut,
		"cut body":      cutBody,
		"HTML":          leaky(200, "text/html"),
		"truncated":     leaky(200, jsonType),
		"redirect":      leaky(302, jsonType),
		"401":           leaky(401, jsonType),
		"400":           leaky(400, "text/plain"),
		"404 HTML":      leaky(404, "text/html"),
		"500":           leaky(500, "application/problem+json"),
		"503":           leaky(503, jsonType),
		"text for JSON": leaky(200, "text/plain; x="+canary),
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			s := serve(t, fault)
			var lines bytes.Buffer
			c, _ := client(t, Config{Headers: map[string]string{"X-Key": canary}, Log: logTo(&lines)}, nil)
			u := strings.Replace(s.URL, "http://", "http://"+canary+":"+canary+"@", 1) + "/p?access_token=" + canary + "#" + canary
			var out struct{ Token string }
			_, err := Do(t.Context(), c, Call{
				Op: "op", Method: "PUT", URL: u,
				Header: http.Header{"Authorization": {"Bearer " + canary}}, Body: url.Values{"password": {canary}},
			}, &out)
			var e *authz.Error
			if !errors.As(err, &e) {
				t.Fatalf("no error: %+v", out)
			}
			noSecret(t, err.Error(), drivertest.Advice(e), e.Err.Error(), lines.String())
			if lines.Len() == 0 {
				t.Error("nothing was logged")
			}
		})
	}
}

// A classified response keeps its status, and the error includes the wait that the server
// requests if waiting can help.
func TestStatusAndWait(t *testing.T) {
	for _, test := range []struct {
		name string
		said *authz.Error
		want string
	}{
		{"own words", &authz.Error{Err: errors.New("busy")}, "op: busy and asked to wait 7s"},
		{"no words", &authz.Error{}, "op: the server returned 503 Service Unavailable and asked to wait 7s"},
		{"not classified", nil, "op: the server returned 503 Service Unavailable and asked to wait 7s"},
		{"nothing to wait for", &authz.Error{Kind: authz.Denied, Err: errors.New("no")}, "op: no"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, status(503, "Retry-After", "7"))
			c, _ := client(t, Config{MaxRetries: -1}, nil)
			_, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: s.URL, Classify: func(int, http.Header, []byte) *authz.Error { return test.said }}, nil)
			if err.Error() != test.want || StatusOf(err) != 503 {
				t.Errorf("%v, status %d", err, StatusOf(err))
			}
			if test.said != nil && test.said.Op != "" {
				t.Error("the error that Classify returned was changed")
			}
		})
	}
	if got := StatusOf(authz.Errorf(authz.Denied, "op", "no response")); got != 0 {
		t.Error("no response has status", got)
	}
}

// Messages name what JSON has, and no type of Go.
func TestJSONKinds(t *testing.T) {
	var into struct {
		N *int
		S string
		B bool
		L []string
		O struct{ M map[string]int }
	}
	for body, want := range map[string]string{
		`[]`:                "the top-level value is not an object at byte 1",
		`{"N":"x"}`:         `member "N" is not a number in range at byte 8`,
		`{"N":1.5}`:         `member "N" is not a number in range at byte 8`,
		`{"S":{}}`:          `member "S" is not a string at byte 6`,
		`{"B":1}`:           `member "B" is not true or false at byte 6`,
		`{"L":{"data":[]}}`: `member "L" is not an array at byte 6`,
		`{"O":{"M":[]}}`:    `member "O.M" is not an object at byte 11`,
	} {
		if got := jsonProblem(json.Unmarshal([]byte(body), &into)); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}
