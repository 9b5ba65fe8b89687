package provider

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/serverscopes"
)

// communityState is a state as the community provider 5.9.0 writes it.
func communityState(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile("testdata/community.tfstate")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// communityScopes are the attributes in it, by name of the resource.
func communityScopes(t *testing.T) map[string]map[string]any {
	t.Helper()
	var state struct {
		Resources []struct {
			Name      string
			Instances []struct{ Attributes map[string]any }
		}
	}
	if err := json.Unmarshal([]byte(communityState(t)), &state); err != nil {
		t.Fatal(err)
	}
	scopes := map[string]map[string]any{}
	for _, r := range state.Resources {
		scopes[r.Name] = r.Instances[0].Attributes
	}
	return scopes
}

// communityServer has the scopes of that state, as the community provider makes
// them: without a guard.
func communityServer(t *testing.T) *drivertest.Memory {
	t.Helper()
	m := newMemory()
	scopes := communityScopes(t)
	add := func(name string, change ...func(*authz.Scope)) {
		is := scopes[name]
		m.AddScope(memRealm, scopeOf(is["name"].(string), append([]func(*authz.Scope){unguardedScope, func(s *authz.Scope) {
			s.ID, s.Description, s.Settings.DisplayOnConsentScreen = is["id"].(string), is["description"].(string), false
		}}, change...)...))
	}
	add("missions_create", mappedTo("educator"))
	add("missions_read", mappedTo("child", "educator"), func(s *authz.Scope) {
		s.Settings.DisplayOnConsentScreen, s.Settings.ConsentScreenText, s.Settings.GUIOrder = true, "See your missions", "1"
	})
	add("tenant", openScope, func(s *authz.Scope) { s.Settings.IncludeInTokenScope = false })
	return m
}

// move moves one resource, as Terraform asks for it: without a configuration.
func (s *memServer) move(address, typ string, version int64, attributes map[string]any) *tfprotov6.MoveResourceStateResponse {
	s.t.Helper()
	raw, err := json.Marshal(attributes)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := s.s.MoveResourceState(context.Background(), &tfprotov6.MoveResourceStateRequest{
		SourceProviderAddress: address, SourceTypeName: typ, SourceSchemaVersion: version, SourceState: &tfprotov6.RawState{JSON: raw},
		SourcePrivate: []byte("null"), TargetTypeName: "authscopes_server_scope",
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return resp
}

const (
	communityScopeType = "keycloak_openid_client_scope"
	communityAddress   = "registry.terraform.io/keycloak/keycloak"
	scopeType          = "authscopes_server_scope"
)

func (s *memServer) state(d *tfprotov6.DynamicValue) map[string]tftypes.Value {
	s.t.Helper()
	v, err := d.Unmarshal(s.schemas.ResourceSchemas[scopeType].ValueType())
	attributes := map[string]tftypes.Value{}
	if err != nil || v.As(&attributes) != nil {
		s.t.Fatal(err)
	}
	return attributes
}

// A moved scope has its settings at once, and after a read it is exactly what an
// import of it is.
func TestMoveState(t *testing.T) {
	t.Parallel()
	s := newMemServer(t, communityServer(t))
	for name, attributes := range communityScopes(t) {
		for _, address := range []string{
			communityAddress, "registry.terraform.io/mrparkers/keycloak", "registry.opentofu.org/keycloak/keycloak",
			"registry.opentofu.org/mrparkers/keycloak", "keycloak",
		} {
			moved := s.move(address, communityScopeType, 0, attributes)
			if len(moved.Diagnostics) > 0 {
				t.Fatal(name, address, moved.Diagnostics[0])
			}
			same(t, "identity", s.texts(s.identities.IdentitySchemas[scopeType].ValueType(), moved.TargetIdentity),
				map[string]string{"name": attributes["name"].(string), "server_id": memRealm})
			read, err := s.s.ReadResource(context.Background(),
				&tfprotov6.ReadResourceRequest{TypeName: scopeType, CurrentState: moved.TargetState, Private: moved.TargetPrivate})
			if err != nil || len(read.Diagnostics) > 0 {
				t.Fatal(err, read.Diagnostics)
			}
			imported, err := s.s.ImportResourceState(context.Background(), &tfprotov6.ImportResourceStateRequest{TypeName: scopeType, ID: attributes["name"].(string)})
			if err != nil {
				t.Fatal(err)
			}
			one := imported.ImportedResources[0]
			want, err := s.s.ReadResource(context.Background(), &tfprotov6.ReadResourceRequest{TypeName: scopeType, CurrentState: one.State, Private: one.Private})
			if err != nil {
				t.Fatal(err)
			}
			got, is := s.state(read.NewState), s.state(want.NewState)
			for attribute, v := range is {
				if !got[attribute].Equal(v) {
					t.Errorf("%s: %s is %s, after an import %s", name, attribute, got[attribute], v)
				}
			}
			before := s.state(moved.TargetState)
			for attribute := range before {
				if attribute != "settings" && !before[attribute].Equal(got[attribute]) {
					t.Errorf("%s: the read changed %s from %s to %s", name, attribute, before[attribute], got[attribute])
				}
			}
		}
	}
}

// The settings are set also without a read (-refresh=false), and also for a state of the old
// provider that lacks some.
func TestMoveStateSettings(t *testing.T) {
	t.Parallel()
	s := newMemServer(t, communityServer(t))
	scopes := communityScopes(t)
	old := maps.Clone(scopes["missions_read"])
	for _, attribute := range []string{"extra_config", "include_in_openid_provider_metadata", "gui_order"} {
		delete(old, attribute)
	}
	for _, test := range []struct {
		from map[string]any
		want map[string]string
	}{
		{scopes["missions_read"], map[string]string{
			"display_on_consent_screen": "true", "consent_screen_text": "See your missions", "gui_order": "1",
			"include_in_token_scope": "true", "include_in_openid_provider_metadata": "true",
		}},
		{scopes["tenant"], map[string]string{
			"display_on_consent_screen": "false", "consent_screen_text": "null", "gui_order": "null",
			"include_in_token_scope": "false", "include_in_openid_provider_metadata": "true", "access": "null",
		}},
		{old, map[string]string{"consent_screen_text": "See your missions", "gui_order": "null", "include_in_openid_provider_metadata": "null"}},
	} {
		moved := s.move(communityAddress, communityScopeType, 0, test.from)
		settings := map[string]tftypes.Value{}
		if err := s.state(moved.TargetState)["settings"].As(&settings); err != nil {
			t.Fatal(err)
		}
		for name, want := range test.want {
			if got := settings[name].String(); !strings.HasSuffix(got, "<"+want+">") && !strings.HasSuffix(got, "<\""+want+"\">") {
				t.Errorf("%s: %s is %s, want %s", test.from["name"], name, got, want)
			}
		}
	}
}

func TestMoveStateRefused(t *testing.T) {
	t.Parallel()
	s := newMemServer(t, communityServer(t))
	scope := communityScopes(t)["tenant"]
	without := func(attribute string) map[string]any {
		is := maps.Clone(scope)
		delete(is, attribute)
		return is
	}
	odd := maps.Clone(scope)
	odd["gui_order"] = "first"
	for _, test := range []struct {
		name, address, typ string
		version            int64
		from               map[string]any
		words              []string
	}{
		{"another type", communityAddress, "keycloak_role", 0, scope, []string{"accepts keycloak_openid_client_scope", "the source is keycloak_role"}},
		{
			"another provider", "registry.terraform.io/acme/keycloak", communityScopeType, 0, scope,
			[]string{"registry.terraform.io/acme/keycloak", "- registry.opentofu.org/mrparkers/keycloak"},
		},
		{"a newer version", communityAddress, communityScopeType, 1, scope, []string{"schema version 1, and the supported version is 0"}},
		{"no realm", communityAddress, communityScopeType, 0, without("realm_id"), []string{"cannot be read", "realm_id"}},
		{"no id", communityAddress, communityScopeType, 0, without("id"), []string{"cannot be read", "realm_id"}},
		{"another shape", communityAddress, communityScopeType, 0, odd, []string{"cannot be read"}},
	} {
		resp := s.move(test.address, test.typ, test.version, test.from)
		if len(resp.Diagnostics) != 1 || resp.TargetState != nil {
			t.Errorf("%s: %v", test.name, resp)
			continue
		}
		for _, words := range append(test.words, "Nothing was changed", "removed {") {
			if d := resp.Diagnostics[0]; !strings.Contains(d.Detail, words) {
				t.Errorf("%s: no %q in %q", test.name, words, d.Detail)
			}
		}
	}
}

// stub stands in for the community provider, which Terraform asks for its schema
// and for nothing else.
type stub struct{}

func (stub) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "keycloak"
}
func (stub) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse)          {}
func (stub) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {}
func (stub) DataSources(context.Context) []func() datasource.DataSource                        { return nil }

func (stub) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{func() resource.Resource { return stubScope{} }}
}

