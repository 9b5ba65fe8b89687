package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/engine"
)

const realm = "shop"

// driver is a server in memory with hooks before and after each call.
type driver struct {
	*drivertest.Memory
	before, after func(ctx context.Context, call string)
	check         func(serverID string) error
}

func newDriver(scopes ...authz.Scope) *driver {
	d := &driver{Memory: drivertest.NewMemory(realm, "child", "educator")}
	for _, s := range scopes {
		d.AddScope(realm, s)
	}
	return d
}

func around[T any](ctx context.Context, d *driver, call string, run func() (T, error)) (T, error) {
	if d.before != nil {
		d.before(ctx, call)
	}
	result, err := run()
	if d.after != nil {
		d.after(ctx, call)
	}
	return result, err
}

func (d *driver) CreateScope(ctx context.Context, serverID string, want authz.Scope) (authz.Scope, error) {
	return around(ctx, d, "CreateScope "+want.Name, func() (authz.Scope, error) { return d.Memory.CreateScope(ctx, serverID, want) })
}

func (d *driver) UpdateScope(ctx context.Context, serverID string, live, want authz.Scope) (authz.Scope, error) {
	return around(ctx, d, "UpdateScope "+live.Name, func() (authz.Scope, error) { return d.Memory.UpdateScope(ctx, serverID, live, want) })
}

func (d *driver) DeleteScope(ctx context.Context, serverID string, live authz.Scope) error {
	_, err := around(ctx, d, "DeleteScope "+live.Name, func() (any, error) { return nil, d.Memory.DeleteScope(ctx, serverID, live) })
	return err
}

func (d *driver) ChangeUserType(ctx context.Context, serverID string, c authz.UserTypeChange) ([]authz.Scope, error) {
	return around(ctx, d, "ChangeUserType "+c.UserType.Name, func() ([]authz.Scope, error) { return d.Memory.ChangeUserType(ctx, serverID, c) })
}

func (d *driver) Preflight(_ context.Context, serverID string) error {
	if d.check == nil {
		return nil
	}
	return d.check(serverID)
}

// bare is a server that can do nothing.
type bare struct{ caps authz.Capabilities }

func (b bare) Capabilities() authz.Capabilities { return b.caps }
func (bare) ServerID(id string) (string, error) { return id, nil }

// writeOnly cannot list, nor check anything before a write.
type writeOnly struct {
	bare
	authz.ScopeWriter
	authz.UserTypeScopes
}

// reader reads the sets of user types one by one.
type reader struct {
	writeOnly
	mu    sync.Mutex
	sets  map[string][]string // by server id and user type, as "shop/child"
	err   error
	reads []string

	partial map[string][]string // what some users of a user type have
}

func (r *reader) UserTypeScopes(_ context.Context, serverID, userType string) (authz.UserTypeSet, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := serverID + "/" + userType
	r.reads = append(r.reads, key)
	set := authz.UserTypeSet{UserType: authz.UserType{Partial: r.partial[key]}}
	if r.err != nil {
		return set, r.err
	}
	var ok bool
	if set.Scopes, ok = r.sets[key]; !ok {
		return set, authz.Errorf(authz.NotFound, "read "+key, "there is no set")
	}
	return set, nil
}

func (r *reader) ListUserTypes(_ context.Context, serverID string) ([]authz.UserTypeSet, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reads = append(r.reads, serverID)
	var sets []authz.UserTypeSet
	for _, name := range []string{"child", "educator", "hidden"} {
		set := authz.UserTypeSet{UserType: authz.UserType{Name: name, Partial: r.partial[serverID+"/"+name]}}
		set.Scopes, set.Unread = r.sets[serverID+"/"+name], name == "hidden"
		sets = append(sets, set)
	}
	return sets, r.err
}

func (r *reader) ChangeUserType(_ context.Context, serverID string, c authz.UserTypeChange) ([]authz.Scope, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return nil, r.err
	}
	r.sets[serverID+"/"+c.UserType.Name] = c.Want
	return nil, nil
}

func scope(name string, access authz.Access) authz.Scope {
	s := authz.Scope{Name: name, ID: "id of " + name, Settings: diff.Defaults()}
	s.Settings.Access = access
	return s
}

func guarded(name string) authz.Scope { return scope(name, authz.AccessUserTypes) }

// apply carries changes out, and returns the error only.
func apply(ctx context.Context, s *engine.Server, c diff.Scopes) error {
	_, err := s.ApplyScopes(ctx, realm, c)
	return err
}

func creates(names ...string) diff.Scopes {
	var c diff.Scopes
	for _, n := range names {
		c.Create = append(c.Create, guarded(n))
	}
	return c
}

func numbered(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("scope:%03d", i)
	}
	return list
}

// find is a scope in the shared listing; its fields are the test's to keep.
func find(t *testing.T, s *engine.Server, name string) (authz.Scope, bool) {
	t.Helper()
	found, ok := snapshot(t, s, realm).Scope(name)
	found.UserTypes = slices.Clone(found.UserTypes)
	return found, ok
}

// listed are the names in the shared listing.
func listed(t *testing.T, s *engine.Server) []string {
	t.Helper()
	return authz.Names(snapshot(t, s, realm).Scopes)
}

// snapshot returns the snapshot of a server, which must be readable.
func snapshot(t *testing.T, s *engine.Server, serverID string) *authz.Snapshot {
	t.Helper()
	l, err := s.ReadSnapshot(t.Context(), serverID)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// wantAsServer compares the snapshot with the server itself.
func wantAsServer(t *testing.T, s *engine.Server, d *driver) {
	t.Helper()
	var own []string
	show := func(l *authz.Snapshot) (list []string) {
		for _, scope := range l.Scopes {
			list = append(list, fmt.Sprintf("%+v", scope))
		}
		return list
	}
	shared := show(snapshot(t, s, realm))
	d.Change(realm, func(l *authz.Snapshot) { own = show(l) })
	if !slices.Equal(shared, own) {
		t.Errorf("the shared listing is\n%s\nthe server has\n%s", strings.Join(shared, "\n"), strings.Join(own, "\n"))
	}
}

func wantCalls(t *testing.T, d *driver, want ...string) {
	t.Helper()
	if got := d.Calls(); !slices.Equal(got, want) {
		t.Errorf("calls %q, want %q", got, want)
	}
}

func wantKind(t *testing.T, err error, kind authz.Kind, says string) {
	t.Helper()
	var e *authz.Error
	if !errors.As(err, &e) || e.Kind != kind || !strings.Contains(err.Error(), says) {
		t.Errorf("%v (%s), want %s: %s", err, authz.KindOf(err), kind, says)
	}
}

// failing lets some calls fail with the given errors.
func failing(d *driver, of map[string]error) {
	d.Fail(func(call string) error { return of[call] })
}
