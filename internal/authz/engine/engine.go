// Package engine executes changes on a server through its driver, in an order that never opens a
// scope by accident. It owns the snapshot of the server that all resources of a provider
// configuration share.
package engine

import (
	"context"
	"errors"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/progress"
)

// snapshotKey identifies a snapshot: of a server or, if the scopes of user types are read one by
// one, of one user type or of all.
type snapshotKey struct {
	server, userType string
	all              bool
}

// Server is the server of one provider configuration. It is safe for concurrent use.
type Server struct {
	driver      authz.Driver
	readOnly    bool
	concurrency int

	mu        sync.Mutex
	snapshots map[snapshotKey]*snapshotCache
	checked   map[string]bool // server IDs whose Preflight passed
	clients   clientCache
	uids      serverUIDs
	checking  sync.Mutex
}

// New returns a Server. concurrency is the maximum number of scopes that are written at once.
func New(driver authz.Driver, concurrency int, readOnly bool) *Server {
	return &Server{
		driver: driver, readOnly: readOnly, concurrency: max(concurrency, 1),
		snapshots: map[snapshotKey]*snapshotCache{}, checked: map[string]bool{},
	}
}

// Driver returns the driver of the server.
func (s *Server) Driver() authz.Driver { return s.driver }

// ReadSnapshot returns the snapshot of a server, which all resources share. The caller must not
// change it, and later writes do not change it. The error is Unsupported if the server cannot
// list scopes, and Denied if the access of some scopes is unknown.
func (s *Server) ReadSnapshot(ctx context.Context, serverID string) (*authz.Snapshot, error) {
	return visible(s.snapshot(serverID).Read(ctx, nil))
}

// ReadScopes is ReadSnapshot for a caller that needs the holders of the scopes that wanted
// selects. The holders of other scopes can be Unread if each scope costs a request. Parameterized
// scopes are always read, because they can cover the names of other scopes.
func (s *Server) ReadScopes(ctx context.Context, serverID string, wanted func(authz.Scope) bool) (*authz.Snapshot, error) {
	return visible(s.snapshot(serverID).Read(ctx, func(scope authz.Scope) bool { return scope.Parameterized || wanted(scope) }))
}

// ReadForReport is ReadSnapshot for reports: an unknown access is not an error. The snapshot also has
// the given user types that List omits, if they exist.
func (s *Server) ReadForReport(ctx context.Context, serverID string, userTypes ...string) (*authz.Snapshot, error) {
	l, err := s.snapshot(serverID).Read(ctx, nil)
	if err != nil {
		return nil, err
	}
	return s.resolve(ctx, serverID, userTypes, l)
}

// visible returns an error if the access of some scopes is unknown.
func visible(l *authz.Snapshot, err error) (*authz.Snapshot, error) {
	if err == nil && l.Hidden != nil {
		return nil, l.Hidden
	}
	return l, err
}

// snapshot returns the cache of a server.
func (s *Server) snapshot(serverID string) *snapshotCache {
	list := func(context.Context, string) (*authz.Snapshot, error) {
		return nil, authz.Errorf(authz.Unsupported, "list scopes", "%s cannot list scopes", s.driver.Capabilities().Server)
	}
	if lister, ok := s.driver.(authz.Lister); ok {
		list = lister.List
	}
	return s.snapshotOf(snapshotKey{server: serverID}, list)
}

func (s *Server) snapshotOf(key snapshotKey, list func(context.Context, string) (*authz.Snapshot, error)) *snapshotCache {
	s.mu.Lock()
	defer s.mu.Unlock()
	snap, ok := s.snapshots[key]
	if !ok {
		snap = newSnapshot(key.server, list)
		s.snapshots[key] = snap
	}
	return snap
}

// ReadUserType returns a snapshot with the scopes of one user type. If user types are read one by
// one, the snapshot has only that user type and the scopes in known, because such a server
// accepts scopes by name alone. The error is Unsupported if the user type cannot be read.
func (s *Server) ReadUserType(ctx context.Context, serverID, userType string, known []string) (*authz.Snapshot, error) {
	l, err := visible(s.userTypeSnapshot(serverID, userType).Read(ctx, nil))
	if err != nil {
		return nil, err
	}
	return s.selectUserType(ctx, serverID, userType, known, l)
}

// RefreshUserType is ReadUserType for a resource: if the user type cannot be read, it returns
// held, the scopes in state.
func (s *Server) RefreshUserType(ctx context.Context, serverID, userType string, held, known []string) (*authz.Snapshot, error) {
	_, reads := s.driver.(authz.UserTypeReader)
	inState := authz.UserTypeSet{UserType: authz.UserType{Name: userType}, Scopes: held}
	if reads && !s.driver.Capabilities().UserTypeDrift {
		return singleUserType(inState, known), nil
	}
	l, err := visible(s.userTypeSnapshot(serverID, userType).Read(ctx, nil))
	switch {
	case reads && err != nil && authz.KindOf(err) == authz.Unsupported: // this user type cannot be read
		return singleUserType(inState, known), nil
	case err != nil:
		return nil, err
	}
	return s.selectUserType(ctx, serverID, userType, known, l)
}

