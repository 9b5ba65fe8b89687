package ocariot

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
	shared "github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
	fake "github.com/authscopes/terraform-provider-authscopes/internal/testing/ocariot"
)

const canary = "canary-password"

// fixture is a driver on a fake, with the pauses it made.
type fixture struct {
	*Driver
	server *fake.Server
	pauses []time.Duration
}

func newFixture(t *testing.T, opts fake.Options, cfg Config) *fixture {
	t.Helper()
	return fixtureWith(t, fake.New(t, opts), cfg, httpapi.Config{Host: DefaultHost})
}

func fixtureWith(t *testing.T, s *fake.Server, cfg Config, web httpapi.Config) *fixture {
	t.Helper()
	if cfg.URL == "" {
		cfg.URL = s.URL
	}
	d, err := New(cfg, shared.Client(t, web.MaxRetries, web))
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{Driver: d, server: s}
	d.pause = func(ctx context.Context, pause time.Duration) error {
		f.pauses = append(f.pauses, pause)
		return ctx.Err()
	}
	return f
}

// admin makes an admin on the server, and the configuration that uses it.
func (f *fixture) admin() { f.server.AddUser("admin", "root", canary) }

func filter() Config { return Config{Readback: ReadbackFilter, Login: Login{"root", canary}} }

func change(userType string, want ...string) authz.UserTypeChange {
	return authz.UserTypeChange{UserType: authz.UserType{Name: userType}, Want: want}
}

func (f *fixture) replaceChild(t *testing.T, want ...string) error {
	t.Helper()
	_, err := f.ChangeUserType(t.Context(), "", change("child", want...))
	return err
}

// check compares an error with its kind and with parts of its text and its advice. "" means no
// advice.
func check(t *testing.T, err error, kind authz.Kind, text, advice string) {
	t.Helper()
	if e := drivertest.CheckError(t, err, kind, text, advice); advice == "" && e.Advice != "" {
		t.Errorf("%v advises %q", err, drivertest.Advice(e))
	}
}

// posts returns the writes.
func (f *fixture) posts() []fake.Request {
	return slices.DeleteFunc(f.server.Requests(), func(r fake.Request) bool { return !strings.HasSuffix(r.Path, "/scopes") || r.Body == emptyList })
}

// emptyList is the body of the request that asks whether the endpoint exists.
const emptyList = `{"scopes":[]}`

