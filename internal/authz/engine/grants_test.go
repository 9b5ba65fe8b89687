package engine_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/engine"
)

// wantUserTypes reads all user types: what they have, and which scopes are listed.
func wantUserTypes(t *testing.T, s *engine.Server, planned, held diff.Grants, grants, scopes string) {
	t.Helper()
	l, err := s.ReadUserTypes(t.Context(), realm, planned, held)
	if err != nil {
		t.Fatal(err)
	}
	got := diff.Grants{}
	for _, u := range l.UserTypes {
		got.Add(u.Name, authz.Names(l.ScopesOf(u.Name))...)
	}
	if text := strings.Join(got.Lines(), " "); text != grants {
		t.Errorf("grants %q, want %q", text, grants)
	}
	if text := strings.Join(authz.Names(l.Scopes), " "); text != scopes {
		t.Errorf("scopes %q, want %q", text, scopes)
	}
}

func TestReadUserTypesOneByOne(t *testing.T) {
	r := newReader(true)
	r.partial = map[string][]string{"shop/child": {"p"}}
	s := engine.New(r, 1, false)
	held := diff.Grants{"hidden": {"h"}, "child": {"outdated"}}
	wantUserTypes(t, s, diff.Grants{"child": {"x", "a"}, "new": {"y"}}, held, "child: a child: b educator: c hidden: h", "a b c h outdated p x y")
	l, err := s.ReadUserTypes(t.Context(), realm, diff.Grants{"new": nil}, nil)
	if _, found := l.UserType("new"); err != nil || !found || len(l.UserTypes) != 4 {
		t.Errorf("%+v, %v", l, err)
	}
	wantUserTypes(t, s, nil, nil, "child: a child: b educator: c", "a b c p") // what one knows is not shared
	wantReads(t, r, realm)
	if err := s.ApplyUserType(t.Context(), realm, authz.UserTypeChange{UserType: authz.UserType{Name: "child"}, Want: []string{"d"}}); err != nil {
		t.Fatal(err)
	}
	wantUserTypes(t, s, nil, nil, "child: d educator: c", "c d p")
	wantReads(t, r, realm)
}

func TestReadUserTypesFails(t *testing.T) {
	r := newReader(true)
	r.err = authz.Errorf(authz.Denied, "read", "failed")
	l, err := engine.New(r, 1, false).ReadUserTypes(t.Context(), realm, nil, nil)
	wantKind(t, err, authz.Denied, "failed")
	if l != nil {
		t.Errorf("returned %+v", l)
	}
}

func TestReadUserTypesFromSnapshot(t *testing.T) {
	mapped := guarded("a")
	mapped.UserTypes = []string{"child"}
	d := newDriver(mapped, guarded("b"))
	wantUserTypes(t, engine.New(d, 1, false), nil, diff.Grants{"educator": {"b", "x"}}, "child: a", "a b")
	wantCalls(t, d, "List")
}

// speller is a server that ignores the case of user type names.
type speller struct{ *reader }

func (speller) UserTypeKey(userType string) string { return strings.ToLower(userType) }

func TestReadUserTypesInTheirSpelling(t *testing.T) {
	s := engine.New(speller{newReader(true)}, 1, false)
	wantUserTypes(t, s, diff.Grants{"CHILD": nil}, diff.Grants{"Child": {"a"}, "Hidden": {"h"}}, "CHILD: a CHILD: b Hidden: h educator: c", "a b c h")
}

// swap is a change after which child and educator have each other's scope, and c is limited.
func swap() []authz.UserTypeChange {
	a, b := guarded("a"), guarded("b")
	return []authz.UserTypeChange{
		{UserType: authz.UserType{Name: "child"}, Grant: []authz.Scope{b}, Revoke: []authz.Scope{a}, Want: []string{"b"}},
		{
			UserType: authz.UserType{Name: "educator"}, Grant: []authz.Scope{a}, Revoke: []authz.Scope{b},
			Guard: []authz.Scope{scope("c", authz.AccessEveryone)}, Want: []string{"a"},
		},
	}
}

