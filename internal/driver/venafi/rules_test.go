package venafi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	fake "github.com/authscopes/terraform-provider-authscopes/internal/testing/venafi"
)

func bodyOf(s *fake.Server, call string) string {
	for _, r := range s.Requests() {
		if strings.HasSuffix(r.Path, "/"+call) {
			return r.Body
		}
	}
	return ""
}

func TestUserTypeScopes(t *testing.T) {
	for name, opts := range map[string]fake.Options{
		"documented": {Role: fake.RoleAuditor}, "other text": {OtherText: true}, "no rules is a result": {NoRulesAsResult: true},
		"no rules is absent": {NoRulesAsAbsent: true},
	} {
		t.Run(name, func(t *testing.T) {
			s, d := setup(t, opts)
			ctx := context.Background()
			if got, err := d.UserTypeScopes(ctx, app, group); err != nil || len(got.Scopes) != 0 {
				t.Errorf("no rule: %v, %v", got, err)
			}
			s.AddRule(app, group, "certificate:revoke,manage;ssh", nil)
			s.AddRule(app, "local:{other}", "agent", nil)
			s.ResetRequests()
			for _, spelling := range []string{group, strings.ToUpper(group), strings.NewReplacer("{", "", "}", "", "-", "").Replace(group)} {
				got, err := d.UserTypeScopes(ctx, app, spelling)
				if err != nil || strings.Join(got.Scopes, " ") != "certificate:manage certificate:revoke ssh" {
					t.Errorf("%s: %v, %v", spelling, got, err)
				}
			}
			if got := bodyOf(s, "getrules"); got != `{"ApplicationId":"pki-portal"}` || len(s.Calls()) != 3 {
				t.Error(got, s.Calls())
			}
		})
	}
}

