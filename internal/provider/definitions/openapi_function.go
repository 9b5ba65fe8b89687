package definitions

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/openapi"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/tftypes"
)

// openapiScopesFunction is `provider::authscopes::openapi_scopes`. A function
// has no warnings, so what must not pass is an error.
type openapiScopesFunction struct{}

var _ function.Function = openapiScopesFunction{}

func NewFunction() function.Function { return openapiScopesFunction{} }

func (openapiScopesFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "openapi_scopes"
}

func (openapiScopesFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Scopes of OpenAPI documents",
		MarkdownDescription: "Returns the scopes that OpenAPI documents (2.0, 3.0, 3.1 and 3.2; YAML or JSON) declare, as a map of scope name to " +
			"description. The function reads no file and sends no request.\n\n" +
			"The result has the scopes of all flows of all `oauth2` schemes, and the scopes that operations use with `openIdConnect` schemes. It omits the " +
			"scopes that OpenID Connect defines (`openid`, `profile`, `email`, " +
			"`address`, `phone`, `offline_access`). A description is the first line of the declared text, at most 255 characters. Errors name the document and " +
			"the line: different descriptions of one scope, a scope with white space in its name, " +
			"an unreadable document, and no scopes.\n\n" +
			"A `$ref` to another given document is resolved relative to the name of its own document, so use the paths of the documents as names. " +
			"A given document that is not an OpenAPI document is read only through a `$ref`. " +
			"A `$ref` to any other target is an error if the target could declare scopes.",
		Parameters: []function.Parameter{function.MapParameter{
			Name: "documents", ElementType: types.StringType,
			MarkdownDescription: "Map of document name to text. Use the path of the file as name, because errors and `$ref` refer to it.",
		}},
		Return: function.MapReturn{ElementType: types.StringType},
	}
}

func (openapiScopesFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var documents map[string]types.String
	if resp.Error = req.Arguments.Get(ctx, &documents); resp.Error != nil {
		return
	}
	docs, missing := openapiDocuments(documents)
	if missing != "" {
		_, text := messages.Text(messages.About{Finding: check.Finding{Code: messages.InputNullArgument, Subjects: []string{missing}}})
		resp.Error = function.NewArgumentFuncError(0, text)
		return
	}
	result, err := openapi.Read(docs, openapi.Options{})
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, err.Error()) // Terraform adds the full stop
		return
	}
	resp.Error = resp.Result.Set(ctx, nullable(result.Descriptions()))
}

// openapiDocuments returns the documents, sorted by name. missing is the name of the first
// null document.
func openapiDocuments(texts map[string]types.String) (docs []openapi.Document, missing string) {
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if texts[name].IsNull() && missing == "" {
			missing = name
		}
		docs = append(docs, openapi.Document{Name: name, Text: texts[name].ValueString()})
	}
	return docs, missing
}

// nullable reads no description as null, as the resources do.
func nullable(descriptions map[string]string) map[string]types.String {
	values := make(map[string]types.String, len(descriptions))
	for name, text := range descriptions {
		values[name] = tftypes.TextOrNull(text, types.StringNull())
	}
	return values
}
