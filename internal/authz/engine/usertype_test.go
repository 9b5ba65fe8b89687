package engine_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/engine"
)

func newReader(drift bool) *reader {
	return &reader{
		writeOnly: writeOnly{bare: bare{authz.Capabilities{Server: "reader", UserTypeDrift: drift}}},
		sets:      map[string][]string{"shop/child": {"b", "a"}, "shop/educator": {"c"}},
	}
}

// wantUserType looks at one user type: which scopes it has, and which others are
// listed besides.
func wantUserType(t *testing.T, s *engine.Server, userType string, held, known []string, has, others string) {
	t.Helper()
	l, err := s.RefreshUserType(t.Context(), realm, userType, held, known)
	if err != nil {
		t.Error(err)
		return
	}
	var mapped, bare []string
	for _, scope := range l.Scopes {
		if slices.Equal(scope.UserTypes, []string{userType}) {
			mapped = append(mapped, scope.Name)
		} else if len(scope.UserTypes) == 0 {
			bare = append(bare, scope.Name)
		}
	}
	if got := strings.Join(mapped, " "); got != has {
		t.Errorf("%s has %q, want %q", userType, got, has)
	}
	if got := strings.Join(bare, " "); got != others {
		t.Errorf("besides those of %s, %q, want %q", userType, got, others)
	}
	if u, ok := l.UserType(userType); !ok || u.ID != userType || len(l.UserTypes) != 1 {
		t.Errorf("user types %+v, want %s alone, with its name for an id", l.UserTypes, userType)
	}
}

func wantReads(t *testing.T, r *reader, want ...string) {
	t.Helper()
	if !slices.Equal(r.reads, want) {
		t.Errorf("read %v, want %v", r.reads, want)
	}
	r.reads = nil
}

func TestRefreshUserTypeOneByOne(t *testing.T) {
	r := newReader(true)
	s := engine.New(r, 1, false)
	wantUserType(t, s, "child", []string{"held"}, []string{"x", "a"}, "a b", "x")
	wantUserType(t, s, "child", nil, []string{"y"}, "a b", "y") // what one knows is not shared
	wantUserType(t, s, "educator", nil, nil, "c", "")
	wantUserType(t, s, "nobody", []string{"held"}, []string{"x"}, "", "x")
	wantUserType(t, s, "nobody", nil, nil, "", "")
	wantReads(t, r, "shop/child", "shop/educator", "shop/nobody")
}

// Scopes that only some users have are in Partial, and are not scopes of the user type.
func TestReadUserTypePartly(t *testing.T) {
	r := newReader(true)
	r.partial = map[string][]string{"shop/child": {"c"}}
	s := engine.New(r, 1, false)
	for range 2 {
		wantUserType(t, s, "child", nil, []string{"x"}, "a b", "c x")
	}
	l, err := s.ReadUserType(t.Context(), realm, "child", nil)
	if u, _ := l.UserType("child"); err != nil || !slices.Equal(u.Partial, []string{"c"}) {
		t.Errorf("%+v, %v", u, err)
	}
	wantReads(t, r, "shop/child")
}

// A write to a user type leaves no scope that only some of its users have, and does not
// change listings that were returned before.
func TestWriteGrantsToAllUsers(t *testing.T) {
	mapped := guarded("a")
	d := newDriver(mapped, guarded("b"))
	d.Change(realm, func(l *authz.Snapshot) {
		for i := range l.UserTypes {
			l.UserTypes[i].Partial = []string{"a"}
		}
	})
	s := engine.New(d, 1, false)
	before := snapshot(t, s, realm)
	u, _ := before.UserType("child")
	if err := s.ApplyUserType(t.Context(), realm, authz.UserTypeChange{UserType: u, Grant: []authz.Scope{mapped}, Want: []string{"a"}}); err != nil {
		t.Fatal(err)
	}
	after := snapshot(t, s, realm)
	for _, v := range after.UserTypes {
		if (v.Partial == nil) != (v.Name == "child") {
			t.Errorf("afterwards %+v", v)
		}
	}
	if u, _ = before.UserType("child"); u.Partial == nil {
		t.Error("an earlier listing has changed")
	}
}

func TestRefreshUserTypeAfterWrite(t *testing.T) {
	r := newReader(true)
	s := engine.New(r, 1, false)
	wantUserType(t, s, "child", nil, nil, "a b", "")
	wantUserType(t, s, "educator", nil, nil, "c", "")
	r.reads = nil
	if err := s.ApplyUserType(t.Context(), realm, authz.UserTypeChange{UserType: authz.UserType{Name: "child"}, Want: []string{"d"}}); err != nil {
		t.Fatal(err)
	}
	wantUserType(t, s, "child", nil, nil, "d", "")
	wantUserType(t, s, "educator", nil, nil, "c", "")
	wantReads(t, r, "shop/child")

	r.err = errors.New("lost")
	if err := s.ApplyUserType(t.Context(), realm, grant("child")); !errors.Is(err, r.err) {
		t.Error(err)
	}
	r.err = nil
	wantUserType(t, s, "child", nil, nil, "d", "")
	wantReads(t, r, "shop/child")
}

func TestRefreshUserTypeFails(t *testing.T) {
	r := newReader(true)
	s := engine.New(r, 1, false)
	for _, kind := range []authz.Kind{authz.Unavailable, authz.ParentNotFound, authz.Conflict, authz.Denied, authz.Invalid} {
		r.err = authz.Errorf(kind, "read", "failed")
		l, err := s.RefreshUserType(t.Context(), realm, "child", nil, nil)
		wantKind(t, err, kind, "failed")
		if l != nil {
			t.Errorf("%s: returned %+v", kind, l)
		}
	}
	r.err = errors.New("an error without a kind")
	if _, err := s.RefreshUserType(t.Context(), realm, "child", nil, nil); !errors.Is(err, r.err) {
		t.Error(err)
	}
	r.err = nil
	wantUserType(t, s, "child", nil, nil, "a b", "")
}

// Where a set cannot be read back, it is what the state remembers.
func TestRefreshUserTypeHeld(t *testing.T) {
	blind := newReader(false)
	wantUserType(t, engine.New(blind, 1, false), "child", []string{"z", "y"}, []string{"x", "y"}, "y z", "x")
	wantReads(t, blind)

	one := newReader(true) // not this one type
	one.err = authz.Errorf(authz.Unsupported, "read", "too long a name")
	wantUserType(t, engine.New(one, 1, false), "child", []string{"z", "y"}, []string{"x", "y"}, "y z", "x")
}

// If a snapshot has the scopes of user types, it is used.
func TestRefreshUserTypeFromSnapshot(t *testing.T) {
	mapped := guarded("a")
	mapped.UserTypes = []string{"child"}
	d := newDriver(mapped, guarded("b"))
	s := engine.New(d, 1, false)
	for range 2 {
		l, err := s.RefreshUserType(t.Context(), realm, "child", []string{"held"}, []string{"known"})
		if err != nil {
			t.Fatal(err)
		}
		if got := l.ScopesOf("child"); len(got) != 1 || got[0].Name != "a" || len(l.Scopes) != 2 || len(l.UserTypes) != 2 {
			t.Errorf("%+v", l)
		}
	}
	wantCalls(t, d, "List")
}
