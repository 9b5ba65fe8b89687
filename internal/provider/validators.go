package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// Summaries of the errors about one value of the configuration.
const (
	summaryScopeName     = "Invalid scope name"
	summaryDescription   = "Description too long"
	summaryConsentText   = "Consent text too long"
	summaryNoScopes      = "No scopes"
	summaryNullEntry     = "Null entry"
	summaryEmptyKey      = "Empty key"
	summaryEmptyOverride = "Override without a setting"
	summaryNoGlobs       = "No globs"
	summaryEmptyGlob     = "Empty glob"
	summaryStrayOverride = "An override for no scope"
)

// scopeName holds a string, or every element of a set, against the scope-token
// of RFC 6749, section 3.3.
type scopeName struct{}

func (scopeName) Description(context.Context) string {
	return "must be a scope-token of RFC 6749 (section 3.3), at most 255 characters"
}

func (v scopeName) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (scopeName) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := authz.CheckName(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, summaryScopeName, nameAdvice(req.ConfigValue.ValueString(), err))
	}
}

func (v scopeName) ValidateSet(_ context.Context, req validator.SetRequest, resp *validator.SetResponse) {
	for _, e := range req.ConfigValue.Elements() {
		name, ok := e.(types.String)
		switch {
		case !ok || name.IsUnknown():
		case name.IsNull():
			resp.Diagnostics.AddAttributeError(req.Path, summaryScopeName, "An element is null. Every element must be the name of a scope.")
		default:
			if err := authz.CheckName(name.ValueString()); err != nil {
				resp.Diagnostics.AddAttributeError(req.Path, summaryScopeName, nameAdvice(name.ValueString(), err))
			}
		}
	}
}

// nameAdvice adds what to do: two names in one string is the usual mistake.
func nameAdvice(name string, err error) string {
	text := strings.ToUpper(err.Error()[:1]) + err.Error()[1:] + "."
	if parts := strings.Fields(name); len(parts) > 1 {
		text += " If these are several scopes, write each as a name of its own: \"" + strings.Join(parts, `", "`) + `".`
	}
	return text + " A realm import can create scopes with such a name: to keep one, add a pattern that matches it to ignore."
}

// scopeDescription holds a description against the length that servers store.
type scopeDescription struct{}

func (scopeDescription) Description(context.Context) string {
	return "must be at most 255 characters"
}

func (v scopeDescription) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (scopeDescription) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	var name types.String // of the same resource
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("name"), &name)...)
	if err := authz.CheckDescription(name.ValueString(), req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, summaryDescription, "Shorten it: "+err.Error()+".")
	}
}

// consentText compares a consent text with the length that servers store.
type consentText struct{}

func (consentText) Description(context.Context) string {
	return "must be at most 2,048 characters"
}

func (v consentText) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (consentText) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if err := authz.CheckConsentText(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, summaryConsentText, "Shorten it: "+err.Error()+".")
	}
}

// scopeMap holds the keys and values of `scopes` against both, and refuses an
// empty map: it would delete everything.
type scopeMap struct{}

func (scopeMap) Description(context.Context) string {
	return "keys are scope names, values descriptions of at most 255 characters"
}

func (v scopeMap) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (scopeMap) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	elements := req.ConfigValue.Elements()
	for _, name := range sortedKeys(elements) {
		if err := authz.CheckName(name); err != nil {
			resp.Diagnostics.AddAttributeError(req.Path, summaryScopeName, nameAdvice(name, err))
		}
		if text, ok := elements[name].(types.String); ok {
			if err := authz.CheckDescription(name, text.ValueString()); err != nil {
				resp.Diagnostics.AddAttributeError(req.Path.AtMapKey(name), summaryDescription, "Shorten it: "+err.Error()+".")
			}
		}
	}
}

// definedScopes is scopeMap for a data source, which deletes nothing.
type definedScopes struct {
	scopeMap
	reason string // why an empty map is an error
}

