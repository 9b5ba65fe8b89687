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

const (
	listAll = "ListClientScopes"
	few     = 30 // clients that are read one by one
)

// manyClients is a server with the scopes a and b and n clients, c0 and so on,
// which have a by default.
func manyClients(n int) (*drivertest.Memory, *engine.Server) {
	m := drivertest.NewMemory(clientRealm)
	for _, name := range []string{"a", "b"} {
		m.AddScope(clientRealm, authz.Scope{Name: name, Settings: diff.Defaults()})
	}
	for i := range n {
		m.SetClient(clientRealm, fmt.Sprintf("c%d", i), []string{"a"}, nil)
	}
	return m, engine.New(m, 2, false)
}

func clientCalls(m *drivertest.Memory) (lists, alone int) {
	for _, call := range m.Calls() {
		switch {
		case call == listAll:
			lists++
		case strings.HasPrefix(call, "ReadClientScopes"):
			alone++
		}
	}
	return lists, alone
}

func wantClientCalls(t *testing.T, what string, m *drivertest.Memory, lists, alone int) {
	t.Helper()
	if l, a := clientCalls(m); l != lists || a != alone {
		t.Errorf("%s: %d lists and %d reads, want %d and %d", what, l, a, lists, alone)
	}
}

func view(t *testing.T, read func(context.Context, string, string) (authz.ClientScopeSet, error), clientID string) authz.ClientScopeSet {
	t.Helper()
	set, err := read(context.Background(), clientRealm, clientID)
	if err != nil {
		t.Fatalf("%s: %v", clientID, err)
	}
	return set
}

// However many clients are asked for, the list is taken once, and few are read before
// it.
func TestManyClientsTakeOneList(t *testing.T) {
	m, s := manyClients(50)
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			set, err := s.ReadClient(context.Background(), clientRealm, fmt.Sprintf("c%d", i))
			if err != nil || len(set.Default) != 1 || set.Default[0].Name != "a" {
				t.Errorf("%+v, %v", set, err)
			}
		})
	}
	all.Wait()
	wantClientCalls(t, "many", m, 1, few)
	m, s = manyClients(50)
	for range 3 {
		view(t, s.ReadClient, "c1")
		view(t, s.ReadClient, "c7")
	}
	wantClientCalls(t, "few", m, 0, 2)
}

// A list may be older than what this provider, or another, did to a client.
func TestClientListIsNotOlderThanWrites(t *testing.T) {
	m, s := manyClients(few + 3)
	for i := range few + 3 {
		view(t, s.ReadClient, fmt.Sprintf("c%d", i))
	}
	wantClientCalls(t, "at first", m, 1, few)

	has := view(t, s.ReadClient, "c3")
	if err := s.ApplyClient(context.Background(), clientRealm, has, authz.ClientScopeSet{ClientID: "c3", Optional: has.Default}); err != nil {
		t.Fatal(err)
	}
	if set := view(t, s.ReadClient, "c3"); len(set.Default) != 0 || len(set.Optional) != 1 {
		t.Errorf("after its write: %+v", set)
	}
	wantClientCalls(t, "what was written is read alone", m, 0, 1)
	view(t, s.ReadClient, "c4")
	wantClientCalls(t, "others are not read again", m, 0, 0)

	m.SetClient(clientRealm, "c31", nil, []string{"b"}) // outside of this provider
	if set := view(t, s.ReadClientAlone, "c31"); len(set.Optional) != 1 {
		t.Errorf("before a write: %+v", set)
	}
	view(t, s.ReadClientAlone, "c31")
	wantClientCalls(t, "before a write", m, 0, 1)

	m.SetClient(clientRealm, "new", nil, nil)
	view(t, s.ReadClient, "new")
	wantClientCalls(t, "what the list does not have is read alone", m, 0, 1)
	if _, err := s.ReadClient(context.Background(), clientRealm, "none"); !authz.IsNotFound(err) {
		t.Error(err)
	}

	a, _ := snapshot(t, s, clientRealm).Scope("a")
	m.Calls()
	if _, err := s.ApplyScopes(context.Background(), clientRealm, diff.Scopes{Delete: []authz.Scope{a}}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"c0", "c1", "c2"} {
		if set := view(t, s.ReadClient, id); len(set.Default) != 0 {
			t.Errorf("%s after the scope is gone: %+v", id, set)
		}
	}
	wantClientCalls(t, "after scopes were deleted", m, 1, 0)
}

