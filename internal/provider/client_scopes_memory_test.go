package provider

import (
	"context"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

const (
	clientAddress = "authscopes_client_scopes.c"
	readWeb       = "ReadClientScopes web"
)

func clientHCL(clientID string, lines ...string) string { return tftest.ClientHCL(clientID, lines...) }

// newClients is a server with the scopes a to e and, built in, profile and
// email, and with a client "web" that has the built-in ones.
func newClients() *drivertest.Memory {
	m := newMemory()
	clientServer(m)
	m.RemoveClient(memRealm, "app")
	return m
}

// clientHas is what a client has on the server: `a b | c`, default ones first.
func clientHas(t *testing.T, m *drivertest.Memory, clientID string) string {
	t.Helper()
	set, err := m.ReadClientScopes(context.Background(), memRealm, clientID)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(authz.Names(set.Default), " ") + " | " + strings.Join(authz.Names(set.Optional), " ")
}

// clientHasScopes requires the scopes of the client web.
func clientHasScopes(want string) func(*testing.T, *memServed) {
	return func(t *testing.T, s *memServed) {
		t.Helper()
		same(t, s.name, clientHas(t, s.m, "web"), want)
	}
}

// setsClient assigns scopes to the client web outside Terraform.
func setsClient(defaults, optionals []string) func(*drivertest.Memory) {
	return func(m *drivertest.Memory) { m.SetClient(memRealm, "web", defaults, optionals) }
}

// gave are the writes that change a client.
func gave(steps ...string) []string {
	calls := []string{}
	for _, s := range steps {
		calls = append(calls, "ChangeClientScopes "+s)
	}
	return calls
}

func TestMemoryClientScopes(t *testing.T) {
	runRows(t, append(append(clientRows(), clientDriftRows()...), clientRunRows()...)...)
}

func clientRows() []memRow {
	web := clientHCL
	return []memRow{
		{name: "lifecycle", server: clientServer, steps: []memStep{
			{
				config: web("web", `default = ["a"]`, `optional = ["b", "c"]`), wrote: gave("web: default a", "web: optional b", "web: optional c"),
				after: clientHasScopes("a profile | b c email"),
			},
			{
				config: web("web", `default = ["b"]`, `optional = ["a", "c"]`), wrote: gave("web: default b", "web: optional a"),
				after: clientHasScopes("b profile | a c email"),
			},
			{config: web("web", `optional = ["c"]`, `default = []`), wrote: gave("web: none a", "web: none b"), after: clientHasScopes("profile | c email")},
			{config: web("web"), wrote: gave("web: none c"), after: clientHasScopes("profile | email")},
			{config: web("web", `default = []`, `optional = []`), wrote: nothing},
			{config: web("web", `optional = ["d"]`), wrote: gave("web: optional d"), after: clientHasScopes("profile | d email")},
			{config: noResources, wrote: gave("web: none d"), after: clientHasScopes("profile | email")},
		}},
		{name: "created over scopes", server: clientWith([]string{"a", "b", "profile"}, []string{"c", "d"}), steps: []memStep{
			{
				config: web("web", `default = ["a", "c"]`, `optional = ["e"]`, `ignore = ["d"]`), found: []found{finds(check.GrantsReplaceClient)},
				wrote: gave("web: none b", "web: default c", "web: optional e"), after: clientHasScopes("a c profile | d e"),
			},
			{config: noResources, wrote: gave("web: none a", "web: none c", "web: none e")},
		}},
		{name: "built-in scopes", server: clientServer, steps: []memStep{
			{
				config: web("web", `default = ["a"]`, `optional = ["profile"]`, `allow_built_in = true`), after: clientHasScopes("a | email profile"),
				found: []found{finds(check.GrantsReplaceClient, "1 scope assigned, 1 moved (profile, a)")},
			},
			{
				change: setsClient([]string{"a", "profile"}, nil), wrote: gave("web: optional profile"),
				lines: []string{clientAddress + ` ~ default = ["a","profile"] -> ["a"]`, clientAddress + ` + optional = ["profile"]`},
			},
			{change: setsClient([]string{"a"}, nil), lines: []string{clientAddress + ` + optional = ["profile"]`}, wrote: gave("web: optional profile")},
			// A scope that is no longer configured is removed from state only.
			{
				config: web("web", `default = ["a"]`), wrote: nothing,
				found: []found{finds(check.GlobsKeep, `Client "web" in `, `: 1 scope removed from state (profile)`, "built in", "keeps them")},
			},
			{config: web("web", `default = ["a"]`, `optional = ["profile"]`, `allow_built_in = true`)},
			{config: noResources, wrote: gave("web: none a"), after: clientHasScopes(" | profile")},
		}},
		{name: "globs", server: clientWith([]string{"b"}, []string{"c"}), steps: []memStep{
			{config: web("web", `default = ["a"]`, `ignore = ["b", "c"]`), after: clientHasScopes("a b | c")},
			{
				config: web("web", `default = ["a"]`, `ignore = ["c"]`), lines: []string{clientAddress + ` ~ ignore = ["b","c"] -> ["c"]`},
				found: []found{finds(check.GlobsRevoke, `Client "web" in Memory realm "memory": changed globs remove 1 scope (b)`, "the plan has no line for them",
					"- b")},
				between: setsClient([]string{"a", "b", "d"}, []string{"c", "e"}), // d and e were not seen
				wrote:   gave("web: none b"), after: clientHasScopes("a d | c e"),
			},
			{lines: []string{clientAddress + ` ~ default = ["a","d"] -> ["a"]`, clientAddress + ` - optional = ["e"]`}, after: clientHasScopes("a | c")},
			{
				config: web("web", `manage = ["x*"]`), found: []found{finds(check.GlobsKeep, `Client "web" in `, `: 1 scope removed from state (a)`, "- a")},
				wrote: nothing, after: clientHasScopes("a | c"),
			},
		}},
		{name: "kept on destroy", server: clientServer, steps: []memStep{
			{config: web("web", `optional = ["a"]`, `on_destroy = "keep"`)}, {config: noResources, wrote: nothing, after: clientHasScopes("profile | a email")},
		}},
		// Scopes that the globs excluded at one client have no meaning for another client.
		{name: "another client", server: func(m *drivertest.Memory) {
			clientServer(m)
			m.SetClient(memRealm, "web", []string{"c"}, nil)
			m.SetClient(memRealm, "app", []string{"c"}, nil)
		}, steps: []memStep{
			{config: web("web", `default = ["a"]`, `ignore = ["c"]`)},
			{
				config: web("app", `default = ["a"]`), wrote: gave("web: none a", "app: none c", "app: default a"), found: []found{
					finds(check.GrantsReplaceClient, `Client "app" in Memory realm "memory": 1 scope unassigned, 1 assigned`, "  - c"),
					finds(check.GrantsLost, `Client "web" in Memory realm "memory": 1 scope will be unassigned (a)`),
				},
			},
		}},
		{name: "another client, and its scopes are unknown", server: clientServer, steps: []memStep{
			{config: web("web", `optional = ["a"]`)},
			{
				config: unknownUntil(`"a"`) + web("app", `optional = [terraform_data.v.output]`),
				found:  []found{finds(check.GrantsLost, `Client "web" in Memory realm "memory": 1 scope will be unassigned (a)`)},
			},
		}},
		{
			name: "a server with IDs", server: func(m *drivertest.Memory) {
				clientServer(m)
				m.Caps.ServerIDRequired, m.Caps.ClientDefaults = true, false
				m.SetClient(memRealm, "web", nil, []string{"b"})
			}, steps: []memStep{
				{
					config: web("web", `server_id = "memory"`, `optional = ["b"]`) + "import {\n  to = authscopes_client_scopes.c\n  id = \"memory/web\"\n}\n",
					lines:  nothing, wrote: nothing,
				},
				{config: web("web", `server_id = "memory"`, `default = []`, `optional = ["b"]`), wrote: nothing},
			},
		},
	}
}

func clientDriftRows() (rows []memRow) {
	for _, test := range []struct {
		name                string
		defaults, optionals []string
		lines               []string
	}{
		{"one added", []string{"a", "profile"}, []string{"b", "c", "email"}, []string{`~ optional = ["b","c"] -> ["b"]`}},
		{"one removed", []string{"profile"}, []string{"b", "email"}, []string{`+ default = ["a"]`}},
		{"one moved", []string{"a", "b", "profile"}, []string{"email"}, []string{`~ default = ["a","b"] -> ["a"]`, `+ optional = ["b"]`}},
		{"exchanged", []string{"b", "profile"}, []string{"a", "email"}, []string{`~ default = ["b"] -> ["a"]`, `~ optional = ["a"] -> ["b"]`}},
		{"built-in scopes are removed", []string{"a"}, []string{"b"}, nil},
		{"built-in scopes are moved", []string{"a", "email"}, []string{"profile", "b"}, nil},
	} {
		lines, after := nothing, clientHasScopes("a profile | b email")
		for _, line := range test.lines {
			lines = append(lines, clientAddress+" "+line)
		}
		if len(lines) == 0 {
			after = nil
		}
		rows = append(rows, memRow{name: test.name, server: clientServer, steps: []memStep{
			{config: clientHCL("web", `default = ["a"]`, `optional = ["b"]`)}, {change: setsClient(test.defaults, test.optionals), lines: lines, after: after},
		}})
	}
	gone := func(m *drivertest.Memory) { m.RemoveClient(memRealm, "web") }
	return append(rows, memRow{name: "the client is deleted", server: clientServer, steps: []memStep{
		{config: clientHCL("web", `optional = ["a"]`)},
		{
			change: gone, lines: []string{clientAddress + " [create]"}, found: []found{finds(check.GrantsMissingHolder)},
			failed: []found{finds(messages.FoundNoClient, `Memory realm "memory" has no client with the ID "web"`, "depends_on")}, wrote: nothing,
		},
		{change: setsClient(nil, nil), wrote: gave("web: optional a")},
		{change: gone, config: noResources, wrote: nothing},
	}}, memRow{name: "the client is deleted before the destroy", server: clientServer, steps: []memStep{
		{config: clientHCL("web", `optional = ["a"]`)}, {config: noResources, between: gone, wrote: nothing},
	}})
}

// clientRunRows are scopes that the same run creates, renames and deletes.
func clientRunRows() []memRow {
	const refer = `[for n in ["one", "two"] : authscopes_server_scopes.s.names[n]]`
	set := func(scopes string) string {
		return setHCL(scopes, `ignore = ["a", "b", "c", "d", "e"]`)
	}
	single := func(name string) string {
		return singleHCL(name, "") + clientHCL("web", `default = [authscopes_server_scope.one.name]`)
	}
	return []memRow{
		{name: "scopes of a set", server: clientServer, steps: []memStep{
			{config: set(`{ one = "", two = "" }`) + clientHCL("web", "default = "+refer), after: clientHasScopes("one profile two | email")},
			{
				config: set(`{ one = "" }`) + clientHCL("web", `optional = [authscopes_server_scopes.s.names.one]`),
				found:  []found{finds(check.DeletionsTakeFromClient)}, after: clientHasScopes("profile | email one"),
			},
		}},
		{name: "a renamed scope", server: clientWith(nil, nil), steps: []memStep{
			{config: single(`"old"`)},
			{config: single(`"new"`), found: []found{finds(check.NamesRenamed)}, wrote: []string{"UpdateScope old"}, after: clientHasScopes("new | ")},
		}},
	}
}

// One read of a client serves all that need it in a walk.
func TestMemoryReadsOfClients(t *testing.T) {
	m := newClients()
	t.Parallel()
	tf := newTerraform(t, builtInMemory{m}, nil)
	tf.m = m
	config := clientHCL("web", `default = ["a"]`) +
		"data \"authscopes_client_scopes\" \"one\" {\n  client_id = \"web\"\n}\ndata \"authscopes_client_scopes\" \"two\" {\n  client_id = \"web\"\n}\n" +
		"output \"has\" {\n  value = data.authscopes_client_scopes.one\n}\n"
	reads := func(o *memOutcome) (n int) {
		for _, c := range o.calls {
			if c == readWeb {
				n++
			}
		}
		return n
	}
	tf.Write(config).apply().ok()
	o := tf.makePlan().ok()
	same(t, "reads of a plan", reads(o), 1)
	same(t, "snapshots of a plan", memLists(o.calls), 1)
	same(t, "data", tftest.JSONText(withoutTimeouts(o.plan.PlannedValues.Outputs["has"].Value.(map[string]any))),
		`{"client_id":"web","default":["a","profile"],"optional":["email"],"server_id":"memory"}`)
	m.SetClient(memRealm, "web", nil, nil)
	if n := reads(tf.apply().ok()); n > 3 {
		t.Errorf("%d reads of a plan and an apply", n)
	}
}
