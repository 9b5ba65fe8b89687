package diff

import (
	"cmp"
	"maps"
	"slices"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// Patch is a part of the settings of a scope; what is nil is not said.
type Patch struct {
	DisplayOnConsentScreen          *bool
	ConsentScreenText               *string
	IncludeInTokenScope             *bool
	IncludeInOpenIDProviderMetadata *bool
	GUIOrder                        *string
	AssignedType                    *authz.AssignedType
	Access                          *authz.Access
}

// Defaults are the settings of a scope about which nothing is said. GUIOrder ""
// leaves the order as it is.
func Defaults() authz.Settings {
	return authz.Settings{
		DisplayOnConsentScreen:          true,
		IncludeInTokenScope:             true,
		IncludeInOpenIDProviderMetadata: true,
		AssignedType:                    authz.AssignedNone,
		Access:                          authz.AccessUserTypes,
	}
}

// Over is base with what the patch says.
func (p Patch) Over(base authz.Settings) authz.Settings {
	set(&base.DisplayOnConsentScreen, p.DisplayOnConsentScreen)
	set(&base.ConsentScreenText, p.ConsentScreenText)
	set(&base.IncludeInTokenScope, p.IncludeInTokenScope)
	set(&base.IncludeInOpenIDProviderMetadata, p.IncludeInOpenIDProviderMetadata)
	set(&base.GUIOrder, p.GUIOrder)
	set(&base.AssignedType, p.AssignedType)
	set(&base.Access, p.Access)
	return base
}

func set[T any](to *T, value *T) {
	if value != nil {
		*to = *value
	}
}

// SameAccess reports whether a live access is what is wanted. A wanted
// "unguarded" means "as found": also a guarded scope is that.
func SameAccess(want, live authz.Access) bool {
	return want == live || want == authz.AccessUnguarded && live == authz.AccessUserTypes
}

// SameSettings reports whether live settings are what is wanted.
func SameSettings(want, live authz.Settings) bool {
	return Deviation(want, live, nil) == nil
}

// Deviation is what live settings say differently from base, nil when nothing.
// What the prior patch said is said again with the live value, so that a
// redundant entry of a configuration is not a difference; so is a prior patch
// that said nothing at all.
func Deviation(base, live authz.Settings, prior *Patch) *Patch {
	kept := Patch{}
	if prior != nil {
		kept = *prior
	}
	// What is wanted for this scope, not for all: a prior "unguarded" is as found.
	wanted := kept.Over(base)
	d := Patch{
		DisplayOnConsentScreen:          deviates(base.DisplayOnConsentScreen, live.DisplayOnConsentScreen, kept.DisplayOnConsentScreen),
		ConsentScreenText:               deviates(base.ConsentScreenText, live.ConsentScreenText, kept.ConsentScreenText),
		IncludeInTokenScope:             deviates(base.IncludeInTokenScope, live.IncludeInTokenScope, kept.IncludeInTokenScope),
		IncludeInOpenIDProviderMetadata: deviates(base.IncludeInOpenIDProviderMetadata, live.IncludeInOpenIDProviderMetadata, kept.IncludeInOpenIDProviderMetadata),
		AssignedType:                    deviates(base.AssignedType, live.AssignedType, kept.AssignedType),
		Access:                          kept.Access,
	}
	if base.GUIOrder != "" || kept.GUIOrder != nil {
		d.GUIOrder = deviates(base.GUIOrder, live.GUIOrder, kept.GUIOrder)
	}
	if !SameAccess(wanted.Access, live.Access) {
		d.Access = deviates(base.Access, live.Access, kept.Access)
	}
	if prior == nil && d == (Patch{}) {
		return nil
	}
	return &d
}

func deviates[T comparable](base, live T, kept *T) *T {
	if kept == nil && base == live {
		return nil
	}
	return &live
}

// Common finds the settings that the most scopes have, attribute by attribute,
// and what the others say differently. Without scopes they are the defaults.
// Access is never "everyone" for all.
func Common(scopes []authz.Scope) (authz.Settings, map[string]Patch) {
	base := Defaults()
	if len(scopes) > 0 {
		base = authz.Settings{
			DisplayOnConsentScreen:          commonest(scopes, func(s authz.Settings) bool { return s.DisplayOnConsentScreen }, boolLess),
			ConsentScreenText:               commonest(scopes, func(s authz.Settings) string { return s.ConsentScreenText }, cmp.Compare),
			IncludeInTokenScope:             commonest(scopes, func(s authz.Settings) bool { return s.IncludeInTokenScope }, boolLess),
			IncludeInOpenIDProviderMetadata: commonest(scopes, func(s authz.Settings) bool { return s.IncludeInOpenIDProviderMetadata }, boolLess),
			AssignedType:                    commonest(scopes, func(s authz.Settings) authz.AssignedType { return s.AssignedType }, cmp.Compare),
			Access:                          commonest(scopes, func(s authz.Settings) authz.Access { return forAll(s.Access) }, narrower),
		}
	}
	return base, Exceptions(base, scopes)
}

// Exceptions are what scopes say differently from base, by name.
func Exceptions(base authz.Settings, scopes []authz.Scope) map[string]Patch {
	exceptions := map[string]Patch{}
	for _, s := range scopes {
		d := Deviation(base, s.Settings, nil)
		// "unguarded" for all takes in a guarded one; as an exception it is said.
		if base.Access != s.Settings.Access && (d == nil || d.Access == nil) {
			if d == nil {
				d = &Patch{}
			}
			d.Access = &s.Settings.Access
		}
		if d != nil {
			exceptions[s.Name] = *d
		}
	}
	return exceptions
}

// forAll is an access that may hold for all scopes: what everyone gets is said
// scope by scope, or each scope that is added later would be born open.
func forAll(a authz.Access) authz.Access {
	if a == authz.AccessEveryone {
		return authz.AccessUserTypes
	}
	return a
}

// narrower orders by how few get a scope: user_types, unguarded.
func narrower(a, b authz.Access) int { return cmp.Compare(b, a) }

// commonest breaks ties by the smaller value, so that it is always the same one.
func commonest[T comparable](scopes []authz.Scope, of func(authz.Settings) T, compare func(a, b T) int) T {
	counts := map[T]int{}
	for _, s := range scopes {
		counts[of(s.Settings)]++
	}
	return slices.MinFunc(slices.Collect(maps.Keys(counts)), func(a, b T) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), compare(a, b))
	})
}

func boolLess(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}
