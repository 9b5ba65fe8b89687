package tftypes

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/diagnostics"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// ScopeName checks that a string, or every element of a set, is a scope-token of RFC 6749,
// section 3.3.
type ScopeName struct{}

func (ScopeName) Description(context.Context) string {
	return "must be a scope-token of RFC 6749 (section 3.3), at most 255 characters"
}

func (v ScopeName) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (ScopeName) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := authz.CheckName(req.ConfigValue.ValueString()); err != nil {
		diagnostics.AddInvalid(&resp.Diagnostics, req.Path, InvalidName(req.ConfigValue.ValueString(), err))
	}
}

func (v ScopeName) ValidateSet(_ context.Context, req validator.SetRequest, resp *validator.SetResponse) {
	for _, e := range req.ConfigValue.Elements() {
		name, ok := e.(types.String)
		switch {
		case !ok || name.IsUnknown():
		case name.IsNull():
			diagnostics.AddInvalid(&resp.Diagnostics, req.Path, check.Finding{Code: messages.InputNullName})
		default:
			if err := authz.CheckName(name.ValueString()); err != nil {
				diagnostics.AddInvalid(&resp.Diagnostics, req.Path, InvalidName(name.ValueString(), err))
			}
		}
	}
}

func InvalidName(name string, err error) check.Finding {
	return check.Finding{Code: messages.InputScopeName, Data: messages.Name{Given: name, Err: err}}
}

// ScopeDescription checks the length of a description, which servers limit.
type ScopeDescription struct{}

func (ScopeDescription) Description(context.Context) string {
	return "must be at most 255 characters"
}

func (v ScopeDescription) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (ScopeDescription) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	var name types.String // of the same resource
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("name"), &name)...)
	if err := authz.CheckDescription(name.ValueString(), req.ConfigValue.ValueString()); err != nil {
		diagnostics.AddInvalid(&resp.Diagnostics, req.Path, check.Finding{Code: messages.InputDescription, Data: err})
	}
}

// ConsentText checks the length of a consent text, which servers limit.
type ConsentText struct{}

func (ConsentText) Description(context.Context) string {
	return "must be at most 2,048 characters"
}

func (v ConsentText) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (ConsentText) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if err := authz.CheckConsentText(req.ConfigValue.ValueString()); err != nil {
		diagnostics.AddInvalid(&resp.Diagnostics, req.Path, check.Finding{Code: messages.InputConsentText, Data: err})
	}
}

// ScopeMap checks the keys and values of `scopes`, and rejects an empty map, which would delete
// every scope.
type ScopeMap struct{}

func (ScopeMap) Description(context.Context) string {
	return "keys are scope names, values descriptions of at most 255 characters"
}

func (v ScopeMap) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (ScopeMap) ValidateMap(ctx context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	value, diags := NewTextMapType().ValueFromMap(ctx, req.ConfigValue)
	resp.Diagnostics.Append(diags...)
	texts, _ := value.(TextMap)
	elements := texts.Strings()
	for _, name := range slices.Sorted(maps.Keys(elements)) {
		if err := authz.CheckName(name); err != nil {
			diagnostics.AddInvalid(&resp.Diagnostics, req.Path, InvalidName(name, err))
		}
		if err := authz.CheckDescription(name, elements[name].ValueString()); err != nil {
			diagnostics.AddInvalid(&resp.Diagnostics, req.Path.AtMapKey(name), check.Finding{Code: messages.InputDescription, Data: err})
		}
	}
}

// DefinedScopes is ScopeMap for a data source, which deletes nothing.
type DefinedScopes struct {
	ScopeMap
	Empty check.Code // of the error about an empty map
}

func (v DefinedScopes) ValidateMap(ctx context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	if !req.ConfigValue.IsNull() && !req.ConfigValue.IsUnknown() && len(req.ConfigValue.Elements()) == 0 {
		diagnostics.AddInvalid(&resp.Diagnostics, req.Path, check.Finding{Code: v.Empty})
		return
	}
	v.ScopeMap.ValidateMap(ctx, req, resp)
}

// ScopeSets checks a map of sets of scope names. Terraform shows no difference between a set
// that is null and one that is empty.
type ScopeSets struct{}

func (ScopeSets) Description(context.Context) string {
	return "must have a set of scope names in each entry"
}

func (v ScopeSets) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (ScopeSets) ValidateMap(ctx context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	eachEntry(req, resp, messages.InputNullGrants, func(at path.Path, set ScopeSet) {
		inner := &validator.SetResponse{}
		ScopeName{}.ValidateSet(ctx, validator.SetRequest{Path: at, ConfigValue: set.SetValue}, inner)
		resp.Diagnostics.Append(inner.Diagnostics...)
	})
}

// RoleSets checks a map of client IDs to such maps.
type RoleSets struct{ ScopeSets }

func (RoleSets) ValidateMap(ctx context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	eachEntry(req, resp, messages.InputNullRoles, func(at path.Path, roles types.Map) {
		ScopeSets{}.ValidateMap(ctx, validator.MapRequest{Path: at, ConfigValue: roles}, resp)
	})
}

