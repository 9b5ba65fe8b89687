package messages

import (
	"fmt"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
)

// Codes of what is wrong with one value of a configuration.
const (
	InputScopeName     check.Code = "input.scope_name" // Data: Name
	InputNullName      check.Code = "input.null_name"
	InputDescription   check.Code = "input.description" // Data: error
	InputNoDescription check.Code = "input.no_description"
	InputConsentText   check.Code = "input.consent_text" // Data: error
	InputNoScopes      check.Code = "input.no_scopes"
	InputNoDefinitions check.Code = "input.no_definitions"
	InputNoRequest     check.Code = "input.no_request"
	InputNullEntry     check.Code = "input.null_entry"
	InputNullGrants    check.Code = "input.null_grants"
	InputNullOldName   check.Code = "input.null_old_name"
	InputEmptyKey      check.Code = "input.empty_key"
	InputNoUserTypes   check.Code = "input.no_user_types"
	InputNoSetting     check.Code = "input.no_setting"  // Data: []string
	InputNoSettings    check.Code = "input.no_settings" // Data: []string
	InputNoGlobs       check.Code = "input.no_globs"
	InputEmptyGlob     check.Code = "input.empty_glob"
	InputNullSet       check.Code = "input.null_set"
	InputNullDocument  check.Code = "input.null_document"
	InputNullArgument  check.Code = "input.null_argument"
	InputNoDocument    check.Code = "input.no_document" // Data: error
	InputDocuments     check.Code = "input.documents"   // Data: error
	InputImportID      check.Code = "input.import_id"   // Data: ImportID
	InputImportName    check.Code = "input.import_name" // Data: ImportID
	InputWhole         check.Code = "input.whole"       // Data: Number
)

func inputCodes() []check.Code {
	return []check.Code{
		InputScopeName, InputNullName, InputDescription, InputNoDescription, InputConsentText, InputNoScopes, InputNoDefinitions, InputNoRequest,
		InputNullEntry, InputNullGrants, InputNullOldName, InputEmptyKey, InputNoUserTypes, InputNoSetting, InputNoSettings, InputNoGlobs, InputEmptyGlob, InputNullSet, InputNullDocument, InputNullArgument, InputNoDocument, InputDocuments,
		InputImportID, InputImportName, InputWhole,
	}
}

// Name is the data of InputScopeName: a name that is no scope-token, and why.
type Name struct {
	Given string
	Err   error
}

// Number is the data of InputWhole: the value of an attribute that is no whole number of at
// least 0.
type Number struct{ Attribute, Given string }

// ImportID is the data of findings about an import ID.
type ImportID struct {
	Name

	Example  string
	Server   bool   // the ID begins with a server ID
	ServerID string // what the server calls it
}