func TestClientsWithoutAList(t *testing.T) {
	m, s := manyClients(few + 4)
	fails := authz.Errorf(authz.Denied, "list", "refused")
	m.Fail(func(call string) error {
		if call == listAll {
			return fails
		}
		return nil
	})
	for i := range few + 4 {
		view(t, s.ReadClient, fmt.Sprintf("c%d", i))
	}
	wantClientCalls(t, "denied", m, 1, few+4)
	if _, _, err := s.ClientsWithScopes(context.Background(), clientRealm, []string{"a"}); authz.KindOf(err) != authz.Denied {
		t.Errorf("ClientsWithScopes: %v", err)
	}
	wantClientCalls(t, "denied before", m, 0, 0)

	m, s = manyClients(few + 2)
	fails = authz.Errorf(authz.Unavailable, "list", "cut off")
	m.Fail(func(call string) error {
		if call == listAll {
			return fails
		}
		return nil
	})
	for i := range few + 2 {
		view(t, s.ReadClient, fmt.Sprintf("c%d", i))
	}
	wantClientCalls(t, "cut off", m, 1, few+2)
	if _, _, err := s.ClientsWithScopes(context.Background(), clientRealm, []string{"a"}); authz.KindOf(err) != authz.Unavailable {
		t.Errorf("ClientsWithScopes: %v", err)
	}
	m.Fail(nil)
	if found, _, err := s.ClientsWithScopes(context.Background(), clientRealm, []string{"a"}); len(found) != few+2 || err != nil {
		t.Errorf("ClientsWithScopes after a failure: %v, %v", found, err)
	}
}

func TestClientsWithScopes(t *testing.T) {
	m, s := manyClients(2)
	m.AddScope(clientRealm, authz.Scope{Name: "c", Settings: diff.Defaults()})
	m.SetClient(clientRealm, "both", []string{"b"}, []string{"a", "c"})
	m.SetClient(clientRealm, "other", []string{"c"}, nil)
	for _, test := range []struct {
		scopes []string
		want   string
	}{
		{[]string{"a"}, "both[] [a] c0[a] [] c1[a] []"},
		{[]string{"b", "a"}, "both[b] [a] c0[a] [] c1[a] []"},
		{[]string{"none"}, ""},
		{nil, ""},
	} {
		found, partial, err := s.ClientsWithScopes(context.Background(), clientRealm, test.scopes)
		var got []string
		for _, set := range found {
			got = append(got, fmt.Sprint(set.ClientID, authz.Names(set.Default), " ", authz.Names(set.Optional)))
		}
		if strings.Join(got, " ") != test.want || partial != nil || err != nil {
			t.Errorf("%q: %q, %v, %v", test.scopes, got, partial, err)
		}
	}
	wantClientCalls(t, "all", m, 1, 0)
	// The list itself does not change.
	if set := view(t, s.ReadClient, "both"); len(set.Optional) != 2 {
		t.Errorf("%+v", set)
	}

	has := view(t, s.ReadClient, "other")
	if err := s.ApplyClient(context.Background(), clientRealm, has, authz.ClientScopeSet{ClientID: "other"}); err != nil {
		t.Fatal(err)
	}
	if found, _, _ := s.ClientsWithScopes(context.Background(), clientRealm, []string{"c"}); len(found) != 1 || found[0].ClientID != "both" {
		t.Errorf("after a write: %+v", found)
	}
	because := errors.New("no right")
	m.HideClients(because, "both")
	if _, _, err := engine.New(m, 1, false).ClientsWithScopes(context.Background(), clientRealm, []string{"c"}); err != nil {
		t.Error(err)
	}
	if found, partial, _ := engine.New(m, 1, false).ClientsWithScopes(context.Background(), clientRealm, []string{"c"}); len(found) != 0 ||
		!errors.Is(partial, because) {
		t.Errorf("%v, %v", found, partial)
	}
	m.Calls()
	found, partial, err := engine.New(struct{ authz.Driver }{m}, 1, false).ClientsWithScopes(context.Background(), clientRealm, []string{"c"})
	if len(found) != 0 || partial != nil || err != nil || len(m.Calls()) != 0 {
		t.Errorf("a server without clients: %v, %v, %v", found, partial, err)
	}
}

// A caller that is interrupted while it waits for the list reads the client alone, and then fails
// because its context ended.
func TestListInterrupted(t *testing.T) {
	m, s := manyClients(4)
	entered, leave := make(chan struct{}), make(chan struct{})
	m.Fail(func(call string) error {
		if call == listAll {
			close(entered)
			<-leave
		}
		return nil
	})
	done := make(chan error)
	go func() {
		_, _, err := s.ClientsWithScopes(context.Background(), clientRealm, []string{"a"})
		done <- err
	}()
	<-entered
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := s.ClientsWithScopes(ctx, clientRealm, []string{"a"}); authz.KindOf(err) != authz.Unavailable || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	close(leave)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if calls := m.Calls(); !slices.Equal(calls, []string{listAll}) {
		t.Errorf("calls %q", calls)
	}
}
