package provider

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// fails lets one call return an error.
func fails(call string, err error) func(string) error {
	return func(c string) error {
		if c == call {
			return err
		}
		return nil
	}
}

// failing lets a call of a server fail.
func failsAt(call string, err error) func(*drivertest.Memory) {
	return func(m *drivertest.Memory) { m.Fail(fails(call, err)) }
}

// noFailures ends the failures of a server.
func noFailures(m *drivertest.Memory) { m.Fail(nil) }

// An error of a read drops no state, whatever its kind. Only the server's own report that an object
// does not exist does.
func TestMemoryReadErrors(t *testing.T) {
	// The user type depends on the set, so that Terraform reads two of the three resources.
	var rows []findingRow
	for kind := authz.Unavailable; kind <= authz.Unsupported; kind++ {
		failed := finds(messages.FailedRead, `Memory realm "memory"`, "list scopes: original text")
		read := finds(messages.FailedReadClient, "original text")
		rows = append(rows, findingRow{
			name: kind.String(), before: everything, found: []found{failed, failed},
			change: failsAt("List", authz.Errorf(kind, "list scopes", "original text")),
		})
		if kind != authz.NotFound {
			rows = append(rows, findingRow{
				name: "client: " + kind.String(), server: clientServer, before: clientHCL("web", `optional = ["a"]`), found: []found{read},
				change: failsAt(readWeb, &authz.Error{Kind: kind, Op: readWeb, Err: errors.New("original text")}),
			})
		}
	}
	advice := finds(messages.FailedRead, "Advice of the driver.\n\nlist: there is no realm")
	rows = append(rows, findingRow{
		name: "advice of the driver", before: everything, found: []found{advice, advice},
		change: failsAt("List", authz.Advise(authz.ParentNotFound, "list", "Advice of the driver.", "there is no realm")),
	})
	var all []memRow
	for _, r := range rows {
		all = append(all, memRow{name: r.name, server: r.server, others: r.others, steps: []memStep{
			{config: r.before}, {change: r.change, found: r.found}, {change: noFailures, lines: nothing},
		}})
	}
	runRows(t, all...)
}

// A failed create stores nothing, a failed update stores what the server has, and the next apply
// does the rest.
func TestMemoryFailedWrites(t *testing.T) {
	runRows(t, slices.Concat(failedSetRows(), failedHolderRows(), failedGrantRows())...)
}

func absent(address string) func(*testing.T, *memServed) {
	return func(t *testing.T, s *memServed) {
		t.Helper()
		if is := s.state(address); is != nil {
			t.Errorf("%s: the state holds %v", s.name, is)
		}
	}
}

// inState requires the text of one attribute.
func inState(address, attribute, want string) func(*testing.T, *memServed) {
	return func(t *testing.T, s *memServed) {
		t.Helper()
		same(t, s.name+": "+attribute, tftest.JSONText(s.state(address)[attribute]), want)
	}
}