func TestUserTypeErrors(t *testing.T) {
	for name, opts := range map[string]fake.Options{"result 2": {}, "empty": {AbsentAppAsEmpty: true}} {
		t.Run("absent application, "+name, func(t *testing.T) {
			_, d := setup(t, opts)
			_, err := d.UserTypeScopes(context.Background(), "absent", group)
			check(t, err, authz.ParentNotFound, "ApplicationNotFound", "server_id")
			_, err = d.ChangeUserType(context.Background(), "absent", change(group, []string{"ssh"}, nil, nil))
			check(t, err, authz.ParentNotFound, "ApplicationNotFound", "server_id")
		})
	}
	s, d := setup(t, fake.Options{})
	ctx := context.Background()
	_, err := d.UserTypeScopes(ctx, "", group)
	check(t, err, authz.Invalid, "server_id is not set", "application")
	_, err = d.UserTypeScopes(ctx, app, "")
	check(t, err, authz.Invalid, "user_type is empty", "local:{guid}")
	_, err = d.ChangeUserType(ctx, "", change(group, nil, []string{"ssh"}, nil))
	check(t, err, authz.Invalid, "server_id is not set", "application")
	_, err = d.ChangeUserType(ctx, app, change("{}", nil, []string{"ssh"}, nil))
	check(t, err, authz.Invalid, "user_type is empty", "")
	_, err = d.ChangeUserType(ctx, app, change(group, []string{"certificate", "certificate:manage"}, nil, nil))
	check(t, err, authz.Invalid, `remove "certificate"`, "")
	if n := len(s.Requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
	s.AddRule(app, "local:{a-b}", "ssh", nil)
	s.AddRule(app, "local:ab", "ssh", nil)
	_, err = d.UserTypeScopes(ctx, app, "local:{AB}")
	check(t, err, authz.Conflict, "two rules", "Delete one")
	_, err = d.ChangeUserType(ctx, app, change(group, []string{"agent:delete"}, nil, nil))
	check(t, err, authz.Invalid, "Result 23 (ScopeMismatch)", "maximum scope of the application")
	_, err = d.ChangeUserType(ctx, app, change(group, []string{"children:read"}, nil, nil))
	check(t, err, authz.Invalid, "Result 17 (InvalidScope)", "authscopes_server_scopes")
	s.SetOptions(func(o *fake.Options) { o.Role = fake.RoleAuditor })
	_, err = d.ChangeUserType(ctx, app, change(group, []string{"ssh"}, nil, nil))
	check(t, err, authz.Denied, "insufficient_rights", "Owner of the application, or Admin")
}

func TestChangeUserType(t *testing.T) {
	s, d := setup(t, fake.Options{})
	ctx := context.Background()
	step := func(what string, c authz.UserTypeChange, rule, touched, calls string) {
		t.Helper()
		s.ResetRequests()
		got, err := d.ChangeUserType(ctx, app, c)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		var has []string
		for _, sc := range got {
			has = append(has, fmt.Sprint(sc.Name, len(sc.UserTypes)))
		}
		if strings.Join(has, " ") != touched {
			t.Errorf("%s: touched %v, want %s", what, has, touched)
		}
		text, _ := s.Rule(app, group)["MaximumScope"].(string)
		if text != rule || strings.Join(s.Calls(), " ") != calls {
			t.Errorf("%s: rule %q, calls %v; want %q, %s", what, text, s.Calls(), rule, calls)
		}
	}
	step("create", change(group, []string{"ssh", "certificate:revoke", "certificate:manage"}, nil, nil),
		"certificate:manage,revoke;ssh", "certificate1 ssh1", "getrules getapplication createrule getrules")
	if got := bodyOf(s, "createrule"); got != `{"ApplicationId":"pki-portal","MaximumScope":"certificate:manage,revoke;ssh","TrusteePrefixedUniversal":"`+group+`"}` {
		t.Error(got)
	}
	step(
		"again", change(group, []string{"ssh"}, []string{"agent"}, []string{"certificate:manage"}), "certificate:manage,revoke;ssh", "certificate1 ssh1",
		"getrules",
	)
	step("change", change(group, []string{"configuration"}, []string{"ssh", "certificate:revoke"}, nil),
		"certificate:manage;configuration", "certificate1 configuration1 ssh0", "getrules updaterule getrules")
	step(
		"delete", change(group, nil, []string{"certificate:manage", "configuration"}, nil), "", "certificate0 configuration0",
		"getrules deleterule getrules getapplication",
	)
	if got := bodyOf(s, "deleterule"); got != `{"ApplicationId":"pki-portal","TrusteePrefixedUniversal":"`+group+`"}` {
		t.Error(got)
	}
	step("delete again", change(group, nil, []string{"certificate:manage"}, nil), "", "", "getrules getapplication")
}

// An update keeps every field, also unknown ones, and the server's own spelling of the identity.
func TestUpdateKeepsTheRest(t *testing.T) {
	s, d := setup(t, fake.Options{})
	s.AddRule(
		app,
		group,
		"ssh",
		fake.Rule{
			"Description":    "portal <ops>",
			"AccessValidity": 9007199254740993,
			"GrantValidity":  nil,
			"Renewable":      true,
			"FutureField":    map[string]any{"a": 1},
		},
	)
	other := strings.ToUpper(strings.ReplaceAll(group, "-", ""))
	if _, err := d.ChangeUserType(context.Background(), app, change(other, []string{"certificate:manage"}, nil, nil)); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		`"AccessValidity":9007199254740993`, `"GrantValidity":null`, `"Renewable":true`, `"FutureField":{"a":1}`, `"MaximumScope":"certificate:manage;ssh"`,
		group,
	} {
		if body := bodyOf(s, "updaterule"); !strings.Contains(body, part) || !strings.HasPrefix(body, `{"Rule":{`) {
			t.Errorf("%s is not in %s", part, body)
		}
	}
	if got := s.Rule(app, group); got["Description"] != "portal <ops>" || !reflect.DeepEqual(got["FutureField"], map[string]any{"a": 1.0}) {
		t.Errorf("%+v", got)
	}
}

