package provider

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// memRow is one row of a table: a server, and steps of configurations. All rows of a table share
// the commands of Terraform, because a command takes longer than a row. Each row has its own
// server, its own provider, and resources with its own labels.
type memRow struct {
	name   string
	server func(*drivertest.Memory)              // prepares the server
	driver func(*drivertest.Memory) authz.Driver // nil: one that knows built-in names
	steps  []memStep
	// others is true if the plans of the row can have more diagnostics than found.
	others bool
	silent bool // no plan sends a request
}

// memStep is a plan, and its apply. If one row expects an error of the plan, no row is applied.
type memStep struct {
	change  func(*drivertest.Memory) // before the plan
	config  string                   // "": that of the step before
	args    []string                 // of the plan, for all rows; addresses are those of the row
	found   []found                  // the diagnostics of the plan
	lines   []string                 // the changes of the plan; nil: any
	calls   []string                 // of the plan; nil: any that write nothing
	between func(*drivertest.Memory) // between the plan and the apply
	failed  []found                  // the errors of the apply
	wrote   []string                 // the writes of the apply; nil: any
	after   func(*testing.T, *memServed)
}

// noResources is an empty configuration.
const noResources = "# no resources\n"

// nothing is a list of no lines or writes.
var nothing = []string{}

// found is a diagnostic that is expected: of a code, or with a summary of Terraform.
type found struct {
	code    check.Code
	summary string
	at      string   // in the line that the diagnostic points at, or in its address
	values  []string // in its text
}

func finds(code check.Code, values ...string) found { return found{code: code, values: values} }

func (f found) matches(d tftest.Diagnostic) bool {
	if f.summary != "" && d.Summary != f.summary || f.code != "" && !isMessage(f.code, d) {
		return false
	}
	return d.HoldsAll(f.values) && strings.Contains(d.Snippet.Code+" "+d.Address, f.at)
}

// isMessage reports whether a diagnostic can be the message of a code.
func isMessage(code check.Code, d tftest.Diagnostic) bool {
	rows := messages.Rows()
	i, ok := slices.BinarySearchFunc(rows, code, func(r messages.Row, c check.Code) int { return strings.Compare(string(r.Code), string(c)) })
	return ok && pattern(rows[i].Summary).MatchString(d.Summary) && pattern(rows[i].Detail).MatchString(d.Detail)
}

// memServed is a row and its server while the table runs.
type memServed struct {
	memRow
	m      *drivertest.Memory
	number int
	config string
	table  *memTable
}

// memTable runs rows together.
type memTable struct {
	*terraform
	rows   []*memServed              // those that have not ended
	states map[string]map[string]any // of all resources, read once per step
}

// runRows runs a table.
func runRows(t *testing.T, rows ...memRow) {
	t.Helper()
	t.Parallel()
	providers := map[string]func() tfprotov6.ProviderServer{}
	table := &memTable{}
	for i, row := range rows {
		s := &memServed{memRow: row, m: newMemory(), number: i, table: table, config: noResources}
		if row.server != nil {
			row.server(s.m)
		}
		var d authz.Driver = builtInMemory{s.m}
		if row.driver != nil {
			d = row.driver(s.m)
		}
		providers["hashicorp/"+s.provider()] = memoryProvider(d, nil)
		table.rows = append(table.rows, s)
	}
	table.terraform = terraformOver(t, providers)
	for i := 0; len(table.rows) > 0; i++ {
		table.runStep(i)
		table.end(i + 1)
	}
}

func (s *memServed) provider() string { return fmt.Sprintf("r%d", s.number) }

// end removes the rows that have no such step, from the table and from the state.
func (tb *memTable) end(step int) {
	tb.t.Helper()
	ended := map[string]bool{}
	tb.rows = slices.DeleteFunc(tb.rows, func(s *memServed) bool {
		ended[s.provider()] = step >= len(s.steps)
		return step >= len(s.steps)
	})
	file := filepath.Join(tb.dir, "terraform.tfstate")
	raw, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) || len(tb.rows) == 0 {
		return
	}
	var state map[string]any
	if err := errors.Join(err, json.Unmarshal(raw, &state)); err != nil {
		tb.t.Fatal(err)
	}
	resources, _ := state["resources"].([]any)
	state["resources"] = slices.DeleteFunc(resources, func(r any) bool {
		name, _ := r.(map[string]any)["name"].(string)
		return ended[name[strings.LastIndex(name, "_")+1:]]
	})
	if raw, err = json.Marshal(state); err == nil {
		err = os.WriteFile(file, raw, 0o600)
	}
	if err != nil {
		tb.t.Fatal(err)
	}
}

