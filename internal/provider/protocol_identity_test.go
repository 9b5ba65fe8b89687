package provider

import (
	"context"
	"maps"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes/tftypestest"
)

// memServer is the configured provider, spoken to as Terraform speaks to it: an
// import by identity and what identities hold, on any version of Terraform.
type memServer struct {
	t          *testing.T
	s          tfprotov6.ProviderServer
	schemas    *tfprotov6.GetProviderSchemaResponse
	identities *tfprotov6.GetResourceIdentitySchemasResponse
}

func newMemServer(t *testing.T, d authz.Driver) *memServer {
	t.Helper()
	ctx := context.Background()
	s := &memServer{t: t, s: memoryProvider(d, nil)()}
	var err error
	if s.schemas, err = s.s.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{}); err != nil {
		t.Fatal(err)
	}
	if s.identities, err = s.s.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{}); err != nil {
		t.Fatal(err)
	}
	typ := s.schemas.Provider.ValueType()
	resp, err := s.s.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{Config: s.dynamic(typ, tftypestest.Value(typ, block{"keycloak": block{}}))})
	if err != nil || len(resp.Diagnostics) > 0 {
		t.Fatal(err, resp)
	}
	return s
}

func (s *memServer) dynamic(typ tftypes.Type, v tftypes.Value) *tfprotov6.DynamicValue {
	s.t.Helper()
	d, err := tfprotov6.NewDynamicValue(typ, v)
	if err != nil {
		s.t.Fatal(err)
	}
	return &d
}

// texts are the attributes of an identity.
func (s *memServer) texts(typ tftypes.Type, d *tfprotov6.ResourceIdentityData) map[string]string {
	s.t.Helper()
	v, err := d.IdentityData.Unmarshal(typ)
	if err != nil {
		s.t.Fatal(err)
	}
	attributes := map[string]tftypes.Value{}
	if err := v.As(&attributes); err != nil {
		s.t.Fatal(err)
	}
	all := map[string]string{}
	for name, a := range attributes {
		var text string
		if err := a.As(&text); err != nil {
			s.t.Fatal(err)
		}
		all[name] = text
	}
	return all
}

// importByIdentity imports one resource. An identity attribute that is not in id
// is null.
func (s *memServer) importByIdentity(resourceType string, id map[string]string) *tfprotov6.ImportedResource {
	s.t.Helper()
	typ := s.identities.IdentitySchemas[resourceType].ValueType()
	attributes := block{}
	for k, v := range id {
		attributes[k] = v
	}
	resp, err := s.s.ImportResourceState(context.Background(), &tfprotov6.ImportResourceStateRequest{
		TypeName: resourceType, Identity: &tfprotov6.ResourceIdentityData{IdentityData: s.dynamic(typ, tftypestest.Value(typ, attributes))},
	})
	if err != nil || len(resp.Diagnostics) > 0 || len(resp.ImportedResources) != 1 {
		s.t.Fatal(resourceType, err, resp)
	}
	return resp.ImportedResources[0]
}

func TestProtocolImportByIdentity(t *testing.T) {
	t.Parallel()
	m := newMemory()
	m.AddScope(memRealm, scopeOf("read:a", mappedTo("educator")))
	s := newMemServer(t, m)
	for _, test := range []struct {
		typ       string
		id, after map[string]string
	}{
		{"authscopes_server_scope", map[string]string{"name": "read:a"}, map[string]string{"server_id": memRealm, "name": "read:a"}},
		{"authscopes_server_scope", map[string]string{"name": "read:a", "server_id": memRealm}, map[string]string{"server_id": memRealm, "name": "read:a"}},
		{"authscopes_server_scopes", nil, map[string]string{"server_id": memRealm}},
		{"authscopes_server_scopes", map[string]string{"server_id": memRealm}, map[string]string{"server_id": memRealm}},
		{"authscopes_server_grants", nil, map[string]string{"server_id": memRealm}},
		{"authscopes_server_grants", map[string]string{"server_id": memRealm}, map[string]string{"server_id": memRealm}},
		{
			"authscopes_user_type_scopes",
			map[string]string{"user_type": "educator"},
			map[string]string{"server_id": memRealm, "user_type": "educator", "client_id": ""},
		},
	} {
		typ := s.identities.IdentitySchemas[test.typ].ValueType()
		ctx := context.Background()
		one := s.importByIdentity(test.typ, test.id)
		if got := s.texts(typ, one.Identity); !maps.Equal(got, test.after) {
			t.Errorf("import of %s %v: identity %v, want %v", test.typ, test.id, got, test.after)
		}
		read, err := s.s.ReadResource(ctx, &tfprotov6.ReadResourceRequest{TypeName: test.typ, CurrentState: one.State, Private: one.Private})
		if err != nil || len(read.Diagnostics) > 0 {
			t.Fatal(test.typ, err, read.Diagnostics)
		}
		if got := s.texts(typ, read.NewIdentity); !maps.Equal(got, test.after) {
			t.Errorf("read of %s: identity %v, want %v", test.typ, got, test.after)
		}
	}
}

