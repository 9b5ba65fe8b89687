package provider

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// everything is a configuration with each resource.
var everything = setHCL(`{ a = "A", b = "B" }`, `ignore = ["one"]`) + singleHCL(`"one"`, "") + typeHCL("educator", "[authscopes_server_scopes.s.names.a]", "")

var allAddresses = []string{setAddress, singleAddress, typeAddress}

// fails lets one call return an error.
func fails(call string, err error) func(string) error {
	return func(c string) error {
		if c == call {
			return err
		}
		return nil
	}
}

// An error of a listing drops no state, whatever its kind, and says what to do.
func TestMemoryReadErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind   authz.Kind
		advice string
	}{
		{authz.Unavailable, "No valid response was received from the server. Check url, the network and any proxy"},
		{authz.NotFound, "The server does not have the object"},
		{authz.ParentNotFound, "Check url and server_id"},
		{authz.Conflict, "it was changed at the same time"},
		{authz.Denied, "rejected the credentials, or they lack a right"},
		{authz.Invalid, "A value is invalid"},
		{authz.Unsupported, "The server does not support this operation"},
	} {
		t.Run(test.kind.String(), func(t *testing.T) {
			m := newMemory()
			tf := memoryTerraform(t, m)
			tf.applied(everything)
			m.Fail(fails("List", authz.Errorf(test.kind, "list scopes", "original text")))
			o := tf.makePlan()
			for _, e := range o.Severity("error") {
				if !e.HoldsAll([]string{messagestest.Summary(messages.FailedRead), `Memory realm "memory"`, test.advice, "list scopes: original text"}) {
					t.Errorf("the error is: %s\n%s", e.Summary, e.Detail)
				}
			}
			if len(o.Severity("error")) == 0 {
				t.Error("no error")
			}
			tf.apply("-refresh-only").failed("original text")
			m.Fail(nil)
			for _, address := range allAddresses {
				if tf.state(address) == nil {
					t.Errorf("%s was dropped from the state", address)
				}
			}
			tf.settled()
		})
	}
}

func TestMemoryRealmGone(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.applied(everything)
	m.Fail(fails("List", authz.Advise(authz.ParentNotFound, "list", "Advice of the driver.", "there is no realm")))
	tf.makePlan().failed(messagestest.Summary(messages.FailedRead), "Advice of the driver.\n\nlist: there is no realm")
	tf.run("destroy", "-auto-approve").failed("there is no realm").wrote()
	if tf.state(setAddress) == nil {
		t.Error("the state was dropped")
	}
}

// A creation that stops half-way stores nothing, and the next apply continues.
func TestMemoryHalfDoneCreate(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
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
	tf.Write(setHCL(`{ a = "A", b = "B", c = "C" }`, "")).apply().
		refused(messagestest.Summary(messages.FailedWriteScopes), "No valid response was received", "create scope: 503")
	if s := tf.state(setAddress); s != nil {
		t.Errorf("the state holds %v", s)
	}
	if n := len(liveScopes(m)); n != 1 && n != 2 {
		t.Errorf("the server has %d scopes: the test failed nothing half-way", n)
	}
	m.Fail(nil)
	tf.apply().ok()
	if got := liveScopes(m); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("the server has %v", got)
	}
	tf.settled()
}

// Many errors of one apply are not shown one by one.
func TestMemoryManyErrors(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	m.Fail(func(call string) error {
		if strings.HasPrefix(call, "CreateScope") {
			return authz.Errorf(authz.Denied, strings.ToLower(call), "403")
		}
		return nil
	})
	o := tf.Write(setHCL(`{ for i in range(100) : "s${i}" => "" }`, "")).apply()
	if n := len(o.Severity("error")); n == 0 || n > 11 { // and how many more there are
		t.Errorf("%d errors", n)
	}
	if n := len(memWrites(o.calls)); n > 3*10 {
		t.Errorf("%d writes were tried after the first failed", n)
	}
}