// eachEntry calls do for each entry of a map. It rejects empty keys, and null entries by the
// code.
func eachEntry[V attr.Value](req validator.MapRequest, resp *validator.MapResponse, null check.Code, do func(at path.Path, entry V)) {
	elements := req.ConfigValue.Elements()
	for _, key := range slices.Sorted(maps.Keys(elements)) {
		at := req.Path.AtMapKey(key)
		if key == "" {
			diagnostics.AddInvalid(&resp.Diagnostics, req.Path, check.Finding{Code: messages.InputEmptyKey})
		}
		switch entry, ok := elements[key].(V); {
		case !ok:
		case entry.IsNull():
			diagnostics.AddInvalid(&resp.Diagnostics, at, check.Finding{Code: null, Subjects: []string{key}})
		default:
			do(at, entry)
		}
	}
}

// NoNullEntries rejects a map with a null entry, which sets nothing.
type NoNullEntries struct{}

func (NoNullEntries) Description(context.Context) string { return "must have no null entry" }

func (v NoNullEntries) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (NoNullEntries) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	elements := req.ConfigValue.Elements()
	for _, name := range slices.Sorted(maps.Keys(elements)) {
		if elements[name].IsNull() {
			diagnostics.AddInvalid(&resp.Diagnostics, req.Path.AtMapKey(name), check.Finding{Code: messages.InputNullEntry, Subjects: []string{name}})
		}
	}
}

// OverrideEntries rejects an entry without a setting. Terraform removes keys that the schema
// does not have, so a misspelled setting leaves an empty entry.
type OverrideEntries struct{}

func (OverrideEntries) Description(context.Context) string {
	return "must have a setting in each entry"
}

func (v OverrideEntries) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (OverrideEntries) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	elements := req.ConfigValue.Elements()
	for _, name := range slices.Sorted(maps.Keys(elements)) {
		entry, ok := elements[name].(types.Object)
		if !ok || entry.IsNull() || entry.IsUnknown() {
			continue
		}
		if setsNothing(entry) {
			diagnostics.AddInvalid(&resp.Diagnostics, req.Path.AtMapKey(name), check.Finding{
				Code: messages.InputNoSetting, Subjects: []string{name}, Data: slices.Sorted(maps.Keys(entry.Attributes())),
			})
		}
	}
}

// setsNothing reports whether all attributes of an object are null.
func setsNothing(object types.Object) bool {
	for _, value := range object.Attributes() {
		if !value.IsNull() {
			return false
		}
	}
	return true
}

// CommonSettings warns of settings that set nothing, as OverrideEntries rejects an entry. It
// is no error, because the values of a module's variables can all be null.
type CommonSettings struct{}

func (CommonSettings) Description(context.Context) string { return "should set at least one setting" }

func (v CommonSettings) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (CommonSettings) ValidateObject(_ context.Context, req validator.ObjectRequest, resp *validator.ObjectResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() || !setsNothing(req.ConfigValue) {
		return
	}
	diagnostics.AddInvalid(&resp.Diagnostics, req.Path, check.Finding{
		Code: messages.InputNoSettings, Severity: check.Warn, Data: slices.Sorted(maps.Keys(req.ConfigValue.Attributes())),
	})
}

// Globs rejects empty glob patterns and, unless EmptyAllowed is set, an empty list.
type Globs struct{ EmptyAllowed bool }

func (Globs) Description(context.Context) string {
	return "must be globs over scope names, none of them empty"
}

func (v Globs) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v Globs) ValidateList(_ context.Context, req validator.ListRequest, resp *validator.ListResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if len(req.ConfigValue.Elements()) == 0 && !v.EmptyAllowed {
		diagnostics.AddInvalid(&resp.Diagnostics, req.Path, check.Finding{Code: messages.InputNoGlobs})
	}
	for i, e := range req.ConfigValue.Elements() {
		if glob, ok := e.(types.String); ok && !glob.IsUnknown() && glob.ValueString() == "" {
			diagnostics.AddInvalid(&resp.Diagnostics, req.Path.AtListIndex(i), check.Finding{Code: messages.InputEmptyGlob})
		}
	}
}

// WholeNumber rejects a number that is not whole, negative, or of more than 64 bits.
type WholeNumber struct{}

func (WholeNumber) Description(context.Context) string { return "must be a whole number of at least 0" }

func (v WholeNumber) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (WholeNumber) ValidateInt64(ctx context.Context, req validator.Int64Request, resp *validator.Int64Response) {
	var number Whole // req.ConfigValue does not have an invalid number
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, req.Path, &number)...)
	if number.Invalid() == "" && number.ValueInt64() >= 0 {
		return
	}
	diagnostics.AddInvalid(&resp.Diagnostics, req.Path, check.Finding{
		Code: messages.InputWhole, Data: messages.Number{Attribute: req.Path.String(), Given: number.String()},
	})
}
