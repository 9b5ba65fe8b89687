package drift

import (
	"fmt"
	"slices"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/markdown"
)

// Meanings of the names that a server returns if it compares definitions itself.
const (
	ListsMissing = "missing" // requested scopes that the server does not have
	ListsKnown   = "known"   // requested scopes that the server has
)

// CheckInput is one comparison by the server itself.
type CheckInput struct {
	Server      string // as the report names it: `PACE "api.pace.cloud"`
	Definitions []authz.Scope
	Returned    []string          // nil: the response has no list
	Lists       string            // ListsMissing, ListsKnown, or "" if the meaning is unknown
	Baseline    map[string]string // as in Input
	Sources     map[string]string // as in Input
}

// Check is the result of such a comparison. Each list is sorted.
type Check struct {
	Requested []string
	Returned  []string // nil if the response has no list; then the next two are nil too
	// OnlyRequested and OnlyReturned are the differences of Requested and Returned.
	OnlyRequested []string
	OnlyReturned  []string

	// Unknown is the reason why Missing and InSync are unknown, or "".
	Unknown string
	Missing []Found
	InSync  bool

	about about
}

// ReadCheck returns the result of a comparison. Missing and InSync are unknown if the
// response has no list, if Lists is "", or if the response contradicts Lists.
func ReadCheck(in CheckInput) Check {
	c := Check{about: about{server: in.Server, defined: len(in.Definitions), baseline: in.Baseline != nil, sources: in.Sources}}
	byName := map[string]authz.Scope{}
	for _, d := range in.Definitions {
		byName[d.Name] = d
		c.Requested = append(c.Requested, d.Name)
	}
	slices.Sort(c.Requested)
	if in.Returned != nil {
		c.Returned = append([]string{}, diff.Difference(in.Returned, nil)...)
		c.OnlyRequested = append([]string{}, diff.Difference(c.Requested, c.Returned)...)
		c.OnlyReturned = append([]string{}, diff.Difference(c.Returned, c.Requested)...)
	}
	if c.Unknown = unknown(in, c.OnlyReturned); c.Unknown != "" {
		return c
	}
	missing := c.OnlyRequested
	if in.Lists == ListsMissing {
		missing = c.Returned
	}
	for _, name := range missing {
		c.Missing = append(c.Missing, Found{byName[name], Input{Baseline: in.Baseline}.missingOrigin(name)})
	}
	c.InSync = len(missing) == 0
	return c
}

// unknown returns the reason why the missing scopes are unknown, or "".
func unknown(in CheckInput, onlyReturned []string) string {
	switch {
	case in.Returned == nil:
		return "The response has no list of scopes, so missing scopes are unknown."
	case in.Lists != ListsMissing && in.Lists != ListsKnown:
		return fmt.Sprintf("The meaning of the list in the response is not published. Set response_lists to %q (requested scopes that the server does not have) "+
			"or %q (requested scopes that the server has).", ListsMissing, ListsKnown)
	case len(onlyReturned) > 0:
		return fmt.Sprintf("response_lists is %q, and the response has %s outside the request, so the value does not fit the response.",
			in.Lists, count(len(onlyReturned), "name"))
	}
	return ""
}

// Markdown returns the report of the check: a summary, and a table of the missing scopes or,
// if they are unknown, of the names that only the request or only the response has.
func (c Check) Markdown() string {
	summary := fmt.Sprintf("**In sync.** The server has %s.", theScopes(c.about.defined))
	switch {
	case c.Unknown != "":
		summary = "**Sync is unknown** for " + theScopes(c.about.defined) + ". " + c.Unknown
		if c.Returned != nil {
			summary += fmt.Sprintf(" Requested: %d. Returned: %d.", len(c.Requested), len(c.Returned))
		}
	case !c.InSync:
		summary = fmt.Sprintf("**Out of sync** with %s: %s.", theScopes(c.about.defined),
			c.about.withOrigins(len(c.Missing), "missing", origins(c.Missing), missingWords))
	}
	tables := []markdown.Table{c.about.missingTable(c.Missing)}
	if c.Unknown != "" {
		tables = append(tables,
			c.about.namesTable("%s requested and not returned", c.OnlyRequested),
			c.about.namesTable("%s returned and not requested", c.OnlyReturned))
	}
	return markdown.Report(c.about.text(summary, ""), markdown.Table{}, tables...)
}
