package provider

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes/tftypestest"
)

// listOf is a list of globs, for a block.
func listOf(globs ...string) []tftypes.Value {
	var values []tftypes.Value
	for _, g := range globs {
		values = append(values, tftypes.NewValue(tftypes.String, g))
	}
	return values
}

// memFound is what a list block finds.
type memFound struct {
	names    []string
	ids      []map[string]string
	states   []map[string]tftypes.Value
	warnings []string
	errors   []string
}

// find runs a list block, as Terraform 1.14 and newer does.
func (s *memServer) find(typ string, config block, limit int64, states bool) (f memFound) {
	s.t.Helper()
	lister, ok := s.s.(tfprotov6.ListResourceServer)
	if !ok {
		s.t.Fatal("the provider has no list resources")
	}
	schema := s.schemas.ListResourceSchemas[typ].ValueType()
	said := s.dynamic(schema, tftypestest.Value(schema, config))
	valid, err := lister.ValidateListResourceConfig(context.Background(), &tfprotov6.ValidateListResourceConfigRequest{TypeName: typ, Config: said})
	if err != nil {
		s.t.Fatal(err)
	}
	take := func(diags []*tfprotov6.Diagnostic) (failed bool) {
		for _, d := range diags {
			text := d.Summary + "\n" + d.Detail
			if d.Severity == tfprotov6.DiagnosticSeverityError {
				f.errors = append(f.errors, text)
				continue
			}
			f.warnings = append(f.warnings, text)
		}
		return len(f.errors) > 0
	}
	if take(valid.Diagnostics) {
		return f
	}
	stream, err := lister.ListResource(context.Background(), &tfprotov6.ListResourceRequest{TypeName: typ, Config: said, Limit: limit, IncludeResource: states})
	if err != nil {
		s.t.Fatal(err)
	}
	for r := range stream.Results {
		if take(r.Diagnostics) || r.Identity == nil {
			continue
		}
		f.names = append(f.names, r.DisplayName)
		f.ids = append(f.ids, s.texts(s.identities.IdentitySchemas[typ].ValueType(), r.Identity))
		if (r.Resource != nil) != states {
			s.t.Errorf("%s: a resource came: %v, asked for: %v", r.DisplayName, r.Resource != nil, states)
		}
		if states {
			v, err := r.Resource.Unmarshal(s.schemas.ResourceSchemas[typ].ValueType())
			attributes := map[string]tftypes.Value{}
			if err != nil || v.As(&attributes) != nil {
				s.t.Fatal(err)
			}
			f.states = append(f.states, attributes)
		}
	}
	return f
}

// listMemory is a server with something for every list resource.
func listMemory() *drivertest.Memory {
	m := newClients()
	m.AddUserType(memRealm, authz.UserType{Name: "chief", Contains: []string{"child"}})
	m.AddUserType(memRealm, authz.UserType{Name: "all", Everyone: true})
	m.AddUserType(memRealm, authz.UserType{Name: "idle"})
	memEdit(m, "a", func(s *authz.Scope) { s.UserTypes = []string{"all", "chief", "educator"} })
	memEdit(m, "b", func(s *authz.Scope) { s.UserTypes = []string{"educator"} })
	memEdit(m, "c", openScope)
	memEdit(m, "d", func(s *authz.Scope) { s.Description, s.Settings.ConsentScreenText = "", "d, please" })
	memEdit(m, "email", func(s *authz.Scope) { s.UserTypes = []string{"idle"} })
	m.SetClient(memRealm, "shop", []string{"a"}, []string{"b", "email"})
	return m
}

func TestProtocolListFilters(t *testing.T) {
	t.Parallel()
	m := listMemory()
	m.AddServer("another")
	m.AddScope("another", scopeOf("there"))
	m.SetClient("another", "web", []string{"there"}, nil)
	s := newMemServer(t, builtInMemory{m})
	const scope, set, userType, client = "authscopes_server_scope", "authscopes_server_scopes", "authscopes_user_type_scopes", "authscopes_client_scopes"
	const grants = "authscopes_server_grants"
	for _, test := range []struct {
		typ  string
		said block
		want string
	}{
		{scope, block{}, "a b c d e"},
		{scope, block{"include": listOf("?"), "exclude": listOf("a", "d*")}, "b c e"},
		{scope, block{"include_built_in": true}, "a b c d e email profile"},
		{scope, block{"include_built_in": true, "include": listOf("*il*")}, "email profile"},
		{scope, block{"server_id": "another"}, "there"},
		{scope, block{"include": listOf("none")}, ""},
		{set, block{}, "memory"},
		{set, block{"server_id": "another"}, "another"},
		{set, block{"include": listOf("*")}, "another memory"},
		{set, block{"exclude": listOf("mem*")}, "another"},
		{grants, block{}, "memory"},
		{grants, block{"include": listOf("*")}, "another memory"},
		{userType, block{}, "chief educator"},
		{userType, block{"include_empty": true}, "chief child educator idle"},
		{userType, block{"include_empty": true, "include": listOf("*h*")}, "chief child"},
		{client, block{}, "shop"},
		{client, block{"include_empty": true}, "shop web"},
		{client, block{"include_empty": true, "exclude": listOf("s*")}, "web"},
		{client, block{"server_id": "another"}, "web"},
	} {
		f := s.find(test.typ, test.said, 100, false)
		if got := strings.Join(f.names, " "); got != test.want || len(f.errors) > 0 {
			t.Errorf("%s %v: %q %v, want %q", test.typ, test.said, got, f.errors, test.want)
		}
	}
}

