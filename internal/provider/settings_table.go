package provider

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// setting is one attribute of a block of the provider configuration. Each can
// be given by an environment variable too; what is written wins.
type setting struct {
	name   string
	env    string
	kind   kind
	secret bool
	text   string // Markdown
	// check rejects a value, in an error that begins with the label. nil: every value is valid.
	check func(label, value string) error
}

type kind int

const (
	textKind kind = iota
	flagKind
	wholeKind
	numberKind
	durationKind // text such as `30s`
	textsKind    // map of texts; from the environment a JSON object
	loginsKind   // map of { username, password }; from the environment a JSON object
)

// attributes makes the schema of a block.
func attributes(settings []setting) map[string]schema.Attribute {
	all := map[string]schema.Attribute{}
	for _, s := range settings {
		all[s.name] = s.attribute()
	}
	return all
}

func (s setting) attribute() schema.Attribute {
	text := s.text + " Environment: `" + s.env + "`"
	switch s.kind {
	case flagKind:
		return schema.BoolAttribute{Optional: true, MarkdownDescription: text + "."}
	case wholeKind:
		return schema.Int64Attribute{Optional: true, MarkdownDescription: text + "."}
	case numberKind:
		return schema.Float64Attribute{Optional: true, MarkdownDescription: text + "."}
	case textsKind:
		return schema.MapAttribute{Optional: true, ElementType: types.StringType, Sensitive: s.secret, MarkdownDescription: text + " (a JSON object)."}
	case loginsKind:
		return schema.MapNestedAttribute{
			Optional: true, MarkdownDescription: text + " (a JSON object).",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"username": schema.StringAttribute{Required: true, MarkdownDescription: "Its username."},
				"password": schema.StringAttribute{Required: true, Sensitive: true, MarkdownDescription: "Its password."},
			}},
		}
	}
	return schema.StringAttribute{Optional: true, Sensitive: s.secret, MarkdownDescription: text + "."}
}

// values reads the settings of one block, from the configuration or else from
// the environment. What cannot be read is collected as errors.
type values struct {
	block    string
	settings []setting
	object   map[string]attr.Value
	env      func(string) string
	errs     *[]error
	plain    *http.Client // for requests to others than the server
}

// settingError is an error about one attribute of the provider configuration.
type settingError struct {
	path path.Path
	err  error
}

func (e settingError) Error() string { return e.err.Error() }
func (e settingError) Unwrap() error { return e.err }

// fail collects an error about a setting.
func (v values) fail(name string, err error) {
	*v.errs = append(*v.errs, settingError{path.Root(v.block).AtName(name), err})
}

// addSettingErrors reports what values collected, each at its attribute.
func addSettingErrors(diags *diag.Diagnostics, errs []error) {
	for _, err := range errs {
		var at settingError
		if errors.As(err, &at) {
			addAttributeError(diags, at.path, summaryConfiguration, at.err)
			continue
		}
		addError(diags, summaryConfiguration, err)
	}
}

// configured returns the settings that the block sets to a known value, without the
// environment.
func (v values) configured() values {
	v.env = func(string) string { return "" }
	v.settings = slices.DeleteFunc(slices.Clone(v.settings), func(s setting) bool {
		a, ok := v.written(s.name)
		return !ok || hasUnknown(a)
	})
	return v
}

// validate reads all settings, for the errors about them.
func (v values) validate() {
	for _, s := range v.settings {
		switch s.kind {
		case wholeKind:
			v.whole(s.name)
		case numberKind:
			v.number(s.name)
		case durationKind:
			v.duration(s.name)
		case textKind:
			v.str(s.name)
		}
	}
}

// label names a setting and its environment variable in messages.
func (v values) label(name string) string {
	return fmt.Sprintf("%s.%s (or %s)", v.block, name, v.variable(name))
}

