package base

import "github.com/authscopes/terraform-provider-authscopes/internal/authz"

// ScopeTest reports whether a caller needs to know who has a scope of the server.
type ScopeTest func(authz.Scope) bool

// NamesOnly is for callers that need the names and IDs of scopes.
func NamesOnly(authz.Scope) bool { return false }

// Either combines what two callers need.
func (t ScopeTest) Either(other ScopeTest) ScopeTest {
	return func(s authz.Scope) bool { return t(s) || other(s) }
}

// WithNames selects scopes by name.
func WithNames(names ...string) ScopeTest {
	all := make(map[string]bool, len(names))
	for _, name := range names {
		all[name] = true
	}
	return func(s authz.Scope) bool { return all[s.Name] }
}
