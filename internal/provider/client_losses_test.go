package provider

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// losing is a server with a set of scopes that is applied, and clients that have
// some of them.
func losing(t *testing.T) (*drivertest.Memory, *terraform) {
	t.Helper()
	m := newMemory()
	tf := memoryTerraform(t, m).applied(setHCL(`{ a = "", b = "", c = "" }`, ""))
	m.SetClient(memRealm, "web", []string{"a"}, []string{"b", "c"})
	m.SetClient(memRealm, "app", []string{"b"}, nil)
	m.SetClient(memRealm, "none", nil, nil)
	return m, tf
}

// asked is how often a command asked for clients.
func (o *memOutcome) asked() int {
	return len(slices.DeleteFunc(slices.Clone(o.calls), func(c string) bool { return c != "ListClientScopes" }))
}

func TestClientsThatLose(t *testing.T) {
	m, tf := losing(t)
	o := tf.makePlan().ok().quiet()
	same(t, "asked by a plan that deletes nothing", o.asked(), 0)
	o = tf.Write(setHCL(`{ a = "", b = "", c = "", d = "" }`, "")).makePlan().ok().quiet()
	same(t, "asked by a plan that creates", o.asked(), 0)

	o = tf.Write(setHCL(`{ a = "" }`, "")).makePlan().ok().
		warned("Deleting 2 scopes in Memory realm", " affects 2 clients (app: b (default), web: b (optional), c (optional))",
			"  - app: b (default)\n  - web: b (optional), c (optional)")
	same(t, "asked", o.asked(), 1)
	m.SetClient(memRealm, "web", []string{"a"}, nil)
	m.SetClient(memRealm, "app", nil, nil)
	tf.makePlan().ok().quiet() // no client has them
	tf.apply().ok()

	tf.makePlan("-destroy").ok().warned("Deleting 1 scope in Memory realm", " affects 1 client (web: a (default))", "web: a (default)")
	tf.Write(setHCL(`{ a = "" }`, `on_destroy = "keep"`)).apply().ok()
	o = tf.makePlan("-destroy").ok().quiet()
	same(t, "asked by a destroy that keeps", o.asked(), 0)
}

func TestClientsThatLoseOneScope(t *testing.T) {
	m := newMemory()
	tf := memoryTerraform(t, m).applied(singleHCL(`"one"`, ""))
	for i := range 120 {
		m.SetClient(memRealm, fmt.Sprintf("app-%03d", i), nil, []string{"one"})
	}
	o := tf.Write("").makePlan().ok().warned("Deleting 1 scope in Memory realm", " affects 120 clients (app-000: one (optional), app-001: one (optional), …)",
		"  - app-099: one (optional)\n  … and 20 more")
	same(t, "asked", o.asked(), 1)
}

// Of a replacement by -replace Terraform shows no warning, so clients are not
// asked for in vain.
func TestClientsOfAReplacedSet(t *testing.T) {
	_, tf := losing(t)
	o := tf.makePlan("-replace=" + setAddress).ok().quiet()
	same(t, "asked", o.asked(), 0)
}

// Clients that could not be read are reported, and are never shown as "none".
func TestClientsThatMayLose(t *testing.T) {
	m, tf := losing(t)
	because := authz.Advise(authz.Denied, "read clients", "Needs the role view-clients.", "no right to view all")
	m.HideClients(because, "app")
	tf.Write(setHCL(`{ a = "", b = "" }`, "")).makePlan().ok().
		warned("Deleting 1 scope in Memory realm", " affects 1 client (web: c (optional))").
		warned(messagestest.Summary(check.DeletionsMissedClients), "(c)", "Needs the role view-clients.", "no right to view all")
	m.HideClients(because, "app", "web")
	o := tf.makePlan().ok().warned(messagestest.Summary(check.DeletionsMissedClients), "Needs the role view-clients.")
	same(t, "warnings", len(o.Severity("warning")), 1)
	m.HideClients(nil)
	m.Fail(func(call string) error {
		if call == "ListClientScopes" {
			return because
		}
		return nil
	})
	o = tf.makePlan().ok().warned(messagestest.Summary(check.DeletionsUnreadClients), "(c)", "  - c", "Needs the role view-clients.", "no right to view all")
	same(t, "warnings", len(o.Severity("warning")), 1)
}

