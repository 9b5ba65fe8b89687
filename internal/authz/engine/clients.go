package engine

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

// clientCache holds the clients that were read. The zero value is empty.
type clientCache struct {
	mu     sync.Mutex
	all    map[clientKey]*cachedClient
	epochs map[string]uint64      // by server ID: counts the writes that remove scopes from clients or rename them
	writes map[string]uint64      // by server ID: counts the writes to clients
	lists  map[string]*clientList // by server ID
}

// clientKey identifies a client of a server.
type clientKey struct{ server, client string }

// cachedClient is one client, shared by all callers that read it. Only the holder of its turn
// reads or writes the client, so that no read begins before a write of this provider and ends
// after it.
type cachedClient struct {
	turn  chan struct{}         // capacity 1
	set   *authz.ClientScopeSet // nil if it was not read, or was dropped
	epoch uint64                // when the read began
	// listed is true if the client came with the list of all clients. alone is true after a write
	// of this provider to the client: the list is then not used for it.
	listed, alone bool
}

// lock waits for the turn at a client. It returns the cached client, and the function that ends
// the turn.
func (c *clientCache) lock(ctx context.Context, serverID, clientID string) (*cachedClient, func(), error) {
	c.mu.Lock()
	key := clientKey{serverID, clientID}
	if c.all == nil {
		c.all = map[clientKey]*cachedClient{}
	}
	client, ok := c.all[key]
	if !ok {
		client = &cachedClient{turn: make(chan struct{}, 1)}
		c.all[key] = client
	}
	c.mu.Unlock()
	select {
	case client.turn <- struct{}{}:
		return client, func() { <-client.turn }, nil
	case <-ctx.Done():
		return nil, nil, authz.Errorf(authz.Unavailable, "read the scopes of a client", "interrupted: %w", context.Cause(ctx))
	}
}

func (c *clientCache) epoch(serverID string) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.epochs[serverID]
}

// outdate drops all cached clients of a server if a change of its scopes removes some from
// clients, or renames them.
func (c *clientCache) outdate(serverID string, changes diff.Scopes) {
	renamed := slices.ContainsFunc(changes.Updates(), func(u diff.Update) bool { return u.Live.Name != u.Want.Name })
	if len(changes.Delete) == 0 && !renamed {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.epochs == nil {
		c.epochs = map[string]uint64{}
	}
	c.epochs[serverID]++
}

// ReadClient returns the scopes of one client. All callers share one read until a write. If
// several clients are requested, one list of all clients replaces the single reads. The caller
// must not change the result. The error is NotFound if the client does not exist.
func (s *Server) ReadClient(ctx context.Context, serverID, clientID string) (authz.ClientScopeSet, error) {
	client, done, err := s.clients.lock(ctx, serverID, clientID)
	if err != nil {
		return authz.ClientScopeSet{}, err
	}
	defer done()
	epoch := s.clients.epoch(serverID)
	if client.set != nil && client.epoch == epoch {
		return *client.set, nil
	}
	if !client.alone {
		if set, ok := s.listedClient(ctx, serverID, clientID); ok {
			client.set, client.epoch, client.listed = &set, epoch, true
			return set, nil
		}
	}
	return s.readClient(ctx, client, serverID, clientID)
}

// ReadClientAlone is ReadClient for a write: it does not use the list of all clients, which can
// be older than a change that another resource of the walk made.
func (s *Server) ReadClientAlone(ctx context.Context, serverID, clientID string) (authz.ClientScopeSet, error) {
	client, done, err := s.clients.lock(ctx, serverID, clientID)
	if err != nil {
		return authz.ClientScopeSet{}, err
	}
	defer done()
	if client.set != nil && client.epoch == s.clients.epoch(serverID) && !client.listed {
		return *client.set, nil
	}
	return s.readClient(ctx, client, serverID, clientID)
}

// readClient reads a client with a request of its own. The caller has the client's turn.
func (s *Server) readClient(ctx context.Context, client *cachedClient, serverID, clientID string) (authz.ClientScopeSet, error) {
	driver, err := s.clientScopes()
	if err != nil {
		return authz.ClientScopeSet{}, err
	}
	epoch := s.clients.epoch(serverID)
	set, err := driver.ReadClientScopes(ctx, serverID, clientID)
	if err != nil {
		return authz.ClientScopeSet{}, err
	}
	client.set, client.epoch, client.listed = &set, epoch, false
	return set, nil
}

// ApplyClient changes the scopes of client want.ClientID from live to want. It keeps all other
// scopes. The cached client is dropped, whether the write succeeded or not.
func (s *Server) ApplyClient(ctx context.Context, serverID string, live, want authz.ClientScopeSet) error {
	if err := s.EnsureWritable(ctx, serverID); err != nil {
		return err
	}
	driver, err := s.clientScopes()
	if err != nil {
		return err
	}
	client, done, err := s.clients.lock(ctx, serverID, want.ClientID)
	if err != nil {
		return err
	}
	defer done()
	live = s.identified(serverID, live)
	client.set, client.alone = nil, true
	defer s.clients.recordWrite(serverID)
	return driver.ChangeClientScopes(ctx, serverID, live, want)
}

// identified adds the IDs from the snapshot, if one was read, to scopes that a client names
// without an ID, so that a scope that was renamed after the snapshot is still unassigned. The
// driver looks up the other IDs.
func (s *Server) identified(serverID string, set authz.ClientScopeSet) authz.ClientScopeSet {
	l := s.snapshot(serverID).Taken()
	if l == nil {
		return set
	}
	fill := func(scopes []authz.Scope) []authz.Scope {
		scopes = slices.Clone(scopes)
		for i := range scopes {
			if listed, ok := l.Scope(scopes[i].Name); ok {
				scopes[i].ID = cmp.Or(scopes[i].ID, listed.ID)
			}
		}
		return scopes
	}
	set.Default, set.Optional = fill(set.Default), fill(set.Optional)
	return set
}

func (s *Server) clientScopes() (authz.ClientScopes, error) {
	driver, ok := s.driver.(authz.ClientScopes)
	if !ok {
		return nil, authz.Errorf(authz.Unsupported, "the scopes of a client", "%s cannot do that", s.driver.Capabilities().Server)
	}
	return driver, nil
}
