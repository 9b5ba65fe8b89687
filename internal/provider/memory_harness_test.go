package provider

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/servers"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// realm is the server id of every memory server.
const memRealm = "memory"

// memHeader is the provider block of every configuration that has no other.
const memHeader = "provider \"authscopes\" {\n  keycloak = {}\n}\n"

// The addresses of the resources that the configurations use.
const (
	setAddress    = "authscopes_server_scopes.s"
	singleAddress = "authscopes_server_scope.one"
	typeAddress   = "authscopes_user_type_scopes.e"
)

func newMemory(userTypes ...string) *drivertest.Memory {
	return drivertest.NewMemory(memRealm, append([]string{"child", "educator"}, userTypes...)...)
}

// memoryProvider is the provider with a driver in memory behind every block: the
// keycloak block takes what the real one takes.
func memoryProvider(d authz.Driver, env map[string]string) func() tfprotov6.ProviderServer {
	block := func(name string) servers.Block {
		b := servers.All()[0]
		b.Name, b.Caps = name, d.Capabilities()
		b.Build = func(servers.Values, *http.Client) (authz.Driver, error) { return d, nil }
		return b
	}
	p := releasedProvider(env)
	p.Blocks = []servers.Block{block("keycloak"), block("other"), block("third")}
	return NewServer(p)
}

func memoryFactories(d authz.Driver) map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		"authscopes": func() (tfprotov6.ProviderServer, error) { return memoryProvider(d, nil)(), nil },
	}
}

// acceptance runs steps of terraform-plugin-testing over a memory server.
func acceptance(t *testing.T, d authz.Driver, steps ...resource.TestStep) {
	t.Helper()
	t.Parallel()
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: memoryFactories(d), Steps: steps})
}

// scopeOf is a scope with the default settings, as this provider would make it.
func scopeOf(name string, change ...func(*authz.Scope)) authz.Scope {
	s := authz.Scope{Name: name, Description: strings.ToUpper(name), Settings: diff.Defaults(), LastAppliedAccess: authz.AccessUserTypes}
	for _, c := range change {
		c(&s)
	}
	return s
}

// openScope makes a scope open without a recorded decision, like a scope that was created outside
// Terraform.
func openScope(s *authz.Scope) { s.Settings.Access, s.LastAppliedAccess = authz.AccessEveryone, "" }

func unguardedScope(s *authz.Scope) {
	s.Settings.Access, s.LastAppliedAccess = authz.AccessUnguarded, ""
}

func mappedTo(userTypes ...string) func(*authz.Scope) {
	return func(s *authz.Scope) { s.UserTypes = userTypes }
}

// edit changes one scope behind Terraform's back.
func memEdit(m *drivertest.Memory, name string, change func(*authz.Scope)) {
	m.Change(memRealm, func(l *authz.Snapshot) {
		s, ok := l.Scope(name)
		if !ok {
			panic("no scope " + name)
		}
		l.Remove(name)
		change(&s)
		l.Put(s)
	})
}

// liveScopes are the names on the server.
func liveScopes(m *drivertest.Memory) []string {
	var names []string
	m.Change(memRealm, func(l *authz.Snapshot) { names = authz.Names(l.Scopes) })
	return names
}

func liveScope(t *testing.T, m *drivertest.Memory, name string) authz.Scope {
	t.Helper()
	var s authz.Scope
	var ok bool
	m.Change(memRealm, func(l *authz.Snapshot) { s, ok = l.Scope(name) })
	if !ok {
		t.Fatalf("the server has no scope %q", name)
	}
	return s
}

// memWrites are the calls that are no read, sorted: those of one phase run at
// the same time.
func memWrites(calls []string) []string {
	calls = slices.DeleteFunc(calls, func(c string) bool {
		return c == "List" || c == "ListClientScopes" || strings.HasPrefix(c, "ResolveUserType ") || strings.HasPrefix(c, "ReadClientScopes ")
	})
	slices.Sort(calls)
	return calls
}

func memLists(calls []string) int {
	return len(slices.DeleteFunc(calls, func(c string) bool { return c != "List" }))
}

// terraform runs the terraform binary in a folder of its own over a provider in
// this process, so that diagnostics can be read whole: terraform-plugin-testing
// shows no warnings.
type terraform struct {
	t   *testing.T
	m   *drivertest.Memory
	dir string
	env []string
}

// newTerraform serves a driver until the test ends. env is what the provider
// sees as its environment.
func newTerraform(t *testing.T, d authz.Driver, env map[string]string) *terraform {
	t.Helper()
	return terraformOver(t, map[string]func() tfprotov6.ProviderServer{"hashicorp/authscopes": memoryProvider(d, env)})
}

// registry is the host that providers come from when none is written: OpenTofu
// has its own.
func registry() string {
	return cmp.Or(os.Getenv("TF_ACC_PROVIDER_HOST"), "registry.terraform.io")
}

