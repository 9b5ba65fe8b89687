package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
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
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		m.AddScope(memRealm, scopeOf(name))
	}
	for _, name := range []string{"email", "profile"} {
		m.AddScope(memRealm, scopeOf(name, openScope, func(s *authz.Scope) { s.BuiltIn = true }))
	}
	m.SetClient(memRealm, "web", []string{"profile"}, []string{"email"})
	return m
}

// clientTerraform runs terraform over such a server, which knows its built-in
// scopes by name.
func clientTerraform(t *testing.T) (*drivertest.Memory, *terraform) {
	t.Helper()
	t.Parallel()
	m := newClients()
	tf := newTerraform(t, builtInMemory{m}, nil)
	tf.m = m
	return m, tf
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

// gave wants exactly these steps of changes to clients, whatever their order.
func (o *memOutcome) gave(steps ...string) *memOutcome {
	o.t.Helper()
	var got []string
	for _, c := range o.calls {
		if step, ok := strings.CutPrefix(c, "ChangeClientScopes "); ok {
			got = append(got, step)
		}
	}
	slices.Sort(got)
	slices.Sort(steps)
	if !slices.Equal(got, steps) {
		o.t.Errorf("changed %q, want %q", got, steps)
	}
	return o
}

func TestClientScopesLifecycle(t *testing.T) {
	m, tf := clientTerraform(t)
	step := func(config, has string, changed ...string) {
		t.Helper()
		tf.Write(config).apply().ok().quiet().gave(changed...)
		same(t, "the client has", clientHas(t, m, "web"), has)
		tf.settled()
	}
	step(clientHCL("web", `default = ["a"]`, `optional = ["b", "c"]`), "a profile | b c email", "web: default a", "web: optional b", "web: optional c")
	step(clientHCL("web", `default = ["b"]`, `optional = ["a", "c"]`), "b profile | a c email", "web: default b", "web: optional a")
	step(clientHCL("web", `optional = ["c"]`, `default = []`), "profile | c email", "web: none a", "web: none b")
	step(clientHCL("web"), "profile | email", "web: none c")
	step(clientHCL("web", `default = []`, `optional = []`), "profile | email")
	step(clientHCL("web", `optional = ["d"]`), "profile | d email", "web: optional d")
	tf.run("destroy", "-auto-approve").ok().quiet().gave("web: none d")
	same(t, "destroyed", clientHas(t, m, "web"), "profile | email")
}

func TestClientScopesDrift(t *testing.T) {
	m, tf := clientTerraform(t)
	const has = "a profile | b email"
	tf.applied(clientHCL("web", `default = ["a"]`, `optional = ["b"]`))
	for _, test := range []struct {
		name                string
		defaults, optionals []string
		lines               []string
	}{
		{"one added", []string{"a", "profile"}, []string{"b", "c", "email"}, []string{`~ optional = ["b","c"] -> ["b"]`}},
		{"one removed", []string{"profile"}, []string{"b", "email"}, []string{`+ default = ["a"]`}},
		{"one moved", []string{"a", "b", "profile"}, []string{"email"}, []string{`~ default = ["a","b"] -> ["a"]`, `+ optional = ["b"]`}},
		{"exchanged", []string{"b", "profile"}, []string{"a", "email"}, []string{`~ default = ["b"] -> ["a"]`, `~ optional = ["a"] -> ["b"]`}},
	} {
		t.Log(test.name)
		m.SetClient(memRealm, "web", test.defaults, test.optionals)
		for i, line := range test.lines {
			test.lines[i] = clientAddress + " " + line
		}
		tf.makePlan().ok().quiet().changes(test.lines...)
		tf.applyPlan().ok()
		same(t, test.name, clientHas(t, m, "web"), has)
		tf.settled()
	}
	// Built-in scopes that the configuration does not name are ignored.
	m.SetClient(memRealm, "web", []string{"a"}, []string{"b"})
	tf.settled()
	m.SetClient(memRealm, "web", []string{"a", "email"}, []string{"profile", "b"})
	tf.settled()
}

// A scope that was assigned after the plan is not unassigned, and a planned scope that was
// unassigned after it is assigned again.
func TestClientScopesChangedAfterPlan(t *testing.T) {
	m, tf := clientTerraform(t)
	tf.applied(clientHCL("web", `optional = ["a", "b", "e"]`))
	tf.Write(clientHCL("web", `optional = ["a", "c"]`)).makePlan().ok()
	m.SetClient(memRealm, "web", []string{"d"}, []string{"b", "e"})
	tf.applyPlan().ok().gave("web: none b", "web: none e", "web: optional a", "web: optional c")
	same(t, "the client has", clientHas(t, m, "web"), "d | a c")
	tf.makePlan().ok().changes(clientAddress + ` - default = ["d"]`)
}

func TestClientScopesCreateOver(t *testing.T) {
	m, tf := clientTerraform(t)
	m.SetClient(memRealm, "web", []string{"a", "b", "profile"}, []string{"c", "d"})
	tf.Write(clientHCL("web", `default = ["a", "c"]`, `optional = ["e"]`, `ignore = ["d"]`)).makePlan().ok().warned(
		`Client "web" in Memory realm "memory": 1 scope unassigned, 1 assigned, 1 moved (b, c, e)`,
		`Unassigned:`, "  - b\n", `Assigned:`, "  - e\n", "  - c")
	tf.applyPlan().ok().gave("web: none b", "web: default c", "web: optional e")
	same(t, "the client has", clientHas(t, m, "web"), "a c profile | d e")
	tf.settled()

	// Without losses there is no warning.
	tf.run("destroy", "-auto-approve").ok().gave("web: none a", "web: none c", "web: none e")
	m.SetClient(memRealm, "web", []string{"a", "profile"}, nil)
	tf.Write(clientHCL("web", `default = ["a"]`, `optional = ["b"]`)).makePlan().ok().quiet()
	tf.applyPlan().ok().gave("web: optional b")
}

func TestClientScopesBadInput(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, config string
		words        []string
	}{
		{
			"in both sets", clientHCL("web", `default = ["a", "b", "c"]`, `optional = ["c", "d", "b"]`),
			[]string{messagestest.Summary(check.ConfigBothKinds), "  - b\n  - c\n", "Remove each scope from one set"},
		},
		{"no scope name", clientHCL("web", `default = ["a b"]`), []string{"Invalid scope name", `"a b" has ' '`}},
		{"null", clientHCL("web", `optional = [null]`), []string{"Null scope name", "An element is null"}},
		{"no client", clientHCL(""), []string{"client_id", "at least 1"}},
		{"ignored", clientHCL("web", `default = ["a"]`, `ignore = ["a*"]`), []string{messagestest.Summary(check.ConfigIgnored), "- a"}},
		{"outside of manage", clientHCL("web", `optional = ["a"]`, `manage = ["b*"]`), []string{messagestest.Summary(check.ConfigUnmanaged), "- a"}},
		{"no globs", clientHCL("web", `manage = []`), []string{messagestest.Summary(messages.InputNoGlobs)}},
		{"on_destroy", clientHCL("web", `on_destroy = "leave"`), []string{`"delete" "keep"`}},
		{
			"built in", clientHCL("web", `default = ["profile"]`, `optional = ["openid"]`),
			[]string{messagestest.Summary(check.NamesBuiltIn), "- openid\n", "- profile", "allow_built_in = true"},
		},
		{
			"built in and not there", clientHCL("web", `default = ["profile", "openid"]`, `allow_built_in = true`),
			[]string{messagestest.Summary(check.NamesAbsent), "- openid", "Remove them from the configuration"},
		},
		{
			"a client twice", clientHCL("web", `default = ["a"]`) + strings.Replace(clientHCL("web", `optional = ["b"]`), `"c"`, `"d"`, 1),
			[]string{messagestest.Summary(check.ConflictHolderManagedTwice), "- a\n", "- b", "manage or ignore"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, tf := clientTerraform(t)
			tf.Write(test.config).makePlan().refused(test.words...).gave()
		})
	}
	t.Run("several clients, and a user type of the same name", func(t *testing.T) {
		m, tf := clientTerraform(t)
		m.SetClient(memRealm, "educator", nil, nil)
		tf.applied(clientHCL("web", `default = ["a"]`) + strings.Replace(clientHCL("educator", `default = ["a"]`),
			`"c"`, `"d"`, 1) + typeHCL("educator", `["a"]`, ""))
	})
	t.Run("two resources with a part each", func(t *testing.T) {
		m, tf := clientTerraform(t)
		tf.applied(clientHCL("web", `default = ["a"]`, `manage = ["a"]`) + strings.Replace(clientHCL("web", `optional = ["b"]`, `ignore = ["a"]`), `"c"`, `"d"`, 1))
		same(t, "the client has", clientHas(t, m, "web"), "a profile | b email")
	})
}

