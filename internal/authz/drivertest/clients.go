package drivertest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// clientHas reads one client, without built-in scopes.
func clientHas(t *testing.T, f Fixture, clientID string) authz.ClientScopeSet {
	t.Helper()
	set, err := f.Driver.(authz.ClientScopes).ReadClientScopes(context.Background(), f.ServerID, clientID)
	if err != nil {
		t.Fatalf("ReadClientScopes %q: %v", clientID, err)
	}
	if set.ClientID != clientID {
		t.Errorf("ReadClientScopes %q returned %q", clientID, set.ClientID)
	}
	return withoutBuiltIns(set)
}

func withoutBuiltIns(set authz.ClientScopeSet) authz.ClientScopeSet {
	builtIn := func(s authz.Scope) bool { return s.BuiltIn }
	set.Default, set.Optional = slices.DeleteFunc(slices.Clone(set.Default), builtIn), slices.DeleteFunc(slices.Clone(set.Optional), builtIn)
	return set
}

func changeClient(t *testing.T, f Fixture, live, want authz.ClientScopeSet) {
	t.Helper()
	before := holdings(t, f)
	if err := f.Driver.(authz.ClientScopes).ChangeClientScopes(context.Background(), f.ServerID, live, want); err != nil {
		t.Fatalf("ChangeClientScopes %q: %v", want.ClientID, err)
	}
	wantHoldings(t, "ChangeClientScopes", f, clientHoldings(before, live, want))
}

// wantClient compares the scopes of a client by name, in their order, and by ID if the client has
// IDs.
func wantClient(t *testing.T, what string, got authz.ClientScopeSet, defaults, optionals []authz.Scope) {
	t.Helper()
	same := func(a, b authz.Scope) bool { return a.Name == b.Name && (a.ID == b.ID || a.ID == "") }
	if !slices.EqualFunc(got.Default, defaults, same) {
		t.Errorf("%s: default %+v, want %+v", what, got.Default, defaults)
	}
	if !slices.EqualFunc(got.Optional, optionals, same) {
		t.Errorf("%s: optional %+v, want %+v", what, got.Optional, optionals)
	}
}

// Scopes in neither live nor want stay, and other clients do not change.
func testClientScopes(t *testing.T, f Fixture) {
	t.Helper()
	s := scopesFor(t, f)
	one, two := f.Clients[0], f.Clients[1]
	changeClient(t, f, authz.ClientScopeSet{ClientID: one}, authz.ClientScopeSet{ClientID: one, Optional: s[:2]})
	wantClient(t, "given", clientHas(t, f, one), nil, s[:2])
	wantClient(t, "the other client", clientHas(t, f, two), nil, nil)
	changeClient(t, f, authz.ClientScopeSet{ClientID: one, Optional: s[:1]}, authz.ClientScopeSet{ClientID: one, Optional: s[2:]})
	wantClient(t, "one unassigned, one assigned, one unchanged", clientHas(t, f, one), nil, s[1:])
	changeClient(t, f, authz.ClientScopeSet{ClientID: one, Optional: s[1:]}, authz.ClientScopeSet{ClientID: one})
	wantClient(t, "all taken", clientHas(t, f, one), nil, nil)
}

func testClientScopesAgain(t *testing.T, f Fixture) {
	t.Helper()
	s := scopesFor(t, f)
	one := f.Clients[0]
	none, has := authz.ClientScopeSet{ClientID: one}, authz.ClientScopeSet{ClientID: one, Optional: s}
	for range 2 {
		changeClient(t, f, none, has)
	}
	wantClient(t, "given twice", clientHas(t, f, one), nil, s)
	for range 2 {
		changeClient(t, f, has, none)
	}
	wantClient(t, "taken twice", clientHas(t, f, one), nil, nil)
}

