package keycloak

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// manyClients is a Keycloak with n clients, which lists them in pages. before is called
// with the query of each page.
func manyClients(n int, before func(first int) []string) func(*http.Request, string) (*http.Response, error) {
	return func(req *http.Request, _ string) (*http.Response, error) {
		switch path := req.URL.Path; {
		case strings.HasSuffix(path, "/clients"):
			first, _ := strconv.Atoi(req.URL.Query().Get("first"))
			size, _ := strconv.Atoi(req.URL.Query().Get("max"))
			all := slices.Clone(before(first))
			for i := range n {
				all = append(all, fmt.Sprintf("client-%05d", i))
			}
			all = append(all, "realm-management")
			var page []string
			for _, id := range all[min(first, len(all)):min(first+size, len(all))] {
				page = append(page, fmt.Sprintf(`{"id":%q,"clientId":%q,"defaultClientScopes":["a"],"optionalClientScopes":[]}`, id, id))
			}
			return respondJSON(req, 200, "["+strings.Join(page, ",")+"]"), req.Context().Err()
		case strings.HasSuffix(path, "/realms/shop"):
			return respondJSON(req, 200, `{"realm":"shop","defaultRole":{"id":"d"}}`), nil
		}
		return respondJSON(req, 200, `[{"id":"1","name":"a","protocol":"openid-connect"}]`), nil
	}
}

func TestClientsAreListedInPages(t *testing.T) {
	unchanged := func(int) []string { return nil }
	for n, want := range map[int]int{0: 1, 98: 1, 99: 2, 197: 2, 1000: 11} {
		d, w := newDriver(t, Config{URL: "https://sso.example.com", Realm: "shop", AccessToken: "token"})
		w.hook(manyClients(n, unchanged))
		got := listClients(t, d)
		pages := slices.DeleteFunc(w.take(), func(sent string) bool { return sent != "GET clients" })
		if len(got.Sets) != n+1 || got.Partial != nil || len(pages) != want {
			t.Errorf("%d clients: %d listed, partial: %v, %d pages, want %d", n, len(got.Sets), got.Partial, len(pages), want)
		}
	}
}

// A client that is created or deleted while the clients are listed moves the others to
// other pages. None is missed for that.
func TestClientsThatMoveBetweenPages(t *testing.T) {
	asked := 0
	d, w := newDriver(t, Config{URL: "https://sso.example.com", Realm: "shop", AccessToken: "token"})
	w.hook(manyClients(300, func(int) []string {
		if asked++; asked == 1 {
			return []string{"a-deleted-one"}
		}
		return nil
	}))
	if got := listClients(t, d); len(got.Sets) != 301 {
		t.Errorf("%d clients", len(got.Sets))
	}
	d, w = newDriver(t, Config{URL: "https://sso.example.com", Realm: "shop", AccessToken: "token"})
	w.hook(manyClients(300, func(int) []string {
		asked++
		return slices.Repeat([]string{"another"}, asked%2)
	}))
	_, err := d.ListClientScopes(context.Background(), "")
	wantKind(t, err, authz.Unavailable, "created or deleted")
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// A realm with more clients than can be listed in time is listed in part, and the caller
// knows.
func TestClientsAreListedForSomeTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, w := newDriver(t, Config{URL: "https://sso.example.com", Realm: "shop", AccessToken: "token"})
		hook := manyClients(300, func(int) []string { return nil })
		w.base = roundTripper(func(req *http.Request) (*http.Response, error) { // a hook would let other requests wait
			if req.URL.Query().Get("first") == "198" {
				<-req.Context().Done()
			}
			return hook(req, "")
		})
		got := listClients(t, d)
		if len(got.Sets) != 199 {
			t.Errorf("%d clients", len(got.Sets))
		}
		wantKind(t, got.Partial, authz.Unavailable, "199 clients", "2m0s", "has more")
		d.clientListTime = 0 // not even the first page
		if got, err := d.ListClientScopes(t.Context(), ""); err == nil {
			t.Errorf("%d clients", len(got.Sets))
		}
	})
}

// An export that times out is not sent again, because Keycloak works on each to its end.
// The scopes are read one by one from then on.
func TestExportThatTimesOut(t *testing.T) {
	d, w := newDriver(t, Config{URL: "https://sso.example.com", Realm: "shop", AccessToken: "token"})
	w.hook(func(req *http.Request, _ string) (*http.Response, error) {
		switch path := req.URL.Path; {
		case strings.HasSuffix(path, "/partial-export"):
			return respond(req, http.StatusGatewayTimeout, "text/html", "<html>Gateway timeout</html>"), nil
		case strings.HasSuffix(path, "/scope-mappings"):
			return respondJSON(req, 200, `{"realmMappings":[{"id":"r","name":"educator"}]}`), nil
		case strings.HasSuffix(path, "/roles"):
			return respondJSON(req, 200, `[{"id":"d","name":"default-roles-shop"},{"id":"r","name":"educator"}]`), nil
		case strings.HasSuffix(path, "/realms/shop"):
			return respondJSON(req, 200, `{"realm":"shop","defaultRole":{"id":"d","name":"default-roles-shop"}}`), nil
		case strings.HasSuffix(path, "/client-scopes"):
			return respondJSON(req, 200, `[{"id":"1","name":"a","protocol":"openid-connect"}]`), nil
		}
		return respondJSON(req, 200, `[]`), nil
	})
	for range 2 {
		if a, _ := list(t, d).Scope("a"); !slices.Equal(a.UserTypes, []string{"educator"}) {
			t.Errorf("%+v", a)
		}
	}
	exports := slices.DeleteFunc(w.take(), func(sent string) bool { return sent != "POST partial-export" })
	if len(exports) != 1 {
		t.Errorf("%d exports", len(exports))
	}
}
