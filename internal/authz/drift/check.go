package drift

import (
	"fmt"
	"slices"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

// What the list in the answer of a server that compares by itself means.
const (
	ListsMissing = "missing" // those asked for that it does not have
	ListsKnown   = "known"   // those asked for that it has
)

// CheckInput is the answer of a server that compares by itself.
type CheckInput struct {
	Server      string
	Definitions []authz.Scope
	Returned    []string          // nil: the answer held no list
	Lists       string            // the user's word for what it means; "": none given
	Baseline    map[string]string // as of Input
	Sources     map[string]string // as of Input
}

// Check is what such an answer tells, each list sorted.
type Check struct {
	Requested []string
	Returned  []string // nil: the answer held no list; so are the next two
	// OnlyRequested and OnlyReturned are the differences of the two.
	OnlyRequested []string
	OnlyReturned  []string

	// Unknown says why Missing and InSync are not known, "" when they are.
	Unknown string
	Missing []Found
	InSync  bool

	about about
}

// ReadCheck reads an answer by the user's word alone: without one, or where the
// answer cannot mean that, what is missing is not known.
func ReadCheck(in CheckInput) Check {
	c := Check{about: about{server: in.Server, defined: len(in.Definitions), baseline: in.Baseline != nil, sources: in.Sources}}
	byName := map[string]authz.Scope{}
	for _, d := range in.Definitions {
		byName[d.Name] = d
		c.Requested = append(c.Requested, d.Name)
	}
	slices.Sort(c.Requested)
	if in.Returned != nil {
		c.Returned = append([]string{}, diff.Without(in.Returned, nil)...)
		c.OnlyRequested = append([]string{}, diff.Without(c.Requested, c.Returned)...)
		c.OnlyReturned = append([]string{}, diff.Without(c.Returned, c.Requested)...)
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

func unknown(in CheckInput, onlyReturned []string) string {
	switch {
	case in.Returned == nil:
		return "The answer of the server held no list of scopes, which says neither that all are there nor that none is."
	case in.Lists != ListsMissing && in.Lists != ListsKnown:
		return fmt.Sprintf("What the list in the answer means is not published, and nothing says it: set response_lists to %q (it lists the scopes asked for that the server does not have) "+
			"or to %q (those that it has).", ListsMissing, ListsKnown)
	case len(onlyReturned) > 0:
		return fmt.Sprintf("response_lists is %q, which can be some of the scopes asked for and no others, but the answer lists scopes that were not asked for (%d of them): it means something else.",
			in.Lists, len(onlyReturned))
	}
	return ""
}
