package serverscopes

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/attrs"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// serverScopesResource is `authscopes_server_scopes`: all scopes of a server.
type serverScopesResource struct {
	scopeResource
	lifecycle.Lifecycle[SetModel]
}

var (
	_ resource.ResourceWithConfigure      = (*serverScopesResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*serverScopesResource)(nil)
	_ resource.ResourceWithImportState    = (*serverScopesResource)(nil)
	_ resource.ResourceWithIdentity       = (*serverScopesResource)(nil)
	_ resource.ResourceWithValidateConfig = (*serverScopesResource)(nil)
)

func NewServerScopesResource() resource.Resource {
	r := &serverScopesResource{}
	r.Lifecycle = lifecycle.Of(r)
	return r
}

const defaultMaxDeletions = 10

func (m SetModel) Identity() any          { return lifecycle.ServerIdentity{ServerID: m.ServerID} }
func (m SetModel) Limits() timeouts.Value { return m.Timeouts }
func (m SetModel) KeptOnDestroy() bool {
	return m.OnDestroy.ValueString() == attrs.OnDestroyKeep
}
func (m SetModel) Server() string { return m.ServerID.ValueString() }

func (r *serverScopesResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_server_scopes"
}

func (r *serverScopesResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = lifecycle.ServerIdentitySchema()
}

func (r *serverScopesResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages all scopes of an authorization server. A scope on the server that is not configured appears in the plan as a deletion.\n\n" +
			"`manage` and `ignore` limit the managed scopes. Built-in scopes are excluded. If another resource manages the same scope, the plan is rejected.",
		Attributes: map[string]schema.Attribute{
			"server_id":  attrs.ServerID(),
			"server_uid": lifecycle.ServerUIDAttribute(),
			"scopes": schema.MapAttribute{
				Required: true, CustomType: tftypes.NewTextMapType(), ElementType: types.StringType,
				MarkdownDescription: "Map of scope name to description. Set `null` for no description. An empty map is accepted only if it deletes nothing.",
				Validators:          []validator.Map{tftypes.ScopeMap{}},
			},
			"settings": schema.SingleNestedAttribute{
				Optional: true, Computed: true, Validators: []validator.Object{tftypes.CommonSettings{}},
				MarkdownDescription: "Settings of all scopes, on servers with settings. A setting that is not set has its default.",
				Attributes:          attrs.SettingsAttributes(true),
			},
			"overrides": schema.MapNestedAttribute{
				Optional: true, Validators: []validator.Map{tftypes.NoNullEntries{}, tftypes.OverrideEntries{}},
				MarkdownDescription: "Map of scope name to the settings that differ from `settings`. " +
					"A setting that was changed outside Terraform appears in the plan as one removed entry.",
				NestedObject: schema.NestedAttributeObject{Attributes: attrs.SettingsAttributes(false)},
			},
			"previous_names": previousNamesAttribute(),
			"manage":         attrs.Manage(),
			"ignore":         attrs.Ignore(),
			"max_deletions": attrs.DefaultWholeAttribute("Maximum number of deletions per plan, also of a destroy. A plan that deletes more scopes is "+
				"rejected. Defaults to `10`.", defaultMaxDeletions),
			"allow_built_in": attrs.AllowBuiltIn(attrs.BuiltInScopes),
			"on_destroy":     attrs.OnDestroy("delete the scopes", "only remove the resource from state"),
			"names": schema.MapAttribute{
				Computed: true, CustomType: tftypes.NewTextMapType(), ElementType: types.StringType,
				MarkdownDescription: "Map of scope name to itself, for references (`names[\"read:users\"]`). A reference to a missing name is an error, and " +
					"Terraform creates the scopes first.",
			},
			"ids": schema.MapAttribute{
				Computed: true, CustomType: tftypes.NewTextMapType(), ElementType: types.StringType,
				MarkdownDescription: "Map of scope name to ID on the server.",
			},
			"open_scopes": schema.ListAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "Names of the managed scopes that every user gets. Sorted by name.",
			},
			"timeouts": base.TimeoutsAttribute(ctx),
		},
	}
}

// warnOtherScopes warns of a server that has scopes, but none of the state: another realm with
// the same name looks like this, and a plan would delete its scopes.
func (r *serverScopesResource) warnOtherScopes(diags *diag.Diagnostics, m SetModel, before map[string]types.String) {
	now := map[string]bool{} // also of scopes that were renamed
	for _, id := range m.IDs {
		now[id.ValueString()] = true
	}
	known := func(name string) bool { return now[before[name].ValueString()] }
	if len(before) == 0 || len(m.Scopes) == 0 || slices.ContainsFunc(slices.Sorted(maps.Keys(before)), known) {
		return
	}
	r.AddFindings(diags, m.ServerID.ValueString(), []check.Finding{{
		Code: messages.FoundStrangeScopes, Severity: check.Warn, Subjects: slices.Sorted(maps.Keys(before)),
	}})
}

// Refresh implements operations. A server without scopes still is one, so the resource
// always exists.
func (r *serverScopesResource) Refresh(
	ctx context.Context, diags *diag.Diagnostics, state SetModel, m *SetModel, private *lifecycle.PrivateState,
) (found, ok bool) {
	l, ok := r.Report(diags, m.ServerID.ValueString()).Snapshot(r.Server.ReadScopes(ctx, m.ServerID.ValueString(), m.needs()))
	if !ok {
		return true, false
	}
	private.Outside = m.excluded(l)
	m.keepUndoneRenames(state, l)
	m.noteRenamed(state, l)
	if m.Refresh(ctx, diags, r.Caps, l); diags.HasError() {
		return true, false
	}
	r.warnOtherScopes(diags, *m, state.IDs)
	return true, true
}

// RecordRead implements operations.
func (r *serverScopesResource) RecordRead(state SetModel, private lifecycle.PrivateState) {
	r.RecordState(lifecycle.TypeServerScopes, state.intent(), private)
}

// ReadWithoutParent implements operations. An import of what does not exist is an error.
func (r *serverScopesResource) ReadWithoutParent(diags *diag.Diagnostics, m *SetModel) bool {
	if m.Names != nil || len(m.Scopes) > 0 {
		r.WarnParentGone(diags, m.ServerID.ValueString())
	}
	return false
}

// ImportState imports by the server ID, on Keycloak the realm. Read sets the rest.
func (r *serverScopesResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	id := lifecycle.ImportedServerID(ctx, req, &resp.Diagnostics)
	serverID, ok := r.RequireServerID(&resp.Diagnostics, id, r.Caps.WriteScopes, messages.SupportScopes)
	if !ok {
		return
	}
	m := newServerScopesModel(serverID)
	lifecycle.PrivateState{}.Save(ctx, resp.Private, &resp.Diagnostics)
	lifecycle.SetIdentity(ctx, resp.Identity, m.Identity(), &resp.Diagnostics)
	resp.Diagnostics.Append(lifecycle.SetModel(ctx, &resp.State, m)...)
}
