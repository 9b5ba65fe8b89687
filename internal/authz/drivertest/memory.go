package drivertest

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings"
)

// Memory is a server in memory with the rules of Keycloak: a scope without role mappings is open
// to everyone. It passes the conformance suite and serves the unit tests of the resources. Users
// cannot configure it.
type Memory struct {
	Caps authz.Capabilities

	mu        sync.Mutex
	snapshots map[string]*authz.Snapshot // by server ID
	clients   map[clientKey]*memoryClient
	lastID    int
	fail      func(call string) error
	edits     map[string]func() // by call; each runs once
	calls     []string
	unchecked error
	uid       string                     // the server's own ID
	partial   error                      // of a list of clients
	hidden    []string                   // client IDs that ListClientScopes omits
	roles     map[roleKey]authz.UserType // client roles; List omits those without a scope
}

var (
	_ authz.Lister           = (*Memory)(nil)
	_ authz.ScopeWriter      = (*Memory)(nil)
	_ authz.UserTypeScopes   = (*Memory)(nil)
	_ authz.Preflighter      = (*Memory)(nil)
	_ authz.UserTypeResolver = (*Memory)(nil)
)

// roleKey identifies a client role of a server.
type roleKey struct{ server, name string }

// NewMemory returns a server with one server ID and its user types.
func NewMemory(serverID string, userTypes ...string) *Memory {
	m := &Memory{
		Caps: authz.Derive((*Memory)(nil), authz.Capabilities{
			Server: "Memory", ProviderBlock: "memory", Settings: true, UserTypeDrift: true, EmptyUserTypes: true, ClientRoles: true,
			ServerIDAllowed: true, ServerIDLabel: "realm", UserTypeLabel: "role",
			ClientDefaults: true, ClientExample: "web-shop",
		}),
		snapshots: map[string]*authz.Snapshot{serverID: {}},
		clients:   map[clientKey]*memoryClient{},
		roles:     map[roleKey]authz.UserType{},
	}
	for _, name := range userTypes {
		m.AddUserType(serverID, authz.UserType{Name: name})
	}
	return m
}

// Fail makes each call fail for which fail returns an error. A call is a text such as
// `CreateScope read:users`.
func (m *Memory) Fail(fail func(call string) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = fail
}

// ChangeOn changes a server once, when the given call begins. That call and all later calls see
// the change. The text of a call is as for Fail.
func (m *Memory) ChangeOn(call, serverID string, change func(*authz.Snapshot)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.edits == nil {
		m.edits = map[string]func(){}
	}
	m.edits[call] = func() { change(m.snapshots[serverID]) }
}

// Calls returns the calls since its last call.
func (m *Memory) Calls() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	calls := m.calls
	m.calls = nil
	return calls
}

// Change changes a server without the provider.
func (m *Memory) Change(serverID string, change func(*authz.Snapshot)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(m.snapshots[serverID])
}

// AddServer adds a server ID.
func (m *Memory) AddServer(serverID string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.snapshots[serverID] = &authz.Snapshot{}
}

// AddUserType adds a user type, with an ID if it has none.
func (m *Memory) AddUserType(serverID string, u authz.UserType) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if u.ID == "" {
		u.ID = m.nextID()
	}
	m.snapshots[serverID].UserTypes = append(m.snapshots[serverID].UserTypes, u)
}

// AddClientRole adds a client role, with an ID if it has none. Its name is as
// authz.ClientRoleName returns it.
func (m *Memory) AddClientRole(serverID string, u authz.UserType) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if u.ID == "" {
		u.ID = m.nextID()
	}
	m.roles[roleKey{serverID, u.Name}] = u
}

// DeleteClientRole deletes a client role, with its grants.
func (m *Memory) DeleteClientRole(serverID, name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.roles, roleKey{serverID, name})
	for i, s := range m.snapshots[serverID].Scopes {
		m.snapshots[serverID].Scopes[i] = s.WithUserType(name, false)
	}
}