func TestClientScopesBuiltIn(t *testing.T) {
	m, tf := clientTerraform(t)
	tf.applied(clientHCL("web", `default = ["a"]`, `optional = ["profile"]`, `allow_built_in = true`))
	same(t, "moved", clientHas(t, m, "web"), "a | email profile")
	m.SetClient(memRealm, "web", []string{"a", "profile"}, nil)
	tf.makePlan().ok().changes(clientAddress+` ~ default = ["a","profile"] -> ["a"]`, clientAddress+` + optional = ["profile"]`)
	tf.applyPlan().ok().gave("web: optional profile")
	m.SetClient(memRealm, "web", []string{"a"}, nil)
	tf.makePlan().ok().changes(clientAddress + ` + optional = ["profile"]`)
	tf.applyPlan().ok().gave("web: optional profile")
	// A scope that is no longer configured is removed from state only.
	tf.Write(clientHCL("web", `default = ["a"]`)).makePlan().ok().warned(`Client "web" in `, `: 1 scope removed from state (profile)`, "built in", "keeps them")
	tf.applyPlan().ok().gave()
	tf.settled()
	tf.applied(clientHCL("web", `default = ["a"]`, `optional = ["profile"]`, `allow_built_in = true`))
	tf.run("destroy", "-auto-approve").ok().gave("web: none a")
	same(t, "destroyed", clientHas(t, m, "web"), " | profile")
}

