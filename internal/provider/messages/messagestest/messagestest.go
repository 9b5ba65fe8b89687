// Package messagestest lets a test expect a message by its code, so that a change of its
// wording changes no test but the golden files.
package messagestest

import (
	"regexp"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

var action = regexp.MustCompile(`\{\{[^}]*\}\}`)

// Summary returns the longest constant part of the summary of a message that no other
// summary has: the whole summary of an error. It is empty for an unknown code.
func Summary(code check.Code) string {
	var own []string
	shared := map[string]bool{"": true}
	for _, row := range messages.Rows() {
		parts := action.Split(row.Summary, -1)
		if row.Code == code {
			own = parts
			continue
		}
		for _, part := range parts {
			shared[part] = true
		}
	}
	best := ""
	for _, part := range own {
		if shared[best] && !shared[part] || shared[best] == shared[part] && len(part) > len(best) {
			best = part
		}
	}
	return best
}

// Pattern returns a regular expression for Summary, whose words Terraform can separate by
// line breaks.
func Pattern(code check.Code) string {
	words := strings.Fields(Summary(code))
	for i := range words {
		words[i] = regexp.QuoteMeta(words[i])
	}
	return strings.Join(words, `[\s│]+`)
}
