package provider

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// descriptionRules are what each description of a schema must not match.
var descriptionRules = map[string]*regexp.Regexp{
	"begins with an article or a question":     regexp.MustCompile(`^(The|An?|What|Whoever|Who|Whose|How|Where|When|Which|It|Its)\b`),
	"does not begin as a sentence":             regexp.MustCompile("^[^A-Z`]"),
	"has an arrow, not `Map of X to Y`":        regexp.MustCompile(`=>`),
	"does not end as a sentence":               regexp.MustCompile("[^.:]$"),
	"names an environment variable by another": regexp.MustCompile(`Environment:`),
	"blames, or is vague":                      regexp.MustCompile(`(?i)\b(somebody|everybody|nobody|whoever|left out|left alone|taken away|is to|are to|not there|by hand|all the same)\b`),
	"describes a value list by another phrase": regexp.MustCompile(`(?i)\b(one of|either) ` + "`"),
}

// Descriptions follow one form, so that they read as one reference.
func TestDescriptions(t *testing.T) {
	server := providerserver.NewProtocol6(releasedProvider(nil))()
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	check := func(where, text string) {
		count++
		if text == "" {
			t.Errorf("%s has no description", where)
			return
		}
		for fault, pattern := range descriptionRules {
			if pattern.MatchString(text) {
				t.Errorf("%s: the description %s: %s", where, fault, text)
			}
		}
	}
	describeSchema(check, "provider", schemas.Provider)
	openings := map[string]*regexp.Regexp{
		"resource": regexp.MustCompile(`^Manages `), "data": regexp.MustCompile(`^(Provides details about|Compares) `), "list": regexp.MustCompile(`^Lists `),
	}
	for kind, all := range map[string]map[string]*tfprotov6.Schema{
		"resource": schemas.ResourceSchemas, "data": schemas.DataSourceSchemas, "list": schemas.ListResourceSchemas,
	} {
		for name, schema := range all {
			if !openings[kind].MatchString(schema.Block.Description) {
				t.Errorf("%s %s: the description does not match %s: %s", kind, name, openings[kind], schema.Block.Description)
			}
			describeSchema(check, kind+" "+name, schema)
		}
	}
	for name, f := range schemas.Functions {
		check("function "+name, f.Description)
		for _, p := range f.Parameters {
			check("function "+name+" "+p.Name, p.Description)
		}
	}
	if count < 300 {
		t.Errorf("only %d descriptions were found", count)
	}
}

func describeSchema(check func(where, text string), where string, schema *tfprotov6.Schema) {
	check(where, schema.Block.Description)
	describeAttributes(check, where, schema.Block.Attributes)
}

func describeAttributes(check func(where, text string), where string, attributes []*tfprotov6.SchemaAttribute) {
	for _, a := range attributes {
		check(where+"."+a.Name, a.Description)
		if a.NestedType != nil {
			describeAttributes(check, where+"."+a.Name, a.NestedType.Attributes)
		}
	}
}

// The sentences at the end of a description have one order.
func TestDescriptionsHaveOneOrder(t *testing.T) {
	server := providerserver.NewProtocol6(releasedProvider(nil))()
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	parts := []string{"Valid values are ", "Defaults to ", "Changing this forces a new resource.", "Can also be set with the "}
	ordered := func(where, text string) {
		last := -1
		for _, part := range parts {
			at := strings.Index(text, part)
			if at >= 0 && at < last {
				t.Errorf("%s: %q does not follow the sentences before it: %s", where, part, text)
			}
			last = max(last, at)
		}
	}
	describeSchema(ordered, "provider", schemas.Provider)
	for name, schema := range schemas.ResourceSchemas {
		describeSchema(ordered, name, schema)
	}
	for name, schema := range schemas.DataSourceSchemas {
		describeSchema(ordered, name, schema)
	}
}