type stubScope struct{}

func (stubScope) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = communityScopeType
}

func (stubScope) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	scope, _ := serverscopes.NewServerScopeResource().(resource.ResourceWithMoveState)
	resp.Schema = *scope.MoveState(ctx)[0].SourceSchema
}
func (stubScope) Create(context.Context, resource.CreateRequest, *resource.CreateResponse) {}
func (stubScope) Read(context.Context, resource.ReadRequest, *resource.ReadResponse)       {}
func (stubScope) Update(context.Context, resource.UpdateRequest, *resource.UpdateResponse) {}
func (stubScope) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

// communityTerraform has that state.
func communityTerraform(t *testing.T, m *drivertest.Memory) *terraform {
	t.Helper()
	t.Parallel()
	tf := terraformOver(t, map[string]func() tfprotov6.ProviderServer{
		"hashicorp/authscopes": memoryProvider(m, nil), "keycloak/keycloak": providerserver.NewProtocol6(stub{}),
	})
	tf.m = m
	state := strings.ReplaceAll(communityState(t), "registry.terraform.io", registry())
	if err := os.WriteFile(filepath.Join(tf.dir, "terraform.tfstate"), []byte(state), 0o600); err != nil {
		t.Fatal(err)
	}
	return tf
}

// movedHCL moves all three, with the configuration of the community provider and the access that
// each one must have.
func movedHCL(unguarded, tenant, more string) string {
	hcl := `
		terraform {
		  required_providers { keycloak = { source = "keycloak/keycloak" } }
		}
		resource "authscopes_server_scope" "missions_create" {
		  name = "missions:create"
		  settings = {
		    display_on_consent_screen = false` + unguarded + `
		  }` + more + `
		}
		resource "authscopes_server_scope" "missions_read" {
		  name        = "missions:read"
		  description = "Read missions"
		  settings = {
		    consent_screen_text = "See your missions"
		    gui_order           = "1"` + unguarded + `
		  }` + more + `
		}
		resource "authscopes_server_scope" "tenant" {
		  name        = "tenant"
		  description = "The tenant claim"
		  settings = {
		    display_on_consent_screen = false
		    include_in_token_scope    = false` + tenant + `
		  }` + more + `
		}
	`
	for _, name := range []string{"missions_create", "missions_read", "tenant"} {
		hcl += "moved {\n  from = keycloak_openid_client_scope." + name + "\n  to = authscopes_server_scope." + name + "\n}\n"
	}
	return hcl
}

