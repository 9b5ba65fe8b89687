// Package messages has the text of everything that the provider reports: one table, from
// the code of a finding to its summary and detail. It decides nothing.
package messages

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"
	"unicode/utf8"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
)

// message is the text of a finding: templates over About.
type message struct{ summary, detail string }

// About is a finding and where it was found: what the templates of a message can refer to.
type About struct {
	check.Finding
	Server   string // the server that the finding is about, such as `Keycloak realm "shop"`
	ServerID string
	Product  string // such as `Keycloak`
	Block    string // of the provider configuration, such as `keycloak`

	ServerIDWord string // what the product calls a server ID, such as `realm`
	UserTypeWord string // what the product calls a user type, such as `realm role`
	WholeSets    bool   // a write replaces all scopes of a user type, so that a resource has no globs
}

// messages returns the text of each code.
func messages() map[check.Code]message {
	all := map[check.Code]message{}
	for _, rows := range []map[check.Code]message{
		accessErrors(), accessWarnings(), conflictMessages(), deletionMessages(), globMessages(), adoptionMessages(), staleMessages(),
		grantErrors(), grantWarnings(), assignmentWarnings(), allGrantMessages(), boundMessages(), nameMessages(), renameMessages(), userMessages(),
		parentMessages(), coverageMessages(), serverMessages(), providerMessages(),
		configMessages(), inputMessages(), documentMessages(), importMessages(), supportMessages(), failedMessages(), foundMessages(),
	} {
		maps.Copy(all, rows)
	}
	return all
}

// Codes returns the codes of what no check decides.
func Codes() []check.Code {
	return slices.Concat(providerCodes(), inputCodes(), supportCodes(), failedCodes(), foundCodes())
}

// Row is one row of the table. Summary and Detail are templates (text/template) over About.
type Row struct {
	Code            check.Code
	Summary, Detail string
}

// Rows returns the table, sorted by code.
func Rows() []Row {
	all := messages()
	rows := make([]Row, 0, len(all))
	for _, code := range slices.Sorted(maps.Keys(all)) {
		rows = append(rows, Row{code, all[code].summary, all[code].detail})
	}
	return rows
}

// maxSummary limits the characters of a summary: a longer one names fewer subjects.
const maxSummary = 120

// Text returns the summary and the detail of a finding.
func Text(about About) (summary, detail string) {
	row := messages()[about.Code]
	if len(about.Subjects) > 0 && authz.IsClientRole(about.Subjects[0]) { // used only if it is a user type
		about.UserTypeWord = "client role"
	}
	for named := maxNamed; named >= 0; named-- {
		summary = render(string(about.Code), row.summary, about, named)
		if utf8.RuneCountInString(summary) <= maxSummary {
			break
		}
	}
	return summary, render(string(about.Code), row.detail, about, maxNamed)
}

// render returns the text of a template, in which the function first gets the number of names. A
// test executes every template, so that an error is a defect of the
// provider.
func render(code, text string, about any, named int) string {
	parsed, err := template.New("").Funcs(functions(named)).Option("missingkey=error").Parse(text)
	var b strings.Builder
	if err == nil {
		err = parsed.Execute(&b, about)
	}
	if err != nil {
		return fmt.Sprintf("The message %q cannot be shown. Report this as a defect of the provider: %s", code, err)
	}
	return b.String()
}

func functions(named int) template.FuncMap {
	return template.FuncMap{
		"alternative":   alternative,
		"advice":        Advice,
		"allowed":       allowed,
		"noteAdvice":    noteAdvice,
		"badName":       badName,
		"unnamedParent": unnamedParent,
		"visible":       Visible,
		"join":          strings.Join,
		"count":         func(names []string, noun string) string { return Count(len(names), noun) },
		"first":         func(names ...[]string) string { return First(slices.Concat(names...), named) },
		"list":          List,
		"importScopes":  func(serverID string) string { return ImportBlock("authscopes_server_scopes", serverID) },
		"counts":        counts,
		"entries":       entries,

		"roleName":       roleName,
		"roleEntry":      roleEntry,
		"roleArguments":  roleArguments,
		"likeClientRole": likeClientRole,
		"slashInRole":    func(name string) bool { return strings.Contains(roleName(name), "/") },
		"section":        Section,
		"importGrants":   func(serverID string) string { return ImportBlock("authscopes_server_grants", serverID) },
		"quote":          func(text any) string { return fmt.Sprintf("%q", text) },
	}
}

// counts returns `1 scope revoked, 2 granted` for a noun and pairs of names and a verb,
// without zeros.
func counts(noun string, pairs ...any) string {
	var parts []string
	for i := 0; i+1 < len(pairs); i += 2 {
		names, _ := pairs[i].([]string)
		switch {
		case len(names) > 0 && len(parts) == 0:
			parts = append(parts, fmt.Sprintf("%s %s", Count(len(names), noun), pairs[i+1]))
		case len(names) > 0:
			parts = append(parts, fmt.Sprintf("%d %s", len(names), pairs[i+1]))
		}
	}
	return strings.Join(parts, ", ")
}
