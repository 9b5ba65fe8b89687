package httpapi

import (
	"net/http"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

func TestText(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"plain", "Value has already been taken", "Value has already been taken"},
		{"secret", "no client s3cret here", "no client *** here"},
		{"secret in a longer one", "is s3cret-long s3cret", "is *** ***"},
		{"lines and control characters", "a\r\n\tb\x00\x1b[31mc\u202ed\u200be", "a b [31mc d e"},
		{"long", strings.Repeat("ü", 501), strings.Repeat("ü", 500) + "…"},
	} {
		if got := Sanitize(test.in, "", "s3cret", "s3cret-long"); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// A secret that is part of usual words would be revealed by what is masked.
func TestShortSecretsAreNotSearchedFor(t *testing.T) {
	for _, text := range []string{"Invalid client", "invalid a%26b%2Fc and a&b/c", "Gr\u00fc\u00dfe"} {
		if got := Sanitize(text, "en", "a&b/c", "li", "Gr\u00fc\u00df", "\u00fc\u00df"); got != text {
			t.Errorf("%q: %q", text, got)
		}
		if got := NewSecrets("en", "a&b/c", "Gr\u00fc\u00df").Sanitize(text); got != text {
			t.Errorf("%q: %q", text, got)
		}
	}
	if got := Sanitize("Invalid client", "client"); got != "Invalid ***" {
		t.Error(got)
	}
}

func TestForeign(t *testing.T) {
	if got := DescribeBody(404, http.Header{"Content-Type": {"text/" + canary}}, nil); got != "404 with another content type, 0 bytes" {
		t.Error(got)
	}
	h := http.Header{"Content-Type": {"text/html; charset=utf-8"}}
	if got := DescribeBody(404, h, []byte("<html>")); got != "404 with text/html, 6 bytes" {
		t.Error(got)
	}
	if got := DescribeBody(502, http.Header{}, nil); got != "502 with no content type, 0 bytes" {
		t.Error(got)
	}
}

func TestBaseURL(t *testing.T) {
	for raw, want := range map[string]string{
		"https://a.example.com":        "https://a.example.com",
		"https://a.example.com:8443/":  "https://a.example.com:8443",
		"http://127.0.0.1:80/base//":   "http://127.0.0.1:80/base",
		"https://[::1]:8443/some/path": "https://[::1]:8443/some/path",
	} {
		if got, err := BaseURL("keycloak.url", raw); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", raw, got, err, want)
		}
	}
	for raw, want := range map[string]string{
		"":                             "keycloak.url is empty",
		"a.example.com":                "not an http or https URL",
		"ftp://a.example.com":          "not an http or https URL",
		"https://":                     "not an http or https URL",
		"https://u:canary@a.example":   "user name or password",
		"https://a.example/?canary=1":  "query",
		"https://a.example/#canary":    "fragment",
		"https://a.example:canary/":    "not a URL",
		"https://u:can ary@a.example/": "user name or password",
	} {
		_, err := BaseURL("keycloak.url", raw)
		if err == nil || !strings.Contains(err.Error(), want) && !strings.Contains(err.Error(), "not a URL") || authz.KindOf(err) != authz.Invalid {
			t.Errorf("%q: %v, want %q", raw, err, want)
			continue
		}
		if strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), "keycloak.url") {
			t.Errorf("%q: the error is %v", raw, err)
		}
	}
}

func TestSecrets(t *testing.T) {
	s := NewSecrets("", "first-secret")
	s.Add("token-1")
	s.Add("token-12")
	if got := s.Sanitize("first-secret token-1 token-12 other"); got != "*** *** *** other" {
		t.Error(got)
	}
	h := http.Header{"Content-Type": {"text/html"}}
	for words, want := range map[string]string{
		"no\ntoken-1": "the server returned 400 Bad Request: no ***",
		" ":           "the server returned 400 Bad Request: 400 with text/html, 3 bytes",
	} {
		if got := s.Refusal(400, h, []byte("<p>"), words).Error(); got != want {
			t.Errorf("%q: %q, want %q", words, got, want)
		}
	}
}

func TestHost(t *testing.T) {
	for raw, want := range map[string]string{
		"https://a.example.com": "a.example.com", "http://127.0.0.1:80/base": "127.0.0.1:80", "https://[::1]:8443/a/b": "[::1]:8443",
	} {
		if got := Host(raw); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}
