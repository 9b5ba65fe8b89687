package venafi

import (
	"net/http/httptest"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
	fake "github.com/authscopes/terraform-provider-authscopes/internal/testing/venafi"
)

func TestConformance(t *testing.T) {
	for name, opts := range map[string]fake.Options{
		"documented":           {},
		"rights as 401":        {ScopeAs401: true, UpperErrors: true},
		"other text":           {OtherText: true},
		"absent app is empty":  {AbsentAppAsEmpty: true},
		"no rules is a result": {NoRulesAsResult: true},
		"no rules is absent":   {NoRulesAsAbsent: true},
		"lagging":              {Lag: 2},
	} {
		t.Run(name, func(t *testing.T) {
			drivertest.Run(t, func(t *testing.T) drivertest.Fixture {
				t.Helper()
				opts := opts
				opts.Password = canaryPassword
				s := fake.NewUnstarted(opts)
				hs := httptest.NewServer(s.Handler())
				t.Cleanup(hs.Close)
				s.AddApplication(app, "certificate:manage,revoke;ssh")
				return drivertest.Fixture{
					Driver: driver(t, passwordConfig(hs.URL), 0), ServerID: app, Absent: "absent",
					UserTypes: [2]string{group, "AD+corp:5d9a7c1e"},
					Scopes:    []string{"certificate:manage", "certificate:revoke", "ssh"},
					Holdings:  func(*testing.T) drivertest.Holdings { return holdings(s, group, "AD+corp:5d9a7c1e") },
					Refuse:    func() { s.SetOptions(func(o *fake.Options) { o.Password = "other" }) },
					Down:      hs.Close,
				}
			})
		})
	}
}

// holdings reads the rules of the fake.
func holdings(s *fake.Server, identities ...string) drivertest.Holdings {
	h := drivertest.Holdings{}
	for _, id := range identities {
		text, _ := s.Rule(app, id)["MaximumScope"].(string)
		h[drivertest.Holder{UserType: id}] = SplitScopes(text)
	}
	return h
}

func TestNew(t *testing.T) {
	c, err := httpapi.New(httpapi.Config{})
	if err != nil {
		t.Fatal(err)
	}
	const url = "https://tpp.example.com"
	for _, test := range []struct {
		name string
		cfg  Config
		says string
	}{
		{"no url", Config{AccessToken: "canary"}, "venafi.url is empty"},
		{"no login", Config{URL: url}, "0 ways to log in"},
		{"client id alone", Config{URL: url, ClientID: "a"}, "0 ways to log in"},
		{"two logins", Config{URL: url, AccessToken: "canary", ClientID: "a", RefreshToken: "canary"}, "2 ways to log in"},
		{"no client id", Config{URL: url, Username: "u", Password: "canary"}, "client_id is empty"},
		{"no client id for a refresh token", Config{URL: url, RefreshToken: "canary"}, "client_id is empty"},
		{"no password", Config{URL: url, ClientID: "a", Username: "u"}, "go together"},
		{"no username", Config{URL: url, ClientID: "a", Password: "canary"}, "go together"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := New(test.cfg, c)
			check(t, err, authz.Invalid, test.says, "Set")
		})
	}
	for _, suffix := range []string{"", "/", "/vedsdk", "/vedsdk/", "/vedauth/"} {
		if d, err := New(Config{URL: url + suffix, AccessToken: "x"}, c); err != nil || d.base != url {
			t.Errorf("%q: %v", suffix, err)
		}
	}
}

func TestCapabilities(t *testing.T) {
	d := driver(t, Config{URL: "https://tpp.example.com", AccessToken: "x"}, 0)
	caps := d.Capabilities()
	if caps.WriteScopes || caps.Settings || caps.ClientScopes || caps.EmptyUserTypes || !caps.UserTypeDrift || !caps.ServerIDRequired || !caps.ServerIDAllowed {
		t.Errorf("%+v", caps)
	}
	for _, id := range []string{"", app, "a b/c"} {
		if got, err := d.ServerID(id); got != id || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
	_, err := d.ServerID(" " + app)
	check(t, err, authz.Invalid, "space", "application")
}
