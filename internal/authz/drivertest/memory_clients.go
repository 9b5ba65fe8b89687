package drivertest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// memoryClient has IDs of scopes, in the order of their assignment, as servers do: a renamed
// scope stays assigned, a deleted one does not.
type memoryClient struct{ defaults, optionals []string }

var (
	_ authz.ClientScopes = (*Memory)(nil)
	_ authz.ClientLister = (*Memory)(nil)
	_ authz.ServerLister = (*Memory)(nil)
)

// SetClient creates a client, or changes its scopes without the provider. The scopes must exist.
func (m *Memory) SetClient(serverID, clientID string, defaults, optionals []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	ids := func(names []string) []string {
		var list []string
		for _, n := range names {
			s, ok := m.snapshots[serverID].Scope(n)
			if !ok {
				panic("no scope " + n)
			}
			list = append(list, s.ID)
		}
		return list
	}
	m.clients[clientKey{serverID, clientID}] = &memoryClient{ids(defaults), ids(optionals)}
}

// RemoveClient deletes a client.
func (m *Memory) RemoveClient(serverID, clientID string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.clients, clientKey{serverID, clientID})
}

// clientKey identifies a client of a server.
type clientKey struct{ server, client string }

// ReadClientScopes implements authz.ClientScopes.
func (m *Memory) ReadClientScopes(_ context.Context, serverID, clientID string) (authz.ClientScopeSet, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l, err := m.enter(serverID, "ReadClientScopes "+clientID)
	if err != nil {
		return authz.ClientScopeSet{ClientID: clientID}, err
	}
	c, err := m.client(serverID, clientID)
	if err != nil {
		return authz.ClientScopeSet{ClientID: clientID}, err
	}
	return c.set(clientID, l), nil
}

// ServerIDs implements authz.ServerLister.
func (m *Memory) ServerIDs(context.Context) ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.snapshots)), m.step("ServerIDs")
}

func (c *memoryClient) set(clientID string, l *authz.Snapshot) authz.ClientScopeSet {
	set := authz.ClientScopeSet{ClientID: clientID}
	for _, s := range l.Scopes {
		if slices.Contains(c.defaults, s.ID) {
			set.Default = append(set.Default, s)
		}
		if slices.Contains(c.optionals, s.ID) {
			set.Optional = append(set.Optional, s)
		}
	}
	return set
}

// HideClients makes ListClientScopes omit clients, because of a reason that it returns as
// Partial. If because is nil, it omits none.
func (m *Memory) HideClients(because error, clientIDs ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.partial, m.hidden = because, clientIDs
}

// ListClientScopes implements authz.ClientLister.
func (m *Memory) ListClientScopes(_ context.Context, serverID string) (authz.ClientSnapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l, err := m.enter(serverID, "ListClientScopes")
	if err != nil {
		return authz.ClientSnapshot{}, err
	}
	snapshot := authz.ClientSnapshot{Partial: m.partial}
	for key, c := range m.clients {
		if key.server == serverID && !slices.Contains(m.hidden, key.client) {
			snapshot.Sets = append(snapshot.Sets, c.set(key.client, l))
		}
	}
	slices.SortFunc(snapshot.Sets, func(a, b authz.ClientScopeSet) int { return cmp.Compare(a.ClientID, b.ClientID) })
	return snapshot, nil
}

// ChangeClientScopes implements authz.ClientScopes. Each scope is a call of its own, such as
// `ChangeClientScopes web-shop: default read:a`, at which Fail can stop it.
func (m *Memory) ChangeClientScopes(_ context.Context, serverID string, live, want authz.ClientScopeSet) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	op := "ChangeClientScopes " + want.ClientID
	c, err := m.client(serverID, want.ClientID)
	if err != nil {
		return err
	}
	l := m.snapshots[serverID]
	named := func(scopes []authz.Scope, id string) bool {
		return slices.ContainsFunc(scopes, func(s authz.Scope) bool { return s.ID == id })
	}
	step := func(s authz.Scope, word string, keep *[]string) error {
		if err := m.step(op + ": " + word + " " + s.Name); err != nil {
			return err
		}
		is := func(id string) bool { return id == s.ID }
		c.defaults, c.optionals = slices.DeleteFunc(c.defaults, is), slices.DeleteFunc(c.optionals, is)
		if keep == nil {
			return nil
		}
		if !named(l.Scopes, s.ID) {
			return authz.Errorf(authz.Conflict, op, "scope %q was deleted meanwhile", s.Name)
		}
		*keep = append(*keep, s.ID)
		return nil
	}
	for _, s := range slices.Concat(live.Default, live.Optional) {
		if !named(want.Default, s.ID) && !named(want.Optional, s.ID) {
			if err := step(s, "none", nil); err != nil {
				return err
			}
		}
	}
	for _, s := range want.Default {
		if !named(live.Default, s.ID) {
			if err := step(s, "default", &c.defaults); err != nil {
				return err
			}
		}
	}
	for _, s := range want.Optional {
		if !named(live.Optional, s.ID) {
			if err := step(s, "optional", &c.optionals); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *Memory) client(serverID, clientID string) (*memoryClient, error) {
	c, ok := m.clients[clientKey{serverID, clientID}]
	if !ok {
		return nil, authz.Errorf(authz.NotFound, fmt.Sprintf("find client %q", clientID), "there is no client %q in realm %q", clientID, serverID)
	}
	return c, nil
}