func TestClientScopesGlobs(t *testing.T) {
	m, tf := clientTerraform(t)
	m.SetClient(memRealm, "web", []string{"b"}, []string{"c"})
	tf.applied(clientHCL("web", `default = ["a"]`, `ignore = ["b", "c"]`))
	same(t, "ignored", clientHas(t, m, "web"), "a b | c")

	tf.Write(clientHCL("web", `default = ["a"]`, `ignore = ["c"]`)).makePlan().ok().
		warned(`Client "web" in Memory realm "memory": changed globs remove 1 scope (b)`, "the plan has no line for them", "- b").
		changes(clientAddress + ` ~ ignore = ["b","c"] -> ["c"]`)
	m.SetClient(memRealm, "web", []string{"a", "b", "d"}, []string{"c", "e"}) // d and e were not seen
	tf.applyPlan().ok().gave("web: none b")
	same(t, "no longer ignored", clientHas(t, m, "web"), "a d | c e")

	tf.applied(clientHCL("web", `default = ["a"]`, `ignore = ["c"]`))
	same(t, "settled", clientHas(t, m, "web"), "a | c")
	tf.Write(clientHCL("web", `manage = ["x*"]`)).makePlan().ok().warned(`Client "web" in `, `: 1 scope removed from state (a)`, "- a")
	tf.applyPlan().ok().gave()
	tf.settled()
	same(t, "not managed", clientHas(t, m, "web"), "a | c")
}

// If only the server can decide whether a scope or client exists, nothing is written if it does
// not.
func TestClientScopesUnknownAtApply(t *testing.T) {
	m, tf := clientTerraform(t)
	m.AddScope(memRealm, scopeOf("read:users"))
	tf.Write(clientHCL("web", `default = ["read:user", "a"]`, `optional = ["zzz"]`)).makePlan().ok()
	tf.applyPlan().refused(messagestest.Summary(messages.FoundMissingScopes), `- read:user (did you mean "read:users"?)`,
		"- zzz", `Nothing was changed for client "web"`, "depends_on").gave()
	tf.Write(clientHCL("wob", `default = ["a"]`)).makePlan().ok().warned(`Client "wob" does not exist in `)
	tf.applyPlan().refused(messagestest.Summary(messages.FoundNoClient), `Memory realm "memory" has no client with the ID "wob"`,
		"depends_on", `there is no client "wob" in realm "memory"`).gave()
	if s := tf.state(clientAddress); s != nil {
		t.Errorf("the state holds %v", s)
	}
	tf.Write(clientHCL("web") + fmt.Sprintf("import {\n  to = %s\n  id = \"wob\"\n}\n", clientAddress)).
		makePlan().refused(messagestest.Summary(messages.FoundNoClient))
}

