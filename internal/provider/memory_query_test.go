package provider

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-version"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// atLeast skips a test where Terraform is older, or where there is OpenTofu,
// which has not the command.
func atLeast(t *testing.T, least string) {
	t.Helper()
	out, err := exec.Command(tftest.Program(t), "version", "-json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var is struct {
		Version string `json:"terraform_version"`
	}
	if err := json.Unmarshal(out, &is); err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(filepath.Base(tftest.Program(t)), "tofu") || version.Must(version.NewVersion(is.Version)).
		Core().LessThan(version.Must(version.NewVersion(least))) {
		t.Skipf("needs Terraform %s, this is %s %s", least, filepath.Base(tftest.Program(t)), is.Version)
	}
}

const queryHCL = `
list "authscopes_server_scope" "scopes" {
  provider = authscopes
  config {
    include_built_in = true
  }
}
list "authscopes_user_type_scopes" "types" {
  provider = authscopes
  config {
    include_empty = true
  }
}
list "authscopes_client_scopes" "clients" {
  provider = authscopes
  config {
    include_empty = true
  }
}
`

// query runs the list blocks; the generated configuration is left in generated.tf.
func (tf *terraform) query(hcl string) string {
	tf.t.Helper()
	if err := os.WriteFile(filepath.Join(tf.dir, "all.tfquery.hcl"), []byte(hcl), 0o600); err != nil {
		tf.t.Fatal(err)
	}
	return tf.output("query", "-no-color", "-generate-config-out=generated.tf")
}

// The generated configuration of a query plans as an import of all, changes nothing, and is
// stable: that of single resources, and that of a whole set with its settings and exceptions.
func TestMemoryQuery(t *testing.T) {
	atLeast(t, "1.14.0")
	t.Parallel()
	const set = "list \"authscopes_server_scopes\" \"all\" {\n  provider = authscopes\n}\n"
	for name, test := range map[string]struct {
		query   string
		words   []string
		imports int
	}{
		"single resources": {queryHCL, []string{"name=email,server_id=memory", "server_id=memory,user_type=chief", "client_id=shop,server_id=memory"}, 7 + 4 + 2},
		"a set":            {set, []string{"server_id=memory"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			m := listMemory()
			t.Parallel()
			tf := newTerraform(t, builtInMemory{m}, nil)
			tf.m = m
			out := tf.Write("").query(test.query)
			for _, words := range test.words {
				if !strings.Contains(out, words) {
					t.Errorf("the query does not show %q:\n%s", words, out)
				}
			}
			o := tf.makePlan().ok().changes()
			imports := 0
			for _, r := range o.plan.ResourceChanges {
				if r.Change.Importing != nil {
					imports++
				}
			}
			same(t, "imports", imports, test.imports)
			tf.applyPlan().ok().wrote()
			tf.settled()
			if test.imports == 1 {
				scopes := tf.state("authscopes_server_scopes.all_0")["scopes"].(map[string]any)
				same(t, "scopes", slices.Sorted(maps.Keys(scopes)), []string{"a", "b", "c", "d", "e"})
			}
		})
	}
}
