package provider

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

// keycloakProvider stands for keycloak/keycloak: it has the recorded schema of the resources
// that examples use. With a server it creates what quickstart needs on a real Keycloak, and
// without one it stores the configuration alone.
type keycloakProvider struct {
	tfprotov6.ProviderServer // what is not implemented is never called
	t                        *testing.T
	server                   *keycloak.Server
	resources, data          map[string]*tfprotov6.Schema
}

// recordedKeycloakProvider reads the schema.
func recordedKeycloakProvider(t *testing.T, server *keycloak.Server) *keycloakProvider {
	t.Helper()
	raw, err := os.ReadFile("testdata/keycloak_provider_schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct {
		Resources   map[string]map[string]string `json:"resources"`
		DataSources map[string]map[string]string `json:"data_sources"`
	}
	if err := json.Unmarshal(raw, &recorded); err != nil {
		t.Fatal(err)
	}
	schemas := func(all map[string]map[string]string) map[string]*tfprotov6.Schema {
		found := map[string]*tfprotov6.Schema{}
		for name, attributes := range all {
			block := &tfprotov6.SchemaBlock{}
			for _, attribute := range slices.Sorted(maps.Keys(attributes)) {
				block.Attributes = append(block.Attributes, recordedAttribute(attribute, attributes[attribute]))
			}
			found[name] = &tfprotov6.Schema{Block: block}
		}
		return found
	}
	return &keycloakProvider{t: t, server: server, resources: schemas(recorded.Resources), data: schemas(recorded.DataSources)}
}

// recordedAttribute is one attribute, recorded as `set optional computed`.
func recordedAttribute(name, recorded string) *tfprotov6.SchemaAttribute {
	kinds := map[string]tftypes.Type{
		"string": tftypes.String, "bool": tftypes.Bool, "number": tftypes.Number, "map": tftypes.Map{ElementType: tftypes.String},
		"set": tftypes.Set{ElementType: tftypes.String}, "list": tftypes.List{ElementType: tftypes.String},
	}
	words := strings.Fields(recorded)
	has := func(word string) bool { return strings.Contains(recorded, " "+word) }
	return &tfprotov6.SchemaAttribute{
		Name: name, Type: kinds[words[0]], Required: has("required"), Optional: has("optional"), Computed: has("computed"), Sensitive: has("sensitive"),
	}
}

func (p *keycloakProvider) GetMetadata(context.Context, *tfprotov6.GetMetadataRequest) (*tfprotov6.GetMetadataResponse, error) {
	resp := &tfprotov6.GetMetadataResponse{ServerCapabilities: &tfprotov6.ServerCapabilities{}}
	for _, name := range slices.Sorted(maps.Keys(p.resources)) {
		resp.Resources = append(resp.Resources, tfprotov6.ResourceMetadata{TypeName: name})
	}
	for _, name := range slices.Sorted(maps.Keys(p.data)) {
		resp.DataSources = append(resp.DataSources, tfprotov6.DataSourceMetadata{TypeName: name})
	}
	return resp, nil
}

func (p *keycloakProvider) GetProviderSchema(context.Context, *tfprotov6.GetProviderSchemaRequest) (*tfprotov6.GetProviderSchemaResponse, error) {
	return &tfprotov6.GetProviderSchemaResponse{
		Provider: &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{}}, ResourceSchemas: p.resources, DataSourceSchemas: p.data,
	}, nil
}

func (p *keycloakProvider) GetResourceIdentitySchemas(context.Context,
	*tfprotov6.GetResourceIdentitySchemasRequest,
) (*tfprotov6.GetResourceIdentitySchemasResponse, error) {
	return &tfprotov6.GetResourceIdentitySchemasResponse{}, nil
}

func (p *keycloakProvider) ValidateProviderConfig(_ context.Context,
	req *tfprotov6.ValidateProviderConfigRequest,
) (*tfprotov6.ValidateProviderConfigResponse, error) {
	return &tfprotov6.ValidateProviderConfigResponse{PreparedConfig: req.Config}, nil
}

func (p *keycloakProvider) ValidateResourceConfig(context.Context,
	*tfprotov6.ValidateResourceConfigRequest,
) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return &tfprotov6.ValidateResourceConfigResponse{}, nil
}