// runStep runs one step of all rows.
func (tb *memTable) runStep(i int) {
	tb.t.Helper()
	o := tb.run(append([]string{"plan", "-out=tfplan"}, tb.prepare(i)...)...)
	tb.compare(i, "plan", o.Diagnostics, func(s *memServed) []found { return s.steps[i].found })
	rejected := len(o.Severity("error")) > 0
	var lines []string
	if !rejected && slices.ContainsFunc(tb.rows, func(s *memServed) bool { return s.steps[i].lines != nil }) {
		lines = tftest.PlanLines(tb.savedPlan())
	}
	for _, s := range tb.rows {
		step := s.steps[i]
		switch {
		case !rejected && step.lines != nil:
			tb.sameLists(i, s, "changes", s.linesOf(lines), step.lines)
		case rejected && (step.lines != nil || step.failed != nil || step.wrote != nil || step.after != nil):
			tb.t.Errorf("%s, step %d: the plan was rejected: %s", s.name, i, describe(o.Severity("error")))
		}
		calls := s.m.Calls()
		if !s.silent && step.calls == nil {
			calls = memWrites(calls)
		}
		tb.sameLists(i, s, "calls of the plan", calls, step.calls)
	}
	if !rejected {
		tb.applyStep(i)
	}
}

// prepare writes the configuration of a step, and returns the arguments of its plan.
func (tb *memTable) prepare(i int) (args []string) {
	tb.t.Helper()
	var required, hcl strings.Builder
	for _, s := range tb.rows {
		step := s.steps[i]
		if step.change != nil {
			step.change(s.m)
		}
		if step.config != "" {
			s.config = step.config
		}
		fmt.Fprintf(&required, "    %s = { source = \"hashicorp/%s\" }\n", s.provider(), s.provider())
		fmt.Fprintf(&hcl, "provider %q {\n  keycloak = {}\n}\n%s", s.provider(), s.scoped(s.config))
		for _, a := range step.args {
			args = append(args, s.scoped(a))
		}
		s.m.Calls()
	}
	text := "terraform {\n  required_providers {\n" + required.String() + "  }\n}\n" + hcl.String()
	if err := os.WriteFile(filepath.Join(tb.dir, "main.tf"), []byte(text), 0o600); err != nil {
		tb.t.Fatal(err)
	}
	slices.Sort(args)
	return slices.Compact(args)
}

// applyStep applies the plan, and requires that nothing is left to do unless the apply of a row fails.
func (tb *memTable) applyStep(i int) {
	tb.t.Helper()
	for _, s := range tb.rows {
		if step := s.steps[i]; step.between != nil {
			step.between(s.m)
		}
		s.m.Calls()
	}
	o := tb.applyPlan()
	tb.compare(i, "apply", o.Severity("error"), func(s *memServed) []found { return s.steps[i].failed })
	for _, s := range tb.rows {
		if step := s.steps[i]; step.wrote != nil {
			tb.sameLists(i, s, "writes", memWrites(s.m.Calls()), step.wrote)
		}
	}
	settled := tb.run("plan")
	if len(o.Severity("error")) == 0 {
		settled.ok()
	}
	tb.states = nil
	for _, s := range tb.rows {
		step := s.steps[i]
		if step.failed == nil && step.between == nil {
			tb.sameLists(i, s, "changes of the next plan", s.linesOf(settled.Actions), nil)
		}
		if step.after != nil {
			step.after(tb.t, s)
		}
	}
}

