package provider

import (
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// An operation that a server does not support is an error of the plan, before any request.
func TestMemorySupport(t *testing.T) {
	const instead = "its six user types" // of the block
	lacks := func(name, config string, lack func(*authz.Capabilities), values ...string) findingRow {
		return findingRow{name: name, config: config, silent: name != "groups", others: true, found: []found{{values: values}}, server: func(m *drivertest.Memory) {
			m.Caps.ProviderBlock = "ocariot"
			lack(&m.Caps)
			m.AddScope(memRealm, scopeOf("e"))
		}}
	}
	scopes := func(c *authz.Capabilities) { c.WriteScopes = false }
	userTypes := func(c *authz.Capabilities) { c.UserTypeScopes = false }
	settings := func(c *authz.Capabilities) { c.Settings = false }
	list := func(c *authz.Capabilities) { c.ListScopes = false }
	clients := func(c *authz.Capabilities) { c.ClientScopes = false }
	roles := func(c *authz.Capabilities) { c.ClientRoles = false }
	description := func(c *authz.Capabilities) { c.DescriptionRequired = true }
	required := func(c *authz.Capabilities) { c.ServerIDRequired = true }
	refused := func(c *authz.Capabilities) { c.ServerIDAllowed = false }
	set, single, byType := setHCL(`{ e = "E" }`, ""), singleHCL(`"a"`, ""), typeHCL("educator", `[]`, "")
	const unmanaged, noTypes = "Scopes cannot be managed on this server", "Scopes of user types cannot be managed on this server"
	data := func(name, more string) string { return "data \"authscopes_" + name + "\" \"d\" {\n" + more + "\n}\n" }
	runFindings(
		t,
		lacks("set", set, scopes, unmanaged, instead),
		lacks("single scope", single, scopes, unmanaged, instead),
		lacks("user type", byType, userTypes, noTypes, instead),
		lacks("all user types", grantsHCL(`{}`, ""), userTypes, noTypes, instead),
		lacks("client", clientHCL("web"), clients, "Scopes of clients cannot be managed on this server", instead),
		lacks("client role", roleHCL("app", "editor", `["a"]`, ""), roles, "Memory has no client roles", "Remove client_id"),
		lacks("client roles", grantsHCL(`{}`, `client_roles = { app = { editor = ["a"] } }`), roles, "Memory has no client roles", "Remove client_roles"),
		lacks("import of a set", set+importSet, scopes, unmanaged, instead),
		lacks("import of a single scope", single+importOne("a"), scopes, unmanaged, instead),
		lacks("import of a user type", byType+"import {\n  to = authscopes_user_type_scopes.e\n  id = \"educator\"\n}\n", userTypes, noTypes, instead),
		lacks("data of all", data("server_scopes", ""), list, "Memory", instead),
		lacks("data of one", data("server_scope", `name = "a"`), list, "Memory", instead),
		lacks("data of a user type", data("user_type_scopes", `user_type = "educator"`), userTypes, "Memory", instead),
		lacks("data of a client", data("client_scopes", `client_id = "web"`), clients, "Scopes of clients cannot be read from this server"),
		lacks("access matrix", data("access_matrix", ""), userTypes, "Access to scopes cannot be read from this server"),
		lacks("groups", data("access_matrix", "include_groups = true"), func(*authz.Capabilities) {}, "Groups and service accounts cannot be read"),
		lacks("settings of a set", setHCL(`{ e = "E" }`, "settings = {}"), settings, "Remove settings", instead),
		lacks("settings of a single scope", singleHCL(`"a"`, "settings = {}"), settings, instead),
		lacks("overrides", setHCL(`{ e = "E" }`, "overrides = { e = { access = \"everyone\" } }"), settings, "overrides", instead),
		lacks("no server_id", set, required, "Invalid server_id", "Memory requires a server_id: the realm.", "server_id is not set"),
		lacks("no server_id of a client", clientHCL("web"), required, "server_id is not set"),
		lacks("no server_id of data", data("user_type_scopes", `user_type = "educator"`), required, "Invalid server_id", "Memory requires a server_id"),
		lacks("a server_id", setHCL(`{ e = "E" }`, `server_id = "x"`), refused, "Invalid server_id", "Memory has no server IDs: remove server_id"),
		withCode(lacks("no description in a set", setHCL(`{ e = null, b = " ", c = "C" }`, ""), description), messages.InputNoDescription),
		withCode(lacks("no description of a single scope", single, description), messages.InputNoDescription),
		lacks("drift", driftHCL(`{ e = "" }`), list, "Scopes cannot be compared with this server", instead),
		lacks("drift of settings", driftHCL(`{ e = "" }`, `settings = {}`), settings, "Remove settings", instead),
		withCode(lacks("drift of overrides", driftHCL(`{ e = "" }`, `overrides = { e = { access = "everyone" } }`), settings), messages.SupportSettings),
		lacks("drift of user types", driftHCL(`{ e = "" }`, `user_types = { e = [] }`), userTypes,
			"Scopes of user types cannot be compared with this server", instead),
		withCode(lacks("drift without a readback", driftHCL(`{ e = "" }`, `user_types = { e = [] }`), func(c *authz.Capabilities) { c.UserTypeDrift = false },
			"block ocariot"), messages.SupportReadback),
		lacks("drift without a server_id", driftHCL(`{ e = "" }`), required, "Invalid server_id", "Memory requires a server_id"),
		lacks("drift with a server_id", driftHCL(`{ e = "" }`, `server_id = "x"`), refused, "Invalid server_id", "remove server_id"),
		lacks("drift of user types without a server_id", driftHCL(`{ e = "" }`, `user_types = { educator = [] }`),
			func(c *authz.Capabilities) { c.WriteScopes, c.ServerIDRequired = false, true }, "Invalid server_id", "Memory requires a server_id"),
		withCode(lacks("a comparison by another server", paceCheckHCL(`{ a = "" }`), func(*authz.Capabilities) {}, "The provider is configured for Memory",
			"requires PACE", "use the data source authscopes_drift"), messages.SupportDefinitions),
		withCode(lacks("a comparison by a server that lists no scopes", paceCheckHCL(`{ a = "" }`), func(c *authz.Capabilities) {
			c.ProviderBlock, c.ListScopes = "pace", false
		}, "PACE compares the names of defined scopes"), messages.SupportDefinitions),
	)
}

func withCode(r findingRow, code check.Code) findingRow {
	r.found[0].code = code
	return r
}