// deleterule with one key alone would delete every rule of it.
func TestDeleteNeverSendsOneKey(t *testing.T) {
	s, d := setup(t, fake.Options{})
	for _, r := range []rule{
		nil, rule{}.withField(fieldApplication, app), rule{}.withField(fieldTrustee, group), rule{}.withField(fieldTrustee, "").withField(fieldApplication, app),
	} {
		if err := d.deleteRule(context.Background(), "delete", r); authz.KindOf(err) != authz.Invalid {
			t.Errorf("%v: %v", r, err)
		}
	}
	if n := len(s.Requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
	s.AddRule(app, group, "ssh", nil)
	s.AddRule(app, "local:{other}", "ssh", nil)
	s.AddApplication("second", "ssh")
	s.AddRule("second", group, "ssh", nil)
	if _, err := d.ChangeUserType(context.Background(), app, change(group, nil, []string{"ssh"}, nil)); err != nil || s.Rules() != 2 {
		t.Errorf("%v, %d rules left, want 2", err, s.Rules())
	}
}

func TestMeanwhile(t *testing.T) {
	for _, test := range []struct {
		name, call, has string
		meanwhile       func(s *fake.Server)
		grant, revoke   []string
		says            string // "" is success
	}{
		{"rule made", "createrule", "", func(s *fake.Server) { s.AddRule(app, group, "configuration", nil) }, []string{"ssh"}, nil, "RuleAlreadyExists"},
		{
			"rule deleted before an update", "updaterule", "ssh", func(s *fake.Server) { s.RemoveRule(app, group) },
			[]string{"configuration"},
			nil,
			"deleted at the same time",
		},
		{"rule deleted before a delete", "deleterule", "ssh", func(s *fake.Server) { s.RemoveRule(app, group) }, nil, []string{"ssh"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, d := setup(t, fake.Options{})
			if test.has != "" {
				s.AddRule(app, group, test.has, nil)
			}
			s.SetIntercept(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				if strings.HasSuffix(r.URL.Path, "/"+test.call) {
					test.meanwhile(s)
				}
				next.ServeHTTP(w, r)
			})
			_, err := d.ChangeUserType(context.Background(), app, change(group, test.grant, test.revoke, nil))
			if test.says == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			check(t, err, authz.Conflict, test.says, "Plan again")
		})
	}
}

func TestOverwrittenMeanwhile(t *testing.T) {
	s, d := setup(t, fake.Options{})
	s.AddRule(app, group, "ssh", nil)
	s.SetIntercept(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		next.ServeHTTP(w, r)
		if strings.HasSuffix(r.URL.Path, "/updaterule") {
			s.RemoveRule(app, group)
			s.AddRule(app, group, "configuration", nil)
		}
	})
	_, err := d.ChangeUserType(context.Background(), app, change(group, []string{"certificate:manage"}, nil, nil))
	check(t, err, authz.Conflict, `["configuration"] after it was set to ["certificate:manage" "ssh"]`, "next plan")
}

func TestLostRuleWrites(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, call    string
		done          bool
		has           string
		grant, revoke []string
		fails         bool
		writes        int
	}{
		{name: "create done", call: "createrule", done: true, grant: []string{"ssh"}, writes: 1},
		{name: "create not done", call: "createrule", grant: []string{"ssh"}, fails: true, writes: 1},
		{name: "update done", call: "updaterule", done: true, has: "ssh", grant: []string{"configuration"}, writes: 2},
		{name: "update not done", call: "updaterule", has: "ssh", grant: []string{"configuration"}, writes: 2},
		{name: "delete done", call: "deleterule", done: true, has: "ssh", revoke: []string{"ssh"}, writes: 2},
		{name: "delete not done", call: "deleterule", has: "ssh", revoke: []string{"ssh"}, writes: 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, _ := setup(t, fake.Options{})
			d := driver(t, passwordConfig(s.URL), 1)
			if test.has != "" {
				s.AddRule(app, group, test.has, nil)
			}
			s.SetIntercept(cut(test.call, 1, test.done))
			_, err := d.ChangeUserType(context.Background(), app, change(group, test.grant, test.revoke, nil))
			if test.fails {
				e := drivertest.CheckError(t, err, authz.Unavailable, "closed the connection", "")
				if !e.OutcomeUnknown {
					t.Error("the error reports that the outcome is known")
				}
			} else if err != nil {
				t.Error(err)
			}
			writes := strings.Count(strings.Join(s.Calls(), " "), test.call)
			if writes != test.writes {
				t.Errorf("%d writes, want %d", writes, test.writes)
			}
		})
	}
}

