package provider

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// heldDriver lets a test hold calls of a memory server. The text of a call is as in
// drivertest.Memory. An error of hold replaces the call.
type heldDriver struct {
	*drivertest.Memory
	mu   sync.Mutex // a call of an earlier command may be under way
	hold func(ctx context.Context, call string) error
}

func (d *heldDriver) setHold(hold func(ctx context.Context, call string) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hold = hold
}

func (d *heldDriver) held(ctx context.Context, call string) error {
	d.mu.Lock()
	hold := d.hold
	d.mu.Unlock()
	if hold == nil {
		return nil
	}
	return hold(ctx, call)
}

func (d *heldDriver) List(ctx context.Context, serverID string) (*authz.Snapshot, error) {
	if err := d.held(ctx, "List"); err != nil {
		return nil, err
	}
	return d.Memory.List(ctx, serverID)
}

func (d *heldDriver) CreateScope(ctx context.Context, serverID string, want authz.Scope) (authz.Scope, error) {
	if err := d.held(ctx, "CreateScope "+want.Name); err != nil {
		return authz.Scope{}, err
	}
	return d.Memory.CreateScope(ctx, serverID, want)
}

func (d *heldDriver) UpdateScope(ctx context.Context, serverID string, live, want authz.Scope) (authz.Scope, error) {
	if err := d.held(ctx, "UpdateScope "+live.Name); err != nil {
		return authz.Scope{}, err
	}
	return d.Memory.UpdateScope(ctx, serverID, live, want)
}

func (d *heldDriver) DeleteScope(ctx context.Context, serverID string, live authz.Scope) error {
	if err := d.held(ctx, "DeleteScope "+live.Name); err != nil {
		return err
	}
	return d.Memory.DeleteScope(ctx, serverID, live)
}

func (d *heldDriver) ChangeUserType(ctx context.Context, serverID string, c authz.UserTypeChange) ([]authz.Scope, error) {
	if err := d.held(ctx, "ChangeUserType "+c.UserType.Name); err != nil {
		return nil, err
	}
	return d.Memory.ChangeUserType(ctx, serverID, c)
}

func (d *heldDriver) ChangeClientScopes(ctx context.Context, serverID string, live, want authz.ClientScopeSet) error {
	if err := d.held(ctx, "ChangeClientScopes "+want.ClientID); err != nil {
		return err
	}
	return d.Memory.ChangeClientScopes(ctx, serverID, live, want)
}

func (d *heldDriver) ReadClientScopes(ctx context.Context, serverID, clientID string) (authz.ClientScopeSet, error) {
	if err := d.held(ctx, "ReadClientScopes "+clientID); err != nil {
		return authz.ClientScopeSet{}, err
	}
	return d.Memory.ReadClientScopes(ctx, serverID, clientID)
}

// untilStopped holds calls that begin with one of the words until their operation ends, like
// requests without a response.
func untilStopped(words ...string) func(context.Context, string) error {
	return func(ctx context.Context, call string) error {
		if !slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(call, w) }) {
			return nil
		}
		<-ctx.Done()
		return &authz.Error{Kind: authz.Unavailable, Op: call, Err: ctx.Err(), OutcomeUnknown: true}
	}
}

func heldTerraform(t *testing.T, d *heldDriver) *terraform {
	t.Helper()
	t.Parallel()
	tf := newTerraform(t, d, nil)
	tf.m = d.Memory
	return tf
}

