package keycloak

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

var combined = regexp.MustCompile(`/client-scopes/[^/]+/scope-mappings$`)

// withoutCombined emulates a Keycloak without the endpoint for all mappings of a scope.
func withoutCombined(text string) func(*http.Request, string) (*http.Response, error) {
	return func(req *http.Request, _ string) (*http.Response, error) {
		if combined.MatchString(req.URL.Path) {
			return respondJSON(req, 404, text), nil
		}
		return nil, nil
	}
}

func replaced(resp *http.Response, change func(string) string) *http.Response {
	b, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	text := change(string(b))
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader([]byte(text))), int64(len(text))
	return resp
}

// Without the endpoint for all mappings of a scope, the reading is the same, by the
// endpoints for realm roles and for the roles of one client.
func TestSingleMappingsReadTheSame(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.shop()
	l.CreateRoles(t, "educator")
	admin, _ := newDriver(t, l.admin())
	for _, name := range []string{"guarded", "granted", "client:only"} {
		create(t, admin, scope(name))
	}
	l.MapRoles(t, "granted", "educator")
	l.MapClientRole(t, "client:only", "shop", "buyer")
	l.UnmapRoles(t, "client:only", DefaultGuardRole)
	l.noted("open", authz.AccessEveryone)
	want := list(t, admin).Scopes
	cfg := l.serviceAccount("reader", "view-clients", "view-realm")
	for _, text := range []string{
		`{"error":"Unable to find matching target resource method"}`,
		`{"error":"HTTP 404 Not Found"}`, `{"error":"words of another version"}`, `{}`,
	} {
		d, w := newDriver(t, cfg)
		w.hook(withoutCombined(text))
		for range 2 {
			w.take()
			got := list(t, d).Scopes
			if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
				t.Errorf("%s:\n%+v, want\n%+v", text, got, want)
			}
		}
		if sent := w.take(); slices.ContainsFunc(sent, func(s string) bool { return strings.HasSuffix(s, "/scope-mappings") }) {
			t.Errorf("the missing endpoint is asked again: %v", sent)
		}
	}
	// A client that the caller cannot see may have the roles that limit a scope.
	d, w := newDriver(t, cfg)
	w.hook(withoutCombined(`{}`))
	w.hookAfter(func(req *http.Request, _ string, resp *http.Response) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/clients") {
			return replaced(resp, func(string) string { return `[]` }), nil
		}
		return resp, nil
	})
	_, err := readAll(t.Context(), d)
	wantKind(t, err, authz.Denied, "view all clients", needViewClients)
}

// Writes read mappings by the single endpoints too.
func TestWritesWithSingleMappings(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.shop()
	l.app()
	limited := l.noted("limited", authz.AccessUserTypes)
	d, w := newDriver(t, l.admin())
	w.hook(withoutCombined(`{}`))
	buyers := create(t, d, scope("buyers"))
	l.MapClientRole(t, "buyers", "shop", "buyer")
	want := buyers
	want.Settings.Access = authz.AccessEveryone
	_, err := d.UpdateScope(t.Context(), "", buyers, want)
	wantKind(t, err, authz.Invalid, "shop/buyer")
	current := authz.ClientScopeSet{ClientID: "app"}
	if err := d.ChangeClientScopes(t.Context(), "", current, authz.ClientScopeSet{ClientID: "app", Default: []authz.Scope{limited, buyers}}); err != nil {
		t.Fatal(err)
	}
	if got := l.ScopeRoles(t, "limited"); !slices.Equal(got, []string{DefaultGuardRole}) {
		t.Errorf("roles of the scope: %v", got)
	}
}

// A 404 with an unexpected text does not take a scope out of the list.
func TestMissingMappingsAreNotAMissingScope(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	admin, _ := newDriver(t, l.admin())
	s, gone := create(t, admin, scope("a")), authz.Scope{ID: "none"}
	d, w := newDriver(t, l.serviceAccount("reader", "view-clients", "view-realm"))
	w.hook(func(req *http.Request, _ string) (*http.Response, error) {
		switch {
		case strings.Contains(req.URL.Path, s.ID+"/scope-mappings"):
			return respondJSON(req, 404, `{"error":"no such thing"}`), nil
		case strings.HasSuffix(req.URL.Path, gone.ID+"/scope-mappings"):
			return nil, l.Do(t.Context(), "DELETE", nil, nil, "client-scopes", gone.ID)
		}
		return nil, nil
	})
	_, err := readAll(t.Context(), d)
	wantKind(t, err, authz.Unavailable, "but lists it")
	_, err = d.UpdateScope(t.Context(), "", s, authz.Scope{Name: "b", Settings: s.Settings})
	if err == nil || authz.IsNotFound(err) {
		t.Errorf("rename: %v", err)
	}
	// A scope that is deleted between the two requests is not listed.
	gone = create(t, admin, scope("gone"))
	s.ID = "none"
	got := list(t, d)
	if _, found := got.Scope("gone"); found || len(got.Scopes) == 0 {
		t.Errorf("%+v", got.Scopes)
	}
	if _, found := got.Scope("a"); !found {
		t.Error("a is missing")
	}
}