func TestProtocolListLimit(t *testing.T) {
	t.Parallel()
	m := listMemory()
	s := newMemServer(t, m)
	m.Calls()
	f := s.find("authscopes_server_scope", block{}, 2, true)
	same(t, "names", f.names, []string{"a", "b"})
	same(t, "states", len(f.states), 2)
	if len(f.warnings) != 1 || !strings.Contains(f.warnings[0], "List shows 2 of 5 results") ||
		!strings.Contains(f.warnings[0], "The limit of the list block is reached") {
		t.Errorf("warnings: %q", f.warnings)
	}
	same(t, "warnings at the limit", len(s.find("authscopes_server_scope", block{}, 5, true).warnings), 0)
	s.find("authscopes_user_type_scopes", block{}, 5, true)
	same(t, "listings for all of these", memLists(m.Calls()), 1)
}

// Results are sent one by one: objects beyond the limit are not read.
func TestProtocolListStreams(t *testing.T) {
	t.Parallel()
	m := listMemory()
	m.AddServer("another")
	s := newMemServer(t, m)
	lister := s.s.(tfprotov6.ListResourceServer)
	const typ = "authscopes_server_scopes"
	schema := s.schemas.ListResourceSchemas[typ].ValueType()
	m.Calls()
	stream, err := lister.ListResource(context.Background(), &tfprotov6.ListResourceRequest{
		TypeName: typ, Config: s.dynamic(schema, tftypestest.Value(schema, block{"include": listOf("*")})), Limit: 10, IncludeResource: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	for range stream.Results {
		break
	}
	same(t, "calls", m.Calls(), []string{"ServerIDs", "List"})
}

func TestProtocolListIdentitiesAndStates(t *testing.T) {
	t.Parallel()
	s := newMemServer(t, listMemory())
	text := func(v tftypes.Value) string { return v.String() }
	f := s.find("authscopes_server_scope", block{"include": listOf("d"), "include_built_in": true}, 10, true)
	same(t, "identity", f.ids, []map[string]string{{"server_id": memRealm, "name": "d"}})
	for attribute, want := range map[string]string{
		"name": `tftypes.String<"d">`, "description": `tftypes.String<null>`, "server_id": `tftypes.String<"memory">`,
		"on_destroy": `tftypes.String<"delete">`, "allow_built_in": `tftypes.Bool<null>`,
	} {
		same(t, attribute, text(f.states[0][attribute]), want)
	}
	if got := text(f.states[0]["settings"]); !strings.Contains(got, "d, please") || !strings.Contains(got, "user_types") {
		t.Errorf("settings: %s", got)
	}
	f = s.find("authscopes_server_scope", block{"include": listOf("profile"), "include_built_in": true}, 10, true)
	same(t, "allow_built_in", text(f.states[0]["allow_built_in"]), `tftypes.Bool<"true">`)

	f = s.find("authscopes_user_type_scopes", block{}, 10, true)
	same(t, "identities", f.ids, []map[string]string{
		{"server_id": memRealm, "user_type": "chief", "client_id": ""},
		{"server_id": memRealm, "user_type": "educator", "client_id": ""},
	})
	same(t, "scopes", text(f.states[1]["scopes"]), `tftypes.Set[tftypes.String]<tftypes.String<"a">, tftypes.String<"b">>`)
	same(t, "allow_composite", text(f.states[0]["allow_composite"]), `tftypes.Bool<"true">`)
	same(t, "allow_composite", text(f.states[1]["allow_composite"]), `tftypes.Bool<null>`)
	if len(f.warnings) != 1 || !strings.Contains(f.warnings[0], "of every user omitted (all)") {
		t.Errorf("warnings: %q", f.warnings)
	}
	f = s.find("authscopes_client_scopes", block{}, 10, true)
	same(t, "identity", f.ids, []map[string]string{{"server_id": memRealm, "client_id": "shop"}})
	same(t, "default", text(f.states[0]["default"]), `tftypes.Set[tftypes.String]<tftypes.String<"a">>`)
}

func TestProtocolListNames(t *testing.T) {
	t.Parallel()
	m := listMemory()
	m.AddScope(memRealm, scopeOf("no token"))
	f := newMemServer(t, m).find("authscopes_server_scope", block{}, 10, false)
	same(t, "names", f.names, []string{"a", "b", "c", "d", "e"})
	if len(f.warnings) != 1 || !strings.Contains(f.warnings[0], "with an invalid name omitted (no token)") {
		t.Errorf("warnings: %q", f.warnings)
	}
}

// If user types cannot be read back, the list reports it.
func TestProtocolListWithoutReadback(t *testing.T) {
	t.Parallel()
	m := listMemory()
	m.Caps.UserTypeDrift = false
	f := newMemServer(t, m).find("authscopes_user_type_scopes", block{"include": listOf("child"), "include_empty": true}, 10, false)
	same(t, "names", f.names, []string{"child"})
	if len(f.warnings) != 1 || !strings.Contains(f.warnings[0], "the scopes of a user type cannot be read from Memory") {
		t.Errorf("warnings: %q", f.warnings)
	}
}

// A server that cannot list its user types still has those that scopes name.
func TestProtocolListUnlistedUserTypes(t *testing.T) {
	t.Parallel()
	m := listMemory()
	m.Change(memRealm, func(l *authz.Snapshot) { l.UserTypes = nil })
	f := newMemServer(t, m).find("authscopes_user_type_scopes", block{}, 10, true)
	same(t, "names", f.names, []string{"all", "chief", "educator"})
}

func TestProtocolListErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, typ string
		said      block
		change    func(*drivertest.Memory)
		words     string
	}{
		{"no scopes", "authscopes_server_scope", nil, func(m *drivertest.Memory) { m.Caps.WriteScopes = false }, "Scopes cannot be managed on this server"},
		{"no sets", "authscopes_server_scopes", nil, func(m *drivertest.Memory) { m.Caps.WriteScopes = false }, "Scopes cannot be managed on this server"},
		{
			"no user types", "authscopes_user_type_scopes", nil, func(m *drivertest.Memory) { m.Caps.UserTypeScopes = false },
			"Scopes of user types cannot be managed on this server",
		},
		{
			"no grants", "authscopes_server_grants", nil, func(m *drivertest.Memory) { m.Caps.UserTypeScopes = false },
			"Scopes of user types cannot be managed on this server",
		},
		{
			"no clients", "authscopes_client_scopes", nil, func(m *drivertest.Memory) { m.Caps.ClientScopes = false },
			"Scopes of clients cannot be managed on this server",
		},
		{"no server id", "authscopes_server_scope", nil, func(m *drivertest.Memory) { m.Caps.ServerIDRequired = true }, "server_id is not set"},
		{"server down", "authscopes_server_scope", nil, down, messagestest.Summary(messages.FailedRead)},
		{"server down", "authscopes_server_scopes", block{"include": listOf("*")}, down, "The objects of Memory could not be listed"},
		{"server down", "authscopes_user_type_scopes", nil, down, messagestest.Summary(messages.FailedRead)},
		{"server down", "authscopes_client_scopes", nil, down, "The clients of Memory realm \"memory\" could not be listed"},
		{"empty glob", "authscopes_client_scopes", block{"include": listOf("")}, func(*drivertest.Memory) {}, "Empty glob"},
	} {
		m := listMemory()
		test.change(m)
		f := newMemServer(t, m).find(test.typ, test.said, 10, true)
		if len(f.errors) != 1 || !strings.Contains(f.errors[0], test.words) || len(f.names) > 0 {
			t.Errorf("%s, %s: %q %q, want one error with %q", test.typ, test.name, f.errors, f.names, test.words)
		}
	}
	// Not before the state of a set is asked for is its server read.
	m := listMemory()
	down(m)
	if f := newMemServer(t, m).find("authscopes_server_scopes", nil, 10, true); len(f.errors) != 1 || !strings.Contains(f.errors[0], "the server is down") {
		t.Errorf("errors: %q", f.errors)
	}
}

func down(m *drivertest.Memory) {
	m.Fail(func(string) error { return errors.New("the server is down") })
}

// A list of user types has the client roles that have a scope.
func TestProtocolListClientRoles(t *testing.T) {
	t.Parallel()
	m := newMemory()
	rolesServer(m)
	memEdit(m, "a", func(s *authz.Scope) { s.UserTypes, s.ClientRoles = []string{"child"}, []string{editor} })
	s := newMemServer(t, m)
	f := s.find("authscopes_user_type_scopes", block{}, 10, true)
	same(t, "names", f.names, []string{"child", editor})
	same(t, "identities", f.ids, []map[string]string{
		{"server_id": memRealm, "user_type": "child", "client_id": ""}, {"server_id": memRealm, "user_type": "editor", "client_id": "app"},
	})
	same(t, "filtered", s.find("authscopes_user_type_scopes", block{"include": listOf("client/app/*")}, 10, false).names, []string{editor})
	f = s.find("authscopes_server_grants", block{}, 10, true)
	if got := f.states[0]["client_roles"].String(); !strings.Contains(got, `"editor"`) || !strings.Contains(got, `"a"`) {
		t.Errorf("client_roles %s", got)
	}
}