func testClientKinds(t *testing.T, f Fixture) {
	t.Helper()
	s := scopesFor(t, f)
	one := f.Clients[0]
	from := authz.ClientScopeSet{ClientID: one, Default: s[:1], Optional: s[1:]}
	to := authz.ClientScopeSet{ClientID: one, Default: s[1:], Optional: s[:1]}
	changeClient(t, f, authz.ClientScopeSet{ClientID: one}, from)
	wantClient(t, "given", clientHas(t, f, one), s[:1], s[1:])
	changeClient(t, f, from, to)
	wantClient(t, "exchanged", clientHas(t, f, one), s[1:], s[:1])
}

func testClientLoses(t *testing.T, f Fixture) {
	t.Helper()
	s := scopesFor(t, f)
	one := f.Clients[0]
	changeClient(t, f, authz.ClientScopeSet{ClientID: one}, authz.ClientScopeSet{ClientID: one, Optional: s})
	remove(t, f, s[0])
	wantClient(t, "after a scope was deleted", clientHas(t, f, one), nil, s[1:])
}

func testAbsentClient(t *testing.T, f Fixture) {
	t.Helper()
	_, err := f.Driver.(authz.ClientScopes).ReadClientScopes(context.Background(), f.ServerID, f.AbsentClient)
	wantKind(t, "ReadClientScopes of an absent client", err, authz.NotFound)
	if f.Absent != "" {
		_, err = f.Driver.(authz.ClientScopes).ReadClientScopes(context.Background(), f.Absent, f.Clients[0])
		wantKind(t, "ReadClientScopes of an absent server", err, authz.ParentNotFound)
	}
}

// ListClientScopes returns for each client what ReadClientScopes returns. A client without scopes
// can be missing.
func testAllClients(t *testing.T, f Fixture) {
	t.Helper()
	lister, ok := f.Driver.(authz.ClientLister)
	if !ok {
		return
	}
	s := scopesFor(t, f)
	changeClient(t, f, authz.ClientScopeSet{ClientID: f.Clients[0]}, authz.ClientScopeSet{ClientID: f.Clients[0], Optional: s[:2]})
	changeClient(t, f, authz.ClientScopeSet{ClientID: f.Clients[1]}, authz.ClientScopeSet{ClientID: f.Clients[1], Optional: s[1:]})
	l, err := lister.ListClientScopes(context.Background(), f.ServerID)
	if err != nil || l.Partial != nil {
		t.Fatalf("ListClientScopes: %v, partial: %v", err, l.Partial)
	}
	if !slices.IsSortedFunc(l.Sets, func(a, b authz.ClientScopeSet) int { return compare(a.ClientID, b.ClientID) }) {
		t.Error("ListClientScopes is not sorted by client id")
	}
	found := map[string]bool{}
	for _, set := range l.Sets {
		found[set.ClientID] = true
		alone := clientHas(t, f, set.ClientID)
		wantClient(t, fmt.Sprintf("client %q in the list", set.ClientID), withoutBuiltIns(set), alone.Default, alone.Optional)
	}
	for _, id := range f.Clients {
		if !found[id] {
			t.Errorf("client %q is not listed", id)
		}
	}
	if f.Absent != "" {
		_, err = lister.ListClientScopes(context.Background(), f.Absent)
		wantKind(t, "ListClientScopes of an absent server", err, authz.ParentNotFound)
	}
}

// A client that the caller may not read never looks empty, and never looks deleted.
func testClientsRefused(t *testing.T, f Fixture) {
	t.Helper()
	f.Refuse()
	_, err := f.Driver.(authz.ClientScopes).ReadClientScopes(context.Background(), f.ServerID, f.Clients[0])
	wantKind(t, "ReadClientScopes with refused credentials", err, authz.Denied)
	if lister, ok := f.Driver.(authz.ClientLister); ok {
		_, err = lister.ListClientScopes(context.Background(), f.ServerID)
		wantKind(t, "ListClientScopes with refused credentials", err, authz.Denied)
	}
}
