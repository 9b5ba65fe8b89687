package messages

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
)

// The summary of an error is constant, so that users can search for it.
func TestErrorSummaries(t *testing.T) {
	rows := messages()
	for _, f := range samples() {
		summary := rows[f.Code].summary
		if f.Severity == check.Reject && (strings.Contains(summary, "{{") || utf8.RuneCountInString(summary) > 60) {
			t.Errorf("%s: the summary is not constant, or longer than 60 characters: %s", f.Code, summary)
		}
	}
}

// Terraform shows equal summaries of warnings once. A summary names the server or the holder,
// up to three subjects, and is short also if the names are long.
func TestWarningSummaries(t *testing.T) {
	noServer := []check.Code{InputNoSettings, ProviderUnknown, ProviderInsecure, FoundLimitedList, FoundNote}
	for _, f := range samples() {
		if f.Severity != check.Warn || slices.Contains(noServer, f.Code) {
			continue
		}
		for _, length := range []int{0, 255} {
			f := f
			if length > 0 && len(f.Subjects) > 1 {
				f.Subjects = slices.Repeat([]string{strings.Repeat("x", length)}, 4)
			}
			summary, _ := Text(about(f))
			if n := utf8.RuneCountInString(summary); n > maxSummary {
				t.Errorf("%s: %d characters: %s", f.Code, n, summary)
			}
			if !strings.Contains(summary, about(f).Server) {
				t.Errorf("%s does not name the server: %s", f.Code, summary)
			}
		}
	}
}

// A warning of a driver ends with as many of its subjects as fit.
func TestDriverWarningSummary(t *testing.T) {
	for _, length := range []int{3, 30, 255} {
		note := authz.Warning{
			Summary:  `Guard role missing: 4 limited scopes in Keycloak realm "shop" open to everyone`,
			Subjects: slices.Repeat([]string{strings.Repeat("x", length)}, 4),
		}
		summary, _ := Text(about(check.Finding{Code: FoundNote, Data: note}))
		if n := utf8.RuneCountInString(summary); n > maxSummary || !strings.HasPrefix(summary, note.Summary+" (xxx") {
			t.Errorf("%d characters: %s", n, summary)
		}
	}
}

// A detail consists of sentences.
func TestDetails(t *testing.T) {
	for _, f := range samples() {
		_, detail := Text(about(f))
		if first, _ := utf8.DecodeRuneInString(detail); f.Code != InputNullArgument && strings.ToLower(string(first)) == string(first) &&
			!startsWithAttribute(detail) && !strings.HasPrefix(detail, about(f).Product+" ") {
			t.Errorf("%s: the detail does not begin as a sentence: %s", f.Code, detail)
		}
		if strings.Contains(strings.ToLower(detail), "please") || strings.Contains(detail, "  ") && !strings.Contains(detail, "\n  ") {
			t.Errorf("%s: %s", f.Code, detail)
		}
	}
}

// startsWithAttribute reports whether a text begins with the name of an attribute, which is
// written as in a configuration.
func startsWithAttribute(text string) bool {
	word, _, _ := strings.Cut(text, " ")
	word = strings.Trim(word, ",")
	return strings.ContainsAny(word, "_.") || slices.Contains([]string{"access", "manage", "overrides", "scopes"}, word)
}