// Every operation of every resource ends with its time, says which attribute to
// raise, and leaves in the state what the server has.
func TestMemoryTimeouts(t *testing.T) {
	t.Parallel()
	short := func(operation string) string { return fmt.Sprintf("  timeouts = { %s = \"200ms\" }", operation) }
	for name, test := range map[string]struct {
		address, call string
		make, change  func(more string) string
	}{
		"set": {
			setAddress, "CreateScope,UpdateScope,DeleteScope",
			func(more string) string { return setHCL(`{ x = "X", y = "Y" }`, more+"\nmanage = [\"x\", \"y\"]") },
			func(more string) string { return setHCL(`{ x = "new", y = "Y" }`, more+"\nmanage = [\"x\", \"y\"]") },
		},
		"single": {
			singleAddress, "CreateScope,UpdateScope,DeleteScope",
			func(more string) string { return singleHCL(`"x"`, more) },
			func(more string) string { return singleHCL(`"x"`, more+"\ndescription = \"new\"") },
		},
		"user type": {
			typeAddress, "ChangeUserType",
			func(more string) string { return typeHCL("educator", `["a", "b"]`, more) },
			func(more string) string { return typeHCL("educator", `["b", "c"]`, more) },
		},
		"client": {
			"authscopes_client_scopes.c", "ChangeClientScopes",
			func(more string) string { return clientHCL("web", `optional = ["a", "b"]`, more) },
			func(more string) string { return clientHCL("web", `optional = ["b", "c"]`, more) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := &heldDriver{Memory: newClients()}
			tf := heldTerraform(t, d)
			hold := untilStopped(strings.Split(test.call, ",")...)
			says := func(o *memOutcome, operation string) {
				t.Helper()
				o.failed("timeouts."+operation+" is 200ms", "set timeouts = { "+operation+` = "…" } to more than 200ms`,
					messagestest.Summary(messages.FailedTimeout))
			}

			d.setHold(hold)
			says(tf.Write(test.make(short("create"))).apply(), "create")
			if s := tf.state(test.address); s != nil {
				t.Errorf("the state holds %v", s)
			}
			d.setHold(nil)
			tf.applied(test.make(""))
			before := tftest.JSONText(withoutTimeouts(tf.state(test.address)))

			d.setHold(hold)
			says(tf.Write(test.change(short("update"))).apply(), "update")
			if got := tftest.JSONText(withoutTimeouts(tf.state(test.address))); got != before {
				t.Errorf("the state holds %s, the server %s", got, before)
			}
			d.setHold(nil)
			tf.applied(test.make(short("delete")))

			d.setHold(hold)
			says(tf.run("destroy", "-auto-approve"), "delete")
			if got := tftest.JSONText(withoutTimeouts(tf.state(test.address))); got != before {
				t.Errorf("the state holds %s, the server %s", got, before)
			}
			d.setHold(nil)
			tf.applied(test.make(short("read")))

			answer := make(chan struct{}) // a read continues for other callers that wait for it
			d.setHold(func(ctx context.Context, call string) error {
				if call == "List" {
					<-answer
				}
				return untilStopped("ReadClientScopes")(ctx, call)
			})
			tf.makePlan().failed("timeouts.read is 200ms", messagestest.Summary(messages.FailedTimeout))
			d.setHold(nil)
			close(answer)
			tf.settled()
		})
	}
}

func withoutTimeouts(state map[string]any) map[string]any {
	delete(state, "timeouts")
	return state
}

// Changes before the timeout are reported, and are in state.
func TestMemoryTimeoutHalfDone(t *testing.T) {
	d := &heldDriver{Memory: newMemory()}
	tf := heldTerraform(t, d)
	const one = "provider \"authscopes\" {\n  keycloak = {}\n  http = { max_concurrency = 1 }\n}\n"
	tf.applied(one + setHCL(`{ a = "A" }`, ""))
	begun := 0
	d.setHold(func(ctx context.Context, call string) error {
		if strings.HasPrefix(call, "CreateScope") {
			if begun++; begun == 2 {
				return untilStopped("CreateScope")(ctx, call)
			}
		}
		return nil
	})
	// Long enough for one creation in memory on a busy machine.
	o := tf.Write(one+setHCL(`{ a = "A", b = "B", c = "C", d = "D" }`, `timeouts = { update = "3s" }`)).apply().
		failed("timeouts.update is 3s", messagestest.Summary(messages.FailedTimeout))
	if begun != 2 {
		t.Errorf("%d creations were begun: %s", begun, showAll(o.Severity("error")))
	}
	if got := tftest.JSONText(tf.state(setAddress)["scopes"]); got != `{"a":"A","b":"B"}` {
		t.Errorf("the state holds %s", got)
	}
	d.setHold(nil)
	tf.makePlan().ok().changes(setAddress+` + scopes.c = "C"`, setAddress+` + scopes.d = "D"`,
		setAddress+` + ids.c = "(unknown)"`, setAddress+` + ids.d = "(unknown)"`)
	tf.applyPlan().ok()
	tf.settled()
}

