package provider

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// policyFile is the Terraform Policy file, as far as its language is documented: inputs, and
// rules with locals, an operation and conditions. The program that evaluates it is part of
// Terraform 1.17.
// https://developer.hashicorp.com/terraform/policy/reference/policy
type policyFile struct {
	t       *testing.T
	inputs  cty.Value
	rules   []*hclsyntax.Block
	schemas map[string]cty.Type
}

func readPolicy(t *testing.T) *policyFile {
	t.Helper()
	raw, err := os.ReadFile(policiesDir + "/scopes.policy.hcl")
	if err != nil {
		t.Fatal(err)
	}
	file, diags := hclsyntax.ParseConfig(raw, "scopes.policy.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	p := &policyFile{t: t, schemas: schemaTypes(t)}
	inputs := map[string]cty.Value{}
	for _, b := range file.Body.(*hclsyntax.Body).Blocks {
		switch b.Type {
		case "policy":
		case "input":
			inputs[b.Labels[0]] = p.value(b.Body.Attributes["default"].Expr, nil)
		case "resource_policy":
			p.rules = append(p.rules, b)
		default:
			t.Errorf("the block %s is unknown", b.Type)
		}
	}
	p.inputs = cty.ObjectVal(inputs)
	return p
}

// policyFunctions are the functions that the file uses. They have a prefix there.
func policyFunctions() map[string]function.Function {
	return map[string]function.Function{
		"core::try": tryfunc.TryFunc, "core::contains": stdlib.ContainsFunc, "core::length": stdlib.LengthFunc,
		"core::join": stdlib.JoinFunc, "core::keys": stdlib.KeysFunc, "core::flatten": stdlib.FlattenFunc,
		"core::endswith": function.New(&function.Spec{
			Params: []function.Parameter{{Name: "text", Type: cty.String}, {Name: "end", Type: cty.String}},
			Type:   function.StaticReturnType(cty.Bool),
			Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
				return cty.BoolVal(strings.HasSuffix(args[0].AsString(), args[1].AsString())), nil
			},
		}),
	}
}

func (p *policyFile) value(e hcl.Expression, of *hcl.EvalContext) cty.Value {
	p.t.Helper()
	v, diags := e.Value(of)
	if diags.HasErrors() {
		p.t.Fatal(diags)
	}
	return v
}

// violations returns the messages of the conditions that a plan breaks, sorted. An unknown
// condition is evaluated again in the apply, when its values are known.
func (p *policyFile) violations(plan *tfjson.Plan) []string {
	p.t.Helper()
	var broken []string
	for _, rc := range plan.ResourceChanges {
		if rc.Mode != tfjson.ManagedResourceMode {
			continue
		}
		for _, rule := range p.rules {
			if rule.Labels[0] != rc.Type {
				continue
			}
			for _, operation := range p.value(rule.Body.Attributes["operations"].Expr, nil).AsValueSlice() {
				if slices.Contains(rc.Change.Actions, tfjson.Action(operation.AsString())) {
					broken = append(broken, p.evaluate(rule, rc)...)
				}
			}
		}
	}
	slices.Sort(broken)
	return broken
}

func (p *policyFile) evaluate(rule *hclsyntax.Block, rc *tfjson.ResourceChange) []string {
	p.t.Helper()
	in := &hcl.EvalContext{Functions: policyFunctions(), Variables: map[string]cty.Value{"input": p.inputs}}
	if !rc.Change.Actions.Delete() {
		in.Variables["attrs"] = p.object(rc.Type, rc.Change.After, rc.Change.AfterUnknown)
	}
	if !rc.Change.Actions.Create() {
		in.Variables["prior_attrs"] = p.object(rc.Type, rc.Change.Before, nil)
	}
	p.addLocals(rule, in)
	var broken []string
	for _, b := range rule.Body.Blocks {
		if b.Type != "enforce" {
			continue
		}
		if holds := p.value(b.Body.Attributes["condition"].Expr, in); holds.IsKnown() && holds.False() {
			broken = append(broken, rc.Address+": "+p.value(b.Body.Attributes["error_message"].Expr, in).AsString())
		}
	}
	return broken
}

