package settings

import (
	"cmp"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// ID is the index of a setting in the table.
type ID int

// The settings, in the order of the table.
const (
	DisplayOnConsentScreen ID = iota
	ConsentScreenText
	IncludeInTokenScope
	IncludeInOpenIDProviderMetadata
	GUIOrder
	AssignedType
	Access
	IncludedAudiences
	Count = iota // number of settings
)

// table is read only.
var table = [Count]Row{
	DisplayOnConsentScreen: {
		Name: "display_on_consent_screen", Kind: KindBool, Default: Bool(true),
		Description: "Whether to show the scope on the consent page of clients that require consent.",
		Reported:    "Whether the consent page shows the scope.",
		Get:         func(s authz.Settings) Value { return Bool(s.DisplayOnConsentScreen) },
		Set:         func(s *authz.Settings, v Value) { s.DisplayOnConsentScreen = v.Bool() },
	},
	ConsentScreenText: {
		Name: "consent_screen_text", Kind: KindText,
		Description: "Text for the consent page, instead of the description. Can be a message key such as `${readUsers}`.",
		Reported:    "Text for the consent page.",
		Get:         func(s authz.Settings) Value { return Text(s.ConsentScreenText) },
		Set:         func(s *authz.Settings, v Value) { s.ConsentScreenText = v.Text() },
	},
	IncludeInTokenScope: {
		Name: "include_in_token_scope", Kind: KindBool, Default: Bool(true),
		Description: "Whether to add the name of the scope to the `scope` claim of access tokens and to introspection.",
		Reported:    "Whether the `scope` claim contains the name of the scope.",
		Get:         func(s authz.Settings) Value { return Bool(s.IncludeInTokenScope) },
		Set:         func(s *authz.Settings, v Value) { s.IncludeInTokenScope = v.Bool() },
	},
	IncludeInOpenIDProviderMetadata: {
		Name: "include_in_openid_provider_metadata", Kind: KindBool, Default: Bool(true),
		Description: "Whether to add the scope to `scopes_supported` of the OpenID provider metadata.",
		Reported:    "Whether `scopes_supported` contains the scope.",
		Get:         func(s authz.Settings) Value { return Bool(s.IncludeInOpenIDProviderMetadata) },
		Set:         func(s *authz.Settings, v Value) { s.IncludeInOpenIDProviderMetadata = v.Bool() },
	},
	GUIOrder: {
		Name: "gui_order", Kind: KindNumber, NullKeeps: true,
		Description: "Position in the admin console and on the consent page, a whole number. Not managed if not set.",
		Reported:    "Position in the admin console.",
		Get:         func(s authz.Settings) Value { return Text(s.GUIOrder) },
		Set:         func(s *authz.Settings, v Value) { s.GUIOrder = v.Text() },
	},
	AssignedType: {
		Name: "assigned_type", Kind: KindChoice, Default: Text(string(authz.AssignedNone)),
		Choices:     []string{string(authz.AssignedNone), string(authz.AssignedDefault), string(authz.AssignedOptional)},
		Description: "Assignment of the scope to new clients. Existing clients do not change. Valid values are `none`, `default` and `optional`.",
		Reported:    "Assignment of the scope to new clients: `none`, `default` or `optional`.",
		Get:         func(s authz.Settings) Value { return Text(string(s.AssignedType)) },
		Set:         func(s *authz.Settings, v Value) { s.AssignedType = authz.AssignedType(v.Text()) },
	},
	Access: {
		Name: "access", Kind: KindChoice, Default: Text(string(authz.AccessUserTypes)),
		Choices: []string{string(authz.AccessUserTypes), string(authz.AccessEveryone), string(authz.AccessUnguarded)},
		Description: "Access to the scope. Required to import or adopt an open scope. Valid values are `user_types` (only users of the user types that list " +
			"the scope; no user if none lists it), " +
			"`everyone` (every user) and `unguarded` (as found: limited until the last role mapping is removed). " +
			"If `settings` of all scopes has `unguarded`, a new scope is created with `user_types`.",
		DefaultNote: "`user_types` for a new scope",
		Reported:    "Access to the scope: `user_types`, `everyone` or `unguarded` (limited until the last role mapping is removed).",
		Get:         func(s authz.Settings) Value { return Text(string(s.Access)) },
		Set:         func(s *authz.Settings, v Value) { s.Access = authz.Access(v.Text()) },
		fits: func(want, live Value) bool {
			return SameAccess(authz.Access(want.Text()), authz.Access(live.Text()))
		},
		shared:  limited,
		compare: func(a, b Value) int { return cmp.Compare(b.Text(), a.Text()) }, // "user_types" before "unguarded"
	},
	IncludedAudiences: {
		Name: "included_audiences", Kind: KindSet, NullKeeps: true, NullUnread: true,
		Description: "Audiences that the scope adds to the `aud` claim of access tokens. Not managed if not set; `[]` removes all. " +
			"On Keycloak, these are the protocol mappers of type `oidc-audience-mapper` that add to access tokens. Other protocol mappers are never changed.",
		Reported: "Audiences that the scope adds to the `aud` claim of access tokens, sorted.",
		Get:      func(s authz.Settings) Value { return Names(s.IncludedAudiences) },
		Set:      func(s *authz.Settings, v Value) { s.IncludedAudiences = v.Names() },
	},
}

// SameAccess reports whether a live access is what a configured access demands. A
// configured "unguarded" accepts a limited scope with or without its guard.
func SameAccess(want, live authz.Access) bool {
	return want == live || want == authz.AccessUnguarded && live == authz.AccessUserTypes
}

// limited returns an access that may apply to all scopes. "everyone" is configured
// for single scopes only, because otherwise every later scope would be created open.
func limited(access Value) Value {
	if access.Text() == string(authz.AccessEveryone) {
		return Text(string(authz.AccessUserTypes))
	}
	return access
}
