package definitions

import (
	"context"
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/openapi"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/diagnostics"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// definitionsDataSource is `data "authscopes_definitions"`. It needs no server.
type definitionsDataSource struct{}

var _ datasource.DataSource = definitionsDataSource{}

func NewDataSource() datasource.DataSource { return definitionsDataSource{} }

type definitionsData struct {
	Files                []types.String          `tfsdk:"files"`
	Documents            map[string]types.String `tfsdk:"documents"`
	IncludeOIDC          types.Bool              `tfsdk:"include_oidc"`
	FirstDescriptionWins types.Bool              `tfsdk:"first_description_wins"`
	Scopes               map[string]types.String `tfsdk:"scopes"`
	Sources              map[string]sourcesData  `tfsdk:"sources"`
	Places               map[string]types.String `tfsdk:"places"`
	Undeclared           types.List              `tfsdk:"undeclared"`
	Unused               types.List              `tfsdk:"unused"`
}

type sourcesData struct {
	Declared []declarationData `tfsdk:"declared"`
	Used     []useData         `tfsdk:"used"`
}

type declarationData struct {
	Document types.String `tfsdk:"document"`
	Line     types.Int64  `tfsdk:"line"`
	Scheme   types.String `tfsdk:"scheme"`
	Flow     types.String `tfsdk:"flow"`
}

type useData struct {
	Document  types.String `tfsdk:"document"`
	Line      types.Int64  `tfsdk:"line"`
	Operation types.String `tfsdk:"operation"`
}

func (definitionsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_definitions"
}

func (definitionsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	str := func(text string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: text}
	}
	line := schema.Int64Attribute{Computed: true, MarkdownDescription: "Number of the line, from 1."}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Provides details about the scopes that OpenAPI documents declare and use. It applies the rules of the function " +
			"`openapi_scopes`, requires no server, and works before Terraform 1.8.\n\n" +
			"A `provider \"authscopes\" {}` block without a server is enough. A `$ref` to another given document is resolved relative to the name of its own document.",
		Attributes: map[string]schema.Attribute{
			"files": schema.ListAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Paths of documents, relative to the working directory of Terraform, such as `[for f in fileset(path.module, \"api/*.yaml\") " +
					": \"${path.module}/${f}\"]`.",
			},
			"documents": schema.MapAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: "Map of document name to text."},
			"include_oidc": schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether to include the scopes that OpenID Connect defines. " +
				"Defaults to `false`."},
			"first_description_wins": schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether to use the first description, by document name and " +
				"line, if the descriptions of a scope differ. Otherwise different descriptions are an error. Defaults to `false`."},
			"scopes": schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Map of scope name to " +
				"description. The description is null if there is none."},
			"sources": schema.MapNestedAttribute{
				Computed: true, MarkdownDescription: "Map of scope name to its declarations and uses, including scopes that are used and not declared.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"declared": schema.ListNestedAttribute{
						Computed: true, MarkdownDescription: "Declarations of the scope.",
						NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
							"document": str("Name of the document."), "line": line, "scheme": str("Name of the security scheme."),
							"flow": str("Name of the flow, as in the document."),
						}},
					},
					"used": schema.ListNestedAttribute{
						Computed: true, MarkdownDescription: "Uses of the scope.",
						NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
							"document": str("Name of the document."), "line": line, "operation": str("Operation, such as `GET /users`. `*` for the whole document."),
						}},
					},
				}},
			},
			"places": schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Map of scope name to its first declaration, " +
				"as `document:line`, for `sources` of `authscopes_drift`."},
			"undeclared": schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Names of the scopes that are used and not " +
				"declared. They are not in `scopes`. Sorted by name."},
			"unused": schema.ListAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "Names of the scopes that are declared and " +
				"not used. Sorted by name."},
		},
	}
}

func (definitionsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m definitionsData
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	docs := m.read(&resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	result, err := openapi.Read(docs, openapi.Options{IncludeOIDC: m.IncludeOIDC.ValueBool(), FirstDescriptionWins: m.FirstDescriptionWins.ValueBool()})
	if err != nil {
		diagnostics.AddInvalid(&resp.Diagnostics, path.Empty(), check.Finding{Code: messages.InputDocuments, Data: err})
		return
	}
	m.Scopes = nullable(result.Descriptions())
	m.Undeclared, m.Unused = tftypes.StringList(result.Undeclared()), tftypes.StringList(result.Unused())
	m.Sources, m.Places = map[string]sourcesData{}, map[string]types.String{}
	for _, s := range result.Scopes {
		m.Sources[s.Name] = newSourcesData(s)
		if len(s.Declared) > 0 {
			m.Places[s.Name] = types.StringValue(fmt.Sprintf("%s:%d", s.Declared[0].Document, s.Declared[0].Line))
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

// read returns the documents. The name of a file is its path.
func (m definitionsData) read(diags *diag.Diagnostics) []openapi.Document {
	docs, missing := openapiDocuments(m.Documents)
	if missing != "" {
		diagnostics.AddInvalid(diags, path.Root("documents").AtMapKey(missing), check.Finding{Code: messages.InputNullDocument})
	}
	for i, file := range m.Files {
		text, err := os.ReadFile(file.ValueString())
		if err != nil {
			diagnostics.AddInvalid(diags, path.Root("files").AtListIndex(i), check.Finding{Code: messages.InputNoDocument, Data: err})
			continue
		}
		docs = append(docs, openapi.Document{Name: file.ValueString(), Text: string(text)})
	}
	return docs
}

func newSourcesData(s openapi.Scope) sourcesData {
	d := sourcesData{Declared: []declarationData{}, Used: []useData{}}
	for _, at := range s.Declared {
		d.Declared = append(d.Declared, declarationData{
			Document: types.StringValue(at.Document), Line: types.Int64Value(int64(at.Line)),
			Scheme: types.StringValue(at.Scheme), Flow: types.StringValue(at.Flow),
		})
	}
	for _, at := range s.Used {
		d.Used = append(d.Used, useData{
			Document: types.StringValue(at.Document), Line: types.Int64Value(int64(at.Line)), Operation: types.StringValue(at.Operation),
		})
	}
	return d
}
