package drift

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings/settingstest"
)

// scope is one with the default settings, as wanted or as this provider makes it.
func scope(name string, change ...func(*authz.Scope)) authz.Scope {
	s := authz.Scope{Name: name, Description: "May " + name, Settings: diff.Defaults()}
	for _, c := range change {
		c(&s)
	}
	return s
}

func described(text string) func(*authz.Scope) {
	return func(s *authz.Scope) { s.Description = text }
}

func access(a, intended authz.Access) func(*authz.Scope) {
	return func(s *authz.Scope) { s.Settings.Access, s.LastAppliedAccess = a, intended }
}

func mapped(userTypes ...string) func(*authz.Scope) {
	return func(s *authz.Scope) { s.UserTypes = userTypes }
}

func builtIn(s *authz.Scope) { s.BuiltIn = true }

func listing(scopes ...authz.Scope) *authz.Snapshot {
	l := &authz.Snapshot{UserTypes: []authz.UserType{{Name: "all", Everyone: true}, {Name: "child"}, {Name: "educator"}}}
	for _, s := range scopes {
		l.Put(s)
	}
	return l
}

// compared is an input that compares everything.
func compared(live *authz.Snapshot, definitions ...authz.Scope) Input {
	return Input{Definitions: definitions, Live: live, Descriptions: true, Settings: true}
}

// withoutReport returns a result without the fields that only its report uses.
func withoutReport(r Result) Result {
	r.about = about{}
	return r
}

func wantResult(t *testing.T, in Input, want Result) {
	t.Helper()
	if got := withoutReport(Compute(in)); !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
}

func TestScopes(t *testing.T) {
	for name, test := range map[string]struct {
		in   Input
		want Result
	}{
		"in sync": {compared(listing(scope("a"), scope("b")), scope("b"), scope("a")), Result{InSync: true}},
		"missing": {
			compared(listing(scope("b")), scope("c"), scope("b"), scope("a")),
			Result{Missing: []Found{{Scope: scope("a")}, {Scope: scope("c")}}},
		},
		"unexpected": {
			compared(listing(scope("a"), scope("b"), scope("c")), scope("b")),
			Result{Unexpected: []Found{{Scope: scope("a")}, {Scope: scope("c")}}},
		},
		"outside of the globs": {
			func() Input {
				in := compared(listing(scope("read:a"), scope("read:legacy"), scope("write:a")), scope("read:a"))
				in.Filter = diff.NewFilter([]string{"read:*"}, []string{"*:legacy"})
				return in
			}(), Result{InSync: true},
		},
		"built in, not named": {compared(listing(scope("a"), scope("profile", builtIn, access(authz.AccessEveryone, ""))), scope("a")), Result{InSync: true}},
		"built in and named": {
			compared(listing(scope("profile", builtIn, described("Claims"))), scope("profile")),
			Result{Changed: []Change{{Name: "profile", Attribute: "description", Defined: "May profile", Live: "Claims"}}},
		},
		"description gone": {
			compared(listing(scope("a", described(""))), scope("a")),
			Result{Changed: []Change{{Name: "a", Attribute: "description", Defined: "May a"}}},
		},
		"description appeared": {
			compared(listing(scope("a")), scope("a", described(""))),
			Result{Changed: []Change{{Name: "a", Attribute: "description", Live: "May a"}}},
		},
		"server without descriptions": {
			Input{Definitions: []authz.Scope{scope("a")}, Live: listing(scope("a", described("")))}, Result{InSync: true},
		},
		"server without settings": {
			Input{Definitions: []authz.Scope{scope("a")}, Live: listing(authz.Scope{Name: "a", Description: "May a"}), Descriptions: true}, Result{InSync: true},
		},
	} {
		t.Run(name, func(t *testing.T) { wantResult(t, test.in, test.want) })
	}
}

