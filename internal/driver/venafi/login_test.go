package venafi

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
	shared "github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
	fake "github.com/authscopes/terraform-provider-authscopes/internal/testing/venafi"
)

// IIS asks for a client certificate by TLS 1.2 renegotiation, after it has read the login.
// Every login gets past that, with and without a certificate to send.
func TestLoginRenegotiates(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cfg         Config
		certificate bool
	}{
		"password":                     {passwordConfig(""), false},
		"password, with a certificate": {passwordConfig(""), true},
		"certificate":                  {Config{ClientID: "terraform", Certificate: true}, true},
		"refresh token":                {Config{ClientID: "terraform", RefreshToken: "canary-refresh-1=="}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := fake.NewUnstarted(fake.Options{Password: canaryPassword})
			s.AddApplication(app, "ssh")
			s.Issue("admin")
			front := s.Renegotiate(t)
			cfg := httpapi.Config{CACertificate: front.Certificate, Renegotiation: true}
			if test.certificate {
				cfg.ClientCertificate, cfg.ClientKey = front.Certificate, front.Key
			}
			test.cfg.URL = front.URL
			d := newTestDriver(t, test.cfg, shared.Client(t, 0, cfg))
			if err := list(d); err != nil {
				t.Fatal(err)
			}
			if _, err := d.ChangeUserType(context.Background(), app, change(group, []string{"ssh"}, nil, nil)); err != nil {
				t.Error(err)
			}
			if got := front.Certificates(); !slices.Equal(got, []bool{test.certificate}) {
				t.Errorf("certificates sent in renegotiations: %v, want one: %t", got, test.certificate)
			}
			if s.Rule(app, group)["MaximumScope"] != "ssh" {
				t.Error(s.Rule(app, group))
			}
		})
	}
}

// Some servers have their words in the reason phrase only. They are shown, without
// secrets, and a used refresh token is not sent again.
func TestReasonPhrases(t *testing.T) {
	s, d := refreshing(t, fake.Options{ReasonPhrases: true}, 3)
	if err := list(d); err != nil {
		t.Fatal(err)
	}
	s.RevokeTokens()
	s.SpendRefreshTokens() // by another run
	check(
		t, list(d), authz.Denied, "400 with no content type, 0 bytes: Grant has been revoked, has expired, or the refresh token is invalid",
		"valid for one login",
	)
	check(t, list(d), authz.Denied, "was used already", "")

	s, d = setup(t, fake.Options{ReasonPhrases: true, Role: -1})
	_, err := d.UserTypeScopes(context.Background(), app, group)
	check(t, err, authz.Denied, "401 with no content type, 0 bytes: The user does not have sufficient permissions", "")

	s.SetIntercept(func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		shared.Reason(w, http.StatusBadRequest, "no "+canaryPassword, "application/json", `{"error":"invalid_grant"}`)
	})
	s.RevokeTokens()
	check(t, list(driver(t, passwordConfig(s.URL), 0)), authz.Denied, "400 invalid_grant: no ***", "password")
}

// The words of a database deadlock count in the reason phrase, too.
func TestDeadlockInReasonPhrase(t *testing.T) {
	s, d := setup(t, fake.Options{})
	var failed atomic.Bool
	s.SetIntercept(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if call("getscopes")(r) && failed.CompareAndSwap(false, true) {
			shared.Reason(w, http.StatusInternalServerError, "Deadlock victim. Rerun the transaction.", "text/html", "<html>")
			return
		}
		next.ServeHTTP(w, r)
	})
	if err := list(d); err != nil || !failed.Load() {
		t.Error(err, failed.Load())
	}
}

// A file with a JWT is reads the file at each login: CI systems replace what is in it.
func TestJWTLogin(t *testing.T) {
	s := fake.New(t, fake.Options{JWT: "canary-jwt-1"})
	file := filepath.Join(t.TempDir(), "jwt")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d := driver(t, Config{URL: s.URL, ClientID: "terraform", JWTTokenFile: file}, 0)
	check(t, list(d), authz.Invalid, "jwt_token_file cannot be read", "reads the file at each login")
	write("\n")
	check(t, list(d), authz.Invalid, "jwt_token_file is empty", "before Terraform runs")
	for _, jwt := range []string{"canary-jwt-1", "canary-jwt-2"} {
		write(jwt + "\n")
		s.SetOptions(func(o *fake.Options) { o.JWT = jwt })
		if err := list(d); err != nil {
			t.Fatal(err)
		}
		s.RevokeTokens()
	}
	bodies := []string{}
	for _, r := range logins(s) {
		bodies = append(bodies, r.Path+" "+r.Body)
	}
	want := []string{
		`/vedauth/authorize/jwt {"client_id":"terraform","jwt":"canary-jwt-1","scope":"admin"}`,
		`/vedauth/authorize/jwt {"client_id":"terraform","jwt":"canary-jwt-2","scope":"admin"}`,
	}
	if !slices.Equal(bodies, want) {
		t.Errorf("logins %q", bodies)
	}
	write("canary-expired")
	check(t, list(d), authz.Denied, "400 invalid_grant: No mapping", "JWT mapping")
	s.SetIntercept(respond("jwt", 400, "application/json", `{"error":"invalid_grant","error_description":"canary-expired is over"}`))
	check(t, list(d), authz.Denied, "*** is over", "JWT mapping")
}

// The authentication server can have another address than the rest.
func TestAuthURL(t *testing.T) {
	s := fake.New(t, fake.Options{Password: canaryPassword})
	cfg := passwordConfig(s.URL)
	other := shared.Serve(t, s.Handler())
	cfg.AuthURL = other + "/vedauth/"
	if err := list(driver(t, cfg, 0)); err != nil {
		t.Fatal(err)
	}
	all := s.Requests()
	if len(all) != 2 || "http://"+all[0].Host != other || all[0].Path != "/vedauth/authorize/oauth" || "http://"+all[1].Host != s.URL {
		t.Errorf("%+v", all)
	}
	cfg.AuthURL = "nowhere"
	_, err := New(cfg, shared.Client(t, 0, httpapi.Config{}))
	check(t, err, authz.Invalid, "venafi.auth_url", "https://")
}
