// Package diff computes changes: what differs between what a configuration
// wants and what a server has. It is pure: no I/O, no logging, same answer for
// the same input.
package diff

import (
	"regexp"
	"strings"
)

// Filter says which scope names an authoritative resource sees and changes:
// those that a Manage glob matches (none: all) and no Ignore glob matches. In a
// glob `*` stands for any characters and `?` for one; all others, such as the
// brackets that a scope name may hold, stand for themselves.
type Filter struct {
	manage, ignore *regexp.Regexp
}

// NewFilter compiles the globs.
func NewFilter(manage, ignore []string) Filter {
	return Filter{manage: compile(manage), ignore: compile(ignore)}
}

// Manages reports whether a name is inside.
func (f Filter) Manages(name string) bool {
	return (f.manage == nil || f.manage.MatchString(name)) && !f.Ignores(name)
}

// Ignores reports whether an Ignore glob matches.
func (f Filter) Ignores(name string) bool {
	return f.ignore != nil && f.ignore.MatchString(name)
}

// String returns a text that is the same for equal filters.
func (f Filter) String() string {
	text := "all"
	if f.manage != nil {
		text = f.manage.String()
	}
	if f.ignore != nil {
		text += " without " + f.ignore.String()
	}
	return text
}

func compile(globs []string) *regexp.Regexp {
	if len(globs) == 0 {
		return nil
	}
	alternatives := make([]string, len(globs))
	for i, g := range globs {
		alternatives[i] = strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(regexp.QuoteMeta(g))
	}
	return regexp.MustCompile(`^(?s:` + strings.Join(alternatives, "|") + `)$`)
}
