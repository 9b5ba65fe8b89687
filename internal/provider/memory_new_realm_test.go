package provider

import (
	"errors"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
)

// A realm that does not exist may be created by the same run: the plan of a new resource
// warns, and the apply succeeds or fails.
func TestMemoryRealmOfTheSameRun(t *testing.T) {
	t.Parallel()
	const in = `server_id = "new"`
	for kind, hcl := range map[string]string{
		"set":        setHCL(`{ a = "A" }`, in),
		"single":     singleHCL(`"a"`, in),
		"user type":  typeHCL("educator", `["c"]`, in),
		"user types": grantsHCL(`{ educator = ["c"] }`, in),
		"client":     clientHCL("app", in, `optional = ["c"]`),
	} {
		t.Run(kind, func(t *testing.T) {
			m := newMemory()
			tf := memoryTerraform(t, m)
			const missing = `Memory realm "new" does not exist`
			tf.Write(hcl).makePlan().ok().warned(missing, "unless a resource that it depends on creates")
			tf.applyPlan().failed(`there is no realm "new"`)
			tf.makePlan().ok().warned(missing)
			m.AddServer("new")
			m.AddUserType("new", authz.UserType{Name: "educator"})
			m.SetClient("new", "app", nil, nil)
			if kind != "set" && kind != "single" {
				m.AddScope("new", scopeOf("c"))
			}
			tf.applyPlan().ok()
			tf.settled()
		})
	}
}

// A server_id that is unknown until apply is not looked up.
func TestMemoryRealmUnknown(t *testing.T) {
	const in = "server_id = terraform_data.realm.output"
	m := newMemory()
	m.SetClient(memRealm, "app", nil, nil)
	tf := memoryTerraform(t, m)
	tf.Write("resource \"terraform_data\" \"realm\" { input = \"memory\" }\n" + setHCL(`{ c = "C" }`, in) +
		typeHCL("educator", `["c"]`, in+"\n  depends_on = [authscopes_server_scopes.s]") +
		clientHCL("app", in, `optional = ["c"]`, "depends_on = [authscopes_server_scopes.s]"))
	tf.makePlan().ok().quiet()
	tf.applyPlan().ok()
	tf.settled()
}

// Terraform does not write a resource whose plan in the apply has no change. No other
// resource waits for its write.
func TestMemoryNoWriteIsAwaited(t *testing.T) {
	t.Parallel()
	for kind, hcl := range map[string]string{"set": setHCL(`{ a = "A" }`, ""), "single": singleHCL(`"a"`, `description = "A"`)} {
		t.Run(kind, func(t *testing.T) {
			m := newMemory()
			m.SetClient(memRealm, "app", nil, nil)
			tf := memoryTerraform(t, m)
			tf.applied(hcl)
			m.Fail(func(call string) error {
				if call != "List" {
					return nil
				}
				return &authz.Error{Kind: authz.ParentNotFound, ParentGone: true, Err: errors.New("there is no realm")}
			})
			tf.Write(hcl + clientHCL("app", `optional = ["a"]`, "timeouts = { create = \"30s\" }"))
			tf.makePlan().ok()
			m.Fail(nil)
			m.Change(memRealm, remove("a"))
			tf.applyPlan().failed(messagestest.Summary(messages.FoundMissingScopes), "- a")
		})
	}
}
