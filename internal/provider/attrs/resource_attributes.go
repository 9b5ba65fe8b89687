package attrs

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/diagnostics"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

const ServerIDText = "ID of the authorization server. On Keycloak, the name of the realm, which defaults to the realm of the provider configuration."

func ServerID() schema.StringAttribute {
	return schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: ServerIDText +
		" If the state belongs to a different server, the plan is rejected."}
}

// AllowBuiltIn returns allow_built_in with its effect on the scopes of the resource.
func AllowBuiltIn(effect string) schema.BoolAttribute {
	return schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether to allow built-in scopes. " + effect + " Defaults to `false`."}
}

// The effects of allow_built_in: on scopes, on the scopes of a client, and on those of user types.
const (
	BuiltInScopes = "They are changed as configured, but never deleted and never limited. " +
		"A built-in scope that is no longer configured is only removed from state."
	BuiltInOfClients = "They are assigned as configured. " +
		"A built-in scope that is no longer configured stays assigned, and is only removed from state."
	BuiltInOfUserTypes = "Only built-in scopes that a user type already has can be listed. They are never granted and never revoked."
)

func OnDestroy(deletes, keeps string) schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, Computed: true, Default: stringdefault.StaticString(OnDestroyDelete),
		MarkdownDescription: fmt.Sprintf("Action on destroy. Valid values are `delete` (%s) and `keep` (%s). The last applied value is used. Defaults to "+
			"`delete`.", deletes, keeps),
		Validators: []validator.String{stringvalidator.OneOf(OnDestroyDelete, OnDestroyKeep)},
	}
}

const (
	OnDestroyDelete = "delete"
	OnDestroyKeep   = "keep"
)

func Manage() schema.ListAttribute {
	return schema.ListAttribute{
		Optional: true, ElementType: types.StringType, Validators: []validator.List{tftypes.Globs{}},
		MarkdownDescription: "Glob patterns of managed scope names (`*` matches any characters, `?` one). If not set, all scopes are managed.",
	}
}

func Ignore() schema.ListAttribute {
	return schema.ListAttribute{
		Optional: true, ElementType: types.StringType, Validators: []validator.List{tftypes.Globs{EmptyAllowed: true}},
		MarkdownDescription: "Glob patterns of excluded scope names. The resource never removes an excluded scope from the server. A scope that becomes " +
			"excluded is only removed from state.",
	}
}

// Bound returns max_revocations or max_unassignments, if it has no default.
func Bound(text string) schema.Int64Attribute {
	return wholeAttribute(text + " Also limits a destroy and a replacement, with the last applied value. If not set, there is no limit.")
}

// ClientRolesType returns the type of the entries of client_roles.
func ClientRolesType() types.MapType { return types.MapType{ElemType: tftypes.NewScopeSetType()} }

// RoleNotation describes the names of client roles.
const RoleNotation = "A client role is `client/<client ID>/<role>`, with `%2F` for a slash of the client ID. A realm role whose name begins with " +
	"`client/` is `realm/<role>`."

// RejectExcluded rejects names that the glob patterns of the same resource exclude.
func RejectExcluded(diags *diag.Diagnostics, at path.Path, f diff.Filter, names []string) {
	for _, found := range check.Excluded(f, names) {
		diagnostics.AddInvalid(diags, at, found)
	}
}

// wholeAttribute returns an optional whole number of at least 0.
func wholeAttribute(text string) schema.Int64Attribute {
	return schema.Int64Attribute{Optional: true, CustomType: tftypes.WholeType{}, Validators: []validator.Int64{tftypes.WholeNumber{}}, MarkdownDescription: text}
}

// DefaultWholeAttribute returns a wholeAttribute with a default.
func DefaultWholeAttribute(text string, value int64) schema.Int64Attribute {
	a := wholeAttribute(text)
	a.Computed, a.Default = true, int64default.StaticInt64(value)
	return a
}