// userTypeSnapshot returns the cache that has a user type: one of its own if user types are read
// one by one, else the one of its server.
func (s *Server) userTypeSnapshot(serverID, userType string) *snapshotCache {
	reader, ok := s.driver.(authz.UserTypeReader)
	if !ok {
		return s.snapshot(serverID)
	}
	return s.snapshotOf(snapshotKey{server: serverID, userType: userType}, func(ctx context.Context, serverID string) (*authz.Snapshot, error) {
		set, err := reader.UserTypeScopes(ctx, serverID, userType)
		if err != nil && !authz.IsNotFound(err) {
			return nil, err
		}
		set.Name = userType
		return singleUserType(set, nil), nil
	})
}

// selectUserType completes the snapshot of userTypeSnapshot: with the scopes in known, or with a
// user type that List omits.
func (s *Server) selectUserType(ctx context.Context, serverID, userType string, known []string, l *authz.Snapshot) (*authz.Snapshot, error) {
	if _, ok := s.driver.(authz.UserTypeReader); !ok {
		return visible(s.resolve(ctx, serverID, []string{userType}, l))
	}
	u, _ := l.UserType(userType)
	return singleUserType(authz.UserTypeSet{UserType: u, Scopes: authz.Names(l.ScopesOf(userType))}, known), nil
}

// singleUserType returns a snapshot of one user type and of other scopes that are known by name.
func singleUserType(set authz.UserTypeSet, known []string) *authz.Snapshot {
	l := &authz.Snapshot{}
	addKnown(l, known)
	addUserType(l, set)
	return l
}

// EnsureWritable returns an error if nothing may be written: the provider is read_only, or the
// preflight of the driver fails. A preflight that passed is not repeated.
func (s *Server) EnsureWritable(ctx context.Context, serverID string) error {
	if s.readOnly {
		return &authz.Error{
			Kind: authz.Denied, Op: "write", Err: errors.New("the provider is configured with read_only = true"),
			Advice: authz.ReasonEngineReadOnly,
		}
	}
	checker, ok := s.driver.(authz.Preflighter)
	if !ok {
		return nil
	}
	s.checking.Lock()
	defer s.checking.Unlock()
	if s.checked[serverID] {
		return nil
	}
	if err := checker.Preflight(ctx, serverID); err != nil {
		return err
	}
	s.checked[serverID] = true
	return nil
}

// ApplyScopes limits, creates, updates, deletes and opens scopes, in this order. After an error
// it starts no further write, and waits for those that have begun. It returns the scopes that it
// created or updated, in any order, also those before an error. If the driver can verify writes,
// it does.
func (s *Server) ApplyScopes(ctx context.Context, serverID string, c diff.Scopes) ([]authz.Scope, error) {
	if c.Empty() {
		return nil, nil
	}
	if err := s.EnsureWritable(ctx, serverID); err != nil {
		return nil, err
	}
	writer, ok := s.driver.(authz.ScopeWriter)
	if !ok {
		return nil, authz.Errorf(authz.Unsupported, "write scopes", "%s cannot write scopes", s.driver.Capabilities().Server)
	}
	defer s.clients.outdate(serverID, c)
	w := &scopeWrites{server: s, writer: writer, serverID: serverID}
	written := progress.Count(ctx, "scopes written", len(c.Limit)+len(c.Create)+len(c.Change)+len(c.Delete)+len(c.Open))
	var phases [5][]func() error
	for _, u := range c.Limit {
		phases[0] = append(phases[0], func() error { return w.update(ctx, u) })
	}
	for _, want := range c.Create {
		phases[1] = append(phases[1], func() error { return w.create(ctx, want) })
	}
	for _, u := range c.Change {
		phases[2] = append(phases[2], func() error { return w.update(ctx, u) })
	}
	for _, gone := range c.Delete {
		phases[3] = append(phases[3], func() error { return w.delete(ctx, gone) })
	}
	for _, u := range c.Open {
		phases[4] = append(phases[4], func() error { return w.update(ctx, u) })
	}
	for _, phase := range phases {
		if err := s.each(ctx, phase, written); err != nil {
			return w.done, err
		}
	}
	return w.done, s.verify(ctx, serverID, w.done, c.Delete)
}

// verify lets the driver read what was written, once for all writes of a resource.
func (s *Server) verify(ctx context.Context, serverID string, written, deleted []authz.Scope) error {
	v, ok := s.driver.(authz.ScopeVerifier)
	if !ok {
		return nil
	}
	err := v.VerifyScopes(ctx, serverID, written, deleted)
	if err != nil {
		s.snapshot(serverID).Drop()
	}
	return err
}

