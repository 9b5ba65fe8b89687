package pace

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
	shared "github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
	fake "github.com/authscopes/terraform-provider-authscopes/internal/testing/pace"
)

const canary = "canary-secret"

func driver(t *testing.T, s *fake.Server, cfg Config) *Driver {
	t.Helper()
	if cfg.URL == "" {
		cfg.URL = s.URL
	}
	d, err := New(cfg, shared.Client(t, 0, httpapi.Config{}))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// check compares an error with its kind and with parts of its text and its advice. "" means no
// advice.
func check(t *testing.T, err error, kind authz.Kind, text, advice string) {
	t.Helper()
	e := drivertest.CheckError(t, err, kind, text, advice)
	if advice == "" && e.Advice != "" {
		t.Errorf("%v advises %q", err, drivertest.Advice(e))
	}
	if e.OutcomeUnknown {
		t.Error("a comparison has no outcome")
	}
}

// respond makes the fake respond to all requests for a path in one way.
func respond(s *fake.Server, path string, status int, contentType, body string, header ...string) {
	s.SetIntercept(shared.Respond(shared.Path(path), status, contentType, body, header...))
}

func TestNewRefuses(t *testing.T) {
	const u = "https://api.pace.cloud"
	for text, cfg := range map[string]Config{
		"url is empty":                         {},
		"url is not an http or https URL":      {URL: "api.pace.cloud"},
		"url contains a user name or password": {URL: "https://me:" + canary + "@api.pace.cloud"},
		`api_version is "2024-3/x"`:            {URL: u, APIVersion: "2024-3/x"},
		`api_version is ".."`:                  {URL: u, APIVersion: ".."},
		"set access_token, or the other three": {URL: u, AccessToken: canary, ClientID: "me"},
		"set all three, or none":               {URL: u, ClientID: "me", ClientSecret: canary},
		"client_id, client_secret and token":   {URL: u, TokenURL: u},
		"token_url has a query":                {URL: u, ClientID: "me", ClientSecret: canary, TokenURL: u + "?secret=" + canary},
	} {
		_, err := New(cfg, http.DefaultClient)
		if authz.KindOf(err) != authz.Invalid || !strings.Contains(err.Error(), text) || strings.Contains(err.Error(), canary) {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

func TestCapabilities(t *testing.T) {
	d, err := New(Config{URL: "https://api.pace.cloud/"}, http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}
	c := d.Capabilities()
	if c.ListScopes || c.WriteScopes || c.UserTypeScopes || c.ServerIDAllowed || c.Server != "PACE" || c.ProviderBlock != "pace" {
		t.Errorf("capabilities %+v", c)
	}
	for _, id := range []string{"", "api.pace.cloud"} {
		if got, err := d.ServerID(id); err != nil || got != "api.pace.cloud" {
			t.Error("ServerID", got, err)
		}
	}
	_, err = d.ServerID("other")
	check(t, err, authz.Invalid, `no server_id, but "other" is configured`, "")
	drivertest.Run(t, func(*testing.T) drivertest.Fixture { return drivertest.Fixture{Driver: d} })
}

func TestNothingPrintsASecret(t *testing.T) {
	cfg := Config{URL: "https://api.pace.cloud", ClientID: "me", ClientSecret: canary, TokenURL: "https://id.pace.cloud"}
	d, err := New(cfg, http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%v %+v %#v %s %v %+v %#v", cfg, cfg, cfg, cfg, d, d, d); strings.Contains(text, canary) {
		t.Error("printed:", text)
	}
}

func TestRequest(t *testing.T) {
	for version, cfg := range map[string]Config{"2024-3": {}, "2024-2": {APIVersion: "2024-2"}} {
		s := fake.New(t, fake.Options{Version: version})
		d := driver(t, s, cfg)
		for range 2 {
			if _, err := d.CheckDefinitions(t.Context(), []string{"user:users:write", "user:callbacks:password-reset", "user:users:write"}); err != nil {
				t.Fatal(err)
			}
		}
		requests := s.Requests()
		r := requests[0]
		if r.Method != "POST" || r.Path != "/user/"+version+"/maintenance/check-scopes" || r.Header.Get("Authorization") != "" ||
			fmt.Sprint(r.Header["Accept"], r.Header["Content-Type"]) != "[application/vnd.api+json] [application/vnd.api+json]" {
			t.Errorf("sent %+v", r)
		}
		want := `{"data":{"type":"scopes","id":"0a452b20-b8f5-591d-a89f-42f3179e43f4",` +
			`"attributes":{"scopes":["user:callbacks:password-reset","user:users:write"]}}}`
		if r.Body != want {
			t.Errorf("sent %s\nwant %s", r.Body, want)
		}
		if len(requests) != 2 || requests[1].Body != r.Body {
			t.Error("the same reading is another request")
		}
	}
}

func TestRequestID(t *testing.T) {
	dns := slices.Clone(namespaceURL())
	dns[3] = 0x10 // RFC 9562, appendix A.4
	if got := uuidV5(dns, "www.example.com"); got != "2ed6657d-e927-568b-95e1-2665a8aea6a2" {
		t.Error("version 5:", got)
	}
	if requestID([]string{"a", "b"}) == requestID([]string{"ab"}) || requestID([]string{"a"}) == requestID([]string{"b"}) {
		t.Error("different names have the same id")
	}
}

func TestReadings(t *testing.T) {
	for reading, want := range map[fake.Reading]string{
		fake.Missing:    "[c:d]",
		fake.Known:      "[a:b]",
		fake.Difference: "[c:d x:y]",
		fake.Echo:       "[a:b c:d]",
	} {
		s := fake.New(t, fake.Options{Reading: reading})
		s.SetKnown("x:y", "a:b")
		got, err := driver(t, s, Config{}).CheckDefinitions(t.Context(), []string{"c:d", "a:b"})
		if err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s: %v, %v, want %s", reading, got, err, want)
		}
	}
}

func TestResponses(t *testing.T) {
	for body, want := range map[string][]string{
		// The published example.
		`{"data": {"type": "scopes", "id": "d6e06f46-5dd8-47d9-a5bc-e28fad440dd1", "attributes": {"scopes": ["user:callbacks:password-reset"]}}}`: {"user:callbacks:password-reset"},
		`{"data":{"type":"scopes","id":"other","attributes":{"scopes":["b","a","b"]}}}`:                                                           {"a", "b"},
		`{"data":{"type":"scopes","id":"1","attributes":{"scopes":[]}}}`:                                                                          {},
		`{"data":{"attributes":{"scopes":["a"]}},"meta":{},"jsonapi":{}}`:                                                                         {"a"},
		`{"data":{"type":"scopes","attributes":{"scopes":null}}}`:                                                                                 nil,
		`{"data":{"type":"scopes","attributes":{}}}`:                                                                                              nil,
		`{"data":{"type":"scopes","id":"1"}}`:                                                                                                     nil,
		`{"data":null}`:                                                                                                                           nil,
		`{"data":{"type":"scopes","attributes":{"scopes":["a"]}},"errors":[]}`:                                                                    {"a"},
		`{"data":{"type":"scopes","attributes":{"scopes":["a"]}},"errors":null}`:                                                                  {"a"},
		`{}`: nil,
	} {
		s := fake.New(t, fake.Options{})
		respond(s, "/user", 200, fake.MediaType+"; charset=utf-8", body)
		got, err := driver(t, s, Config{}).CheckDefinitions(t.Context(), []string{"a"})
		if err != nil || !slices.Equal(got, want) || (got == nil) != (want == nil) {
			t.Errorf("%s: %#v, %v, want %#v", body, got, err, want)
		}
	}
}

func TestRefusedBeforeAnyRequest(t *testing.T) {
	s := fake.New(t, fake.Options{})
	d := driver(t, s, Config{})
	_, err := d.CheckDefinitions(t.Context(), nil)
	check(t, err, authz.Invalid, "no scope is defined", "")
	_, err = d.CheckDefinitions(t.Context(), []string{"ok", "pay:a pay:b"})
	check(t, err, authz.Invalid, `the scope name "pay:a pay:b"`, "")
	if len(s.Requests()) != 0 {
		t.Error("sent", s.Requests())
	}
}

func TestErrors(t *testing.T) {
	whole := `{"errors":[{"id":"cbgmhslmp1o9or9kh1p0","links":{"about":"https://developer.pace.cloud/e"},"status":"422","code":"bad-scope",` +
		`"title":"Bad scope","detail":"not one\nof ours",` +
		`"source":{"pointer":"/data/attributes/scopes/0","parameter":"p"},"meta":{"n": 1}}]}`
	published := `{"errors": [{"id": "string", "links": {"about": "string"}, "status": "string", "code": "string", "title": "string", "detail": "string", ` +
		`"source": {"pointer": "string", "parameter": "string"}, "meta": {}}]}`
	const placeholders = "title: string, detail: string, code: string, status: string, pointer: string, parameter: string, about: string, meta: {}, id: string"
	many, err := json.Marshal(map[string]any{"errors": slices.Repeat([]map[string]string{{"title": "again"}}, 14)})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		status            int
		contentType, body string
		header            []string
		kind              authz.Kind
		text, advice      string
	}{
		"every member": {
			422, fake.MediaType, whole, nil, authz.Invalid,
			"422 Unprocessable Entity: title: Bad scope, detail: not one of ours, code: bad-scope, status: 422, " +
				"pointer: /data/attributes/scopes/0, parameter: p, about: https://developer.pace.cloud/e, meta: {\"n\":1}, id: cbgmhslmp1o9or9kh1p0",
			"a pointer its position in the request",
		},
		"published 401": {401, fake.MediaType, published, nil, authz.Denied, "401 Unauthorized: " + placeholders, "The server rejected the token"},
		"published 501": {501, fake.MediaType, published, nil, authz.Unavailable, "501 Not Implemented: " + placeholders, "The server failed"},
		"several": {
			400, fake.MediaType, `{"errors":[{"title":"one"},{"detail":"two"}]}`, nil, authz.Invalid, "400 Bad Request: title: one; detail: two",
			"Nothing was changed",
		},
		"many": {422, fake.MediaType, string(many), nil, authz.Invalid, "title: again; and 4 more errors", "Nothing"},
		"odd members": {
			422, fake.MediaType, `{"errors":[{"status":422,"code":null,"title":"odd","links":{"about":{"href":"x"}},"meta":null}]}`, nil, authz.Invalid,
			`title: odd, status: 422, about: {"href":"x"}`, "Nothing",
		},
		"plain 401": {401, "text/plain; charset=utf-8", "Unauthorized\n", nil, authz.Denied, "401 Unauthorized: Unauthorized", "No token was sent"},
		"plain 403": {
			403, "text/plain", `Forbidden - requires scope "user:x"`, nil, authz.Denied, `Forbidden - requires scope "user:x"`, "text of the server names",
		},
		"html 403":    {403, "text/html", "<p>", nil, authz.Denied, "403 with text/html, 3 bytes", "lacks a scope"},
		"terms":       {451, fake.MediaType, "{}", nil, authz.Denied, "451 Unavailable For Legal Reasons", "terms of service"},
		"not found":   {404, "text/plain", "404 page not found\n", nil, authz.ParentNotFound, "404 page not found", "Nothing was removed from state"},
		"not allowed": {405, "text/html", "<p>", nil, authz.ParentNotFound, "405 with text/html", "{url}/user/{api_version}"},
		"406":         {406, fake.MediaType, `{"errors":[{"title":"request needs Accept"}]}`, nil, authz.Invalid, "request needs Accept", "media type"},
		"415": {
			415, fake.MediaType, `{"errors":[{"title":"request needs Content-Type"}]}`, nil, authz.Invalid, "request needs Content-Type", "media type",
		},
		"500": {
			500, fake.MediaType, `{"errors":[{"title":"boom","code":"x"}]}`, nil, authz.Unavailable, "500 Internal Server Error: title: boom, code: x",
			"The server failed",
		},
		"501": {
			501, fake.MediaType, `{"errors":[{"title":"boom"}]}`, nil, authz.Unavailable, "501 Not Implemented: title: boom", "PACE documents 501",
		},
		"bare 500": {500, "text/html", "<p>", nil, authz.Unavailable, "500 Internal Server Error: 500 with text/html, 3 bytes", "The server failed"},
		"bare 501": {501, "", "", nil, authz.Unavailable, "501 Not Implemented: 501 with no content type, 0 bytes", "PACE documents 501"},
		"no token": {
			401, fake.MediaType, `{"errors":[{"title":"OAuth token missing or invalid"}]}`, nil, authz.Denied, "title: OAuth token missing or invalid",
			"No token was sent",
		},
		"no token, and no right": {
			403, "text/plain", `Forbidden - requires scope "user:x"`, nil, authz.Denied, `Forbidden - requires scope "user:x"`, "No token was sent",
		},
		// A member of another type hides no other.
		"source is a string": {
			422, fake.MediaType, `{"errors":[{"title":"Bad scope","source":"/data/attributes/scopes/0","links":"https://a.example","code":7}]}`, nil, authz.Invalid,
			"422 Unprocessable Entity: title: Bad scope, code: 7, source: /data/attributes/scopes/0, links: https://a.example", "a pointer its position in the request",
		},
		"source is null": {
			422, fake.MediaType, `{"errors":[{"title":"Bad scope","source":null,"links":null,"id":null,"meta":null}]}`, nil, authz.Invalid,
			"422 Unprocessable Entity: title: Bad scope", "Nothing",
		},
		"source is a list": {
			501, fake.MediaType, `{"errors":[{"title":"boom","source":[{"pointer":"/data"}]}]}`, nil, authz.Unavailable,
			`title: boom, source: [{"pointer":"/data"}]`, "PACE documents 501",
		},
		"pointer is a number": {
			422, fake.MediaType, `{"errors":[{"title":"Bad scope","source":{"pointer":3,"parameter":["a"]}}]}`, nil, authz.Invalid,
			`title: Bad scope, pointer: 3, parameter: ["a"]`, "Nothing",
		},
		"an error is a string": {
			422, fake.MediaType, `{"errors":["no such scope",{"title":"two"}]}`, nil, authz.Invalid,
			"422 Unprocessable Entity: detail: no such scope; title: two", "Nothing",
		},
		"errors is no list": {
			422, fake.MediaType, `{"errors":{"title":"Bad scope"}}`, nil, authz.Invalid, "422 Unprocessable Entity: title: Bad scope", "Nothing",
		},
		"errors is null": {422, fake.MediaType, `{"errors":null}`, nil, authz.Invalid, "422 with application/vnd.api+json, 15 bytes", "Nothing"},
		"data is odd":    {422, fake.MediaType, `{"data":7,"errors":[{"title":"Bad scope"}]}`, nil, authz.Invalid, "title: Bad scope", "Nothing"},
		// A success with errors is none.
		"200 with errors": {
			200, fake.MediaType, `{"errors":[{"title":"boom","source":"x"}]}`, nil, authz.Unavailable,
			"reports success and has errors: title: boom, source: x", "is not reliable",
		},
		"200 with both": {
			200, fake.MediaType, `{"data":{"type":"scopes","attributes":{"scopes":[]}},"errors":[{"title":"boom"}]}`, nil, authz.Unavailable,
			"has errors: title: boom", "is not reliable",
		},
		"200 with odd data": {200, fake.MediaType, `{"data":[],"errors":[{"title":"boom"}]}`, nil, authz.Unavailable, "has errors: title: boom", "is not reliable"},
		"200, no identity": {
			200, fake.MediaType, `{"errors":[{"title":"Missing","code":"missing-linked-identity"}]}`, nil, authz.Denied,
			"title: Missing, code: missing-linked-identity", "log in to the third party and authorize it",
		},
		"200 of a list": {200, fake.MediaType, `{"data":[{"type":"scopes"}]}`, nil, authz.Unavailable, "not a resource with a list of scopes", "api_version"},
		"200 of other names": {
			200, fake.MediaType, `{"data":{"type":"scopes","attributes":{"scopes":[7]}}}`, nil, authz.Unavailable, "not a resource with a list of scopes",
			"api_version",
		},
		"rate limit":       {429, "text/html", "slow", []string{"Retry-After", "9"}, authz.Unavailable, "asked to wait 9s", "limits the rate of requests"},
		"503":              {503, fake.MediaType, `{"errors":[{"title":"later"}]}`, nil, authz.Unavailable, "503 Service Unavailable: title: later", ""},
		"plain 502":        {502, "text/plain", "introspection failed\n", nil, authz.Unavailable, "502 Bad Gateway: introspection failed", ""},
		"login page":       {200, "text/html", "<form>", nil, authz.Unavailable, "is a web page", "login page"},
		"another type":     {200, "application/json", `{"data":{}}`, nil, authz.Unavailable, "is not application/", "proxy"},
		"another resource": {200, fake.MediaType, `{"data":{"type":"apps"}}`, nil, authz.Unavailable, `of type "apps"`, "api_version"},
		"empty":            {200, fake.MediaType, "", nil, authz.Unavailable, "has no body", "proxy"},
		"truncated":        {200, fake.MediaType, `{"data":{"type":"sco`, nil, authz.Unavailable, "truncated", "proxy"},
		"redirect": {
			307, "text/html", "",
			[]string{"Location", "https://elsewhere.example.com/x?y=" + canary},
			authz.Unavailable, "https://elsewhere.example.com",
			"final address",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := fake.New(t, fake.Options{})
			respond(s, "/user", test.status, test.contentType, test.body, test.header...)
			cfg := Config{AccessToken: canary}
			if test.advice == "No token was sent" {
				cfg = Config{}
			}
			_, err := driver(t, s, cfg).CheckDefinitions(t.Context(), []string{"a"})
			check(t, err, test.kind, "compare 1 scope on PACE: ", test.advice)
			check(t, err, test.kind, test.text, test.advice)
			if n := len(s.Requests()); n != 1 {
				t.Errorf("%d requests, want 1", n)
			}
		})
	}
}

func TestErrorsOfTheFake(t *testing.T) {
	s := fake.New(t, fake.Options{})
	s.Intercept(func(w http.ResponseWriter, _ *http.Request) bool { fake.RefuseLinkedIdentity(w); return true })
	for advice, cfg := range map[string]Config{"No token was sent": {}, "The user of the token has no linked identity": {AccessToken: canary}} {
		_, err := driver(t, s, cfg).CheckDefinitions(t.Context(), []string{"a", "b"})
		check(
			t,
			err,
			authz.Denied,
			"compare 2 scopes on PACE: the server returned 401 Unauthorized: "+
				"title: Missing linked identity for authorized access, detail: Linked identity is needed to access this resource, "+
				"please check why the user does not have a linked identity, code: missing-linked-identity, status: 401, id: cbgmhslmp1o9or9kh1p0",
			advice,
		)
	}
	_, err := driver(t, fake.New(t, fake.Options{}), Config{APIVersion: "2021-2"}).CheckDefinitions(t.Context(), []string{"a"})
	check(t, err, authz.ParentNotFound, "404 Not Found", "Check url and api_version")
}

func TestRepeatsWhatOnlyCompares(t *testing.T) {
	s := fake.New(t, fake.Options{})
	failed := 0
	s.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		failed++
		switch failed {
		case 1:
			w.Header().Set("Retry-After", "0.001")
			w.WriteHeader(http.StatusTooManyRequests)
		case 2:
			w.Header().Set("Retry-After", "0.001")
			w.WriteHeader(http.StatusBadGateway)
		}
		return failed < 3
	})
	d, err := New(Config{URL: s.URL}, shared.Client(t, 4, httpapi.Config{}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.CheckDefinitions(t.Context(), []string{"a"}); err != nil || len(s.Requests()) != 3 {
		t.Errorf("%v after %d requests", err, len(s.Requests()))
	}
}