// A server without clients is not asked for any.
func TestNoClientsToLose(t *testing.T) {
	m := newMemory()
	m.Caps.ClientScopes = false
	tf := memoryTerraform(t, m).applied(setHCL(`{ a = "", b = "" }`, ""))
	o := tf.Write(setHCL(`{ a = "" }`, "")).makePlan().ok().quiet()
	same(t, "asked", o.asked(), 0)
}

func TestOneLoginClientsThatLose(t *testing.T) {
	a := newAccount(t)
	a.AddApp(16, "desk")
	b := newAttached(t)
	set := func(scopes string) string {
		return a.config("resource \"authscopes_server_scopes\" \"s\" {\n  server_id = \"77\"\n  scopes = " + scopes + "\n}\n")
	}
	b.config(set(`{ a = "A", b = "B" }`))
	b.apply().ok()
	a.Attach(77, 5, a.ScopeID(77, "a"), a.ScopeID(77, "b"))
	a.Attach(77, 16, a.ScopeID(77, "b"))
	b.plan().ends(0).warns()
	b.config(set(`{ a = "A" }`))
	b.plan().ends(2).warns([]string{"Deleting 1 scope in ", " affects 2 clients (16: b (optional), 5: b (optional))"})
}

func TestAccKeycloakClientsThatLose(t *testing.T) {
	l := newLab(t)
	b := newAttached(t)
	b.config(l.config(tftest.ScopesHCL(map[string]string{"a": "A", "b": "B"})))
	b.apply().ok()
	app, web := l.CreatePublicClient(t, "app"), l.CreatePublicClient(t, "web")
	l.AddClientScope(t, app, "b", "default")
	l.AddClientScope(t, web, "b", "optional")
	l.AddClientScope(t, web, "a", "optional")
	l.proxy.Reset()
	b.plan().ends(0).warns()
	for _, r := range l.proxy.APIRequests() {
		if strings.Contains(r.Path+r.Query, "clients") && !strings.Contains(r.Query, "exportClients=false") {
			t.Errorf("a plan that deletes nothing asks for clients: %s %s?%s", r.Method, r.Path, r.Query)
		}
	}

	b.config(l.config(tftest.ScopesHCL(map[string]string{"a": "A"})))
	l.proxy.Reset()
	b.plan().ends(2).warns([]string{"Deleting 1 scope in ", " affects 2 clients (app: b (default), web: b (optional))"})
	if n := len(l.proxy.APIRequests()); n > 8 {
		t.Errorf("%d requests: %q", n, lines(l.proxy.APIRequests()))
	}
	// With rights to read alone, and with none to view all clients.
	b.config(tftest.ProviderHCL(l.account("reader", "view-clients", "view-realm"), "read_only = true"), tftest.ScopesHCL(map[string]string{"a": "A"}))
	tells := func(words ...string) {
		t.Helper()
		warnings := [][]string{words}
		if l.Server.HidesHolders(t) {
			warnings = append(warnings, []string{"Holders of the guard role"})
		}
		b.plan().ends(2).warns(warnings...)
	}
	tells("Deleting 1 scope in ", " affects 2 clients")
	l.proxy.SetHook(func(r *http.Request) keycloak.Action {
		if strings.HasSuffix(r.URL.Path, "/clients") || strings.HasSuffix(r.URL.Path, "/partial-export") {
			return keycloak.Action{Status: http.StatusForbidden, Header: http.Header{"Content-Type": {"application/json"}}, Body: `{"error":"HTTP 403 Forbidden"}`}
		}
		return keycloak.Action{}
	})
	tells(messagestest.Summary(check.DeletionsUnreadClients), "(b)", "view-clients")
}
