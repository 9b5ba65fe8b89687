package engine

import (
	"context"
	"maps"
	"slices"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// fewClients is the number of clients of a server up to which each client is read with a request
// of its own. For more clients, all clients are listed once. The cost depends on the clients that
// the configuration names, because a server can have thousands.
const fewClients = 30

// clientList is one complete read of all clients of a server. Only the holder of its turn may
// read or fill it.
type clientList struct {
	turn    chan struct{}
	sets    map[string]authz.ClientScopeSet // by client ID; nil if it was not read
	users   map[string][]string             // scope => client IDs, sorted
	partial error
	began   clientAge
	denied  error // the list is not requested again
	failed  bool  // the list failed once: clients are then read one by one

	asked map[string]bool // client IDs that were requested; under clientCache.mu
}

// clientAge counts the writes that a list can lack: writes that remove scopes from clients or
// rename them, and writes to clients.
type clientAge struct{ scopes, clients uint64 }

func (c *clientCache) age(serverID string) clientAge {
	c.mu.Lock()
	defer c.mu.Unlock()
	return clientAge{c.epochs[serverID], c.writes[serverID]}
}

// recordWrite records that a client was written, whether the write succeeded or not.
func (c *clientCache) recordWrite(serverID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.writes == nil {
		c.writes = map[string]uint64{}
	}
	c.writes[serverID]++
}

// list returns the list of a server's clients, and the number of clients that were requested so
// far, including clientIDs.
func (c *clientCache) list(serverID string, clientIDs ...string) (*clientList, int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	list, ok := c.lists[serverID]
	if !ok {
		if c.lists == nil {
			c.lists = map[string]*clientList{}
		}
		list = &clientList{turn: make(chan struct{}, 1), asked: map[string]bool{}}
		c.lists[serverID] = list
	}
	for _, id := range clientIDs {
		list.asked[id] = true
	}
	return list, len(list.asked)
}

// listedClient returns a client from the list of all clients, if a list is worth its requests.
// Otherwise the client must be read with a request of its own, which also returns the error.
func (s *Server) listedClient(ctx context.Context, serverID, clientID string) (authz.ClientScopeSet, bool) {
	lister, ok := s.driver.(authz.ClientLister)
	if !ok {
		return authz.ClientScopeSet{}, false
	}
	list, asked := s.clients.list(serverID, clientID)
	if asked <= fewClients {
		return authz.ClientScopeSet{}, false
	}
	done, err := list.lock(ctx)
	if err != nil {
		return authz.ClientScopeSet{}, false
	}
	defer done()
	// Writes to other clients do not matter, and a client that was written is read alone.
	current := list.sets != nil && list.began.scopes == s.clients.age(serverID).scopes
	if !current && (list.failed || s.fill(ctx, lister, serverID, list) != nil) {
		list.failed = ctx.Err() == nil
		return authz.ClientScopeSet{}, false
	}
	set, ok := list.sets[clientID]
	return set, ok
}

// ClientsWithScopes returns the clients that have some of the scopes, sorted by client ID, each
// with those of the scopes that it has. partial states why clients can be missing. It makes no
// request if the server has no clients.
func (s *Server) ClientsWithScopes(ctx context.Context, serverID string, scopes []string) (found []authz.ClientScopeSet, partial, err error) {
	lister, ok := s.driver.(authz.ClientLister)
	if !ok || len(scopes) == 0 {
		return nil, nil, nil
	}
	list, done, err := s.allClients(ctx, lister, serverID)
	if err != nil {
		return nil, nil, err
	}
	defer done()
	wanted, users := map[string]bool{}, map[string]bool{}
	for _, name := range scopes {
		wanted[name] = true
		for _, clientID := range list.users[name] {
			users[clientID] = true
		}
	}
	other := func(s authz.Scope) bool { return !wanted[s.Name] }
	for _, clientID := range slices.Sorted(maps.Keys(users)) {
		set := list.sets[clientID]
		set.Default, set.Optional = slices.DeleteFunc(slices.Clone(set.Default), other), slices.DeleteFunc(slices.Clone(set.Optional), other)
		found = append(found, set)
	}
	return found, list.partial, nil
}

// ListClients returns all clients, sorted by client ID. It returns Denied if clients can be
// missing.
func (s *Server) ListClients(ctx context.Context, serverID string) ([]authz.ClientScopeSet, error) {
	lister, ok := s.driver.(authz.ClientLister)
	if !ok {
		return nil, authz.Errorf(authz.Unsupported, "list clients", "%s cannot do that", s.driver.Capabilities().Server)
	}
	list, done, err := s.allClients(ctx, lister, serverID)
	if err != nil {
		return nil, err
	}
	defer done()
	var sets []authz.ClientScopeSet
	for _, clientID := range slices.Sorted(maps.Keys(list.sets)) {
		sets = append(sets, list.sets[clientID])
	}
	return sets, list.partial
}

// allClients returns the list as it is after all writes of this process. The caller has its turn
// until it calls done.
func (s *Server) allClients(ctx context.Context, lister authz.ClientLister, serverID string) (list *clientList, done func(), err error) {
	list, _ = s.clients.list(serverID)
	if done, err = list.lock(ctx); err != nil {
		return nil, nil, err
	}
	if list.sets == nil || list.began != s.clients.age(serverID) {
		if err = s.fill(ctx, lister, serverID, list); err != nil {
			done()
			return nil, nil, err
		}
	}
	return list, done, nil
}

func (l *clientList) lock(ctx context.Context) (func(), error) {
	select {
	case l.turn <- struct{}{}:
		return func() { <-l.turn }, nil
	case <-ctx.Done():
		return nil, authz.Errorf(authz.Unavailable, "list the scopes of clients", "interrupted: %w", context.Cause(ctx))
	}
}

// fill reads the list from the server. After Denied it makes no further request.
func (s *Server) fill(ctx context.Context, lister authz.ClientLister, serverID string, list *clientList) error {
	if list.denied != nil {
		return list.denied
	}
	began := s.clients.age(serverID)
	taken, err := lister.ListClientScopes(ctx, serverID)
	if err != nil {
		list.sets = nil
		if authz.KindOf(err) == authz.Denied {
			list.denied = err
		}
		return err
	}
	list.sets, list.users = make(map[string]authz.ClientScopeSet, len(taken.Sets)), map[string][]string{}
	for _, set := range taken.Sets {
		list.sets[set.ClientID] = set
		for _, scope := range slices.Concat(set.Default, set.Optional) {
			list.users[scope.Name] = append(list.users[scope.Name], set.ClientID)
		}
	}
	list.partial, list.began = taken.Partial, began
	return nil
}
