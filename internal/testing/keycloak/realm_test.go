package keycloak_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

var suite *keycloak.Suite

func TestMain(m *testing.M) {
	suite = keycloak.NewSuite(keycloak.Options{Progress: os.Stderr})
	os.Exit(suite.Run(m))
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	g, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	w, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if string(g) != string(w) {
		t.Errorf("%s: %s, want %s", what, g, w)
	}
}

// only drops the scopes that every realm has.
func only(scopes []string, wanted ...string) []string {
	return slices.DeleteFunc(scopes, func(s string) bool { return !slices.Contains(wanted, s) })
}

func TestRealmIsGoneAfterItsTest(t *testing.T) { //nolint:tparallel // looks at the realm after its subtest
	t.Parallel()
	server := suite.ForTest(t)
	var name string
	t.Run("inner", func(t *testing.T) { name = server.NewRealm(t).Name })
	realms, err := server.Realms(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(realms, "master") || slices.Contains(realms, name) {
		t.Errorf("realms %q, want master and not %q", realms, name)
	}
	if err := server.DeleteRealm(t.Context(), name); err != nil {
		t.Errorf("deleting it again: %v", err)
	}
}

func TestRealmCanBeDeletedByTheTest(t *testing.T) {
	t.Parallel()
	r := suite.ForTest(t).NewRealm(t)
	r.Delete(t)
	err := r.Do(t.Context(), http.MethodGet, nil, nil, "roles")
	var status *keycloak.StatusError
	if !errors.As(err, &status) || status.Status != http.StatusNotFound {
		t.Errorf("error %v, want a StatusError of 404", err)
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	r := suite.ForTest(t).NewRealm(t)
	made := r.CreateRole(t, keycloak.Role{Name: "a/b c%", Description: "odd", Attributes: map[string][]string{"k": {"v"}}})
	equal(t, "created", made, r.Role(t, "a/b c%"))
	equal(t, "attributes", made.Attributes, map[string][]string{"k": {"v"}})
	r.RenameRole(t, "a/b c%", "plain")
	renamed := r.Role(t, "plain")
	equal(t, "id after a rename", renamed.ID, made.ID)
	equal(t, "attributes after a rename", renamed.Attributes, made.Attributes)
	r.CreateRoles(t, "one", "two")
	r.AddComposites(t, "plain", "one", "two")
	equal(t, "composites", r.Composites(t, "plain"), []string{"one", "two"})
	equal(t, "composite", r.Role(t, "plain").Composite, true)
	r.RemoveComposites(t, "plain", "one")
	equal(t, "composites", r.Composites(t, "plain"), []string{"two"})
	r.AddClientComposite(t, r.DefaultRole(), "account", "delete-account")
	if got := r.Composites(t, r.DefaultRole()); !slices.Contains(got, "delete-account") {
		t.Errorf("default roles %q", got)
	}
	r.DeleteRole(t, "plain")
	if _, ok := r.FindRole(t, "plain"); ok {
		t.Error("the role is still there")
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	r := suite.ForTest(t).NewRealm(t)
	made := r.CreateScope(
		t, keycloak.ClientScope{Name: "read:x", Description: "d", Attributes: map[string]string{"include.in.token.scope": "true", "own": "kept"}},
	)
	equal(t, "live", r.Scope(t, "read:x"), made)
	r.UpdateScope(t, "read:x", map[string]any{"description": "", "attributes": map[string]string{"include.in.token.scope": "false"}})
	r.RenameScope(t, "read:x", "read:y")
	live := r.Scope(t, "read:y")
	equal(t, "id", live.ID, made.ID)
	equal(t, "description", live.Description, "")
	equal(t, "attributes", live.Attributes, map[string]string{"include.in.token.scope": "false", "own": "kept"})
	if _, ok := r.FindScope(t, "read:x"); ok {
		t.Error("the old name is still there")
	}
	for _, kind := range []string{keycloak.AssignedDefault, keycloak.AssignedOptional, keycloak.AssignedOptional, keycloak.AssignedNone} {
		r.SetAssignedType(t, "read:y", kind)
		equal(t, "assigned type", r.AssignedType(t, "read:y"), kind)
	}
	r.CreateRoles(t, "b", "a")
	r.MapRoles(t, "read:y", "b", "a")
	equal(t, "roles", r.ScopeRoles(t, "read:y"), []string{"a", "b"})
	r.UnmapRoles(t, "read:y", "b")
	equal(t, "roles", r.ScopeRoles(t, "read:y"), []string{"a"})
	r.CreatePublicClient(t, "shop")
	r.CreateClientRole(t, "shop", "buyer")
	r.MapClientRole(t, "read:y", "shop", "buyer")
	equal(t, "client roles", r.ScopeClientRoles(t, "read:y"), map[string][]string{"shop": {"buyer"}})
	r.UnmapClientRole(t, "read:y", "shop", "buyer")
	equal(t, "client roles", r.ScopeClientRoles(t, "read:y"), map[string][]string{})
	r.DeleteClient(t, "shop")
	r.DeleteScope(t, "read:y")
	if _, ok := r.FindScope(t, "read:y"); ok {
		t.Error("the scope is still there")
	}
}

// The project depends on these rules: without mappings a scope is open, and a user who has a
// mapped role gets the scope, whether directly or through another role.
func TestTokensHoldTheScopesOfTheUser(t *testing.T) {
	t.Parallel()
	r := suite.ForTest(t).NewRealm(t)
	r.CreateRoles(t, "educator", "staff")
	r.AddComposites(t, "staff", "educator")
	r.CreateScopes(t, "read", "ask")
	r.MapRoles(t, "read", "educator")
	c := r.CreatePublicClient(t, "app")
	r.AddClientScope(t, c, "read", "default")
	r.AddClientScope(t, c, "ask", "optional")
	equal(t, "the client's own", only(r.ClientScopes(t, c, "optional"), "read", "ask"), []string{"ask"})

	grouped := r.CreateUser(t, "grouped")
	teachers := r.CreateGroup(t, "teachers", "educator")
	r.JoinGroup(t, grouped, teachers)
	users := map[string]keycloak.User{
		"direct": r.CreateUser(t, "direct", "educator"), "composite": r.CreateUser(t, "composite", "staff"),
		"group": grouped, "none": r.CreateUser(t, "nobody"),
	}
	for name, user := range users {
		want := []string{"ask", "read"}
		if name == "none" {
			want = []string{"ask"}
		}
		equal(t, name, only(r.UserScopes(t, c, user, "ask"), "read", "ask"), want)
		equal(t, name+" by evaluation", only(r.ExampleScopes(t, c, user, "ask"), "read", "ask"), want)
	}
	equal(t, "not asked for", only(r.UserScopes(t, c, users["none"]), "read", "ask"), []string{})

	old := r.PasswordToken(t, c, grouped)
	r.LeaveGroup(t, grouped, teachers)
	equal(t, "issued before", only(keycloak.TokenScopes(t, old), "read"), []string{"read"})
	equal(t, "refreshed", only(keycloak.TokenScopes(t, r.Refresh(t, c, old)), "read"), []string{})

	r.UnmapRoles(t, "read", "educator")
	equal(t, "open", only(r.UserScopes(t, c, users["none"]), "read"), []string{"read"})
}

func TestRolesOfUsersAndGroupsCanBeRevoked(t *testing.T) {
	t.Parallel()
	r := suite.ForTest(t).NewRealm(t)
	r.CreateRoles(t, "a")
	r.CreateScopes(t, "s")
	r.MapRoles(t, "s", "a")
	c := r.CreatePublicClient(t, "app")
	r.AddClientScope(t, c, "s", "default")
	u := r.CreateUser(t, "user", "a")
	r.RevokeRoles(t, u, "a")
	equal(t, "revoked", only(r.UserScopes(t, c, u), "s"), []string{})
	g := r.CreateGroup(t, "group", "a")
	r.JoinGroup(t, u, g)
	equal(t, "by group", only(r.UserScopes(t, c, u), "s"), []string{"s"})
	r.RevokeGroupRoles(t, g, "a")
	equal(t, "group without", only(r.UserScopes(t, c, u), "s"), []string{})
	r.RemoveClientScope(t, c, "s", "default")
	equal(t, "client scopes", only(r.ClientScopes(t, c, "default"), "s"), []string{})
	r.DeleteUser(t, u)
	if _, err := r.Token(t.Context(), keycloak.PasswordForm(c, u)); err == nil {
		t.Error("a deleted user logs in")
	}
}

func TestServiceAccountHasItsRightsAlone(t *testing.T) {
	t.Parallel()
	server := suite.ForTest(t)
	r := server.NewRealm(t)
	c := r.CreateServiceAccount(t, "ci", "view-clients", "view-realm")
	token := r.ClientCredentials(t, c, "openid")
	if token.ExpiresIn <= 0 || !slices.Contains(strings.Fields(token.Scope), "openid") {
		t.Errorf("token of scope %q for %d s", token.Scope, token.ExpiresIn)
	}
	r.CreateRoles(t, "robot")
	r.GrantRoles(t, r.ServiceAccountUser(t, c), "robot")
	for path, want := range map[string]int{"client-scopes": 200, "roles/robot": 200, "users": 403} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+keycloak.Path(r.Name)+"/"+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token.AccessToken)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		equal(t, path, resp.StatusCode, want)
	}
}

// A token got on one side of the proxy is good on the other.
func TestProxyInFrontOfKeycloak(t *testing.T) {
	t.Parallel()
	server := suite.ForTest(t)
	p := server.NewProxy(t)
	getenv := func(name string) string {
		return map[string]string{"KEYCLOAK_URL": p.URL, "KEYCLOAK_USER": server.User, "KEYCLOAK_PASSWORD": server.Password}[name]
	}
	behind, err := keycloak.Start(t.Context(), keycloak.Options{Getenv: getenv})
	if err != nil {
		t.Fatal(err)
	}
	r := behind.NewRealm(t)
	p.Reset()
	r.CreateScopes(t, "x")
	var got []string
	for _, q := range p.APIRequests() {
		got = append(got, q.Method+" "+q.Path[:strings.LastIndex(q.Path, "/")])
	}
	scopes := keycloak.Path(r.Name)
	equal(t, "requests", got, []string{"POST " + scopes, "GET " + scopes + "/client-scopes"})
}

func TestVersionOfTheServer(t *testing.T) {
	t.Parallel()
	server := suite.ForTest(t)
	for constraint, want := range map[string]bool{">= 24": true, "< 24": false, ">= 20, < 100": true} {
		if got := server.Is(t, constraint); got != want {
			t.Errorf("%s: %v", constraint, got)
		}
	}
}
