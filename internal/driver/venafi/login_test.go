package venafi

import (
	"context"
	"slices"
	"testing"

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