const (
	sayUnguarded = "\n access = \"unguarded\""
	sayEveryone  = "\n access = \"everyone\""
)

func TestMemoryMoved(t *testing.T) {
	m := communityServer(t)
	tf := communityTerraform(t, m)
	tf.Write(movedHCL("", "", "")).makePlan().refused(messagestest.Summary(check.AccessUndecided), "- tenant", `access = "everyone"`)
	tf.Write(movedHCL("", sayEveryone, "")).makePlan().ok().changes(
		`authscopes_server_scope.missions_create ~ settings.access = "unguarded" -> "user_types"`,
		`authscopes_server_scope.missions_read ~ settings.access = "unguarded" -> "user_types"`,
	)
	o := tf.Write(movedHCL(sayUnguarded, sayEveryone, "")).makePlan().ok().changes()
	from := 0
	for _, r := range o.plan.ResourceChanges {
		if strings.HasPrefix(r.PreviousAddress, communityScopeType+".") {
			from++
		}
	}
	same(t, "moved", from, 3)
	tf.applyPlan().ok().wrote()
	tf.settled()
	same(t, "id", tf.state("authscopes_server_scope.tenant")["id"].(string), communityScopes(t)["tenant"]["id"].(string))
	tf.Write(movedHCL("", sayEveryone, "")).apply().ok().wrote("UpdateScope missions:create", "UpdateScope missions:read")
	tf.settled()
}

// The realm that a scope comes from is the one that counts, also when it cannot
// be read with what the provider logs in to.
func TestMemoryMovedFromAnotherRealm(t *testing.T) {
	m := communityServer(t)
	m.AddServer("other")
	tf := communityTerraform(t, m)
	other := "\n server_id = \"other\""
	words := []string{
		messagestest.Summary(messages.FoundMovedElsewhere), `Memory realm "memory"`,
		`Memory realm "other"`, `server_id = "memory"`, "Nothing was changed",
	}
	errs := tf.Write(movedHCL(sayUnguarded, sayEveryone, other)).makePlan().Severity("error")
	if len(errs) != 3 || !errs[0].HoldsAll(words) {
		t.Errorf("errors: %s", showAll(errs))
	}
	tf.Write(movedHCL(sayUnguarded, sayEveryone, "\n server_id = \"memory\"")).makePlan().ok().changes()

	gone := strings.ReplaceAll(tf.file("terraform.tfstate"), `"realm_id": "memory"`, `"realm_id": "gone"`)
	if err := os.WriteFile(filepath.Join(tf.dir, "terraform.tfstate"), []byte(gone), 0o600); err != nil {
		t.Fatal(err)
	}
	errs = tf.Write(movedHCL(sayUnguarded, sayEveryone, "")).makePlan().Severity("error")
	if len(errs) != 3 || !errs[0].HoldsAll([]string{messagestest.Summary(messages.FoundMovedElsewhere), `Memory realm "gone"`}) {
		t.Errorf("errors: %s", showAll(errs))
	}
	errs = tf.Write(movedHCL(sayUnguarded, sayEveryone, "\n server_id = \"gone\"")).makePlan().Severity("error")
	if len(errs) == 0 || !errs[0].HoldsAll([]string{messagestest.Summary(messages.FailedRead), "Memory realm \"gone\""}) {
		t.Errorf("errors: %s", showAll(errs))
	}
}

func (tf *terraform) file(name string) string {
	tf.t.Helper()
	raw, err := os.ReadFile(filepath.Join(tf.dir, name))
	if err != nil {
		tf.t.Fatal(err)
	}
	return string(raw)
}
