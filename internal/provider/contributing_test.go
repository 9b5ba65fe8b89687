package provider

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// The tests that run Terraform are in CONTRIBUTING.md by name, with a reason, and no name without a test.
func TestTerraformTestsAreListed(t *testing.T) {
	t.Parallel()
	listed := namesIn(t, regexp.MustCompile("`(Test(?:Acc|Memory)[A-Z]\\w*)`"), "../../CONTRIBUTING.md")
	files, err := filepath.Glob("*_test.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests: %v", err)
	}
	declared := namesIn(t, regexp.MustCompile(`(?m)^func (Test(?:Acc|Memory)[A-Z]\w*)\(`), files...)
	for name := range declared {
		if !listed[name] {
			t.Errorf("%s is not in the table of CONTRIBUTING.md", name)
		}
	}
	for name := range listed {
		if !declared[name] {
			t.Errorf("CONTRIBUTING.md lists %s, and there is no such test", name)
		}
	}
}

// namesIn returns what the group of a pattern matches in files.
func namesIn(t *testing.T, pattern *regexp.Regexp, files ...string) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range pattern.FindAllStringSubmatch(string(text), -1) {
			names[m[1]] = true
		}
	}
	return names
}
