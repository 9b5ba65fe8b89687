package ocariot

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
)

type exchange struct {
	method, path, host, contentType, token, body string
	status                                       int
	answer                                       string // "" for none
}

func (e exchange) do(t *testing.T, s *Server) (int, http.Header, string) {
	t.Helper()
	header := []string{"Host", cmp.Or(e.host, "localhost"), "Content-Type", cmp.Or(e.contentType, "application/json")}
	if e.token != "" {
		header = append(header, "Authorization", "Bearer "+e.token)
	}
	return fake.Send(t, cmp.Or(e.method, http.MethodPost), s.URL+e.path, e.body, header...)
}

func (e exchange) check(t *testing.T, s *Server) {
	t.Helper()
	status, _, text := e.do(t, s)
	if status != e.status || text != e.answer {
		t.Errorf("%s %s %s: %d %s\nwant %d %s", e.method, e.path, e.body, status, text, e.status, e.answer)
	}
}

const (
	childScopes = "/v1/users/types/child/scopes"
	atLeastOne  = `{"code":400,"message":"The list of new scopes is invalid!","description":"A scopes array with at least one item is required."}`
	badJSON     = `{"code":400,"message":"Unable to process request body.","description":"Please verify that the JSON provided in the request body has a valid format and try again."}`
)

func html(method, path string) string {
	return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Error</title>\n</head>\n<body>\n<pre>Cannot " +
		method + " " + path + "</pre>\n</body>\n</html>\n"
}

func refusedFor(list string) string {
	return `{"code":400,"message":"The list of new scopes is invalid!","description":"` + list + ` are not valid scopes for child users."}`
}

// TestReplaceExchanges compares the fake with recorded exchanges of the real services.
func TestReplaceExchanges(t *testing.T) {
	gateway := []exchange{
		{path: childScopes, body: `{"scopes":["children:read"]}`, status: 204},
		{path: childScopes + "/", body: `{"scopes":["children:read"],"other":1}`, status: 204},
		{path: childScopes, host: "LocalHost:13443", body: `{"scopes":["children:read"]}`, status: 204},
		{path: childScopes, token: "bogus", body: `{"scopes":["children:read"]}`, status: 204},
		{path: childScopes, host: "127.0.0.1:13443", body: `{"scopes":["children:read"]}`, status: 404, answer: html("POST", childScopes)},
		{path: childScopes, host: "api.example.com", body: `{"scopes":["children:read"]}`, status: 404, answer: html("POST", childScopes)},
		{method: "GET", path: childScopes, status: 404, answer: html("GET", childScopes)},
		{method: "PUT", path: childScopes, status: 404, answer: html("PUT", childScopes)},
		{method: "GET", path: "/v1/users", status: 404, answer: html("GET", "/v1/users")},
		{path: childScopes, body: `{"scopes":[`, status: 400, answer: badJSON},
		{
			path: "/v1/users/types/Child/scopes", body: `{"scopes":["x"]}`, status: 400,
			answer: `{"code":400,"message":"One or more request fields are invalid...","description":"The user types allowed are: admin, child, educator, healthprofessional, family, application."}`,
		},
		{
			path: childScopes, body: `{"scopes":["children:readAll","institutions:create","children:read","environment:create"]}`, status: 400,
			answer: refusedFor("children:readAll, institutions:create, environment:create"),
		},
		{path: childScopes, body: `{"scopes":["x"," children:read","x"]}`, status: 400, answer: refusedFor("x,  children:read, x")},
		{path: childScopes, body: `{"scopes":["a$&b",null]}`, status: 400, answer: refusedFor("a{0}b, ")},
		{path: childScopes, body: `{"scopes":"ab"}`, status: 400, answer: refusedFor("a, b")},
		{
			path: childScopes, body: `{"scopes":null}`, status: 500,
			answer: `{"code":500,"message":"An internal server error has occurred.","description":"Cannot read properties of null (reading 'length')"}`,
		},
		{path: childScopes, body: `{}`, status: 400, answer: atLeastOne},
		{path: childScopes, body: ``, status: 400, answer: atLeastOne},
		{path: childScopes, body: `["children:read"]`, status: 400, answer: atLeastOne},
		{path: childScopes, body: `{"scopes":[]}`, status: 400, answer: atLeastOne},
		{path: childScopes, body: `{"scopes":""}`, status: 400, answer: atLeastOne},
		{path: childScopes, body: `{"scopes":7}`, status: 400, answer: atLeastOne},
		{path: childScopes, body: `{"scopes":{"a":1}}`, status: 400, answer: atLeastOne},
		{path: childScopes, contentType: "text/plain", body: `{"scopes":["children:read"]}`, status: 400, answer: atLeastOne},
		{path: childScopes, contentType: "application/vnd.api+json", body: `{"scopes":["children:read"]}`, status: 400, answer: atLeastOne},
		{path: childScopes, contentType: "application/x-www-form-urlencoded", body: `scopes=children:read&scopes=missions:read`, status: 204},
		{path: childScopes, contentType: "application/x-www-form-urlencoded", body: `scopes=ab`, status: 400, answer: refusedFor("a, b")},
		{
			path:   childScopes,
			body:   `{"scopes":["` + strings.Repeat("x", 101*1024) + `"]}`,
			status: 500,
			answer: `{"code":500,"message":"request entity too large"}`,
		},
	}
	s := New(t, Options{})
	for _, e := range gateway {
		e.check(t, s)
	}
	direct := New(t, Options{Direct: true})
	exchange{path: childScopes, host: "api.example.com", body: `{"scopes":["children:read"]}`, status: 204}.check(t, direct)
	exchange{
		method: "GET",
		path:   childScopes,
		status: 404,
		answer: `{"code":404,"message":"` + childScopes + ` not found.","description":"Specified resource: ` + childScopes + ` was not found or does not exist."}`,
	}.check(t, direct)
	for _, newer := range []Options{{Account: "2.8.0"}, {Account: "2.8.0", Direct: true}} {
		exchange{
			path:   childScopes,
			body:   `{"scopes":["x"]}`,
			status: 404,
			answer: `{"code":404,"message":"Endpoint ` + childScopes + ` does not found!"}`,
		}.check(t, New(t, newer))
	}
	exchange{path: childScopes, body: `{"scopes":["x"]}`, status: 404, answer: html("POST", childScopes)}.check(t, New(t, Options{NoRoute: true}))
}

