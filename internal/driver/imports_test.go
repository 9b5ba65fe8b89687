package driver

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/authscopes/terraform-provider-authscopes/internal/"

// TestDriversImportOnlyTheCore holds the direction of dependencies for every
// driver, including those that are added later: a driver needs the portable core
// and the transport, and neither another driver nor Terraform.
func TestDriversImportOnlyTheCore(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	drivers := 0
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		drivers++
		for _, pkg := range dependencies(t, "./"+entry.Name()) {
			if reason := forbidden(entry.Name(), pkg); reason != "" {
				t.Errorf("driver/%s imports %s: %s", entry.Name(), pkg, reason)
			}
		}
	}
	if drivers < 6 {
		t.Errorf("%d folders, want the transport and five drivers at least", drivers)
	}
}

func TestForbiddenImports(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pkg       string
		forbidden bool
	}{
		{"fmt", false},
		{module + "authz", false},
		{module + "authz/diff", false},
		{module + "driver/httpapi", false},
		{module + "driver/pace", false},
		{module + "driver/venafi", true},
		{module + "driver/httpapi2", true},
		{module + "authzother", true},
		{module + "provider", true},
		{module + "testing/fake", true},
		{"github.com/hashicorp/terraform-plugin-framework/types", true},
	} {
		if got := forbidden("pace", test.pkg) != ""; got != test.forbidden {
			t.Errorf("%s: forbidden is %v, want %v", test.pkg, got, test.forbidden)
		}
	}
}

// forbidden returns why a driver must not import a package, or "".
func forbidden(driver, pkg string) string {
	if strings.HasPrefix(pkg, "github.com/hashicorp/terraform-plugin") {
		return "only internal/provider knows Terraform"
	}
	rest, own := strings.CutPrefix(pkg, module)
	if !own {
		return ""
	}
	for _, allowed := range []string{"authz", "driver/httpapi", "driver/" + driver} {
		if rest == allowed || strings.HasPrefix(rest, allowed+"/") {
			return ""
		}
	}
	return "a driver imports authz and httpapi only"
}

func dependencies(t *testing.T, dir string) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", dir).Output()
	if err != nil {
		t.Fatalf("go list -deps %s: %v", filepath.Base(dir), err)
	}
	return strings.Fields(string(out))
}
