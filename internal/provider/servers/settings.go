package servers

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// Setting is one attribute of a block of the provider configuration. Each can
// be given by an environment variable too; what is written wins.
type Setting struct {
	Name   string
	Env    string
	Kind   Kind
	Secret bool
	Text   string // Markdown
	// Check returns what is wrong with a value. The finding begins with the label. nil: every
	// value is valid.
	Check func(label, value string) *check.Finding
}

// Kind is the type of a setting.
type Kind int

// The kinds of settings.
const (
	TextKind Kind = iota
	FlagKind
	WholeKind
	NumberKind
	DurationKind // text such as `30s`
	TextsKind    // map of texts; from the environment a JSON object
	LoginsKind   // map of { username, password }; from the environment a JSON object
)

// attributes returns the schema of a block.
func attributes(settings []Setting) map[string]schema.Attribute {
	all := map[string]schema.Attribute{}
	for _, s := range settings {
		all[s.Name] = s.attribute()
	}
	return all
}

func (s Setting) attribute() schema.Attribute {
	text := s.Text + " Can also be set with the `" + s.Env + "` environment variable"
	switch s.Kind {
	case FlagKind:
		return schema.BoolAttribute{Optional: true, MarkdownDescription: text + "."}
	case WholeKind:
		return schema.Int64Attribute{Optional: true, CustomType: tftypes.WholeType{}, MarkdownDescription: text + "."}
	case NumberKind:
		return schema.NumberAttribute{Optional: true, MarkdownDescription: text + "."}
	case TextsKind:
		return schema.MapAttribute{Optional: true, ElementType: types.StringType, Sensitive: s.Secret, MarkdownDescription: text + " (a JSON object)."}
	case LoginsKind:
		return schema.MapNestedAttribute{
			Optional: true, MarkdownDescription: text + " (a JSON object).",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"username": schema.StringAttribute{Required: true, MarkdownDescription: "Username of the user."},
				"password": schema.StringAttribute{Required: true, Sensitive: true, MarkdownDescription: "Password of the user."},
			}},
		}
	}
	return schema.StringAttribute{Optional: true, Sensitive: s.Secret, MarkdownDescription: text + "."}
}

// Values reads the settings of one block from the configuration, or else from the environment.
// Invalid values are collected as findings.
type Values struct {
	block    string
	settings []Setting
	object   map[string]attr.Value
	env      func(string) string
	found    *[]check.Finding
	plain    *http.Client // for requests to others than the server
}

// fail collects a finding about a setting, or about the whole block if the name is "".
func (v Values) fail(name string, f check.Finding) {
	f.Path = v.block
	if name != "" {
		f.Path += "." + name
	}
	*v.found = append(*v.found, f)
}

// configured returns the settings that the block sets to a known value, without the
// environment.
func (v Values) configured() Values {
	v.env = func(string) string { return "" }
	v.settings = slices.DeleteFunc(slices.Clone(v.settings), func(s Setting) bool {
		a, ok := v.written(s.Name)
		return !ok || hasUnknown(a)
	})
	return v
}

// validate reads all settings, for the errors about them.
func (v Values) validate() {
	for _, s := range v.settings {
		switch s.Kind {
		case WholeKind:
			v.whole(s.Name)
		case NumberKind:
			v.number(s.Name)
		case DurationKind:
			v.duration(s.Name)
		case TextKind:
			v.str(s.Name)
		}
	}
}

// label names a setting and its environment variable in messages.
func (v Values) label(name string) string {
	return fmt.Sprintf("%s.%s (or %s)", v.block, name, v.variable(name))
}

// verify runs the check of a setting.
func (v Values) verify(name, value string) {
	i := slices.IndexFunc(v.settings, func(s Setting) bool { return s.Name == name })
	if i < 0 || v.settings[i].Check == nil {
		return
	}
	if f := v.settings[i].Check(v.label(name), value); f != nil {
		v.fail(name, *f)
	}
}

// unknown returns the name of the first attribute that is unknown until apply, or "".
func (v Values) unknown() string {
	for _, s := range v.settings {
		if a, ok := v.object[s.Name]; ok && hasUnknown(a) {
			return v.block + "." + s.Name
		}
	}
	return ""
}

func hasUnknown(a attr.Value) bool {
	switch a := a.(type) {
	case types.Map:
		for _, e := range a.Elements() {
			if hasUnknown(e) {
				return true
			}
		}
	case types.Object:
		for _, e := range a.Attributes() {
			if hasUnknown(e) {
				return true
			}
		}
	}
	return a.IsUnknown()
}

// written returns an attribute of the configuration. ok is false if it is null.
func (v Values) written(name string) (attr.Value, bool) {
	a, ok := v.object[name]
	return a, ok && !a.IsNull()
}

// variable returns the environment variable of a setting, or "" if v does not have the
// setting.
func (v Values) variable(name string) string {
	i := slices.IndexFunc(v.settings, func(s Setting) bool { return s.Name == name })
	if i < 0 {
		return ""
	}
	return v.settings[i].Env
}

