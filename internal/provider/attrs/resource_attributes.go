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

const ServerIDText = "Id of the server whose scopes are meant: on Keycloak the realm, the provider's realm if left out."

func ServerID() schema.StringAttribute {
	return schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: ServerIDText +
		" A state made for another server than the one addressed is an error, never a change."}
}

func AllowBuiltIn() schema.BoolAttribute {
	return schema.BoolAttribute{Optional: true, MarkdownDescription: "Allow naming scopes that every new server of the kind has. " +
		"They are changed as written here, but never deleted and never limited to user types; one that is no longer named only leaves the state."}
}

func OnDestroy(deletes, keeps string) schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, Computed: true, Default: stringdefault.StaticString(OnDestroyDelete),
		MarkdownDescription: fmt.Sprintf("What destroying the resource does: `delete` %s, `keep` %s. What was applied last counts. Defaults to `delete`.", deletes, keeps),
		Validators:          []validator.String{stringvalidator.OneOf(OnDestroyDelete, OnDestroyKeep)},
	}
}

const (
	OnDestroyDelete = "delete"
	OnDestroyKeep   = "keep"
)

func Manage() schema.ListAttribute {
	return schema.ListAttribute{
		Optional: true, ElementType: types.StringType, Validators: []validator.List{tftypes.Globs{}},
		MarkdownDescription: "What the resource sees and changes, as globs over scope names (`*` any characters, `?` one). All if left out.",
	}
}

func Ignore() schema.ListAttribute {
	return schema.ListAttribute{
		Optional: true, ElementType: types.StringType, Validators: []validator.List{tftypes.Globs{EmptyAllowed: true}},
		MarkdownDescription: "What of the managed names the resource leaves alone all the same, as globs. It is never taken away; what is ignored from now on only leaves the state.",
	}
}

// Bound returns max_revocations or max_unassignments, if it has no default.
func Bound(text string) schema.Int64Attribute {
	return wholeAttribute(text + " A destroy and a replacement count too, by the value that was applied last. No limit if not set.")
}

// ClientRolesType returns the type of the entries of client_roles.
func ClientRolesType() types.MapType { return types.MapType{ElemType: tftypes.NewScopeSetType()} }

// RoleNotation describes the names of client roles.
const RoleNotation = "A client role is `client/<client ID>/<role>`, with `%2F` for a slash of the client ID. A realm role whose name begins with `client/` is `realm/<role>`."

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