// The client ID is unknown until apply, or another resource creates the client later.
func TestClientScopesUnknownAtPlan(t *testing.T) {
	m, tf := clientTerraform(t)
	tf.Write(`
		resource "terraform_data" "names" { input = ["a", "b"] }
		resource "authscopes_client_scopes" "c" {
			client_id = "web"
			default   = terraform_data.names.output
			optional  = ["b"]
		}
	`).makePlan().ok().quiet()
	tf.applyPlan().refused(messagestest.Summary(check.ConfigBothKinds), "- b").gave()
	tf.Write(`
		resource "terraform_data" "id" { input = "web" }
		resource "terraform_data" "names" { input = ["a"] }
		resource "authscopes_client_scopes" "c" {
			client_id = terraform_data.id.output
			default   = terraform_data.names.output
			optional  = ["b"]
			ignore    = terraform_data.names.output == null ? [] : ["c"]
		}
	`).makePlan().ok()
	tf.applyPlan().ok().gave("web: default a", "web: optional b")
	same(t, "the client has", clientHas(t, m, "web"), "a profile | b email")
	tf.settled()
}

func TestClientScopesImport(t *testing.T) {
	t.Parallel()
	m := newClients()
	config := memHeader + clientHCL("web", `default = ["a"]`, `optional = ["b"]`)
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: memoryFactories(builtInMemory{m}), Steps: []resource.TestStep{
		{Config: config},
		{ResourceName: clientAddress, ImportState: true, ImportStateId: "web", ImportStateVerify: true, ImportStateVerifyIdentifierAttribute: "client_id"},
		{
			ResourceName: clientAddress, ImportState: true, ImportStateId: "web", ImportStateKind: resource.ImportBlockWithID,
			ImportPlanChecks: resource.ImportPlanChecks{PreApply: memBefore().PreApply},
		},
	}})
}

// Import by identity, and identities in the state, need Terraform 1.12.
func TestClientScopesIdentity(t *testing.T) {
	t.Parallel()
	m := newClients()
	config := memHeader + clientHCL("web", `default = ["a"]`, `optional = ["b"]`)
	identity := map[string]knownvalue.Check{"server_id": knownvalue.StringExact(memRealm), "client_id": knownvalue.StringExact("web")}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: memoryFactories(builtInMemory{m}),
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_12_0)},
		Steps: []resource.TestStep{
			{Config: config, ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectIdentity(clientAddress, identity)}},
			{ResourceName: clientAddress, ImportState: true, ImportStateKind: resource.ImportBlockWithResourceIdentity},
		},
	})
}

// Generated configuration plans empty, also for a client without any scope of
// its own and one whose id is an address.
func TestClientScopesGenerated(t *testing.T) {
	m, tf := clientTerraform(t)
	const address = "https://web.example.com/x"
	m.SetClient(memRealm, address, []string{"a", "profile"}, []string{"c", "b"})
	var blocks strings.Builder
	for i, id := range []string{"web", address} {
		fmt.Fprintf(&blocks, "import {\n  to = authscopes_client_scopes.c%d\n  id = %q\n}\n", i, id)
	}
	tf.Write(blocks.String()).run("plan", "-generate-config-out=generated.tf").ok()
	tf.makePlan().ok().quiet().changes()
	tf.applyPlan().ok().gave()
	same(t, "the client has", clientHas(t, m, address), "a profile | b c")
	state := tf.state("authscopes_client_scopes.c1")
	same(t, "default", fmt.Sprint(state["default"]), "[a]")
	same(t, "optional", fmt.Sprint(state["optional"]), "[b c]")
}