// An update that stops half-way stores what the server has; the next plan is
// exactly the rest.
func TestMemoryHalfDoneUpdate(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.applied(setHCL(`{ a = "A", b = "B", c = "C" }`, ""))
	m.Fail(fails("UpdateScope b", authz.Errorf(authz.Denied, "update scope \"b\"", "403")))
	tf.Write(setHCL(`{ a = "A", b = "changed", d = "D" }`, `settings = { include_in_token_scope = true }`))
	tf.apply().refused("Cannot write all scopes", "403")
	state := tf.state(setAddress)
	if got := tftest.JSONText(state["scopes"]); got != `{"a":"A","b":"B","c":"C","d":"D"}` {
		t.Errorf("the state holds %s", got)
	}
	m.Fail(nil)
	tf.makePlan().ok().changes(setAddress+` ~ scopes.b = "B" -> "changed"`, setAddress+` - scopes.c = "C"`)
	tf.applyPlan().ok().wrote("UpdateScope b", "DeleteScope c")
	tf.settled()
}

// The same for settings: what was changed and what was not.
func TestMemoryHalfDoneSettings(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.applied(setHCL(`{ a = "A", b = "B" }`, ""))
	m.Fail(fails("UpdateScope b", errors.New("lost")))
	tf.Write(setHCL(`{ a = "A", b = "B" }`, `settings = { assigned_type = "optional" }`)).apply().
		refused("The server did not report this error", "lost")
	m.Fail(nil)
	// Both updates are of one phase: whether that of a had begun is left to chance.
	left, calls := `{"a":{"assigned_type":"none"},"b":{"assigned_type":"none"}}`, []string{"UpdateScope a", "UpdateScope b"}
	if liveScope(t, m, "a").Settings.AssignedType == authz.AssignedOptional {
		left, calls = `{"b":{"assigned_type":"none"}}`, calls[1:]
	}
	tf.makePlan().ok().changes(setAddress + ` - overrides = ` + left)
	tf.applyPlan().ok().wrote(calls...)
	tf.settled()
}

func TestMemoryHalfDoneOthers(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	lost := &authz.Error{Kind: authz.Unavailable, Op: "write", Err: errors.New("connection reset"), OutcomeUnknown: true}
	tf.Write(everything)
	m.Fail(fails("ChangeUserType educator", lost))
	tf.apply().refused(messagestest.Summary(messages.FailedWriteUserType), "The outcome of the write is unknown. Plan again", "connection reset")
	if s := tf.state(typeAddress); s != nil {
		t.Errorf("the state holds %v", s)
	}
	m.Fail(nil)
	tf.applied(everything)

	m.Fail(fails("UpdateScope one", lost))
	renamed := strings.NewReplacer(`name = "one"`, `name = "two"`, `ignore = ["one"]`, `ignore = ["one", "two"]`).Replace(everything)
	tf.Write(renamed).apply().refused(messagestest.Summary(messages.FailedUpdateScope), `Scope "one"`, "connection reset")
	m.Fail(nil)
	if got := tf.state(singleAddress)["name"]; got != "one" {
		t.Errorf("the state holds %v", got)
	}
	tf.applied(renamed)

	m.Fail(fails("ChangeUserType educator", lost))
	tf.Write(strings.Replace(renamed, "[authscopes_server_scopes.s.names.a]", "[authscopes_server_scopes.s.names.b]", 1)).apply().failed("connection reset")
	if got := tftest.JSONText(tf.state(typeAddress)["scopes"]); got != `["a"]` {
		t.Errorf("the state holds %v", got)
	}
	tf.run("destroy", "-auto-approve").failed(messagestest.Summary(messages.FailedRevokeUserType), "connection reset")
	if tf.state(typeAddress) == nil {
		t.Error("the state was dropped")
	}
	m.Fail(fails("DeleteScope a", lost))
	tf.run("destroy", "-auto-approve").failed(messagestest.Summary(messages.FailedDeleteScopes), "connection reset")
	m.Fail(nil)
	tf.run("destroy", "-auto-approve").ok()
	if got := liveScopes(m); len(got) != 0 {
		t.Errorf("the server has %v", got)
	}
}

// The preflight runs before the first write.
func TestMemoryWritesRefused(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	m.RefuseWrites(authz.Advise(authz.Invalid, "check the guard", "Take the guard from that user.", "a user holds the guard"))
	tf.Write(everything).makePlan().ok()
	tf.applyPlan().failed("Cannot write all scopes", "Take the guard from that user.", "a user holds the guard").wrote()
	if got := liveScopes(m); len(got) != 0 {
		t.Errorf("the server has %v", got)
	}
}

