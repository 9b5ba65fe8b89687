package provider

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"testing"
)

// The tests that need a server are in CONTRIBUTING.md with a reason: each in a pattern, and no
// pattern without a test.
func TestServerTestsAreListed(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, m := range regexp.MustCompile("`(TestAcc[A-Z][A-Za-z0-9*]*)`").FindAllStringSubmatch(string(text), -1) {
		used[m[1]] = false
	}
	files, err := filepath.Glob("*_test.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests: %v", err)
	}
	declared := regexp.MustCompile(`(?m)^func (TestAcc[A-Z]\w*)\(`)
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range declared.FindAllStringSubmatch(string(source), -1) {
			if !markListed(t, m[1], used) {
				t.Errorf("%s (%s) is not in the table of CONTRIBUTING.md", m[1], file)
			}
		}
	}
	for pattern, found := range used {
		if !found {
			t.Errorf("CONTRIBUTING.md lists %s, and there is no such test", pattern)
		}
	}
}

// markListed reports whether a pattern matches a test, and marks all that do.
func markListed(t *testing.T, test string, used map[string]bool) bool {
	t.Helper()
	found := false
	for pattern := range used {
		matches, err := path.Match(pattern, test)
		if err != nil {
			t.Fatal(err)
		}
		if matches {
			used[pattern], found = true, true
		}
	}
	return found
}