// ResolveUserType implements authz.UserTypeResolver.
func (m *Memory) ResolveUserType(_ context.Context, serverID, userType string) (authz.UserType, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.enter(serverID, "ResolveUserType "+userType); err != nil {
		return authz.UserType{}, err
	}
	u, found := m.roles[roleKey{serverID, userType}]
	if !found {
		return u, authz.Errorf(authz.NotFound, "find "+userType, "there is no such role")
	}
	return u, nil
}

// AddScope adds a scope unchanged, with an ID if it has none.
func (m *Memory) AddScope(serverID string, s authz.Scope) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s.ID == "" {
		s.ID = m.nextID()
	}
	m.snapshots[serverID].Put(s)
}

// Holdings returns the scopes of each user type and each client of a server.
func (m *Memory) Holdings(serverID string) Holdings {
	m.mu.Lock()
	defer m.mu.Unlock()
	h, l := Holdings{}, m.snapshots[serverID]
	for _, u := range l.UserTypes {
		h[Holder{UserType: u.Name}] = authz.Names(l.ScopesOf(u.Name))
	}
	for key, c := range m.clients {
		if key.server == serverID {
			set := c.set(key.client, l)
			h[Holder{Client: key.client, Default: true}] = authz.Names(set.Default)
			h[Holder{Client: key.client}] = authz.Names(set.Optional)
		}
	}
	return h
}

// RefuseWrites makes Preflight return an error.
func (m *Memory) RefuseWrites(err error) { m.unchecked = err }

// Capabilities implements authz.Driver.
func (m *Memory) Capabilities() authz.Capabilities { return m.Caps }

// ServerID implements authz.Driver.
func (m *Memory) ServerID(configured string) (string, error) {
	if configured != "" {
		return configured, nil
	}
	return "memory", nil
}

// SetUID sets the server's own ID of a server, or "" for none.
func (m *Memory) SetUID(uid string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.uid = uid
}

// ServerUID implements authz.Identifier.
func (m *Memory) ServerUID(context.Context, string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.uid, nil
}

// Preflight implements authz.Preflighter.
func (m *Memory) Preflight(context.Context, string) error { return m.unchecked }

// List implements authz.Lister.
func (m *Memory) List(_ context.Context, serverID string) (*authz.Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l, err := m.enter(serverID, "List")
	if err != nil {
		return nil, err
	}
	snapshot := &authz.Snapshot{
		Scopes: slices.Clone(l.Scopes), UserTypes: slices.Clone(l.UserTypes), Warnings: slices.Clone(l.Warnings),
		ReservedNames: slices.Clone(l.ReservedNames), ClientRoles: slices.Clone(l.ClientRoles),
		NotChecked: slices.Clone(l.NotChecked), Hidden: l.Hidden,
	}
	for i, s := range snapshot.Scopes {
		snapshot.Scopes[i].UserTypes, snapshot.Scopes[i].ClientRoles = slices.Clone(s.UserTypes), slices.Clone(s.ClientRoles)
		for _, name := range s.ClientRoles {
			if u, found := m.roles[roleKey{serverID, name}]; found {
				snapshot.AddClientRole(u)
			}
		}
	}
	return snapshot, nil
}

// CreateScope implements authz.ScopeWriter.
func (m *Memory) CreateScope(_ context.Context, serverID string, want authz.Scope) (authz.Scope, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l, err := m.enter(serverID, "CreateScope "+want.Name)
	if err != nil {
		return authz.Scope{}, err
	}
	if _, ok := l.Scope(want.Name); ok {
		return authz.Scope{}, authz.Errorf(authz.Conflict, fmt.Sprintf("create scope %q", want.Name), "it exists already")
	}
	made := want
	made.ID, made.UserTypes, made.LastAppliedAccess = m.nextID(), nil, want.Settings.Access
	l.Put(made)
	return made, nil
}