func TestMemoryReadOnly(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	const readOnly = "provider \"authscopes\" {\n  keycloak = {}\n  read_only = true\n}\n"
	tf.Write(readOnly + everything).makePlan().ok()
	tf.applyPlan().failed("read_only = true", "No request was sent").wrote()
	tf.applied(everything)
	tf.Write(readOnly + everything)
	tf.settled()
	m.AddScope(memRealm, scopeOf("extra"))
	tf.makePlan().ok().changes(setAddress + ` - scopes.extra = "EXTRA"`)
	tf.applyPlan().refused("read_only = true").wrote()
	tf.run("destroy", "-auto-approve").failed("read_only = true").wrote()
	// A change of the state alone is no write.
	keep := func(hcl string) string {
		return strings.NewReplacer("ignore =", "on_destroy = \"keep\"\n  ignore =", "name = \"one\"", "name = \"one\"\n  on_destroy = \"keep\"",
			"user_type = ", "on_destroy = \"keep\"\n  user_type = ").Replace(hcl)
	}
	m.Change(memRealm, func(l *authz.Snapshot) { l.Remove("extra") })
	tf.Write(readOnly + keep(everything)).apply().ok().wrote()
	tf.settled()
	tf.run("destroy", "-auto-approve").ok().wrote()
	if got := liveScopes(m); len(got) != 3 {
		t.Errorf("the server has %v", got)
	}
}

func TestMemoryReadOnlyFromEnvironment(t *testing.T) {
	m := newMemory()
	t.Parallel()
	tf := newTerraform(t, m, map[string]string{"AUTHSCOPES_READ_ONLY": "true"})
	tf.m = m
	tf.Write(setHCL(`{ a = "A" }`, "")).apply().refused("read_only = true").wrote()
	tf.Write("provider \"authscopes\" {\n  keycloak = {}\n  read_only = false\n}\n" + setHCL(`{ a = "A" }`, "")).apply().ok()
}

// later is a provider configuration that depends on what is not applied yet.
const later = "resource \"terraform_data\" \"url\" {\n  input = \"https://sso.example.com/%s\"\n}\nprovider \"authscopes\" {\n" +
	"  keycloak = { url = terraform_data.url.output }\n}\n"

func TestMemoryUnknownProvider(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.applied(fmt.Sprintf(later, "one") + everything)
	m.AddScope(memRealm, scopeOf("extra"))
	o := tf.Write(fmt.Sprintf(later, "two")+everything).makePlan().ok().changes().
		warned("keycloak.url", "unknown until apply", "with -target", messagestest.Summary(messages.ProviderUnknown))
	if len(o.calls) > 0 {
		t.Errorf("the server was asked: %v", o.calls)
	}
	tf.applyPlan().ok()
	tf.makePlan().ok().changes(setAddress + ` - scopes.extra = "EXTRA"`)
	tf.applyPlan().ok()
	tf.Write(fmt.Sprintf(later, "three")+everything+"data \"authscopes_server_scope\" \"d\" {\n  name = \"a\"\n}\n").makePlan().
		refused("keycloak.url", "unknown until apply", "terraform apply -target=")
	// From nothing: what is made is made once the url is known.
	other := newTerraform(t, m, nil)
	for _, name := range liveScopes(m) {
		m.Change(memRealm, func(l *authz.Snapshot) { l.Remove(name) })
	}
	other.Write(fmt.Sprintf(later, "one") + everything).apply().ok()
	other.settled()
	other.Write(fmt.Sprintf(later, "two")+everything+"import {\n  to = authscopes_server_scope.two\n  id = \"a\"\n}\n"+strings.Replace(singleHCL(`"a"`, ""),
		`"one"`, `"two"`, 1)).
		makePlan().refused("keycloak.url", "unknown until apply", "terraform apply -target=")
}

// A state that was made for another realm is an error, never a change.
func TestMemoryOtherRealm(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, config string }{
		{"set", setHCL(`{ a = "A" }`, "server_id = %q")},
		{"single", singleHCL(`"a"`, "server_id = %q")},
		{"user type", typeHCL("educator", `[]`, "server_id = %q")},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newMemory()
			tf := memoryTerraform(t, m)
			tf.applied(fmt.Sprintf(test.config, memRealm))
			tf.Write(fmt.Sprintf(test.config, "other")).makePlan().refused(messagestest.Summary(messages.FoundOtherServer),
				`belongs to Memory realm "memory"`, `addresses Memory realm "other"`, "terraform state rm", "Nothing was changed").wrote()
		})
	}
}

