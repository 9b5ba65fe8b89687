package keycloak

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// userDefaults is what a realm gives to every user.
type userDefaults struct {
	role   roleRep
	groups []string // paths of the default groups
	// complete is false if groups may be missing that the caller may not view.
	complete bool
}

// groupRep is a GroupRepresentation.
type groupRep struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Path     string `json:"path"`
	ParentID string `json:"parentId"`
}

// addDefaultGroups adds the roles of the default groups to the roles that every user
// has: new users join these groups, and get the roles of the groups above them, too.
// It takes no request if an export has no default group. Else it takes one request,
// one for each default group, and two for each group above one.
// https://www.keycloak.org/docs/latest/server_admin/#_default_groups
func (r realm) addDefaultGroups(ctx context.Context, roles *roleSet) error {
	known := roles.given
	if !known.complete {
		whole, err := r.seesAll(ctx, r.opRoles(), viewUsers...)
		if err == nil && whole && !r.hasRole(viewUsers...) {
			whole, err = r.seesUsers(ctx, roles)
		}
		if err != nil {
			return err
		}
		if !whole {
			roles.gaps = append(roles.gaps, r.groupGap(nil))
		}
	}
	if len(known.groups) == 0 {
		return nil
	}
	listed, err := get[[]groupRep](ctx, r, &call{op: r.opRoles(), needs: needViewRealm}, nil, "default-groups")
	if err != nil {
		return err
	}
	unread := slices.DeleteFunc(slices.Clone(known.groups), func(path string) bool {
		return slices.ContainsFunc(listed, func(g groupRep) bool { return g.Path == path })
	})
	seen := map[string]bool{}
	for _, group := range listed {
		whole, err := r.addGroupRoles(ctx, group, seen, roles)
		if err != nil {
			return err
		}
		if !whole {
			unread = append(unread, group.Path)
		}
	}
	if len(unread) > 0 {
		roles.gaps = append(roles.gaps, r.groupGap(unread))
	}
	return r.readContents(ctx, roles, slices.Clone(roles.ofGroups))
}

// addGroupRoles adds the roles of a group and of the groups above it. whole is false
// if the caller may not view one of them.
func (r realm) addGroupRoles(ctx context.Context, group groupRep, seen map[string]bool, roles *roleSet) (whole bool, err error) {
	c := func() *call { return &call{op: r.opRoles(), needs: needViewUsers} }
	for !seen[group.ID] {
		seen[group.ID] = true
		current, err := get[mappingsRep](ctx, r, c(), nil, "groups", group.ID, "role-mappings")
		if err != nil {
			return readGroup(err)
		}
		roles.addOfGroup(current)
		if group.ParentID == "" {
			return !group.isSubgroup(), nil
		}
		if group, err = get[groupRep](ctx, r, c(), nil, "groups", group.ParentID); err != nil {
			return readGroup(err)
		}
	}
	return true, nil
}

// readGroup returns whether a group that could not be read counts as read: one that
// was deleted in the meantime does, and one that is not visible does not.
func readGroup(err error) (whole bool, failed error) {
	switch {
	case authz.IsNotFound(err):
		return true, nil
	case hasStatus(err, http.StatusForbidden):
		return false, nil
	}
	return false, err
}

// addOfGroup adds the roles of a default group.
func (s *roleSet) addOfGroup(current mappingsRep) {
	found := slices.Clone(current.RealmMappings)
	for clientID, client := range current.ClientMappings {
		for _, role := range client.Mappings {
			s.clients[role.ContainerID] = clientID
			found = append(found, role)
		}
	}
	s.normalize(found)
	s.ofGroups = append(s.ofGroups, found...)
	for _, role := range found {
		s.defaults = append(s.defaults, role.ID)
	}
}

// isSubgroup reports whether there is a group above. Servers before version 23 do not
// return its ID.
func (g groupRep) isSubgroup() bool { return g.ParentID != "" || g.Path != "/"+g.Name }

// seesUsers reports whether the caller may view users, and so the default groups: a caller who
// may not gets an empty list of groups, not 403.
func (r realm) seesUsers(ctx context.Context, roles *roleSet) (bool, error) {
	err := roles.heldErr // of a request that needs the same right
	if roles.guard == nil || r.d.cfg.SkipGuardHolders {
		if len(r.tokenRoles()) > 0 {
			return false, nil
		}
		_, err = get[[]struct{}](ctx, r, &call{op: r.opRoles(), needs: needViewUsers}, map[string]string{"max": "1"}, "roles", roles.given.role.Name, "users")
	}
	if hasStatus(err, http.StatusForbidden) {
		return false, nil
	}
	return err == nil, err
}

// groupGap is the gap for default groups, all of them if none is named.
func (r realm) groupGap(paths []string) authz.Gap {
	subject := fmt.Sprintf("default groups of realm %q", r.name)
	if len(paths) > 0 {
		subject = fmt.Sprintf("roles of the default groups %s of realm %q", quoted(authz.NameSet(paths...)), r.name)
	}
	return r.gap(subject, "Every new user has the roles of these groups, and gets the scopes that are mapped to them.", needViewUsers, false)
}