func (p *keycloakProvider) ValidateDataResourceConfig(context.Context,
	*tfprotov6.ValidateDataResourceConfigRequest,
) (*tfprotov6.ValidateDataResourceConfigResponse, error) {
	return &tfprotov6.ValidateDataResourceConfigResponse{}, nil
}

func (p *keycloakProvider) ConfigureProvider(context.Context, *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	return &tfprotov6.ConfigureProviderResponse{}, nil
}

func (p *keycloakProvider) StopProvider(context.Context, *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	return &tfprotov6.StopProviderResponse{}, nil
}

func (p *keycloakProvider) UpgradeResourceState(_ context.Context,
	req *tfprotov6.UpgradeResourceStateRequest,
) (*tfprotov6.UpgradeResourceStateResponse, error) {
	value, err := req.RawState.Unmarshal(p.resources[req.TypeName].ValueType())
	if err != nil {
		return nil, err
	}
	state, err := tfprotov6.NewDynamicValue(value.Type(), value)
	return &tfprotov6.UpgradeResourceStateResponse{UpgradedState: &state}, err
}

func (p *keycloakProvider) ReadResource(_ context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return &tfprotov6.ReadResourceResponse{NewState: req.CurrentState}, nil
}

// values decodes a value of a resource, without what is unknown.
func (p *keycloakProvider) values(name string, raw *tfprotov6.DynamicValue) (map[string]tftypes.Value, map[string]any, error) {
	value, err := raw.Unmarshal(p.resources[name].ValueType())
	if err != nil || value.IsNull() {
		return nil, nil, err
	}
	all := map[string]tftypes.Value{}
	if err := value.As(&all); err != nil {
		return nil, nil, err
	}
	texts := map[string]any{}
	for name, v := range all {
		var text string
		if v.IsKnown() && !v.IsNull() && v.Type().Is(tftypes.String) && v.As(&text) == nil {
			texts[name] = text
		}
	}
	return all, texts, nil
}

func (p *keycloakProvider) dynamic(name string, all map[string]tftypes.Value) (*tfprotov6.DynamicValue, error) {
	kind := p.resources[name].ValueType()
	raw, err := tfprotov6.NewDynamicValue(kind, tftypes.NewValue(kind, all))
	return &raw, err
}

// PlanResourceChange plans the computed attributes as unknown in a create, and nothing else.
func (p *keycloakProvider) PlanResourceChange(_ context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	prior, _, err := p.values(req.TypeName, req.PriorState)
	if err != nil {
		return nil, err
	}
	all, _, err := p.values(req.TypeName, req.ProposedNewState)
	if err != nil || all == nil {
		return &tfprotov6.PlanResourceChangeResponse{PlannedState: req.ProposedNewState}, err
	}
	for _, a := range p.resources[req.TypeName].Block.Attributes {
		if a.Computed && all[a.Name].IsNull() && prior == nil {
			all[a.Name] = tftypes.NewValue(a.Type, tftypes.UnknownValue)
		}
	}
	planned, err := p.dynamic(req.TypeName, all)
	return &tfprotov6.PlanResourceChangeResponse{PlannedState: planned}, err
}

// ApplyResourceChange creates and deletes.
func (p *keycloakProvider) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	all, texts, err := p.values(req.TypeName, req.PlannedState)
	if err != nil {
		return nil, err
	}
	if all == nil { // the realm is deleted with all that is in it
		_, prior, err := p.values(req.TypeName, req.PriorState)
		if err == nil && req.TypeName == "keycloak_realm" && p.server != nil {
			err = p.server.DeleteRealm(ctx, fmt.Sprint(prior["realm"]))
		}
		return &tfprotov6.ApplyResourceChangeResponse{NewState: req.PlannedState}, err
	}
	id, err := p.create(ctx, req.TypeName, texts)
	if err != nil {
		return nil, err
	}
	for _, a := range p.resources[req.TypeName].Block.Attributes {
		if !all[a.Name].IsKnown() {
			all[a.Name] = tftypes.NewValue(a.Type, nil)
		}
	}
	all["id"] = tftypes.NewValue(tftypes.String, id)
	state, err := p.dynamic(req.TypeName, all)
	return &tfprotov6.ApplyResourceChangeResponse{NewState: state}, err
}