func TestMemoryTimeoutsOfDataSources(t *testing.T) {
	t.Parallel()
	for name, hcl := range map[string]string{
		"server_scopes":    "",
		"server_scope":     "name = \"a\"",
		"user_type_scopes": "user_type = \"educator\"",
		"drift":            "scopes = { a = \"A\" }",
		"client_scopes":    "client_id = \"web\"",
		"access_matrix":    "",
	} {
		t.Run(name, func(t *testing.T) {
			d := &heldDriver{Memory: newClients()}
			tf := heldTerraform(t, d)
			answer := make(chan struct{})
			d.setHold(func(ctx context.Context, call string) error {
				if call == "List" {
					<-answer
				}
				return untilStopped("ReadClientScopes")(ctx, call)
			})
			block := fmt.Sprintf("data \"authscopes_%s\" \"d\" {\n%s\ntimeouts = { read = \"100ms\" }\n}\n", name, hcl)
			tf.Write(block).makePlan().failed("timeouts.read is 100ms", `set timeouts = { read = "…" }`)
			d.setHold(nil)
			close(answer)
			tf.makePlan().ok()
		})
	}
}

// Ctrl-C: the write under way is finished, none is begun after it, and the state
// holds what the server has.
func TestMemoryInterrupted(t *testing.T) {
	d := &heldDriver{Memory: newMemory()}
	tf := heldTerraform(t, d)
	const one = "provider \"authscopes\" {\n  keycloak = {}\n  http = { max_concurrency = 1 }\n}\n"
	tf.applied(one + setHCL(`{ a = "A" }`, ""))
	tf.Write(one + setHCL(`{ a = "A", b = "B", c = "C", d = "D" }`, "") + typeHCL("educator", "[authscopes_server_scopes.s.names.d]", ""))
	process := make(chan *os.Process, 1)
	d.setHold(func(ctx context.Context, call string) error {
		if call == "CreateScope c" {
			if err := (<-process).Signal(os.Interrupt); err != nil {
				return err
			}
			<-ctx.Done() // the provider was asked to stop
		}
		return nil
	})
	tf.m.Calls()
	cmd := exec.Command(tftest.Program(t), "apply", "-auto-approve", "-input=false", "-no-color")
	cmd.Dir, cmd.Env = tf.dir, tf.env
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	process <- cmd.Process
	if err := cmd.Wait(); err == nil {
		t.Error("the apply says success")
	}
	for _, words := range []string{"Interrupt received", "interrupted"} {
		if !strings.Contains(out.String(), words) {
			t.Errorf("the output lacks %q:\n%s", words, out.String())
		}
	}
	if got := memWrites(tf.m.Calls()); !slices.Equal(got, []string{"CreateScope b", "CreateScope c"}) {
		t.Errorf("wrote %q", got)
	}
	if got := tftest.JSONText(tf.state(setAddress)["scopes"]); got != `{"a":"A","b":"B","c":"C"}` {
		t.Errorf("the state holds %s", got)
	}
	if tf.state(typeAddress) != nil {
		t.Error("the next resource was begun")
	}
	d.setHold(nil)
	tf.apply().ok()
	tf.settled()
}
