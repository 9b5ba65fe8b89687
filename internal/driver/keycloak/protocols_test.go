package keycloak

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	server "github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

// newImportedLab is a realm that a file describes: an import creates scopes that the API
// refuses.
func newImportedLab(t *testing.T, scopes ...map[string]any) *lab {
	t.Helper()
	name := strings.ToLower(server.RealmPrefix + rand.Text()[:10])
	for _, s := range scopes {
		s["attributes"] = map[string]string{"include.in.token.scope": "true"}
	}
	return &lab{
		Realm: suite.ForTest(t).NewRealmFrom(t, map[string]any{"realm": name, "enabled": true, "clientScopes": scopes}),
		t:     t, clients: map[string]server.Client{},
	}
}

// readers are an administrator, and all drivers that can read the realm. Before Keycloak 26, the
// token of a service account has no roles in a realm that was imported with scopes of its own.
func (l *lab) readers() (admin *Driver, all map[string]*Driver) {
	l.t.Helper()
	admin, _ = newDriver(l.t, l.admin())
	all = map[string]*Driver{"by export": admin}
	if l.Server.Is(l.t, ">= 26.0") {
		all["one by one"], _ = newDriver(l.t, l.serviceAccount("reader", "view-clients", "view-realm"))
	}
	return admin, all
}

// Tokens of OpenID Connect have scopes of other protocols too, and scopes without one, from
// Keycloak 26.4 on. The provider takes them for such on every version.
func TestScopesOfOtherProtocols(t *testing.T) {
	t.Parallel()
	l := newImportedLab(t, map[string]any{"name": "cred", "protocol": protocolVC}, map[string]any{"name": "none"},
		map[string]any{"name": "other", "protocol": "xyz"}, map[string]any{"name": "saml:a", "protocol": protocolSAML})
	app, user := l.app(), l.CreateUser(t, "user")
	for _, s := range []string{"cred", "none"} {
		l.AddClientScope(t, app, s, server.AssignedDefault)
	}
	inTokens := "cred none"
	if !l.Server.Is(t, ">= 26.4") {
		inTokens = ""
	}
	if got := own(l.UserScopes(t, app, user)); got != inTokens {
		t.Fatalf("the token holds %q", got)
	}
	admin, readers := l.readers()
	for who, d := range readers {
		listing := list(t, d)
		for name, protocol := range map[string]string{"cred": protocolVC, "none": ""} {
			if s, found := listing.Scope(name); !found || s.Protocol != protocol || s.Settings.Access != authz.AccessEveryone || s.BuiltIn {
				t.Errorf("%s: %s: %+v", who, name, s)
			}
		}
		if !slices.Equal(slices.Sorted(slices.Values(listing.ReservedNames)), []string{"other", "saml:a"}) {
			t.Errorf("%s: taken: %q", who, listing.ReservedNames)
		}
	}
	// They are limited, and stay of their protocol.
	for _, name := range []string{"cred", "none"} {
		live := get1(t, admin, name)
		want := live
		want.Settings.Access, want.Description = authz.AccessUserTypes, "limited"
		if _, err := admin.UpdateScope(t.Context(), "", live, want); err != nil {
			t.Fatal(err)
		}
		if now := get1(t, admin, name); now.Settings.Access != authz.AccessUserTypes || now.Protocol != live.Protocol || now.Description != "limited" {
			t.Errorf("%+v", now)
		}
	}
	if got := own(l.UserScopes(t, app, user)); got != "" {
		t.Errorf("the token holds %q", got)
	}
	// A client cannot have the others, and Keycloak reports success.
	err := admin.ChangeClientScopes(t.Context(), "", authz.ClientScopeSet{ClientID: "app"},
		authz.ClientScopeSet{ClientID: "app", Default: []authz.Scope{{Name: "other"}}})
	wantKind(t, err, authz.Invalid, "other", "xyz")
}

// A realm can have a scope of its own with the name of a built-in scope. A role that
// limits it counts as anywhere else.
func TestLimitedScopeWithABuiltInName(t *testing.T) {
	t.Parallel()
	l := newImportedLab(t, map[string]any{"name": "address", "protocol": protocolOIDC}, map[string]any{"name": "role_list", "protocol": protocolOIDC},
		map[string]any{"name": "oid4vc_natural_person_sd", "protocol": protocolVC}, map[string]any{"name": "phone", "protocol": protocolOIDC})
	l.makeRole("educator")
	l.shop()
	app := l.app("address", "role_list", "oid4vc_natural_person_sd", "phone")
	l.MapRoles(t, "address", "educator")
	l.MapRoles(t, "role_list", "educator")
	l.MapRoles(t, "oid4vc_natural_person_sd", "educator")
	l.MapClientRole(t, "phone", "shop", "buyer")
	user := l.CreateUser(t, "user")
	if got := l.UserScopes(t, app, user); len(got) != 0 {
		t.Fatalf("the token holds %q", got)
	}
	_, readers := l.readers()
	for who, d := range readers {
		listing := list(t, d)
		for _, name := range []string{"address", "role_list", "oid4vc_natural_person_sd", "phone"} {
			s, found := listing.Scope(name)
			if _, all := listing.ReachesEveryone(s); !found || all || s.Settings.Access != authz.AccessUnguarded {
				t.Errorf("%s: %s is reported as open: %+v", who, name, s)
			}
		}
	}
}

