// Package diff computes the changes from a server's state to a configuration. It is pure: it does
// no I/O, does not log, and returns the same result for the same input.
package diff

import (
	"regexp"
	"strings"
)

// Filter states which scope names an authoritative resource manages: those that match a Manage
// glob (without globs, all names) and no Ignore glob. In a glob, `*` matches any characters and
// `?` matches one. All other characters match themselves, also brackets, because a scope name can
// contain them.
type Filter struct {
	manage, ignore *regexp.Regexp
}

// NewFilter compiles the globs.
func NewFilter(manage, ignore []string) Filter {
	return Filter{manage: compile(manage), ignore: compile(ignore)}
}

// Manages reports whether the filter manages a name.
func (f Filter) Manages(name string) bool {
	return (f.manage == nil || f.manage.MatchString(name)) && !f.Ignores(name)
}

// Ignores reports whether an Ignore glob matches a name.
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
