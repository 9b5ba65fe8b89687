package clientscopes

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/attrs"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/base"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/lifecycle"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// clientScopesResource is `authscopes_client_scopes`: the scopes that one client
// application may ask for.
type clientScopesResource struct {
	lifecycle.Resource
	lifecycle.Lifecycle[clientScopesModel]
}

var (
	_ resource.ResourceWithConfigure      = (*clientScopesResource)(nil)
	_ resource.ResourceWithValidateConfig = (*clientScopesResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*clientScopesResource)(nil)
	_ resource.ResourceWithImportState    = (*clientScopesResource)(nil)
	_ resource.ResourceWithIdentity       = (*clientScopesResource)(nil)
)

func NewClientScopesResource() resource.Resource {
	r := &clientScopesResource{}
	r.Lifecycle = lifecycle.Of(r)
	return r
}

type clientScopesModel struct {
	lifecycle.ServerBinding
	ServerID         types.String     `tfsdk:"server_id"`
	ClientID         types.String     `tfsdk:"client_id"`
	Default          tftypes.ScopeSet `tfsdk:"default"`
	Optional         tftypes.ScopeSet `tfsdk:"optional"`
	Manage           []types.String   `tfsdk:"manage"`
	Ignore           []types.String   `tfsdk:"ignore"`
	AllowBuiltIn     types.Bool       `tfsdk:"allow_built_in"`
	MaxUnassignments tftypes.Whole    `tfsdk:"max_unassignments"`
	OnDestroy        types.String     `tfsdk:"on_destroy"`
	Timeouts         timeouts.Value   `tfsdk:"timeouts"`
}

type clientScopesIdentity struct {
	ServerID types.String `tfsdk:"server_id"`
	ClientID types.String `tfsdk:"client_id"`
}

func (m clientScopesModel) Identity() any          { return clientScopesIdentity{m.ServerID, m.ClientID} }
func (m clientScopesModel) Limits() timeouts.Value { return m.Timeouts }
func (m clientScopesModel) KeptOnDestroy() bool {
	return m.OnDestroy.ValueString() == attrs.OnDestroyKeep
}
func (m clientScopesModel) Server() string { return m.ServerID.ValueString() }

func (r *clientScopesResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_client_scopes"
}

const clientIDText = "ID of the client, as in its token requests. On Keycloak, the *Client ID*, which is not the UUID. On OneLogin, the ID of the OIDC app."

func (r *clientScopesResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"server_id": identityschema.StringAttribute{OptionalForImport: true, Description: attrs.ServerIDText},
		"client_id": identityschema.StringAttribute{RequiredForImport: true, Description: "ID of the client, such as `web`. Not a UUID."},
	}}
}

func (r *clientScopesResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages the default and optional scopes of one client. A scope that the client has on the server and that is not configured " +
			"appears in the plan as a removal. " +
			"A client that exists before a scope does not get the scope unless it is assigned.\n\n" +
			"To grant a scope to users, use `authscopes_user_type_scopes` or `authscopes_server_grants`. Built-in scopes are not managed unless they are " +
			"configured.\n\n" +
			"On Keycloak, reading requires `view-clients`, and writing `manage-clients`. Up to 30 clients are read with one request each. For more clients, " +
			"all clients of the realm are listed, 100 with each request.",
		Attributes: map[string]schema.Attribute{
			"server_id":  attrs.ServerID(),
			"server_uid": lifecycle.ServerUIDAttribute(),
			"client_id": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: clientIDText + " The client must exist. Changing this forces a new resource.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"default":           clientSetAttribute("Names of the default client scopes, which each token contains. Not supported on OneLogin: use `optional`."),
			"optional":          clientSetAttribute("Names of the optional client scopes, which a token contains on request."),
			"manage":            attrs.Manage(),
			"ignore":            attrs.Ignore(),
			"allow_built_in":    attrs.AllowBuiltIn(attrs.BuiltInOfClients),
			"max_unassignments": attrs.Bound("Maximum number of scopes that a plan unassigns from the client."),
			"on_destroy":        attrs.OnDestroy("unassign the scopes", "only remove the resource from state"),
			"timeouts":          base.TimeoutsAttribute(ctx),
		},
	}
}

func clientSetAttribute(text string) schema.SetAttribute {
	return schema.SetAttribute{
		Optional: true, ElementType: types.StringType, CustomType: tftypes.NewScopeSetType(),
		MarkdownDescription: text + " To create the scopes first, refer to `names` of `authscopes_server_scopes`. If not set, the client has none.",
		Validators:          []validator.Set{tftypes.ScopeName{}},
	}
}

// names returns the known names. known is false if some are unknown until apply.
func (m *clientScopesModel) names() (names diff.ClientNames, known bool) {
	if m == nil {
		return names, true
	}
	var defaults, optionals bool
	names.Default, defaults = m.Default.Names()
	names.Optional, optionals = m.Optional.Names()
	return names, defaults && optionals
}

