package provider

import (
	"slices"
	"testing"
)

// The bounds of a user type and of a client are not set by default. The value that counts
// for a destroy and for a replacement is the one that was applied last.
func TestMemoryOptionalBounds(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]struct {
		attribute, summary, line, address string
		hcl                               func(scopes, more string) string
		other                             string // the same resource for another holder
	}{
		"user type": {
			"max_revocations", "Plan revokes more grants than max_revocations", "- educator: ", typeAddress,
			func(scopes, more string) string { return typeHCL("educator", scopes, more) }, typeHCL("child", `["a"]`, "max_revocations = 1"),
		},
		"client": {
			"max_unassignments", "Plan unassigns more scopes than max_unassignments", "- shop: ", "authscopes_client_scopes.c",
			func(scopes, more string) string {
				return "resource \"authscopes_client_scopes\" \"c\" {\n  client_id = \"shop\"\n  optional = " + scopes + "\n  " + more + "\n}\n"
			}, "resource \"authscopes_client_scopes\" \"c\" {\n  client_id = \"web\"\n  optional = [\"a\"]\n  max_unassignments = 1\n}\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMemory()
			threeScopes(m)
			m.SetClient(memRealm, "shop", nil, nil)
			m.SetClient(memRealm, "web", nil, nil)
			tf := memoryTerraform(t, m)
			const all = `["a", "b", "c"]`
			limit := r.attribute + " = 1"
			two := []string{r.summary, r.attribute + " is 1", "2 ", r.line + "a\n", r.line + "b"}
			// Without a bound all goes.
			tf.applied(r.hcl(all, ""))
			tf.applied(r.hcl(`[]`, ""))
			tf.applied(r.hcl(all, limit))
			tf.Write(r.hcl(`["c"]`, limit)).makePlan().refused(two...).only("List", "ListClientScopes", "ReadClientScopes shop", "ReadClientScopes web")
			tf.Write(r.hcl(`["b", "c"]`, limit)).makePlan().ok()
			tf.Write("").makePlan().refused(r.summary, "3 ").only("List", "ListClientScopes", "ReadClientScopes shop", "ReadClientScopes web")
			tf.Write(r.hcl(all, "")).makePlan("-replace="+r.address).failed(r.summary, "as last applied, because the resource is replaced or tainted").
				only("List", "ListClientScopes", "ReadClientScopes shop", "ReadClientScopes web")
			tf.Write(r.other).makePlan().failed(r.summary, "as last applied").only("List", "ListClientScopes", "ReadClientScopes shop", "ReadClientScopes web")
			tf.plain("taint", r.address)
			tf.Write(r.hcl(all, "")).makePlan().failed(r.summary, "as last applied").only("List", "ListClientScopes", "ReadClientScopes shop", "ReadClientScopes web")
			tf.plain("untaint", r.address)
			tf.applied(r.hcl(all, r.attribute+" = 3"))
			tf.run("destroy", "-auto-approve").ok()
			// A creation over what exists counts too.
			tf.applied(r.hcl(all, ""))
			tf.plain("state", "rm", r.address)
			tf.Write(r.hcl(`["c"]`, limit)).makePlan().refused(two...).only("List", "ListClientScopes", "ReadClientScopes shop", "ReadClientScopes web")
			// And what the plan could not know.
			tf.applied(r.hcl(all, limit))
			tf.Write("resource \"terraform_data\" \"later\" {\n  input = [\"c\"]\n}\n" + r.hcl("terraform_data.later.output", limit)).makePlan().ok()
			tf.applyPlan().failed(two...).only("List", "ListClientScopes", "ReadClientScopes shop", "ReadClientScopes web")
			tf.Write(r.hcl(all, r.attribute+" = -1")).makePlan().refused(r.attribute)
		})
	}
}

// only wants no other calls.
func (o *memOutcome) only(allowed ...string) {
	o.t.Helper()
	for _, call := range o.calls {
		if !slices.Contains(allowed, call) {
			o.t.Errorf("unexpected call %q", call)
		}
	}
}
