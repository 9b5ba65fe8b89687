package venafi

import (
	"context"
	"slices"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// List reads the scopes with their restrictions, under their names without restrictions. With an
// application ID it also reads that application's rules. The user types of a scope are those
// whose rule has it with any restriction; UserTypeScopes returns the restrictions.
// https://docs.venafi.com/Docs/current/TopNav/Content/SDK/WebSDK/r-SDK-POST-oauth-getscopes.php
func (d *Driver) List(ctx context.Context, serverID string) (*authz.Snapshot, error) {
	const op = "list scopes"
	application, err := d.ServerID(serverID)
	if err != nil {
		return nil, err
	}
	e, err := d.read(ctx, op, "getscopes", struct{}{})
	switch {
	case err != nil:
		return nil, err
	case e.Scopes == nil:
		return nil, authz.Advise(authz.Unavailable, op, adviceURL, "the response has no Scopes")
	}
	var rules []rule
	if application != "" {
		if rules, err = d.rules(ctx, op, application); err != nil {
			return nil, err
		}
		for _, r := range rules {
			if err := r.requireMaximumScope(op); err != nil {
				return nil, err
			}
		}
	}
	return listing(e.Scopes, rules), nil
}

func listing(scopes []scopeJSON, rules []rule) *authz.Snapshot {
	l := &authz.Snapshot{}
	for _, s := range scopes {
		name := strings.ToLower(strings.TrimSpace(s.Scope))
		if name == "" {
			continue
		}
		known, _ := l.Scope(name) // merges the restrictions of a name that is listed twice
		known.Name = name
		for _, r := range s.RestrictionList {
			known.Restrictions = append(known.Restrictions, strings.ToLower(strings.TrimSpace(r)))
		}
		known.Restrictions = authz.NameSet(known.Restrictions...)
		l.Put(known)
	}
	for _, r := range rules {
		name := r.text(fieldTrustee)
		l.UserTypes = append(l.UserTypes, authz.UserType{Name: name})
		for _, base := range bases(r.scopes()) {
			if s, ok := l.Scope(base); ok {
				l.Put(s.WithUserType(name, true))
			}
		}
	}
	slices.SortFunc(l.UserTypes, func(a, b authz.UserType) int { return strings.Compare(a.Name, b.Name) })
	return l
}

// bases returns the names without restrictions, sorted.
func bases(names []string) []string {
	found := make([]string, 0, len(names))
	for _, n := range names {
		base, _, _ := strings.Cut(n, ":")
		found = append(found, base)
	}
	return authz.NameSet(found...)
}