func inputMessages() map[check.Code]message {
	const (
		badName   = "Invalid scope name"
		noScopes  = "No scopes"
		shorten   = "Shorten it: {{.Data}}."
		noReason  = " If the map comes from documents or a data source, check why they gave no scope."
		nullEntry = "Null entry"
		badID     = "Malformed import id"
		form      = "{{if .Data.Server}}On {{.Product}} the import id is the {{.Data.ServerID}}, a slash, and what is to be imported, such as \"77/{{.Data.Example}}\"." +
			"{{else}}The id is the name, such as {{quote .Data.Example}}.{{end}}"
	)
	return map[check.Code]message{
		InputScopeName:     {badName, "{{badName .Data}}"},
		InputNullName:      {badName, "An element is null. Every element must be the name of a scope."},
		InputDescription:   {"Description too long", shorten},
		InputNoDescription: {"A description is needed", "{{.Product}} has no scope without a description. Give scope {{quote (index .Subjects 0)}} one."},
		InputConsentText:   {"Consent text too long", shorten},
		InputNoScopes: {
			noScopes,
			"The map is empty, which would delete every scope of the server. If that is what you want, destroy the resource." + noReason,
		},
		InputNoDefinitions: {noScopes, "The map is empty. Compared with no definitions, every scope of the server would be unexpected." + noReason},
		InputNoRequest:     {noScopes, "The map is empty. PACE does not publish the meaning of an empty request." + noReason},
		InputNullEntry:     {nullEntry, "The entry {{quote (index .Subjects 0)}} is null. Take it out, or write what it says ({} says nothing)."},
		InputNullGrants:    {nullEntry, "The entry {{quote (index .Subjects 0)}} is null. To grant no scope, remove the entry or set it to []."},
		InputNullOldName:   {nullEntry, "The entry has no old name. Set the old name, or remove the entry."},
		InputEmptyKey:      {"Empty key", "A key is empty. Each key must be the name of a user type or a client ID."},
		InputNoUserTypes: {
			"Missing user types",
			"Set user_types, a map of user type to the names of its scopes, or client_roles, or both. To grant no scope to any user type, set user_types to {}.",
		},
		InputNoSetting: {
			"Override without a setting",
			"The entry {{quote (index .Subjects 0)}} sets nothing, or only keys that are no settings. Terraform ignores unknown keys, so check their spelling.\n\n" +
				"Settings are:\n\n{{list .Data}}\n\nSet at least one, or remove the entry.",
		},
		InputNoSettings: {
			"settings sets nothing",
			"It is empty, or all of its values are null, or its keys are no settings. Terraform ignores unknown keys, so check their spelling.\n\n" +
				"Settings are:\n\n{{list .Data}}\n\nSet at least one, or remove the attribute.",
		},
		InputNoGlobs:   {"No globs", "The list is empty, which could mean all or nothing. Leave the attribute out, or name at least one glob."},
		InputEmptyGlob: {"Empty glob", "A glob is null or empty and would match no scope. Take it out."},
		InputNullSet: {
			"No set of scopes",
			"The set of user type {{quote (index .Subjects 0)}} is null. Write [] if it is to have none, or leave it out if it is not to be compared.",
		},
		InputNullDocument: {"A document is null", "Give its text, or take it out."},
		InputNullArgument: {"the document \"{{index .Subjects 0}}\" is null; give its text", ""},
		InputNoDocument: {
			"A document cannot be read",
			"Paths are relative to the folder Terraform runs in; write \"${path.module}/…\" for one beside the configuration.\n\n{{.Data}}",
		},
		InputDocuments:  {"Scopes cannot be read out of the documents", "{{.Data}}"},
		InputImportID:   {badID, "{{if or .Data.Server .Data.Given}}Got {{quote .Data.Given}}.{{else}}The id is empty.{{end}} " + form},
		InputImportName: {badID, "{{badName .Data.Name}} " + form},
		InputWhole: {
			"Invalid whole number",
			"{{.Data.Attribute}} is {{quote .Data.Given}}.\n\nSet it to a whole number, or remove it. The minimum is 0, the maximum is 9223372036854775807.",
		},
	}
}

func configMessages() map[check.Code]message {
	return map[check.Code]message{
		check.ConfigIgnored: {
			"{{count .Subjects \"scope\"}} configured and ignored",
			"A glob of ignore matches what is listed here, so it could be neither managed nor left alone:\n\n{{list .Subjects}}\n\nTake them out of one of the two.",
		},
		check.ConfigUnmanaged: {
			"{{count .Subjects \"scope\"}} outside of manage",
			"No glob of manage matches these:\n\n{{list .Subjects}}\n\nAdd a glob for them, or take them out.",
		},
		check.ConfigOverride: {
			"An override for no scope",
			"overrides has an entry {{quote (index .Subjects 0)}}, and scopes has no such name.{{with .Data}} Did you mean {{quote .}}?{{end}}",
		},
		check.ConfigBothKinds: {
			"{{count .Subjects \"scope\"}} both default and optional",
			"A client has a scope either by default or when it asks for it. These are in both sets:\n\n{{list .Subjects}}\n\nTake them out of one.",
		},
	}
}

// badName describes a name that is no scope-token: two names in one string is the usual
// mistake.
func badName(name Name) string {
	text := name.Err.Error()
	text = strings.ToUpper(text[:1]) + text[1:] + "."
	if parts := strings.Fields(name.Given); len(parts) > 1 {
		text += fmt.Sprintf(" If these are several scopes, write each as a name of its own: \"%s\".", strings.Join(parts, `", "`))
	}
	return text + " A realm import can create scopes with such a name: to keep one, add a pattern that matches it to ignore."
}
