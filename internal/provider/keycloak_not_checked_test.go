package provider

import (
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
)

// An identity of CI gets the whole report, and one without view-realm learns what is
// missing from it. in_sync is never null, so that a condition shows its message.
func TestAccKeycloakDriftNotChecked(t *testing.T) {
	l := newLab(t, "educator")
	const address, matrix = "data.authscopes_drift.d", "data.authscopes_access_matrix.m"
	resources := scopesHCL(map[string]string{"a": "A", "b": "B"}) + userTypeHCL("educator", "a")
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
	is := func(key, value string) resource.TestCheckFunc {
		return resource.TestCheckResourceAttr(address, key, value)
	}
	b := newBinary(t)
	b.config(l.config(resources))
	b.apply().ok()
	ci := providerBlock(l.account("ci", "view-clients", "view-realm"), "read_only = true")
	l.test(resource.TestStep{
		Config: ci + report(`user_types = { educator = ["a"] }`),
		Check: resource.ComposeAggregateTestCheckFunc(
			is("in_sync", "true"), is("not_checked.#", "2"), is("not_checked.0.compared", "false"), is("not_checked.1.compared", "false"),
			is("not_checked.1.subject", `holders of the guard role "authscopes-guard"`),
			resource.TestMatchResourceAttr(address, "not_checked.0.subject", regexp.MustCompile("^default groups of realm")),
			resource.TestMatchResourceAttr(address, "not_checked.0.right", regexp.MustCompile(`^role view-users of client "realm-management"`)),
			resource.TestMatchResourceAttr(address, "report", regexp.MustCompile(`(?s)^## [^\n]*\n\n### Not checked.*\*\*In sync\.\*\*`)),
			resource.TestCheckResourceAttr(matrix, "not_checked.#", "2"),
			resource.TestMatchResourceAttr(matrix, "markdown", regexp.MustCompile(`^## [^\n]*\n\n### Not checked`)),
		),
	})
	off := l.account("off", "view-clients", "view-realm") + "verify_guard_holders = false\n"
	l.test(resource.TestStep{
		Config: providerBlock(off, "read_only = true") + report(""),
		Check: resource.ComposeAggregateTestCheckFunc(
			is("in_sync", "true"), is("not_checked.1.subject", `holders of the guard role "authscopes-guard"`),
			resource.TestMatchResourceAttr(address, "not_checked.1.right", regexp.MustCompile("verify_guard_holders = true")),
		),
	})
	b.config(providerBlock(off, "read_only = true"), resources)
	b.plan().ends(0).warns()
	l.test(resource.TestStep{
		Config:      providerBlock(l.account("clients", "view-clients"), "read_only = true") + report(""),
		ExpectError: regexp.MustCompile(`(?s)CI: ## [^\n]*\n\n### Not checked.*view-realm.*Sync\s+is\s+unknown`),
	})
	l.test(resource.TestStep{
		Config: providerBlock(l.account("users", "view-clients", "view-realm", "view-users"), "read_only = true") + report(""),
		Check:  resource.ComposeAggregateTestCheckFunc(is("in_sync", "true"), is("not_checked.#", "0")),
	})
}
