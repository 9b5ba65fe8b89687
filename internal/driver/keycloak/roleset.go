package keycloak

import (
	"cmp"
	"slices"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// roleSet has the roles of a realm.
type roleSet struct {
	realm    []roleRep
	contents map[string][]roleRep // by id of a composite role: what is directly inside
	clients  map[string]string    // client id by the client's UUID, where it was needed
	mapped   []roleRep            // the client roles that scopes are mapped to
	guard    *roleRep
	held     []authz.Warning // about users and groups that have the guard role directly
	heldErr  error           // why that could not be read
	taken    bool            // a role that is not ours has the guard's name
	// rivals are the roles with the guard's attribute if none of several has its name.
	rivals   []string
	given    userDefaults
	ofGroups []roleRep // the roles of default groups
	// known are the contents that checkGuard reads, too.
	known map[string][]roleRep
	// defaults are the IDs of the roles that every user has: the default role, and
	// the roles of default groups, except the groups that gaps names.
	defaults []string
	gaps     []authz.Gap
	// names are the normalized names of the realm roles, by the names on the server.
	names map[string]string
}

// normalize sets the names of roles to those that a snapshot has.
func (s *roleSet) normalize(roles []roleRep) {
	for i, role := range roles {
		roles[i].address, roles[i].Name = role.Name, nfc(role.Name)
		if !role.ClientRole {
			roles[i].Name = s.shownName(role.Name)
		}
	}
}

// shownName returns the name of a realm role that a snapshot has.
func (s *roleSet) shownName(name string) string {
	return authz.RealmRoleName(cmp.Or(s.names[name], nfc(name)))
}

// normalizeMapped does so for the realm roles that are mapped to scopes.
func (s *roleSet) normalizeMapped(current reading) {
	for scope, m := range current.mapped {
		for i, name := range m.realm {
			m.realm[i] = s.shownName(name)
		}
		current.mapped[scope] = m
	}
}

// findGuard finds the guard by its attribute, so that a renamed one is found. Of
// several, the guard is the one with the configured name. If none has it, each may be
// a user type with a copied attribute, and there is no guard.
func (s *roleSet) findGuard(name string) {
	var marked []roleRep
	for _, role := range s.realm {
		switch {
		case role.isGuard():
			marked = append(marked, role)
		case role.Name == name:
			s.taken = true
		}
	}
	named := slices.IndexFunc(marked, func(role roleRep) bool { return role.Name == name })
	switch {
	case named >= 0:
		s.guard = &marked[named]
	case len(marked) == 1:
		s.guard = &marked[0]
	default:
		s.rivals = roleNames(marked)
	}
}

// expand returns all roles that a role contains, directly and in other roles.
func (s roleSet) expand(id string) []roleRep {
	var all []roleRep
	seen := map[string]bool{id: true}
	for queue := []string{id}; len(queue) > 0; queue = queue[1:] {
		for _, inside := range s.contents[queue[0]] {
			if !seen[inside.ID] {
				seen[inside.ID] = true
				all = append(all, inside)
				queue = append(queue, inside.ID)
			}
		}
	}
	return all
}

// inside returns the roles that are directly in some roles, each once.
func (s roleSet) inside(some []roleRep) (all []roleRep) {
	seen := map[string]bool{}
	for _, role := range some {
		for _, inside := range s.contents[role.ID] {
			if !seen[inside.ID] {
				seen[inside.ID] = true
				all = append(all, inside)
			}
		}
	}
	return all
}

// expanded reports whether it is known what a role contains, directly and in other roles.
func (s roleSet) expanded(role roleRep) bool {
	if !s.isRead(role) {
		return false
	}
	return !slices.ContainsFunc(s.expand(role.ID), func(inside roleRep) bool { return !s.isRead(inside) })
}

// isRead reports whether the direct contents of a role are known.
func (s roleSet) isRead(role roleRep) bool {
	_, read := s.contents[role.ID]
	return read || !role.Composite
}

// deciding returns the roles that decide who has a scope: the default role, the guard role and
// those that scopes are mapped to.
func (s roleSet) deciding(current reading, some []roleRep) []roleRep {
	names := map[string]bool{}
	for _, m := range current.mapped {
		for _, name := range m.realm {
			names[s.shownName(name)], names[name] = true, true
		}
	}
	return slices.DeleteFunc(slices.Clone(some), func(role roleRep) bool {
		return role.ID != s.given.role.ID && !(s.guard != nil && role.ID == s.guard.ID) && !names[role.Name]
	})
}

// hasGuard reports whether a role contains the guard role directly.
func (s roleSet) hasGuard(id string) bool {
	return s.guard != nil && slices.ContainsFunc(s.contents[id], func(role roleRep) bool { return role.ID == s.guard.ID })
}

// everyone reports whether every user has the role or a role inside it.
// Keycloak compares expanded roles on both sides.
func (s roleSet) everyone(id string) bool {
	held := map[string]bool{}
	for _, id := range s.defaults {
		held[id] = true
		for _, role := range s.expand(id) {
			held[role.ID] = true
		}
	}
	return held[id] || slices.ContainsFunc(s.expand(id), func(role roleRep) bool { return held[role.ID] })
}

// guardName returns the name of the guard role, "" if there is none.
func (s roleSet) guardName() string {
	if s.guard == nil {
		return ""
	}
	return s.guard.Name
}

// guardOfAll returns the name of the guard role if every user has it. It then limits no
// scope, and counts as a user type, so that reports show the scopes that it opens.
func (s roleSet) guardOfAll() string {
	if s.guard != nil && s.everyone(s.guard.ID) {
		return s.guard.Name
	}
	return ""
}

// userTypes returns all realm roles except the guard role, unless every user has it.
func (s roleSet) userTypes() []authz.UserType {
	types := make([]authz.UserType, 0, len(s.realm))
	for _, role := range s.realm {
		guard := s.guard != nil && role.ID == s.guard.ID
		if !guard || s.guardOfAll() != "" {
			u := s.userType(role.Name, role)
			u.Guard = guard
			types = append(types, u)
		}
	}
	return types
}

// mappedRoles returns the client roles that scopes are mapped to, as
// authz.Snapshot.ClientRoles has them.
func (s roleSet) mappedRoles() []authz.UserType {
	all := make([]authz.UserType, 0, len(s.mapped))
	for _, role := range s.mapped {
		all = append(all, s.userType(s.clientRoleName(role), role))
	}
	slices.SortFunc(all, func(a, b authz.UserType) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

func (s roleSet) clientRoleName(role roleRep) string {
	return nfc(authz.ClientRoleName(cmp.Or(s.clients[role.ContainerID], role.ContainerID), role.Name))
}

// userType returns a role with what it contains, except the guard role. The client roles in
// a role that every user has are not listed: that takes a request, and every user gets the
// scopes of the role in any case.
func (s roleSet) userType(name string, role roleRep) authz.UserType {
	u := authz.UserType{Name: name, ID: role.ID, Everyone: s.everyone(role.ID), Unexpanded: !s.expanded(role)}
	for _, inside := range s.expand(role.ID) {
		switch {
		case s.guard != nil && inside.ID == s.guard.ID:
		case !inside.ClientRole:
			u.Contains = append(u.Contains, inside.Name)
		case !u.Everyone:
			u.ContainsClientRoles = append(u.ContainsClientRoles, s.clientRoleName(inside))
		}
	}
	u.Contains, u.ContainsClientRoles = authz.NameSet(u.Contains...), authz.NameSet(u.ContainsClientRoles...)
	return u
}