// create creates what quickstart needs, and returns the ID that keycloak/keycloak would store.
func (p *keycloakProvider) create(ctx context.Context, name string, texts map[string]any) (string, error) {
	text := func(attribute string) string { return fmt.Sprint(texts[attribute]) }
	if p.server == nil {
		return name + "-id", nil
	}
	realm := p.server.Realm(text("realm_id"))
	switch name {
	case "keycloak_realm":
		p.server.NewRealmNamed(p.t, text("realm"))
		return text("realm"), nil
	case "keycloak_role":
		return realm.Create(ctx, map[string]any{"name": text("name")}, "roles")
	case "keycloak_openid_client":
		return realm.Create(ctx, map[string]any{"clientId": text("client_id"), "publicClient": true, "redirectUris": []string{"https://shop.example.com/*"}},
			"clients")
	case "keycloak_openid_audience_protocol_mapper":
		return realm.Create(ctx, map[string]any{
			"name": text("name"), "protocol": "openid-connect", "protocolMapper": "oidc-audience-mapper",
			"config": map[string]string{"included.custom.audience": text("included_custom_audience"), "access.token.claim": "true"},
		}, "client-scopes", text("client_scope_id"), "protocol-mappers", "models")
	}
	return "", fmt.Errorf("%s is not implemented", name)
}

// examplesWithKeycloakProvider are the folders of examples/ that need it.
func examplesWithKeycloakProvider() []string {
	return []string{examplesDir + "/complete/quickstart", examplesDir + "/complete/ci/identities"}
}

// TestExamplesWithKeycloakProvider validates them with the recorded schema.
func TestExamplesWithKeycloakProvider(t *testing.T) {
	t.Parallel()
	for _, folder := range examplesWithKeycloakProvider() {
		p := recordedKeycloakProvider(t, nil)
		tf := terraformOver(t, map[string]func() tfprotov6.ProviderServer{
			"keycloak/keycloak": func() tfprotov6.ProviderServer { return p }, "authscopes/authscopes": memoryProvider(newMemory(), nil),
		})
		text, err := os.ReadFile(folder + "/main.tf")
		if err != nil {
			t.Fatal(err)
		}
		tf.Write("# provider \"authscopes\"\n" + string(text))
		if r := tf.command("validate", "-no-color"); r.Code != 0 {
			t.Errorf("%s: %s%s", folder, r.Out, r.Stderr)
		}
	}
}

// TestAccKeycloakQuickstart applies the quickstart on a real Keycloak, with a stand-in of the
// Keycloak provider: the realm does not exist in the first plan, and a second plan is empty.
func TestAccKeycloakQuickstart(t *testing.T) {
	t.Parallel()
	server := suite.ForTest(t)
	p := recordedKeycloakProvider(t, server)
	env := map[string]string{"KEYCLOAK_URL": server.URL, "KEYCLOAK_CLIENT_ID": "admin-cli", "KEYCLOAK_USER": server.User, "KEYCLOAK_PASSWORD": server.Password}
	own := releasedProvider(env)
	tf := terraformOver(t, map[string]func() tfprotov6.ProviderServer{
		"keycloak/keycloak": func() tfprotov6.ProviderServer { return p }, "authscopes/authscopes": NewServer(own),
	})
	name := keycloak.RealmPrefix + "quick-" + strings.ToLower(rand.Text()[:8])
	tf.env = append(tf.env, "TF_VAR_realm="+name)
	text, err := os.ReadFile(examplesDir + "/complete/quickstart/main.tf")
	if err != nil {
		t.Fatal(err)
	}
	tf.Write("# provider \"authscopes\"\n" + string(text))
	tf.apply().ok()
	realm := server.Realm(name)
	for scope, roles := range map[string][]string{
		"missions:read": {guardRole, "child", "educator"}, "missions:write": {guardRole, "educator"}, "children:read": {guardRole, "educator"},
	} {
		same(t, "roles of "+scope, realm.ScopeRoles(t, scope), roles)
	}
	if mappers := realm.Scope(t, "missions:read").ProtocolMappers; len(mappers) != 1 {
		t.Errorf("%d protocol mappers", len(mappers))
	}
	tf.unchanged()
}