func TestSettings(t *testing.T) {
	for i, row := range settings.Rows() {
		defined, live := settingstest.Defined(&row), settingstest.Other(&row)
		if settings.ID(i) == settings.Access {
			continue // more than a changed setting: see TestAccess
		}
		t.Run(row.Name, func(t *testing.T) {
			with := func(v settings.Value) authz.Scope {
				return scope("a", func(s *authz.Scope) { row.Set(&s.Settings, v) })
			}
			wantResult(t, compared(listing(with(live)), with(defined)),
				Result{Changed: []Change{{Name: "a", Attribute: row.Name, Defined: row.Format(defined), Live: row.Format(live)}}})
		})
	}
	order := func(n string) func(*authz.Scope) { return func(s *authz.Scope) { s.Settings.GUIOrder = n } }
	t.Run("gui_order not said", func(t *testing.T) {
		wantResult(t, compared(listing(scope("a", order("7"))), scope("a")), Result{InSync: true})
	})
	t.Run("gui_order said", func(t *testing.T) {
		wantResult(t, compared(listing(scope("a", order("7")), scope("b", order("1"))), scope("a", order("1")), scope("b", order("1"))),
			Result{Changed: []Change{{Name: "a", Attribute: "gui_order", Defined: "1", Live: "7"}}})
	})
	t.Run("all at once, sorted", func(t *testing.T) {
		want, live, expected := scope("a"), scope("a", described("")), []string{"description"}
		for _, row := range settings.Rows() {
			defined, is := settingstest.Defined(&row), settingstest.Other(&row)
			row.Set(&want.Settings, defined)
			row.Set(&live.Settings, is)
			expected = append(expected, row.Name)
		}
		slices.Sort(expected)
		var names []string
		for _, c := range Compute(compared(listing(live), want)).Changed {
			names = append(names, c.Attribute)
		}
		if !slices.Equal(names, expected) {
			t.Errorf("got %q\nwant %q", names, expected)
		}
	})
}

func TestAccess(t *testing.T) {
	const users, everyone, unguarded = authz.AccessUserTypes, authz.AccessEveryone, authz.AccessUnguarded
	for name, test := range map[string]struct {
		defined   authz.Access // "": not defined at all
		leftOut   bool
		live      authz.Scope
		open      []Open
		unguarded []string
		inSync    bool
	}{
		"limited by both":              {users, false, scope("a", access(users, users)), nil, nil, true},
		"open by both":                 {everyone, false, scope("a", access(everyone, "")), nil, nil, true},
		"limited, to be open":          {everyone, false, scope("a"), nil, nil, false},
		"opened against":               {users, false, scope("a", access(everyone, "")), []Open{{"a", ReasonOpened, "", ""}}, nil, false},
		"opened behind":                {users, true, scope("a", access(everyone, users)), []Open{{"a", ReasonOpened, "", ""}}, nil, false},
		"undecided":                    {users, true, scope("a", access(everyone, "")), []Open{{"a", ReasonUndecided, "", ""}}, nil, false},
		"opened by a configuration":    {users, false, scope("a", access(everyone, everyone)), []Open{{"a", ReasonConfigured, "", ""}}, nil, false},
		"found unguarded":              {users, false, scope("a", access(unguarded, "")), nil, []string{"a"}, false},
		"left unguarded":               {unguarded, false, scope("a", access(unguarded, "")), nil, []string{"a"}, true},
		"left as found, and guarded":   {unguarded, false, scope("a"), nil, nil, true},
		"left as found, and opened":    {unguarded, false, scope("a", access(everyone, "")), []Open{{"a", ReasonOpened, "", ""}}, nil, false},
		"everyone has its user type":   {users, false, scope("a", mapped("all", "child")), []Open{{"a", ReasonUserType, "all", ""}}, nil, false},
		"a scope that must be open":    {everyone, false, scope("a", access(everyone, ""), mapped("all")), nil, nil, true},
		"a user type that is not all":  {users, false, scope("a", mapped("child", "gone")), nil, nil, true},
		"not defined, limited":         {"", false, scope("a"), nil, nil, false},
		"not defined, undecided":       {"", false, scope("a", access(everyone, "")), []Open{{"a", ReasonUndecided, "", ""}}, nil, false},
		"not defined, opened behind":   {"", false, scope("a", access(everyone, users)), []Open{{"a", ReasonOpened, "", ""}}, nil, false},
		"not defined, opened elsewere": {"", false, scope("a", access(everyone, everyone)), []Open{{"a", ReasonConfigured, "", ""}}, nil, false},
		"not defined, unguarded":       {"", false, scope("a", access(unguarded, "")), nil, []string{"a"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			in := compared(listing(test.live))
			if test.defined != "" {
				in.Definitions = []authz.Scope{scope("a", access(test.defined, ""))}
			}
			in.AccessNotSet = map[string]bool{"a": test.leftOut}
			got := Compute(in)
			if !reflect.DeepEqual(got.Open, test.open) || !slices.Equal(got.Unguarded, test.unguarded) || got.InSync != test.inSync {
				t.Errorf("open %v, unguarded %v, in sync %v", got.Open, got.Unguarded, got.InSync)
			}
		})
	}
	in := compared(
		listing(scope("b", access(everyone, "")), scope("a", access(everyone, "")), scope("d", access(unguarded, "")), scope("c", access(unguarded, ""))),
		scope("b"), scope("d"),
	)
	if got := Compute(in); !slices.Equal(got.OpenNames(), []string{"a", "b"}) || !slices.Equal(got.Unguarded, []string{"c", "d"}) {
		t.Errorf("open %v, unguarded %v", got.OpenNames(), got.Unguarded)
	}
	in.Settings = false
	if got := Compute(in); got.Open != nil || got.Unguarded != nil {
		t.Errorf("a server without settings has none: %v %v", got.Open, got.Unguarded)
	}
}

