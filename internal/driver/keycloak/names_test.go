package keycloak

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	server "github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

// The two forms of one name: Terraform sends the composed one.
const composed, decomposed = "\u00e9ducateur", "e\u0301ducateur"

func TestShownNames(t *testing.T) {
	for in, want := range map[string]string{
		decomposed: composed, decomposed + "," + composed: decomposed + "," + composed, "a,b": "a,b",
		"a\u0323\u0307,a\u0307\u0323": "a\u0323\u0307,a\u0307\u0323", // one normal form, which no object has
	} {
		var got []string
		shown := shownNames(strings.Split(in, ","), nfc)
		for _, name := range strings.Split(in, ",") {
			got = append(got, shown[name])
		}
		if strings.Join(got, ",") != want {
			t.Errorf("%+q: %+q, want %+q", in, got, want)
		}
	}
	// Tokens hold the name with the Kelvin sign. Its normal form is another scope.
	for in, want := range map[string]string{"\u212a:read": "\u212a:read", decomposed: composed, "read:a": "read:a"} {
		if got := scopeName(in); got != want {
			t.Errorf("%+q: %+q", in, got)
		}
	}
}

// Keycloak stores what it gets, and Terraform normalizes: the same text in another
// form is no difference, and writes find the object.
func TestNormalizedNames(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.CreateRoles(t, decomposed)
	l.makeRole("staff", decomposed)
	l.shop()
	l.CreateClientRole(t, "shop", "r-"+decomposed)
	app, user := l.app(), l.CreateUser(t, "user", decomposed)
	l.CreateClient(t, map[string]any{"clientId": "c-" + decomposed})
	d, w := newDriver(t, l.admin())
	want := scope("a")
	want.Settings.ConsentScreenText = "consent " + composed
	want.Description = composed
	made := create(t, d, want)
	l.AddClientScope(t, app, "a", "default")
	l.UpdateScope(t, "a", map[string]any{"description": decomposed, "attributes": map[string]string{attrConsentText: "consent " + decomposed}})
	l.MapRoles(t, "a", decomposed)
	l.MapClientRole(t, "a", "shop", "r-"+decomposed)
	reader, _ := newDriver(t, l.serviceAccount("reader", "view-clients", "view-realm"))
	for who, d := range map[string]*Driver{"by export": d, "one by one": reader} {
		s := get1(t, d, "a")
		if s.Description != composed || s.Settings.ConsentScreenText != "consent "+composed || !slices.Equal(s.UserTypes, []string{composed}) ||
			!slices.Equal(s.ClientRoles, []string{"client/shop/r-" + composed}) {
			t.Errorf("%s: %+q", who, fmt.Sprint(s))
		}
		listing := list(t, d)
		if u, ok := listing.UserType("staff"); !ok || !slices.Equal(u.Contains, []string{composed}) {
			t.Errorf("%s: %+v", who, u)
		}
		if _, ok := listing.UserType(composed); !ok {
			t.Errorf("%s: the role is not listed", who)
		}
	}
	made.UserTypes, made.ClientRoles = []string{composed}, []string{"client/shop/r-" + composed}
	w.take()
	if _, err := d.UpdateScope(t.Context(), "", get1(t, d, "a"), made); err != nil {
		t.Fatal(err)
	}
	if sent := strings.Join(w.take(), " "); strings.Contains(sent, "PUT") {
		t.Errorf("sent %s", sent)
	}
	// By name and by ID the role is found, revoked and granted.
	l.UnmapClientRole(t, "a", "shop", "r-"+decomposed)
	byID, _ := list(t, d).UserType(composed)
	for _, u := range []authz.UserType{{Name: composed}, byID} {
		if _, err := d.ChangeUserType(t.Context(), "", authz.UserTypeChange{UserType: u, Revoke: []authz.Scope{get1(t, d, "a")}}); err != nil {
			t.Fatal(err)
		}
		if got := own(l.UserScopes(t, app, user)); got != "" {
			t.Errorf("revoked: the token holds %q", got)
		}
		if _, err := d.ChangeUserType(t.Context(), "", authz.UserTypeChange{UserType: u, Grant: []authz.Scope{get1(t, d, "a")}}); err != nil {
			t.Fatal(err)
		}
		if got := own(l.UserScopes(t, app, user)); got != "a" {
			t.Errorf("granted: the token holds %q", got)
		}
	}
	set, err := d.ReadClientScopes(t.Context(), "", "c-"+composed)
	if err != nil || set.ClientID != "c-"+composed {
		t.Errorf("%+v, %v", set, err)
	}
	// The user types of a scope that is opened are those that the plan named.
	live := get1(t, d, "a")
	open := live
	open.Settings.Access = authz.AccessEveryone
	if _, err := d.UpdateScope(t.Context(), "", live, open); err != nil {
		t.Fatal(err)
	}
	l.MapRoles(t, "a", decomposed)
	// Two roles with one normal form stay apart.
	l.CreateRoles(t, composed)
	listing := list(t, d)
	if s, _ := listing.Scope("a"); !slices.Equal(s.UserTypes, []string{decomposed}) {
		t.Errorf("%+q", s.UserTypes)
	}
	if len(listing.ScopesOf(composed)) > 0 {
		t.Error("the other role has the scope")
	}
}