// TestPublishedCURL sends the headers of the published command, which has no token.
func TestPublishedCURL(t *testing.T) {
	s := New(t, Options{})
	s.AddUsers("child", 2)
	status, header, text := fake.Send(t, http.MethodPost, s.URL+childScopes, `{"scopes":["children:read","missions:read"]}`,
		"Host", "localhost", "accept", "/", "Content-Type", "application/json")
	if status != 204 || text != "" || header.Get("Content-Type") != "" {
		t.Errorf("%d %q %s", status, text, header.Get("Content-Type"))
	}
	if got := fmt.Sprint(s.Granted("child")); got != "map[child1:[children:read missions:read] child2:[children:read missions:read]]" {
		t.Error(got)
	}
}

func TestReplaceKeepsOrderAndDuplicates(t *testing.T) {
	s := New(t, Options{})
	s.AddUser("child", "kid", "pw")
	exchange{path: childScopes, body: `{"scopes":["missions:read","missions:read","children:read"]}`, status: 204}.check(t, s)
	if got := strings.Join(s.Scopes("kid"), " "); got != "missions:read missions:read children:read" {
		t.Error("stored", got)
	}
	exchange{path: childScopes, body: `{"scopes":["children:read","x"]}`, status: 400, answer: refusedFor("x")}.check(t, s)
	if got := len(s.Scopes("kid")); got != 3 {
		t.Error("a 400 changed the scopes")
	}
}

func TestReplaceReachesTheNewestHundred(t *testing.T) {
	s := New(t, Options{})
	s.AddUsers("application", 116)
	exchange{path: "/v1/users/types/application/scopes", body: `{"scopes":["external:sync"]}`, status: 204}.check(t, s)
	for _, u := range []struct {
		name string
		n    int
	}{{"application1", 40}, {"application16", 40}, {"application17", 1}, {"application116", 1}} {
		if got := len(s.Scopes(u.name)); got != u.n {
			t.Errorf("%s has %d scopes, want %d", u.name, got, u.n)
		}
	}
}

