package base

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
)

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

// ReadScopes is ReadSnapshot for a caller that needs to know who has some scopes; see
// engine.Server.ReadScopes.
func (d *ProviderData) ReadScopes(ctx context.Context, diags *diag.Diagnostics, serverID string, needed ScopeTest) (*authz.Snapshot, bool) {
	l, err := d.Server.ReadScopes(ctx, serverID, needed)
	if !d.ReportSnapshot(diags, serverID, l, err) {
		return nil, false
	}
	d.warnOnce(diags, serverID, check.DifferentUsers(l))
	return l, true
}
