package provider

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/provider/protocol"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// The server packs exactly the attributes that can be packed, and a state passes through
// only as long as no schema has another version.
func TestProtocolSchemas(t *testing.T) {
	ctx := context.Background()
	for _, newResource := range New("test")().Resources(ctx) {
		var name resource.MetadataResponse
		newResource().Metadata(ctx, resource.MetadataRequest{ProviderTypeName: "authscopes"}, &name)
		var schema resource.SchemaResponse
		newResource().Schema(ctx, resource.SchemaRequest{}, &schema)
		var possible tftypes.Packed
		for _, attribute := range slices.Sorted(maps.Keys(schema.Schema.Attributes)) {
			typ := schema.Schema.Attributes[attribute].GetType()
			if _, ok := typ.(tftypes.TextMapType); ok {
				possible.Maps = append(possible.Maps, attribute)
			}
			if hasSets(typ) {
				possible.Sets = append(possible.Sets, attribute)
			}
		}
		packed := packed()[name.TypeName]
		slices.Sort(packed.Maps)
		slices.Sort(packed.Sets)
		if !reflect.DeepEqual(packed, possible) {
			t.Errorf("%s: the server packs %q, and these attributes can be packed: %q", name.TypeName, packed, possible)
		}
		if schema.Schema.Version != protocol.StateVersion {
			t.Errorf("%s has version %d: the server must upgrade a state of version %d", name.TypeName, schema.Schema.Version, protocol.StateVersion)
		}
	}
}

// hasSets reports whether a type is a set of scopes, or a map of such values.
func hasSets(typ attr.Type) bool {
	if of, ok := typ.(types.MapType); ok {
		return hasSets(of.ElemType)
	}
	_, ok := typ.(tftypes.ScopeSetType)
	return ok
}

// A state that another version of the provider wrote, with the same schema version, can have
// other attributes, also inside settings. Terraform removes them, and reads what is missing
// as null.
func TestMemoryStateOfAnotherVersion(t *testing.T) {
	tf := memoryTerraform(t, newMemory()).applied(setHCL(`{ a = "A", b = null }`, ""))
	forgeState(t, tf, func(instance map[string]any) {
		attributes := instance["attributes"].(map[string]any)
		attributes["removed"] = map[string]any{"a": 1}
		attributes["settings"].(map[string]any)["removed"] = true
		delete(attributes, "timeouts")
	})
	tf.settled()
	tf.apply().ok()
	if got := tf.state(setAddress); got["removed"] != nil || len(got["names"].(map[string]any)) != 2 {
		t.Errorf("%v", got)
	}
}
