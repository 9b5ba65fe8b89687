package engine_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/engine"
)

const clientRealm, readApp = "memory", "ReadClientScopes app"

// newClient is a server with the scopes a and b and the client "app", which has a
// by default, behind a driver that counts.
func newClient(t *testing.T) (*drivertest.Memory, *engine.Server) {
	t.Helper()
	m := drivertest.NewMemory(clientRealm)
	for _, name := range []string{"a", "b"} {
		m.AddScope(clientRealm, authz.Scope{Name: name, Settings: diff.Defaults()})
	}
	m.SetClient(clientRealm, "app", []string{"a"}, nil)
	return m, engine.New(m, 2, false)
}

func viewApp(t *testing.T, s *engine.Server) (defaults, optionals []authz.Scope) {
	t.Helper()
	set, err := s.ReadClient(context.Background(), clientRealm, "app")
	if err != nil {
		t.Fatal(err)
	}
	return set.Default, set.Optional
}

func clientReads(m *drivertest.Memory) int {
	return len(slices.DeleteFunc(m.Calls(), func(c string) bool { return c != readApp }))
}

func TestReadClientReadsOnce(t *testing.T) {
	m, s := newClient(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if set, err := s.ReadClient(context.Background(), clientRealm, "app"); err != nil || len(set.Default) != 1 {
				t.Errorf("%+v, %v", set, err)
			}
		})
	}
	all.Wait()
	if n := clientReads(m); n != 1 {
		t.Errorf("%d reads", n)
	}
}

// Whatever came of a write, the next view reads again.
func TestApplyClientDropsTheReading(t *testing.T) {
	for _, fails := range []bool{false, true} {
		m, s := newClient(t)
		defaults, _ := viewApp(t, s)
		if fails {
			m.Fail(func(c string) error {
				if c == "ChangeClientScopes app: optional a" {
					return errors.New("broken")
				}
				return nil
			})
		}
		m.Calls()
		err := s.ApplyClient(
			context.Background(), clientRealm, authz.ClientScopeSet{ClientID: "app", Default: defaults},
			authz.ClientScopeSet{ClientID: "app", Optional: defaults},
		)
		if (err != nil) != fails {
			t.Fatalf("%t: %v", fails, err)
		}
		defaults, optionals := viewApp(t, s)
		if got := len(optionals) == 1 && len(defaults) == 0; got == fails {
			t.Errorf("%t: default %v, optional %v", fails, defaults, optionals)
		}
		if n := clientReads(m); n != 1 {
			t.Errorf("%t: %d reads", fails, n)
		}
	}
}

// A scope that is renamed or deleted is so for the clients too; one that is
// made, or changed otherwise, is no reason to read clients again.
func TestApplyScopesAndClients(t *testing.T) {
	m, s := newClient(t)
	listed := func() (a, b authz.Scope) {
		l := snapshot(t, s, clientRealm)
		return l.Scopes[0], l.Scopes[1]
	}
	a, b := listed()
	renamed, described := a, b
	renamed.Name, described.Description = "a2", "B"
	for _, step := range []struct {
		what    string
		changes diff.Scopes
		reads   int
		has     []string
	}{
		{"create", diff.Scopes{Create: []authz.Scope{{Name: "c", Settings: diff.Defaults()}}}, 0, []string{"a"}},
		{"describe", diff.Scopes{Change: []diff.Update{{Live: b, Want: described}}}, 0, []string{"a"}},
		{"rename", diff.Scopes{Change: []diff.Update{{Live: a, Want: renamed}}}, 1, []string{"a2"}},
		{"delete", diff.Scopes{Delete: []authz.Scope{renamed}}, 1, nil},
	} {
		viewApp(t, s)
		m.Calls()
		if _, err := s.ApplyScopes(context.Background(), clientRealm, step.changes); err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
		defaults, _ := viewApp(t, s)
		var names []string
		for _, scope := range defaults {
			names = append(names, scope.Name)
		}
		if n := clientReads(m); n != step.reads || !slices.Equal(names, step.has) {
			t.Errorf("%s: %d reads, %v; want %d, %v", step.what, n, names, step.reads, step.has)
		}
	}
}

