package provider

import (
	"context"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"

	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/servers"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes/tftypestest"
)

// block is what a configuration says in one block, or for one attribute.
type block = tftypestest.Block

// canary is a secret that no message may show.
const canary = "c4n4ry-s3cr3t"

// jwtSample has the form of a JWT.
const jwtSample = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJjIn0.c2ln"

// releasedProvider is the provider as it is released, with an environment of its own.
func releasedProvider(env map[string]string) *scopesProvider {
	return &scopesProvider{servers.Config{Version: "test", Env: func(name string) string { return env[name] }, Blocks: servers.All()}}
}

// A resource that is asked before the provider is configured, or with another
// provider's data, does not crash.
func TestProviderData(t *testing.T) {
	var diags diag.Diagnostics
	if d := base.Configured(nil, &diags); len(diags) > 0 || d != nil {
		t.Errorf("%v", diags)
	}
	base.Configured("other", &diags)
	wantCode(t, diags, messages.FailedInternal, path.Empty())
}

// A provider without a server is valid. Each resource, data source and list resource reports it,
// instead of skipping its checks. The environment alone configures nothing.
func TestNoServer(t *testing.T) {
	p := releasedProvider(map[string]string{
		"KEYCLOAK_URL": "https://sso.invalid", "AUTHSCOPES_KEYCLOAK_REALM": "shop", "KEYCLOAK_CLIENT_ID": "c", "KEYCLOAK_CLIENT_SECRET": canary,
	})
	var all provider.SchemaResponse
	p.Schema(t.Context(), provider.SchemaRequest{}, &all)
	var configured provider.ConfigureResponse
	p.Configure(context.Background(), provider.ConfigureRequest{
		Config: tfsdk.Config{Schema: all.Schema, Raw: tftypestest.Value(all.Schema.Type().TerraformType(t.Context()), block{})},
	}, &configured)
	d, ok := configured.ResourceData.(*base.ProviderData)
	if len(configured.Diagnostics) > 0 || !ok || d.Server != nil {
		t.Fatalf("%v, %v", d, configured.Diagnostics)
	}
	for _, newResource := range New("1.2.3")().Resources(t.Context()) {
		r, ok := newResource().(resource.ResourceWithConfigure)
		if !ok {
			t.Fatal("a resource that is not configured")
		}
		var resp resource.ConfigureResponse
		r.Configure(t.Context(), resource.ConfigureRequest{ProviderData: d}, &resp)
		if len(resp.Diagnostics) != 1 || resp.Diagnostics[0].Summary() != "No server is configured" {
			t.Errorf("%T: %v", r, resp.Diagnostics)
			continue
		}
		for _, word := range []string{"keycloak, onelogin, venafi, ocariot, pace", "provider = authscopes.<alias>", "Environment variables alone"} {
			if !strings.Contains(resp.Diagnostics[0].Detail(), word) {
				t.Errorf("%T: no %q in %s", r, word, resp.Diagnostics[0].Detail())
			}
		}
	}
}