// Reading client by client is bounded.
func TestMappingReadsAreBounded(t *testing.T) {
	var scopes []string
	for i := range 2000 {
		scopes = append(scopes, fmt.Sprintf(`{"id":"s%d","name":"s%d","protocol":"openid-connect"}`, i, i))
	}
	d, w := newDriver(t, fakeConfig())
	w.hook(loginOnly(func(req *http.Request, _ string) (*http.Response, error) {
		switch path := req.URL.Path; {
		case strings.HasSuffix(path, "/partial-export"):
			return respondJSON(req, 403, `{}`), nil
		case strings.HasSuffix(path, "/scope-mappings"):
			return respondJSON(req, 404, `{}`), nil
		case strings.HasSuffix(path, "/clients"):
			return respondJSON(req, 200, `[{"id":"1","clientId":"realm-management"},{"id":"2","clientId":"b"},{"id":"3","clientId":"c"}]`), nil
		case strings.HasSuffix(path, "/client-scopes"):
			return respondJSON(req, 200, "["+strings.Join(scopes, ",")+"]"), nil
		case strings.HasSuffix(path, "/roles"):
			return respondJSON(req, 200, `[{"id":"d","name":"default-roles-my shop"}]`), nil
		case strings.HasSuffix(path, "/admin/realms/my shop"):
			return respondJSON(req, 200, `{"defaultRole":{"id":"d","name":"default-roles-my shop"}}`), nil
		}
		return respondJSON(req, 200, `[]`), nil
	}))
	_, err := readAll(t.Context(), d)
	wantKind(t, err, authz.Denied, "2000 scopes", "6003 requests", needManageRealm)
	if sent := w.take(); slices.ContainsFunc(sent, func(s string) bool { return strings.Contains(s, "/scope-mappings/clients/") }) {
		t.Errorf("sent %d requests", len(sent))
	}
}

// From Keycloak 27.0 on, mappings omit roles that the caller may not view.
func TestHiddenRolesAreNotOpen(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	admin, _ := newDriver(t, l.admin())
	l.noted("foreign", "")
	hide := func(req *http.Request, _ string, resp *http.Response) (*http.Response, error) {
		if combined.MatchString(req.URL.Path) {
			return replaced(resp, func(string) string { return `{}` }), nil
		}
		return resp, nil
	}
	cfg := l.serviceAccount("clients-only", "view-clients")
	read := func() (*authz.Snapshot, error) {
		d, w := newDriver(t, cfg)
		w.hookAfter(hide)
		return readAll(t.Context(), d)
	}
	got, err := read()
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0].Detail, "may not view may limit them") {
		t.Errorf("%+v", got.Warnings)
	}
	create(t, admin, scope("a"))
	if got, err = read(); err != nil {
		t.Fatal(err)
	}
	wantKind(t, got.Hidden, authz.Denied, `"a"`, needViewRealm)
	for _, name := range []string{"a", "foreign"} {
		if s, _ := got.Scope(name); !s.Hidden {
			t.Errorf("the access of %s is reported as known", name)
		}
	}
	// Where the mapping is visible, the reading is complete.
	hide = nil
	if got, err = read(); err != nil {
		t.Fatal(err)
	}
	if s, _ := got.Scope("a"); s.Settings.Access != authz.AccessUserTypes || s.Hidden || got.Hidden != nil {
		t.Errorf("%+v", s)
	}
}

// From Keycloak 26.8 on, a client shows no scopes to a caller who may view the client
// and not the client scopes.
func TestHiddenScopesOfAClientAreNotNone(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.noted("a", authz.AccessEveryone)
	l.app("a")
	lists := regexp.MustCompile(`"(default|optional)ClientScopes":\[[^\]]*\]`)
	for name, scopes := range map[string]func(*http.Request) *http.Response{
		"empty":   func(req *http.Request) *http.Response { return respondJSON(req, 200, `[]`) },
		"refused": func(req *http.Request) *http.Response { return respondJSON(req, 403, `{"error":"HTTP 403 Forbidden"}`) },
	} {
		d, w := newDriver(t, l.serviceAccount("reader-"+name, "view-clients", "view-realm"))
		w.hook(func(req *http.Request, _ string) (*http.Response, error) {
			if strings.HasSuffix(req.URL.Path, "/client-scopes") {
				return scopes(req), nil
			}
			return nil, nil
		})
		w.hookAfter(func(req *http.Request, _ string, resp *http.Response) (*http.Response, error) {
			if strings.HasSuffix(req.URL.Path, "/clients") {
				return replaced(resp, func(text string) string { return lists.ReplaceAllString(text, `"${1}ClientScopes":[]`) }), nil
			}
			return resp, nil
		})
		_, err := d.ReadClientScopes(t.Context(), "", "app")
		wantKind(t, err, authz.Denied, needViewClients)
		listing, err := d.ListClientScopes(t.Context(), "")
		if err == nil {
			err = listing.Partial
		}
		wantKind(t, err, authz.Denied, needViewClients)
		if len(listing.Sets) > 0 {
			t.Errorf("%s: %v", name, listing.Sets)
		}
	}
	// A client without scopes is none of these.
	bare := l.CreateClient(t, map[string]any{"clientId": "bare"})
	for _, kind := range []string{"default", "optional"} {
		for _, name := range l.ClientScopes(t, bare, kind) {
			l.RemoveClientScope(t, bare, name, kind)
		}
	}
	d, _ := newDriver(t, l.serviceAccount("reader", "view-clients", "view-realm"))
	if set, err := d.ReadClientScopes(t.Context(), "", "bare"); err != nil || len(set.Default)+len(set.Optional) > 0 {
		t.Errorf("%+v, %v", set, err)
	}
}
