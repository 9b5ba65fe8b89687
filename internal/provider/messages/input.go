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
	InputNullRoles     check.Code = "input.null_roles"
	InputNullOldName   check.Code = "input.null_old_name"
	InputEmptyKey      check.Code = "input.empty_key"
	InputNoUserTypes   check.Code = "input.no_user_types"
	InputNoSetting     check.Code = "input.no_setting"  // Data: []string
	InputNoSettings    check.Code = "input.no_settings" // Data: []string
	InputNoGlobs       check.Code = "input.no_globs"
	InputEmptyGlob     check.Code = "input.empty_glob"
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
		InputNullEntry, InputNullGrants, InputNullRoles, InputNullOldName, InputEmptyKey, InputNoUserTypes, InputNoSetting, InputNoSettings, InputNoGlobs,
		InputEmptyGlob, InputNullDocument, InputNullArgument, InputNoDocument, InputDocuments,
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
		shorten   = "Shorten the text: {{.Data}}."
		noScopes  = "Map of scopes is empty"
		noReason  = " If the map comes from documents or a data source, check why they have no scopes."
		nullEntry = "Null entry"
		entry     = "Entry {{quote (index .Subjects 0)}} is null. "
	)
	return map[check.Code]message{
		InputScopeName:     {"Invalid scope name", "{{badName .Data}}"},
		InputNullName:      {"Null scope name", "An element is null. Set each element to the name of a scope."},
		InputDescription:   {"Description too long", shorten},
		InputNoDescription: {"Missing description", "{{.Product}} requires a description for scope {{quote (index .Subjects 0)}}."},
		InputConsentText:   {"Consent text too long", shorten},
		InputNoScopes: {
			noScopes,
			"An empty map would delete every scope of the server. To delete all scopes, destroy the resource." + noReason,
		},
		InputNoDefinitions: {noScopes, "Compared with no definitions, every scope of the server would be unexpected. Set at least one scope." + noReason},
		InputNoRequest:     {noScopes, "PACE does not publish the meaning of an empty request. Set at least one scope." + noReason},
		InputNullEntry:     {nullEntry, entry + "Remove the entry, or set at least one setting."},
		InputNullGrants:    {nullEntry, entry + "Set it to the names of scopes, or to [] for no scope."},
		InputNullRoles:     {nullEntry, entry + "Set it to a map of client role to scopes, or remove it."},
		InputNullOldName:   {nullEntry, "The entry has no old name. Set the old name, or remove the entry."},
		InputEmptyKey:      {"Empty key", "A key is empty. Set each key to the name of a user type or to a client ID."},
		InputNoUserTypes: {
			"Missing user types",
			"Set user_types, a map of user type to the names of its scopes, or client_roles, or both. To grant no scope to any user type, set user_types to {}.",
		},
		InputNoSetting: {
			"Override without a setting",
			"Entry {{quote (index .Subjects 0)}} has no value, or only keys that are not settings. Terraform ignores unknown keys, so check the spelling.\n\n" +
				"Settings are:\n\n{{list .Data}}\n\nSet at least one of them, or remove the entry.",
		},
		InputNoSettings: {
			"settings has no value",
			"It is empty, all of its values are null, or its keys are not settings. Terraform ignores unknown keys, so check the spelling.\n\n" +
				"Settings are:\n\n{{list .Data}}\n\nSet at least one of them, or remove the attribute.",
		},
		InputNoGlobs:   {"Missing globs", "The list is empty, which could mean all scopes or none. Add a glob, or remove the attribute."},
		InputEmptyGlob: {"Empty glob", "An element of the list is null or empty and matches nothing. Remove the element."},
		InputWhole: {
			"Invalid whole number",
			"{{.Data.Attribute}} is {{.Data.Given}}.\n\nSet it to a whole number of at most 9223372036854775807 that is not negative, or remove it.",
		},
	}
}

func documentMessages() map[check.Code]message {
	return map[check.Code]message{
		InputNullDocument: {"Null document", "Set the document to its text, or remove the key."},
		InputNullArgument: {"null document in the argument", "document {{quote (index .Subjects 0)}} is null: set it to its text, or remove the key"},
		InputNoDocument: {
			"Cannot read document",
			"Terraform resolves a path from its working directory. For a file next to the configuration, use \"${path.module}/…\".\n\n{{.Data}}",
		},
		InputDocuments: {"Cannot read scopes from the documents", "{{.Data}}"},
	}
}

func importMessages() map[check.Code]message {
	const (
		badID = "Invalid import ID"
		form  = "{{if .Data.Server}}For {{.Product}}, the import ID is the {{.Data.ServerID}}, a slash and the name or ID of the object, such as " +
			"\"77/{{.Data.Example}}\"." +
			"{{else}}The import ID is the name, such as {{quote .Data.Example}}.{{end}}"
	)
	return map[check.Code]message{
		InputImportID:   {badID, "{{if or .Data.Server .Data.Given}}The import ID is {{quote .Data.Given}}.{{else}}The import ID is empty.{{end}} " + form},
		InputImportName: {badID, "{{badName .Data.Name}} " + form},
	}
}

func configMessages() map[check.Code]message {
	return map[check.Code]message{
		check.ConfigIgnored: {
			"Scopes are both configured and ignored",
			"A glob of ignore matches these configured scopes:\n\n{{list .Subjects}}\n\nRemove the scopes from the configuration, or change ignore.",
		},
		check.ConfigUnmanaged: {
			"Scopes are outside of manage",
			"No glob of manage matches these scopes:\n\n{{list .Subjects}}\n\nAdd a glob for them, or remove them from the configuration.",
		},
		check.ConfigOverride: {
			"Override for an undefined scope",
			"overrides has an entry {{quote (index .Subjects 0)}}, and scopes does not have this name.{{with .Data}} Did you mean {{quote .}}?{{end}}\n\n" +
				"Add the scope to scopes, or remove the entry.",
		},
		check.ConfigBothKinds: {
			"Scopes are both default and optional",
			"A client gets a default scope in each token, and an optional scope on request. These scopes are in both sets:\n\n{{list .Subjects}}\n\nRemove " +
				"each scope from one set.",
		},
	}
}

// badName describes a name that is no scope-token, such as two names in one string.
func badName(name Name) string {
	text := name.Err.Error()
	text = strings.ToUpper(text[:1]) + text[1:] + "."
	if parts := strings.Fields(name.Given); len(parts) > 1 {
		text += fmt.Sprintf(" If these are several scopes, list each name separately: \"%s\".", strings.Join(parts, `", "`))
	}
	return text + " To keep a scope with such a name, for example from a realm import, add a pattern that matches it to ignore."
}