func failedSetRows() []memRow {
	denied := authz.Errorf(authz.Denied, "update scope \"b\"", "403")
	conflict := authz.Errorf(authz.Conflict, "create scope", "409 Conflict")
	three := setHCL(`{ a = "A", b = "B", c = "C" }`, "")
	half := func(m *drivertest.Memory) {
		created := 0
		m.Fail(func(call string) error {
			if strings.HasPrefix(call, "CreateScope") {
				created++
			}
			if created == 2 && call != "List" {
				return authz.Errorf(authz.Unavailable, "create scope", "503")
			}
			return nil
		})
	}
	refuses := func(m *drivertest.Memory) {
		m.RefuseWrites(authz.Advise(authz.Invalid, "check the guard", "Take the guard from that user.", "a user holds the guard"))
	}
	return []memRow{
		{name: "create", steps: []memStep{
			{}, {
				change: half, config: three, failed: []found{finds(messages.FailedWriteScopes, "No valid response was received", "create scope: 503")},
				after: all(absent(setAddress), func(t *testing.T, s *memServed) {
					t.Helper()
					if n := len(liveScopes(s.m)); n != 1 && n != 2 {
						t.Errorf("the server has %d scopes: the test failed nothing half-way", n)
					}
				}),
			}, {change: noFailures, found: []found{finds(check.AdoptionFound)}, after: func(t *testing.T, s *memServed) {
				t.Helper()
				same(t, "scopes", liveScopes(s.m), []string{"a", "b", "c"})
			}},
		}},
		{name: "update", steps: []memStep{
			{config: three},
			{
				change: failsAt("UpdateScope b", denied), config: setHCL(`{ a = "A", b = "changed", d = "D" }`, `settings = { include_in_token_scope = true }`),
				failed: []found{finds(messages.FailedWriteScopes, "403")}, after: inState(setAddress, "scopes", `{"a":"A","b":"B","c":"C","d":"D"}`),
			},
			{
				change: noFailures, lines: []string{setAddress + ` ~ scopes.b = "B" -> "changed"`, setAddress + ` - scopes.c = "C"`},
				wrote: []string{"UpdateScope b", "DeleteScope c"},
			},
		}},
		// Both updates are of one phase: whether that of a had begun is left to chance.
		{name: "update of settings", steps: []memStep{
			{config: setHCL(`{ a = "A", b = "B" }`, "")},
			{
				change: failsAt("UpdateScope b", errors.New("lost")), config: setHCL(`{ a = "A", b = "B" }`, `settings = { assigned_type = "optional" }`),
				failed: []found{finds(messages.FailedWriteScopes, "The server did not report this error", "lost")},
				after: func(t *testing.T, s *memServed) {
					t.Helper()
					left := `{"a":{"assigned_type":"none"},"b":{"assigned_type":"none"}}`
					if liveScope(t, s.m, "a").Settings.AssignedType == authz.AssignedOptional {
						left = `{"b":{"assigned_type":"none"}}`
					}
					same(t, "overrides", tftest.JSONText(s.state(setAddress)["overrides"]), left)
				},
			},
			{change: noFailures},
		}},
		// The preflight runs before the first write.
		{name: "preflight", server: refuses, steps: []memStep{{}, {
			config: three, wrote: nothing, after: absent(setAddress),
			failed: []found{finds(messages.FailedWriteScopes, "Take the guard from that user.", "a user holds the guard")},
		}, {config: noResources}}},
		// Only the server knows that the scope exists.
		{name: "a single scope", steps: []memStep{
			{}, {
				change: failsAt("CreateScope a", conflict), config: singleHCL(`"a"`, ""), after: absent(singleAddress),
				failed: []found{finds(messages.FailedCreateScope, `Scope "a" could not be created in Memory realm "memory"`,
					"The object exists already, or it was changed", "import it", "409 Conflict")},
			}, {change: noFailures},
		}},
	}
}

func failedHolderRows() []memRow {
	lost := &authz.Error{Kind: authz.Unavailable, Op: "write", Err: errors.New("connection reset"), OutcomeUnknown: true}
	broke := authz.Errorf(authz.Unavailable, "change", "the connection broke")
	client := clientHCL("web", `default = ["a", "b"]`, `optional = ["c"]`)
	changed := clientHCL("web", `default = ["a", "d"]`, `optional = ["b", "e"]`)
	return []memRow{
		{name: "renamed single scope", steps: []memStep{
			{config: singleHCL(`"one"`, "")},
			{
				change: failsAt("UpdateScope one", lost), config: singleHCL(`"two"`, ""), after: inState(singleAddress, "name", `"one"`),
				failed: []found{finds(messages.FailedUpdateScope, `Scope "one"`, "connection reset")},
			},
			{change: noFailures, wrote: []string{"UpdateScope one"}},
			{
				change: failsAt("DeleteScope two", lost), config: noResources,
				failed: []found{{values: []string{"connection reset"}}}, after: inState(singleAddress, "name", `"two"`),
			},
			{change: noFailures, wrote: []string{"DeleteScope two"}},
		}},
		{name: "user type", server: threeScopes, steps: []memStep{
			{},
			{
				change: failsAt("ChangeUserType educator", lost), config: typeHCL("educator", `["a"]`, ""), after: absent(typeAddress),
				failed: []found{finds(messages.FailedWriteUserType, "The outcome of the write is unknown. Plan again", "connection reset")},
			},
			{change: noFailures},
			{
				change: failsAt("ChangeUserType educator", lost), config: typeHCL("educator", `["b"]`, ""), after: inState(typeAddress, "scopes", `["a"]`),
				failed: []found{finds(messages.FailedWriteUserType, "connection reset")},
			},
			{config: noResources, failed: []found{finds(messages.FailedRevokeUserType, "connection reset")}, after: inState(typeAddress, "scopes", `["a"]`)},
			{change: noFailures},
		}},
		{name: "set destroyed", steps: []memStep{
			{config: setHCL(`{ a = "A" }`, "")},
			{
				change: failsAt("DeleteScope a", lost), config: noResources, failed: []found{finds(messages.FailedDeleteScopes, "connection reset")},
				after: inState(setAddress, "scopes", `{"a":"A"}`),
			},
			{change: noFailures, wrote: []string{"DeleteScope a"}},
		}},
		{name: "client", server: clientServer, steps: []memStep{
			{},
			{
				change: failsAt("ChangeClientScopes web: default b", broke), config: client, after: all(absent(clientAddress), clientHasScopes("a profile | email")),
				failed: []found{finds(messages.FailedWriteClient, "the connection broke")},
			},
			{change: noFailures},
			{
				change: failsAt("ChangeClientScopes web: optional e", broke), config: changed, failed: []found{finds(messages.FailedWriteClient)},
				wrote: gave("web: none c", "web: default d", "web: optional b", "web: optional e"), after: all(
					clientHasScopes("a d profile | b email"), inState(clientAddress, "default", `["a","d"]`), inState(clientAddress, "optional", `["b"]`),
				),
			},
			{change: noFailures, lines: []string{clientAddress + ` ~ optional = ["b"] -> ["b","e"]`}, wrote: gave("web: optional e")},
		}},
	}
}

