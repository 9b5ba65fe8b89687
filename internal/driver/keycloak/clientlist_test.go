package keycloak

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
)

func listClients(t *testing.T, d *Driver) authz.ClientSnapshot {
	t.Helper()
	l, err := d.ListClientScopes(context.Background(), "")
	if err != nil {
		t.Fatalf("ListClientScopes: %v | %s", err, drivertest.Advice(err))
	}
	return l
}

func setNames(set authz.ClientScopeSet) string {
	return set.ClientID + ": " + strings.Join(names(set.Default), " ") + " | " + strings.Join(names(set.Optional), " ")
}

// However much a caller may, the list says of each client what a reading of that
// client alone says; with what requests is counted.
func TestListClientScopesByRights(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	admin, _ := newDriver(t, l.admin())
	for _, name := range []string{"a", "b"} {
		create(t, admin, scope(name))
	}
	l.AddClientScope(t, l.app("a"), "b", "optional")
	bare := l.CreateClient(t, map[string]any{"clientId": "bare", "secret": "canary-of-a-client"})
	for _, kind := range []string{"default", "optional"} {
		for _, name := range l.ClientScopes(t, bare, kind) {
			l.RemoveClientScope(t, bare, name, kind)
		}
	}
	const realm, clients, scopes = "GET ", "GET clients", "GET client-scopes"
	for _, test := range []struct {
		who  string
		cfg  Config
		sent []string
	}{
		{"the administrator, whose token names no roles", l.admin(), []string{realm, scopes, clients}},
		{"who may view clients", l.serviceAccount("views", "view-clients"), []string{scopes, clients}},
	} {
		d, w := newDriver(t, test.cfg)
		got := listClients(t, d)
		sent := w.take()
		slices.Sort(sent)
		if !slices.Equal(sent, test.sent) {
			t.Errorf("%s: sent %q, want %q", test.who, sent, test.sent)
		}
		if got.Partial != nil {
			t.Errorf("%s: partial: %v", test.who, got.Partial)
		}
		found := map[string]string{}
		for _, set := range got.Sets {
			found[set.ClientID] = setNames(set)
		}
		for _, id := range []string{"app", "bare", "realm-management", "views"} {
			alone, err := admin.ReadClientScopes(context.Background(), "", id)
			if err != nil {
				t.Fatal(err)
			}
			if found[id] != setNames(alone) {
				t.Errorf("%s: %q, alone %q", test.who, found[id], setNames(alone))
			}
		}
		if found["bare"] != "bare:  | " {
			t.Errorf("%s: %q", test.who, found["bare"])
		}
	}
	for who, cfg := range map[string]Config{
		"none": l.serviceAccount("none"), "queries": l.serviceAccount("query", "query-clients"), "manages the realm": l.serviceAccount("realm", "manage-realm"),
	} {
		d, _ := newDriver(t, cfg)
		got, err := d.ListClientScopes(context.Background(), "")
		if err == nil {
			t.Errorf("%s: %d clients", who, len(got.Sets))
			continue
		}
		wantKind(t, err, authz.Denied, "view-clients")
	}
}

// emulated emulates a Keycloak that lists clients and scopes. If there is a text of an export,
// its permissions may hide clients.
func emulated(export, clients, scopes string) func(*http.Request, string) (*http.Response, error) {
	return func(req *http.Request, _ string) (*http.Response, error) {
		switch path := req.URL.Path; {
		case strings.HasSuffix(path, "/partial-export") && export == "":
			return respondJSON(req, 403, `{"error":"HTTP 403 Forbidden"}`), nil
		case strings.HasSuffix(path, "/partial-export"):
			return respondJSON(req, 200, export), nil
		case strings.HasSuffix(path, "/clients"):
			return respondJSON(req, 200, clients), nil
		case strings.HasSuffix(path, "/clients/o"):
			return respondJSON(req, 200, `{"id":"o","clientId":"old","defaultClientScopes":["renamed"],"optionalClientScopes":[]}`), nil
		case strings.HasSuffix(path, "/clients/h"):
			return respondJSON(req, 200, `{}`), nil
		case strings.HasSuffix(path, "/realms/shop"):
			return respondJSON(req, 200, fmt.Sprintf(`{"realm":"shop","defaultRole":{"id":"d"},"adminPermissionsEnabled":%t}`, export != "")), nil
		}
		return respondJSON(req, 200, scopes), nil
	}
}