// terraformOver serves providers, by namespace and type, until the test ends.
func terraformOver(t *testing.T, providers map[string]func() tfprotov6.ProviderServer) *terraform {
	t.Helper()
	tftest.Program(t)
	return &terraform{t: t, dir: t.TempDir(), env: attachedTo(serve(t, providers))}
}

// serve serves providers until the test ends, and returns how Terraform attaches to them.
func serve(t *testing.T, providers map[string]func() tfprotov6.ProviderServer) (reattach string) {
	t.Helper()
	served := map[string]any{}
	for name, p := range providers {
		name = registry() + "/" + name
		ctx, cancel := context.WithCancel(context.Background())
		attach, closed := make(chan *plugin.ReattachConfig), make(chan struct{})
		go func() {
			_ = tf6server.Serve(name, p,
				tf6server.WithDebug(ctx, attach, closed), tf6server.WithGoPluginLogger(hclog.NewNullLogger()), tf6server.WithLoggingSink(t))
		}()
		c := <-attach
		t.Cleanup(func() {
			cancel()
			<-closed
		})
		served[name] = map[string]any{
			"Protocol": c.Protocol, "ProtocolVersion": 6, "Pid": c.Pid, "Test": true,
			"Addr": map[string]string{"Network": c.Addr.Network(), "String": c.Addr.String()},
		}
	}
	raw, err := json.Marshal(served)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// attachedTo is the environment of a terraform that uses providers which run.
func attachedTo(reattach string) []string {
	return append(os.Environ(), "TF_REATTACH_PROVIDERS="+reattach,
		"CHECKPOINT_DISABLE=1", "TF_CLI_CONFIG_FILE="+os.DevNull, "TF_IN_AUTOMATION=1")
}

// memoryTerraform is newTerraform over a memory server, in a parallel test.
func memoryTerraform(t *testing.T, m *drivertest.Memory) *terraform {
	t.Helper()
	t.Parallel()
	tf := newTerraform(t, m, nil)
	tf.m = m
	return tf
}

// Write replaces the configuration.
func (tf *terraform) Write(hcl string) *terraform {
	tf.t.Helper()
	if !strings.Contains(hcl, "provider \"authscopes\"") {
		hcl = memHeader + hcl
	}
	if err := os.WriteFile(filepath.Join(tf.dir, "main.tf"), []byte(hcl), 0o600); err != nil {
		tf.t.Fatal(err)
	}
	return tf
}

// memOutcome is what a command did.
type memOutcome struct {
	tftest.Result
	t     *testing.T
	plan  *tfjson.Plan // of a plan without errors
	calls []string     // of the memory server meanwhile
}

// run runs a command that writes JSON lines.
func (tf *terraform) run(args ...string) *memOutcome {
	tf.t.Helper()
	if tf.m != nil {
		tf.m.Calls()
	}
	r := tf.command(tftest.JSON(args...)...)
	o := &memOutcome{t: tf.t, Result: r}
	if len(r.Plain) > 0 {
		tf.t.Fatalf("terraform %v wrote no JSON: %s", args, r.Plain[0])
	}
	if r.Code != 0 && r.Code != 2 && len(o.Severity("error")) == 0 {
		tf.t.Fatalf("terraform %v ended with %d\n%s%s", args, r.Code, r.Out, r.Stderr)
	}
	if tf.m != nil {
		o.calls = tf.m.Calls()
	}
	return o
}

// plain runs a command that writes no JSON.
func (tf *terraform) plain(args ...string) {
	tf.t.Helper()
	tf.output(args...)
}

// output runs a command that succeeds, and returns what it printed.
func (tf *terraform) output(args ...string) string {
	tf.t.Helper()
	r := tf.command(args...)
	if r.Code != 0 {
		tf.t.Fatalf("terraform %v ended with %d\n%s%s", args, r.Code, r.Out, r.Stderr)
	}
	return r.Out
}

// command runs a command.
func (tf *terraform) command(args ...string) tftest.Result {
	tf.t.Helper()
	r, err := tftest.Run(context.Background(), tftest.Program(tf.t), tf.dir, tf.env, args...)
	if err != nil {
		tf.t.Fatal(err)
	}
	return r
}

// makePlan plans and reads the plan.
func (tf *terraform) makePlan(args ...string) *memOutcome {
	tf.t.Helper()
	o := tf.run(append([]string{"plan", "-out=tfplan"}, args...)...)
	if len(o.Severity("error")) > 0 {
		return o
	}
	o.plan = tf.savedPlan()
	return o
}

// savedPlan reads the plan that was made last.
func (tf *terraform) savedPlan() *tfjson.Plan {
	tf.t.Helper()
	p := &tfjson.Plan{}
	if err := json.Unmarshal([]byte(tf.output("show", "-json", "tfplan")), p); err != nil {
		tf.t.Fatal(err)
	}
	return p
}

// apply plans and applies in one.
func (tf *terraform) apply(args ...string) *memOutcome {
	tf.t.Helper()
	return tf.run(append([]string{"apply", "-auto-approve"}, args...)...)
}

// applyPlan applies the plan made last.
func (tf *terraform) applyPlan() *memOutcome {
	tf.t.Helper()
	return tf.run("apply", "tfplan")
}

// applied applies a configuration and wants it to go well and to stay.
func (tf *terraform) applied(hcl string) *terraform {
	tf.t.Helper()
	tf.Write(hcl).apply().ok()
	tf.settled()
	return tf
}

// settled wants an empty plan.
func (tf *terraform) settled() {
	tf.t.Helper()
	tf.makePlan().ok().changes()
}

// unchanged is settled with one command.
func (tf *terraform) unchanged() {
	tf.t.Helper()
	if r := tf.run("plan", "-detailed-exitcode"); r.Code != 0 {
		tf.t.Errorf("the plan is not empty: %q%s", r.Actions, showAll(r.Severity("error")))
	}
}

// state is what the state holds of a resource, nil when nothing.
func (tf *terraform) state(address string) map[string]any {
	tf.t.Helper()
	return tf.allStates()[address]
}

// allStates is what the state holds, by address. A tainted resource is an error.
func (tf *terraform) allStates() map[string]map[string]any {
	tf.t.Helper()
	out := tf.output("show", "-json")
	var s tfjson.State
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		tf.t.Fatal(err)
	}
	states := map[string]map[string]any{}
	if s.Values == nil {
		return states
	}
	for _, r := range s.Values.RootModule.Resources {
		if r.Tainted {
			tf.t.Errorf("%s is tainted", r.Address)
		}
		states[r.Address] = r.AttributeValues
	}
	return states
}