func TestClientScopesServerIDs(t *testing.T) {
	t.Parallel()
	m := newClients()
	m.Caps.ServerIDRequired, m.Caps.ClientDefaults, m.Caps.ClientExample = true, false, "1234"
	tf := newTerraform(t, m, nil)
	tf.m = m
	m.SetClient(memRealm, "web", nil, []string{"b"})
	block := func(id string) string {
		return clientHCL("web", `server_id = "memory"`, `optional = ["b"]`) + fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", clientAddress, id)
	}
	tf.Write(block("web")).makePlan().refused(messagestest.Summary(messages.InputImportID), `The import ID is "web"`, `"77/1234"`)
	tf.Write(block("memory/")).makePlan().refused(messagestest.Summary(messages.InputImportID), `"77/1234"`)
	tf.applied(block("memory/web"))
	tf.Write(clientHCL("web", `optional = ["b"]`)).makePlan().refused("server_id is not set")
	tf.Write(clientHCL("web", `server_id = "other"`, `optional = ["b"]`)).makePlan().
		refused(messagestest.Summary(messages.FoundOtherServer), `"memory"`, `"other"`)
	tf.Write(clientHCL("web", `server_id = "memory"`, `default = ["b"]`)).makePlan().refused(messagestest.Summary(messages.SupportDefaults), "- b")
	tf.Write(clientHCL("web", `server_id = "memory"`, `default = []`, `optional = ["b"]`)).apply().ok().gave()
	m.Caps.ClientScopes, m.Caps.ProviderBlock = false, "ocariot"
	tf = newTerraform(t, m, nil)
	tf.Write(clientHCL("web", `server_id = "memory"`)).makePlan().refused("Scopes of clients cannot be managed on this server", "its six user types")
	tf.Write(`data "authscopes_client_scopes" "c" { client_id = "web" }`).makePlan().refused("Scopes of clients cannot be read from this server")
}

func TestClientScopesHalfDone(t *testing.T) {
	m, tf := clientTerraform(t)
	stopAt := func(call string) {
		m.Fail(func(c string) error {
			if c == call {
				return authz.Errorf(authz.Unavailable, c, "the connection broke")
			}
			return nil
		})
	}
	config := clientHCL("web", `default = ["a", "b"]`, `optional = ["c"]`)
	stopAt("ChangeClientScopes web: default b")
	tf.Write(config).apply().refused(messagestest.Summary(messages.FailedWriteClient), "the connection broke")
	same(t, "half-done", clientHas(t, m, "web"), "a profile | email")
	if s := tf.state(clientAddress); s != nil {
		t.Errorf("the state holds %v", s)
	}
	m.Fail(nil)
	tf.applied(config)

	stopAt("ChangeClientScopes web: optional e")
	changed := clientHCL("web", `default = ["a", "d"]`, `optional = ["b", "e"]`)
	tf.Write(changed).apply().refused("the connection broke").gave("web: none c", "web: default d", "web: optional b", "web: optional e")
	m.Fail(nil)
	same(t, "half-done", clientHas(t, m, "web"), "a d profile | b email")
	state := tf.state(clientAddress)
	same(t, "state", fmt.Sprint(state["default"], state["optional"]), "[a d] [b]")
	tf.makePlan().ok().changes(clientAddress + ` ~ optional = ["b"] -> ["b","e"]`)
	tf.applyPlan().ok().gave("web: optional e")
	tf.settled()
}

// The state is dropped only if the server itself reports that the client does not exist.
func TestClientScopesErrors(t *testing.T) {
	m, tf := clientTerraform(t)
	config := clientHCL("web", `optional = ["a"]`)
	tf.applied(config)
	for kind, words := range map[authz.Kind]string{
		authz.Unavailable: "Nothing was removed from state", authz.ParentNotFound: "Check url and server_id",
		authz.Denied: "they lack a right", authz.Invalid: "Correct the value that the error below names",
		authz.Unsupported: "does not support this operation", authz.Conflict: "Otherwise plan again",
	} {
		m.Fail(func(call string) error {
			if call != readWeb {
				return nil
			}
			return &authz.Error{Kind: kind, Op: call, Err: errors.New("original text")}
		})
		tf.makePlan().refused(messagestest.Summary(messages.FailedReadClient), words, "original text")
		tf.run("apply", "-refresh-only", "-auto-approve").refused("original text")
		if tf.state(clientAddress) == nil {
			t.Fatalf("%s dropped the state", kind)
		}
	}
	m.Fail(nil)
	m.RemoveClient(memRealm, "web")
	tf.makePlan().ok().changes(clientAddress + " [create]")
	tf.applyPlan().refused(messagestest.Summary(messages.FoundNoClient))
	m.SetClient(memRealm, "web", nil, nil)
	tf.applied(config)
	m.RemoveClient(memRealm, "web")
	tf.run("destroy", "-auto-approve").ok().gave()
	tf.run("destroy", "-auto-approve", "-refresh=false").ok()
}

// A client that goes away between the refresh and the delete is done.
func TestClientScopesGoneAtDestroy(t *testing.T) {
	m, tf := clientTerraform(t)
	tf.applied(clientHCL("web", `optional = ["a"]`))
	m.RemoveClient(memRealm, "web")
	tf.run("destroy", "-auto-approve", "-refresh=false").ok().gave()
	if s := tf.state(clientAddress); s != nil {
		t.Errorf("the state holds %v", s)
	}
}

