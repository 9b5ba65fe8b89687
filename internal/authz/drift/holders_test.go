package drift

import (
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

const buyer = "client/shop/buyer"

// held is a listing in which all kinds of holders have scopes.
func held() *authz.Snapshot {
	l := listing(
		scope("a", mapped("educator", "parent")), scope("b", mapped("child", "guard"), func(s *authz.Scope) { s.ClientRoles = []string{buyer} }),
		scope("legacy:x", mapped("parent")), scope("offline_access", builtIn, mapped("all")),
	)
	l.UserTypes = append(l.UserTypes, authz.UserType{Name: "guard", Guard: true}, authz.UserType{Name: "parent", Partial: []string{"b"}})
	l.ClientRoles = []authz.UserType{{Name: buyer}}
	return l
}

func TestUnexpectedHolders(t *testing.T) {
	yes := true
	other := func(name string, scopes ...string) UserType {
		return UserType{Name: name, Unexpected: scopes, Exists: &yes}
	}
	for name, test := range map[string]struct {
		types  map[string][]string
		change func(*Input)
		want   []UserType
		inSync bool
	}{
		"not compared": {nil, func(in *Input) { in.Complete = false }, nil, true},
		"all of them": {map[string][]string{}, func(*Input) {}, []UserType{
			other("child", "b"), other(buyer, "b"), other("educator", "a"), other("parent", "a", "b"),
		}, false},
		"two of them": {map[string][]string{"educator": {"a"}, "child": {"b"}, "parent": {"a", "b"}}, func(*Input) {}, []UserType{
			{Name: "child", Exists: &yes}, other(buyer, "b"), {Name: "educator", Exists: &yes}, {Name: "parent", Exists: &yes, Missing: []string{"b"}},
		}, false},
		"ignored": {
			map[string][]string{"educator": {"a"}},
			func(in *Input) { in.Ignored = diff.NewFilter(nil, []string{"client/*", "p?rent", "child"}) },
			[]UserType{{Name: "educator", Exists: &yes}},
			true,
		},
		"a client role": {
			map[string][]string{buyer: {"b"}, "client/shop/none": nil},
			func(in *Input) { in.Ignored = diff.NewFilter(nil, []string{"parent", "child", "educator"}) },
			[]UserType{{Name: buyer, Exists: &yes}, {Name: "client/shop/none"}},
			true,
		},
		"spelt otherwise": {map[string][]string{"EDUCATOR": {"a"}}, func(in *Input) {
			in.Key, in.Ignored = strings.ToLower, diff.NewFilter(nil, []string{"parent", "child", "client/*"})
			in.Held = map[string]authz.UserTypeSet{"EDUCATOR": {Scopes: []string{"a"}}}
		}, []UserType{{Name: "EDUCATOR"}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			in := compared(held(), scope("a"), scope("b"))
			in.Filter, in.UserTypes, in.Complete = diff.NewFilter(nil, []string{"legacy:*"}), test.types, true
			test.change(&in)
			wantResult(t, in, Result{UserTypes: test.want, InSync: test.inSync})
		})
	}
}

func TestApartFromThisChange(t *testing.T) {
	consent := func(text string) func(*authz.Scope) {
		return func(s *authz.Scope) { s.Settings.ConsentScreenText = text }
	}
	base := func() Input {
		in := compared(listing(
			scope("changed", consent("old"), described("old")), scope("kept", mapped("educator")),
			scope("opened", access(authz.AccessEveryone, authz.AccessEveryone)), scope("removed"),
		), scope("changed", consent("new")), scope("kept"), scope("new"), scope("opened"))
		in.Baseline = map[string]string{"changed": "old", "kept": "May kept", "opened": "May opened", "removed": "May removed"}
		in.UserTypes, in.Complete = map[string][]string{"child": {"kept", "new"}}, true
		in.BaselineHolders = map[string][]string{"educator": {"kept"}}
		in.BaselineSettings = map[string]authz.Settings{}
		for _, s := range in.Live.Scopes {
			in.BaselineSettings[s.Name] = s.Settings
		}
		return in
	}
	for name, test := range map[string]struct {
		change func(*Input)
		want   bool
	}{
		"this change":                  {func(*Input) {}, true},
		"no baseline":                  {func(in *Input) { in.Baseline = nil }, false},
		"no baseline of settings":      {func(in *Input) { in.BaselineSettings = nil }, false},
		"no baseline of user types":    {func(in *Input) { in.BaselineHolders = nil }, false},
		"a scope disappeared":          {func(in *Input) { in.Baseline["new"] = "" }, false},
		"a setting drifted":            {func(in *Input) { in.Live.Put(scope("changed", consent("by hand"), described("old"))) }, false},
		"a grant drifted":              {func(in *Input) { in.BaselineHolders["child"] = []string{"kept"} }, false},
		"an unexpected holder drifted": {func(in *Input) { in.BaselineHolders["educator"] = nil }, false},
		"a scope was opened": {func(in *Input) {
			s := in.BaselineSettings["opened"]
			s.Access = authz.AccessUserTypes
			in.BaselineSettings["opened"] = s
		}, false},
		"a user type is missing": {func(in *Input) { in.UserTypes["nobody"] = nil }, false},
		"not visible":            {func(in *Input) { in.Live.NotChecked = []authz.Gap{{Subject: "x", Compared: true}} }, false},
		"something blocks":       {func(in *Input) { in.Live.Warnings = []authz.Warning{{Summary: "x", BlocksWrites: true}} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			in := base()
			test.change(&in)
			r := Compute(in)
			if got := strings.Contains(r.Markdown(), "**In sync apart from this change** to"); got != test.want || r.InSync {
				t.Errorf("in sync: %t, apart from this change: %t\n%s", r.InSync, got, r.Markdown())
			}
		})
	}
	in := compared(listing(scope("a")), scope("a"))
	in.Baseline = map[string]string{"a": "May a"}
	if r := Compute(in); r.onlyFromChange() || !r.InSync {
		t.Error("no difference is no change")
	}
}