func TestReplaceRespondsBeforeItIsDone(t *testing.T) {
	s := New(t, Options{Lag: 2, Direct: true})
	s.AddUsers("child", 3)
	exchange{path: childScopes, body: `{"scopes":["children:read"]}`, status: 204}.check(t, s)
	count := func() int {
		_, header, text := exchange{method: "GET", path: "/v1/children?scopes=sleep:read&limit=100"}.do(t, s)
		if header.Get("X-Total-Count") != "3" {
			t.Error("X-Total-Count", header.Get("X-Total-Count"))
		}
		return strings.Count(text, `"id"`)
	}
	if got := []int{count(), count(), count()}; !slices.Equal(got, []int{2, 2, 0}) {
		t.Error("users still with the old scopes, request by request:", got)
	}
}

func TestLogin(t *testing.T) {
	s := New(t, Options{})
	s.AddUser("educator", "teacher", "pw")
	for _, e := range []exchange{
		{body: `{"username":"teacher","password":"no"}`, status: 401, answer: `{"code":401,"message":"Invalid username or password!"}`},
		{body: `{}`, status: 400, answer: `{"code":400,"message":"Required fields were not provided...","description":"username, password are required!"}`},
		{
			body: `{"username":1,"password":"pw"}`, status: 400,
			answer: `{"code":400,"message":"One or more request fields are invalid...","description":"username must be a string!"}`,
		},
		{
			body: `{"username":"","password":"pw"}`, status: 400,
			answer: `{"code":400,"message":"One or more request fields are invalid...","description":"username must have at least one character!"}`,
		},
		{body: `{`, status: 400, answer: badJSON},
	} {
		e.path, e.host = "/v1/auth", "any.example.com"
		e.check(t, s)
	}
	s.SetScopes("teacher", "missions:read", "children:read")
	_, _, text := exchange{path: "/v1/auth", body: `{"username":"teacher","password":"pw"}`}.do(t, s)
	var got struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(got.AccessToken, ".")
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		SubType, Scope string
		Iat, Exp       int64
		Kind           string `json:"sub_type"`
	}
	if err := json.Unmarshal(raw, &claims); err != nil {
		t.Fatal(err)
	}
	if claims.Scope != "missions:read children:read" || claims.Kind != "educator" || claims.Exp-claims.Iat != 86400 {
		t.Errorf("claims %+v", claims)
	}
}

func TestListings(t *testing.T) {
	s := New(t, Options{})
	s.AddUsers("child", 120)
	s.AddUser("admin", "root", "pw")
	s.AddUser("educator", "teacher", "pw")
	token := func(user string) string {
		_, _, text := exchange{path: "/v1/auth", body: `{"username":"` + user + `","password":"pw"}`}.do(t, s)
		return strings.TrimSuffix(strings.TrimPrefix(text, `{"access_token":"`), `"}`)
	}
	exchange{
		method: "GET",
		path:   "/v1/children",
		status: 401,
		answer: `{"code":401,"message":"UNAUTHORIZED","description":"Authentication failed for lack of authentication credentials.","redirect_link":"/auth"}`,
	}.check(t, s)
	exchange{
		method: "GET",
		path:   "/v1/children",
		token:  "bogus",
		status: 401,
		answer: `{"code":401,"message":"UNAUTHORIZED","description":"Authentication failed due to access token issues.","redirect_link":"/auth"}`,
	}.check(t, s)
	exchange{
		method: "GET",
		path:   "/v1/families",
		token:  token("teacher"),
		status: 403,
		answer: `{"code":403,"message":"FORBIDDEN","description":"Authorization failed due to insufficient permissions."}`,
	}.check(t, s)
	admin := token("root")
	s.SetScopes("child7", "sleep:read")
	for query, want := range map[string]int{
		"":                             100,
		"?limit=1":                     1,
		"?limit=1000":                  120,
		"?limit=50&page=3":             20,
		"?page=2":                      20,
		"?scopes=sleep:read&page=2":    20,
		"?scopes=missions:read&page=2": 19,
		"?scopes=children:readAll":     0,
		"?scopes=*leep*&page=2":        20,
		"?scopes=nothing,sleep:read":   100,
		"?scopes=nothing&scopes=no":    0,
		// Repeated names are AND, a comma list is OR.
		"?limit=1000&scopes=missions:read&scopes=children:read": 119,
		"?limit=1000&scopes=missions:read&scopes=nothing":       0,
		"?limit=1000&scopes=missions:read,nothing":              119,
		"?scopes=sleep:read&scopes.0=sleep:read":                1,
		"?scopes.1=sleep:read":                                  0,
		"?scopes.x=sleep:read":                                  100,
		"?scopes=missions:read&page=99":                         0,
	} {
		_, header, text := exchange{method: "GET", path: "/v1/children" + query, token: admin}.do(t, s)
		if got := strings.Count(text, `"id"`); got != want || header.Get("X-Total-Count") != "120" || strings.Contains(text, "scopes") {
			t.Errorf("%s: %d rows of %s, want %d of 120", query, got, header.Get("X-Total-Count"), want)
		}
	}
}

