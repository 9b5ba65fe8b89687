// Command schema writes the output of `terraform providers schema -json` of a recent Terraform
// for this provider, without running Terraform. The generator of docs/ reads it, so that the
// pages do not depend on the installed version.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/authscopes/terraform-provider-authscopes/internal/provider"
)

func main() {
	name := "authscopes" // key of the schema; the generator requires the short one
	if len(os.Args) > 1 {
		name = os.Args[1]
	}
	schema, err := providerSchema(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	if err := out.Encode(tfjson.ProviderSchemas{FormatVersion: "1.0", Schemas: map[string]*tfjson.ProviderSchema{name: schema}}); err != nil {
		log.Fatal(err)
	}
}

func providerSchema(ctx context.Context) (*tfjson.ProviderSchema, error) {
	server := providerserver.NewProtocol6(provider.New("docs")())()
	resp, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return nil, err
	}
	ids, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return nil, err
	}
	for _, d := range append(resp.Diagnostics, ids.Diagnostics...) {
		return nil, fmt.Errorf("%s: %s", d.Summary, d.Detail)
	}
	var c converter
	p := &tfjson.ProviderSchema{
		ConfigSchema: c.schema(resp.Provider), ResourceSchemas: each(resp.ResourceSchemas, c.schema), DataSourceSchemas: each(resp.DataSourceSchemas, c.schema),
		ListResourceSchemas: each(resp.ListResourceSchemas, c.schema), Functions: each(resp.Functions, c.function),
		ResourceIdentitySchemas: each(ids.IdentitySchemas, c.identity),
	}
	// Kinds that this provider does not have are not converted: an error is better than a part of
	// them.
	if len(resp.EphemeralResourceSchemas)+len(resp.ActionSchemas) > 0 {
		c.errs = append(c.errs, errors.New("ephemeral resources and actions are not converted yet"))
	}
	return p, errors.Join(c.errs...)
}

func each[A, B any](from map[string]A, convert func(A) B) map[string]B {
	to := map[string]B{}
	for name, a := range from {
		to[name] = convert(a)
	}
	return to
}

// converter converts schemas of the protocol into those of terraform-json.
type converter struct{ errs []error }

func (c *converter) schema(s *tfprotov6.Schema) *tfjson.Schema {
	if len(s.Block.BlockTypes) > 0 {
		c.errs = append(c.errs, errors.New("nested blocks are not converted yet"))
	}
	return &tfjson.Schema{Version: uint64(s.Version), Block: &tfjson.SchemaBlock{ // a version is never negative
		Attributes: c.attributes(s.Block.Attributes), Description: s.Block.Description,
		DescriptionKind: kind(s.Block.DescriptionKind), Deprecated: s.Block.Deprecated,
	}}
}

func (c *converter) attributes(all []*tfprotov6.SchemaAttribute) map[string]*tfjson.SchemaAttribute {
	to := map[string]*tfjson.SchemaAttribute{}
	for _, a := range all {
		is := &tfjson.SchemaAttribute{
			Description: a.Description, DescriptionKind: kind(a.DescriptionKind), Deprecated: a.Deprecated,
			Required: a.Required, Optional: a.Optional, Computed: a.Computed, Sensitive: a.Sensitive, WriteOnly: a.WriteOnly,
		}
		if a.NestedType != nil {
			is.AttributeNestedType = &tfjson.SchemaNestedAttributeType{
				Attributes: c.attributes(a.NestedType.Attributes), NestingMode: c.nesting(a.NestedType.Nesting),
			}
		} else {
			c.typ(a.Type, &is.AttributeType)
		}
		to[a.Name] = is
	}
	return to
}

// typ converts a type by way of JSON, the only form that both sides have.
func (c *converter) typ(from tftypes.Type, to json.Unmarshaler) {
	raw, err := json.Marshal(from)
	if err == nil {
		err = to.UnmarshalJSON(raw)
	}
	if err != nil {
		c.errs = append(c.errs, err)
	}
}

func (c *converter) nesting(mode tfprotov6.SchemaObjectNestingMode) tfjson.SchemaNestingMode {
	switch mode {
	case tfprotov6.SchemaObjectNestingModeSingle:
		return tfjson.SchemaNestingModeSingle
	case tfprotov6.SchemaObjectNestingModeList:
		return tfjson.SchemaNestingModeList
	case tfprotov6.SchemaObjectNestingModeSet:
		return tfjson.SchemaNestingModeSet
	case tfprotov6.SchemaObjectNestingModeMap:
		return tfjson.SchemaNestingModeMap
	}
	c.errs = append(c.errs, fmt.Errorf("unknown nesting mode %v", mode))
	return ""
}

func kind(k tfprotov6.StringKind) tfjson.SchemaDescriptionKind {
	if k == tfprotov6.StringKindMarkdown {
		return tfjson.SchemaDescriptionKindMarkdown
	}
	return tfjson.SchemaDescriptionKindPlain
}

func (c *converter) identity(s *tfprotov6.ResourceIdentitySchema) *tfjson.IdentitySchema {
	to := &tfjson.IdentitySchema{Version: uint64(s.Version), Attributes: map[string]*tfjson.IdentityAttribute{}} // a version is never negative
	for _, a := range s.IdentityAttributes {
		is := &tfjson.IdentityAttribute{Description: a.Description, RequiredForImport: a.RequiredForImport, OptionalForImport: a.OptionalForImport}
		c.typ(a.Type, &is.IdentityType)
		to.Attributes[a.Name] = is
	}
	return to
}

func (c *converter) function(f *tfprotov6.Function) *tfjson.FunctionSignature {
	to := &tfjson.FunctionSignature{Description: f.Description, Summary: f.Summary, DeprecationMessage: f.DeprecationMessage}
	c.typ(f.Return.Type, &to.ReturnType)
	for _, p := range f.Parameters {
		to.Parameters = append(to.Parameters, c.parameter(p))
	}
	if f.VariadicParameter != nil {
		to.VariadicParameter = c.parameter(f.VariadicParameter)
	}
	return to
}

func (c *converter) parameter(p *tfprotov6.FunctionParameter) *tfjson.FunctionParameter {
	to := &tfjson.FunctionParameter{Name: p.Name, Description: p.Description, IsNullable: p.AllowNullValue}
	c.typ(p.Type, &to.Type)
	return to
}