// UpdateScope implements authz.ScopeWriter.
func (m *Memory) UpdateScope(_ context.Context, serverID string, live, want authz.Scope) (authz.Scope, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l, err := m.enter(serverID, "UpdateScope "+live.Name)
	if err != nil {
		return authz.Scope{}, err
	}
	i := slices.IndexFunc(l.Scopes, func(s authz.Scope) bool { return s.ID == live.ID })
	if i < 0 {
		return authz.Scope{}, authz.Errorf(authz.NotFound, fmt.Sprintf("update scope %q", live.Name), "there is no such scope")
	}
	is := l.Scopes[i]
	if _, taken := l.Scope(want.Name); taken && want.Name != is.Name {
		return authz.Scope{}, authz.Errorf(authz.Conflict, fmt.Sprintf("rename scope %q", live.Name), "%q exists already", want.Name)
	}
	l.Remove(is.Name)
	was := is.Settings.Access
	is.Name, is.Description, is.Settings = want.Name, want.Description, settings.AfterWrite(want.Settings, is.Settings)
	switch {
	case want.Settings.Access == authz.AccessUnguarded && was == authz.AccessUserTypes:
		is.Settings.Access = was
	case want.Settings.Access == authz.AccessEveryone:
		is.UserTypes, is.LastAppliedAccess = nil, authz.AccessEveryone
	default:
		is.LastAppliedAccess = authz.AccessUserTypes
	}
	l.Put(is)
	return is, nil
}

// DeleteScope implements authz.ScopeWriter.
func (m *Memory) DeleteScope(_ context.Context, serverID string, live authz.Scope) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	l, err := m.enter(serverID, "DeleteScope "+live.Name)
	if err != nil {
		return err
	}
	l.Scopes = slices.DeleteFunc(l.Scopes, func(s authz.Scope) bool { return s.ID == live.ID })
	return nil
}

// ChangeUserType implements authz.UserTypeScopes.
func (m *Memory) ChangeUserType(_ context.Context, serverID string, c authz.UserTypeChange) ([]authz.Scope, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l, err := m.enter(serverID, "ChangeUserType "+c.UserType.Name)
	if err != nil {
		return nil, err
	}
	_, ok := l.UserType(c.UserType.Name)
	if _, isRole := m.roles[roleKey{serverID, c.UserType.Name}]; !ok && !isRole {
		return nil, authz.Errorf(authz.NotFound, fmt.Sprintf("change user type %q", c.UserType.Name), "there is no such role")
	}
	var touched []authz.Scope
	change := func(scopes []authz.Scope, how func(*authz.Scope)) {
		for _, s := range scopes {
			i := slices.IndexFunc(l.Scopes, func(x authz.Scope) bool { return x.ID == s.ID })
			if i >= 0 {
				how(&l.Scopes[i])
				touched = append(touched, l.Scopes[i])
			}
		}
	}
	name := c.UserType.Name
	change(c.Grant, func(s *authz.Scope) {
		*s = s.WithUserType(name, true)
		s.Settings.Access = authz.AccessUserTypes
	})
	change(c.Revoke, func(s *authz.Scope) {
		s.Settings.Access = authz.AccessUserTypes
		*s = s.WithUserType(name, false)
	})
	change(c.Guard, func(s *authz.Scope) { s.Settings.Access = authz.AccessUserTypes })
	return touched, nil
}

func (m *Memory) enter(serverID, call string) (*authz.Snapshot, error) {
	if err := m.step(call); err != nil {
		return nil, err
	}
	l, ok := m.snapshots[serverID]
	if !ok {
		return nil, &authz.Error{Kind: authz.ParentNotFound, Op: call, Err: fmt.Errorf("there is no realm %q", serverID), ParentGone: true}
	}
	return l, nil
}

func (m *Memory) step(call string) error {
	m.calls = append(m.calls, call)
	if edit, ok := m.edits[call]; ok {
		delete(m.edits, call)
		edit()
	}
	if m.fail == nil {
		return nil
	}
	return m.fail(call)
}

func (m *Memory) nextID() string {
	m.lastID++
	return "id-" + strconv.Itoa(m.lastID)
}
