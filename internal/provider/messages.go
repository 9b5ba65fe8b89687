package provider

import (
	"fmt"
	"strings"
	"text/template"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
)

// message is the text of a finding: templates over messageData.
type message struct{ summary, detail string }

// messageData is what the templates of a message can refer to.
type messageData struct {
	check.Finding
	Server   string // the server that the finding is about, such as `Keycloak realm "shop"`
	ServerID string
	Product  string // such as `Keycloak`
}

// messages returns the text of each code.
func messages() map[check.Code]message {
	return map[check.Code]message{
		check.AccessBuiltInChanged: {
			"Who gets the built-in scope {{quote (index .Subjects 0)}} cannot be changed",
			"It is {{quote .Data.Live}} on the server, and {{quote .Data.Planned}} here. " +
				"Built-in scopes are never limited or opened: say access = {{quote .Data.Live}} for it.",
		},
		check.AccessUndecided: {
			"Who gets {{count .Subjects \"open scope\"}} is not decided",
			"In {{.Server}} everyone gets:\n\n{{list .Subjects}}\n\n" +
				"The configuration does not say whether that is to stay. Say so in settings{{if not .Data.Single}}, or in overrides for single scopes{{end}}:\n" +
				"  access = \"everyone\"     everyone keeps them (they often carry claims that all applications need)\n" +
				"  access = \"user_types\"   only user types that list them get them from now on" +
				"{{with .Data.BuiltIn}}\n\nBuilt-in scopes are never limited or opened, so for these say:\n\n{{list .}}{{end}}",
		},
		check.AccessLeftOpen: {
			"Nothing limits {{count .Subjects \"scope\"}} that access = \"unguarded\" is said for",
			"\"unguarded\" leaves a scope as it was found, limited by the user types it is mapped to. These would be open to everyone:\n\n{{list .Subjects}}\n\n" +
				"Say \"user_types\" or \"everyone\" for them.",
		},
		check.AccessClientRoles: {
			"{{count .Subjects \"scope\"}} cannot be opened",
			"Client roles limit them, which this provider leaves alone:\n\n{{list .Data}}\n\n" +
				"Take these client roles off the scopes first, or say access = \"user_types\".",
		},
		check.AccessUnknown: {
			"Access: who gets {{count .Subjects \"scope\"}} is not known yet ({{first .Subjects}})",
			"access depends on something that is not applied yet, so this plan cannot tell. " +
				"The apply may give these to everyone, which takes them off their user types, or take them from everyone:\n\n{{list .Subjects}}\n\n" +
				"To see it first, apply what access depends on (with -target) and plan again.",
		},
		check.AccessClosing: {
			"Access: {{count .Subjects \"scope\"}} taken from everyone ({{first .Subjects}})",
			"In {{.Server}} everyone gets these now. From the apply on only user types that list them do; " +
				"until such a user type is applied, nobody gets them, also later in the same run:\n\n{{list .Subjects}}",
		},
		check.AccessOpening: {
			"Access: {{count .Subjects \"scope\"}} given to everyone ({{first .Subjects}})",
			"In {{.Server}} these are limited now. From the apply on every user gets them:\n\n{{list .Subjects}}",
		},
		check.AccessCreatedOpen: {
			"Access: {{count .Subjects \"scope\"}} created open to everyone ({{first .Subjects}})",
			"access = \"everyone\" holds for these, which {{.Server}} does not have yet. From the apply on every user gets them:\n\n{{list .Subjects}}",
		},
		check.AccessHeldByEveryone: {
			"Access: {{count .Data \"scope\"}} reached by everyone ({{first .Data}})",
			"In {{.Server}} these are limited, but every user has one of the roles that they are limited to. " +
				"No resource here changes that; take the scope from it by hand:\n\n{{list .Data}}",
		},
		check.AccessGuardHeld: {
			"Access: {{count .Subjects \"scope\"}} reached by everyone through the guard role ({{first .Subjects}})",
			"In {{.Server}} the guard role is to keep these limited, and every user has it. Another warning says how that comes: put that right. " +
				"Do not take the guard off the scopes, for one that no other role limits would be open to everyone for good:\n\n{{list .Subjects}}",
		},
		check.AccessUnmapped: {
			"Access: opening removes {{count .Data \"mapping\"}} ({{first .Data}})",
			"A scope is open to everyone only while no user type is mapped to it, so these mappings are removed:\n\n{{list .Data}}",
		},
		check.AccessUnguarded: {
			"Access: {{count .Subjects \"scope\"}} unguarded ({{first .Subjects}})",
			"These are left as they were found: limited by their user types now, but open to everyone as soon as the last of them is taken away by hand. " +
				"Say access = \"user_types\" to guard them:\n\n{{list .Subjects}}",
		},
		check.AccessContradiction: {
			"Access of {{count .Data \"scope\"}} is contradictory",
			"One resource of this configuration says access = \"everyone\", another lists the scope for a user type, which limits it:\n\n{{list .Data}}\n\n" +
				"Say access = \"user_types\", or take the scope out of the user type's set.",
		},
	}
}

// addFindings converts findings about a server to diagnostics.
func (d *data) addFindings(diags *diag.Diagnostics, serverID string, found []check.Finding) {
	if len(found) == 0 {
		return
	}
	rows := messages()
	for _, f := range found {
		row, about := rows[f.Code], messageData{Finding: f, Server: d.at(serverID), ServerID: serverID, Product: d.caps.Server}
		addMessage(diags, f, render(row.summary, about), render(row.detail, about))
	}
}

func addMessage(diags *diag.Diagnostics, f check.Finding, summary, detail string) {
	at := attributePath(f.Path)
	switch {
	case f.Severity == check.Warn && f.Path == "":
		diags.AddWarning(summary, detail)
	case f.Severity == check.Warn:
		diags.AddAttributeWarning(at, summary, detail)
	case f.Path == "":
		diags.AddError(summary, detail)
	default:
		diags.AddAttributeError(at, summary, detail)
	}
}

// attributePath converts "settings.access".
func attributePath(text string) path.Path {
	root, rest, nested := strings.Cut(text, ".")
	at := path.Root(root)
	for nested {
		var name string
		name, rest, nested = strings.Cut(rest, ".")
		at = at.AtName(name)
	}
	return at
}

// render returns the text of a template. A test executes every template, so that an
// error is a defect of the provider.
func render(text string, about messageData) string {
	parsed, err := template.New("").Funcs(messageFuncs()).Option("missingkey=error").Parse(text)
	var b strings.Builder
	if err == nil {
		err = parsed.Execute(&b, about)
	}
	if err != nil {
		return fmt.Sprintf("The message %q cannot be shown. Please report this: %s", about.Code, err)
	}
	return b.String()
}

func messageFuncs() template.FuncMap {
	return template.FuncMap{
		"count": func(names []string, noun string) string { return count(len(names), noun) },
		"first": first,
		"list":  list,
		"quote": func(text any) string { return fmt.Sprintf("%q", text) },
	}
}
