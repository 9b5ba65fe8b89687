package provider

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	tfstate "github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/onelogin"
)

// account is a fake OneLogin account of the test's own: authorization server 77,
// and the app 5, which is attached to nothing.
type account struct {
	*onelogin.Server
	t *testing.T
}

func newAccount(t *testing.T) account {
	t.Helper()
	t.Parallel()
	return onAccount(t)
}

// onAccount is newAccount for a test that is parallel already.
func onAccount(t *testing.T) account {
	t.Helper()
	a := account{onelogin.New(t, onelogin.Options{}), t}
	a.AddAuthServer(77)
	a.AddApp(5, "shop")
	return a
}

func (a account) config(parts ...string) string {
	return fmt.Sprintf("provider \"authscopes\" {\n  onelogin = {\n    url           = %q\n    client_id     = \"client-id\"\n"+
		"    client_secret = \"client-secret\"\n  }\n}\n", a.URL) +
		strings.Join(parts, "\n")
}

// has wants the app to be attached with these scopes.
func (a account) has(scopes ...string) resource.TestCheckFunc {
	return func(*tfstate.State) error {
		want := map[int64]bool{}
		for _, s := range scopes {
			want[a.ScopeID(77, s)] = true
		}
		ids, attached := a.Attached(77, 5)
		for _, id := range ids {
			if !want[id] {
				return fmt.Errorf("the app has the scope %d besides %q", id, scopes)
			}
		}
		if !attached || len(ids) != len(want) {
			return fmt.Errorf("the app has %v (attached: %t), want %q", ids, attached, scopes)
		}
		return nil
	}
}

// detached wants the app not to be attached at all.
func (a account) detached(*tfstate.State) error {
	if ids, attached := a.Attached(77, 5); attached {
		return fmt.Errorf("the app is attached with %v", ids)
	}
	return nil
}

func appHCL(lines ...string) string {
	return clientHCL("5", append([]string{`server_id = "77"`}, lines...)...)
}

const appScopesHCL = `
	resource "authscopes_server_scopes" "s" {
		server_id = "77"
		scopes    = { a = "A", b = "B", c = "C" }
	}
	locals { names = authscopes_server_scopes.s.names }
`

func TestOneLoginClientScopes(t *testing.T) {
	a := newAccount(t)
	config := func(app string) string { return a.config(appScopesHCL, app) }
	update := func(line string) resource.ConfigPlanChecks { return memBefore(clientAddress + " " + line) }
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: inProcess(), CheckDestroy: a.detached,
		Steps: []resource.TestStep{
			{Config: config(appHCL(`optional = [local.names.a, local.names.b]`)), Check: a.has("a", "b")},
			{ResourceName: clientAddress, ImportState: true, ImportStateId: "77/5", ImportStateVerify: true, ImportStateVerifyIdentifierAttribute: "client_id"},
			{Config: config(appHCL(`optional = [local.names.b, local.names.c]`)), Check: a.has("b", "c")},
			{
				PreConfig: func() { a.Attach(77, 5, a.ScopeID(77, "a")) },
				Config:    config(appHCL(`optional = [local.names.b, local.names.c]`)), Check: a.has("b", "c"),
				ConfigPlanChecks: update(`~ optional = ["a"] -> ["b","c"]`),
			},
			{
				PreConfig: func() { a.Attach(77, 5, a.ScopeID(77, "a"), a.ScopeID(77, "b"), a.ScopeID(77, "c")) },
				Config:    config(appHCL(`optional = [local.names.b]`, `ignore = ["c"]`)), Check: a.has("b", "c"),
			},
			{
				Config: config(appHCL(`optional = [local.names.b]`, `ignore = ["c"]`) + `data "authscopes_client_scopes" "d" {
					server_id = "77"
					client_id = "5"
				}`),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue("data.authscopes_client_scopes.d", tfjsonpath.New("default"), knownvalue.SetExact(nil)),
					statecheck.ExpectKnownValue("data.authscopes_client_scopes.d", tfjsonpath.New("optional"),
						knownvalue.SetExact([]knownvalue.Check{knownvalue.StringExact("b"), knownvalue.StringExact("c")})),
				},
			},
			{Config: config(appHCL()), Check: a.detached, ConfigPlanChecks: memBefore(clientAddress+` - ignore = ["c"]`, clientAddress+` - optional = ["b"]`)},
			{Config: config(appHCL(`optional = [local.names.a]`)), Check: a.has("a")},
		},
	})
}

// Unassigning the scopes in state detaches the app only if no scope remains.
func TestOneLoginClientScopesDestroy(t *testing.T) {
	a := newAccount(t)
	config := a.config(appScopesHCL, appHCL(`optional = [local.names.a]`, `ignore = ["b"]`))
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: inProcess(), Steps: []resource.TestStep{
		{Config: config, Check: a.has("a")},
		{
			PreConfig: func() { a.Attach(77, 5, a.ScopeID(77, "a"), a.ScopeID(77, "b")) },
			Config:    a.config(appScopesHCL), Check: a.has("b"),
		},
		{Config: a.config(appScopesHCL, appHCL(`on_destroy = "keep"`, `optional = [local.names.a]`)), Check: a.has("a")},
		{Config: a.config(appScopesHCL), Check: a.has("a")},
	}})
}

func TestOneLoginClientScopesErrors(t *testing.T) {
	a := newAccount(t)
	description := "A"
	a.AddScope(77, "read:users", &description)
	fails := func(config, words string) resource.TestStep {
		return resource.TestStep{Config: a.config(config), ExpectError: regexp.MustCompile(strings.ReplaceAll(words, " ", `\s+`))}
	}
	app := func(clientID, lines string) string { return clientHCL(clientID, `server_id = "77"`, lines) }
	resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: inProcess(), Steps: []resource.TestStep{
		fails(app("5", `default = ["read:users"]`), messagestest.Summary(messages.SupportDefaults)),
		fails(clientHCL("5", `optional = ["read:users"]`), `server_id is not set`),
		fails(app("web-shop", ""), `not the OpenID Connect client ID(.|\s)*"web-shop" is not an ID`),
		fails(app("6", `optional = ["read:users"]`), `Client not found(.|\s)*not the OpenID Connect client ID(.|\s)*app 6 does not exist`),
		fails(app("5", `optional = ["read:user"]`), `Scopes not found(.|\s)*did you mean "read:users"`),
		fails(clientHCL("5", `server_id = "78"`), `authorization server 78 does not exist`),
		{
			Config: a.config(app("5", "")), ResourceName: clientAddress, ImportState: true, ImportStateId: "5",
			ExpectError: regexp.MustCompile(`(?s)Invalid import ID.*77/1234`),
		},
		{
			Config: a.config(app("5", "")), ResourceName: clientAddress, ImportState: true, ImportStateId: "77/6",
			ExpectError: regexp.MustCompile(messagestest.Pattern(messages.FoundNoClient)),
		},
	}})
	if err := a.detached(nil); err != nil {
		t.Error(err)
	}
	for _, r := range a.Requests() {
		if r.Method != "GET" && !strings.HasPrefix(r.Path, "/auth/") {
			t.Errorf("%s %s", r.Method, r.Path)
		}
	}
}