func (v Values) fromEnv(name string) string { return v.env(v.variable(name)) }

// variables returns the environment variables of the settings that the block does not set.
func (v Values) variables() []string {
	var names []string
	for _, s := range v.settings {
		if _, written := v.written(s.Name); !written {
			names = append(names, s.Env)
		}
	}
	return names
}

// omit ignores the environment for some settings. Configured values stay.
func (v Values) omit(names ...string) Values {
	env, variables := v.env, []string{}
	for _, n := range names {
		variables = append(variables, v.variable(n))
	}
	v.env = func(name string) string {
		if slices.Contains(variables, name) {
			return ""
		}
		return env(name)
	}
	return v
}

func (v Values) refuse(name, given string, allowed messages.Allowed) {
	v.fail(name, invalidValue(v.label(name), given, allowed))
}

func invalidValue(label, given string, allowed messages.Allowed) check.Finding {
	return check.Finding{Code: messages.ProviderValue, Data: messages.Value{Label: label, Given: given, Allowed: allowed}}
}

func (v Values) str(name string) string {
	text := v.fromEnv(name)
	if a, ok := v.written(name); ok {
		if s, ok := a.(types.String); ok {
			text = s.ValueString()
		}
	}
	v.verify(name, text)
	return text
}

func (v Values) flag(name string) bool {
	if a, ok := v.written(name); ok {
		b, ok := a.(types.Bool)
		return ok && b.ValueBool()
	}
	return parse(v, name, strconv.ParseBool, messages.AllowedFlag)
}

// flagOr returns a flag, or its default.
func (v Values) flagOr(name string, otherwise bool) bool {
	if _, written := v.written(name); !written && v.fromEnv(name) == "" {
		return otherwise
	}
	return v.flag(name)
}

func (v Values) whole(name string) int {
	if a, ok := v.written(name); ok {
		if w, ok := a.(tftypes.Whole); ok {
			if given := w.Invalid(); given != "" {
				v.refuse(name, given, messages.AllowedWhole)
				return 0
			}
			v.verify(name, strconv.FormatInt(w.ValueInt64(), 10))
			return int(w.ValueInt64())
		}
	}
	return parse(v, name, strconv.Atoi, messages.AllowedWhole)
}

func (v Values) number(name string) float64 {
	if a, ok := v.written(name); ok {
		if n, ok := a.(types.Number); ok && !n.IsUnknown() {
			return parseText(v, name, n.ValueBigFloat().Text('g', -1), parseFinite, messages.AllowedNumber)
		}
	}
	return parse(v, name, parseFinite, messages.AllowedNumber)
}

// parseFinite parses a number, except NaN and infinity.
func parseFinite(text string) (float64, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err == nil && (math.IsNaN(f) || math.IsInf(f, 0)) {
		return 0, strconv.ErrRange
	}
	return f, err
}

func (v Values) duration(name string) time.Duration {
	text := v.str(name)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		v.refuse(name, text, messages.AllowedDuration)
	}
	return d
}

func (v Values) texts(name string) map[string]string {
	if a, ok := v.written(name); ok {
		texts := map[string]string{}
		if m, ok := a.(types.Map); ok {
			for key, e := range m.Elements() {
				if s, ok := e.(types.String); ok {
					texts[key] = s.ValueString()
				}
			}
		}
		return texts
	}
	return parseJSON[map[string]string](v, name)
}

// login is one user that may log in.
type login struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

func (v Values) logins(name string) map[string]login {
	a, ok := v.written(name)
	if !ok {
		return parseJSON[map[string]login](v, name)
	}
	logins := map[string]login{}
	m, _ := a.(types.Map)
	for key, e := range m.Elements() {
		if o, ok := e.(types.Object); ok {
			username, _ := o.Attributes()["username"].(types.String)
			password, _ := o.Attributes()["password"].(types.String)
			logins[key] = login{Username: username.ValueString(), Password: password.ValueString()}
		}
	}
	return logins
}

// parse reads a setting from the environment.
func parse[T any](v Values, name string, parser func(string) (T, error), allowed messages.Allowed) T {
	return parseText(v, name, strings.TrimSpace(v.fromEnv(name)), parser, allowed)
}

func parseText[T any](v Values, name, text string, parser func(string) (T, error), allowed messages.Allowed) T {
	var zero T
	if text == "" {
		return zero
	}
	value, err := parser(text)
	if err != nil {
		v.refuse(name, text, allowed)
		return zero
	}
	v.verify(name, text)
	return value
}

// parseJSON never shows the text: it may hold secrets.
func parseJSON[T any](v Values, name string) (value T) {
	text := strings.TrimSpace(v.fromEnv(name))
	if text == "" {
		return value
	}
	if json.Unmarshal([]byte(text), &value) != nil {
		v.fail(name, check.Finding{Code: messages.ProviderJSON, Data: messages.Variable{Attribute: v.block + "." + name, Name: v.variable(name)}})
	}
	return value
}
