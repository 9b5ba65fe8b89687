package attrs

import (
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	dataschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	resourceschema "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// Each function of this file that depends on the kind of a setting has one case per
// kind. The others loop over the table.

func SettingType(kind settings.Kind) attr.Type {
	switch kind {
	case settings.KindBool:
		return types.BoolType
	case settings.KindSet:
		return tftypes.NewScopeSetType()
	default:
		return types.StringType
	}
}

// readSetting returns the value of a field of Settings.
func readSetting(field any) (v settings.Value, null, unknown bool) {
	switch f := field.(type) {
	case *types.Bool:
		return settings.Bool(f.ValueBool()), f.IsNull(), f.IsUnknown()
	case *types.String:
		return settings.Text(f.ValueString()), f.IsNull(), f.IsUnknown()
	case *tftypes.ScopeSet:
		names, known := f.Names()
		if f.IsNull() || !known {
			return settings.Value{}, f.IsNull(), !known
		}
		return settings.Names(append([]string{}, names...)), false, false
	}
	return settings.Value{}, true, false
}

// writeSetting sets a field of Settings.
func writeSetting(field any, v settings.Value) {
	switch f := field.(type) {
	case *types.Bool:
		*f = types.BoolValue(v.Bool())
	case *types.String:
		*f = types.StringValue(v.Text())
	case *tftypes.ScopeSet:
		*f = tftypes.NewScopeSet(v.Names())
	}
}

// fieldValue returns a field of Settings.
func fieldValue(field any) attr.Value {
	switch f := field.(type) {
	case *types.Bool:
		return *f
	case *tftypes.ScopeSet:
		return *f
	case *types.String:
		return *f
	}
	return nil
}

// setField sets a field of Settings. ok is false if the value has another type.
func setField(field any, v attr.Value) (ok bool) {
	switch f := field.(type) {
	case *types.Bool:
		*f, ok = v.(types.Bool)
	case *types.String:
		*f, ok = v.(types.String)
	case *tftypes.ScopeSet:
		*f, ok = v.(tftypes.ScopeSet)
	}
	return ok
}

func settingValidators(row *settings.Row) []validator.String {
	switch row.Kind {
	case settings.KindText:
		return []validator.String{tftypes.ConsentText{}}
	case settings.KindNumber:
		text := "must be a whole number of at most 9 digits"
		if row.NullKeeps {
			text += ", or not be set to keep the value of the server"
		}
		return []validator.String{stringvalidator.RegexMatches(regexp.MustCompile(`^[0-9]{1,9}$`), text)}
	case settings.KindChoice:
		return []validator.String{stringvalidator.OneOf(row.Choices...)}
	}
	return nil
}

// resourceSetting returns an attribute of a resource. It is computed if null stands for
// a default, and optional only if null stands for the value of `settings`.
func resourceSetting(row *settings.Row, computed bool) resourceschema.Attribute {
	text := row.Description
	if computed {
		text += defaultNote(row)
	}
	switch row.Kind {
	case settings.KindBool:
		return resourceschema.BoolAttribute{Optional: true, Computed: computed, MarkdownDescription: text}
	case settings.KindSet:
		return resourceschema.SetAttribute{
			Optional: true, Computed: computed, MarkdownDescription: text,
			CustomType: tftypes.NewScopeSetType(), ElementType: types.StringType, Validators: setValidators(),
		}
	default:
		return resourceschema.StringAttribute{Optional: true, Computed: computed, MarkdownDescription: text, Validators: settingValidators(row)}
	}
}

// DataSetting returns an attribute that a data source compares with the server.
func DataSetting(row *settings.Row) dataschema.Attribute {
	return dataAttribute(row, row.Description, true)
}

// ReportedSetting returns an attribute that a data source reads from the server.
func ReportedSetting(row *settings.Row) dataschema.Attribute {
	return dataAttribute(row, row.Reported, false)
}

// dataAttribute returns an attribute of a data source, which is either set or computed.
func dataAttribute(row *settings.Row, text string, set bool) dataschema.Attribute {
	switch row.Kind {
	case settings.KindBool:
		return dataschema.BoolAttribute{Optional: set, Computed: !set, MarkdownDescription: text}
	case settings.KindSet:
		return dataschema.SetAttribute{
			Optional: set, Computed: !set, MarkdownDescription: text,
			CustomType: tftypes.NewScopeSetType(), ElementType: types.StringType, Validators: setValidators(),
		}
	default:
		return dataschema.StringAttribute{Optional: set, Computed: !set, MarkdownDescription: text, Validators: settingValidators(row)}
	}
}

// setValidators returns the validators of a setting of settings.KindSet.
func setValidators() []validator.Set {
	return []validator.Set{setvalidator.NoNullValues(), setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))}
}

func defaultNote(row *settings.Row) string {
	switch {
	case row.DefaultNote != "":
		return " Defaults to " + row.DefaultNote + "."
	case row.EmptyIsNull():
		return ""
	}
	return " Defaults to `" + row.Format(row.Default) + "`."
}

// EachSetting returns something for each setting, by the name of its attribute.
func EachSetting[T any](describe func(*settings.Row) T) map[string]T {
	all := map[string]T{}
	rows := settings.Rows()
	for i := range rows {
		all[rows[i].Name] = describe(&rows[i])
	}
	return all
}

func SettingsTypes() map[string]attr.Type {
	return EachSetting(func(row *settings.Row) attr.Type { return SettingType(row.Kind) })
}

func SettingsAttributes(computed bool) map[string]resourceschema.Attribute {
	return EachSetting(func(row *settings.Row) resourceschema.Attribute { return resourceSetting(row, computed) })
}
