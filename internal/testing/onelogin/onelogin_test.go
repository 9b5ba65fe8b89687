package onelogin

import (
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
)

func TestTokenForms(t *testing.T) {
	s := New(t, Options{})
	const grant, js, form = `{"grant_type":"client_credentials"}`, "application/json", "application/x-www-form-urlencoded"
	const fields = "grant_type=client_credentials&client_id=client-id&client_secret="
	const basic = "Basic Y2xpZW50LWlkOmNsaWVudC1zZWNyZXQ=" // client-id:client-secret
	for _, test := range []struct {
		name, body, contentType, authorization string
		want                                   int
	}{
		{"own header", grant, js, "client_id:client-id, client_secret:client-secret", 200},
		{"Basic", grant, js, basic, 200},
		{"form", fields + "client-secret", form, "", 200},
		{"wrong secret", fields + "other", form, "", 401},
		{"no credentials", grant, js, "", 401},
		{"wrong grant", `{"grant_type":"password"}`, js, basic, 400},
		{"unknown field", `{"grant_type":"client_credentials","scope":"x"}`, js, basic, 400},
		{"content type", grant, "text/plain", basic, 400},
	} {
		status, _, body := fake.Send(t, "POST", s.URL+"/auth/oauth2/v2/token", test.body, "Content-Type", test.contentType, "Authorization", test.authorization)
		if status != test.want {
			t.Errorf("%s: %d %s, want %d", test.name, status, body, test.want)
		}
	}
	if s.TokensIssued() != 1 {
		t.Errorf("%d tokens: the same one is handed out until it expires", s.TokensIssued())
	}
}

func TestStrict(t *testing.T) {
	s := New(t, Options{})
	s.AddAuthServer(77)
	fake.Send(t, "POST", s.URL+"/auth/oauth2/v2/token", "grant_type=client_credentials&client_id=client-id&client_secret=client-secret",
		"Content-Type", "application/x-www-form-urlencoded")
	const good = `{"value":"a","description":"x"}`
	for _, test := range []struct {
		name, method, path, contentType, token, body string
		status                                       int
		says                                         string
	}{
		{"good", "POST", "/api_authorizations/77/scopes", "application/json", "canary-token-1", good, 200, `{"id":323005}`},
		{"taken", "POST", "/api_authorizations/77/scopes", "application/json", "canary-token-1", good, 422, "Validation failed: Value has already been taken"},
		{"no token", "POST", "/api_authorizations/77/scopes", "application/json", "other", good, 401, `"name":"UnauthorizedError"`},
		{
			"absent server", "POST", "/api_authorizations/78/scopes", "application/json", "canary-token-1", good, 404,
			"The resource with the given id could not be found",
		},
		{"no content type", "POST", "/api_authorizations/77/scopes", "", "canary-token-1", good, 400, "BadRequestError"},
		{
			"unknown field", "POST", "/api_authorizations/77/scopes", "application/json", "canary-token-1", `{"value":"b","description":"x","label":"x"}`, 400,
			"Field is not allowed",
		},
		{"no description", "POST", "/api_authorizations/77/scopes", "application/json", "canary-token-1", `{"value":"b"}`, 422, "Description can't be blank"},
		{"no value", "POST", "/api_authorizations/77/scopes", "application/json", "canary-token-1", `{"description":"b"}`, 422, "Value can't be blank"},
		{"space", "POST", "/api_authorizations/77/scopes", "application/json", "canary-token-1", `{"value":"a b","description":"x"}`, 422, "Value is invalid"},
		{"two bodies", "POST", "/api_authorizations/77/scopes", "application/json", "canary-token-1", good + good, 400, "BadRequestError"},
		{"one scope cannot be read", "GET", "/api_authorizations/77/scopes/323005", "", "canary-token-1", "", 404, ""},
		{"the sample's wrong path", "POST", "/scopes", "application/json", "canary-token-1", good, 404, ""},
	} {
		status, _, body := fake.Send(t, test.method, s.URL+"/api/2"+test.path, test.body,
			"Content-Type", test.contentType, "Authorization", "bearer "+test.token)
		if status != test.status || !strings.Contains(body, test.says) {
			t.Errorf("%s: %d %s, want %d %s", test.name, status, body, test.status, test.says)
		}
	}
	if got := s.Requests(); got[1].Status != 200 || got[2].Status != 422 {
		t.Errorf("recorded %+v", got[1:3])
	}
}
