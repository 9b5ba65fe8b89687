package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/engine"
)

func grant(userType string, scopes ...authz.Scope) authz.UserTypeChange {
	return authz.UserTypeChange{UserType: authz.UserType{Name: userType}, Grant: scopes}
}

func lists(d *driver) (n int) {
	for _, call := range d.Calls() {
		if call == "List" {
			n++
		}
	}
	return n
}

// N resources that each look, create and look again: one listing.
func TestOneSnapshot(t *testing.T) {
	d := newDriver()
	s := engine.New(d, 4, false)
	var group sync.WaitGroup
	all := numbered(100)
	listed(t, s)
	for _, name := range all {
		group.Go(func() {
			if _, ok := find(t, s, name); ok {
				t.Errorf("%s exists before it is created", name)
			}
			if _, err := s.ApplyScopes(t.Context(), realm, creates(name)); err != nil {
				t.Error(err)
			}
			if made, ok := find(t, s, name); !ok || made.ID == "" || made.ID == guarded(name).ID {
				t.Errorf("%s: %+v, %t, want it with the id that the server gave it", name, made, ok)
			}
			if err := s.ApplyUserType(t.Context(), realm, grant("child", guarded(name))); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := listed(t, s); !slices.Equal(got, all) {
		t.Errorf("listed %v", got)
	}
	if n := lists(d); n != 1 {
		t.Errorf("%d listings, want 1", n)
	}
}

func TestEachServerIDHasItsOwnSnapshot(t *testing.T) {
	d := newDriver(guarded("a"))
	s := engine.New(d, 1, false)
	listed(t, s)
	for range 2 {
		_, err := s.ReadSnapshot(t.Context(), "absent")
		wantKind(t, err, authz.ParentNotFound, `there is no realm "absent"`)
	}
	if got := listed(t, s); !slices.Equal(got, []string{"a"}) {
		t.Errorf("listed %v", got)
	}
	wantCalls(t, d, "List", "List", "List")
}

// Every write leaves the shared listing as the server is, without another one.
func TestWritesChangeTheSnapshot(t *testing.T) {
	d, c := all()
	limited := guarded("change3")
	limited.UserTypes = []string{"child"}
	d.AddScope(realm, limited)
	renamed := diff.Update{Live: limited, Want: guarded("renamed")}
	c.Change = append(c.Change, renamed)
	s := engine.New(d, 4, false)
	wantAsServer(t, s, d)
	if _, err := s.ApplyScopes(t.Context(), realm, c); err != nil {
		t.Fatal(err)
	}
	wantAsServer(t, s, d)
	if got, ok := find(t, s, "renamed"); !ok || !slices.Equal(got.UserTypes, []string{"child"}) {
		t.Errorf("renamed: %+v, %t", got, ok)
	}
	if _, ok := find(t, s, "change3"); ok {
		t.Error("the old name is still listed")
	}
	close1, _ := find(t, s, "close1")
	open1, _ := find(t, s, "open1")
	for _, change := range []authz.UserTypeChange{
		grant("educator", close1, open1),
		grant("child", close1),
		{UserType: authz.UserType{Name: "educator"}, Revoke: []authz.Scope{close1, open1}},
		{UserType: authz.UserType{Name: "child"}, Guard: []authz.Scope{open1}},
	} {
		if err := s.ApplyUserType(t.Context(), realm, change); err != nil {
			t.Fatal(err)
		}
		wantAsServer(t, s, d)
	}
	if n := lists(d); n != 1 {
		t.Errorf("%d listings, want 1", n)
	}
}

// A resource changes a scope that it read before another one gave it away: that
// is not forgotten. Only opening takes a scope from all user types.
func TestUpdateKeepsUserTypes(t *testing.T) {
	for _, access := range []authz.Access{authz.AccessUserTypes, authz.AccessEveryone} {
		d := newDriver(guarded("a"))
		s := engine.New(d, 1, false)
		before, _ := find(t, s, "a")
		if err := s.ApplyUserType(t.Context(), realm, grant("child", before)); err != nil {
			t.Fatal(err)
		}
		want := scope("b", access)
		want.Description = "changed"
		if _, err := s.ApplyScopes(t.Context(), realm, diff.DiffUpdate(diff.Update{Live: before, Want: want}, true)); err != nil {
			t.Fatal(err)
		}
		wantAsServer(t, s, d)
		var mapped []string
		if access == authz.AccessUserTypes {
			mapped = []string{"child"}
		}
		if got, ok := find(t, s, "b"); !ok || got.Description != "changed" || !slices.Equal(got.UserTypes, mapped) {
			t.Errorf("%s: %+v, want it mapped to %v", access, got, mapped)
		}
	}
}

// staleResponses is a server whose responses to scope updates contain the user types that the
// caller knew, not the current ones.
type staleResponses struct{ *driver }

func (d staleResponses) UpdateScope(ctx context.Context, serverID string, live, want authz.Scope) (authz.Scope, error) {
	is, err := d.driver.UpdateScope(ctx, serverID, live, want)
	is.UserTypes = live.UserTypes
	return is, err
}

func TestUpdateIgnoresStaleUserTypes(t *testing.T) {
	d := newDriver(guarded("a"))
	s := engine.New(staleResponses{d}, 1, false)
	before, _ := find(t, s, "a")
	if err := s.ApplyUserType(t.Context(), realm, grant("child", before)); err != nil {
		t.Fatal(err)
	}
	want := before
	want.Description = "changed"
	if _, err := s.ApplyScopes(t.Context(), realm, diff.Scopes{Change: []diff.Update{{Live: before, Want: want}}}); err != nil {
		t.Fatal(err)
	}
	wantAsServer(t, s, d)
}

// Responses to concurrent changes can arrive in any order. Each one is valid only for its own
// user type.
func TestConcurrentUserTypeChanges(t *testing.T) {
	open := scope("open", authz.AccessEveryone)
	d := newDriver(guarded("a"), open)
	s := engine.New(d, 4, false)
	listed(t, s)
	changed, release := make(chan struct{}), make(chan struct{})
	d.after = func(_ context.Context, call string) {
		if call == "ChangeUserType child" {
			close(changed)
			<-release
		}
	}
	done := make(chan error, 1)
	go func() { done <- s.ApplyUserType(t.Context(), realm, grant("child", guarded("a"), open)) }()
	<-changed
	if err := s.ApplyUserType(t.Context(), realm, grant("educator", guarded("a"), open)); err != nil {
		t.Fatal(err)
	}
	close(release)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	wantAsServer(t, s, d)
	if got, _ := find(t, s, "a"); !slices.Equal(got.UserTypes, []string{"child", "educator"}) {
		t.Errorf("a is mapped to %v, want both", got.UserTypes)
	}
	if n := lists(d); n != 1 {
		t.Errorf("%d listings, want 1", n)
	}
}

// A late response does not undo grants and revocations that happened in the meantime, nor the
// guard role.
func TestMergeUserType(t *testing.T) {
	const users, everyone, unguarded = authz.AccessUserTypes, authz.AccessEveryone, authz.AccessUnguarded
	with := func(access authz.Access, userTypes ...string) authz.Scope {
		s := scope("a", access)
		s.UserTypes = userTypes
		return s
	}
	for _, test := range []struct {
		what                   string
		now, touched, expected authz.Scope
	}{
		{"granted", with(users), with(users, "child"), with(users, "child")},
		{"granted, sorted in", with(users, "a", "z"), with(users, "child"), with(users, "a", "child", "z")},
		{"granted twice", with(users, "child"), with(users, "child"), with(users, "child")},
		{"granted to another meanwhile", with(users, "educator"), with(users, "child"), with(users, "child", "educator")},
		{"taken from another meanwhile", with(users), with(users, "child", "educator"), with(users, "child")},
		{"revoked", with(users, "child", "educator"), with(users, "educator"), with(users, "educator")},
		{"revoked, granted to another meanwhile", with(users, "child", "educator"), with(users), with(users, "educator")},
		{"no longer open", with(everyone), with(unguarded, "child"), with(unguarded, "child")},
		{"guarded when the first was granted", with(everyone), with(users, "child"), with(users, "child")},
		{"guarded when one was revoked", with(unguarded, "child"), with(users), with(users)},
		{"guarded meanwhile", with(users), with(unguarded, "child"), with(users, "child")},
		{"guarded meanwhile, open before", with(users), with(everyone), with(users)},
		{"limited meanwhile, open before", with(unguarded, "educator"), with(everyone), with(unguarded, "educator")},
	} {
		d := newDriver(test.now)
		s := engine.New(reportsTouched{d, []authz.Scope{test.touched, scope("gone meanwhile", users)}}, 1, false)
		listed(t, s)
		if err := s.ApplyUserType(t.Context(), realm, grant("child")); err != nil {
			t.Fatal(err)
		}
		if got := listed(t, s); !slices.Equal(got, []string{"a"}) {
			t.Errorf("%s: listed %v", test.what, got)
		}
		if got, _ := find(t, s, "a"); fmt.Sprint(got) != fmt.Sprint(test.expected) {
			t.Errorf("%s: %+v, want %+v", test.what, got, test.expected)
		}
	}
}

// reportsTouched is a server that reports the given scopes as changed.
type reportsTouched struct {
	*driver
	touched []authz.Scope
}

func (a reportsTouched) ChangeUserType(context.Context, string, authz.UserTypeChange) ([]authz.Scope, error) {
	return a.touched, nil
}

// The effect of a failed write is unknown, so that the next read returns a new snapshot. Only a
// create that was rejected certainly had no effect.
func TestDropAfterError(t *testing.T) {
	kinds := []authz.Kind{authz.Unavailable, authz.NotFound, authz.ParentNotFound, authz.Conflict, authz.Denied, authz.Invalid, authz.Unsupported}
	update := diff.Update{Live: guarded("a"), Want: guarded("a")}
	for call, write := range map[string]func(*engine.Server) error{
		"CreateScope b": func(s *engine.Server) error { return apply(t.Context(), s, creates("b")) },
		"UpdateScope a": func(s *engine.Server) error {
			return apply(t.Context(), s, diff.Scopes{Change: []diff.Update{update}})
		},
		"DeleteScope a": func(s *engine.Server) error {
			return apply(t.Context(), s, diff.Scopes{Delete: []authz.Scope{update.Live}})
		},
		"ChangeUserType child": func(s *engine.Server) error { return s.ApplyUserType(t.Context(), realm, grant("child", update.Live)) },
	} {
		for _, kind := range kinds {
			for _, unknown := range []bool{false, true} {
				d := newDriver(guarded("a"))
				s := engine.New(d, 1, false)
				listed(t, s)
				failure := &authz.Error{Kind: kind, Op: call, OutcomeUnknown: unknown}
				failing(d, map[string]error{call: failure})
				if err := write(s); !errors.Is(err, failure) {
					t.Errorf("%s, %s: %v", call, kind, err)
				}
				d.AddScope(realm, guarded("done in spite of the error"))
				refused := call == "CreateScope b" && !unknown && (kind == authz.Denied || kind == authz.Invalid)
				if _, fresh := find(t, s, "done in spite of the error"); fresh == refused {
					t.Errorf("%s, %s, outcome unknown %t: listed anew %t", call, kind, unknown, fresh)
				}
			}
		}
	}
}

// A write succeeds while the server cannot be listed. The error of a list is not cached.
func TestWriteWhileReadFails(t *testing.T) {
	d := newDriver()
	s := engine.New(d, 1, false)
	d.Fail(func(call string) error {
		if call == "List" {
			return authz.Errorf(authz.Unavailable, "List", "down")
		}
		return nil
	})
	_, err := s.ReadSnapshot(t.Context(), realm)
	wantKind(t, err, authz.Unavailable, "down")
	if _, err := s.ApplyScopes(t.Context(), realm, creates("a")); err != nil {
		t.Fatal(err)
	}
	_, err = s.ReadSnapshot(t.Context(), realm)
	wantKind(t, err, authz.Unavailable, "down")
	d.Fail(nil)
	wantAsServer(t, s, d)
	wantCalls(t, d, "List", "CreateScope a", "List", "List")
}

// A scope that a caller keeps from a snapshot, to change it later, stays as it was read.
func TestReadScopesStayAsTheyWere(t *testing.T) {
	mapped := guarded("a")
	mapped.UserTypes = []string{"child", "educator"}
	d := newDriver(mapped)
	s := engine.New(d, 1, false)
	read, _ := snapshot(t, s, realm).Scope("a")
	if err := s.ApplyUserType(t.Context(), realm, authz.UserTypeChange{UserType: authz.UserType{Name: "child"}, Revoke: []authz.Scope{read}}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(read.UserTypes, []string{"child", "educator"}) {
		t.Errorf("what was read became %v", read.UserTypes)
	}
	wantAsServer(t, s, d)
}