// A realm of the same name at another address cannot be detected by its name. It has other
// scopes, or others of the same names, and the plan reports it before an apply would change it.
func TestMemoryOtherServer(t *testing.T) {
	t.Parallel()
	const strange = `Memory realm "memory" has none of the 2 scopes in state`
	for name, test := range map[string]struct {
		there  []string
		others bool // ids
		warns  bool
	}{
		"other scopes":         {[]string{"x", "y", "z"}, true, true},
		"of the same names":    {[]string{"a", "b", "z"}, true, true},
		"one made anew":        {[]string{"a"}, false, false},
		"nothing there at all": {nil, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMemory()
			tf := memoryTerraform(t, m)
			config := setHCL(`{ a = "A", b = "B" }`, "")
			tf.applied(config)
			m.Change(memRealm, func(l *authz.Snapshot) {
				kept, _ := l.Scope("a")
				l.Scopes = nil
				for _, name := range test.there {
					s := scopeOf(name, func(s *authz.Scope) { s.ID = "other-" + name })
					if !test.others {
						s = kept
					}
					l.Put(s)
				}
			})
			o := tf.makePlan().ok()
			if !test.warns {
				o.quiet()
				return
			}
			o.warned(strange, messagestest.Summary(messages.FoundStrangeScopes), "do not apply")
			tf.applyPlan().ok()
			tf.settled()
		})
	}
}

// An operation that a server does not support is an error of the plan.
func TestMemoryCapabilities(t *testing.T) {
	t.Parallel()
	const instead = "its six user types" // of the block
	set, single, byType := setHCL(`{ a = "A" }`, ""), singleHCL(`"a"`, ""), typeHCL("educator", `[]`, "")
	dataSet, dataSingle := "data \"authscopes_server_scopes\" \"d\" {}\n", "data \"authscopes_server_scope\" \"d\" {\n  name = \"a\"\n}\n"
	dataType := "data \"authscopes_user_type_scopes\" \"d\" {\n  user_type = \"educator\"\n}\n"
	importIt := func(to, id string) string { return fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", to, id) }
	for _, test := range []struct {
		name, config string
		lack         func(*authz.Capabilities)
		words        []string
	}{
		{"set", set, func(c *authz.Capabilities) { c.WriteScopes = false }, []string{"Scopes cannot be managed on this server", instead}},
		{"single", single, func(c *authz.Capabilities) { c.WriteScopes = false }, []string{"Scopes cannot be managed on this server", instead}},
		{"user type", byType, func(c *authz.Capabilities) { c.UserTypeScopes = false }, []string{"Scopes of user types cannot be managed on this server", instead}},
		{
			"import of a set", set + importIt(setAddress, "memory"), func(c *authz.Capabilities) { c.WriteScopes = false },
			[]string{"Scopes cannot be managed on this server", instead},
		},
		{
			"import of a single", single + importIt(singleAddress, "a"), func(c *authz.Capabilities) { c.WriteScopes = false },
			[]string{"Scopes cannot be managed on this server", instead},
		},
		{
			"import of a user type", byType + importIt(typeAddress, "educator"), func(c *authz.Capabilities) { c.UserTypeScopes = false },
			[]string{"Scopes of user types cannot be managed", instead},
		},
		{"data of all", dataSet, func(c *authz.Capabilities) { c.ListScopes = false }, []string{"Memory", instead}},
		{"data of one", dataSingle, func(c *authz.Capabilities) { c.ListScopes = false }, []string{"Memory", instead}},
		{"data of a user type", dataType, func(c *authz.Capabilities) { c.UserTypeScopes = false }, []string{"Memory", instead}},
		{"settings of a set", setHCL(`{ a = "A" }`, "settings = {}"), func(c *authz.Capabilities) { c.Settings = false }, []string{"Remove settings", instead}},
		{"settings of a single", singleHCL(`"a"`, "settings = {}"), func(c *authz.Capabilities) { c.Settings = false }, []string{instead}},
		{
			"overrides", setHCL(`{ a = "A" }`, "overrides = { a = { access = \"everyone\" } }"),
			func(c *authz.Capabilities) { c.Settings = false },
			[]string{"overrides", instead},
		},
		{
			"no server id", set, func(c *authz.Capabilities) { c.ServerIDRequired = true },
			[]string{"Invalid server_id", "Memory requires a server_id: the realm.", "server_id is not set"},
		},
		{
			"a server id too much", setHCL(`{ a = "A" }`, `server_id = "x"`), func(c *authz.Capabilities) { c.ServerIDAllowed = false },
			[]string{"Invalid server_id", "Memory has no server IDs: remove server_id"},
		},
		{
			"no description in a set", setHCL(`{ a = null, b = " ", c = "C" }`, ""), func(c *authz.Capabilities) { c.DescriptionRequired = true },
			[]string{messagestest.Summary(messages.InputNoDescription)},
		},
		{
			"no description of a single", singleHCL(`"a"`, ""), func(c *authz.Capabilities) { c.DescriptionRequired = true },
			[]string{messagestest.Summary(messages.InputNoDescription)},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newMemory()
			m.Caps.ProviderBlock = "ocariot"
			test.lack(&m.Caps)
			tf := memoryTerraform(t, m)
			tf.Write(test.config).makePlan().failed(test.words...).wrote()
		})
	}
}