// A scope renamed by hand has another identity, and one that is gone still has
// its own: without it Terraform refuses to drop the state.
func TestProtocolIdentityOfReads(t *testing.T) {
	t.Parallel()
	const scope = "authscopes_server_scope"
	m := newMemory()
	m.AddScope(memRealm, scopeOf("read:a"))
	begin := newMemServer(t, m)
	imported, err := begin.s.ImportResourceState(context.Background(), &tfprotov6.ImportResourceStateRequest{TypeName: scope, ID: "read:a"})
	if err != nil || len(imported.Diagnostics) > 0 {
		t.Fatal(err, imported.Diagnostics)
	}
	first, err := begin.s.ReadResource(context.Background(), &tfprotov6.ReadResourceRequest{TypeName: scope, CurrentState: imported.ImportedResources[0].State})
	if err != nil || len(first.Diagnostics) > 0 {
		t.Fatal(err, first.Diagnostics)
	}
	for _, change := range []struct {
		how  func(*authz.Snapshot)
		name string
	}{
		{func(l *authz.Snapshot) {
			s, _ := l.Scope("read:a")
			l.Remove("read:a")
			s.Name = "by:hand"
			l.Put(s)
		}, "by:hand"},
		{func(l *authz.Snapshot) { l.Remove("by:hand") }, "read:a"},
	} {
		m.Change(memRealm, change.how)
		s := newMemServer(t, m)
		resp, err := s.s.ReadResource(context.Background(), &tfprotov6.ReadResourceRequest{TypeName: scope, CurrentState: first.NewState, Private: first.Private})
		if err != nil || len(resp.Diagnostics) > 0 {
			t.Fatal(err, resp.Diagnostics)
		}
		if got := s.texts(s.identities.IdentitySchemas[scope].ValueType(), resp.NewIdentity); got["name"] != change.name {
			t.Errorf("the identity is %v, want %s", got, change.name)
		}
	}
}

// An ID can be empty because of a variable: the error states that, and does not blame the
// provider.
func TestProtocolImportByEmptyID(t *testing.T) {
	t.Parallel()
	s := newMemServer(t, newMemory())
	for typ, want := range map[string]string{
		"authscopes_server_scope": messagestest.Summary(messages.InputImportID), "authscopes_user_type_scopes": messagestest.Summary(messages.InputImportID),
		"authscopes_client_scopes": messagestest.Summary(messages.InputImportID), "authscopes_server_scopes": "",
		"authscopes_server_grants": "", // the provider's own server
	} {
		resp, err := s.s.ImportResourceState(context.Background(), &tfprotov6.ImportResourceStateRequest{TypeName: typ})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, d := range resp.Diagnostics {
			got += d.Summary
		}
		if got != want {
			t.Errorf("%s: %q, want %q", typ, got, want)
		}
	}
}

// An import by the identity of another server reads the scope of that server.
func TestProtocolImportFromAnotherServer(t *testing.T) {
	t.Parallel()
	m := newMemory()
	m.AddScope(memRealm, scopeOf("a"))
	m.AddServer("other")
	m.AddScope("other", scopeOf("a", func(s *authz.Scope) { s.Description = "of the other server" }))
	const scope = "authscopes_server_scope"
	s := newMemServer(t, m)
	identity := map[string]string{"server_id": "other", "name": "a"}
	imported := s.importByIdentity(scope, identity)
	read := s.read(scope, imported.State, imported.Private)
	if got := s.texts(s.identities.IdentitySchemas[scope].ValueType(), read.NewIdentity); !maps.Equal(got, identity) {
		t.Errorf("identity %v, want %v", got, identity)
	}
	state := s.state(read.NewState)
	for attribute, want := range map[string]string{"server_id": "other", "name": "a", "description": "of the other server"} {
		var got string
		if err := state[attribute].As(&got); err != nil || got != want {
			t.Errorf("%s is %q, %v, want %q", attribute, got, err, want)
		}
	}
}