func TestAccountIsDown(t *testing.T) {
	s := New(t, Options{})
	s.AddUser("admin", "root", "pw")
	_, _, text := exchange{path: "/v1/auth", body: `{"username":"root","password":"pw"}`}.do(t, s)
	token := strings.TrimSuffix(strings.TrimPrefix(text, `{"access_token":"`), `"}`)
	s.StopAccount()
	for _, e := range []exchange{
		{path: childScopes, body: `{"scopes":["children:read"]}`, status: 502, answer: "Bad gateway."},
		{method: "GET", path: "/v1/children", token: token, status: 502, answer: "Bad gateway."},
		{path: childScopes, host: "api.example.com", body: `{"scopes":["children:read"]}`, status: 404, answer: html("POST", childScopes)},
		{
			path: "/v1/auth", body: `{"username":"root","password":"pw"}`, status: 500,
			answer: `{"code":500,"message":"INTERNAL SERVER ERROR","description":"An internal server error has occurred."}`,
		},
	} {
		e.check(t, s)
	}
}

// From account 2.6.2 on, the listings filter by a field that tokens ignore.
func TestUpgradeKeepsADeadField(t *testing.T) {
	s := New(t, Options{Direct: true})
	s.AddUser("child", "kid", "pw")
	s.SetScopes("kid", "missions:read")
	s.Upgrade("2.8.0")
	s.AddUser("child", "newcomer", "pw")
	for query, want := range map[string]int{"": 2, "?scopes=missions:read": 1, "?scopes=sleep:read": 0} {
		_, header, text := exchange{method: "GET", path: "/v1/children" + query}.do(t, s)
		if got := strings.Count(text, `"id"`); got != want || header.Get("X-Total-Count") != "2" {
			t.Errorf("%s: %d rows, want %d: %s", query, got, want, text)
		}
	}
	for user, scopes := range s.Granted("child") {
		if len(scopes) != 20 {
			t.Errorf("%s has %q, want the 20 constants", user, scopes)
		}
	}
	exchange{path: childScopes, body: `{"scopes":[]}`, status: 404, answer: `{"code":404,"message":"Endpoint ` + childScopes + ` does not found!"}`}.check(t, s)
}

// A replace that is half done is done when the server is read past its interface.
func TestGrantedFinishes(t *testing.T) {
	s := New(t, Options{Direct: true, Lag: 1000})
	s.AddUsers("child", 2)
	exchange{path: childScopes, body: `{"scopes":["sleep:read","children:read"]}`, status: 204}.check(t, s)
	if got := fmt.Sprint(s.Granted("child")); got != "map[child1:[children:read sleep:read] child2:[children:read sleep:read]]" {
		t.Error(got)
	}
	if len(s.Granted("educator")) != 0 {
		t.Error("educators without an educator")
	}
}

func TestPatchResets(t *testing.T) {
	s := New(t, Options{Direct: true})
	id := s.AddUser("child", "kid", "pw")
	s.SetScopes("kid", "children:read")
	if status, _, _ := (exchange{method: "PATCH", path: "/v1/children/" + id, body: `{"age":10}`}).do(t, s); status != http.StatusOK {
		t.Error("status", status)
	}
	if got := len(s.Scopes("kid")); got != 20 {
		t.Errorf("%d scopes after a PATCH, want the 20 defaults", got)
	}
}

func TestPlainPortRedirects(t *testing.T) {
	s := New(t, Options{})
	status, header, _ := fake.Send(t, http.MethodPost, s.PlainURL(t)+childScopes, "{}")
	if status != http.StatusMovedPermanently || header.Get("Location") != s.URL+childScopes {
		t.Error(status, header.Get("Location"))
	}
}
