package provider

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

const policiesDir = examplesDir + "/policies"

// opa is the program of tools/go.mod, built once.
type opa string

// newOPA finds the program: go tool takes longer to find it than the program runs.
func newOPA(t *testing.T) opa {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "tool", "-n", "opa")
	cmd.Dir = "../../tools"
	path, err := cmd.Output()
	if err != nil {
		t.Fatalf("build opa: %v", err)
	}
	return opa(strings.TrimSpace(string(path)))
}

// run runs it, with the folder of the policies in place of POLICIES.
func (o opa) run(t *testing.T, input []byte, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), string(o), args...)
	for i, a := range cmd.Args {
		cmd.Args[i] = strings.ReplaceAll(a, "POLICIES", policiesDir)
	}
	cmd.Stdin = bytes.NewReader(input)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("opa %v: %v\n%s%s", args, err, out, errs.String())
	}
	return out
}

// denied evaluates the policies over the last saved plan.
func (o opa) denied(t *testing.T, tf *terraform) []string {
	t.Helper()
	return o.deniedBy(t, []byte(tf.output("show", "-json", "tfplan")))
}

func (o opa) deniedBy(t *testing.T, plan []byte) []string {
	t.Helper()
	out := o.run(t, plan, "eval", "--stdin-input", "--format=json", "--strict",
		"--data=POLICIES/scopes.rego", "--data=POLICIES/limits.json", "data.authscopes.deny")
	var result struct {
		Result []struct {
			Expressions []struct {
				Value []string `json:"value"`
			} `json:"expressions"`
		} `json:"result"`
	}
	if err := json.Unmarshal(out, &result); err != nil || len(result.Result) != 1 {
		t.Fatalf("%v: %s", err, out)
	}
	return result.Result[0].Expressions[0].Value
}