// verify runs the check of a setting.
func (v values) verify(name, value string) {
	i := slices.IndexFunc(v.settings, func(s setting) bool { return s.name == name })
	if i < 0 || v.settings[i].check == nil {
		return
	}
	if err := v.settings[i].check(v.label(name), value); err != nil {
		v.fail(name, err)
	}
}

// unknown names the first attribute that is not known yet, "" when all are.
func (v values) unknown() string {
	for _, s := range v.settings {
		if a, ok := v.object[s.name]; ok && hasUnknown(a) {
			return v.block + "." + s.name
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

// written is an attribute of the configuration; ok is false when it is null.
func (v values) written(name string) (attr.Value, bool) {
	a, ok := v.object[name]
	return a, ok && !a.IsNull()
}

// variable is the environment variable of a setting, "" for one that v does not have.
func (v values) variable(name string) string {
	i := slices.IndexFunc(v.settings, func(s setting) bool { return s.name == name })
	if i < 0 {
		return ""
	}
	return v.settings[i].env
}

func (v values) fromEnv(name string) string { return v.env(v.variable(name)) }

// fromElsewhere says which environment variables stand for what is not written.
func (v values) fromElsewhere() string {
	var names []string
	for _, s := range v.settings {
		if _, written := v.written(s.name); !written {
			names = append(names, s.env)
		}
	}
	return " What the block leaves out is taken from the environment: " + strings.Join(names, ", ") + "."
}

// without leaves the environment out for some settings; what is written stays.
func (v values) without(names ...string) values {
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

func (v values) refuse(name, given, allowed string) {
	v.fail(name, &authz.Error{
		Kind: authz.Invalid, Err: fmt.Errorf("%s is %q", v.label(name), given),
		Advice: fmt.Sprintf("It must be %s.", allowed),
	})
}

func (v values) str(name string) string {
	text := v.fromEnv(name)
	if a, ok := v.written(name); ok {
		if s, ok := a.(types.String); ok {
			text = s.ValueString()
		}
	}
	v.verify(name, text)
	return text
}

func (v values) flag(name string) bool {
	if a, ok := v.written(name); ok {
		b, ok := a.(types.Bool)
		return ok && b.ValueBool()
	}
	return parse(v, name, strconv.ParseBool, "true or false")
}

func (v values) whole(name string) int {
	if a, ok := v.written(name); ok {
		if i, ok := a.(types.Int64); ok {
			v.verify(name, strconv.FormatInt(i.ValueInt64(), 10))
			return int(i.ValueInt64())
		}
	}
	return parse(v, name, strconv.Atoi, "a whole number")
}

func (v values) number(name string) float64 {
	if a, ok := v.written(name); ok {
		if f, ok := a.(types.Float64); ok {
			v.verify(name, strconv.FormatFloat(f.ValueFloat64(), 'g', -1, 64))
			return f.ValueFloat64()
		}
	}
	return parse(v, name, func(s string) (float64, error) { return strconv.ParseFloat(s, 64) }, "a number")
}

func (v values) duration(name string) time.Duration {
	text := v.str(name)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		v.refuse(name, text, "a time longer than zero with its unit, such as \"30s\" or \"2m\"")
	}
	return d
}

func (v values) texts(name string) map[string]string {
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

func (v values) logins(name string) map[string]login {
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

func parse[T any](v values, name string, parser func(string) (T, error), allowed string) T {
	var zero T
	text := strings.TrimSpace(v.fromEnv(name))
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
func parseJSON[T any](v values, name string) T {
	return parse(v, name, func(text string) (T, error) {
		var value T
		if json.Unmarshal([]byte(text), &value) != nil {
			v.fail(name, &authz.Error{
				Kind: authz.Invalid, Err: fmt.Errorf("%s.%s comes from %s, which is no JSON object of the right shape", v.block, name, v.variable(name)),
				Advice: "Give a JSON object in the environment, or write the attribute in the configuration.",
			})
		}
		return value, nil
	}, "a JSON object")
}