// The built-in scope organization puts organization:<alias> into tokens.
func TestOrganizationCoversItsAliases(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	if !l.Server.Is(t, ">= 26.0") {
		t.Skip("this version has no organizations")
	}
	l.do("PUT", map[string]any{"organizationsEnabled": true}, nil)
	l.do("POST", map[string]any{"name": "acme", "alias": "acme", "domains": []map[string]string{{"name": "acme.example"}}}, nil, "organizations")
	l.makeRole("educator")
	admin, _ := newDriver(t, l.admin())
	create(t, admin, scope("organization:acme"))
	l.MapRoles(t, "organization:acme", "educator")
	app, user := l.app(), l.CreateUser(t, "user")
	var all []struct{ ID string }
	l.do("GET", nil, &all, "organizations")
	l.do("POST", user.ID, nil, "organizations", all[0].ID, "members")
	l.AddClientScope(t, app, "organization", server.AssignedOptional)
	if got := l.UserScopes(t, app, user, "organization:acme"); !slices.Contains(got, "organization:acme") {
		t.Fatalf("the token holds %q", got)
	}
	if got := fmt.Sprint(list(t, admin).Covers([]string{"organization:acme", "organization"})); got != "[{organization [organization:acme]}]" {
		t.Errorf("covered: %s", got)
	}
}

// Both attributes of parameterized scopes count, whether the server has the feature or not.
func TestParameterizedIsReported(t *testing.T) {
	t.Parallel()
	for attributes, want := range map[string]bool{
		`{"is.parameterized.scope":"true","parameterized.scope.type":"string"}`: true,
		`{"is.dynamic.scope":"TRUE","dynamic.scope.regexp":"missions:*"}`:       true,
		`{"is.parameterized.scope":"false"}`:                                    false,
		`{}`:                                                                    false,
	} {
		rep := scopeRep{Name: "missions", Protocol: protocolOIDC}
		if err := json.Unmarshal([]byte(attributes), &rep.Attributes); err != nil {
			t.Fatal(err)
		}
		if s := toScope(rep, mapped{}, authz.AssignedNone, ""); s.Parameterized != want || s.BuiltIn {
			t.Errorf("%s: %+v", attributes, s)
		}
	}
}

func TestMappersAreListedWithoutSecrets(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.CreateScope(t, server.ClientScope{Name: "a", Protocol: protocolOIDC})
	add := func(name, mapper string, config map[string]string) {
		l.do("POST", map[string]any{"name": name, "protocol": protocolOIDC, "protocolMapper": mapper, "config": config}, nil,
			"client-scopes", l.Scope(t, "a").ID, "protocol-mappers", "models")
	}
	add("fixed", "oidc-hardcoded-claim-mapper",
		map[string]string{"claim.name": "tier", "claim.value": "gold", "access.token.claim": "true", "client.secret": "canary"})
	add("audience", "oidc-audience-mapper", map[string]string{"included.client.audience": "app", "api-token": "canary"})
	admin, _ := newDriver(t, l.admin())
	reader, _ := newDriver(t, l.serviceAccount("reader", "view-clients", "view-realm"))
	want := []authz.Mapper{
		{Name: "audience", Type: "oidc-audience-mapper", Config: map[string]string{"included.client.audience": "app", "api-token": hiddenValue}},
		{
			Name: "fixed", Type: "oidc-hardcoded-claim-mapper",
			Config: map[string]string{"claim.name": "tier", "claim.value": "gold", "access.token.claim": "true", "client.secret": hiddenValue},
		},
	}
	for who, d := range map[string]*Driver{"by export": admin, "one by one": reader} {
		if got := get1(t, d, "a").Mappers; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s:\n%v, want\n%v", who, got, want)
		}
	}
	// One of another form counts.
	if got := mappers([]json.RawMessage{json.RawMessage(`{"name":7}`)}); len(got) != 1 {
		t.Errorf("%v", got)
	}
	// Every mapper of a new realm is shown whole.
	for _, s := range list(t, admin).Scopes {
		for _, m := range s.Mappers {
			if s.BuiltIn && (m.Name == "" || m.Type == "" || strings.Contains(fmt.Sprint(m.Config), hiddenValue)) {
				t.Errorf("%s: %+v", s.Name, m)
			}
		}
	}
}