// TestPolicies holds the policies to plans that break them and plans that keep them. All
// plans are Terraform's own.
func TestPolicies(t *testing.T) {
	t.Parallel()
	tftest.Program(t) // builds OPA only with TF_ACC, like the tests that run Terraform
	policies := newOPA(t)
	all := []string{"a:1", "a:2", "a:3", "a:4", "b:write", "c:read"}
	start := setHCL(`{ "a:1" = "", "a:2" = "", "a:3" = "", "a:4" = "", "b:write" = "", "c:read" = "" }`, "")
	grants := typeHCL("educator", "values(authscopes_server_scopes.s.names)", "")
	for _, test := range []struct {
		name   string
		before string   // applied
		after  string   // planned
		want   []string // from scopes.rego
		policy []string // from scopes.policy.hcl
	}{
		{"nothing changes", start + grants, start + grants, nil, nil},
		{"created limited", "", start, nil, nil},
		{"granted to a writer", start, start + grants, nil, nil},
		{"few deleted", start, setHCL(`{ "a:4" = "", "b:write" = "", "c:read" = "" }`, ""), nil, nil},
		{"kept on destroy", setHCL(`{ "a:1" = "", "a:2" = "", "a:3" = "", "a:4" = "" }`, `on_destroy = "keep"`), "", nil, nil},
		{
			"deleted by an update", setHCL(`{ "a:1" = "", "a:2" = "", "a:3" = "", "a:4" = "", "b:write" = "" }`, `on_destroy = "keep"`),
			setHCL(`{ "b:write" = "" }`, `on_destroy = "keep"`),
			[]string{"4 scopes are deleted, more than 3: a:1, a:2, a:3, a:4"},
			[]string{"authscopes_server_scopes.s: Too many scopes are deleted: a:1, a:2, a:3, a:4."},
		},
		{
			"excluded by a glob", start, setHCL(`{ "b:write" = "", "c:read" = "" }`, `ignore = ["a:?"]`), nil,
			[]string{"authscopes_server_scopes.s: Too many scopes are deleted: a:1, a:2, a:3, a:4."},
		},
		{
			"not excluded by a glob", start, setHCL(`{ "b:write" = "", "c:read" = "" }`, `ignore = ["a:", "a.*", "[a-z]*"]`),
			[]string{"4 scopes are deleted, more than 3: a:1, a:2, a:3, a:4"},
			[]string{"authscopes_server_scopes.s: Too many scopes are deleted: a:1, a:2, a:3, a:4."},
		},
		{
			"managed by a glob", start, setHCL(`{ "b:write" = "", "c:read" = "" }`, `manage = ["?:write", "c:*"]`), nil,
			[]string{"authscopes_server_scopes.s: Too many scopes are deleted: a:1, a:2, a:3, a:4."},
		},
		{
			"renamed", start, setHCL(`{ "n:1" = "", "n:2" = "", "n:3" = "", "n:4" = "", "b:write" = "", "c:read" = "" }`,
				`previous_names = { "n:1" = "a:1", "n:2" = "a:2", "n:3" = "a:3", "n:4" = "a:4" }`), nil, nil,
		},
		{
			"a client role writes", start, start + roleHCL("web", "ops", `["b:write"]`, ""),
			[]string{`authscopes_user_type_scopes.e: user type "client/web/ops" gets "b:write"`},
			[]string{"authscopes_user_type_scopes.e: User type client/web/ops must not get b:write."},
		},
		{
			"a client role writes by grants of all", start, start + allHCL(`{ educator = ["b:write"] }`, `client_roles = { web = { ops = ["b:write"] } }`),
			[]string{`authscopes_server_grants.all: user type "client/web/ops" gets "b:write"`},
			[]string{"authscopes_server_grants.all: These grants are not allowed: b:write to client/web/ops."},
		},
		{
			"grants of client roles revoked", start + allHCL(`{}`, `client_roles = { web = { ops = ["a:1", "a:2", "a:3", "a:4", "b:write", "c:read"] } }`),
			start + allHCL(`{}`, `client_roles = { web = { ops = [] } }`),
			[]string{"6 grants are revoked, more than 5: a:1 from client/web/ops, a:2 from client/web/ops, a:3 from client/web/ops, a:4 from client/web/ops, b:write from client/web/ops, c:read from client/web/ops"},
			[]string{"authscopes_server_grants.all: Too many grants are revoked: a:1 from client/web/ops, a:2 from client/web/ops, a:3 from client/web/ops, a:4 from client/web/ops, b:write from client/web/ops, c:read from client/web/ops."},
		},
		{"renamed in place", singleHCL(`"x"`, ""), singleHCL(`"y"`, ""), nil, nil},
		{"a reader reads", start, start + typeHCL("child", `["c:read"]`, ""), nil, nil},
		{
			"everything opened", start,
			setHCL(`{ "a:1" = "", "a:2" = "", "a:3" = "", "a:4" = "", "b:write" = "", "c:read" = "" }`, `settings = { access = "everyone" }`),
			prefixed("authscopes_server_scopes.s: scope ", all, " is opened to everyone"),
			[]string{`authscopes_server_scopes.s: settings.access must be "user_types". List scopes that everyone may get in open_scopes and in overrides.`},
		},
		{
			"one opened", start, strings.TrimSuffix(strings.TrimSpace(start), "}") + "overrides = { \"c:read\" = { access = \"everyone\" } }\n}\n",
			[]string{`authscopes_server_scopes.s: scope "c:read" is opened to everyone`},
			[]string{`authscopes_server_scopes.s: Scopes are opened to everyone: c:read.`},
		},
		{
			"created open", "", singleHCL(`"x"`, `settings = { access = "everyone" }`),
			[]string{`authscopes_server_scope.one: scope "x" is opened to everyone`},
			[]string{`authscopes_server_scope.one: Scope x must have access = "user_types", or be in open_scopes.`},
		},
		{
			"a reader writes", start, start + typeHCL("child", `["b:write"]`, ""),
			[]string{`authscopes_user_type_scopes.e: user type "child" gets "b:write"`},
			[]string{"authscopes_user_type_scopes.e: User type child must not get b:write."},
		},
		{
			"many deleted", start, setHCL(`{ "b:write" = "", "c:read" = "" }`, ""),
			[]string{"4 scopes are deleted, more than 3: a:1, a:2, a:3, a:4"},
			[]string{"authscopes_server_scopes.s: Too many scopes are deleted: a:1, a:2, a:3, a:4."},
		},
		{
			"all destroyed", setHCL(`{ "a:1" = "", "a:2" = "", "a:3" = "", "a:4" = "" }`, ""), "",
			[]string{"4 scopes are deleted, more than 3: a:1, a:2, a:3, a:4"},
			[]string{`authscopes_server_scopes.s: The destroy deletes more than 3 scopes. To keep them, apply on_destroy = "keep" first.`},
		},
		{
			"many revoked", start + grants, start + typeHCL("educator", `[]`, ""),
			[]string{"6 grants are revoked, more than 5: a:1 from educator, a:2 from educator, a:3 from educator, a:4 from educator, b:write from educator, c:read from educator"},
			[]string{"authscopes_user_type_scopes.e: Too many grants are revoked from educator: a:1, a:2, a:3, a:4, b:write, c:read."},
		},
		{
			"all grants destroyed", start + grants, start,
			[]string{"6 grants are revoked, more than 5: a:1 from educator, a:2 from educator, a:3 from educator, a:4 from educator, b:write from educator, c:read from educator"},
			[]string{"authscopes_user_type_scopes.e: The destroy revokes more than 5 grants from educator. To keep them, apply on_destroy = \"keep\" first."},
		},
		{
			"grants kept on destroy", start + typeHCL("educator", "values(authscopes_server_scopes.s.names)", `on_destroy = "keep"`), start, nil, nil,
		},
		{
			"few bound with null", start,
			setHCL(`{ "a:1" = "", "a:2" = "", "a:3" = "", "a:4" = "", "b:write" = "", "c:read" = "" }`, `overrides = { "a:1" = { display_on_consent_screen = false } }`),
			nil, nil,
		},
		{
			"a reader writes by grants of all", start, start + allHCL(`{ child = ["b:write", "c:read"], educator = ["b:write"] }`, ""),
			[]string{`authscopes_server_grants.all: user type "child" gets "b:write"`},
			[]string{"authscopes_server_grants.all: These grants are not allowed: b:write to child."},
		},
		{
			"grants of all revoked", start + allHCL(`{ child = ["a:1", "a:2", "c:read"], educator = ["a:1", "a:2", "a:3", "b:write"] }`, ""),
			start + allHCL(`{ educator = ["b:write"] }`, ""),
			[]string{"6 grants are revoked, more than 5: a:1 from child, a:1 from educator, a:2 from child, a:2 from educator, a:3 from educator, c:read from child"},
			[]string{"authscopes_server_grants.all: Too many grants are revoked: a:1 from child, a:2 from child, c:read from child, a:1 from educator, a:2 from educator, a:3 from educator."},
		},
		{
			"a user type excluded", start + allHCL(`{ child = ["a:1", "a:2", "a:3", "a:4", "b:write", "c:read"] }`, ""),
			start + allHCL(`{ educator = [] }`, `ignore_user_types = ["ch*"]`), nil,
			[]string{"authscopes_server_grants.all: Too many grants are revoked: a:1 from child, a:2 from child, a:3 from child, a:4 from child, b:write from child, c:read from child."},
		},
		{
			"grants of all destroyed", start + allHCL(`{ educator = ["a:1", "a:2", "a:3", "a:4", "b:write", "c:read"] }`, ""), start,
			[]string{"6 grants are revoked, more than 5: a:1 from educator, a:2 from educator, a:3 from educator, a:4 from educator, b:write from educator, c:read from educator"},
			[]string{"authscopes_server_grants.all: The destroy revokes 6 grants, more than 5. To keep them, apply on_destroy = \"keep\" first."},
		},
		{
			"access unknown", "", "resource \"terraform_data\" \"t\" {\n  input = \"everyone\"\n}\n" + setHCL(`{ "a:1" = "" }`,
				`settings = { access = terraform_data.t.output }`),
			[]string{"authscopes_server_scopes.s: settings is unknown until apply"},
			nil, // evaluated in the apply
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newMemory()
			m.AddClientRole(memRealm, authz.UserType{Name: "client/web/ops"})
			tf := memoryTerraform(t, m)
			if test.before != "" {
				tf.Write(test.before).apply().ok()
			}
			o := tf.Write(test.after).makePlan()
			if o.plan == nil {
				t.Fatal(o.Diagnostics)
			}
			if got := policies.denied(t, tf); !slices.Equal(got, test.want) {
				t.Errorf("\n got %q\nwant %q", got, test.want)
			}
			if got := readPolicy(t).violations(o.plan); !slices.Equal(got, test.policy) {
				t.Errorf("Terraform Policy\n got %q\nwant %q", got, test.policy)
			}
		})
	}
}

