package onelogin

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func send(t *testing.T, method, url, body string, header ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

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
		status, body := send(t, "POST", s.URL+"/auth/oauth2/v2/token", test.body, "Content-Type", test.contentType, "Authorization", test.authorization)
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
	_, _ = send(t, "POST", s.URL+"/auth/oauth2/v2/token", "grant_type=client_credentials&client_id=client-id&client_secret=client-secret",
		"Content-Type", "application/x-www-form-urlencoded")
	const good = `{"value":"a","description":"x"}`
	for _, test := range []struct {
		name, method, path, contentType, token, body string
		status                                       int
		says                                         string
	}{
		{"good", "POST", "/77/scopes", "application/json", "canary-token-1", good, 200, `{"id":323005}`},
		{"taken", "POST", "/77/scopes", "application/json", "canary-token-1", good, 422, "Validation failed: Value has already been taken"},
		{"no token", "POST", "/77/scopes", "application/json", "other", good, 401, `"name":"UnauthorizedError"`},
		{"absent server", "POST", "/78/scopes", "application/json", "canary-token-1", good, 404, "The resource with the given id could not be found"},
		{"no content type", "POST", "/77/scopes", "", "canary-token-1", good, 400, "BadRequestError"},
		{"unknown field", "POST", "/77/scopes", "application/json", "canary-token-1", `{"value":"b","description":"x","label":"x"}`, 400, "Field is not allowed"},
		{"no description", "POST", "/77/scopes", "application/json", "canary-token-1", `{"value":"b"}`, 422, "Description can't be blank"},
		{"no value", "POST", "/77/scopes", "application/json", "canary-token-1", `{"description":"b"}`, 422, "Value can't be blank"},
		{"space", "POST", "/77/scopes", "application/json", "canary-token-1", `{"value":"a b","description":"x"}`, 422, "Value is invalid"},
		{"two bodies", "POST", "/77/scopes", "application/json", "canary-token-1", good + good, 400, "BadRequestError"},
		{"one scope cannot be read", "GET", "/77/scopes/323005", "", "canary-token-1", "", 404, ""},
		{"the sample's wrong path", "POST", "/../scopes", "application/json", "canary-token-1", good, 404, ""},
	} {
		status, body := send(t, test.method, s.URL+"/api/2/api_authorizations"+test.path, test.body,
			"Content-Type", test.contentType, "Authorization", "bearer "+test.token)
		if status != test.status || !strings.Contains(body, test.says) {
			t.Errorf("%s: %d %s, want %d %s", test.name, status, body, test.status, test.says)
		}
	}
	if got := s.Requests(); got[1].Status != 200 || got[2].Status != 422 {
		t.Errorf("recorded %+v", got[1:3])
	}
}
