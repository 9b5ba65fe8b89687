package tftest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Diagnostic is a diagnostic of Terraform, as `-json` prints it.
type Diagnostic struct {
	Severity string
	Summary  string
	Detail   string
	Address  string
	Snippet  struct {
		Code string // the line of the attribute
	}
}

// Text returns the summary and the detail.
func (d Diagnostic) Text() string { return d.Summary + "\n" + d.Detail }

// HoldsAll reports whether the text of the diagnostic contains all words.
func (d Diagnostic) HoldsAll(words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(d.Text(), w) })
}

// Result is the outcome of one command of Terraform.
type Result struct {
	Code        int
	Out         string // standard output
	Stderr      string
	Diagnostics []Diagnostic
	Actions     []string // "address action" of each planned change, sorted
	Tainted     bool     // a change is planned because of a taint
	Plain       []string // lines that are no JSON
}

// Severity returns the diagnostics of one severity.
func (r Result) Severity(s string) []Diagnostic {
	return slices.DeleteFunc(slices.Clone(r.Diagnostics), func(d Diagnostic) bool { return d.Severity != s })
}

// Texts returns the texts of the diagnostics of one severity, except the warning about overrides of
// providers.
func (r Result) Texts(severity string) []string {
	var texts []string
	for _, d := range r.Severity(severity) {
		if !strings.Contains(d.Text(), "development overrides") {
			texts = append(texts, d.Text())
		}
	}
	return texts
}

// Program returns the path of terraform or tofu, as terraform-plugin-testing finds it. Without TF_ACC, the
// test is skipped.
func Program(t testing.TB) string {
	t.Helper()
	if os.Getenv("TF_ACC") == "" {
		t.Skip("tests that run Terraform run only with TF_ACC set")
	}
	program := cmp.Or(os.Getenv("TF_ACC_TERRAFORM_PATH"), OnPath("terraform"), OnPath("tofu"))
	if program == "" {
		t.Fatal("neither terraform nor tofu is on PATH")
	}
	return program
}

// OnPath returns the path of a program, or "" if it is not on PATH.
func OnPath(name string) string {
	path, _ := exec.LookPath(name)
	return path
}

// JSON adds to the arguments of a command what it needs to print lines of JSON.
func JSON(args ...string) []string {
	return slices.Insert(args, 1, "-json", "-input=false", "-no-color")
}

// Run runs a command and reads the lines of JSON that it prints. An exit code other than 0 is no error.
func Run(ctx context.Context, program, dir string, env []string, args ...string) (Result, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env = dir, env
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		return Result{}, err
	}
	r := Result{Code: cmd.ProcessState.ExitCode(), Out: out.String(), Stderr: stderr.String()}
	for line := range strings.Lines(r.Out) {
		r.read(line)
	}
	slices.Sort(r.Actions)
	return r, nil
}

// read reads one line.
func (r *Result) read(line string) {
	var m struct {
		Type       string
		Diagnostic *Diagnostic
		Change     struct {
			Resource struct{ Addr string }
			Action   string
			Reason   string
		}
	}
	if json.Unmarshal([]byte(line), &m) != nil {
		r.Plain = append(r.Plain, line)
		return
	}
	switch {
	case m.Type == "planned_change":
		r.Actions = append(r.Actions, m.Change.Resource.Addr+" "+m.Change.Action)
		r.Tainted = r.Tainted || m.Change.Reason == "tainted"
	case m.Diagnostic != nil:
		r.Diagnostics = append(r.Diagnostics, *m.Diagnostic)
	}
}
