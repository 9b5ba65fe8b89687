package venafi

import (
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
)

func send(t *testing.T, method, url, token, contentType, body string) (int, string) {
	t.Helper()
	status, _, text := fake.Send(t, method, url, body, "Content-Type", contentType, "Authorization", "Bearer "+token)
	return status, text
}

func TestStrict(t *testing.T) {
	s := New(t, Options{})
	s.AddApplication("app", "ssh")
	access, refresh := s.Issue("admin")
	const js = "application/json"
	for _, test := range []struct {
		name, method, path, token, contentType, body string
		status                                       int
		says                                         string
	}{
		{"good", "POST", "/vedsdk/oauth/getscopes", access, js, `{}`, 200, `"Success":true`},
		{"any case", "POST", "/VEDSDK/OAuth/GetScopes", access, js, `{}`, 200, `"Success":true`},
		{"GET", "GET", "/vedsdk/oauth/getscopes", access, js, ``, 405, ""},
		{"no token", "POST", "/vedsdk/oauth/getscopes", "", js, `{}`, 401, `"error":"invalid_token"`},
		{"content type", "POST", "/vedsdk/oauth/getscopes", access, "text/plain", `{}`, 400, "invalid_request"},
		{"another path", "POST", "/vedsdk/oauth/nothing", access, js, `{}`, 404, "<!DOCTYPE html>"},
		{"no criterion", "POST", "/vedsdk/oauth/getrules", access, js, `{}`, 200, `"Result":6`},
		{"unknown field", "POST", "/vedsdk/oauth/getrules", access, js, `{"Application":"app"}`, 400, "invalid_request"},
		{"field in another case", "POST", "/vedsdk/oauth/getrules", access, js, `{"applicationId":"app"}`, 400, "applicationId"},
		{
			"unknown field of a rule", "POST", "/vedsdk/oauth/createrule", access, js,
			`{"ApplicationId":"app","TrusteePrefixedUniversal":"local:{a}","MaxScope":"ssh"}`, 400, "MaxScope",
		},
		{"no scope", "POST", "/vedsdk/oauth/createrule", access, js, `{"ApplicationId":"app","TrusteePrefixedUniversal":"local:{a}"}`, 400, "MaximumScope"},
		{"refresh", "POST", "/vedauth/authorize/token", "", js, `{"client_id":"terraform","refresh_token":"` + refresh + `"}`, 200, "canary-refresh-2=="},
		{
			"refresh twice", "POST", "/vedauth/authorize/token", "", js, `{"client_id":"terraform","refresh_token":"` + refresh + `"}`, 400,
			"the refresh token is invalid",
		},
	} {
		status, body := send(t, test.method, s.URL+test.path, test.token, test.contentType, test.body)
		if status != test.status || !strings.Contains(body, test.says) {
			t.Errorf("%s: %d %s, want %d %s", test.name, status, body, test.status, test.says)
		}
	}
}

// The fake has the pitfalls of the real server.
func TestTraps(t *testing.T) {
	s := New(t, Options{})
	access, _ := s.Issue("admin")
	s.AddApplication("app", "ssh;configuration")
	s.AddRule("app", "local:{a}", "ssh", Rule{"Description": "kept?"})
	s.AddRule("app", "local:{b}", "ssh", nil)
	call := func(name, body string) {
		t.Helper()
		if status, answer := send(t, "POST", s.URL+"/vedsdk/oauth/"+name, access, "application/json", body); status != 200 ||
			!strings.Contains(answer, `"Success":true`) {
			t.Fatal(status, answer)
		}
	}
	call("updaterule", `{"Rule":{"ApplicationId":"app","TrusteePrefixedUniversal":"local:{a}","MaximumScope":"configuration"}}`)
	if _, ok := s.Rule("app", "local:{a}")["Description"]; ok {
		t.Error("what an update leaves out is reset")
	}
	call("deleterule", `{"ApplicationId":"app","TrusteePrefixedUniversal":""}`)
	if s.Rules() != 0 {
		t.Error("a deletion with one key deletes every rule of it")
	}
}
