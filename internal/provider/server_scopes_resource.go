package provider

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
)

// serverScopesResource is `authscopes_server_scopes`: all scopes of a server.
type serverScopesResource struct{ resourceBase }

var (
	_ resource.ResourceWithConfigure      = (*serverScopesResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*serverScopesResource)(nil)
	_ resource.ResourceWithImportState    = (*serverScopesResource)(nil)
	_ resource.ResourceWithIdentity       = (*serverScopesResource)(nil)
	_ resource.ResourceWithValidateConfig = (*serverScopesResource)(nil)
)

func newServerScopesResource() resource.Resource { return &serverScopesResource{} }

const defaultMaxDeletions = 10

type serverScopesIdentity struct {
	ServerID types.String `tfsdk:"server_id"`
}

func (r *serverScopesResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_server_scopes"
}

func (r *serverScopesResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"server_id": identityschema.StringAttribute{OptionalForImport: true, Description: serverIDText},
	}}
}

func (r *serverScopesResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "All scopes of an authorization server: a scope on the server that is not written here is planned to be deleted.\n\n" +
			"`manage` and `ignore` limit what the resource sees. Built-in scopes are always outside. Do not manage a scope here and in another resource: the plan refuses it.",
		Attributes: map[string]schema.Attribute{
			"server_id": serverIDAttribute(),
			"scopes": schema.MapAttribute{
				Required: true, CustomType: newTextMapType(), ElementType: types.StringType,
				MarkdownDescription: "The scopes: name => description. `null` is no description. At least one.",
				Validators:          []validator.Map{scopeMap{}},
			},
			"settings": schema.SingleNestedAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Settings of all the scopes, on servers that have them. What is left out has its default.",
				Attributes:          settingsAttributes(true),
			},
			"overrides": schema.MapNestedAttribute{
				Optional: true, Validators: []validator.Map{noNullEntries{}, overrideEntries{}},
				MarkdownDescription: "Settings of single scopes, by name, where they are not as in `settings`. " +
					"A setting changed by hand shows here as one entry that goes away.",
				NestedObject: schema.NestedAttributeObject{Attributes: settingsAttributes(false)},
			},
			"manage": manageAttribute(),
			"ignore": ignoreAttribute(),
			"max_deletions": schema.Int64Attribute{
				Optional: true, Computed: true, Default: int64default.StaticInt64(defaultMaxDeletions),
				MarkdownDescription: "A plan that would delete more scopes is refused, a destroy too. Defaults to `10`.",
				Validators:          []validator.Int64{int64validator.AtLeast(0)},
			},
			"allow_built_in": allowBuiltInAttribute(),
			"on_destroy":     onDestroyAttribute("deletes the scopes", "leaves them on the server and only drops them from the state"),
			"names": schema.MapAttribute{
				Computed: true, CustomType: newTextMapType(), ElementType: types.StringType,
				MarkdownDescription: "name => name. Refer to scopes by it (`names[\"read:users\"]`): a name that is not there is an error, and what refers to it is applied after.",
			},
			"ids": schema.MapAttribute{
				Computed: true, CustomType: newTextMapType(), ElementType: types.StringType,
				MarkdownDescription: "name => the server's own id.",
			},
			"open_scopes": schema.ListAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "The scopes of this resource that everyone gets, sorted.",
			},
			"timeouts": timeoutsAttribute(ctx),
		},
	}
}

func manageAttribute() schema.ListAttribute {
	return schema.ListAttribute{
		Optional: true, ElementType: types.StringType, Validators: []validator.List{globs{}},
		MarkdownDescription: "What the resource sees and changes, as globs over scope names (`*` any characters, `?` one). All if left out.",
	}
}

func ignoreAttribute() schema.ListAttribute {
	return schema.ListAttribute{
		Optional: true, ElementType: types.StringType, Validators: []validator.List{globs{emptyAllowed: true}},
		MarkdownDescription: "What of the managed names the resource leaves alone all the same, as globs. It is never taken away; what is ignored from now on only leaves the state.",
	}
}

