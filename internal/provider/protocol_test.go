package provider

import (
	"context"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource"

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
		var texts []string
		for attribute, a := range schema.Schema.Attributes {
			if _, ok := a.GetType().(tftypes.TextMapType); ok {
				texts = append(texts, attribute)
			}
		}
		packed := slices.Clone(textMaps()[name.TypeName])
		slices.Sort(texts)
		slices.Sort(packed)
		if !slices.Equal(packed, texts) {
			t.Errorf("%s: the server packs %q, and these attributes can be packed: %q", name.TypeName, packed, texts)
		}
		if schema.Schema.Version != protocol.StateVersion {
			t.Errorf("%s has version %d: the server must upgrade a state of version %d", name.TypeName, schema.Schema.Version, protocol.StateVersion)
		}
	}
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
