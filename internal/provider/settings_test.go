package provider

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	dataschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	resourceschema "github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/attrs"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/report"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/serverscopes"
)

// asPlanned returns a value as a plan shows it.
func asPlanned(t *testing.T, row *settings.Row, v settings.Value) string {
	t.Helper()
	var value any = v.Text()
	switch row.Kind {
	case settings.KindBool:
		value = v.Bool()
	case settings.KindSet:
		value = v.Names()
	}
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// attribute is what the attributes of resources and of data sources have in common.
type attribute interface {
	GetType() attr.Type
	GetMarkdownDescription() string
	IsOptional() bool
	IsComputed() bool
}

func attributesOf[T attribute](all map[string]T) map[string]attribute {
	attributes := map[string]attribute{}
	for name, a := range all {
		attributes[name] = a
	}
	return attributes
}

// nested returns the attributes that an attribute contains.
func nested(a attribute) map[string]attribute {
	switch a := a.(type) {
	case resourceschema.SingleNestedAttribute:
		return attributesOf(a.Attributes)
	case resourceschema.MapNestedAttribute:
		return attributesOf(a.NestedObject.Attributes)
	case dataschema.SingleNestedAttribute:
		return attributesOf(a.Attributes)
	case dataschema.MapNestedAttribute:
		return attributesOf(a.NestedObject.Attributes)
	}
	return nil
}

func resourceAttributes(r resource.Resource) map[string]attribute {
	var resp resource.SchemaResponse
	r.Schema(context.Background(), resource.SchemaRequest{}, &resp)
	return attributesOf(resp.Schema.Attributes)
}

func dataAttributes(d datasource.DataSource) map[string]attribute {
	var resp datasource.SchemaResponse
	d.Schema(context.Background(), datasource.SchemaRequest{}, &resp)
	return attributesOf(resp.Schema.Attributes)
}

// Each schema that has settings has an attribute for each row, and no other, and the
// page about it has the attribute as well.
func TestSettingsSchema(t *testing.T) {
	set, single := resourceAttributes(serverscopes.NewServerScopesResource()), resourceAttributes(serverscopes.NewServerScopeResource())
	driftData := dataAttributes(report.NewDriftDataSource())
	scopes, scope := dataAttributes(serverscopes.NewServerScopesDataSource()), dataAttributes(serverscopes.NewServerScopeDataSource())
	for _, place := range []struct {
		page, attribute    string
		attributes         map[string]attribute
		optional, computed bool
	}{
		{"resources/server_scopes", "settings", nested(set["settings"]), true, true},
		{"resources/server_scopes", "overrides", nested(set["overrides"]), true, false},
		{"resources/server_scope", "settings", nested(single["settings"]), true, true},
		{"data-sources/drift", "settings", nested(driftData["settings"]), true, false},
		{"data-sources/drift", "overrides", nested(driftData["overrides"]), true, false},
		{"data-sources/server_scopes", "scopes.settings", nested(nested(scopes["scopes"])["settings"]), false, true},
		{"data-sources/server_scope", "settings", nested(scope["settings"]), false, true},
	} {
		at := place.page + ", " + place.attribute
		if n := len(settings.Rows()); len(place.attributes) != n {
			t.Errorf("%s has %d settings, want %d", at, len(place.attributes), n)
		}
		page := documented(t, place.page, strings.ReplaceAll(place.attribute, ".", "--"))
		for i, row := range settings.Rows() {
			a, ok := place.attributes[row.Name]
			if !ok {
				t.Errorf("%s lacks %s", at, row.Name)
				continue
			}
			text := row.Description
			if !place.optional {
				text = row.Reported
			}
			if got := a.GetMarkdownDescription(); text == "" || !strings.HasPrefix(got, text) {
				t.Errorf("%s: %s is described as %q, want %q", at, row.Name, got, text)
			}
			if !a.GetType().Equal(attrs.SettingType(row.Kind)) || a.IsOptional() != place.optional || a.IsComputed() != place.computed {
				t.Errorf("%s: %s is %+v (row %d)", at, row.Name, a, i)
			}
			if !strings.Contains(page, "- `"+row.Name+"` (") || !strings.Contains(page, ") "+a.GetMarkdownDescription()+"\n") {
				t.Errorf("%s: the page lacks %s with its description", at, row.Name)
			}
		}
	}
}

// documented returns the section of a page that is about an attribute.
func documented(t *testing.T, page, attribute string) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/" + page + ".md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(text), "<a id=\"nestedatt--"+attribute+"\"></a>")
	if !ok {
		t.Fatalf("%s has no section about %s", page, attribute)
	}
	section, _, _ = strings.Cut(section, "<a id=")
	return section
}