// each runs tasks concurrently until one fails or ctx ends, and calls done after each success. It
// does not interrupt a task that has begun, because the outcome of its write would be unknown.
func (s *Server) each(ctx context.Context, tasks []func() error, done func()) error {
	var (
		group  errgroup.Group
		mu     sync.Mutex
		failed []error
	)
	group.SetLimit(s.concurrency)
	stopped := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(failed) > 0 || ctx.Err() != nil
	}
	for _, task := range tasks {
		group.Go(func() error {
			if stopped() { // another task can fail while this one waits
				return nil
			}
			if err := task(); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed = append(failed, err)
				return nil
			}
			done()
			return nil
		})
	}
	_ = group.Wait() // every task keeps its own error
	if len(failed) == 0 && ctx.Err() != nil {
		return authz.Errorf(authz.Unavailable, "write scopes", "interrupted: %w", context.Cause(ctx))
	}
	return errors.Join(failed...)
}

// scopeWrites are the writes of one ApplyScopes.
type scopeWrites struct {
	server   *Server
	writer   authz.ScopeWriter
	serverID string

	mu   sync.Mutex
	done []authz.Scope // created or updated
}

// add records a scope that was created or updated.
func (w *scopeWrites) add(s authz.Scope) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done = append(w.done, s)
}

func (w *scopeWrites) create(ctx context.Context, want authz.Scope) error {
	made, err := w.writer.CreateScope(ctx, w.serverID, want)
	if kind := authz.KindOf(err); err != nil && !authz.OutcomeUnknown(err) && (kind == authz.Denied || kind == authz.Invalid) {
		return err // rejected as a whole: the snapshot is still correct
	}
	if err == nil {
		w.add(made)
	}
	return w.server.recordWrite(w.serverID, err, func(l *authz.Snapshot) { l.Put(made) })
}

func (w *scopeWrites) update(ctx context.Context, u diff.Update) error {
	is, err := w.writer.UpdateScope(ctx, w.serverID, u.Live, u.Want)
	if err == nil {
		w.add(is)
	}
	return w.server.recordWrite(w.serverID, err, func(l *authz.Snapshot) {
		put := is
		// u.Live can be old. The snapshot has the current user types.
		if now, ok := l.Scope(u.Live.Name); ok && !u.Opens() {
			put.UserTypes, put.ClientRoles = now.UserTypes, now.ClientRoles
		}
		if u.Live.Name != put.Name {
			l.Remove(u.Live.Name)
		}
		l.Put(put)
	})
}

func (w *scopeWrites) delete(ctx context.Context, gone authz.Scope) error {
	err := w.writer.DeleteScope(ctx, w.serverID, gone)
	return w.server.recordWrite(w.serverID, err, func(l *authz.Snapshot) { l.Remove(gone.Name) })
}

// ApplyUserType changes the scopes of one user type.
func (s *Server) ApplyUserType(ctx context.Context, serverID string, c authz.UserTypeChange) error {
	if err := s.EnsureWritable(ctx, serverID); err != nil {
		return err
	}
	writer, ok := s.driver.(authz.UserTypeScopes)
	if !ok {
		return authz.Errorf(authz.Unsupported, "write the scopes of a user type", "%s cannot do that", s.driver.Capabilities().Server)
	}
	touched, err := writer.ChangeUserType(ctx, serverID, c)
	s.forget(snapshotKey{server: serverID, userType: c.UserType.Name})
	s.forget(snapshotKey{server: serverID, all: true})
	return s.recordWrite(serverID, err, func(l *authz.Snapshot) {
		for _, scope := range touched {
			mergeUserType(l, c.UserType.Name, scope)
		}
		grantedToAll(l, c.UserType.Name)
	})
}

// Invalidate drops the snapshot of a server, so that the next read sees objects that were created
// later.
func (s *Server) Invalidate(serverID string) {
	s.snapshot(serverID).Drop()
	s.forget(snapshotKey{server: serverID, all: true})
}

// forget drops a snapshot of user types, where sets are read one by one.
func (s *Server) forget(key snapshotKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.snapshots, key)
}

// mergeUserType updates a scope in the snapshot after a change of one user type. It keeps the
// other user types of the snapshot, because they can have changed at the same time.
func mergeUserType(l *authz.Snapshot, userType string, touched authz.Scope) {
	now, ok := l.Scope(touched.Name)
	if !ok {
		return
	}
	now = now.WithUserType(userType, touched.HeldBy(userType))
	if touched.Settings.Access == authz.AccessUserTypes || now.Settings.Access == authz.AccessEveryone {
		now.Settings.Access = touched.Settings.Access
	}
	l.Put(now)
}

// grantedToAll records that no scope is granted to only some users of a user type: a
// write to a server that keeps scopes with each user replaces the scopes of all.
func grantedToAll(l *authz.Snapshot, userType string) {
	i := slices.IndexFunc(l.UserTypes, func(u authz.UserType) bool { return u.Name == userType && u.Partial != nil })
	if i >= 0 {
		l.UserTypes = slices.Clone(l.UserTypes) // earlier values of the snapshot share it
		l.UserTypes[i].Partial = nil
	}
}

// recordWrite updates the snapshot, or drops it if the write failed: the write can have been done in
// part, or no response was received, or the object had changed before. Only a new read shows what
// the server has.
func (s *Server) recordWrite(serverID string, err error, change func(*authz.Snapshot)) error {
	if err != nil {
		s.snapshot(serverID).Drop()
		return err
	}
	s.snapshot(serverID).Wrote(change)
	return nil
}