// ok wants no error.
func (o *memOutcome) ok() *memOutcome {
	o.t.Helper()
	if errs := o.Severity("error"); len(errs) > 0 {
		o.t.Fatalf("unexpected errors: %s", showAll(errs))
	}
	return o
}

// refused wants exactly one error that holds all the words.
func (o *memOutcome) refused(words ...string) *memOutcome {
	o.t.Helper()
	errs := o.Severity("error")
	if len(errs) != 1 || !errs[0].HoldsAll(words) {
		o.t.Fatalf("want one error with %q, got: %s", words, showAll(errs))
	}
	return o
}

// failed wants an error, among others, that holds all the words.
func (o *memOutcome) failed(words ...string) *memOutcome {
	o.t.Helper()
	errs := o.Severity("error")
	if !slices.ContainsFunc(errs, func(d tftest.Diagnostic) bool { return d.HoldsAll(words) }) {
		o.t.Fatalf("want an error with %q, got: %s", words, showAll(errs))
	}
	return o
}

// warned wants exactly one warning that holds all the words.
func (o *memOutcome) warned(words ...string) *memOutcome {
	o.t.Helper()
	n := 0
	for _, d := range o.Severity("warning") {
		if d.HoldsAll(words) {
			n++
		}
	}
	if n != 1 {
		o.t.Errorf("want one warning with %q, got %d of: %s", words, n, showAll(o.Severity("warning")))
	}
	return o
}

// quiet wants no warning.
func (o *memOutcome) quiet() *memOutcome {
	o.t.Helper()
	if w := o.Severity("warning"); len(w) > 0 {
		o.t.Errorf("unexpected warnings: %s", showAll(w))
	}
	return o
}

// wrote wants exactly these writes, whatever their order.
func (o *memOutcome) wrote(calls ...string) *memOutcome {
	o.t.Helper()
	slices.Sort(calls)
	if got := memWrites(slices.Clone(o.calls)); !slices.Equal(got, calls) {
		o.t.Errorf("wrote %q, want %q", got, calls)
	}
	return o
}

// changes wants exactly these lines, over all resources, and no others.
func (o *memOutcome) changes(lines ...string) *memOutcome {
	o.t.Helper()
	if err := tftest.EqualPlan(o.plan, lines...); err != nil {
		o.t.Error(err)
	}
	return o
}

func showAll(diags []tftest.Diagnostic) string {
	var b strings.Builder
	for _, d := range diags {
		fmt.Fprintf(&b, "\n--- %s %s: %s\n%s\n", d.Severity, d.Address, d.Summary, d.Detail)
	}
	return b.String()
}

// memPlan is a plan check of terraform-plugin-testing: exactly these lines.
type memPlan []string

func (want memPlan) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	resp.Error = tftest.EqualPlan(req.Plan, want...)
}

// memBefore wants a plan, before the apply of a step, to be exactly these lines.
func memBefore(lines ...string) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{memPlan(lines)}}
}