// The outcome of a write that was not retried is reported as unknown. The outcome of a write
// that Venafi itself rejected is known.
func TestOutcomeOfWholeWrites(t *testing.T) {
	s, d := setup(t, fake.Options{})
	s.AddRule(app, group, "ssh", nil)
	s.SetIntercept(cut("updaterule", -1, false))
	_, err := d.ChangeUserType(context.Background(), app, change(group, []string{"configuration"}, nil, nil))
	if e := drivertest.CheckError(t, err, authz.Unavailable, "closed the connection", ""); !e.OutcomeUnknown {
		t.Error("known")
	}
	s.SetIntercept(respond("updaterule", 200, "application/json", `{}`))
	_, err = d.ChangeUserType(context.Background(), app, change(group, []string{"configuration"}, nil, nil))
	if e := drivertest.CheckError(t, err, authz.Unavailable, "no Success or no Result", "venafi.url"); !e.OutcomeUnknown {
		t.Error("known")
	}
	s.SetIntercept(respond("updaterule", 200, "application/json", `{"Success":false,"Result":1}`))
	_, err = d.ChangeUserType(context.Background(), app, change(group, []string{"configuration"}, nil, nil))
	if e := drivertest.CheckError(t, err, authz.Unavailable, "Result 1", ""); e.OutcomeUnknown {
		t.Error("unknown")
	}
}

func TestInterruptedWhileSettling(t *testing.T) {
	s, d := setup(t, fake.Options{Lag: 1})
	s.AddRule(app, group, "ssh", nil)
	ctx, cancel := context.WithCancel(context.Background())
	d.pause = func(ctx context.Context, _ time.Duration) error { cancel(); return context.Cause(ctx) }
	_, err := d.ChangeUserType(ctx, app, change(group, []string{"configuration"}, nil, nil))
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	check(t, err, authz.Unavailable, "interrupted", "")
}

// A rule that does not state its scopes is never treated as a rule without scopes, because a
// plan would then show nothing to revoke.
func TestUnreadableRules(t *testing.T) {
	for name, test := range map[string]struct {
		without      string
		says, advice string
	}{
		"no scope":       {"MaximumScope", "has no MaximumScope", "Set its maximum scope on the server"},
		"no application": {"ApplicationId", "a rule without ApplicationId", "venafi.url"},
		"no trustee":     {"TrusteePrefixedUniversal", "a rule without ApplicationId or TrusteePrefixedUniversal", "venafi.url"},
	} {
		t.Run(name, func(t *testing.T) {
			s, d := setup(t, fake.Options{})
			rule := map[string]any{"ApplicationId": app, "TrusteePrefixedUniversal": group, "MaximumScope": "ssh"}
			delete(rule, test.without)
			body, _ := json.Marshal(map[string]any{"Success": true, "Result": 0, "Rules": []any{rule}})
			s.SetIntercept(respond("getrules", 200, "application/json", string(body)))
			ctx := context.Background()
			_, err := d.UserTypeScopes(ctx, app, group)
			check(t, err, authz.Unavailable, test.says, test.advice)
			_, err = d.List(ctx, app)
			check(t, err, authz.Unavailable, test.says, test.advice)
			_, err = d.ChangeUserType(ctx, app, change(group, []string{"ssh"}, nil, nil))
			check(t, err, authz.Unavailable, test.says, test.advice)
			if calls := s.Calls(); slices.ContainsFunc(calls, func(c string) bool { return !strings.HasPrefix(c, "get") }) {
				t.Errorf("wrote: %q", calls)
			}
		})
	}
}

// Looking up an identity needs a token scope that a login does not request. Without it,
// nothing is known, and one request is all that is sent.
func TestFindUserType(t *testing.T) {
	s, d := setup(t, fake.Options{})
	for range 2 {
		_, err := d.FindUserType(t.Context(), group)
		check(t, err, authz.Denied, "configuration", "")
	}
	if n := len(s.Requests()); n != 2 { // with the login
		t.Errorf("%d requests", n)
	}
	access, _ := s.Issue("admin;configuration")
	d = driver(t, Config{URL: s.URL, AccessToken: access}, 0)
	for _, exists := range []bool{true, false} {
		if found, err := d.FindUserType(t.Context(), group); err != nil || found != exists {
			t.Errorf("found %t, %v; want %t", found, err, exists)
		}
		s.RemoveIdentity(strings.ToUpper(group))
	}
	s.SetIntercept(respond("Validate", 200, "application/json", ""))
	_, err := d.FindUserType(t.Context(), group)
	check(t, err, authz.Unavailable, "no body", "")
}