func TestClientScopesKeepAndReadOnly(t *testing.T) {
	m, tf := clientTerraform(t)
	readOnly := "provider \"authscopes\" {\n  keycloak = {}\n  read_only = true\n}\n"
	tf.Write(readOnly+clientHCL("web", `optional = ["a"]`)).apply().refused("read_only = true", "No request was sent").gave()
	tf.applied(clientHCL("web", `optional = ["a"]`))
	tf.Write(readOnly + clientHCL("web", `optional = ["a"]`, `on_destroy = "keep"`)).apply().ok().gave()
	tf.run("destroy", "-auto-approve").ok().quiet().gave()
	same(t, "kept", clientHas(t, m, "web"), "profile | a email")
}

func TestClientScopesReplace(t *testing.T) {
	t.Parallel()
	for _, cbd := range []bool{false, true} {
		t.Run(fmt.Sprintf("create_before_destroy %t", cbd), func(t *testing.T) {
			m, tf := clientTerraform(t)
			lifecycle := fmt.Sprintf("lifecycle {\n    create_before_destroy = %t\n  }", cbd)
			tf.applied(clientHCL("web", `default = ["a"]`, `optional = ["b"]`, lifecycle))
			tf.makePlan("-replace=" + clientAddress).ok()
			tf.applyPlan().ok()
			same(t, "replaced", clientHas(t, m, "web"), "a profile | b email")
			tf.settled()
			// Another client is another resource; the one left behind loses what it had.
			m.SetClient(memRealm, "app", []string{"b"}, nil)
			tf.Write(clientHCL("app", `default = ["b"]`, lifecycle)).makePlan().ok().warned(`Client "web" in Memory realm "memory": 2 scopes will be unassigned (a, b)`, "client_id changes", "  - a\n  - b")
			tf.applyPlan().ok().gave("web: none a", "web: none b")
			same(t, "left behind", clientHas(t, m, "web"), "profile | email")
			tf.settled()
		})
	}
}

// Clients that move from one resource to another: one unassigns the scopes that the other assigns
// at the same time, so that the plan rejects it.
func TestClientScopesShifted(t *testing.T) {
	t.Parallel()
	config := func(lifecycle string, clients ...string) string {
		return fmt.Sprintf("resource \"authscopes_client_scopes\" \"c\" {\n  count = %d\n  client_id = [%s][count.index]\n  optional = [\"a\"]\n  %s\n}\n",
			len(clients), tftest.QuotedHCL(clients...), lifecycle)
	}
	for name, lifecycle := range map[string]string{"destroyed first": "", "created first": "lifecycle {\n    create_before_destroy = true\n  }"} {
		t.Run(name, func(t *testing.T) {
			m, tf := clientTerraform(t)
			m.SetClient(memRealm, "app", nil, nil)
			m.SetClient(memRealm, "new", nil, nil)
			tf.applied(config(lifecycle, "web", "app"))
			for _, clients := range [][]string{{"new", "web", "app"}, {"app", "web"}} {
				tf.Write(config(lifecycle, clients...)).makePlan().failed(messagestest.Summary(check.ConflictRemovedAndKept)).gave()
			}
		})
	}
}

// Scopes that the globs excluded at one client have no meaning for another client.
func TestClientScopesOtherClient(t *testing.T) {
	m, tf := clientTerraform(t)
	m.SetClient(memRealm, "web", []string{"c"}, nil)
	m.SetClient(memRealm, "app", []string{"c"}, nil)
	tf.applied(clientHCL("web", `default = ["a"]`, `ignore = ["c"]`))
	o := tf.Write(clientHCL("app", `default = ["a"]`)).makePlan().ok().
		warned(`Client "app" in Memory realm "memory": 1 scope unassigned, 1 assigned`, "  - c").
		warned(`Client "web" in Memory realm "memory": 1 scope will be unassigned (a)`)
	same(t, "warnings", len(o.Severity("warning")), 2)
	tf.applyPlan().ok().gave("web: none a", "app: none c", "app: default a")
}

