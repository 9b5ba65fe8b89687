package provider

import (
	"context"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes/tftypestest"
)

// numbers returns the paths of the numbers that a configuration can set.
func numbers(attributes []*tfprotov6.SchemaAttribute) [][]string {
	var paths [][]string
	for _, a := range attributes {
		if !a.Optional && !a.Required {
			continue
		}
		if a.Type != nil && a.Type.Is(tftypes.Number) {
			paths = append(paths, []string{a.Name})
		}
		if a.NestedType == nil {
			continue
		}
		for _, rest := range numbers(a.NestedType.Attributes) {
			at := []string{a.Name}
			if a.NestedType.Nesting == tfprotov6.SchemaObjectNestingModeMap {
				at = append(at, "key")
			}
			paths = append(paths, append(at, rest...))
		}
	}
	return paths
}

// numberConfig returns a configuration that sets one number.
func numberConfig(t *testing.T, s *tfprotov6.Schema, path []string, value any) *tfprotov6.DynamicValue {
	t.Helper()
	for _, name := range slices.Backward(path) {
		value = tftypestest.Block{name: value}
	}
	config, err := tfprotov6.NewDynamicValue(s.ValueType(), tftypestest.Value(s.ValueType(), value))
	if err != nil {
		t.Fatal(err)
	}
	return &config
}

// validated is one kind of configuration, and the request that validates it.
type validated struct {
	schema   *tfprotov6.Schema
	validate func(context.Context, *tfprotov6.DynamicValue) ([]*tfprotov6.Diagnostic, error)
}

func validatedSchemas(t *testing.T, server tfprotov6.ProviderServer) map[string]validated {
	t.Helper()
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]validated{"provider": {schemas.Provider, func(ctx context.Context, config *tfprotov6.DynamicValue) ([]*tfprotov6.Diagnostic, error) {
		r, err := server.ValidateProviderConfig(ctx, &tfprotov6.ValidateProviderConfigRequest{Config: config})
		return r.Diagnostics, err
	}}}
	for name, s := range schemas.ResourceSchemas {
		all["resource "+name] = validated{s, func(ctx context.Context, config *tfprotov6.DynamicValue) ([]*tfprotov6.Diagnostic, error) {
			r, err := server.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: name, Config: config})
			return r.Diagnostics, err
		}}
	}
	for name, s := range schemas.DataSourceSchemas {
		all["data "+name] = validated{s, func(ctx context.Context, config *tfprotov6.DynamicValue) ([]*tfprotov6.Diagnostic, error) {
			r, err := server.ValidateDataResourceConfig(ctx, &tfprotov6.ValidateDataResourceConfigRequest{TypeName: name, Config: config})
			return r.Diagnostics, err
		}}
	}
	lists, ok := server.(tfprotov6.ListResourceServer)
	if !ok || len(schemas.ListResourceSchemas) == 0 {
		t.Fatal("the provider has no list resources")
	}
	for name, s := range schemas.ListResourceSchemas {
		all["list "+name] = validated{s, func(ctx context.Context, config *tfprotov6.DynamicValue) ([]*tfprotov6.Diagnostic, error) {
			r, err := lists.ValidateListResourceConfig(ctx, &tfprotov6.ValidateListResourceConfigRequest{TypeName: name, Config: config})
			return r.Diagnostics, err
		}}
	}
	return all
}

// Each number that a configuration can set rejects what is no such number: the message has the
// attribute and the value, and never calls it an error in the provider.
func TestWholeNumbers(t *testing.T) {
	number := func(text string) *big.Float {
		n, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	found := 0
	for kind, v := range validatedSchemas(t, providerserver.NewProtocol6(releasedProvider(nil))()) {
		for _, path := range numbers(v.schema.Block.Attributes) {
			found++
			name := strings.Join(path, ".")
			about := func(value any) []string {
				diags, err := v.validate(t.Context(), numberConfig(t, v.schema, path, value))
				if err != nil {
					t.Fatal(err)
				}
				var texts []string
				for _, d := range diags {
					if text := d.Summary + "\n" + d.Detail; strings.Contains(text, name) || strings.Contains(text, "rror in the provider") {
						texts = append(texts, text)
					}
				}
				return texts
			}
			wrong := map[string]string{"-1": "-1", "1e400": "1e+400", "-1e400": "-1e+400"}
			if path[len(path)-1] != "requests_per_second" {
				wrong["1.5"], wrong["99999999999999999999"] = "1.5", "99999999999999999999"
			}
			for given, shown := range wrong {
				texts := about(number(given))
				if len(texts) != 1 || !strings.Contains(texts[0], shown) || !strings.Contains(texts[0], "number") || strings.Contains(texts[0], "rror in the provider") {
					t.Errorf("%s, %s = %s: %q", kind, name, given, texts)
				}
			}
			for _, right := range []any{number("1e3"), number("7"), nil, tftypestest.Unknown{}} {
				if texts := about(right); len(texts) > 0 {
					t.Errorf("%s, %s = %v: %q", kind, name, right, texts)
				}
			}
		}
	}
	if found < 9 {
		t.Errorf("only %d numbers were found", found)
	}
}