func TestUserTypes(t *testing.T) {
	live := listing(
		scope("a", mapped("educator")), scope("b", mapped("child", "educator")), scope("c"), scope("legacy:x", mapped("educator")),
		scope("profile", builtIn, mapped("educator")),
	)
	defined := []authz.Scope{scope("a"), scope("b"), scope("c")}
	yes, no := true, false
	for name, test := range map[string]struct {
		change func(*Input)
		types  map[string][]string
		want   []UserType
		inSync bool
	}{
		"in sync": {nil, map[string][]string{"educator": {"a", "b"}}, []UserType{{Name: "educator", Exists: &yes}}, true},
		"missing and too many": {
			nil,
			map[string][]string{"educator": {"c", "b"}},
			[]UserType{{Name: "educator", Missing: []string{"c"}, Unexpected: []string{"a"}, Exists: &yes}},
			false,
		},
		"empty": {nil, map[string][]string{"child": {}}, []UserType{{Name: "child", Unexpected: []string{"b"}, Exists: &yes}}, false},
		"built in, named": {
			nil,
			map[string][]string{"educator": {"a", "b", "profile"}, "child": {"b"}},
			[]UserType{{Name: "child", Exists: &yes}, {Name: "educator", Exists: &yes}},
			true,
		},
		"no such user type": {
			nil,
			map[string][]string{"educater": {"b", "a"}},
			[]UserType{{Name: "educater", Missing: []string{"a", "b"}, Exists: &no, Nearest: "educator"}},
			false,
		},
		"not there and empty": {nil, map[string][]string{"zzz": nil}, []UserType{{Name: "zzz", Exists: &no}}, false},
		"not reported":        {func(in *Input) { in.Live.UserTypes = nil }, map[string][]string{"educator": {"a", "b"}}, []UserType{{Name: "educator"}}, true},
		"read one by one": {
			func(in *Input) {
				in.Held = map[string]authz.UserTypeSet{"educator": {Scopes: []string{"x", "a", "legacy:y"}}}
			},
			map[string][]string{"educator": {"a", "b"}},
			[]UserType{{Name: "educator", Missing: []string{"b"}, Unexpected: []string{"x"}}},
			false,
		},
		"some users, by one reading": {
			func(in *Input) {
				in.Live.UserTypes = []authz.UserType{{Name: "educator", Partial: []string{"c", "d", "legacy:z"}}}
			},
			map[string][]string{"educator": {"a", "b", "c"}},
			[]UserType{{Name: "educator", Missing: []string{"c"}, Unexpected: []string{"d"}, Exists: &yes}},
			false,
		},
		"some users": {
			func(in *Input) {
				in.Held = map[string]authz.UserTypeSet{"educator": {Scopes: []string{"a"}, UserType: authz.UserType{Partial: []string{"b", "x", "legacy:y"}}}}
			},
			map[string][]string{"educator": {"a", "b"}},
			[]UserType{{Name: "educator", Missing: []string{"b"}, Unexpected: []string{"x"}}},
			false,
		},
		"included in another": {
			func(in *Input) {
				in.Held = map[string]authz.UserTypeSet{"educator": {Scopes: []string{"a:x"}, UserType: authz.UserType{Includes: []string{"a"}}}}
			},
			map[string][]string{"educator": {"a", "b"}},
			[]UserType{{Name: "educator", Missing: []string{"b"}, Unexpected: []string{"a:x"}}},
			false,
		},
		"read one by one, and empty": {
			func(in *Input) { in.Held = map[string]authz.UserTypeSet{"educator": {}} },
			map[string][]string{"educator": {"a"}},
			[]UserType{{Name: "educator", Missing: []string{"a"}}},
			false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := *live
			in := compared(&l, defined...)
			in.Filter = diff.NewFilter(nil, []string{"legacy:*"})
			in.UserTypes = test.types
			if test.change != nil {
				test.change(&in)
			}
			wantResult(t, in, Result{UserTypes: test.want, InSync: test.inSync})
		})
	}
}

