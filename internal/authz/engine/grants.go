package engine

import (
	"context"
	"slices"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

// ReadUserTypes returns a listing with the scopes of all user types of a server. Where sets
// are read one by one, it has these sets and the scopes in known, which such a server
// accepts by name alone. held are the grants in state: they count for a user type that is
// Unread.
func (s *Server) ReadUserTypes(ctx context.Context, serverID string, held diff.Grants, known []string) (*authz.Listing, error) {
	reader, ok := s.driver.(authz.UserTypeReader)
	if !ok {
		return s.ReadSnapshot(ctx, serverID)
	}
	snap := s.snapshotOf(snapshotKey{server: serverID, all: true}, func(ctx context.Context) (*authz.Listing, error) {
		sets, err := reader.ListUserTypes(ctx, serverID)
		l := &authz.Listing{UserTypes: []authz.UserType{}}
		for _, set := range sets {
			addUserType(l, set)
		}
		return l, err
	})
	read, err := snap.Read(ctx)
	if err != nil {
		return nil, err
	}
	l := *read
	l.Scopes = slices.Clone(l.Scopes)
	for _, u := range l.UserTypes {
		if u.Unread {
			addGrants(&l, u.Name, held[u.Name])
		}
	}
	addKnown(&l, known)
	return &l, nil
}

// addUserType adds the set of a user type to a listing.
func addUserType(l *authz.Listing, set authz.UserTypeSet) {
	set.ID = set.Name
	l.UserTypes = append(l.UserTypes, set.UserType)
	addKnown(l, set.Partial)
	addGrants(l, set.Name, set.Scopes)
}

// addKnown adds scopes that are known by name, except those that the listing has.
func addKnown(l *authz.Listing, names []string) {
	for _, name := range names {
		if _, listed := l.Scope(name); !listed {
			l.Put(authz.Scope{Name: name})
		}
	}
}

func addGrants(l *authz.Listing, userType string, scopes []string) {
	addKnown(l, scopes)
	for _, name := range scopes {
		s, _ := l.Scope(name)
		l.Put(s.WithUserType(userType, true))
	}
}

// ApplyUserTypes changes the scopes of several user types: it limits, then grants, then
// revokes. A user type that a server replaces as a whole, or by a rule, is changed by one
// write, and those that are granted something come first. After an error nothing further
// is begun.
func (s *Server) ApplyUserTypes(ctx context.Context, serverID string, changes []authz.UserTypeChange) error {
	caps := s.driver.Capabilities()
	for _, phase := range userTypePhases(changes, caps.UserTypesReplaced || caps.UserTypeRules) {
		var tasks []func() error
		for _, c := range phase {
			tasks = append(tasks, func() error { return s.ApplyUserType(ctx, serverID, c) })
		}
		if err := s.each(ctx, tasks); err != nil {
			return err
		}
	}
	return nil
}

// userTypePhases divides changes into those that must be done before others. whole is true
// if a change cannot be divided.
func userTypePhases(changes []authz.UserTypeChange, whole bool) [3][]authz.UserTypeChange {
	var phases [3][]authz.UserTypeChange
	for _, c := range changes {
		if whole {
			phase := 2
			if len(c.Grant) > 0 {
				phase = 1
			}
			phases[phase] = append(phases[phase], c)
			continue
		}
		for i, part := range [3]authz.UserTypeChange{{Guard: c.Guard}, {Grant: c.Grant}, {Revoke: c.Revoke}} {
			if len(part.Guard)+len(part.Grant)+len(part.Revoke) > 0 {
				part.UserType = c.UserType
				phases[i] = append(phases[i], part)
			}
		}
	}
	return phases
}
