package serverscopes

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/attrs"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// serverScopeResource is `authscopes_server_scope`: one scope.
type serverScopeResource struct {
	scopeResource
	lifecycle.Lifecycle[serverScopeModel]
}

var (
	_ resource.ResourceWithConfigure   = (*serverScopeResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*serverScopeResource)(nil)
	_ resource.ResourceWithImportState = (*serverScopeResource)(nil)
	_ resource.ResourceWithIdentity    = (*serverScopeResource)(nil)
)

func NewServerScopeResource() resource.Resource {
	r := &serverScopeResource{}
	r.Lifecycle = lifecycle.Of(r)
	return r
}

type serverScopeModel struct {
	lifecycle.ServerBinding
	ServerID     types.String   `tfsdk:"server_id"`
	Name         types.String   `tfsdk:"name"`
	Description  types.String   `tfsdk:"description"`
	Settings     types.Object   `tfsdk:"settings"`
	AllowBuiltIn types.Bool     `tfsdk:"allow_built_in"`
	OnDestroy    types.String   `tfsdk:"on_destroy"`
	ID           types.String   `tfsdk:"id"`
	Timeouts     timeouts.Value `tfsdk:"timeouts"`
}

type serverScopeIdentity struct {
	ServerID types.String `tfsdk:"server_id"`
	Name     types.String `tfsdk:"name"`
}

func (m serverScopeModel) Identity() any          { return serverScopeIdentity{m.ServerID, m.Name} }
func (m serverScopeModel) Limits() timeouts.Value { return m.Timeouts }
func (m serverScopeModel) KeptOnDestroy() bool {
	return m.OnDestroy.ValueString() == attrs.OnDestroyKeep
}
func (m serverScopeModel) Server() string { return m.ServerID.ValueString() }

func (r *serverScopeResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_server_scope"
	resp.ResourceBehavior.MutableIdentity = true // a rename changes the name in place
}

func (r *serverScopeResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"server_id": identityschema.StringAttribute{OptionalForImport: true, Description: attrs.ServerIDText},
		"name":      identityschema.StringAttribute{RequiredForImport: true, Description: "Name of the scope."},
	}}
}

func (r *serverScopeResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages one scope of an authorization server. Other scopes are not managed.\n\n" +
			"If an `authscopes_server_scopes` of the same server manages the same scope, the plan is rejected.",
		Attributes: map[string]schema.Attribute{
			"server_id":  attrs.ServerID(),
			"server_uid": lifecycle.ServerUIDAttribute(),
			"name": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "Name of the scope, an RFC 6749 scope-token of at most 255 characters. A change renames the scope in place and keeps its " +
					"role mappings and client assignments. For a different scope, add a resource.",
				Validators: []validator.String{tftypes.ScopeName{}},
			},
			"description": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Description of the scope, at most 255 characters.",
				Validators:          []validator.String{tftypes.ScopeDescription{}},
			},
			"settings": schema.SingleNestedAttribute{
				Optional: true, Computed: true, Validators: []validator.Object{tftypes.CommonSettings{}},
				MarkdownDescription: "Settings of the scope, on servers with settings. A setting that is not set has its default, so a change outside Terraform " +
					"appears in the plan.",
				Attributes: attrs.SettingsAttributes(true),
			},
			"allow_built_in": attrs.AllowBuiltIn(attrs.BuiltInScopes),
			"on_destroy":     attrs.OnDestroy("delete the scope", "only remove the resource from state"),
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "ID of the scope on the server. Imports and references use the name.",
			},
			"timeouts": base.TimeoutsAttribute(ctx),
		},
	}
}

// Refresh implements operations.
func (r *serverScopeResource) Refresh(
	ctx context.Context, diags *diag.Diagnostics, state serverScopeModel, m *serverScopeModel, private *lifecycle.PrivateState,
) (found, ok bool) {
	*m = state // by its name and ID: another scope may have the planned name
	var trouble diag.Diagnostics
	key := m.key()
	live, found, ok := key.in(r.Report(&trouble, m.Server()).Snapshot(r.Server.ReadScopes(ctx, m.Server(), key.is)))
	if ok || !r.movedFromElsewhere(*private, m.ServerID) {
		diags.Append(trouble...)
	}
	if ok && found {
		diags.Append(m.Refresh(ctx, r.Caps, live)...)
	}
	return found, ok
}

// RecordRead implements operations.
func (r *serverScopeResource) RecordRead(state serverScopeModel, private lifecycle.PrivateState) {
	r.RecordState(lifecycle.TypeServerScope, state.intent(), private)
}

// intent returns what the resource keeps, and what its destroy deletes.
func (m *serverScopeModel) intent() walk.Intent {
	in := walk.Intent{Owner: walk.Server(m.ServerID.ValueString()), Exact: true, Keep: []string{m.Name.ValueString()}}
	if m.OnDestroy.ValueString() != attrs.OnDestroyKeep {
		in.Destroy.Names = in.Keep
	}
	return in
}

