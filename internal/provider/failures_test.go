package provider

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/engine"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/clientscopes"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/definitions"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/onelogin"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/serverscopes"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes/tftypestest"
)

func dataOver(d authz.Driver) *base.ProviderData {
	return &base.ProviderData{Server: engine.New(d, 1, false), Caps: d.Capabilities(), Walk: walk.New()}
}

func resourceOver(d authz.Driver) *lifecycle.Resource {
	return &lifecycle.Resource{ProviderData: dataOver(d)}
}

// refusing is a driver without a server ID, whose server refuses everything.
type refusing struct{ authz.Driver }

var errRefused = authz.Errorf(authz.Denied, "", "403")

func (refusing) ServerID(configured string) (string, error) {
	if configured == "" {
		return "", errRefused
	}
	return configured, nil
}

func (refusing) AuthServers(context.Context) ([]authz.AuthServer, error) { return nil, errRefused }

func (refusing) Claims(context.Context, string) ([]authz.Claim, error) { return nil, errRefused }

// wantCode wants one error with the code, at a path.
func wantCode(t *testing.T, diags diag.Diagnostics, code check.Code, at path.Path) {
	t.Helper()
	if len(diags) != 1 || codeOf(tftest.Diagnostic{Summary: diags[0].Summary(), Detail: diags[0].Detail()}) != code {
		t.Errorf("%v is not one error with the code %s", diags, code)
		return
	}
	got := path.Empty()
	if with, ok := diags[0].(diag.DiagnosticWithPath); ok {
		got = with.Path()
	}
	if !got.Equal(at) {
		t.Errorf("%s is at %s; want %s", code, got, at)
	}
}

// A failed destroy names what was not deleted or unassigned.
func TestDestroyFails(t *testing.T) {
	m := newMemory()
	m.AddScope(memRealm, scopeOf("a"))
	m.SetClient(memRealm, "web", nil, []string{"a"})
	m.Fail(func(call string) error {
		if strings.HasPrefix(call, "Delete") || strings.HasPrefix(call, "Change") {
			return errRefused
		}
		return nil
	})
	scope := block{"server_id": memRealm, "name": "a", "timeouts": nil}
	wantCode(t, destroyed(t, serverscopes.NewServerScopeResource(), m, scope), messages.FailedDeleteScope, path.Empty())
	client := block{"server_id": memRealm, "client_id": "web", "optional": []string{"a"}}
	wantCode(t, destroyed(t, clientscopes.NewClientScopesResource(), m, client), messages.FailedUnassignClient, path.Empty())
}

// destroyed returns the diagnostics of the destroy of a resource.
func destroyed(t *testing.T, r resource.Resource, server authz.Driver, attributes block) diag.Diagnostics {
	t.Helper()
	configured, _ := r.(resource.ResourceWithConfigure)
	configured.Configure(t.Context(), resource.ConfigureRequest{ProviderData: dataOver(server)}, &resource.ConfigureResponse{})
	var all resource.SchemaResponse
	r.Schema(t.Context(), resource.SchemaRequest{}, &all)
	state := tfsdk.State{Schema: all.Schema, Raw: tftypestest.Value(all.Schema.Type().TerraformType(t.Context()), attributes)}
	resp := resource.DeleteResponse{State: state}
	r.Delete(t.Context(), resource.DeleteRequest{State: state}, &resp)
	return resp.Diagnostics
}

func TestReadClaimsFails(t *testing.T) {
	d, _ := onelogin.NewClaimsDataSource().(datasource.DataSourceWithConfigure)
	d.Configure(t.Context(), datasource.ConfigureRequest{ProviderData: dataOver(refusing{newMemory()})}, &datasource.ConfigureResponse{})
	var all datasource.SchemaResponse
	d.Schema(t.Context(), datasource.SchemaRequest{}, &all)
	var resp datasource.ReadResponse
	d.Read(t.Context(), datasource.ReadRequest{
		Config: tfsdk.Config{Schema: all.Schema, Raw: tftypestest.Value(all.Schema.Type().TerraformType(t.Context()), block{"server_id": "77"})},
	}, &resp)
	wantCode(t, resp.Diagnostics, messages.FailedClaims, path.Empty())
}

func TestNoServerID(t *testing.T) {
	var diags diag.Diagnostics
	if _, ok := dataOver(refusing{newMemory()}).ResolveServerID(&diags, types.StringNull(), types.StringNull()); ok {
		t.Error("a server without an ID is addressed")
	}
	wantCode(t, diags, messages.FailedNoServerID, path.Root("server_id"))
}

func TestImportIDs(t *testing.T) {
	for _, test := range []struct {
		id       string
		required bool
		words    string // of the error; "" for none
	}{
		{"a", false, ""},
		{"77/a", true, ""},
		{"", false, "The import ID is empty. The import ID is the name"},
		{"a", true, `The import ID is "a". For Memory, the import ID is the realm, a slash`},
		{"", true, `The import ID is "". For Memory`},
		{"/a", true, `The import ID is "/a".`},
	} {
		m := newMemory()
		m.Caps.ServerIDRequired = test.required
		var diags diag.Diagnostics
		resourceOver(m).SplitImportID(test.id, "read", &diags)
		if test.words == "" {
			if len(diags) > 0 {
				t.Errorf("%q: %v", test.id, diags)
			}
			continue
		}
		wantCode(t, diags, messages.InputImportID, path.Empty())
		if !strings.Contains(diags[0].Detail(), test.words) {
			t.Errorf("%q: no %q in %q", test.id, test.words, diags[0].Detail())
		}
	}
	var diags diag.Diagnostics
	d := resourceOver(newMemory())
	d.AddFindings(&diags, "", []check.Finding{{
		Code: messages.InputImportName, Path: "name",
		Data: d.DescribeImportID("a b", errors.New("it has a space"), "read"),
	}})
	if want := `It has a space. If these are several scopes, list each name separately: "a", "b".`; !strings.HasPrefix(diags[0].Detail(), want) {
		t.Errorf("%q", diags[0].Detail())
	}
}

func TestNullDocuments(t *testing.T) {
	d := definitions.NewDataSource()
	var all datasource.SchemaResponse
	d.Schema(t.Context(), datasource.SchemaRequest{}, &all)
	var read datasource.ReadResponse
	d.Read(t.Context(), datasource.ReadRequest{
		Config: tfsdk.Config{Schema: all.Schema, Raw: tftypestest.Value(all.Schema.Type().TerraformType(t.Context()), block{"documents": block{"a.yaml": nil}})},
	}, &read)
	wantCode(t, read.Diagnostics, messages.InputNullDocument, path.Root("documents").AtMapKey("a.yaml"))
	argument := types.MapValueMust(types.StringType, map[string]attr.Value{"a.yaml": types.StringNull()})
	var resp function.RunResponse
	definitions.NewFunction().Run(t.Context(), function.RunRequest{Arguments: function.NewArgumentsData([]attr.Value{argument})}, &resp)
	if resp.Error == nil || resp.Error.Text != `document "a.yaml" is null: set it to its text, or remove the key` {
		t.Errorf("%s: %v", messages.InputNullArgument, resp.Error)
	}
}
