package provider

import (
	"errors"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// remove deletes a scope.
func remove(name string) func(*authz.Snapshot) {
	return func(l *authz.Snapshot) {
		kept := l.Scopes[:0]
		for _, s := range l.Scopes {
			if s.Name != name {
				kept = append(kept, s)
			}
		}
		l.Scopes = kept
	}
}

// `terraform plan -minimal-refresh` plans a changed resource, reads it and plans it again in
// one process, both times with the private state of the state. The resource must not
// conflict with itself.
func TestProtocolPlannedTwice(t *testing.T) {
	m := newClients()
	m.AddUserType(memRealm, authz.UserType{Name: "child"})
	memEdit(m, "a", mappedTo("child"))
	m.SetClient(memRealm, "web", []string{"b"}, []string{"c"})
	for resourceType, id := range map[string]map[string]string{
		"authscopes_server_scopes": nil, "authscopes_server_grants": nil, "authscopes_server_scope": {"name": "a"},
		"authscopes_user_type_scopes": {"user_type": "child"}, "authscopes_client_scopes": {"client_id": "web"},
	} {
		before := newMemServer(t, m)
		imported := before.importByIdentity(resourceType, id)
		first := before.read(resourceType, imported.State, imported.Private)
		// A provider that was killed in an update leaves no private state.
		for _, private := range [][]byte{first.Private, nil} {
			s := newMemServer(t, m)
			s.planKeep(resourceType, first.NewState, private)
			again := s.read(resourceType, first.NewState, private)
			s.planKeep(resourceType, again.NewState, private)
		}
	}
}

func (s *memServer) read(resourceType string, state *tfprotov6.DynamicValue, private []byte) *tfprotov6.ReadResourceResponse {
	s.t.Helper()
	resp, err := s.s.ReadResource(s.t.Context(), &tfprotov6.ReadResourceRequest{TypeName: resourceType, CurrentState: state, Private: private})
	if err != nil || len(resp.Diagnostics) > 0 {
		s.t.Fatal(resourceType, err, resp)
	}
	return resp
}

// planKeep plans on_destroy = "keep" for a resource with this state.
func (s *memServer) planKeep(resourceType string, state *tfprotov6.DynamicValue, private []byte) {
	s.t.Helper()
	schema := s.schemas.ResourceSchemas[resourceType]
	prior, err := state.Unmarshal(schema.ValueType())
	if err != nil {
		s.t.Fatal(err)
	}
	var proposed, config map[string]tftypes.Value
	if err := errors.Join(prior.As(&proposed), prior.As(&config)); err != nil {
		s.t.Fatal(err)
	}
	proposed["on_destroy"] = tftypes.NewValue(tftypes.String, "keep")
	config["on_destroy"] = proposed["on_destroy"]
	for _, a := range schema.Block.Attributes {
		if a.Computed && !a.Optional {
			config[a.Name] = tftypes.NewValue(config[a.Name].Type(), nil)
		}
	}
	resp, err := s.s.PlanResourceChange(s.t.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: resourceType, PriorState: state, PriorPrivate: private,
		Config:           s.dynamic(schema.ValueType(), tftypes.NewValue(schema.ValueType(), config)),
		ProposedNewState: s.dynamic(schema.ValueType(), tftypes.NewValue(schema.ValueType(), proposed)),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, d := range resp.Diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			s.t.Errorf("%s: %s\n%s", resourceType, d.Summary, d.Detail)
		}
	}
}
