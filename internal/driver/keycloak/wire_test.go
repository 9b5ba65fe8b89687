package keycloak

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/Nerzal/gocloak/v13"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// guarded makes a driver whose realm has a verified guard.
func guarded(t *testing.T, next func(*http.Request, string) (*http.Response, error)) (*Driver, *wire) {
	t.Helper()
	d, w := newDriver(t, fakeConfig())
	r, err := d.realm("")
	if err != nil {
		t.Fatal(err)
	}
	r.state.checked, r.state.guard = true, &roleRep{ID: "g-id", Name: DefaultGuardRole}
	w.hook(loginOnly(next))
	return d, w
}

func noContent(req *http.Request, _ string) (*http.Response, error) {
	return respond(req, 204, "", ""), nil
}

func live(name string) authz.Scope {
	s := scope(name)
	s.ID = name + "-id"
	return s
}

// The server, not the driver, decides what "all" is: a DELETE without a body
// opens the scope. Held on a real connection.
func TestRevokeSendsTheRole(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/token") {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"access_token":"at","expires_in":60}`)
			return
		}
		body, _ := io.ReadAll(r.Body)
		if r.Method == http.MethodGet {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"realmMappings":[{"id":"g-id","name":"g"}]}`)
			return
		}
		got = append(got, r.Method+" "+r.URL.EscapedPath()+" "+string(body))
		w.WriteHeader(204)
	}))
	defer server.Close()
	client, err := httpapi.New(httpapi.Config{})
	if err != nil {
		t.Fatal(err)
	}
	cfg := fakeConfig()
	cfg.URL = server.URL
	d, err := New(cfg, client)
	if err != nil {
		t.Fatal(err)
	}
	r, _ := d.realm("")
	r.state.checked, r.state.guard = true, &roleRep{ID: "g-id", Name: "g"}
	s := live("a")
	s.ID = "a/ü"
	_, err = d.ChangeUserType(context.Background(), "", authz.UserTypeChange{UserType: authz.UserType{Name: "child", ID: "c-id"}, Revoke: []authz.Scope{s}})
	if err != nil {
		t.Fatal(err)
	}
	const path = " /admin/realms/my%20shop/client-scopes/a%2F%C3%BC/scope-mappings/realm "
	guards := `POST` + path + `[{"id":"g-id","name":"g"}]`
	want := []string{guards, `DELETE` + path + `[{"id":"c-id","name":"child"}]`, guards}
	if !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
}

// Whatever asks for it, such a request does not leave.
func TestHarmfulRequestsAreNotSent(t *testing.T) {
	d, w := guarded(t, noContent)
	r, _ := d.realm("")
	ctx := context.Background()
	mappings := r.url("client-scopes", "a", "scope-mappings", "realm")
	for name, send := range map[string]func(context.Context, *gocloak.GoCloak, string) error{
		"no body": func(ctx context.Context, g *gocloak.GoCloak, _ string) error {
			_, err := g.GetRequest(ctx).Delete(mappings)
			return err
		},
		"null": func(ctx context.Context, g *gocloak.GoCloak, realm string) error {
			return g.DeleteClientScopesScopeMappingsRealmRoles(ctx, "", realm, "a", nil)
		},
		"empty": func(ctx context.Context, g *gocloak.GoCloak, realm string) error {
			return g.DeleteClientScopesScopeMappingsRealmRoles(ctx, "", realm, "a", []gocloak.Role{})
		},
		"no role id": func(ctx context.Context, g *gocloak.GoCloak, realm string) error {
			return g.CreateClientScopesScopeMappingsRealmRoles(ctx, "", realm, "a", []gocloak.Role{{}})
		},
		"no client roles": func(ctx context.Context, g *gocloak.GoCloak, realm string) error {
			return g.DeleteClientScopesScopeMappingsClientRoles(ctx, "", realm, "a", "client", nil)
		},
		"no client role id": func(ctx context.Context, g *gocloak.GoCloak, realm string) error {
			return g.DeleteClientScopesScopeMappingsClientRoles(ctx, "", realm, "a", "client", []gocloak.Role{{}})
		},
		"no client": func(ctx context.Context, g *gocloak.GoCloak, realm string) error {
			return g.DeleteClientScopesScopeMappingsClientRoles(ctx, "", realm, "a", "", []gocloak.Role{{ID: gocloak.StringP("x")}})
		},
		"empty id": func(ctx context.Context, g *gocloak.GoCloak, realm string) error {
			return g.DeleteClientScope(ctx, "", realm, "")
		},
		"dots": func(ctx context.Context, g *gocloak.GoCloak, realm string) error {
			return g.DeleteClientScope(ctx, "", realm, "..")
		},
		"no realm": func(ctx context.Context, g *gocloak.GoCloak, _ string) error {
			return g.DeleteClientScope(ctx, "", "", "a")
		},
	} {
		err := r.write(ctx, &call{op: "op"}, send)
		if sent := w.take(); len(sent) > 0 {
			t.Errorf("%s: sent %v", name, sent)
		}
		wantKind(t, err, authz.Invalid)
	}
	if err := deleteOne(d); err != nil || len(w.take()) != 1 {
		t.Errorf("a harmless request: %v", err)
	}
}

// A response that is not Keycloak's never means "nothing exists" or "done".
func TestForeignResponses(t *testing.T) {
	ctx := context.Background()
	for name, test := range map[string]struct {
		status      int
		contentType string
		body        string
		kind        authz.Kind
	}{
		"login page":      {200, "text/html;charset=utf-8", "<html>canary</html>", authz.Unavailable},
		"empty 200":       {200, "application/json", "", authz.Unavailable},
		"no content type": {200, "", "[]", authz.Unavailable},
		"204 to a read":   {204, "", "", authz.Unavailable},
		"null":            {200, "application/json", " null ", authz.Unavailable},
		"truncated":       {200, "application/json", `{"clientScopes":[{"canary":`, authz.Unavailable},
		"other JSON":      {200, "application/json", `{"clientScopes":"canary"}`, authz.Unavailable},
		"other object":    {200, "application/json", `{"canary":1}`, authz.Unavailable},
		"nameless":        {200, "application/json", `{"clientScopes":[{"id":"1"}]}`, authz.Unavailable},
		"null entry":      {200, "application/json", `{"clientScopes":[null]}`, authz.Unavailable},
		"redirect":        {302, "", "", authz.Unavailable},
		"proxy's 404":     {404, "text/html", "<h1>canary", authz.ParentNotFound},
		"no endpoint":     {404, "application/json", `{"error":"Unable to find matching target resource method"}`, authz.ParentNotFound},
		"no realm":        {404, "application/json", `{"error":"Realm not found."}`, authz.ParentNotFound},
		"refused":         {401, "application/json", `{"error":"HTTP 401 Unauthorized"}`, authz.Denied},
		"down":            {503, "text/plain", "canary", authz.Unavailable},
		"export's error":  {500, "application/json", `{"errorMessage":"canary"}`, authz.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			response := func(req *http.Request, _ string) (*http.Response, error) {
				if strings.HasSuffix(req.URL.Path, "/roles") {
					return respondJSON(req, 200, `[]`), nil
				}
				return respond(req, test.status, test.contentType, test.body), nil
			}
			d, _ := guarded(t, response)
			_, err := readAll(ctx, d)
			wantKind(t, err, test.kind)
			if strings.Contains(err.Error()+drivertest.Advice(err), "canary") {
				t.Errorf("the body of the response is in the error: %v", err)
			}
		})
	}
	for name, test := range map[string]struct {
		status      int
		contentType string
		unknown     bool
	}{
		"login page":   {200, "text/html", true},
		"200":          {200, "application/json", true},
		"html 204ish":  {201, "text/html", true},
		"server error": {500, "application/json", true},
		"gateway":      {502, "text/html", true},
		"conflict":     {409, "application/json", false},
	} {
		t.Run("write: "+name, func(t *testing.T) {
			d, _ := guarded(t, func(req *http.Request, _ string) (*http.Response, error) {
				if req.Method == http.MethodGet { // before the write, which renames
					return respondJSON(req, 200, fmt.Sprintf(`{"id":%q}`, path.Base(req.URL.Path))), nil
				}
				return respond(req, test.status, test.contentType, "{}"), nil
			})
			_, err := d.UpdateScope(ctx, "", live("a"), scope("b"))
			if err == nil || authz.OutcomeUnknown(err) != test.unknown {
				t.Errorf("%v, outcome unknown %t", err, authz.OutcomeUnknown(err))
			}
		})
	}
}

// A response that is not the scope does not report that nothing limits it on purpose.
func TestForeignScopeIsNotAssigned(t *testing.T) {
	d, w := guarded(t, func(req *http.Request, _ string) (*http.Response, error) {
		return respondJSON(req, 200, "{}"), nil
	})
	_, err := d.UpdateScope(t.Context(), "", live("a"), scope("b"))
	wantKind(t, err, authz.Unavailable, "is not the scope")
	if sent := strings.Join(w.take(), " "); strings.Contains(sent, "PUT") {
		t.Errorf("sent %s", sent)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	var followed bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed = true }))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL+"/x?y", http.StatusTemporaryRedirect))
	defer server.Close()
	cfg := fakeConfig()
	cfg.URL = server.URL
	client, err := httpapi.New(httpapi.Config{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := New(cfg, client)
	if err != nil {
		t.Fatal(err)
	}
	wantKind(t, deleteOne(d), authz.Unavailable, "not followed")
	if followed {
		t.Error("the credentials went to another server")
	}
}

// The guard's POST comes directly before the DELETE, and what fails stops it.
func TestNoDeleteWithoutGuard(t *testing.T) {
	u := authz.UserType{Name: "child", ID: "c-id"}
	for name, response := range map[string]func(req *http.Request) (*http.Response, error){
		"role gone": func(req *http.Request) (*http.Response, error) {
			return respondJSON(req, 404, `{"error":"Role not found"}`), nil
		},
		"refused":    func(req *http.Request) (*http.Response, error) { return respondJSON(req, 403, `{}`), nil },
		"down":       func(req *http.Request) (*http.Response, error) { return respond(req, 503, "", ""), nil },
		"cut":        func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF },
		"login page": func(req *http.Request) (*http.Response, error) { return respond(req, 200, "text/html", "<html>"), nil },
	} {
		t.Run(name, func(t *testing.T) {
			d, w := guarded(t, func(req *http.Request, _ string) (*http.Response, error) {
				switch {
				case req.Method == "POST":
					return response(req)
				case strings.HasSuffix(req.URL.Path, "/client-scopes"):
					return respondJSON(req, 200, `[{"id":"a-id","name":"a","protocol":"openid-connect"}]`), nil
				case strings.HasSuffix(req.URL.Path, "/roles-by-id/g-id"):
					return respondJSON(req, 404, `{"error":"Could not find role with id"}`), nil
				case req.Method == "GET":
					return respondJSON(req, 200, `{"id":"c-id","name":"child"}`), nil
				}
				return respond(req, 204, "", ""), nil
			})
			touched, err := d.ChangeUserType(context.Background(), "", authz.UserTypeChange{UserType: u, Revoke: []authz.Scope{live("a")}})
			if err == nil || authz.IsNotFound(err) || len(touched) > 0 {
				t.Errorf("%v, touched %v", err, touched)
			}
			for _, s := range w.take() {
				if strings.HasPrefix(s, "DELETE") {
					t.Errorf("sent %s", s)
				}
			}
		})
	}
}

// All grants are done before the first revoke; a failure in between stops it.
func TestGrantsBeforeRevokes(t *testing.T) {
	var order []string
	fail := false
	d, w := guarded(t, func(req *http.Request, body string) (*http.Response, error) {
		switch {
		case req.Method == http.MethodGet:
			return respondJSON(req, 200, `{"realmMappings":[{"id":"g-id","name":"authscopes-guard"}]}`), nil
		case fail && strings.Contains(body, "c-id") && req.Method == "POST":
			return respondJSON(req, 400, `{"errorMessage":"no"}`), nil
		case strings.Contains(body, "c-id"):
			order = append(order, req.Method)
			if strings.Contains(req.URL.Path, "/open-id/") != strings.Contains(body, "g-id") {
				t.Errorf("%s %s %s: the guard closes the open scope, by the same call", req.Method, req.URL.Path, body)
			}
		}
		return respond(req, 204, "", ""), nil
	})
	open := live("open")
	open.Settings.Access = authz.AccessEveryone
	change := authz.UserTypeChange{
		UserType: authz.UserType{Name: "child", ID: "c-id"},
		Grant:    []authz.Scope{open, live("b"), live("c")}, Revoke: []authz.Scope{live("d"), live("e")},
	}
	touched, err := d.ChangeUserType(context.Background(), "", change)
	if err != nil || !slices.Equal(order, []string{"POST", "POST", "POST", "DELETE", "DELETE"}) {
		t.Errorf("%v, %v", order, err)
	}
	if len(touched) != 5 || !slices.IsSortedFunc(touched, authz.ByName) || touched[4].Settings.Access != authz.AccessUserTypes {
		t.Errorf("touched %+v", touched)
	}
	w.take()
	order, fail = nil, true
	if _, err = d.ChangeUserType(context.Background(), "", change); err == nil || len(order) > 0 {
		t.Errorf("after a grant failed: %v, %v", order, err)
	}
}

func TestMappingConflict(t *testing.T) {
	for name, test := range map[string]struct {
		mapped string
		kind   authz.Kind
		posts  int
	}{
		"present": {`{"realmMappings":[{"id":"c-id","name":"child"}]}`, -1, 1},
		"absent":  {`{}`, authz.Conflict, 3},
	} {
		posts := 0
		d, _ := guarded(t, func(req *http.Request, _ string) (*http.Response, error) {
			if req.Method == "GET" {
				return respondJSON(req, 200, test.mapped), nil
			}
			posts++
			return respondJSON(req, 409, `{"error":"conflict"}`), nil
		})
		_, err := d.ChangeUserType(context.Background(), "",
			authz.UserTypeChange{UserType: authz.UserType{Name: "child", ID: "c-id"}, Grant: []authz.Scope{live("a")}})
		if posts != test.posts || (err == nil) != (test.kind == -1) || err != nil && authz.KindOf(err) != test.kind {
			t.Errorf("%s: %d posts, %v", name, posts, err)
		}
	}
}

func TestInvalidIsNotSent(t *testing.T) {
	d, w := guarded(t, noContent)
	ctx := context.Background()
	with := func(change func(*authz.Scope)) authz.Scope {
		s := live("a")
		change(&s)
		return s
	}
	for name, s := range map[string]authz.Scope{
		"openid":           with(func(s *authz.Scope) { s.Name = "openid" }),
		"space":            with(func(s *authz.Scope) { s.Name = "a b" }),
		"empty":            with(func(s *authz.Scope) { s.Name = "" }),
		"long":             with(func(s *authz.Scope) { s.Name = strings.Repeat("a", 256) }),
		"long description": with(func(s *authz.Scope) { s.Description = strings.Repeat("ü", 256) }),
		"built-in":         with(func(s *authz.Scope) { s.Name = "basic" }),
	} {
		_, err := d.CreateScope(ctx, "", s)
		wantKind(t, err, authz.Invalid)
		_, err = d.UpdateScope(ctx, "", live("a"), s)
		wantKind(t, err, authz.Invalid)
		if sent := w.take(); len(sent) > 0 {
			t.Errorf("%s: sent %v", name, sent)
		}
	}
	_, err := d.CreateScope(ctx, "", with(func(s *authz.Scope) { s.Settings.Access = authz.AccessUnguarded }))
	wantKind(t, err, authz.Invalid, "user_types", "everyone")
	wantKind(t, d.DeleteScope(ctx, "", live("basic")), authz.Invalid, "built-in")
	wantKind(t, d.DeleteScope(ctx, "", scope("no-id")), authz.Invalid)
	for _, c := range []authz.UserTypeChange{
		{Grant: []authz.Scope{live("basic")}}, {Revoke: []authz.Scope{live("basic")}}, {Guard: []authz.Scope{live("basic")}},
	} {
		c.UserType = authz.UserType{Name: "child", ID: "c-id"}
		_, err := d.ChangeUserType(ctx, "", c)
		wantKind(t, err, authz.Invalid, "built-in")
	}
	_, err = d.ChangeUserType(ctx, "", authz.UserTypeChange{UserType: authz.UserType{Name: DefaultGuardRole, ID: "x"}, Grant: []authz.Scope{live("a")}})
	wantKind(t, err, authz.Invalid, "guard")
	if sent := w.take(); len(sent) > 0 {
		t.Errorf("sent %v", sent)
	}
}

// lossy is a Keycloak that keeps created scopes, for requests without a response.
type lossy struct {
	scopes  []scopeRep
	deleted int
	guarded int
	post    func(req *http.Request, s *lossy, rep scopeRep) (*http.Response, error)
	guard   func(req *http.Request) (*http.Response, error)
}

func (s *lossy) response(req *http.Request, body string) (*http.Response, error) {
	path := req.URL.Path
	switch {
	case req.Method == "POST" && strings.HasSuffix(path, "/client-scopes"):
		var rep scopeRep
		if err := json.Unmarshal([]byte(body), &rep); err != nil {
			return nil, err
		}
		rep.ID = "new-id"
		return s.post(req, s, rep)
	case req.Method == "GET" && strings.HasSuffix(path, "/client-scopes"):
		b, err := json.Marshal(append([]scopeRep{{ID: "1", Name: "basic"}}, s.scopes...))
		return respondJSON(req, 200, string(b)), err
	case req.Method == "POST":
		if s.guard != nil {
			return s.guard(req)
		}
		s.guarded++
	case req.Method == "DELETE" && strings.HasSuffix(path, "/client-scopes/new-id"):
		s.deleted++
		s.scopes = nil
	}
	return respond(req, 204, "", ""), nil
}

func kept(response func(*http.Request) (*http.Response, error)) func(*http.Request, *lossy, scopeRep) (*http.Response, error) {
	return func(req *http.Request, s *lossy, rep scopeRep) (*http.Response, error) {
		s.scopes = append(s.scopes, rep)
		return response(req)
	}
}

// cut breaks the connection after the request went out.
func cut(req *http.Request) (*http.Response, error) {
	return nil, &url.Error{Op: req.Method, URL: req.URL.String(), Err: io.ErrUnexpectedEOF}
}

func TestLostResponseToCreate(t *testing.T) {
	status := func(code int) func(*http.Request) (*http.Response, error) {
		return func(req *http.Request) (*http.Response, error) { return respond(req, code, "", ""), nil }
	}
	for name, test := range map[string]struct {
		post func(*http.Request, *lossy, scopeRep) (*http.Response, error)
		kind authz.Kind // -1: created
	}{
		"cut after it was made":  {kept(cut), -1},
		"500 after it was made":  {kept(status(500)), -1},
		"201 without a Location": {kept(status(201)), -1},
		"login page, not made": {func(req *http.Request, _ *lossy, _ scopeRep) (*http.Response, error) {
			return respond(req, 200, "text/html", "x"), nil
		}, authz.Unavailable},
		"cut before": {func(req *http.Request, _ *lossy, _ scopeRep) (*http.Response, error) { return cut(req) }, authz.Unavailable},
		"201, not made": {func(req *http.Request, _ *lossy, _ scopeRep) (*http.Response, error) {
			return respond(req, 201, "", ""), nil
		}, authz.Unavailable},
		"another's": {func(req *http.Request, s *lossy, rep scopeRep) (*http.Response, error) {
			rep.Description = nil
			s.scopes = append(s.scopes, rep)
			return cut(req)
		}, authz.Conflict},
		"there before": {func(req *http.Request, _ *lossy, _ scopeRep) (*http.Response, error) {
			return respondJSON(req, 409, `{"errorMessage":"Client Scope a already exists"}`), nil
		}, authz.Conflict},
	} {
		t.Run(name, func(t *testing.T) {
			s := &lossy{post: test.post}
			d, w := guarded(t, s.response)
			made, err := d.CreateScope(context.Background(), "", scope("a"))
			posts := 0
			for _, sent := range w.take() {
				if sent == "POST client-scopes" {
					posts++
				}
			}
			if posts != 1 {
				t.Errorf("%d creates", posts)
			}
			if test.kind >= 0 {
				wantKind(t, err, test.kind)
				if s.guarded+s.deleted > 0 {
					t.Error("what is not ours was changed")
				}
				return
			}
			if err != nil || made.ID != "new-id" || s.guarded != 1 {
				t.Errorf("%+v, guarded %d times, %v", made, s.guarded, err)
			}
		})
	}
}

func TestUnfinishedCreateIsUndone(t *testing.T) {
	created := func(req *http.Request) (*http.Response, error) {
		resp := respond(req, 201, "", "")
		resp.Header.Set("Location", "http://sso.invalid/admin/realms/my%20shop/client-scopes/new-id")
		return resp, nil
	}
	s := &lossy{post: kept(created), guard: func(req *http.Request) (*http.Response, error) { return respondJSON(req, 403, `{}`), nil }}
	d, _ := guarded(t, s.response)
	_, err := d.CreateScope(context.Background(), "", scope("a"))
	wantKind(t, err, authz.Denied, "manage-realm")
	if s.deleted != 1 {
		t.Error("the scope is left behind")
	}

	// The caller gives up after the scope was created: it is deleted in any case.
	ctx, cancel := context.WithCancel(context.Background())
	s = &lossy{post: kept(func(req *http.Request) (*http.Response, error) {
		cancel()
		return nil, &url.Error{Op: req.Method, Err: context.Canceled}
	})}
	d, _ = guarded(t, func(req *http.Request, body string) (*http.Response, error) {
		if err := req.Context().Err(); err != nil {
			return nil, err
		}
		return s.response(req, body)
	})
	_, err = d.CreateScope(ctx, "", scope("a"))
	if err == nil || s.deleted != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("deleted %d times, %v", s.deleted, err)
	}
}

// exports emulates the listings of a realm; each partial-export returns the next text.
type exports struct {
	texts    []string
	statuses []int
	taken    int
	mappings string
}

func (e *exports) response(req *http.Request, _ string) (*http.Response, error) {
	switch path := req.URL.Path; {
	case strings.HasSuffix(path, "/partial-export"):
		i := min(e.taken, len(e.texts)-1)
		e.taken++
		status := 200
		if i < len(e.statuses) {
			status = e.statuses[i]
		}
		return respondJSON(req, status, e.texts[i]), nil
	case strings.HasSuffix(path, "/scope-mappings"):
		return respondJSON(req, 200, e.mappings), nil
	case strings.HasSuffix(path, "/roles"):
		return respondJSON(req, 200,
			`[{"id":"g-id","name":"authscopes-guard","attributes":{"authscopes.guard":["true"]}},{"id":"d","name":"default-roles-my shop"}]`), nil
	}
	if strings.HasSuffix(req.URL.Path, "/admin/realms/my shop") {
		return respondJSON(req, 200, `{"defaultRole":{"id":"d","name":"default-roles-my shop"}}`), nil
	}
	return respondJSON(req, 200, `[]`), nil
}

const (
	exportTorn  = `{"clientScopes":[{"id":"a-id","name":"old","protocol":"openid-connect"},{"id":"s","name":"saml","protocol":"saml"}],"scopeMappings":[{"clientScope":"new","roles":["authscopes-guard"]},{"clientScope":"saml","roles":["r"]},{"client":"c","roles":["r"]}]}`
	exportWhole = `{"clientScopes":[{"id":"a-id","name":"new","protocol":"openid-connect"},{"id":"s","name":"saml","protocol":"saml"}],"scopeMappings":[{"clientScope":"new","roles":["authscopes-guard"]},{"clientScope":"saml","roles":["r"]},{"client":"c","roles":["r"]}]}`
)

// A scope took the name of one that was deleted while the export was made: its
// mapping looks like that of the other.
const (
	exportReused  = `{"clientScopes":[{"id":"a-id","name":"old","protocol":"openid-connect","attributes":{"authscopes.access":"user_types"}},{"id":"s","name":"new","protocol":"saml"}],"scopeMappings":[{"clientScope":"new","roles":["authscopes-guard"]}]}`
	exportRenamed = `{"clientScopes":[{"id":"a-id","name":"new","protocol":"openid-connect","attributes":{"authscopes.access":"user_types"}}],"scopeMappings":[{"clientScope":"new","roles":["authscopes-guard"]}]}`
)

func TestExportWhileOthersWrite(t *testing.T) {
	for name, test := range map[string]struct {
		e     exports
		taken int
		asked bool // by id
	}{
		"quiet":                   {exports{texts: []string{exportWhole}}, 1, false},
		"torn once":               {exports{texts: []string{exportTorn, exportWhole}}, 2, false},
		"torn always":             {exports{texts: []string{exportTorn}, mappings: `{"realmMappings":[{"id":"g-id","name":"authscopes-guard"}]}`}, 3, true},
		"a name of another scope": {exports{texts: []string{exportReused, exportRenamed}}, 2, false},
		"torn, then a name of another scope, then torn": {exports{
			texts:    []string{exportTorn, exportReused, exportTorn},
			mappings: `{"realmMappings":[{"id":"g-id","name":"authscopes-guard"}]}`,
		}, 3, true},
		"500 twice": {exports{texts: []string{`{}`, `{}`, exportWhole}, statuses: []int{500, 500, 200}}, 3, false},
	} {
		t.Run(name, func(t *testing.T) {
			d, w := newDriver(t, fakeConfig())
			w.hook(loginOnly(test.e.response))
			got := list(t, d)
			if len(got.Scopes) != 1 || got.Scopes[0].Settings.Access != authz.AccessUserTypes {
				t.Errorf("%+v", got.Scopes)
			}
			if test.e.taken != test.taken || slices.Contains(w.take(), "GET client-scopes/a-id/scope-mappings") != test.asked {
				t.Errorf("taken %d times", test.e.taken)
			}
		})
	}
	// Opened by hand, it is bare the second time, too.
	e := exports{texts: []string{exportReused}}
	d, w := newDriver(t, fakeConfig())
	w.hook(loginOnly(e.response))
	if got := list(t, d); got.Scopes[0].Settings.Access != authz.AccessEveryone || e.taken != 2 {
		t.Errorf("taken %d times: %+v", e.taken, got.Scopes)
	}
	e = exports{texts: []string{`{}`}, statuses: []int{500}}
	d, w = newDriver(t, fakeConfig())
	w.hook(loginOnly(e.response))
	_, err := readAll(context.Background(), d)
	wantKind(t, err, authz.Unavailable, "500")
	if e.taken != exportTries {
		t.Errorf("taken %d times", e.taken)
	}
}

// Responses of the right form that cannot be true of the realm: read as they are,
// every user type would be gone, or another realm's scopes be this one's.
func TestImpossibleListings(t *testing.T) {
	const roles = `[{"id":"d","name":"default-roles-my shop"}]`
	for name, test := range map[string]struct {
		export, roles string
		words         []string
		kind          authz.Kind
	}{
		"another realm": {`{"realm":"other","clientScopes":[]}`, roles, []string{`of realm "other"`}, 0},
		"another case": {
			`{"realm":"My Shop","clientScopes":[]}`, roles,
			[]string{`there is no realm "my shop"`, `Set the realm to "My Shop"`},
			authz.Invalid,
		},
		"no roles": {`{"realm":"my shop","clientScopes":[]}`, `[]`, []string{"no realm roles", "every realm has"}, 0},
		"nameless roles": {
			`{"realm":"my shop","clientScopes":[]}`, `[{"id":"d","name":"default-roles-my shop"},{"id":"x-1"}]`,
			[]string{"without a name (id x-1)", "delete it"},
			0,
		},
		"no ids": {`{"realm":"my shop","clientScopes":[]}`, `[{"name":"default-roles-my shop"}]`, []string{"without an id"}, 0},
		// The name of a role does not prove that every user has it.
		"no default role": {`{"realm":"my shop","clientScopes":[]}`, roles, []string{"no default role"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			d, w := newDriver(t, fakeConfig())
			w.hook(loginOnly(func(req *http.Request, _ string) (*http.Response, error) {
				switch path := req.URL.Path; {
				case strings.HasSuffix(path, "/partial-export"):
					return respondJSON(req, 200, test.export), nil
				case strings.HasSuffix(path, "/roles"):
					return respondJSON(req, 200, test.roles), nil
				}
				return respondJSON(req, 200, `{}`), nil
			}))
			_, err := readAll(context.Background(), d)
			wantKind(t, err, test.kind, test.words...)
		})
	}
}

// A scope to unassign that does not exist is ignored only if the client does not have it
// either.
func TestTakingWhatIsNotListed(t *testing.T) {
	const other = `[{"id":"2","name":"other","protocol":"openid-connect"}]`
	for name, test := range map[string]struct {
		id, has, scopes string
		kind            authz.Kind
		words           []string
		deletes         bool
	}{
		"renamed after the client was read": {"", `["x"]`, other, authz.Conflict, []string{`"x"`, "renamed"}, false},
		"no right to view scopes":           {"", `["x"]`, `[]`, authz.Denied, []string{"view-clients"}, false},
		"gone":                              {"", `[]`, other, 0, nil, false},
		"another of its name":               {"1", `["x"]`, other, authz.Conflict, []string{`"x"`, "recreated"}, true},
		"gone, and its id known":            {"1", `[]`, other, 0, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			d, w := newDriver(t, fakeConfig())
			w.hook(loginOnly(func(req *http.Request, _ string) (*http.Response, error) {
				switch {
				case req.Method == http.MethodDelete:
					return respondJSON(req, 404, `{"error":"Client scope not found"}`), nil
				case strings.HasSuffix(req.URL.Path, "/client-scopes"):
					return respondJSON(req, 200, test.scopes), nil
				}
				return respondJSON(req, 200, `[{"id":"u","clientId":"app","defaultClientScopes":`+test.has+`,"optionalClientScopes":[]}]`), nil
			}))
			err := d.ChangeClientScopes(context.Background(), "", authz.ClientScopeSet{ClientID: "app", Default: []authz.Scope{{Name: "x", ID: test.id}}},
				authz.ClientScopeSet{ClientID: "app"})
			if test.words != nil {
				wantKind(t, err, test.kind, test.words...)
			} else if err != nil {
				t.Error(err)
			}
			deleted := slices.ContainsFunc(w.take(), func(sent string) bool { return strings.HasPrefix(sent, "DELETE") })
			if deleted != test.deletes {
				t.Errorf("a DELETE was sent: %t", deleted)
			}
		})
	}
}

// A secret in a realm's attributes reaches no error and no log.
func TestExportIsPrivate(t *testing.T) {
	var (
		mu     sync.Mutex
		logged strings.Builder
	)
	client, err := httpapi.New(httpapi.Config{MaxRetries: -1, Log: func(_ context.Context, msg string, fields map[string]any) {
		b, _ := json.Marshal(fields)
		mu.Lock()
		defer mu.Unlock()
		logged.WriteString(msg + string(b))
	}})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasSuffix(r.URL.Path, "/token"):
			_, _ = io.WriteString(w, `{"access_token":"canary-token","expires_in":60}`)
		case strings.HasSuffix(r.URL.Path, "/partial-export"):
			_, _ = io.WriteString(w, `{"attributes":{"k":"canary-attribute"},"clientScopes":{"canary":"x"}}`)
		default:
			_, _ = io.WriteString(w, `[]`)
		}
	}))
	defer srv.Close()
	cfg := fakeConfig()
	cfg.URL = srv.URL
	d, err := New(cfg, client)
	if err != nil {
		t.Fatal(err)
	}
	_, err = readAll(context.Background(), d)
	wantKind(t, err, authz.Unavailable)
	if text := logged.String() + err.Error() + drivertest.Advice(err); strings.Contains(text, "canary") || !strings.Contains(logged.String(), "partial-export") {
		t.Errorf("%s", text)
	}
}