// allHCL is the grants of all user types.
func allHCL(userTypes, more string) string {
	return fmt.Sprintf("resource \"authscopes_server_grants\" \"all\" {\n  user_types = %s\n  depends_on = [authscopes_server_scopes.s]\n%s\n}\n", userTypes, more)
}

func prefixed(before string, names []string, after string) []string {
	var all []string
	for _, n := range names {
		all = append(all, before+`"`+n+`"`+after)
	}
	return all
}

// change is one resource of a plan that a test writes by hand.
func change(kind string, before, after any, actions ...string) map[string]any {
	return map[string]any{
		"address": kind + ".x", "mode": "managed", "type": kind,
		"change": map[string]any{"actions": actions, "before": before, "after": after, "after_unknown": map[string]any{}},
	}
}

// TestPoliciesByHand holds the rules for plans that no resource of today makes: grants to all
// user types in one resource, renamed scopes, and roles of clients.
func TestPoliciesByHand(t *testing.T) {
	if os.Getenv("TF_ACC") == "" {
		t.Skip("builds OPA, like the tests that run Terraform")
	}
	policies := newOPA(t)
	type object = map[string]any
	four := object{"a:1": "", "a:2": "", "a:3": "", "a:4": ""}
	for name, test := range map[string]struct {
		change object
		want   []string
	}{
		"grants of all": {
			change("authscopes_server_grants", object{"user_types": object{"child": []string{"1", "2", "3", "4", "5", "6"}}, "client_roles": nil},
				object{
					"user_types":   object{"child": []string{"a:write"}, "admin": []string{"a:write"}},
					"client_roles": object{"web": object{"ops": []string{"b:write"}}},
				}, "update"),
			[]string{
				"6 grants are revoked, more than 5: 1 from child, 2 from child, 3 from child, 4 from child, 5 from child, 6 from child",
				`authscopes_server_grants.x: user type "child" gets "a:write"`, `authscopes_server_grants.x: user type "client/web/ops" gets "b:write"`,
			},
		},
		"role of a client": {
			change("authscopes_user_type_scopes", nil, object{"user_type": "admin", "client_id": "web", "scopes": []string{"a:write"}}, "create"),
			[]string{`authscopes_user_type_scopes.x: user type "client/web/admin" gets "a:write"`},
		},
		"realm role with the name of a client role": {
			change("authscopes_user_type_scopes", nil, object{"user_type": "client/web/admin", "client_id": nil, "scopes": []string{"a:write"}}, "create"),
			[]string{`authscopes_user_type_scopes.x: user type "realm/client/web/admin" gets "a:write"`},
		},
		"renamed": {
			change("authscopes_server_scopes", object{"scopes": four}, object{
				"scopes":         object{"n:1": "", "n:2": "", "n:3": "", "n:4": ""},
				"previous_names": object{"n:1": "a:1", "n:2": "a:2", "n:3": "a:3", "n:4": "a:4"},
			}, "update"),
			nil,
		},
		"unguarded": {
			change("authscopes_server_scopes", nil, object{"scopes": object{"a:1": ""}, "overrides": object{"a:1": object{"access": "unguarded"}}}, "create"),
			[]string{`authscopes_server_scopes.x: scope "a:1" is unguarded`},
		},
		"replaced": {
			change("authscopes_server_scopes", object{"scopes": four}, object{"scopes": four}, "delete", "create"),
			[]string{"4 scopes are deleted, more than 3: a:1, a:2, a:3, a:4"},
		},
	} {
		raw, err := json.Marshal(object{"resource_changes": []any{test.change}})
		if err != nil {
			t.Fatal(err)
		}
		if got := policies.deniedBy(t, raw); !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
}

// TestTerraformPolicy holds the references of the Terraform Policy file to the schema.
func TestTerraformPolicy(t *testing.T) {
	t.Parallel()
	p := readPolicy(t)
	for _, rule := range p.rules {
		checkPolicy(t, rule, attributeNames(p.schemas[rule.Labels[0]].AttributeTypes()), attributeNames(p.inputs.Type().AttributeTypes()))
	}
	if len(p.rules) < 6 {
		t.Errorf("only %d rules", len(p.rules))
	}
}

func attributeNames(types map[string]cty.Type) map[string]bool {
	found := map[string]bool{}
	for name := range types {
		found[name] = true
	}
	return found
}

// checkPolicy holds the references of a rule to the resource's attributes, its own locals, and
// the inputs; prior_attrs is not available in a create.
func checkPolicy(t *testing.T, b *hclsyntax.Block, attributes, inputs map[string]bool) {
	t.Helper()
	name := strings.Join(b.Labels, ".")
	if attributes == nil {
		t.Errorf("%s: the resource is unknown", name)
	}
	locals, enforced := map[string]bool{}, 0
	for _, inner := range b.Body.Blocks {
		if inner.Type == "locals" {
			for local := range inner.Body.Attributes {
				locals[local] = true
			}
		}
		if inner.Type == "enforce" {
			enforced++
			if inner.Body.Attributes["condition"] == nil || inner.Body.Attributes["error_message"] == nil {
				t.Errorf("%s: a rule without a condition or a message", name)
			}
		}
	}
	operations, _ := b.Body.Attributes["operations"].Expr.Value(nil)
	created := strings.Contains(operations.GoString(), `"create"`)
	known := map[string]map[string]bool{"attrs": attributes, "prior_attrs": attributes, "local": locals, "input": inputs}
	_ = hclsyntax.VisitAll(b.Body, func(n hclsyntax.Node) hcl.Diagnostics {
		ref, ok := n.(*hclsyntax.ScopeTraversalExpr)
		if !ok || len(ref.Traversal) < 2 {
			return nil
		}
		step, ok := ref.Traversal[1].(hcl.TraverseAttr)
		root := ref.Traversal.RootName()
		if of := known[root]; ok && of != nil && !of[step.Name] {
			t.Errorf("%s: %s.%s is unknown", name, root, step.Name)
		}
		if root == "prior_attrs" && created {
			t.Errorf("%s: prior_attrs in a rule for create", name)
		}
		return nil
	})
	if enforced == 0 {
		t.Errorf("%s enforces nothing", name)
	}
}
