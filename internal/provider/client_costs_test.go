package provider

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

const many = 120

// manyClients makes clients app-000 and so on, with a scope as optional one, as
// many at once as Keycloak likes.
func (l *lab) manyClients(n int, scope string) {
	l.t.Helper()
	names := make(chan string, n)
	for i := range n {
		names <- fmt.Sprintf("app-%03d", i)
	}
	close(names)
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for name := range names {
				in := map[string]any{"clientId": name, "publicClient": true, "defaultClientScopes": []string{"basic"}, "optionalClientScopes": []string{scope}}
				if err := l.Do(context.Background(), http.MethodPost, in, nil, "clients"); err != nil {
					l.t.Error(err)
					return
				}
			}
		})
	}
	workers.Wait()
	if l.t.Failed() {
		l.t.FailNow()
	}
}

// manyHCL are n client_scopes resources with what manyClients gave, imported, and
// a data source for each.
func manyHCL(n int) string {
	return fmt.Sprintf(`
		locals {
			clients = toset([for i in range(%d) : format("app-%%03d", i)])
		}
		import {
			for_each = local.clients
			to       = authscopes_client_scopes.all[each.key]
			id       = each.key
		}
		resource "authscopes_client_scopes" "all" {
			for_each  = local.clients
			client_id = each.key
			optional  = ["a"]
		}
		data "authscopes_client_scopes" "all" {
			for_each  = local.clients
			client_id = each.key
		}
	`, n)
}

// The scopes of clients cost one request each up to 30, and one per 100 clients of the
// realm beyond, whether they are imported, read or planned, and with rights to read alone
// too.
func TestAccKeycloakClientCosts(t *testing.T) {
	l := newLab(t)
	l.CreateScopes(t, "a")
	l.manyClients(many, "a")
	reader := tftest.ProviderHCL(l.account("reader", "view-clients"))
	sent := map[string]int{}
	take := func(what string) {
		t.Helper()
		sent[what] = len(l.proxy.APIRequests())
		if most := l.proxy.MaxInFlight(); most > 10 {
			t.Errorf("%s: %d requests at once", what, most)
		}
		t.Logf("%s: %d requests besides login", what, sent[what])
		l.proxy.Reset()
	}
	for _, n := range []int{20, many} {
		b := newAttached(t)
		l.proxy.Reset()
		b.config(l.config(manyHCL(n)))
		b.plan().ends(2).warns() // it imports
		b.requireChanges("")
		take(fmt.Sprintf("import %d", n))
		b.apply("plan").ok()
		if w := l.writes(); len(w) > 0 {
			t.Errorf("the import writes %q", w)
		}
		take(fmt.Sprintf("apply %d", n))
		b.plan().ends(0).warns()
		take(fmt.Sprintf("plan %d", n))
		b.config(reader, manyHCL(n))
		b.plan().ends(0).warns()
		take(fmt.Sprintf("plan, view-clients, %d", n))
	}
	// Thirty clients are read one by one before all are listed, in pages of 100, beside the
	// scopes. Other requests read the ID of the realm, and a snapshot of the scopes, which
	// shows which are open; a reader takes none, because it would cost a request per scope.
	for what, others := range map[string]int{"import": 6, "plan": 6, "plan, view-clients,": 1} {
		for _, n := range []int{20, many} {
			most := min(n, 30) + others
			if n > 30 {
				most += 3 + 1
			}
			if got := sent[fmt.Sprintf("%s %d", what, n)]; got > most {
				t.Errorf("%s: %d clients take %d requests, want at most %d", what, n, got, most)
			}
		}
	}

	// Few clients take no list of all the others; many are changed after one.
	l.CreateScopes(t, "b")
	b := newAttached(t)
	b.config(l.config(manyHCL(2)))
	b.plan().ends(2).warns()
	b.apply("plan").ok()
	l.proxy.Reset()
	b.plan().ends(0)
	for _, r := range l.proxy.APIRequests() {
		if strings.Contains(r.Query, "exportClients=true") || strings.HasSuffix(r.Path, "/clients") && strings.Contains(r.Query, "max=") {
			t.Errorf("two clients are read by %s %s", r.Method, r.Path)
		}
	}

	b.config(l.config(manyHCL(5)))
	b.apply().ok()
	b.config(l.config(strings.ReplaceAll(manyHCL(5), `["a"]`, `["b"]`)))
	b.plan().ends(2)
	b.apply("plan").ok()
	same(t, "optional", l.appScopes(l.Client(t, "app-004"), "optional"), []string{"b"})
	b.plan().ends(0)
}

// Terraform shows nothing of a long operation, so the log reports its progress.
func TestAccKeycloakProgress(t *testing.T) {
	l := newLab(t, "educator")
	set := `
		resource "authscopes_server_scopes" "all" {
			scopes = { for i in range(120) : format("a:%03d", i) => "" }
		}
	`
	b := newBinary(t)
	b.env["TF_LOG_PROVIDER"] = "INFO"
	grants := tftest.ResourceHCL("server_grants", "g", `user_types = { educator = ["a:000", "a:001"] }`, "depends_on = [authscopes_server_scopes.all]")
	b.config(l.config(set, grants))
	out := b.apply().ok().out
	for _, text := range []string{"scopes written: 60 of 120", "scopes written: 120 of 120", "given=2", "taken=0"} {
		if !strings.Contains(out, text) {
			t.Errorf("the log lacks %q: %s", text, out)
		}
	}
	b.config(tftest.ProviderHCL(l.account("reader", "view-clients", "view-realm", "view-users")), set)
	out = b.plan("-target=authscopes_server_scopes.all").ends(0).out
	read := regexp.MustCompile(`role mappings of scopes read: (\d+) of (\d+)`).FindAllStringSubmatch(out, -1)
	if len(read) != 10 || read[9][1] != read[9][2] {
		t.Errorf("the log lacks the progress of the reads: %q", read)
	}
}