// failedGrantRows fail at each write. No revocation begins before all is granted.
func failedGrantRows() (rows []memRow) {
	for fails := 1; fails <= 4; fails++ {
		rows = append(rows, memRow{name: fmt.Sprintf("grants, write %d", fails), server: grantsServer, steps: []memStep{
			{config: grantsHCL(`{ educator = ["a"], child = ["b"] }`, "")},
			{
				config: grantsHCL(`{ educator = ["b"], child = ["a"] }`, ""), between: func(m *drivertest.Memory) {
					n := 0
					m.Fail(func(call string) error {
						if call != "List" {
							if n++; n == fails {
								return authz.Errorf(authz.Unavailable, "write", "cut")
							}
						}
						return nil
					})
				}, failed: []found{{summary: "Cannot write the scopes of all user types", values: []string{"cut"}}},
				after: func(t *testing.T, s *memServed) {
					t.Helper()
					educator, child := grantedScopes(s.m, "educator"), grantedScopes(s.m, "child")
					if fails <= 2 && (!slices.Contains(educator, "a") || !slices.Contains(child, "b")) {
						t.Errorf("revoked before all was granted: %q, %q", educator, child)
					}
				},
			},
			{change: noFailures, after: all(granted("educator", "b"), granted("child", "a"))},
		}})
	}
	return rows
}

func TestMemoryReadOnly(t *testing.T) {
	m := newMemory()
	m.SetClient(memRealm, "web", nil, nil)
	tf := memoryTerraform(t, m)
	everything := everything + clientHCL("web", `optional = [authscopes_server_scopes.s.names.a]`)
	const readOnly = "provider \"authscopes\" {\n  keycloak = {}\n  read_only = true\n}\n"
	tf.Write(readOnly + everything).makePlan().ok()
	tf.applyPlan().failed("read_only = true", "No request was sent").wrote()
	tf.Write(everything).apply().ok()
	tf.Write(readOnly + everything)
	tf.unchanged()
	m.AddScope(memRealm, scopeOf("extra"))
	tf.makePlan().ok().changes(setAddress + ` - scopes.extra = "EXTRA"`)
	tf.applyPlan().refused("read_only = true").wrote()
	tf.run("destroy", "-auto-approve").failed("read_only = true").wrote()
	// A change of the state alone is no write.
	keep := func(hcl string) string {
		return strings.NewReplacer("ignore =", "on_destroy = \"keep\"\n  ignore =", "name = \"one\"", "name = \"one\"\n  on_destroy = \"keep\"",
			"user_type = ", "on_destroy = \"keep\"\n  user_type = ", "client_id = ", "on_destroy = \"keep\"\n  client_id = ").Replace(hcl)
	}
	m.Change(memRealm, func(l *authz.Snapshot) { l.Remove("extra") })
	tf.Write(readOnly + keep(everything)).apply().ok().wrote()
	tf.run("destroy", "-auto-approve").ok().wrote()
	if got := liveScopes(m); len(got) != 3 {
		t.Errorf("the server has %v", got)
	}
}