// Scopes that the same run makes, renames and deletes.
func TestClientScopesOfOneRun(t *testing.T) {
	m, tf := clientTerraform(t)
	const refer = `[for n in ["one", "two"] : authscopes_server_scopes.s.names[n]]`
	set := func(scopes string) string {
		return setHCL(scopes, `ignore = ["a", "b", "c", "d", "e"]`)
	}
	tf.applied(set(`{ one = "", two = "" }`) + clientHCL("web", "default = "+refer))
	same(t, "made", clientHas(t, m, "web"), "one profile two | email")
	tf.applied(set(`{ one = "" }`) + clientHCL("web", `optional = [authscopes_server_scopes.s.names.one]`))
	same(t, "deleted", clientHas(t, m, "web"), "profile | email one")

	m.SetClient(memRealm, "web", []string{"a"}, nil)
	single := func(name string) string {
		return singleHCL(name, "") + clientHCL("web", `default = [authscopes_server_scope.one.name]`)
	}
	tf.Write(single(`"old"`)).apply().ok()
	tf.Write(single(`"new"`)).apply().ok().gave() // it keeps what it had, by another name
	same(t, "renamed", clientHas(t, m, "web"), "new | ")
	tf.settled()
}

// One reading of a client serves all who ask in a walk.
func TestClientScopesReadings(t *testing.T) {
	m, tf := clientTerraform(t)
	config := clientHCL("web", `default = ["a"]`) + `
		data "authscopes_client_scopes" "one" { client_id = "web" }
		data "authscopes_client_scopes" "two" { client_id = "web" }
	`
	readings := func(o *memOutcome) (n int) {
		for _, c := range o.calls {
			if c == readWeb {
				n++
			}
		}
		return n
	}
	tf.Write(config).apply().ok()
	o := tf.run("plan").ok()
	same(t, "readings of a plan", readings(o), 1)
	same(t, "snapshots of a plan", memLists(o.calls), 1)
	m.SetClient(memRealm, "web", nil, nil)
	o = tf.apply().ok()
	if n := readings(o); n > 3 {
		t.Errorf("%d readings of a plan and an apply", n)
	}
}

func TestClientScopesDataSource(t *testing.T) {
	m, tf := clientTerraform(t)
	m.SetClient(memRealm, "web", []string{"profile", "b", "a"}, []string{"c"})
	tf.Write(`
		data "authscopes_client_scopes" "c" { client_id = "web" }
		output "has" { value = join(" ", concat(tolist(data.authscopes_client_scopes.c.default), ["|"], tolist(data.authscopes_client_scopes.c.optional))) }
		output "at" { value = data.authscopes_client_scopes.c.server_id }
	`)
	outputs := tf.makePlan().ok().quiet().plan.PlannedValues.Outputs
	same(t, "outputs", fmt.Sprint(outputs["has"].Value, ", ", outputs["at"].Value), "a b profile | c, memory")
	tf.Write(`data "authscopes_client_scopes" "c" { client_id = "wob" }`).makePlan().refused(messagestest.Summary(messages.FoundNoClient))
	m.Fail(func(string) error { return authz.Errorf(authz.Denied, "read", "no right to view clients") })
	tf.Write(`data "authscopes_client_scopes" "c" { client_id = "web" }`).makePlan().
		refused(messagestest.Summary(messages.FailedReadClient), "no right to view clients")
	m.Fail(nil)
	tf.Write("provider \"authscopes\" {\n  keycloak = { url = terraform_data.u.output }\n}\n"+
		"resource \"terraform_data\" \"u\" { input = \"https://sso.example.com\" }\n"+
		`data "authscopes_client_scopes" "c" { client_id = "web" }`).makePlan().refused("keycloak.url", "unknown until apply", "-target")
}

// A plan reports the open scopes that it assigns, and those of the client that were
// limited when they were last applied.
func TestMemoryClientOpenScopes(t *testing.T) {
	m, tf := clientTerraform(t)
	memEdit(m, "b", func(s *authz.Scope) { s.Settings.Access = authz.AccessEveryone })
	memEdit(m, "c", openScope)
	memEdit(m, "d", func(s *authz.Scope) {
		s.Settings.Access, s.LastAppliedAccess = authz.AccessEveryone, authz.AccessEveryone
	})
	tf.Write(clientHCL("web", `optional = ["a", "b", "c", "d"]`)).makePlan().
		warned(`Client "web"`, "1 open scope assigned (c)").warned(`Client "web"`, "1 scope limited before assignment (b)")
	tf.apply().ok()
	tf.makePlan().warned("1 limited scope opened outside Terraform (b)")
}
