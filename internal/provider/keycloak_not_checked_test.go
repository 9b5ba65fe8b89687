package provider

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// An identity of CI gets the whole report, and one without view-realm learns what is
// missing from it. in_sync is never null, so that a condition shows its message.
func TestAccKeycloakDriftNotChecked(t *testing.T) {
	l := newLab(t, "educator")
	const address, matrix = "data.authscopes_drift.d", "data.authscopes_access_matrix.m"
	resources := tftest.ScopesHCL(map[string]string{"a": "A", "b": "B"}) + tftest.UserTypeHCL("educator", "a")
	report := func(userTypes string) string {
		return `
			data "authscopes_drift" "d" {
				scopes     = { a = "A", b = "B" }
				` + userTypes + `
				lifecycle {
					postcondition {
						condition     = self.in_sync
						error_message = "CI: ${self.report}"
					}
				}
			}
			data "authscopes_access_matrix" "m" {}`
	}
	b := newAttached(t)
	b.config(l.config(resources))
	b.apply().ok()
	tf := attached(t)
	// read applies and returns the attributes of a data source, with its gaps as "subject | right".
	read := func(config, address string) (is map[string]any, gaps []string) {
		t.Helper()
		tf.Write(config).apply().ok()
		is = tf.state(address)
		for _, gap := range is["not_checked"].([]any) {
			g := gap.(map[string]any)
			same(t, "compared", g["compared"], any(false))
			gaps = append(gaps, fmt.Sprint(g["subject"], " | ", g["right"]))
		}
		return is, gaps
	}
	begins := func(what string, text any, pattern string) {
		t.Helper()
		if !regexp.MustCompile(pattern).MatchString(fmt.Sprint(text)) {
			t.Errorf("the %s is %v, want %s", what, text, pattern)
		}
	}
	const users = `role view-users of client "realm-management"`
	ci := tftest.ProviderHCL(l.account("ci", "view-clients", "view-realm"), "read_only = true") + report(`user_types = { educator = ["a"] }`)
	is, gaps := read(ci, address)
	same(t, "in_sync", is["in_sync"], any(true))
	if l.Server.HidesHolders(t) {
		begins("gaps", strings.Join(gaps, "\n"), `^default groups of realm.* \| `+users+`.*\nholders of the guard role "authscopes-guard" \| .*$`)
		begins("report", is["report"], `(?s)^## [^\n]*\n\n### Not checked.*\*\*In sync\.\*\*`)
		is, gaps = read(ci, matrix)
		same(t, "gaps of the matrix", len(gaps), 2)
		begins("matrix", is["markdown"], `^## [^\n]*\n\n### Not checked`)
	} else {
		same(t, "gaps", gaps, nil)
	}

	off := l.account("off", "view-clients", "view-realm") + "verify_guard_holders = false\n"
	is, gaps = read(tftest.ProviderHCL(off, "read_only = true")+report(""), address)
	same(t, "in_sync", is["in_sync"], any(true))
	begins("gaps", strings.Join(gaps, "\n"), `(^|\n)holders of the guard role "authscopes-guard" \| .*verify_guard_holders = true`)
	b.config(tftest.ProviderHCL(off, "read_only = true"), resources)
	b.plan().ends(0).warns()
	tf.Write(tftest.ProviderHCL(l.account("clients", "view-clients"), "read_only = true")+report("")).makePlan().
		failed("CI: ## ", "### Not checked", "view-realm", "Sync is unknown")
	is, gaps = read(tftest.ProviderHCL(l.account("users", "view-clients", "view-realm", "view-users"), "read_only = true")+report(""), address)
	same(t, "in_sync", is["in_sync"], any(true))
	same(t, "gaps", gaps, nil)
}