// Nothing in an application that was deleted is left to revoke; a grant is an error.
func TestApplicationGone(t *testing.T) {
	for _, opts := range []fake.Options{{}, {AbsentAppAsEmpty: true}} {
		s, d := setup(t, opts)
		s.RemoveApplication(app)
		if _, err := d.ChangeUserType(t.Context(), app, change(group, nil, []string{"ssh"}, nil)); err != nil {
			t.Error(err)
		}
		_, err := d.ChangeUserType(t.Context(), app, change(group, []string{"ssh"}, nil, nil))
		check(t, err, authz.ParentNotFound, "Result 2 (ApplicationNotFound)", "server_id")
		if !authz.IsParentGone(err) {
			t.Errorf("%v is a report of the server itself", err)
		}
	}
	_, d := setup(t, fake.Options{BeforeOAuth: true})
	if err := list(d); authz.KindOf(err) != authz.ParentNotFound || authz.IsParentGone(err) {
		t.Errorf("%v is no report about an application", err)
	}
}

func TestMaximumScopes(t *testing.T) {
	for _, opts := range []fake.Options{{}, {ApplicationsArray: true}} {
		s, d := setup(t, opts)
		s.AddApplication(app, "certificate:revoke, Manage;SSH")
		if got, err := d.MaximumScopes(t.Context(), app); err != nil ||
			!slices.Equal(got, []string{"certificate", "certificate:manage", "certificate:revoke", "ssh"}) {
			t.Errorf("%q, %v", got, err)
		}
		s.AddApplication("none", "")
		if got, err := d.MaximumScopes(t.Context(), "none"); err != nil || got != nil {
			t.Errorf("%q, %v", got, err)
		}
		_, err := d.MaximumScopes(t.Context(), "absent")
		check(t, err, authz.ParentNotFound, "ApplicationNotFound", "")
	}
}

// Settings that a change does not set stay, and so does what the driver does not know. A
// write that the server accepts and does not do is an error.
func TestRuleSettings(t *testing.T) {
	s, d := setup(t, fake.Options{})
	text, hour, none, yes := "text", int64(3600), int64(0), true
	set := func(r authz.RuleSettings) error {
		c := change(group, []string{"ssh:manage"}, nil, nil)
		c.Rule = r
		_, err := d.ChangeUserType(t.Context(), app, c)
		return err
	}
	if err := set(authz.RuleSettings{Description: &text, AccessValidity: &hour, Renewable: &yes}); err != nil {
		t.Fatal(err)
	}
	if _, sent := s.Rule(app, group)["GrantValidity"]; sent {
		t.Error("a setting that is not set was sent")
	}
	s.RemoveRule(app, group)
	s.AddRule(app, group, "ssh:manage", fake.Rule{"Description": "by hand", "GrantValidity": 7, "Newer": 1})
	if err := set(authz.RuleSettings{GrantValidity: &none}); err != nil {
		t.Fatal(err)
	}
	if r := s.Rule(app, group); r["GrantValidity"] != nil || r["Description"] != "by hand" || r["Newer"] == nil {
		t.Errorf("the rule is %v", r)
	}
	read, err := d.UserTypeScopes(t.Context(), app, group)
	if err != nil || *read.Rule.Description != "by hand" || *read.Rule.GrantValidity != 0 || *read.Rule.AccessValidity != 0 || read.Rule.Renewable != nil {
		t.Errorf("%+v, %v", read.Rule, err)
	}
	s.ResetRequests()
	if err := set(authz.RuleSettings{GrantValidity: &none}); err != nil || slices.Contains(s.Calls(), "updaterule") {
		t.Errorf("%v, %q", err, s.Calls())
	}
	s.SetIntercept(respond("updaterule", 200, "application/json", `{"Success":true,"Result":0}`))
	check(t, set(authz.RuleSettings{Description: &text}), authz.Conflict, "not the configured description", "next plan")
}

// The note about an identity has the reason apart, because the provider words the advice.
func TestIdentityFormatReason(t *testing.T) {
	notes, err := checkIdentity("local:operators")
	if err != nil || len(notes) != 1 || notes[0].Advice != adviceIdentity || strings.Contains(notes[0].Detail, adviceIdentity) {
		t.Errorf("%+v, %v", notes, err)
	}
}
