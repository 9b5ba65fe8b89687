package provider

import (
	"fmt"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
)

const otherServer = " belongs to a different server"

// boundResources are one of each kind, and the same with less to hold.
var boundResources = map[string]struct{ address, hcl, less string }{
	"set": {
		setAddress, `resource "authscopes_server_scopes" "s" { scopes = { a = "A", b = "B" } }`,
		`resource "authscopes_server_scopes" "s" { scopes = { a = "A" } }`,
	},
	"single": {singleAddress, "resource \"authscopes_server_scope\" \"one\" {\n  name = \"a\"\n  description = \"A\"\n}", ""},
	"user type": {
		typeAddress, "resource \"authscopes_user_type_scopes\" \"e\" {\n  user_type = \"educator\"\n  scopes = [\"c\", \"d\"]\n}",
		"resource \"authscopes_user_type_scopes\" \"e\" {\n  user_type = \"educator\"\n  scopes = [\"c\"]\n}",
	},
	"all user types": {
		grantsAddress, `resource "authscopes_server_grants" "g" { user_types = { educator = ["c", "d"] } }`,
		`resource "authscopes_server_grants" "g" { user_types = { educator = ["c"] } }`,
	},
	"client": {
		"authscopes_client_scopes.app", "resource \"authscopes_client_scopes\" \"app\" {\n  client_id = \"app\"\n  default = [\"c\"]\n  optional = [\"d\"]\n}",
		"resource \"authscopes_client_scopes\" \"app\" {\n  client_id = \"app\"\n  default = [\"c\"]\n}",
	},
}

func boundRealm(t *testing.T) (*drivertest.Memory, *terraform) {
	t.Helper()
	m := newMemory()
	m.SetUID("1")
	m.SetClient(memRealm, "app", nil, nil)
	return m, memoryTerraform(t, m)
}

// A state is bound to one server: a plan for another one with the same ID warns, and is rejected
// if it would remove something.
func TestStateIsBoundToItsServer(t *testing.T) {
	for kind, r := range boundResources {
		t.Run(kind, func(t *testing.T) {
			m, tf := boundRealm(t)
			if kind != "set" && kind != "single" {
				m.AddScope(memRealm, scopeOf("c"))
				m.AddScope(memRealm, scopeOf("d"))
			}
			tf.applied(r.hcl)
			if got := fmt.Sprint(tf.state(r.address)["server_uid"]); got != "1" {
				t.Errorf("server_uid is %s", got)
			}
			tf.makePlan().ok().quiet()
			m.SetUID("2")
			tf.makePlan().ok().warned(otherServer, `"1"`, `"2"`, "terraform state rm")
			tf.makePlan("-destroy").refused(otherServer, "destroy the resource")
			if r.less != "" {
				tf.Write(r.less).makePlan().refused(otherServer, "delete, revoke or unassign")
			}
			// A read never replaces the ID.
			tf.Write(r.hcl).run("apply", "-refresh-only", "-auto-approve")
			if got := fmt.Sprint(tf.state(r.address)["server_uid"]); got != "1" {
				t.Errorf("server_uid is %s after a refresh", got)
			}
			m.SetUID("")
			tf.makePlan().ok().quiet() // the identity may not read the ID
		})
	}
}

// A state without the ID gets it at the next read, without a warning.
func TestStateWithoutServerUID(t *testing.T) {
	m, tf := boundRealm(t)
	m.SetUID("")
	r := boundResources["set"]
	tf.applied(r.hcl)
	if got := tf.state(r.address)["server_uid"]; got != nil {
		t.Errorf("server_uid is %v", got)
	}
	m.SetUID("1")
	tf.makePlan().ok().quiet()
	tf.run("apply", "-refresh-only", "-auto-approve").ok()
	if got := fmt.Sprint(tf.state(r.address)["server_uid"]); got != "1" {
		t.Errorf("server_uid is %s", got)
	}
	tf.settled()
}

// A tainted resource is deleted without a plan of the destroy.
func TestTaintedStateOfAnotherServer(t *testing.T) {
	m, tf := boundRealm(t)
	tf.applied(boundResources["set"].hcl)
	m.SetUID("2")
	tf.plain("taint", setAddress)
	tf.run("apply", "-auto-approve").failed(otherServer)
	if !liveScopeExists(m, "a") {
		t.Error("the scope was deleted")
	}
}

func liveScopeExists(m *drivertest.Memory, name string) (found bool) {
	m.Change(memRealm, func(l *authz.Snapshot) { _, found = l.Scope(name) })
	return found
}
