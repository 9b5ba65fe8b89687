package provider

import (
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
)

// A misspelled scope passes no plan in silence, unless a resource that is planned before
// creates it.
func TestMemoryMisspelledScope(t *testing.T) {
	t.Parallel()
	holders := map[string]struct{ title, hcl string }{
		"user type":       {`User type "educator"`, typeHCL("educator", `["read:user"]`, "depends_on = [authscopes_server_scopes.s]")},
		"user types":      {`User type "educator"`, grantsHCL(`{ educator = ["read:user"] }`, "depends_on = [authscopes_server_scopes.s]")},
		"optional scopes": {`Client "app"`, clientHCL("app", `optional = ["read:user"]`, "depends_on = [authscopes_server_scopes.s]")},
		"default scopes":  {`Client "app"`, clientHCL("app", `default = ["read:user"]`, "depends_on = [authscopes_server_scopes.s]")},
		"missing client":  {`Client "new"`, clientHCL("new", `optional = ["read:user"]`, "depends_on = [authscopes_server_scopes.s]")},
	}
	for name, h := range holders {
		t.Run(name, func(t *testing.T) {
			m := newMemory()
			m.SetClient(memRealm, "app", nil, nil)
			tf := memoryTerraform(t, m)
			tf.Write(setHCL(`{ "read:users" = "" }`, "")+h.hcl).makePlan().ok().
				warned(h.title, "1 scope not found (read:user (did you mean", `"read:users"?)`)
			tf.Write(setHCL(`{ "read:user" = "" }`, "") + h.hcl).makePlan().ok()
			for _, d := range tf.makePlan().Severity("warning") {
				if d.HoldsAll([]string{"not found"}) {
					t.Errorf("a scope that the plan creates is not found: %s", d.Summary)
				}
			}
			// Which scopes the set will have is unknown.
			const later = "resource \"terraform_data\" \"later\" { input = \"read:user\" }\n"
			tf.Write(later + setHCL(`{ (terraform_data.later.output) = "" }`, "") + h.hcl)
			for _, d := range tf.makePlan().ok().Severity("warning") {
				if d.HoldsAll([]string{"not found"}) {
					t.Errorf("an unknown set may create the scope: %s", d.Summary)
				}
			}
		})
	}
}

// An update that adds a misspelled scope to an existing resource warns, too.
func TestMemoryMisspelledScopeInUpdate(t *testing.T) {
	m := newMemory()
	m.AddScope(memRealm, scopeOf("read:users"))
	m.SetClient(memRealm, "app", nil, nil)
	tf := memoryTerraform(t, m)
	tf.applied(typeHCL("educator", `["read:users"]`, "") + clientHCL("app", `optional = ["read:users"]`, ""))
	tf.Write(typeHCL("educator", `["read:user"]`, "")+clientHCL("app", `optional = ["read:user"]`, "")).makePlan().ok().
		warned(`User type "educator"`, "1 scope not found").warned(`Client "app"`, "1 scope not found")
	tf.applyPlan().failed(messagestest.Summary(messages.FoundMissingScopes), `did you mean "read:users"?`)
}