// sameLists compares two lists in any order.
func (tb *memTable) sameLists(i int, s *memServed, what string, got, want []string) {
	tb.t.Helper()
	want = slices.Sorted(slices.Values(want))
	if slices.Sort(got); !slices.Equal(got, want) {
		tb.t.Errorf("%s, step %d: the %s are\n  %s\nwant\n  %s", s.name, i, what, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// compare requires exactly the expected diagnostics of each row. A diagnostic without an address, as
// of a resource that is no longer configured, can be of any row.
func (tb *memTable) compare(i int, what string, diags []tftest.Diagnostic, want func(*memServed) []found) {
	tb.t.Helper()
	left := map[int][]tftest.Diagnostic{}
	for _, d := range diags {
		number, _ := rowOf(d.Address)
		left[number] = append(left[number], d)
	}
	take := func(number int, f found) bool {
		at := slices.IndexFunc(left[number], f.matches)
		if at >= 0 {
			left[number] = slices.Delete(left[number], at, at+1)
		}
		return at >= 0
	}
	type expected struct {
		found
		row *memServed
	}
	var anywhere []expected
	for _, s := range tb.rows {
		for _, f := range want(s) {
			if !take(s.number, f) {
				anywhere = append(anywhere, expected{f, s})
			}
		}
	}
	// Those with the most text first: one without values matches what others expect.
	slices.SortStableFunc(anywhere, func(a, b expected) int { return len(strings.Join(b.values, "")) - len(strings.Join(a.values, "")) })
	for _, e := range anywhere {
		if !take(noRow, e.found) {
			tb.t.Errorf("%s, step %d: the %s has no diagnostic %+v, but %s", e.row.name, i, what, e.found, describe(left[e.row.number], left[noRow]))
		}
	}
	for _, s := range tb.rows {
		if rest := left[s.number]; len(rest) > 0 && (what == "apply" || !s.others) {
			tb.t.Errorf("%s, step %d: the %s has more diagnostics: %s", s.name, i, what, describe(rest))
		}
	}
	if rest := left[noRow]; len(rest) > 0 && (what == "apply" || !slices.ContainsFunc(tb.rows, func(s *memServed) bool { return s.others })) {
		tb.t.Errorf("step %d: the %s has more diagnostics without an address: %s", i, what, describe(rest))
	}
}

func describe(lists ...[]tftest.Diagnostic) string {
	var b strings.Builder
	for _, d := range slices.Concat(lists...) {
		fmt.Fprintf(&b, "\n--- %s, code %q, at %q %s\n%s\n%s\n", d.Severity, codeOf(d), strings.TrimSpace(d.Snippet.Code), d.Address, d.Summary, d.Detail)
	}
	return b.String()
}

// noRow is the number of a text that names no row.
const noRow = -1

var inRow = regexp.MustCompile(`^((?:data\.)?\w+\.\w+?)_r(\d+)\b`)

// rowOf returns the row that an address, at the beginning of a text, is of, and the text as the row
// has it.
func rowOf(text string) (number int, own string) {
	at := inRow.FindStringSubmatch(text)
	if at == nil {
		return noRow, text
	}
	number, err := strconv.Atoi(at[2])
	if err != nil {
		return noRow, text
	}
	return number, at[1] + strings.TrimPrefix(text, at[0])
}

// linesOf returns the lines about resources of the row.
func (s *memServed) linesOf(lines []string) (own []string) {
	for _, line := range lines {
		if number, text := rowOf(line); number == s.number {
			own = append(own, text)
		}
	}
	return own
}

var (
	oneLine  = regexp.MustCompile(`(?m)^(\s*(?:resource|data) "\w+" "\w+" \{)(.+)\}$`)
	declares = regexp.MustCompile(`(?m)^(\s*(?:resource|data) "(\w+)" "\w+)(" \{)$`)
	refers   = regexp.MustCompile(`\b(authscopes_\w+|terraform_data)\.(\w+)`)
)

// scoped returns a configuration with the provider and the labels of the row. PROVIDER stands for
// the provider.
func (s *memServed) scoped(hcl string) string {
	hcl = refers.ReplaceAllString(hcl, "${1}.${2}_"+s.provider())
	hcl = strings.ReplaceAll(oneLine.ReplaceAllString(hcl, "$1\n$2\n}"), "PROVIDER", s.provider())
	return declares.ReplaceAllStringFunc(hcl, func(line string) string {
		part := declares.FindStringSubmatch(line)
		line = part[1] + "_" + s.provider() + part[3]
		if strings.HasPrefix(part[2], "authscopes_") {
			line += "\n  provider = " + s.provider()
		}
		return line
	})
}

// state returns the state of a resource of the row, or nil.
func (s *memServed) state(address string) map[string]any {
	if s.table.states == nil {
		s.table.states = s.table.allStates()
	}
	return s.table.states[s.scoped(address)]
}
