package venafi

import (
	"context"
	"net/http"
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
			d := on(t, test.cfg, shared.Client(t, 0, cfg))
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
	check(t, list(d), authz.Denied, "400 with no content type, 0 bytes: Grant has been revoked, has expired, or the refresh token is invalid", "good for one login")
	check(t, list(d), authz.Denied, "used up", "")

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