// ReadWithoutParent implements operations.
func (r *serverScopeResource) ReadWithoutParent(diags *diag.Diagnostics, m *serverScopeModel) bool {
	r.WarnParentGone(diags, m.ServerID.ValueString())
	return false
}

// scopeKey identifies a scope by its ID or, if that does not exist, by its name. A scope that was
// renamed outside Terraform is the same scope, and appears as a changed name. Another scope that
// has the old name is not.
type scopeKey struct{ name, id string }

func (m *serverScopeModel) key() scopeKey { return scopeKey{m.Name.ValueString(), m.ID.ValueString()} }

// is reports whether a scope has the name or the ID.
func (k scopeKey) is(s authz.Scope) bool { return s.Name == k.name || k.id != "" && s.ID == k.id }

// in returns the scope of a snapshot, if there is one.
func (k scopeKey) in(l *authz.Snapshot, ok bool) (live authz.Scope, found, _ bool) {
	if !ok {
		return live, false, false
	}
	for _, s := range l.Scopes {
		if k.id != "" && s.ID == k.id {
			return s, true, true
		}
	}
	live, found = l.Scope(k.name)
	return live, found, true
}

// Refresh sets the attributes to those of the scope on the server.
func (m *serverScopeModel) Refresh(ctx context.Context, caps authz.Capabilities, live authz.Scope) diag.Diagnostics {
	m.Name = types.StringValue(live.Name)
	m.Description = tftypes.TextOrNull(live.Description, m.Description)
	m.ID = types.StringValue(live.ID)
	setIfNull(&m.OnDestroy, types.StringValue(attrs.OnDestroyDelete))
	if !caps.Settings {
		m.Settings = types.ObjectNull(attrs.SettingsTypes())
		return nil
	}
	prior, diags := attrs.DecodeSettings(ctx, m.Settings)
	object, more := attrs.LiveSettings(live.Settings, prior).Managed(prior).Object()
	m.Settings = object
	return append(diags, more...)
}

// want returns the planned scope. A value that is unknown until apply has its default.
func (m *serverScopeModel) want(ctx context.Context, diags *diag.Diagnostics) authz.Scope {
	settings, more := attrs.DecodeSettings(ctx, m.Settings)
	diags.Append(more...)
	p, _ := settings.Patch()
	return authz.Scope{Name: m.Name.ValueString(), Description: m.Description.ValueString(), Settings: p.Apply(diff.Defaults())}
}

// exampleScope is the scope that messages about import ids show.
const exampleScope = "read:users"

func (r *serverScopeResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	id := serverScopeIdentity{}
	if lifecycle.IsImportByIdentity(req) {
		resp.Diagnostics.Append(req.Identity.Get(ctx, &id)...)
	} else {
		id.ServerID, id.Name = r.SplitImportID(req.ID, exampleScope, &resp.Diagnostics)
	}
	if resp.Diagnostics.HasError() || !r.RequireServer(&resp.Diagnostics) || !r.RequireCapability(&resp.Diagnostics, r.Caps.WriteScopes, messages.SupportScopes) {
		return
	}
	if err := authz.CheckName(id.Name.ValueString()); err != nil {
		r.AddFindings(&resp.Diagnostics, "", []check.Finding{{
			Code: messages.InputImportName, Path: "name", Data: r.DescribeImportID(id.Name.ValueString(), err, exampleScope),
		}})
		return
	}
	serverID, ok := r.ResolveServerID(&resp.Diagnostics, id.ServerID, types.StringNull())
	if !ok {
		return
	}
	key := scopeKey{name: id.Name.ValueString()}
	live, found, ok := key.in(r.Report(&resp.Diagnostics, serverID).Snapshot(r.Server.ReadScopes(ctx, serverID, key.is)))
	if ok && !found {
		r.RejectMissingScope(ctx, &resp.Diagnostics, serverID, id.Name.ValueString())
	}
	if !ok || !found {
		return
	}
	m := importedScope(serverID, live)
	lifecycle.PrivateState{}.Save(ctx, resp.Private, &resp.Diagnostics)
	lifecycle.SetIdentity(ctx, resp.Identity, serverScopeIdentity{m.ServerID, m.Name}, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

// importedScope returns the state that an import begins with. Read sets the rest.
func importedScope(serverID string, live authz.Scope) serverScopeModel {
	m := serverScopeModel{
		ServerID: types.StringValue(serverID), Name: types.StringValue(live.Name), Settings: types.ObjectNull(attrs.SettingsTypes()),
		OnDestroy: types.StringValue(attrs.OnDestroyDelete), Timeouts: base.NoTimeouts(),
	}
	if live.BuiltIn {
		m.AllowBuiltIn = types.BoolValue(true)
	}
	return m
}
