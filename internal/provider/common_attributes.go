package provider

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

const serverIDText = "Id of the server whose scopes are meant: on Keycloak the realm, the provider's realm if left out."

func serverIDAttribute() schema.StringAttribute {
	return schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: serverIDText +
		" A state made for another server than the one addressed is an error, never a change."}
}

func allowBuiltInAttribute() schema.BoolAttribute {
	return schema.BoolAttribute{Optional: true, MarkdownDescription: "Allow naming scopes that every new server of the kind has. " +
		"They are changed as written here, but never deleted and never limited to user types; one that is no longer named only leaves the state."}
}

func onDestroyAttribute(deletes, keeps string) schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, Computed: true, Default: stringdefault.StaticString(onDestroyDelete),
		MarkdownDescription: fmt.Sprintf("What destroying the resource does: `delete` %s, `keep` %s. What was applied last counts. Defaults to `delete`.", deletes, keeps),
		Validators:          []validator.String{stringvalidator.OneOf(onDestroyDelete, onDestroyKeep)},
	}
}

const (
	onDestroyDelete = "delete"
	onDestroyKeep   = "keep"
)

func manageAttribute() schema.ListAttribute {
	return schema.ListAttribute{
		Optional: true, ElementType: types.StringType, Validators: []validator.List{tftypes.Globs{}},
		MarkdownDescription: "What the resource sees and changes, as globs over scope names (`*` any characters, `?` one). All if left out.",
	}
}

func ignoreAttribute() schema.ListAttribute {
	return schema.ListAttribute{
		Optional: true, ElementType: types.StringType, Validators: []validator.List{tftypes.Globs{EmptyAllowed: true}},
		MarkdownDescription: "What of the managed names the resource leaves alone all the same, as globs. It is never taken away; what is ignored from now on only leaves the state.",
	}
}

// boundAttribute is max_revocations or max_unassignments where it is not set by default.
func boundAttribute(text string) schema.Int64Attribute {
	return wholeAttribute(text + " A destroy and a replacement count too, by the value that was applied last. No limit if not set.")
}

// rolesType is the type of the entries of client_roles.
func rolesType() types.MapType { return types.MapType{ElemType: tftypes.NewScopeSetType()} }

// roleNotation describes the names of client roles.
const roleNotation = "A client role is `client/<client ID>/<role>`, with `%2F` for a slash of the client ID. A realm role whose name begins with `client/` is `realm/<role>`."

// rejectExcluded rejects names that the globs of the same resource exclude.
func rejectExcluded(diags *diag.Diagnostics, at path.Path, f diff.Filter, names []string) {
	for _, found := range check.Excluded(f, names) {
		diagnostics.AddInvalid(diags, at, found)
	}
}

// wholeAttribute is an optional whole number of at least 0.
func wholeAttribute(text string) schema.Int64Attribute {
	return schema.Int64Attribute{Optional: true, CustomType: tftypes.WholeType{}, Validators: []validator.Int64{tftypes.WholeNumber{}}, MarkdownDescription: text}
}

// defaultWholeAttribute is wholeAttribute with a default.
func defaultWholeAttribute(text string, value int64) schema.Int64Attribute {
	a := wholeAttribute(text)
	a.Computed, a.Default = true, int64default.StaticInt64(value)
	return a
}