// A guard role in another form of its name is found, and its holders are.
func TestGuardInAnotherForm(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.CreateRole(t, server.Role{Name: norm.NFD.String("gard\u00e9"), Attributes: map[string][]string{attrGuard: {"true"}}})
	l.CreateUser(t, "user", norm.NFD.String("gard\u00e9"))
	cfg := l.admin()
	cfg.GuardRole = "gard\u00e9"
	d, _ := newDriver(t, cfg)
	if got := summaries(list(t, d)); !strings.Contains(got, "is assigned to 1 user") {
		t.Errorf("notes: %q", got)
	}
}

// A realm import can create a client scope that the API refuses.
func TestImportedScopeNames(t *testing.T) {
	t.Parallel()
	realm := strings.ToLower(server.RealmPrefix + rand.Text()[:10])
	l := &lab{Realm: suite.ForTest(t).NewRealmFrom(t, map[string]any{
		"realm": realm, "enabled": true,
		"clientScopes": []map[string]any{{"name": "", "protocol": protocolOIDC}, {"name": decomposed, "protocol": protocolOIDC}},
	}), t: t, clients: map[string]server.Client{}}
	var nameless string
	for _, s := range l.Scopes(t) {
		if s.Name == "" {
			nameless = s.ID
		}
	}
	admin, readers := l.readers()
	for _, d := range readers {
		_, err := readAll(t.Context(), d)
		wantKind(t, err, authz.Unavailable, "client scope without a name (id "+nameless, "Give that client scope a name, or delete it", "/client-scopes/"+nameless)
		if strings.Contains(drivertest.Advice(err), "base_path") {
			t.Errorf("advice: %s", drivertest.Advice(err))
		}
	}
	l.do(http.MethodDelete, nil, nil, "client-scopes", nameless)
	s := get1(t, admin, composed)
	if err := admin.DeleteScope(t.Context(), "", s); err != nil {
		t.Fatal(err)
	}
	if _, found := l.FindScope(t, decomposed); found {
		t.Error("the scope is still on the server")
	}
}

// The longest texts that are not refused are stored, and longer ones fail.
func TestLongestTexts(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	d, _ := newDriver(t, l.admin())
	emoji := func(n int) string { return strings.Repeat("\U0001f600", n) }
	for i, text := range []struct{ description, consent string }{
		{strings.Repeat("\u6f22", 255), strings.Repeat("\u6f22", 2048)}, {emoji(127) + "a", emoji(1024)},
	} {
		want := scope(fmt.Sprintf("a%d", i))
		want.Description, want.Settings.ConsentScreenText = text.description, text.consent
		create(t, d, want)
		if got := get1(t, d, want.Name); got.Description != text.description || got.Settings.ConsentScreenText != text.consent {
			t.Errorf("%+v", got)
		}
		for _, longer := range []map[string]any{{"description": text.description + "a"}, {"attributes": map[string]string{attrConsentText: text.consent + "a"}}} {
			longer["name"] = want.Name
			if err := l.Do(t.Context(), "PUT", longer, nil, "client-scopes", l.Scope(t, want.Name).ID); err == nil {
				t.Errorf("%d: the server stores one more", i)
			}
		}
		want.Settings.ConsentScreenText += "a"
		_, err := d.UpdateScope(t.Context(), "", get1(t, d, want.Name), want)
		wantKind(t, err, authz.Invalid, "consent_screen_text", "2048")
	}
}