func TestNewRefuses(t *testing.T) {
	login := map[string]Login{"child": {"kid", canary}}
	for text, cfg := range map[string]Config{
		"url is empty":                                  {},
		"url is not an http or https URL":               {URL: "localhost:8081"},
		"url contains a user name or password":          {URL: "https://root:" + canary + "@localhost"},
		`readback is "maybe"`:                           {URL: "https://localhost", Readback: "maybe"},
		"only one of username and password is set":      {URL: "https://localhost", Login: Login{Password: canary}},
		"set probe_users":                               {URL: "https://localhost", Readback: ReadbackLogin},
		`probe_users has the user type "Child"`:         {URL: "https://localhost", ProbeUsers: map[string]Login{"Child": {"kid", canary}}},
		"probe_users.child needs both":                  {URL: "https://localhost", ProbeUsers: map[string]Login{"child": {"", canary}}},
		"the user types are admin, application, child,": {URL: "https://localhost", Readback: ReadbackLogin, ProbeUsers: map[string]Login{"kid": login["child"]}},
	} {
		_, err := New(cfg, http.DefaultClient)
		if authz.KindOf(err) != authz.Invalid || !strings.Contains(err.Error(), text) || strings.Contains(err.Error(), canary) {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

func TestCapabilities(t *testing.T) {
	for readback, drift := range map[string]bool{"": false, ReadbackNone: false, ReadbackFilter: true} {
		d, err := New(Config{URL: "https://localhost:8081/", Readback: readback}, http.DefaultClient)
		if err != nil {
			t.Fatal(err)
		}
		c := d.Capabilities()
		if c.UserTypeDrift != drift {
			t.Errorf("readback %q: UserTypeDrift %t", readback, c.UserTypeDrift)
		}
		if !c.ListScopes || !c.UserTypeScopes || !c.UserTypesKept || c.WriteScopes || c.ServerIDAllowed || c.EmptyUserTypes || c.Server != "ocariot" ||
			c.ProviderBlock != "ocariot" {
			t.Errorf("capabilities %+v", c)
		}
		for _, id := range []string{"", "localhost:8081"} {
			if got, err := d.ServerID(id); err != nil || got != "localhost:8081" {
				t.Error("ServerID", got, err)
			}
		}
		_, err = d.ServerID("other")
		check(t, err, authz.Invalid, `no server_id, but "other" is configured`, "")
	}
}

func TestNothingPrintsASecret(t *testing.T) {
	cfg := Config{URL: "https://localhost", Readback: ReadbackLogin, Login: Login{"root", canary}, ProbeUsers: map[string]Login{"child": {"kid", canary}}}
	d, err := New(cfg, http.DefaultClient)
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%v %+v %#v %s %v %+v %#v", cfg, cfg, cfg, cfg, d, d, d); strings.Contains(text, canary) {
		t.Error("printed:", text)
	}
}

func TestKnownScopes(t *testing.T) {
	d := newFixture(t, fake.Options{}, Config{})
	counts := map[string]int{"admin": 52, "application": 40, "child": 20, "educator": 48, "family": 49, "healthprofessional": 34}
	union := map[string]bool{}
	for _, userType := range userTypes() {
		if got := len(d.known[userType]); got != counts[userType] {
			t.Errorf("%s has %d known scopes, want %d", userType, got, counts[userType])
		}
		if got := d.UnknownScopes(userType, d.known[userType]); got != nil {
			t.Errorf("%s does not know its own %v", userType, got)
		}
		for _, name := range d.known[userType] {
			union[name] = true
		}
	}
	if len(counts) != len(d.known) || len(union) != 88 {
		t.Errorf("%d types with %d scopes, want 6 with 88", len(d.known), len(union))
	}
	unknown := d.UnknownScopes("child", []string{"users:delete", "children:read", "Children:read", "users:delete"})
	if !slices.Equal(unknown, []string{"Children:read", "users:delete"}) {
		t.Error("unknown to child:", unknown)
	}
	if got := d.UnknownScopes("kid", []string{"children:read"}); len(got) != 1 {
		t.Error("a type that does not exist knows scopes")
	}
	theirs, err := os.ReadFile("../../testing/ocariot/scopes-2.6.1.json")
	if err != nil || string(theirs) != string(knownJSON) {
		t.Error("driver and fake have different lists", err)
	}
}

func TestReplaceRequest(t *testing.T) {
	f := newFixture(t, fake.Options{}, Config{Login: Login{"root", canary}})
	f.server.AddUser("child", "kid", "pw")
	f.server.AddUser("educator", "teacher", "pw")
	if err := f.replaceChild(t, "missions:read", "children:read", "missions:read"); err != nil {
		t.Fatal(err)
	}
	requests := f.server.Requests()
	if len(requests) != 1 {
		t.Fatalf("%d requests, want 1: %v", len(requests), requests)
	}
	r := requests[0]
	if r.Method != "POST" || r.Path != "/v1/users/types/child/scopes" || r.Host != "localhost" || r.Query != "" ||
		r.Header.Get("Content-Type") != "application/json" ||
		r.Header.Get("Authorization") != "" ||
		r.Body != `{"scopes":["children:read","missions:read"]}` {
		t.Errorf("sent %+v", r)
	}
	if got := f.server.Scopes("kid"); !slices.Equal(got, []string{"children:read", "missions:read"}) {
		t.Error("stored", got)
	}
	if got := len(f.server.Scopes("teacher")); got != 48 {
		t.Error("the educator was changed too")
	}
}

func TestReplaceReturnsTouchedScopes(t *testing.T) {
	f := newFixture(t, fake.Options{}, Config{})
	c := change("child", "children:read", "sleep:read")
	c.Grant = []authz.Scope{{Name: "sleep:read", UserTypes: []string{"admin", "family"}}}
	c.Revoke = []authz.Scope{{Name: "missions:read", UserTypes: []string{"admin", "child"}}}
	got, err := f.ChangeUserType(t.Context(), "", c)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%s %v %s %v", got[0].Name, got[0].UserTypes, got[1].Name, got[1].UserTypes)
	if text != "sleep:read [admin child family] missions:read [admin]" {
		t.Error("touched", text)
	}
	if len(c.Revoke[0].UserTypes) != 2 || c.Revoke[0].UserTypes[1] != "child" {
		t.Error("the caller's scopes were changed")
	}
}

func TestRefusedBeforeAnyRequest(t *testing.T) {
	f := newFixture(t, fake.Options{}, filter())
	for _, test := range []struct {
		change authz.UserTypeChange
		text   string
	}{
		{change("Child", "children:read"), `no user type "Child"; the user types are admin, application, child, educator, family, healthprofessional`},
		{change("child"), "the set of scopes is empty"},
		{change("child", []string{}...), "the set of scopes is empty"},
		{change("child", "a b"), `the scope name "a b"`},
		{change("child", ""), "a scope name is empty"},
	} {
		_, err := f.ChangeUserType(t.Context(), "", test.change)
		check(t, err, authz.Invalid, test.text, "")
	}
	_, err := f.UserTypeScopes(t.Context(), "", "../auth")
	check(t, err, authz.Invalid, "the user types are", "")
	if got := f.server.Requests(); len(got) != 0 {
		t.Error("sent", got)
	}
}

func TestNullIsNeverSent(t *testing.T) {
	f := newFixture(t, fake.Options{}, Config{})
	_ = f.replaceChild(t, []string(nil)...)
	_ = f.replaceChild(t, "children:read")
	for _, r := range f.server.Requests() {
		var body struct{ Scopes json.RawMessage }
		if err := json.Unmarshal([]byte(r.Body), &body); err != nil || body.Scopes == nil || string(body.Scopes) == "null" {
			t.Error("sent", r.Body)
		}
	}
}