// addLocals evaluates the locals in the order of their references.
func (p *policyFile) addLocals(rule *hclsyntax.Block, in *hcl.EvalContext) {
	p.t.Helper()
	left, done := hclsyntax.Attributes{}, map[string]cty.Value{}
	for _, b := range rule.Body.Blocks {
		if b.Type == "locals" {
			maps.Copy(left, b.Body.Attributes)
		}
	}
	for len(left) > 0 {
		before := len(left)
		for name, a := range left {
			in.Variables["local"] = cty.ObjectVal(done)
			if !slices.ContainsFunc(a.Expr.Variables(), func(ref hcl.Traversal) bool { return waitsFor(ref, left) }) {
				done[name] = p.value(a.Expr, in)
				delete(left, name)
			}
		}
		if len(left) == before {
			p.t.Fatalf("%s: the locals refer to each other", strings.Join(rule.Labels, "."))
		}
	}
	in.Variables["local"] = cty.ObjectVal(done)
}

// waitsFor reports whether a reference is to a local that has no value yet.
func waitsFor(ref hcl.Traversal, left hclsyntax.Attributes) bool {
	if ref.RootName() != "local" {
		return false
	}
	step, ok := ref[1].(hcl.TraverseAttr)
	return ok && left[step.Name] != nil
}

// object converts what a plan has of a resource to the type of its schema.
func (p *policyFile) object(kind string, known, unknown any) cty.Value {
	p.t.Helper()
	raw, err := json.Marshal(known)
	if err != nil {
		p.t.Fatal(err)
	}
	// An attribute that is unknown until apply is not in the plan.
	of := p.schemas[kind]
	var values map[string]json.RawMessage
	if err := json.Unmarshal(raw, &values); err != nil {
		p.t.Fatal(err)
	}
	hidden, _ := unknown.(map[string]any)
	object := map[string]cty.Value{}
	for name, t := range of.AttributeTypes() {
		object[name] = cty.NullVal(t)
		switch {
		case hidden[name] != nil && hidden[name] != false && values[name] == nil:
			object[name] = cty.UnknownVal(t)
		case values[name] != nil:
			if object[name], err = ctyjson.Unmarshal(values[name], t); err != nil {
				p.t.Fatalf("%s.%s: %v", kind, name, err)
			}
		}
	}
	return cty.ObjectVal(object)
}

// schemaTypes are the types of the resources.
func schemaTypes(t *testing.T) map[string]cty.Type {
	t.Helper()
	found := map[string]cty.Type{}
	for _, newResource := range New("test")().Resources(t.Context()) {
		r := newResource()
		var meta resource.MetadataResponse
		var schema resource.SchemaResponse
		r.Metadata(t.Context(), resource.MetadataRequest{ProviderTypeName: "authscopes"}, &meta)
		r.Schema(t.Context(), resource.SchemaRequest{}, &schema)
		found[meta.TypeName] = ctyType(t, schema.Schema.Type().TerraformType(t.Context()))
	}
	return found
}

func ctyType(t *testing.T, of tftypes.Type) cty.Type {
	t.Helper()
	switch of := of.(type) {
	case tftypes.Object:
		attributes := map[string]cty.Type{}
		for name, a := range of.AttributeTypes {
			attributes[name] = ctyType(t, a)
		}
		return cty.Object(attributes)
	case tftypes.Map:
		return cty.Map(ctyType(t, of.ElementType))
	case tftypes.Set:
		return cty.Set(ctyType(t, of.ElementType))
	case tftypes.List:
		return cty.List(ctyType(t, of.ElementType))
	}
	switch {
	case of.Is(tftypes.String):
		return cty.String
	case of.Is(tftypes.Number):
		return cty.Number
	case of.Is(tftypes.Bool):
		return cty.Bool
	}
	t.Fatalf("no type for %s", of)
	return cty.NilType
}
