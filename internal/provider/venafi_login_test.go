package provider

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/venafi"
)

// TestAccVenafiLogins logs in by each way that a configuration may choose.
func TestAccVenafiLogins(t *testing.T) { //nolint:tparallel // each subtest counts the logins at one server
	s := newTPP(t, venafi.Options{JWT: "canary-jwt"})
	file := filepath.Join(t.TempDir(), "jwt")
	if err := os.WriteFile(file, []byte("canary-jwt\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := newAttached(t)
	access, _ := s.Issue("admin")
	_, refresh := s.Issue("admin")
	for name, test := range map[string]struct {
		lines []string
		path  string // of the login
		fails []string
	}{
		"password":      {[]string{`client_id = "terraform"`, `username = "user"`, `password = "password"`}, "/vedauth/authorize/oauth", nil},
		"access token":  {[]string{fmt.Sprintf("access_token = %q", access)}, "", nil},
		"refresh token": {[]string{`client_id = "terraform"`, fmt.Sprintf("refresh_token = %q", refresh)}, "/vedauth/authorize/token", nil},
		"JWT":           {[]string{`client_id = "terraform"`, `jwt_token = "canary-jwt"`}, "/vedauth/authorize/jwt", nil},
		"JWT file": {
			[]string{`client_id = "terraform"`, fmt.Sprintf("jwt_token_file = %q", file), fmt.Sprintf("auth_url = %q", s.URL)},
			"/vedauth/authorize/jwt", nil,
		},
		"wrong JWT": {[]string{`client_id = "terraform"`, `jwt_token = "canary-other"`}, "/vedauth/authorize/jwt", []string{"invalid_grant", "JWT mapping"}},
		"JWT twice": {
			[]string{`client_id = "terraform"`, `jwt_token = "canary-jwt"`, fmt.Sprintf("jwt_token_file = %q", file)},
			"",
			[]string{"2 ways to log in", "jwt_token_file"},
		},
		// The stand-in speaks no TLS here, so it sees no certificate.
		"certificate": {
			[]string{`client_id = "terraform"`, "use_client_certificate = true"},
			"/vedauth/authorize/certificate",
			[]string{"Client certificate is missing"},
		},
		"two ways": {
			[]string{fmt.Sprintf("access_token = %q", access), `client_id = "terraform"`, fmt.Sprintf("refresh_token = %q", refresh)},
			"",
			[]string{"2 ways to log in", "exactly one"},
		},
		"none": {nil, "", []string{"0 ways to log in", "exactly one"}},
	} {
		t.Run(name, func(t *testing.T) {
			s.ResetRequests()
			b.t = t
			b.config(serverHCL(fmt.Sprintf("venafi = {\n  url = %q\n%s\n}", s.URL, strings.Join(test.lines, "\n"))), "data \"authscopes_server_scopes\" \"all\" {}\n")
			if test.fails == nil {
				b.plan().ends(0)
			} else {
				b.plan().fails(test.fails)
			}
			var logins []string
			for _, r := range s.Requests() {
				if strings.HasPrefix(r.Path, "/vedauth/") {
					logins = append(logins, r.Path)
				}
			}
			if want := slices.DeleteFunc([]string{test.path}, func(p string) bool { return p == "" }); !slices.Equal(logins, want) {
				t.Errorf("logged in at %q, want %q", logins, want)
			}
		})
	}

	// IIS asks for a client certificate by TLS renegotiation after it has read the login.
	s = venafi.NewUnstarted(venafi.Options{})
	s.AddApplication("app", "ssh:manage")
	front := s.Renegotiate(t)
	b = newAttached(t)
	b.config(serverHCL(fmt.Sprintf("http = {\n  ca_certificate = %q\n  client_certificate = %q\n  client_key = %q\n}\n",
		front.Certificate, front.Certificate, front.Key)+
		fmt.Sprintf("venafi = {\n  url = %q\n  client_id = \"terraform\"\n  use_client_certificate = true\n}", front.URL)), ruleHCL("ssh:manage"))
	b.apply().ok()
	b.plan().ends(0)
	if sent := front.Certificates(); len(sent) == 0 || slices.Contains(sent, false) || ruleOf(s) != "ssh:manage" {
		t.Errorf("certificates sent in renegotiations: %v, the rule is %q", sent, ruleOf(s))
	}
}
