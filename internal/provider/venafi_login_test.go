package provider

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/venafi"
)

// GetScopes lists the scopes that applications use, so that an unlisted scope can be valid: the
// plan warns, and the server decides.
func TestAccVenafiUnlistedScope(t *testing.T) {
	s := newTPP(t, venafi.Options{PageScopes: true})
	b := newBinary(t)
	b.config(serverHCL(venafiBlockHCL(s)), ruleHCL("certificate:approve", "certificate:revoke"))
	unlisted := []string{"Unlisted scopes", trustee, ": certificate:approve", "can be valid nevertheless"}
	b.plan().ends(2).warns(unlisted)
	b.run("apply", "-json", "plan").ok()
	if got := ruleOf(s); got != "certificate:approve,revoke" {
		t.Errorf("the rule is %q", got)
	}
	b.plan().ends(0).warns(unlisted)
}

// TestAccVenafiLogins logs in by each way that a configuration may choose.
func TestAccVenafiLogins(t *testing.T) { //nolint:tparallel // each subtest counts the logins at one server
	s := newTPP(t, venafi.Options{JWT: "canary-jwt"})
	file := filepath.Join(t.TempDir(), "jwt")
	if err := os.WriteFile(file, []byte("canary-jwt\n"), 0o600); err != nil {
		t.Fatal(err)
	}
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
			b := newBinary(t)
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
}

// IIS asks for a client certificate by TLS renegotiation after it has read the login.
func TestAccVenafiRenegotiation(t *testing.T) {
	t.Parallel()
	s := venafi.NewUnstarted(venafi.Options{})
	s.AddApplication("app", "ssh:manage")
	front := s.Renegotiate(t)
	b := newBinary(t)
	b.config(serverHCL(fmt.Sprintf("http = {\n  ca_certificate = %q\n  client_certificate = %q\n  client_key = %q\n}\n",
		front.Certificate, front.Certificate, front.Key)+
		fmt.Sprintf("venafi = {\n  url = %q\n  client_id = \"terraform\"\n  use_client_certificate = true\n}", front.URL)), ruleHCL("ssh:manage"))
	b.apply().ok()
	b.plan().ends(0)
	if sent := front.Certificates(); len(sent) == 0 || slices.Contains(sent, false) || ruleOf(s) != "ssh:manage" {
		t.Errorf("certificates sent in renegotiations: %v, the rule is %q", sent, ruleOf(s))
	}
}

// Whichever way Venafi refuses to list its scopes, the error says what to grant.
func TestAccVenafiRefusals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status int
		body   string
		words  []string
	}{
		"401": {
			http.StatusUnauthorized, `{"error":"insufficient_rights","error_description":"why"}`,
			[]string{"401 insufficient_rights: why", "OAuth role"},
		},
		"403": {http.StatusForbidden, `{"error":"insufficient_scope","error_description":"why"}`, []string{"403 insufficient_scope: why", "scope admin"}},
		"400": {
			http.StatusBadRequest, `{"error":"invalid_request","error_description":"why"}`,
			[]string{"400 invalid_request: why", "scope admin", "OAuth role"},
		},
		"200, no rights": {http.StatusOK, `{"Success":false,"Result":9,"Error":"why"}`, []string{"Result 9 (InsufficientPrivileges): why", "OAuth role"}},
		"200, a failure": {http.StatusOK, `{"Success":false,"Result":1,"Error":"why"}`, []string{"Result 1 (a failure): why", "scope admin", "OAuth role"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTPP(t, venafi.Options{})
			s.SetIntercept(fake.Respond(fake.Path("/vedsdk/oauth/getscopes"), test.status, "application/json", test.body))
			b := newBinary(t)
			b.config(serverHCL(venafiBlockHCL(s)), "data \"authscopes_server_scopes\" \"all\" {}\n")
			b.plan().fails(test.words)
			if n := s.TokensIssued(); n != 1 {
				t.Errorf("%d tokens: a right does not come with another", n)
			}
		})
	}
}
