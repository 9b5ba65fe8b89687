package keycloak

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings"
)

// Each setting has an attribute of its own, or requests of its own.
func TestStorageIsComplete(t *testing.T) {
	attributes := map[string]string{}
	for id, row := range settings.Rows() {
		target := storage[id]
		if target.encoding == undeclared || (target.encoding == byRequests) != (target.attribute == "") ||
			(target.encoding == asTruth) != (row.Kind == settings.KindBool) && target.attribute != "" {
			t.Errorf("it is not declared how Keycloak stores %s: %+v", row.Name, target)
		}
		if other := attributes[target.attribute]; target.attribute != "" && other != "" {
			t.Errorf("%s and %s are in the same attribute %s", other, row.Name, target.attribute)
		}
		attributes[target.attribute] = row.Name
	}
}

func TestSettings(t *testing.T) {
	for name, test := range map[string]struct {
		attributes map[string]string
		want       authz.Settings
	}{
		"none":  {nil, authz.Settings{DisplayOnConsentScreen: true, IncludeInTokenScope: true, IncludeInOpenIDProviderMetadata: true}},
		"empty": {map[string]string{attrConsent: "", attrInToken: "", attrInMetadata: "", attrOrder: "", attrConsentText: ""}, authz.Settings{}},
		"true": {
			map[string]string{attrConsent: "true", attrInToken: "TRUE", attrInMetadata: "true"},
			authz.Settings{DisplayOnConsentScreen: true, IncludeInTokenScope: true, IncludeInOpenIDProviderMetadata: true},
		},
		"false": {map[string]string{attrConsent: "false", attrInToken: "no", attrInMetadata: "false"}, authz.Settings{}},
		"values": {
			map[string]string{attrConsent: "x", attrInToken: "x", attrInMetadata: "x", attrOrder: "7", attrConsentText: "${t}"},
			authz.Settings{GUIOrder: "7", ConsentScreenText: "${t}"},
		},
	} {
		test.want.Access, test.want.AssignedType = authz.AccessEveryone, authz.AssignedOptional
		if got := toScope(scopeRep{Name: "a", Attributes: test.attributes}, mapped{}, authz.AssignedOptional, "").Settings; !settings.Equal(got, test.want) {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}

func TestAccess(t *testing.T) {
	for name, test := range map[string]struct {
		mapped mapped
		guard  string
		want   authz.Access
		types  []string
	}{
		"nothing":             {mapped{}, "g", authz.AccessEveryone, nil},
		"guard":               {mapped{realm: []string{"g"}}, "g", authz.AccessUserTypes, nil},
		"guard and roles":     {mapped{realm: []string{"z", "g", "a"}}, "g", authz.AccessUserTypes, []string{"a", "z"}},
		"roles":               {mapped{realm: []string{"z", "a"}}, "g", authz.AccessUnguarded, []string{"a", "z"}},
		"client role":         {mapped{client: []string{"c/r"}}, "g", authz.AccessUnguarded, nil},
		"client role, guard":  {mapped{realm: []string{"g"}, client: []string{"c/r"}}, "g", authz.AccessUserTypes, nil},
		"no guard there":      {mapped{realm: []string{"g"}}, "", authz.AccessUnguarded, []string{"g"}},
		"client role named g": {mapped{client: []string{"g"}}, "g", authz.AccessUnguarded, nil},
	} {
		got := toScope(scopeRep{Name: "a"}, test.mapped, authz.AssignedNone, test.guard)
		if got.Settings.Access != test.want || !slices.Equal(got.UserTypes, test.types) {
			t.Errorf("%s: %s %v", name, got.Settings.Access, got.UserTypes)
		}
	}
	for attribute, want := range map[string]authz.Access{"everyone": authz.AccessEveryone, "user_types": authz.AccessUserTypes, "": "", "unguarded": "", "x": ""} {
		if got := toScope(scopeRep{Attributes: map[string]string{attrAccess: attribute}}, mapped{}, "", "").LastAppliedAccess; got != want {
			t.Errorf("%q is read as %q", attribute, got)
		}
	}
	for roles, want := range map[string]authz.Access{
		"": authz.AccessEveryone, "g": authz.AccessUnguarded,
		"g a": authz.AccessUnguarded, "a": authz.AccessUnguarded,
	} {
		rep := scopeRep{Name: "a", Attributes: map[string]string{attrAccess: "everyone"}}
		if got := toScope(rep, mapped{realm: strings.Fields(roles)}, "", "g"); got.Settings.Access != want || got.LastAppliedAccess != authz.AccessEveryone {
			t.Errorf("noted as open, mapped to %q: read as %s, intended %s", roles, got.Settings.Access, got.LastAppliedAccess)
		}
	}
}

func TestBuiltIn(t *testing.T) {
	for _, name := range builtInScopes {
		if !toScope(scopeRep{Name: name}, mapped{}, "", "").BuiltIn {
			t.Error(name)
		}
	}
	if toScope(scopeRep{Name: "Basic"}, mapped{}, "", "").BuiltIn || toScope(scopeRep{Name: "read:a"}, mapped{}, "", "").BuiltIn {
		t.Error("not built-in")
	}
	// No attribute hides a scope from plans and reports.
	for _, attribute := range []string{"is.parameterized.scope", "is.dynamic.scope"} {
		got := toScope(scopeRep{Name: "evil:all", Attributes: map[string]string{attribute: "true"}}, mapped{}, "", "")
		if got.BuiltIn || got.Settings.Access != authz.AccessEveryone {
			t.Errorf("%s: built in %v, access %s", attribute, got.BuiltIn, got.Settings.Access)
		}
	}
	// The configuration check and the snapshot agree about every name.
	for _, name := range append([]string{"openid", "Basic", "read:a"}, builtInScopes...) {
		if a, b := new(Driver).IsBuiltIn(name), toScope(scopeRep{Name: name}, mapped{}, "", "").BuiltIn; a != b {
			t.Errorf("%s: IsBuiltIn %v, snapshot %v", name, a, b)
		}
	}
}

func TestAttributesSent(t *testing.T) {
	want := scope("a")
	if got := newAttributes(want); !maps.Equal(got, map[string]string{
		attrConsent: "true", attrConsentText: "", attrInToken: "true", attrInMetadata: "true", attrAccess: "user_types",
	}) {
		t.Errorf("new: %v", got)
	}
	want.Settings.GUIOrder = "3"
	if got := newAttributes(want)[attrOrder]; got != "3" {
		t.Errorf("order %q", got)
	}
	base := scope("a")
	base.LastAppliedAccess = authz.AccessUserTypes
	for name, test := range map[string]struct {
		live, want func(*authz.Settings)
		sent       map[string]string
	}{
		"nothing":    {nil, nil, map[string]string{}},
		"consent":    {nil, func(s *authz.Settings) { s.DisplayOnConsentScreen = false }, map[string]string{attrConsent: "false"}},
		"text":       {nil, func(s *authz.Settings) { s.ConsentScreenText = "t" }, map[string]string{attrConsentText: "t"}},
		"text away":  {func(s *authz.Settings) { s.ConsentScreenText = "t" }, nil, map[string]string{attrConsentText: ""}},
		"token":      {func(s *authz.Settings) { s.IncludeInTokenScope = false }, nil, map[string]string{attrInToken: "true"}},
		"metadata":   {nil, func(s *authz.Settings) { s.IncludeInOpenIDProviderMetadata = false }, map[string]string{attrInMetadata: "false"}},
		"order":      {nil, func(s *authz.Settings) { s.GUIOrder = "1" }, map[string]string{attrOrder: "1"}},
		"order kept": {func(s *authz.Settings) { s.GUIOrder = "1" }, nil, map[string]string{}},
		"opened":     {nil, func(s *authz.Settings) { s.Access = authz.AccessEveryone }, map[string]string{attrAccess: "everyone"}},
		"as found":   {nil, func(s *authz.Settings) { s.Access = authz.AccessUnguarded }, map[string]string{}},
		"open, as found": {
			func(s *authz.Settings) { s.Access = authz.AccessEveryone },
			func(s *authz.Settings) { s.Access = authz.AccessUnguarded },
			map[string]string{},
		},
	} {
		live, want := base, base
		if test.live != nil {
			test.live(&live.Settings)
		}
		if test.want != nil {
			test.want(&want.Settings)
		}
		if got := changedAttributes(live, want, intendedAfter(live, want)); !maps.Equal(got, test.sent) {
			t.Errorf("%s: %v, want %v", name, got, test.sent)
		}
	}
	live, opened := scope("a"), scope("a")
	live.Settings.Access, live.LastAppliedAccess = authz.AccessEveryone, authz.AccessEveryone
	if got := changedAttributes(live, opened, intendedAfter(live, opened)); !maps.Equal(got, map[string]string{attrAccess: "user_types"}) {
		t.Errorf("closed: %v", got)
	}
	if diff.Defaults().Access != authz.AccessUserTypes {
		t.Error("the tests rest on a limited default")
	}
}

func TestCreatedID(t *testing.T) {
	for location, want := range map[string]string{
		"http://h/admin/realms/r/client-scopes/1-2": "1-2", "/admin/realms/r/client-scopes/1-2": "1-2",
		"http://h/admin/realms/r/client-scopes/": "", "": "", "/": "",
	} {
		if got := createdID(location); got != want {
			t.Errorf("%q: %q", location, got)
		}
	}
}
