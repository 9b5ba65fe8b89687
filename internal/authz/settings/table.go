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
		Description: "Whether the scope is named on the consent page of clients that ask for consent.",
		Reported:    "Whether the consent page names it.",
		Get:         func(s authz.Settings) Value { return Bool(s.DisplayOnConsentScreen) },
		Set:         func(s *authz.Settings, v Value) { s.DisplayOnConsentScreen = v.Bool() },
	},
	ConsentScreenText: {
		Name: "consent_screen_text", Kind: KindText,
		Description: "Text for the consent page in place of the description; may be a message key such as `${readUsers}`.",
		Reported:    "Text for the consent page.",
		Get:         func(s authz.Settings) Value { return Text(s.ConsentScreenText) },
		Set:         func(s *authz.Settings, v Value) { s.ConsentScreenText = v.Text() },
	},
	IncludeInTokenScope: {
		Name: "include_in_token_scope", Kind: KindBool, Default: Bool(true),
		Description: "Whether the scope's name is in the `scope` claim of access tokens and in introspection.",
		Reported:    "Whether the `scope` claim has it.",
		Get:         func(s authz.Settings) Value { return Bool(s.IncludeInTokenScope) },
		Set:         func(s *authz.Settings, v Value) { s.IncludeInTokenScope = v.Bool() },
	},
	IncludeInOpenIDProviderMetadata: {
		Name: "include_in_openid_provider_metadata", Kind: KindBool, Default: Bool(true),
		Description: "Whether the scope is in `scopes_supported` of the OpenID provider metadata.",
		Reported:    "Whether `scopes_supported` has it.",
		Get:         func(s authz.Settings) Value { return Bool(s.IncludeInOpenIDProviderMetadata) },
		Set:         func(s *authz.Settings, v Value) { s.IncludeInOpenIDProviderMetadata = v.Bool() },
	},
	GUIOrder: {
		Name: "gui_order", Kind: KindNumber, NullKeeps: true,
		Description: "Place among the scopes in the admin console and on the consent page, a whole number. Left out, it is kept as it is.",
		Reported:    "Place in the admin console.",
		Get:         func(s authz.Settings) Value { return Text(s.GUIOrder) },
		Set:         func(s *authz.Settings, v Value) { s.GUIOrder = v.Text() },
	},
	AssignedType: {
		Name: "assigned_type", Kind: KindChoice, Default: Text(string(authz.AssignedNone)),
		Choices:     []string{string(authz.AssignedNone), string(authz.AssignedDefault), string(authz.AssignedOptional)},
		Description: "What clients that are created from now on get: `none`, `default` or `optional`. Existing clients are not changed.",
		Reported:    "What new clients get: `none`, `default` or `optional`.",
		Get:         func(s authz.Settings) Value { return Text(string(s.AssignedType)) },
		Set:         func(s *authz.Settings, v Value) { s.AssignedType = authz.AssignedType(v.Text()) },
	},
	Access: {
		Name: "access", Kind: KindChoice, Default: Text(string(authz.AccessUserTypes)),
		Choices: []string{string(authz.AccessUserTypes), string(authz.AccessEveryone), string(authz.AccessUnguarded)},
		Description: "Who gets the scope: `user_types` (only the user types that list it; while none does, nobody) or `everyone`. " +
			"`unguarded` leaves a scope that is limited now, but would open with its last user type, as it was found. " +
			"Where `settings` applies to all scopes, a new scope under `unguarded` is created as `user_types`.",
		DefaultNote: "`user_types` for a scope that is created; a scope that is imported or adopted while it is open needs the word",
		Reported:    "Who gets it: `user_types`, `everyone`, or `unguarded` (limited now, open to everyone as soon as the last user type is taken away).",
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
