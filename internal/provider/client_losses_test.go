package provider

import (
	"net/http"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

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
