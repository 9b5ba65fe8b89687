package provider

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/querycheck"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/hashicorp/terraform-plugin-testing/querycheck/queryfilter"

	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// grown is a realm as one grows by hand: open and limited scopes, a composite
// role, a client with scopes of its own.
func grown(t *testing.T) *lab {
	t.Helper()
	l := newLab(t, "child", "educator", "staff")
	l.AddComposites(t, "staff", "educator")
	l.CreateScopes(t, "open", "read", "write")
	l.CreateScope(t, keycloak.ClientScope{Name: "fold", Description: "Fold", Attributes: map[string]string{"consent.screen.text": "May I?"}})
	l.MapRoles(t, "read", "child", "staff")
	l.MapRoles(t, "write", "staff")
	l.AddClientScope(t, l.CreatePublicClient(t, "web-shop"), "read", "optional")
	l.CreatePublicClient(t, "plain")
	l.CreateSAMLClient(t, "saml-app")
	return l
}

func TestAccKeycloakQuery(t *testing.T) {
	l := grown(t)
	realm := knownvalue.StringExact(l.Name)
	block := func(typ, config string) string {
		return fmt.Sprintf("list %q \"all\" {\n  provider = authscopes\n  include_resource = true\n  config {\n%s\n  }\n}\n", typ, config)
	}
	query := func(hcl string, checks ...querycheck.QueryResultCheck) resource.TestStep {
		return resource.TestStep{Query: true, Config: l.config(hcl), QueryResultChecks: checks}
	}
	id := func(address, attribute, value string) querycheck.QueryResultCheck {
		return querycheck.ExpectIdentity(address, map[string]knownvalue.Check{"server_id": realm, attribute: knownvalue.StringExact(value)})
	}
	named := func(attribute, value string) queryfilter.QueryFilter {
		return queryfilter.ByResourceIdentity(map[string]knownvalue.Check{"server_id": realm, attribute: knownvalue.StringExact(value)})
	}
	const scopes, types, clients, sets = "authscopes_server_scope.all", "authscopes_user_type_scopes.all",
		"authscopes_client_scopes.all", "authscopes_server_scopes.all"
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_14_0)},
		ProtoV6ProviderFactories: inProcess(),
		Steps: []resource.TestStep{
			query(block("authscopes_server_scope", ""),
				querycheck.ExpectLength(scopes, 4), id(scopes, "name", "open"), id(scopes, "name", "fold"),
				querycheck.ExpectResourceDisplayName(scopes, named("name", "read"), knownvalue.StringExact("read"))),
			query(block("authscopes_server_scope", `include = ["*e*"]`+"\n"+`exclude = ["*read*", "fold"]`+"\ninclude_built_in = true"), id(scopes, "name", "email")),
			query(block("authscopes_user_type_scopes", ""), querycheck.ExpectLength(types, 2), id(types, "user_type", "child"), id(types, "user_type", "staff")),
			query(block("authscopes_user_type_scopes", "include_empty = true"), querycheck.ExpectLength(types, 3)),
			query(block("authscopes_client_scopes", ""), querycheck.ExpectLength(clients, 1), id(clients, "client_id", "web-shop")),
			query(block("authscopes_client_scopes", "include_empty = true\ninclude = [\"*-*\", \"plain\"]\nexclude = [\"*-c*\", \"realm-*\"]"),
				querycheck.ExpectLength(clients, 2), id(clients, "client_id", "plain")),
			query(block("authscopes_server_scopes", ""), querycheck.ExpectLength(sets, 1),
				querycheck.ExpectIdentity(sets, map[string]knownvalue.Check{"server_id": realm})),
			query(block("authscopes_server_scopes", fmt.Sprintf("include = [%q]", "*"+l.Name)), querycheck.ExpectLength(sets, 1)),
		},
	})
}

// The generated configuration of a query plans as an import of all and writes nothing.
func TestAccKeycloakQueryGenerates(t *testing.T) {
	atLeast(t, "1.14.0")
	l := grown(t)
	for _, kinds := range [][]string{{"authscopes_server_scopes", "authscopes_user_type_scopes", "authscopes_client_scopes"}, {"authscopes_server_scope"}} {
		b := newAttached(t)
		b.config(l.config())
		var hcl strings.Builder
		for _, kind := range kinds {
			config := ""
			switch kind {
			case "authscopes_server_scope": // built-in ones too, with texts such as ${profileScopeConsentText}
				config = "  config { include_built_in = true }\n"
			case "authscopes_user_type_scopes", "authscopes_client_scopes":
				config = "  config { include_empty = true }\n"
			}
			fmt.Fprintf(&hcl, "list %q \"all\" {\n  provider = authscopes\n%s}\n", kind, config)
		}
		b.Write("all.tfquery.hcl", hcl.String())
		l.proxy.Reset()
		b.run("query", "-no-color", "-generate-config-out=generated.tf").ok()
		b.plan().ends(2) // an import alone counts
		b.requireChanges("")
		b.apply("plan").ok()
		b.plan().ends(0)
		same(t, "writes", l.writes(), []string(nil))
		want := 1 + 3 + 8 // a realm, its roles except those that everyone has, its clients for OpenID Connect with six of Keycloak's own
		if len(kinds) == 1 {
			want = len(slices.DeleteFunc(l.Scopes(t), func(s keycloak.ClientScope) bool { return s.Protocol != "openid-connect" }))
		}
		same(t, "resources in the state", len(b.state()), want)
	}
}

// A query of everything costs the same however many clients and scopes there are.
func TestAccKeycloakQueryRequests(t *testing.T) {
	atLeast(t, "1.14.0")
	l := newLab(t, "educator")
	b := newAttached(t)
	b.config(l.config())
	b.Write("all.tfquery.hcl", `
		list "authscopes_server_scope" "s" {
		  provider = authscopes
		}
		list "authscopes_user_type_scopes" "u" {
		  provider = authscopes
		}
		list "authscopes_client_scopes" "c" {
		  provider = authscopes
		}
	`)
	requests := func() int {
		l.proxy.Reset()
		b.run("query", "-no-color", "-generate-config-out="+fmt.Sprint("g", len(l.Scopes(t)), ".tf")).ok()
		return len(l.proxy.APIRequests())
	}
	few := requests()
	for i := range 20 {
		name := fmt.Sprint("s", i)
		l.CreateScopes(t, name)
		l.MapRoles(t, name, "educator")
		l.AddClientScope(t, l.CreatePublicClient(t, fmt.Sprint("c", i)), name, "default")
	}
	if many := requests(); many > few {
		t.Errorf("%d requests for 20 of each, %d for none", many, few)
	}
}

// A caller who may not view all clients gets an error, not a shorter list.
func TestAccKeycloakQueryRights(t *testing.T) {
	atLeast(t, "1.14.0")
	l := grown(t)
	b := newAttached(t)
	b.config(tftest.ProviderHCL(l.account("few", "query-clients")))
	b.Write("all.tfquery.hcl", "list \"authscopes_client_scopes\" \"all\" {\n  provider = authscopes\n}\n")
	o := b.run("query", "-no-color")
	if o.code != 1 || !strings.Contains(o.out, "view-clients") || !strings.Contains(o.out, messagestest.Summary(messages.FailedListClients)) {
		t.Errorf("ended with %d:\n%s", o.code, o.out)
	}
	if strings.Contains(o.out, "client_id=") {
		t.Errorf("clients were listed:\n%s", o.out)
	}
}