// All grants come before the first revocation, and what is open is limited before both. A
// failure stops what comes later.
func TestApplyUserTypesInOrder(t *testing.T) {
	for _, fails := range []int{0, 1, 2, 3, 4, 5} {
		a, b := guarded("a"), guarded("b")
		a.UserTypes, b.UserTypes = []string{"child"}, []string{"educator"}
		d := newDriver(a, b, scope("c", authz.AccessEveryone))
		lost, n := errors.New("lost"), 0
		d.Fail(func(string) error {
			if n++; n == fails {
				return lost
			}
			return nil
		})
		err := engine.New(d, 1, false).ApplyUserTypes(t.Context(), realm, swap())
		if (fails > 0) != errors.Is(err, lost) {
			t.Errorf("write %d fails: %v", fails, err)
		}
		want := []string{"ChangeUserType educator", "ChangeUserType child", "ChangeUserType educator", "ChangeUserType child", "ChangeUserType educator"}
		if fails > 0 {
			want = want[:fails]
		}
		if calls := d.Calls(); !slices.Equal(calls, want) {
			t.Errorf("write %d fails: calls %q, want %q", fails, calls, want)
		}
		var has [3]string
		d.Change(realm, func(l *authz.Snapshot) {
			for i, s := range l.Scopes {
				has[i] = strings.Join(s.UserTypes, " ")
			}
			if s, _ := l.Scope("c"); fails != 1 && s.Settings.Access != authz.AccessUserTypes {
				t.Errorf("write %d fails: c is open", fails)
			}
		})
		after := [][3]string{
			{"educator", "child", ""},
			{"child", "educator", ""},
			{"child", "educator", ""},
			{"child", "child educator", ""},
			{"child educator", "child educator", ""},
			{"educator", "child educator", ""},
		}
		if has != after[fails] {
			t.Errorf("write %d fails: %q, want %q", fails, has, after[fails])
		}
	}
}

// A set that a server replaces as a whole is written once.
func TestApplyUserTypesWhole(t *testing.T) {
	d := newDriver(guarded("a"), guarded("b"))
	d.Caps.UserTypesReplaced = true
	changes := swap()
	changes[0].Grant = nil
	if err := engine.New(d, 1, false).ApplyUserTypes(t.Context(), realm, changes); err != nil {
		t.Fatal(err)
	}
	wantCalls(t, d, "ChangeUserType educator", "ChangeUserType child")
}

// granter grants a scope to several user types at once.
type granter struct {
	*driver
	err error
}

func (g granter) GrantScopes(ctx context.Context, serverID string, changes []authz.UserTypeChange) ([]authz.Scope, error) {
	var names []string
	touched := map[string]authz.Scope{}
	for _, c := range changes {
		names = append(names, c.UserType.Name)
		scopes, err := g.Memory.ChangeUserType(ctx, serverID, authz.UserTypeChange{UserType: c.UserType, Grant: c.Grant})
		if err != nil {
			return nil, err
		}
		for _, s := range scopes {
			touched[s.ID] = s
		}
	}
	if g.before != nil {
		g.before(ctx, "GrantScopes "+strings.Join(names, " "))
	}
	return slices.Collect(maps.Values(touched)), g.err
}

// A server that can grants a scope to all user types at once, between the other phases.
func TestGrantScopes(t *testing.T) {
	lost := errors.New("lost")
	for _, fails := range []error{nil, lost} {
		a, b, c := guarded("a"), guarded("b"), scope("c", authz.AccessEveryone)
		a.UserTypes, b.UserTypes = []string{"child"}, []string{"educator"}
		d := newDriver(a, b, c)
		var order []string
		d.before = func(_ context.Context, call string) { order = append(order, call) }
		s := engine.New(granter{d, fails}, 1, false)
		snapshot(t, s, realm)
		changes := swap()
		for i := range changes {
			changes[i].Grant = append(changes[i].Grant, c)
		}
		if err := s.ApplyUserTypes(t.Context(), realm, changes); !errors.Is(err, fails) {
			t.Errorf("%v, want %v", err, fails)
		}
		want := []string{"ChangeUserType educator", "GrantScopes child educator", "ChangeUserType child", "ChangeUserType educator"}
		if fails != nil {
			want = want[:2]
		}
		if !slices.Equal(order, want) {
			t.Errorf("%v: %q, want %q", fails, order, want)
		}
		wantAsServer(t, s, d)
		if lists := len(slices.DeleteFunc(d.Calls(), func(call string) bool { return call != "List" })); lists > 1 == (fails == nil) {
			t.Errorf("%v: %d listings", fails, lists)
		}
		if got, _ := find(t, s, "c"); !slices.Equal(got.UserTypes, []string{"child", "educator"}) {
			t.Errorf("%v: c is granted to %q", fails, got.UserTypes)
		}
	}
}

// The preflight comes before the first grant, and one user type needs no common request.
func TestGrantScopesChecksFirst(t *testing.T) {
	d := newDriver(guarded("a"))
	held := errors.New("held")
	d.check = func(string) error { return held }
	changes := []authz.UserTypeChange{
		{UserType: authz.UserType{Name: "child"}, Grant: []authz.Scope{guarded("a")}},
		{UserType: authz.UserType{Name: "educator"}, Grant: []authz.Scope{guarded("a")}},
	}
	s := engine.New(granter{d, nil}, 1, false)
	if err := s.ApplyUserTypes(t.Context(), realm, changes); !errors.Is(err, held) {
		t.Error(err)
	}
	wantCalls(t, d)
	d.check = nil
	if err := s.ApplyUserTypes(t.Context(), realm, changes[:1]); err != nil {
		t.Fatal(err)
	}
	wantCalls(t, d, "ChangeUserType child")
}