// An error is not cached, and an interrupted caller does not wait for the others.
func TestReadClientErrors(t *testing.T) {
	m, s := newClient(t)
	if _, err := s.ReadClient(context.Background(), clientRealm, "none"); !authz.IsNotFound(err) {
		t.Error(err)
	}
	m.Fail(func(string) error { return authz.Errorf(authz.Denied, "read", "refused") })
	if _, err := s.ReadClient(context.Background(), clientRealm, "app"); authz.KindOf(err) != authz.Denied {
		t.Error(err)
	}
	m.Fail(nil)
	if defaults, _ := viewApp(t, s); len(defaults) != 1 {
		t.Error(defaults)
	}

	entered, leave := make(chan struct{}), make(chan struct{})
	m2 := drivertest.NewMemory(clientRealm)
	m2.SetClient(clientRealm, "app", nil, nil)
	m2.Fail(func(string) error {
		close(entered)
		<-leave
		return nil
	})
	s = engine.New(m2, 1, false)
	done := make(chan error)
	go func() {
		_, err := s.ReadClient(context.Background(), clientRealm, "app")
		done <- err
	}()
	<-entered
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.ReadClient(ctx, clientRealm, "app"); authz.KindOf(err) != authz.Unavailable || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	close(leave)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestApplyClientRefused(t *testing.T) {
	m, _ := newClient(t)
	want := authz.ClientScopeSet{ClientID: "app"}
	m.Calls()
	if err := engine.New(m, 1, true).ApplyClient(context.Background(), clientRealm, want, want); authz.KindOf(err) != authz.Denied {
		t.Error(err)
	}
	m.RefuseWrites(authz.Errorf(authz.Invalid, "check", "the guard is held"))
	if err := engine.New(m, 1, false).ApplyClient(context.Background(), clientRealm, want, want); authz.KindOf(err) != authz.Invalid {
		t.Error(err)
	}
	if calls := m.Calls(); len(calls) != 0 {
		t.Errorf("calls %q", calls)
	}
	unable := engine.New(struct{ authz.Driver }{m}, 1, false)
	if _, err := unable.ReadClient(context.Background(), clientRealm, "app"); authz.KindOf(err) != authz.Unsupported {
		t.Error(err)
	}
	if err := unable.ApplyClient(context.Background(), clientRealm, want, want); authz.KindOf(err) != authz.Unsupported {
		t.Error(err)
	}
}

// nameOnly is a server whose clients name their scopes without ids.
type nameOnly struct {
	*drivertest.Memory
	from authz.ClientScopeSet
}

func (n *nameOnly) ReadClientScopes(ctx context.Context, serverID, clientID string) (authz.ClientScopeSet, error) {
	set, err := n.Memory.ReadClientScopes(ctx, serverID, clientID)
	set.Default = slices.Clone(set.Default)
	for i := range set.Default {
		set.Default[i].ID = ""
	}
	return set, err
}

func (n *nameOnly) ChangeClientScopes(_ context.Context, _ string, live, _ authz.ClientScopeSet) error {
	n.from = live
	return nil
}

// A write takes scopes off by the ids of the shared listing, whatever they are
// called by then; one that is not listed keeps its name alone.
func TestApplyClientNamesIDs(t *testing.T) {
	m, _ := newClient(t)
	driver := &nameOnly{Memory: m}
	s := engine.New(driver, 2, false)
	set, err := s.ReadClient(context.Background(), clientRealm, "app")
	if err != nil || set.Default[0].ID != "" {
		t.Fatalf("%+v, %v", set, err)
	}
	set.Default = append(set.Default, authz.Scope{Name: "unlisted"})
	apply := func() {
		t.Helper()
		m.Calls()
		if err := s.ApplyClient(context.Background(), clientRealm, set, authz.ClientScopeSet{ClientID: "app"}); err != nil {
			t.Fatal(err)
		}
		if calls := m.Calls(); slices.Contains(calls, "List") {
			t.Errorf("a listing was taken for it: %q", calls)
		}
	}
	if apply(); driver.from.Default[0].ID != "" {
		t.Errorf("%+v without a listing", driver.from)
	}
	listed, _ := snapshot(t, s, clientRealm).Scope("a")
	want := listed.ID
	apply()
	if got := driver.from.Default; len(got) != 2 || got[0].ID != want || want == "" || got[1].ID != "" {
		t.Errorf("%+v, want the id %q", got, want)
	}
}