func TestListClientScopesThatIsIncomplete(t *testing.T) {
	const (
		management = `{"id":"m","clientId":"realm-management","defaultClientScopes":[],"optionalClientScopes":[]}`
		scopes     = `[{"id":"1","name":"a","protocol":"openid-connect"}]`
		app        = `{"id":"u","clientId":"app","secret":"canary","defaultClientScopes":["a"],"optionalClientScopes":[]}`
		hides      = `{"id":"h","clientId":"hides","defaultClientScopes":["was-renamed"],"optionalClientScopes":[]}`
		old        = `{"id":"o","clientId":"old","defaultClientScopes":["was-renamed"],"optionalClientScopes":[]}`
	)
	for _, test := range []struct {
		what, export, clients string
		sets                  []string
		partial               string
		kind                  authz.Kind
		sent                  int
	}{
		{
			what: "a scope renamed meanwhile", clients: `[` + old + `,` + app + `,` + management + `]`,
			sets: []string{"app: a | ", "old: renamed | ", "realm-management:  | "}, sent: 4,
		},
		{
			what: "a client that hides its scopes the second time", clients: `[` + hides + `,` + app + `,` + management + `]`,
			sets: []string{"app: a | ", "realm-management:  | "}, partial: `"hides"`, sent: 4,
		},
		{
			what: "a hidden client that is exported", clients: `[` + management + `]`,
			export: `{"realm":"shop","clientScopes":` + scopes + `,"clients":[` + app + `,` + management + `]}`,
			sets:   []string{"app: a | ", "realm-management:  | "}, sent: 4,
		},
		{
			what: "an export of another realm", clients: `[` + management + `]`,
			export: `{"realm":"other","clientScopes":` + scopes + `,"clients":[` + app + `,` + management + `]}`, kind: authz.Unavailable, sent: 4,
		},
		{what: "an export without scopes", clients: `[` + management + `]`, export: `{"clients":[` + app + `]}`, kind: authz.Unavailable, sent: 4},
		{
			what: "a client that may not be viewed", clients: `[` + app + `,{"id":"x","clientId":"hidden"},` + management + `]`,
			sets: []string{"app: a | ", "realm-management:  | "}, partial: `"hidden"`, sent: 3,
		},
		{
			what:    "a client without the right to view it",
			clients: `[` + app + `,{"id":"x","clientId":"hidden","access":{"view":false},"defaultClientScopes":[],"optionalClientScopes":[]},` + management + `]`,
			sets:    []string{"app: a | ", "realm-management:  | "}, partial: `"hidden"`, sent: 3,
		},
		{what: "some clients alone", clients: `[` + app + `]`, sets: []string{"app: a | "}, partial: "the identity may not view all clients", sent: 2},
		{what: "no client", clients: `[]`, kind: authz.Denied, sent: 2},
		{what: "clients without an id", clients: `[{"clientId":"app"}]`, kind: authz.Unavailable, sent: 2},
		{what: "another form", clients: `[{"id":7,"secret":"canary"}]`, kind: authz.Unavailable, sent: 2},
	} {
		t.Run(test.what, func(t *testing.T) {
			d, w := newDriver(t, Config{URL: "https://sso.example.com", Realm: "shop", AccessToken: "token"})
			w.hook(emulated(test.export, test.clients, scopes))
			got, err := d.ListClientScopes(context.Background(), "")
			if sent := w.take(); len(sent) != test.sent {
				t.Errorf("sent %q", sent)
			}
			if test.sets == nil || err != nil {
				wantKind(t, err, test.kind)
				if strings.Contains(err.Error(), "canary") {
					t.Errorf("a secret is in %v", err)
				}
				return
			}
			var sets []string
			for _, set := range got.Sets {
				sets = append(sets, setNames(set))
			}
			if !slices.Equal(sets, test.sets) {
				t.Errorf("%q, want %q", sets, test.sets)
			}
			if (got.Partial == nil) != (test.partial == "") || got.Partial != nil && !strings.Contains(got.Partial.Error(), test.partial) {
				t.Errorf("partial: %v", got.Partial)
			}
		})
	}
}

// A SAML client has no OAuth 2.0 scopes: nothing of it is listed.
func TestListClientScopesOfOpenIDConnectOnly(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.CreateSAMLClient(t, "saml-app")
	l.CreatePublicClient(t, "app")
	d, _ := newDriver(t, l.admin())
	listing, err := d.ListClientScopes(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	has := func(id string) bool {
		return slices.ContainsFunc(listing.Sets, func(s authz.ClientScopeSet) bool { return s.ClientID == id })
	}
	if has("saml-app") || !has("app") {
		t.Errorf("%+v", listing.Sets)
	}
}