// Without settings a scope is its name and description.
func TestMemoryWithoutSettings(t *testing.T) {
	m := newMemory()
	m.Caps.Settings = false
	m.AddScope(memRealm, scopeOf("adopted", openScope))
	tf := memoryTerraform(t, m)
	tf.applied(setHCL(`{ a = "A", adopted = null }`, `ignore = ["one"]`) + singleHCL(`"one"`,
		"") + "data \"authscopes_server_scopes\" \"d\" {\n  depends_on = [authscopes_server_scopes.s]\n}\n")
	memEdit(m, "a", func(s *authz.Scope) { s.Settings.AssignedType = authz.AssignedDefault })
	tf.settled()
	if s := tf.state(setAddress); s["settings"] != nil || tftest.JSONText(s["open_scopes"]) != "[]" {
		t.Errorf("settings are %v, open_scopes %v", s["settings"], s["open_scopes"])
	}
	if s := tf.state("data.authscopes_server_scopes.d"); s["scopes"].(map[string]any)["a"].(map[string]any)["settings"] != nil {
		t.Errorf("the data source has settings: %v", s["scopes"])
	}
}

// The warnings of a snapshot are shown once.
func TestMemoryNotes(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	tf.applied(everything)
	m.Change(memRealm, func(l *authz.Snapshot) {
		l.Warnings = []authz.Warning{{Summary: "The guard is held by a user", Detail: "Take it away."}}
	})
	tf.makePlan().ok().warned("The guard is held by a user", "Take it away.")
}

// One listing for a walk, whatever the number of resources and data sources.
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
	if n := memLists(tf.makePlan().ok().changes().calls); n != 1 {
		t.Errorf("a plan of everything listed %d times", n)
	}
	if n := memLists(tf.run("destroy", "-auto-approve").ok().calls); n > 3 { // refresh, plan, apply
		t.Errorf("a destroy listed %d times", n)
	}
}

// A large server is a matter of seconds.
func TestMemoryLargeSet(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m)
	const names = "locals {\n  names = flatten([for i in range(40) : [for j in range(50) : \"scope:${i}:${j}\"]])\n}\n"
	tf.Write(names + setHCL(`{ for n in local.names : n => "Scope ${n}" }`, "")).apply().ok()
	if n := len(liveScopes(m)); n != 2000 {
		t.Errorf("%d scopes", n)
	}
	memEdit(m, "scope:7:7", func(s *authz.Scope) { s.Description = "by hand" })
	tf.makePlan().ok().changes(setAddress + ` ~ scopes.scope:7:7 = "by hand" -> "Scope scope:7:7"`)
}

// Terraform itself compares the elements of sets pairwise, so this is smaller.
func TestMemoryLargeUserType(t *testing.T) {
	m := newMemory()
	for i := range 500 {
		m.AddScope(memRealm, scopeOf(fmt.Sprintf("scope:%d", i)))
	}
	tf := memoryTerraform(t, m)
	tf.Write(typeHCL("educator", `[for i in range(500) : "scope:${i}"]`, "")).apply().ok()
	if n := len(grantedScopes(m, "educator")); n != 500 {
		t.Errorf("%d scopes", n)
	}
	tf.settled()
}
