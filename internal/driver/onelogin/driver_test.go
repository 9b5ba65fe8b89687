package onelogin

import (
	"cmp"
	"context"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
	fake "github.com/authscopes/terraform-provider-authscopes/internal/testing/onelogin"
)

func TestConformance(t *testing.T) {
	for name, opts := range map[string]fake.Options{
		"documented": {}, "paged": {PageSize: 2}, "full responses": {FullAnswers: true}, "no IDs in responses": {NoIDInAnswer: true},
	} {
		t.Run(name, func(t *testing.T) {
			drivertest.Run(t, func(t *testing.T) drivertest.Fixture {
				t.Helper()
				opts := opts
				opts.ClientSecret = canarySecret
				s := fake.NewUnstarted(opts)
				hs := httptest.NewServer(s.Handler())
				t.Cleanup(hs.Close)
				s.AddAuthServer(77)
				s.AddApp(5, "shop")
				s.AddApp(16, "desk")
				return drivertest.Fixture{
					Driver: driver(t, hs.URL, 0), ServerID: server, Absent: "78", Clients: [2]string{"5", "16"}, AbsentClient: "999",
					Holdings: func(*testing.T) drivertest.Holdings { return holdings(s, 5, 16) },
					Refuse:   func() { s.SetOptions(func(o *fake.Options) { o.ClientSecret = "other" }) },
					Down:     hs.Close,
				}
			})
		})
	}
}

// holdings reads the apps of the fake.
func holdings(s *fake.Server, apps ...int64) drivertest.Holdings {
	names := map[int64]string{}
	for name := range s.Scopes(77) {
		names[s.ScopeID(77, name)] = name
	}
	h := drivertest.Holdings{}
	for _, app := range apps {
		ids, _ := s.Attached(77, app)
		holder := drivertest.Holder{Client: strconv.FormatInt(app, 10)}
		h[holder] = nil
		for _, id := range ids {
			h[holder] = append(h[holder], cmp.Or(names[id], "deleted scope"))
		}
	}
	return h
}

func TestNew(t *testing.T) {
	c, err := httpapi.New(httpapi.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		cfg  Config
		says string
	}{
		{"no url", Config{ClientID: "a", ClientSecret: "canary"}, "onelogin.url is empty"},
		{"no scheme", Config{URL: "a.onelogin.com", ClientID: "a", ClientSecret: "canary"}, "onelogin.url"},
		{"password in the url", Config{URL: "https://a:canary@b.onelogin.com", ClientID: "a", ClientSecret: "canary"}, "user name or password"},
		{"no id", Config{URL: "https://a.onelogin.com", ClientSecret: "canary"}, "client_id"},
		{"no secret", Config{URL: "https://a.onelogin.com", ClientID: "a"}, "client_secret"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := New(test.cfg, c)
			check(t, err, authz.Invalid, test.says, "Set")
		})
	}
}

func TestServerID(t *testing.T) {
	d := driver(t, "https://a.onelogin.com", 0)
	if id, err := d.ServerID("77"); id != "77" || err != nil {
		t.Errorf("%q, %v", id, err)
	}
	for _, odd := range []string{"", "0", "-1", "07", "+7", "7/8", "shop", "7 ", "99999999999999999999"} {
		_, err := d.ServerID(odd)
		check(t, err, authz.Invalid, "authorization server", `such as "77"`)
	}
}

func TestCapabilities(t *testing.T) {
	caps := driver(t, "https://a.onelogin.com", 0).Capabilities()
	if !caps.DescriptionRequired || !caps.ServerIDRequired || !caps.ServerIDAllowed || caps.Settings || caps.UserTypeScopes {
		t.Errorf("%+v", caps)
	}
}

// No method reaches the server with an id that would address something else.
func TestOddIDsAreNotSent(t *testing.T) {
	s, d := setup(t, fake.Options{}, 0)
	ctx := context.Background()
	odd := authz.Scope{Name: "a", ID: "1/../2", Description: "x"}
	_, err := d.UpdateScope(ctx, server, odd, want("a"))
	check(t, err, authz.Invalid, "whole number", "")
	check(t, d.DeleteScope(ctx, server, odd), authz.Invalid, "whole number", "")
	_, err = d.ReadClientScopes(ctx, server, "../scopes")
	check(t, err, authz.Invalid, "client_id", "ID of the OIDC app")
	check(
		t, d.ChangeClientScopes(ctx, server, authz.ClientScopeSet{}, authz.ClientScopeSet{ClientID: "x", Optional: []authz.Scope{want("a")}}),
		authz.Invalid, "client_id", "OIDC app",
	)
	_, err = d.List(ctx, "")
	check(t, err, authz.Invalid, "server", "")
	_, err = d.CreateScope(ctx, "", want("a"))
	check(t, err, authz.Invalid, "server", "")
	if calls := s.Requests(); len(calls) != 0 {
		t.Errorf("sent %v", calls)
	}
}