func (v definedScopes) ValidateMap(ctx context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	if !req.ConfigValue.IsNull() && !req.ConfigValue.IsUnknown() && len(req.ConfigValue.Elements()) == 0 {
		resp.Diagnostics.AddAttributeError(req.Path, summaryNoScopes,
			"The map is empty. "+v.reason+" If the map comes from documents or a data source, check why they gave no scope.")
		return
	}
	v.scopeMap.ValidateMap(ctx, req, resp)
}

// scopeSets checks a map of sets of scope names. Terraform shows no difference between a set
// that is null and one that is empty.
type scopeSets struct{}

func (scopeSets) Description(context.Context) string {
	return "must have a set of scope names in each entry"
}

func (v scopeSets) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (scopeSets) ValidateMap(ctx context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	elements := req.ConfigValue.Elements()
	for _, key := range sortedKeys(elements) {
		at := req.Path.AtMapKey(key)
		if key == "" {
			resp.Diagnostics.AddAttributeError(req.Path, summaryEmptyKey, "A key is empty. Each key must be the name of a user type.")
		}
		set, ok := elements[key].(tftypes.ScopeSet)
		switch {
		case !ok:
		case set.IsNull():
			resp.Diagnostics.AddAttributeError(at, summaryNullEntry, fmt.Sprintf("The entry %q is null. To grant no scope, remove the entry or set it to [].", key))
		default:
			inner := &validator.SetResponse{}
			scopeName{}.ValidateSet(ctx, validator.SetRequest{Path: at, ConfigValue: set.SetValue}, inner)
			resp.Diagnostics.Append(inner.Diagnostics...)
		}
	}
}

// noNullEntries refuses a map with a null entry, which says nothing.
type noNullEntries struct{}

func (noNullEntries) Description(context.Context) string { return "must have no null entry" }

func (v noNullEntries) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (noNullEntries) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	elements := req.ConfigValue.Elements()
	for _, name := range sortedKeys(elements) {
		if elements[name].IsNull() {
			resp.Diagnostics.AddAttributeError(req.Path.AtMapKey(name), summaryNullEntry, fmt.Sprintf("The entry %q is null. Take it out, or write what it says ({} says nothing).", name))
		}
	}
}

// overrideEntries rejects an entry without a setting. Terraform removes keys that the schema
// does not have, so a misspelled setting leaves an empty entry.
type overrideEntries struct{}

func (overrideEntries) Description(context.Context) string {
	return "must have a setting in each entry"
}

func (v overrideEntries) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (overrideEntries) ValidateMap(_ context.Context, req validator.MapRequest, resp *validator.MapResponse) {
	elements := req.ConfigValue.Elements()
	for _, name := range sortedKeys(elements) {
		entry, ok := elements[name].(types.Object)
		if !ok || entry.IsNull() || entry.IsUnknown() {
			continue
		}
		settings := entry.Attributes()
		empty := true
		for _, value := range settings {
			empty = empty && value.IsNull()
		}
		if empty {
			resp.Diagnostics.AddAttributeError(req.Path.AtMapKey(name), summaryEmptyOverride,
				fmt.Sprintf("The entry %q sets nothing, or only keys that are no settings. Terraform ignores unknown keys, so check their spelling.\n\n"+
					"Settings are:\n\n%s\n\nSet at least one, or remove the entry.", name, messages.List(sortedKeys(settings))))
		}
	}
}

// globs refuses globs that could not match what they mean.
type globs struct{ emptyAllowed bool }

func (globs) Description(context.Context) string {
	return "must be globs over scope names, none of them empty"
}

func (v globs) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v globs) ValidateList(_ context.Context, req validator.ListRequest, resp *validator.ListResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if len(req.ConfigValue.Elements()) == 0 && !v.emptyAllowed {
		resp.Diagnostics.AddAttributeError(req.Path, summaryNoGlobs, "The list is empty, which could mean all or nothing. Leave the attribute out, or name at least one glob.")
	}
	for i, e := range req.ConfigValue.Elements() {
		if glob, ok := e.(types.String); ok && !glob.IsUnknown() && glob.ValueString() == "" {
			resp.Diagnostics.AddAttributeError(req.Path.AtListIndex(i), summaryEmptyGlob, "A glob is null or empty and would match no scope. Take it out.")
		}
	}
}
