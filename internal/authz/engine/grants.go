package engine

import (
	"context"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

// ReadUserTypes returns a snapshot with the scopes of all user types of a server. If user types
// are read one by one, it also has the user types and scopes that are planned or held (in state),
// by name alone and in their spelling, because such a server accepts any name. If a user type is
// Unread, its held grants are used.
func (s *Server) ReadUserTypes(ctx context.Context, serverID string, planned, held diff.Grants) (*authz.Snapshot, error) {
	reader, ok := s.driver.(authz.UserTypeReader)
	if !ok {
		l, err := visible(s.snapshot(serverID).Read(ctx, nil))
		if err != nil {
			return nil, err
		}
		return visible(s.resolve(ctx, serverID, append(planned.UserTypes(), held.UserTypes()...), l))
	}
	read, err := s.snapshotOf(snapshotKey{server: serverID, all: true}, func(ctx context.Context, serverID string) (*authz.Snapshot, error) {
		sets, err := reader.ListUserTypes(ctx, serverID)
		l := &authz.Snapshot{UserTypes: []authz.UserType{}}
		for _, set := range sets {
			addUserType(l, set)
		}
		return l, err
	}).Read(ctx, nil)
	if err != nil {
		return nil, err
	}
	return s.respell(read, planned, held), nil
}

// resolve returns the snapshot of a server with the user types that List omits or has
// Unexpanded. A user type that does not exist is missing.
func (s *Server) resolve(ctx context.Context, serverID string, userTypes []string, l *authz.Snapshot) (*authz.Snapshot, error) {
	resolver, ok := s.driver.(authz.UserTypeResolver)
	if !ok {
		return l, nil
	}
	var (
		mu    sync.Mutex
		found []authz.UserType
	)
	group, stop := errgroup.WithContext(ctx)
	group.SetLimit(s.concurrency)
	for _, name := range authz.NameSet(userTypes...) {
		if u, listed := l.UserType(name); listed && !u.Unexpanded || !listed && !authz.IsClientRole(name) {
			continue
		}
		group.Go(func() error {
			if stop.Err() != nil { // another one failed while this one waited
				return interrupted(stop)
			}
			u, err := resolver.ResolveUserType(ctx, serverID, name)
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				found = append(found, u)
			}
			if authz.IsNotFound(err) {
				return nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil || len(found) == 0 {
		return l, err
	}
	s.snapshot(serverID).Wrote(func(l *authz.Snapshot) { l.Expand(found...) })
	return s.snapshot(serverID).Read(ctx, nil)
}

// respell returns a snapshot in which user types have the spelling of the planned or held grants,
// with the user types and scopes of these grants.
func (s *Server) respell(read *authz.Snapshot, planned, held diff.Grants) *authz.Snapshot {
	key := func(name string) string { return name }
	if speller, ok := s.driver.(authz.UserTypeSpeller); ok {
		key = speller.UserTypeKey
	}
	l := &authz.Snapshot{UserTypes: []authz.UserType{}}
	spelling := map[string]string{}
	for _, userType := range append(planned.UserTypes(), held.UserTypes()...) {
		if _, known := spelling[key(userType)]; !known {
			spelling[key(userType)] = userType
		}
		addKnown(l, planned[userType])
		addKnown(l, held[userType])
	}
	for _, u := range read.UserTypes {
		set := authz.UserTypeSet{UserType: u, Scopes: authz.Names(read.ScopesOf(u.Name))}
		if name, listed := spelling[key(u.Name)]; listed {
			set.Name = name
			delete(spelling, key(u.Name))
		}
		if u.Unread {
			set.Scopes = held[set.Name]
		}
		addUserType(l, set)
	}
	for _, userType := range slices.Sorted(maps.Values(spelling)) {
		addUserType(l, authz.UserTypeSet{UserType: authz.UserType{Name: userType}})
	}
	return l
}

// addUserType adds a user type and its scopes to a snapshot.
func addUserType(l *authz.Snapshot, set authz.UserTypeSet) {
	set.ID = set.Name
	l.UserTypes = append(l.UserTypes, set.UserType)
	addKnown(l, set.Partial)
	addGrants(l, set.Name, set.Scopes)
}

// addKnown adds scopes that are known by name, except those that the snapshot has.
func addKnown(l *authz.Snapshot, names []string) {
	for _, name := range names {
		if _, listed := l.Scope(name); !listed {
			l.Put(authz.Scope{Name: name})
		}
	}
}

func addGrants(l *authz.Snapshot, userType string, scopes []string) {
	for _, name := range scopes {
		s, _ := l.Scope(name)
		s.Name = name // a scope that is not in the snapshot
		l.Put(s.WithUserType(userType, true))
	}
}

// ApplyUserTypes limits scopes, grants them and revokes them, in this order, for several user
// types. If a server replaces all scopes of a user type, or has rules, one write changes a user
// type, and user types with new grants come first. After an error it starts no further write.
func (s *Server) ApplyUserTypes(ctx context.Context, serverID string, changes []authz.UserTypeChange) error {
	caps := s.driver.Capabilities()
	whole := caps.UserTypesReplaced || caps.UserTypeRules
	granter, grantsScopes := s.driver.(authz.ScopeGranter)
	for i, phase := range userTypePhases(changes, whole) {
		var tasks []func() error
		if grantsScopes && !whole && i == phaseGrant && len(phase) > 1 {
			tasks = append(tasks, func() error { return s.grantScopes(ctx, serverID, granter, phase) })
		} else {
			for _, c := range phase {
				tasks = append(tasks, func() error { return s.ApplyUserType(ctx, serverID, c) })
			}
		}
		if err := s.each(ctx, tasks, func() {}); err != nil {
			return err
		}
	}
	return nil
}

// grantScopes grants scopes to several user types at once.
func (s *Server) grantScopes(ctx context.Context, serverID string, granter authz.ScopeGranter, changes []authz.UserTypeChange) error {
	if err := s.EnsureWritable(ctx, serverID); err != nil {
		return err
	}
	touched, err := granter.GrantScopes(ctx, serverID, changes)
	return s.recordWrite(serverID, err, func(l *authz.Snapshot) {
		byID := make(map[string]authz.Scope, len(touched))
		for _, scope := range touched {
			byID[scope.ID] = scope
		}
		for _, c := range changes {
			for _, granted := range c.Grant {
				mergeUserType(l, c.UserType.Name, byID[granted.ID])
			}
		}
	})
}

// The phases of userTypePhases.
const (
	phaseGuard = iota
	phaseGrant
	phaseRevoke
)

// userTypePhases divides changes into phases. whole is true if a change cannot be divided.
func userTypePhases(changes []authz.UserTypeChange, whole bool) [3][]authz.UserTypeChange {
	var phases [3][]authz.UserTypeChange
	for _, c := range changes {
		if whole {
			phase := phaseRevoke
			if len(c.Grant) > 0 {
				phase = phaseGrant
			}
			phases[phase] = append(phases[phase], c)
			continue
		}
		for i, part := range [3]authz.UserTypeChange{phaseGuard: {Guard: c.Guard}, phaseGrant: {Grant: c.Grant}, phaseRevoke: {Revoke: c.Revoke}} {
			if len(part.Guard)+len(part.Grant)+len(part.Revoke) > 0 {
				part.UserType = c.UserType
				phases[i] = append(phases[i], part)
			}
		}
	}
	return phases
}
