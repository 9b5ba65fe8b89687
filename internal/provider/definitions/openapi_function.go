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
		Summary: "Scopes out of OpenAPI documents",
		MarkdownDescription: "Reads the scopes that OpenAPI documents (2.0, 3.0, 3.1 and 3.2; YAML or JSON) declare: a map of name => description. It is pure and offline.\n\n" +
			"Scopes of all flows of all `oauth2` schemes are taken, and those that `openIdConnect` schemes are used with. Those that OpenID Connect itself defines (`openid`, `profile`, `email`, " +
			"`address`, `phone`, `offline_access`) are left out. A description is the first line, at most 255 characters. Documents that describe one scope differently, a scope with white space in its name, " +
			"documents that cannot be read, and no scopes at all are errors that name the document and the line.\n\n" +
			"A `$ref` to another of the given documents is followed. It is relative to the name of the document that has it, so name each document by its path. " +
			"A given document that is no OpenAPI document is read only through such a `$ref`. " +
			"A `$ref` to anything else is an error if scopes could be behind it. No file is opened and no request is sent.",
		Parameters: []function.Parameter{function.MapParameter{
			Name: "documents", ElementType: types.StringType,
			MarkdownDescription: "The documents: name => text. The name stands in errors; a file's path is a good one.",
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
		text, _ := messages.Text(messages.About{Finding: check.Finding{Code: messages.InputNullArgument, Subjects: []string{missing}}})
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
