package drivertest

import (
	"context"
	"maps"
	"slices"
	"sync"

	"pgregory.net/rapid"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/engine"
)

// SequenceServer is a server for CheckSequence. Its user types are child and educator.
type SequenceServer struct {
	Driver   authz.Driver
	ServerID string
	// Holders returns which user type can get which scope now, in the form of Access.Holders.
	Holders func() map[string]bool
	// Change changes these scopes on the server without the provider.
	Change func(Access)
	// Settle makes all scopes of the server requestable. A scope that no client can request has
	// no holders.
	Settle func()
	// Fail lets the n-th write from now on fail. 0 lets none fail.
	Fail func(n int)
	// Failed reports whether an error is one of Fail.
	Failed func(error) bool
	// OnWrite sets a function that is called after each write.
	OnWrite func(func(write string))
	// Writes returns the number of writes since its last call.
	Writes func() int
}

// CheckSequence applies random configurations to a server. Random changes, failing writes and
// outdated snapshots interfere. After every single write, no user type gets a scope that it did
// not have before the apply and that the configuration does not list. The next apply reaches the
// configuration, and a further apply writes nothing.
func CheckSequence(t *rapid.T, server SequenceServer) {
	for range rapid.IntRange(1, 3).Draw(t, "applies") {
		want := drawAccess(t, "configured")
		run := newSequence(t, server, want)
		if rapid.Bool().Draw(t, "outdated") {
			run.readSnapshot()
		}
		run.change(drawAccess(t, "on the server"))
		server.Fail(rapid.IntRange(0, 12).Draw(t, "failing write"))
		err := run.apply()
		server.Fail(0)
		if err != nil && !server.Failed(err) && !run.outdated {
			t.Fatalf("the apply failed: %v", err)
		}
		again := newSequence(t, server, want)
		if err := again.apply(); err != nil {
			t.Fatalf("the next apply failed: %v", err)
		}
		server.Settle()
		if got := server.Holders(); !maps.Equal(got, want.Holders()) {
			t.Fatalf("%v, want %v", got, want.Holders())
		}
		for _, settled := range []*sequence{again, newSequence(t, server, want)} { // with the snapshot that the engine has, and with a new one
			server.Writes()
			if err := settled.apply(); err != nil || server.Writes() > 0 {
				t.Fatalf("a further apply writes, or fails: %v", err)
			}
		}
	}
}

// Access maps the existing scopes to the user types that get them, or to "*" for everyone.
type Access map[string][]string

func userTypes() []string { return []string{"child", "educator"} }

func drawAccess(t *rapid.T, label string) Access {
	scopes := Access{}
	for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d"}), rapid.ID).Draw(t, label) {
		switch rapid.IntRange(0, 4).Draw(t, "access of "+name) {
		case 0:
			scopes[name] = nil // no user type
		case 1:
			scopes[name] = []string{"child"}
		case 2:
			scopes[name] = []string{"educator"}
		case 3:
			scopes[name] = userTypes()
		default:
			scopes[name] = []string{"*"} // open
		}
	}
	return scopes
}

// Open reports whether everyone gets the scope.
func (a Access) Open(scope string) bool { return slices.Contains(a[scope], "*") }

// Holders returns `scope user type` for each user type that gets a scope.
func (a Access) Holders() map[string]bool {
	all := map[string]bool{}
	for name, holders := range a {
		if a.Open(name) {
			holders = userTypes()
		}
		for _, u := range holders {
			all[name+" "+u] = true
		}
	}
	return all
}

// sequence applies one configuration and checks every write.
type sequence struct {
	t        *rapid.T
	server   SequenceServer
	engine   *engine.Server
	want     Access
	outdated bool
	atOnce   bool // one resource changes all user types

	mu      sync.Mutex
	allowed map[string]bool
}

func newSequence(t *rapid.T, server SequenceServer, want Access) *sequence {
	run := &sequence{
		t: t, server: server, engine: engine.New(server.Driver, 3, false), want: want, allowed: want.Holders(),
		atOnce: rapid.Bool().Draw(t, "at once"),
	}
	maps.Copy(run.allowed, server.Holders())
	server.OnWrite(func(write string) {
		run.mu.Lock()
		defer run.mu.Unlock()
		for holder := range server.Holders() {
			if !run.allowed[holder] {
				t.Errorf("after %s: %s, allowed are %v", write, holder, slices.Sorted(maps.Keys(run.allowed)))
			}
		}
	})
	return run
}

func (run *sequence) readSnapshot() {
	run.outdated = true
	if _, err := run.engine.ReadSnapshot(context.Background(), run.server.ServerID); err != nil {
		run.t.Fatal(err)
	}
}

// change changes the server. Scopes that user types get by the change count as allowed.
func (run *sequence) change(to Access) {
	run.server.Change(to)
	maps.Copy(run.allowed, run.server.Holders())
}

func scopeWith(name string, a authz.Access) authz.Scope {
	s := authz.Scope{Name: name, Settings: diff.Defaults(), LastAppliedAccess: a}
	s.Settings.Access = a
	return s
}

// apply does what the resources of the configuration do: first the scopes, then the user types.
func (run *sequence) apply() error {
	ctx := context.Background()
	l, err := run.engine.ReadSnapshot(ctx, run.server.ServerID)
	if err != nil {
		return err
	}
	var want []authz.Scope
	granted := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(run.want)) {
		a := authz.AccessUserTypes
		if run.want.Open(name) {
			a = authz.AccessEveryone
		}
		want = append(want, scopeWith(name, a))
		for _, u := range run.want[name] {
			granted[u] = append(granted[u], name)
		}
	}
	if _, err := run.engine.ApplyScopes(ctx, run.server.ServerID, diff.DiffScopes(want, l, authz.Names(l.Scopes), true)); err != nil {
		return err
	}
	var all []authz.UserTypeChange
	for _, name := range userTypes() {
		change, err := run.userTypeChange(ctx, name, granted[name])
		switch {
		case err != nil:
			return err
		case len(change.Grant)+len(change.Revoke) == 0:
		case run.atOnce:
			all = append(all, change)
		default:
			if err := run.engine.ApplyUserType(ctx, run.server.ServerID, change); err != nil {
				return err
			}
		}
	}
	return run.engine.ApplyUserTypes(ctx, run.server.ServerID, all)
}

// userTypeChange returns the change of one user type.
func (run *sequence) userTypeChange(ctx context.Context, userType string, scopes []string) (authz.UserTypeChange, error) {
	l, err := run.engine.ReadSnapshot(ctx, run.server.ServerID)
	if err != nil {
		return authz.UserTypeChange{}, err
	}
	has := authz.Names(l.ScopesOf(userType))
	d := diff.DiffUserType(scopes, has, has)
	u, _ := l.UserType(userType)
	change := authz.UserTypeChange{UserType: u, Want: scopes}
	for _, name := range d.Grant {
		if s, ok := l.Scope(name); ok {
			change.Grant = append(change.Grant, s)
		}
	}
	for _, name := range d.Revoke {
		if s, ok := l.Scope(name); ok {
			change.Revoke = append(change.Revoke, s)
		}
	}
	return change, nil
}
