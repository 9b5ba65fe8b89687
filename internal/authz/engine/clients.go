package engine

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

// clientReadings are what was read of single clients. The zero value is empty.
type clientReadings struct {
	mu     sync.Mutex
	all    map[clientKey]*clientReading
	epochs map[string]uint64      // by server id: counts the writes that took scopes from clients or renamed them
	writes map[string]uint64      // by server id: counts the writes to clients
	lists  map[string]*clientList // by server id
}

// clientKey identifies a client of a server.
type clientKey struct{ server, client string }

// clientReading is one reading, shared by all who ask for that client. Who has
// the turn reads or writes, so that no reading begins before a write of this
// provider and ends after it.
type clientReading struct {
	turn  chan struct{}         // has room for one
	set   *authz.ClientScopeSet // nil: not read, or dropped
	epoch uint64                // when the reading began
	// listed: it came with the list of all clients. alone: it no longer does,
	// because this provider wrote the client.
	listed, alone bool
}

// take waits for the turn at a client and answers with its reading, and with
// the function that hands the turn on.
func (c *clientReadings) take(ctx context.Context, serverID, clientID string) (*clientReading, func(), error) {
	c.mu.Lock()
	key := clientKey{serverID, clientID}
	if c.all == nil {
		c.all = map[clientKey]*clientReading{}
	}
	reading, ok := c.all[key]
	if !ok {
		reading = &clientReading{turn: make(chan struct{}, 1)}
		c.all[key] = reading
	}
	c.mu.Unlock()
	select {
	case reading.turn <- struct{}{}:
		return reading, func() { <-reading.turn }, nil
	case <-ctx.Done():
		return nil, nil, authz.Errorf(authz.Unavailable, "read the scopes of a client", "interrupted: %w", context.Cause(ctx))
	}
}

func (c *clientReadings) epoch(serverID string) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.epochs[serverID]
}

// outdate drops the readings of all clients of a server when a change of its
// scopes takes some from clients, or renames them.
func (c *clientReadings) outdate(serverID string, changes diff.Scopes) {
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

// ReadClient is what one client may ask for: one reading for all who ask, until
// something is written. Where several clients are asked for, it comes with one
// list of all. The caller must not change it. NotFound when there is no such
// client.
func (s *Server) ReadClient(ctx context.Context, serverID, clientID string) (authz.ClientScopeSet, error) {
	return s.readClient(ctx, serverID, clientID, true)
}

// ReadClientAlone is ReadClient before a write: the list of all clients may be
// older than what another resource of the run did to the client.
func (s *Server) ReadClientAlone(ctx context.Context, serverID, clientID string) (authz.ClientScopeSet, error) {
	return s.readClient(ctx, serverID, clientID, false)
}

func (s *Server) readClient(ctx context.Context, serverID, clientID string, listed bool) (authz.ClientScopeSet, error) {
	driver, err := s.clientScopes()
	if err != nil {
		return authz.ClientScopeSet{}, err
	}
	reading, done, err := s.clients.take(ctx, serverID, clientID)
	if err != nil {
		return authz.ClientScopeSet{}, err
	}
	defer done()
	epoch := s.clients.epoch(serverID)
	if reading.set != nil && reading.epoch == epoch && (listed || !reading.listed) {
		return *reading.set, nil
	}
	if listed && !reading.alone {
		if set, ok := s.listedClient(ctx, serverID, clientID); ok {
			reading.set, reading.epoch, reading.listed = &set, epoch, true
			return set, nil
		}
	}
	set, err := driver.ReadClientScopes(ctx, serverID, clientID)
	if err != nil {
		return authz.ClientScopeSet{}, err
	}
	reading.set, reading.epoch, reading.listed = &set, epoch, false
	return set, nil
}

// ApplyClient turns live into want, both of want.ClientID; scopes in neither
// are left alone. The reading of that client is dropped, whatever came of it.
func (s *Server) ApplyClient(ctx context.Context, serverID string, live, want authz.ClientScopeSet) error {
	if err := s.EnsureWritable(ctx, serverID); err != nil {
		return err
	}
	driver, err := s.clientScopes()
	if err != nil {
		return err
	}
	reading, done, err := s.clients.take(ctx, serverID, want.ClientID)
	if err != nil {
		return err
	}
	defer done()
	live = s.identified(serverID, live)
	reading.set, reading.alone = nil, true
	defer s.clients.wrote(serverID)
	return driver.ChangeClientScopes(ctx, serverID, live, want)
}

// identified has the ids of the shared listing, where there is one, for scopes that
// a reading of a client names without: one that is renamed after the listing is
// taken off all the same. The driver looks the other ids up.
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
