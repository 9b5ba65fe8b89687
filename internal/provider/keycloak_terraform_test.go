package provider

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// build is the provider's binary, built when the first test asks for it.
type build struct {
	once sync.Once
	dir  string
	err  error
}

// builtVersion is set as a release sets it.
const builtVersion = "1.2.3-test"

// built is shared by all tests; TestMain removes it.
var built build

// provider returns the folder of the binary.
func (b *build) provider() (string, error) {
	b.once.Do(func() {
		if b.dir, b.err = os.MkdirTemp("", "authscopes-provider-"); b.err != nil {
			return
		}
		name := "terraform-provider-authscopes"
		if runtime.GOOS == "windows" {
			name += ".exe"
		}
		build := exec.Command("go", "build", "-ldflags", "-X main.version="+builtVersion, "-o", filepath.Join(b.dir, name), "../..")
		if out, err := build.CombinedOutput(); err != nil {
			b.err = fmt.Errorf("build the provider: %w\n%s", err, out)
		}
	})
	return b.dir, b.err
}

func (b *build) remove() {
	if b.dir != "" {
		_ = os.RemoveAll(b.dir)
	}
}

// binary is a folder in which Terraform runs with the provider: the built one, or that of this process.
type binary struct {
	t       *testing.T
	program string
	source  string // address of the provider
	dir     string
	env     map[string]string
}

// newBinary creates the folder. Environment variables about servers are omitted.
func newBinary(t *testing.T) *binary {
	t.Helper()
	program := tftest.Program(t)
	plugins, err := built.provider()
	if err != nil {
		t.Fatal(err)
	}
	b := &binary{t: t, program: program, source: "authscopes/authscopes", dir: t.TempDir()}
	b.Write("cli.tfrc", fmt.Sprintf("provider_installation {\n  dev_overrides {\n    %q = %q\n  }\n  direct {}\n}\n", b.source, plugins))
	b.env = map[string]string{"CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": filepath.Join(b.dir, "cli.tfrc")}
	return b
}

// newAttached creates a folder whose Terraform attaches to the provider in this process. A command starts
// no provider, which is most of its time. Tests of the process, its environment or its log need newBinary, and
// so do tests of the validation of a process that is not configured yet.
func newAttached(t *testing.T) *binary {
	t.Helper()
	// Terraform 1.17 generates configuration for the default address of a type, whatever its source is.
	b := &binary{t: t, program: tftest.Program(t), source: "hashicorp/authscopes", dir: t.TempDir()}
	b.env = map[string]string{
		"CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": os.DevNull,
		"TF_REATTACH_PROVIDERS": serve(t, map[string]func() tfprotov6.ProviderServer{b.source: released}),
	}
	return b
}

func (b *binary) Write(name, text string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b *binary) read(name string) string {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join(b.dir, name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		b.t.Fatal(err)
	}
	return string(text)
}

// config writes main.tf.
func (b *binary) config(parts ...string) {
	b.t.Helper()
	b.Write("main.tf", fmt.Sprintf("terraform {\n  required_providers {\n    authscopes = { source = %q }\n  }\n}\n", b.source)+strings.Join(parts, "\n"))
}

// outcome is what one command of Terraform did.
type outcome struct {
	tftest.Result
	t        *testing.T
	code     int
	warnings []string // summary and detail
	errors   []string
	out      string
}

// run runs one command.
func (b *binary) run(args ...string) outcome {
	b.t.Helper()
	r, err := tftest.Run(b.t.Context(), b.program, b.dir, b.environ(), args...)
	if err != nil {
		b.t.Fatal(err)
	}
	return outcome{Result: r, t: b.t, code: r.Code, errors: r.Texts("error"), warnings: r.Texts("warning"), out: r.Out + r.Stderr}
}

// environ is this process's without what it says of servers and of Terraform.
func (b *binary) environ() []string {
	var env []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "KEYCLOAK_") && !strings.HasPrefix(e, "AUTHSCOPES_") && !strings.HasPrefix(e, "TF_") {
			env = append(env, e)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b.env)) {
		env = append(env, name+"="+b.env[name])
	}
	return env
}

// ok fails the test unless the command ended with 0.
func (o outcome) ok() outcome { o.t.Helper(); return o.ends(0) }

// ends fails the test unless the command ended with this code.
func (o outcome) ends(code int) outcome {
	o.t.Helper()
	if o.code != code {
		o.t.Fatalf("ended with %d, expected %d\n%s\n%s", o.code, code, strings.Join(o.errors, "\n"), o.out)
	}
	return o
}

// warns fails the test unless there is a warning that has all these words, and
// as many warnings as there are groups of words.
func (o outcome) warns(groups ...[]string) outcome {
	o.t.Helper()
	requireTexts(o.t, "warnings", o.warnings, groups)
	return o
}

// fails does the same for errors.
func (o outcome) fails(groups ...[]string) outcome {
	o.t.Helper()
	requireTexts(o.t, "errors", o.errors, groups)
	if o.code != 1 {
		o.t.Errorf("ended with %d, expected 1", o.code)
	}
	return o
}

func requireTexts(t *testing.T, kind string, texts []string, groups [][]string) {
	t.Helper()
	if len(texts) != len(groups) {
		t.Errorf("%d %s, expected %d:\n%s", len(texts), kind, len(groups), strings.Join(texts, "\n---\n"))
	}
	for _, words := range groups {
		if !slices.ContainsFunc(texts, func(text string) bool {
			return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
		}) {
			t.Errorf("none of the %s has all of %q:\n%s", kind, words, strings.Join(texts, "\n---\n"))
		}
	}
}

// apply applies without asking.
func (b *binary) apply(args ...string) outcome {
	b.t.Helper()
	return b.run(append([]string{"apply", "-json", "-auto-approve", "-input=false"}, args...)...)
}

// plan plans into a file; its exit code is 2 when something is to change.
func (b *binary) plan(args ...string) outcome {
	b.t.Helper()
	return b.run(append([]string{"plan", "-json", "-input=false", "-detailed-exitcode", "-out=plan"}, args...)...)
}

// requireChanges fails the test unless the last plan changes exactly these lines.
func (b *binary) requireChanges(want string) {
	b.t.Helper()
	var p tfjson.Plan
	o := b.run("show", "-json", "plan").ok()
	if err := json.Unmarshal([]byte(o.out), &p); err != nil {
		b.t.Fatal(err)
	}
	if err := tftest.EqualPlan(&p, want); err != nil {
		b.t.Error(err)
	}
}

// state returns the names of the resources in state.
func (b *binary) state() []string {
	b.t.Helper()
	o := b.run("state", "list")
	return strings.Fields(o.out)
}
