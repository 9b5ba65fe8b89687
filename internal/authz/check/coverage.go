package check

import "github.com/authscopes/terraform-provider-authscopes/internal/authz"

// CoverageCovered is about scopes that a parameterized scope gives to more users.
const CoverageCovered Code = "coverage.covered" // Subjects: covered scopes; Data: Lines, `missions: missions:create`

func coverageCodes() []Code { return []Code{CoverageCovered} }

// Coverage reports parameterized scopes that put the names of configured scopes into
// tokens of users who do not have these scopes. A scope that the plan deletes covers
// nothing.
func Coverage(live *authz.Snapshot, configured, deleted []string) []Finding {
	var f findings
	var covered lines
	gone := make(map[string]bool, len(deleted))
	for _, name := range deleted {
		gone[name] = true
	}
	var subjects []string
	for _, c := range live.Covers(configured) {
		if gone[c.Scope] {
			continue
		}
		for _, name := range c.Names {
			covered.add(c.Scope, "%s", name)
		}
		subjects = append(subjects, c.Names...)
	}
	f.add(Finding{Code: CoverageCovered, Severity: Warn, Subjects: subjects, Data: covered.text})
	return f
}