func TestBaseline(t *testing.T) {
	live := listing(
		scope("gone from the definitions"),
		scope("by hand"),
		scope("both", described("third")),
		scope(
			"new here",
			access(authz.AccessEveryone, ""),
		),
		scope("edited here", described("old")),
		scope("edited there", described("theirs")),
		scope("set there", access(authz.AccessEveryone, "")),
	)
	in := compared(live, scope("dropped there"), scope("added here"), scope("both", described("new")), scope("new here", described("n")),
		scope("edited here", described("new")), scope("edited there", described("old")), scope("set there"))
	without := Compute(in)
	for _, f := range slices.Concat(without.Missing, without.Unexpected) {
		if f.Origin != OriginUnknown {
			t.Errorf("without a baseline %s is %q", f.Name, f.Origin)
		}
	}
	in.Baseline = map[string]string{
		"gone from the definitions": "", "dropped there": "", "both": "old", "edited here": "old", "edited there": "old", "set there": "May set there",
	}
	r := Compute(in)
	got := map[string]Origin{}
	for _, f := range r.Missing {
		got["missing "+f.Name] = f.Origin
	}
	for _, f := range r.Unexpected {
		got["unexpected "+f.Name] = f.Origin
	}
	for _, c := range r.Changed {
		got[c.Attribute+" "+c.Name] = c.Origin
	}
	if want := map[string]Origin{
		"missing added here": OriginChange, "missing dropped there": OriginDrift,
		"unexpected gone from the definitions": OriginChange, "unexpected by hand": OriginDrift,
		"description both": OriginDrift, "description edited here": OriginChange, "description edited there": OriginDrift,
		"description new here": OriginChange, "access new here": OriginChange, "access set there": OriginUnknown,
	}; !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %v\nwant %v", got, want)
	}
	in.Baseline = map[string]string{}
	for _, f := range Compute(in).Missing {
		if f.Origin != OriginChange {
			t.Errorf("with an empty baseline %s is %q", f.Name, f.Origin)
		}
	}
}

// Built-in scopes that new clients get otherwise than on a new server are reported, and the
// server is in sync.
func TestReassigned(t *testing.T) {
	assigned := func(initial, live authz.AssignedType) func(*authz.Scope) {
		return func(s *authz.Scope) { s.InitialType, s.Settings.AssignedType = initial, live }
	}
	r := Compute(compared(listing(
		scope("a"), scope("email", builtIn, assigned(authz.AssignedDefault, authz.AssignedNone)),
		scope("profile", builtIn, assigned(authz.AssignedDefault, authz.AssignedDefault)), scope("x", builtIn, assigned("", authz.AssignedDefault)),
	), scope("a")))
	if want := []Reassigned{{"email", authz.AssignedDefault, authz.AssignedNone}}; !slices.Equal(r.Reassigned, want) || !r.InSync {
		t.Errorf("%+v, in sync: %t", r.Reassigned, r.InSync)
	}
	for _, text := range []string{"1 built-in scope with a changed assignment to new clients", "| `email` | default | none |"} {
		if !strings.Contains(r.Markdown(), text) {
			t.Errorf("the report lacks %q:\n%s", text, r.Markdown())
		}
	}
}