// later is a provider configuration that depends on another resource.
const later = "resource \"terraform_data\" \"url\" {\n  input = \"https://sso.example.com/%s\"\n}\nprovider \"authscopes\" {\n" +
	"  keycloak = { url = terraform_data.url.output }\n}\n"

func TestMemoryUnknownProvider(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	// The resources are created once the URL is known.
	tf.Write(fmt.Sprintf(later, "one") + everything).apply().ok()
	tf.unchanged()
	m.AddScope(memRealm, scopeOf("extra"))
	o := tf.Write(fmt.Sprintf(later, "two")+everything).makePlan().ok().changes().
		warned("keycloak.url", "unknown until apply", "with -target", messagestest.Summary(messages.ProviderUnknown))
	if len(o.calls) > 0 {
		t.Errorf("the server was asked: %v", o.calls)
	}
	tf.applyPlan().ok()
	tf.makePlan().ok().changes(setAddress + ` - scopes.extra = "EXTRA"`)
	for name, reads := range map[string]string{
		"scope":   "data \"authscopes_server_scope\" \"d\" {\n  name = \"a\"\n}\n",
		"client":  "data \"authscopes_client_scopes\" \"c\" {\n  client_id = \"web\"\n}\n",
		"drift":   driftHCL(`{ a = "A" }`),
		"pace":    paceCheckHCL(`{ a = "A" }`),
		"imports": importOne("a") + singleHCL(`"a"`, ""),
	} {
		config := fmt.Sprintf(later, "three") + everything + reads
		if name == "imports" {
			config = strings.Replace(fmt.Sprintf(later, "three")+everything+again(singleHCL(`"a"`, ""), "one")+importOne("a"), "to = authscopes_server_scope.one",
				"to = authscopes_server_scope.other", 1)
		}
		tf.Write(config).makePlan().refused("keycloak.url", "unknown until apply", "-target")
	}
}

// One snapshot serves a walk, whatever the number of resources and data sources, and with read_only.
func TestMemoryListings(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	config := everything +
		"resource \"authscopes_server_scope\" \"many\" {\n  count = 8\n  name = \"many:${count.index}\"\n}\n" +
		"data \"authscopes_server_scopes\" \"d\" {}\ndata \"authscopes_user_type_scopes\" \"d\" {\n  user_type = \"child\"\n}\n"
	config = strings.Replace(config, `ignore = ["one"]`, `ignore = ["one", "many:*"]`, 1)
	tf.Write(config)
	if n := memLists(tf.makePlan().ok().calls); n != 1 {
		t.Errorf("a plan with nothing in the state listed %d times", n)
	}
	o := tf.applyPlan().ok()
	if n := memLists(o.calls); n != 1 {
		t.Errorf("the apply of 11 creations listed %d times", n)
	}
	if calls := tf.makePlan().ok().changes().calls; memLists(calls) != 1 || len(calls) != 1 {
		t.Errorf("a plan of everything sent %q", calls)
	}
	tf.Write("provider \"authscopes\" {\n  keycloak = {}\n  read_only = true\n}\n" + config + driftHCL(`{ a = "A" }`, `user_types = { educator = ["a"] }`))
	if calls := tf.makePlan().ok().quiet().calls; memLists(calls) != 1 || len(calls) != 1 {
		t.Errorf("a plan with a report sent %q", calls)
	}
	tf.Write(config)
	if n := memLists(tf.run("destroy", "-auto-approve").ok().calls); n > 3 { // refresh, plan, apply
		t.Errorf("a destroy listed %d times", n)
	}
}

// A large server is a matter of seconds. Terraform itself compares the elements of sets pairwise, so
// the user type has fewer.
func TestMemoryLarge(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	const names = "locals {\n  names = flatten([for i in range(40) : [for j in range(50) : \"scope:${i}:${j}\"]])\n}\n"
	tf.Write(names + setHCL(`{ for n in local.names : n => "Scope ${n}" }`, "") +
		typeHCL("educator", `[for i in range(500) : "scope:${floor(i / 50)}:${i % 50}"]`, "depends_on = [authscopes_server_scopes.s]")).apply().ok()
	if n, held := len(liveScopes(m)), len(grantedScopes(m, "educator")); n != 2000 || held != 500 {
		t.Errorf("%d scopes, of which the user type has %d", n, held)
	}
	memEdit(m, "scope:17:7", func(s *authz.Scope) { s.Description = "by hand" })
	tf.makePlan().ok().changes(setAddress + ` ~ scopes.scope:17:7 = "by hand" -> "Scope scope:17:7"`)
}