// Read never drops the resource: a server without scopes still is one.
func (r *serverScopesResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m serverScopesModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	setIdentity(ctx, resp.Identity, serverScopesIdentity{m.ServerID}, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !r.known(&resp.Diagnostics) {
		return
	}
	ctx, done := timed(ctx, &resp.Diagnostics, opRead, m.Timeouts.Read)
	defer done()
	was, remembered := m, recall(ctx, req.Private, &resp.Diagnostics)
	if !r.refresh(ctx, &resp.Diagnostics, &m, &remembered) {
		if was.Names != nil || len(was.Scopes) > 0 { // an import of what does not exist is an error
			r.warnParentGone(&resp.Diagnostics, m.ServerID.ValueString())
		}
		return
	}
	r.warnStrange(&resp.Diagnostics, m, was.IDs)
	remembered.keep(ctx, resp.Private, &resp.Diagnostics)
	setChanged(ctx, &resp.Diagnostics, &resp.State, was, m)
}

// warnStrange tells of a server that has scopes and none of those in the state: a
// realm of the same name at another address looks like this, and a plan would delete
// what is there.
func (r *serverScopesResource) warnStrange(diags *diag.Diagnostics, m serverScopesModel, before map[string]types.String) {
	known := func(name string) bool { id, is := m.IDs[name]; return is && id.Equal(before[name]) }
	if len(before) == 0 || len(m.Scopes) == 0 || slices.ContainsFunc(sortedKeys(before), known) {
		return
	}
	at := r.at(m.ServerID.ValueString())
	diags.AddWarning(fmt.Sprintf("None of the %s in the state is on %s", count(len(before), "scope"), at),
		"The server's ids of all of them are others than in the state. Either all were made anew, or this is another server than the state was made for: "+
			"then do not apply, for the plan would make this server like the other one. See the address in the provider configuration.")
}

// refresh takes over what the server has, and what is outside of the globs.
func (r *serverScopesResource) refresh(ctx context.Context, diags *diag.Diagnostics, m *serverScopesModel, remembered *memory) bool {
	ok := r.view(ctx, diags, m.ServerID.ValueString(), func(l *authz.Listing) {
		remembered.Outside = m.outside(l)
		m.refresh(ctx, diags, r.caps, l)
	})
	return ok && !diags.HasError()
}

func (r *serverScopesResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m serverScopesModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	// Nothing is deleted here: the plan refused to create over other scopes. An
	// error stores nothing, so that the next apply adopts what is done.
	remembered := memory{Applied: true}
	ctx, done := timed(ctx, &resp.Diagnostics, opCreate, m.Timeouts.Create)
	defer done()
	if r.write(ctx, &resp.Diagnostics, &m, nil) && r.complete(ctx, &resp.Diagnostics, &m, &remembered) {
		setIdentity(ctx, resp.Identity, serverScopesIdentity{m.ServerID}, &resp.Diagnostics)
		remembered.keep(ctx, resp.Private, &resp.Diagnostics)
		resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
	}
}

func (r *serverScopesResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var state, m serverScopesModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	remembered := recall(ctx, req.Private, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	setIdentity(ctx, resp.Identity, serverScopesIdentity{m.ServerID}, &resp.Diagnostics)
	stored := false
	deletable := m.deletable(state, remembered)
	ctx, done := timed(ctx, &resp.Diagnostics, opUpdate, m.Timeouts.Update)
	defer done()
	if r.refused(ctx, &resp.Diagnostics, m, state, deletable, remembered.Outside) {
		return // with the old state, so that the next plan shows all of it again
	}
	if r.write(ctx, &resp.Diagnostics, &m, deletable) {
		remembered.Applied = true
		stored = r.complete(ctx, &resp.Diagnostics, &m, &remembered)
	} else {
		// Half-done: the state gets what the server has now. If that cannot be
		// read either, the old state stays.
		var again diag.Diagnostics
		aside, cancel := afterwards(ctx)
		defer cancel()
		stored = r.refresh(aside, &again, &m, &remembered)
	}
	if stored {
		remembered.keep(ctx, resp.Private, &resp.Diagnostics)
		resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
	}
}

// complete fills in what the plan could not know. All else stays as planned:
// what somebody else changed meanwhile shows in the next plan.
func (r *serverScopesResource) complete(ctx context.Context, diags *diag.Diagnostics, m *serverScopesModel, remembered *memory) bool {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	return r.view(ctx, diags, m.ServerID.ValueString(), func(l *authz.Listing) {
		remembered.Outside = m.outside(l)
		for name, id := range m.IDs {
			if live, ok := l.Scope(name); ok && id.IsUnknown() {
				m.IDs[name] = types.StringValue(live.ID)
			} else if id.IsUnknown() {
				m.IDs[name] = types.StringNull() // somebody deleted it just now
			}
		}
	})
}

// write brings the server to what is planned. Of the scopes that are not
// planned it deletes those in deletable and no others.
func (r *serverScopesResource) write(ctx context.Context, diags *diag.Diagnostics, m *serverScopesModel, deletable []string) bool {
	want, _ := m.want(ctx, diags)
	if diags.HasError() {
		return false
	}
	serverID := m.ServerID.ValueString()
	var changes diff.Scopes
	if !r.view(ctx, diags, serverID, func(l *authz.Listing) {
		changes = diff.DiffScopes(want, l, deletable, r.caps.Settings)
	}) {
		return false
	}
	r.walk.MarkWritten(walk.Server(serverID), authz.Names(want)...)
	if err := r.server.ApplyScopes(ctx, serverID, changes); err != nil {
		addError(diags, fmt.Sprintf("Cannot write all scopes of %s", r.at(serverID)), err)
		return false
	}
	return true
}

// Delete removes what the state holds, as the plan showed it, and nothing that
// the same walk has written.
func (r *serverScopesResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m serverScopesModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || m.OnDestroy.ValueString() == onDestroyKeep {
		return
	}
	serverID := m.ServerID.ValueString()
	var names []string
	for _, name := range sortedKeys(m.Scopes) {
		if !r.walk.WrittenInThisWalk(walk.Server(serverID), name) {
			names = append(names, name)
		}
	}
	ctx, done := timed(ctx, &resp.Diagnostics, opDelete, m.Timeouts.Delete)
	defer done()
	defer dropParentGone(&resp.Diagnostics) // nothing is left to delete
	var changes diff.Scopes
	if !r.view(ctx, &resp.Diagnostics, serverID, func(l *authz.Listing) {
		changes = diff.DiffScopes(nil, l, names, r.caps.Settings)
	}) {
		return
	}
	// The plan has refused this, unless it could not look at the server.
	r.addFindings(&resp.Diagnostics, serverID, check.DeletionLimit(deletionBound(m.MaxDeletions), authz.Names(changes.Delete)))
	if r.rejectRecreated(&resp.Diagnostics, serverID, changes.Delete, m.IDs) || resp.Diagnostics.HasError() {
		return
	}
	if err := r.server.ApplyScopes(ctx, serverID, changes); err != nil {
		addError(&resp.Diagnostics, fmt.Sprintf("Cannot delete all scopes of %s", r.at(serverID)), err)
	}
}

// ImportState takes the server id, on Keycloak the realm. Read fills the rest.
func (r *serverScopesResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	id := serverScopesIdentity{ServerID: types.StringValue(req.ID)}
	if identified(req) {
		resp.Diagnostics.Append(req.Identity.Get(ctx, &id)...)
	}
	if resp.Diagnostics.HasError() || !r.mustKnow(&resp.Diagnostics) || !r.can(&resp.Diagnostics, r.caps.WriteScopes, "Scopes cannot be managed") {
		return
	}
	serverID, ok := r.address(&resp.Diagnostics, id.ServerID, types.StringNull())
	if !ok {
		return
	}
	m := newServerScopesModel(serverID)
	memory{}.keep(ctx, resp.Private, &resp.Diagnostics)
	setIdentity(ctx, resp.Identity, serverScopesIdentity{m.ServerID}, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}