// scopeNames returns all names of the state, or nil without a state.
func (m *clientScopesModel) scopeNames() []string {
	names, _ := m.names()
	return names.All()
}

func (m *clientScopesModel) filter() diff.Filter {
	return diff.NewFilter(tftypes.Strings(m.Manage), tftypes.Strings(m.Ignore))
}

func liveNames(set authz.ClientScopeSet) diff.ClientNames {
	return diff.ClientNames{Default: authz.Names(set.Default), Optional: authz.Names(set.Optional)}
}

// Refresh implements lifecycle.Operations. Only an error of the server itself about a missing
// client removes the state.
func (r *clientScopesResource) Refresh(
	ctx context.Context, diags *diag.Diagnostics, _ clientScopesModel, m *clientScopesModel, remembered *lifecycle.PrivateState,
) (found, ok bool) {
	serverID, clientID := m.ServerID.ValueString(), m.ClientID.ValueString()
	set, err := r.Server.ReadClient(ctx, serverID, clientID)
	ok, missing := r.Report(diags, serverID).Client(clientID, err)
	if missing == nil && ok {
		r.fillFromServer(set, m, remembered)
	}
	return missing == nil, ok
}

// RecordRead implements operations.
func (r *clientScopesResource) RecordRead(state clientScopesModel, private lifecycle.PrivateState) {
	r.RecordState(lifecycle.TypeClientScopes, state.holder().Intent(), private)
}

// ReadWithoutParent implements operations. No other attribute of a plan can show that the
// client is gone with its realm.
func (r *clientScopesResource) ReadWithoutParent(diags *diag.Diagnostics, m *clientScopesModel) bool {
	if !r.WarnParentGone(diags, m.ServerID.ValueString()) {
		return false
	}
	r.fillFromServer(authz.ClientScopeSet{}, m, &lifecycle.PrivateState{})
	return true
}

func (r *clientScopesResource) fillFromServer(set authz.ClientScopeSet, m *clientScopesModel, remembered *lifecycle.PrivateState) {
	named := m.scopeNames()
	remembered.Outside = r.excluded(set, m.filter())
	m.Default = r.managedScopes(set.Default, m.Default, m.filter(), named)
	m.Optional = r.managedScopes(set.Optional, m.Optional, m.filter(), named)
}

// managedScopes returns the scopes of one kind that the resource manages. Without a scope, the
// value stays as it was: null, or an empty set.
func (r *clientScopesResource) managedScopes(live []authz.Scope, prior tftypes.ScopeSet, f diff.Filter, named []string) tftypes.ScopeSet {
	names := []string{}
	for _, s := range live {
		if f.Manages(s.Name) && (!r.IsBuiltIn(s, s.Name) || slices.Contains(named, s.Name)) {
			names = append(names, s.Name)
		}
	}
	if len(names) == 0 && (prior.IsNull() || len(prior.Elements()) > 0) {
		return tftypes.NullScopeSet()
	}
	return tftypes.NewScopeSet(names)
}

// excluded returns the scopes that the glob patterns exclude.
func (r *clientScopesResource) excluded(set authz.ClientScopeSet, f diff.Filter) []string {
	var names []string
	for _, s := range slices.Concat(set.Default, set.Optional) {
		if !f.Manages(s.Name) && !r.IsBuiltIn(s, s.Name) {
			names = append(names, s.Name)
		}
	}
	slices.Sort(names)
	return names
}

// ImportState imports by the client ID or, if a server ID is required, by `<server id>/<client
// ID>`.
func (r *clientScopesResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	id := clientScopesIdentity{}
	if lifecycle.IsImportByIdentity(req) {
		resp.Diagnostics.Append(req.Identity.Get(ctx, &id)...)
	} else {
		id.ServerID, id.ClientID = r.SplitImportID(req.ID, r.Caps.ClientExample, &resp.Diagnostics)
	}
	serverID, ok := r.RequireServerID(&resp.Diagnostics, id.ServerID, r.Caps.ClientScopes, messages.SupportClients)
	if !ok {
		return
	}
	set, err := r.Server.ReadClient(ctx, serverID, id.ClientID.ValueString())
	if !r.Report(&resp.Diagnostics, serverID).RequiredClient(id.ClientID.ValueString(), err) {
		return
	}
	m := r.imported(serverID, id.ClientID.ValueString(), set)
	lifecycle.SetIdentity(ctx, resp.Identity, clientScopesIdentity{m.ServerID, m.ClientID}, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

// imported returns the present state of a client. The Read after it sets the private state.
func (r *clientScopesResource) imported(serverID, clientID string, set authz.ClientScopeSet) clientScopesModel {
	m := clientScopesModel{
		ServerID: types.StringValue(serverID), ClientID: types.StringValue(clientID), Default: tftypes.NullScopeSet(), Optional: tftypes.NullScopeSet(),
		OnDestroy: types.StringValue(attrs.OnDestroyDelete), Timeouts: base.NoTimeouts(),
	}
	r.fillFromServer(set, &m, &lifecycle.PrivateState{})
	return m
}
