// Package matrix computes which user types get which scopes, now and after planned changes. It is
// pure: it does no I/O and returns the same result for the same input.
package matrix

import (
	"maps"
	"slices"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

// Reach states how a user type gets a scope.
type Reach string

const (
	// ReachNone: a user with only this user type does not get the scope.
	ReachNone Reach = ""
	// ReachMapped: the scope is mapped to the user type.
	ReachMapped Reach = "mapped"
	// ReachPartial: some users of the user type get the scope, and others do not.
	ReachPartial Reach = "partial"
	// ReachInherited: the user type contains one that gets the scope, is contained in one that
	// the scope is mapped to, or contains the same role as one.
	ReachInherited Reach = "inherited"
	// ReachEveryone: every user gets the scope.
	ReachEveryone Reach = "everyone"
)

// AccessUnknown is the access of a scope that may be limited by roles that the caller cannot
// view.
const AccessUnknown authz.Access = "unknown"

// Input is the input of Compute.
type Input struct {
	Server   string // for the heading; "" for none
	Snapshot *authz.Snapshot
	// Settings is true if scopes have settings, such as access.
	Settings bool
	// Planned are complete sets of scopes by user type, as in authscopes_user_type_scopes. Other
	// user types keep their scopes. If it is nil, nothing is planned.
	Planned map[string][]string

	Scopes    diff.Filter
	UserTypes diff.Filter
	BuiltIn   bool // whether to include built-in scopes

	// Clients are the clients of the server. If it is nil, clients are not shown.
	Clients []authz.ClientScopeSet
}

// Matrix states which user types get which scopes.
type Matrix struct {
	Server    string
	Planned   bool
	Rows      []Row    // sorted by scope
	UserTypes []string // sorted, with client roles: those of the rows and the planned ones
	Absent    []string // sorted: planned user types that the server does not have
	// Blocking lists conditions that must be fixed before a write. Their effects are not in the
	// rows.
	Blocking []authz.Warning
	// Covered lists parameterized scopes that grant scopes of the rows to more users, now or
	// after the planned changes.
	Covered []authz.Cover
	// Members are the members of the user types; see AddMembers. If it is nil, they are not
	// shown.
	Members map[string]authz.Members
	clients map[string]map[string]string // scope => client ID => ClientDefault or ClientOptional
	// NotChecked lists the parts that could not be read. Because of them users can get more or
	// fewer scopes than shown.
	NotChecked []authz.Gap
}

// Row is one scope.
type Row struct {
	Scope   string
	BuiltIn bool
	New     bool // planned, and missing on the server
	Now     Grants
	Planned Grants // equal to Now if nothing is planned
}

// Grants states which users get one scope.
type Grants struct {
	// Access is AccessEveryone also if the scope is mapped to a user type that every user holds,
	// which is then Through. It is "" for a scope that does not exist.
	Access  authz.Access
	Through string
	// UserTypes are the user types that get the scope, and how. If every user gets the scope,
	// only those are columns that would also get it otherwise, or for which the other state
	// differs.
	UserTypes   map[string]Reach
	ClientRoles []string // client roles that get the scope, sorted by authz.ClientRoleName
}

// Everyone reports whether every user gets the scope.
func (g Grants) Everyone() bool { return g.Access == authz.AccessEveryone }

// Gained reports whether a user type gets the scope only after the planned changes.
func (r Row) Gained(userType string) bool {
	return r.Now.UserTypes[userType] == ReachNone && r.Planned.UserTypes[userType] != ReachNone
}

// Lost reports whether a user type gets the scope only before the planned changes.
func (r Row) Lost(userType string) bool {
	return r.Now.UserTypes[userType] != ReachNone && r.Planned.UserTypes[userType] == ReachNone
}

// Compute returns the matrix.
func Compute(in Input) Matrix {
	m := Matrix{Server: in.Server, Planned: in.Planned != nil, Blocking: in.Snapshot.Blocking(), NotChecked: in.Snapshot.Gaps()}
	types := newTypes(in.Snapshot, in.Planned)
	after := planned(in)
	for _, s := range after.Scopes {
		live, found := in.Snapshot.Scope(s.Name)
		if !in.Scopes.Manages(s.Name) || s.BuiltIn && !in.BuiltIn {
			continue
		}
		row := Row{Scope: s.Name, BuiltIn: s.BuiltIn, New: !found, Planned: types.grants(s, in.Settings, after)}
		if found {
			row.Now = types.grants(live, in.Settings, in.Snapshot)
		}
		m.Rows = append(m.Rows, row)
	}
	for _, name := range slices.Sorted(maps.Keys(in.Planned)) {
		_, there := in.Snapshot.UserType(name)
		if !there && len(in.Snapshot.ScopesOf(name)) == 0 && in.UserTypes.Manages(name) {
			m.Absent = append(m.Absent, name)
		}
	}
	m.UserTypes = types.columns(in, m.Rows)
	if in.Clients != nil {
		m.clients = map[string]map[string]string{}
		for _, c := range in.Clients {
			m.addClient(c.ClientID, ClientDefault, c.Default)
			m.addClient(c.ClientID, ClientOptional, c.Optional)
		}
	}
	m.Covered = m.covered(in.Snapshot, after)
	return m
}

func (m Matrix) addClient(clientID, kind string, scopes []authz.Scope) {
	for _, s := range scopes {
		if m.clients[s.Name] == nil {
			m.clients[s.Name] = map[string]string{}
		}
		m.clients[s.Name][clientID] = kind
	}
}

// covered returns the parameterized scopes that cover rows in one of the states.
func (m Matrix) covered(states ...*authz.Snapshot) []authz.Cover {
	rows := m.names(func(Row) bool { return true })
	names := map[string][]string{}
	for _, state := range states {
		for _, c := range state.Covers(rows) {
			names[c.Scope] = authz.NameSet(append(names[c.Scope], c.Names...)...)
		}
	}
	var covers []authz.Cover
	for _, scope := range slices.Sorted(maps.Keys(names)) {
		covers = append(covers, authz.Cover{Scope: scope, Names: names[scope]})
	}
	return covers
}

// CoveredBy returns the parameterized scopes that grant a scope to more users.
func (m Matrix) CoveredBy(scope string) []string {
	var by []string
	for _, c := range m.Covered {
		if slices.Contains(c.Names, scope) {
			by = append(by, c.Scope)
		}
	}
	return by
}

// planned returns the snapshot after the planned changes. The first user type limits a scope that
// was open, and a scope stays limited without user types. Built-in scopes do not change.
func planned(in Input) *authz.Snapshot {
	after := &authz.Snapshot{Scopes: slices.Clone(in.Snapshot.Scopes), UserTypes: slices.Clone(in.Snapshot.UserTypes), ClientRoles: in.Snapshot.ClientRoles}
	for i, u := range after.UserTypes {
		if _, replaced := in.Planned[u.Name]; replaced {
			after.UserTypes[i].Partial = nil
		}
	}
	gets := map[string][]string{} // scope => planned user types
	for _, userType := range slices.Sorted(maps.Keys(in.Planned)) {
		for _, name := range in.Planned[userType] {
			gets[name] = append(gets[name], userType)
		}
	}
	for i, s := range after.Scopes {
		if s.BuiltIn {
			delete(gets, s.Name)
			continue
		}
		is := slices.Concat(s.UserTypes, s.ClientRoles)
		then := slices.DeleteFunc(slices.Clone(is), func(u string) bool { _, planned := in.Planned[u]; return planned })
		then = authz.NameSet(append(then, gets[s.Name]...)...)
		delete(gets, s.Name)
		if !slices.Equal(then, authz.NameSet(is...)) {
			s.UserTypes, s.ClientRoles = split(then)
			s.Settings.Access, s.Hidden = authz.AccessUserTypes, false
			after.Scopes[i] = s
		}
	}
	for name, types := range gets {
		s := authz.Scope{Name: name, Settings: authz.Settings{Access: authz.AccessUserTypes}}
		s.UserTypes, s.ClientRoles = split(authz.NameSet(types...))
		after.Put(s)
	}
	return after
}

// split separates user types from client roles.
func split(names []string) (userTypes, clientRoles []string) {
	for _, name := range names {
		if authz.IsClientRole(name) {
			clientRoles = append(clientRoles, name)
		} else {
			userTypes = append(userTypes, name)
		}
	}
	return userTypes, clientRoles
}

// types are the user types and client roles, with all that a holder of each one holds.
type types struct {
	snapshot *authz.Snapshot
	names    []string
	holds    map[string]map[string]bool
}

func newTypes(l *authz.Snapshot, planned map[string][]string) types {
	t := types{snapshot: l, holds: map[string]map[string]bool{}}
	add := func(u authz.UserType) {
		if t.holds[u.Name] == nil {
			t.names = append(t.names, u.Name)
			t.holds[u.Name] = setOf(slices.Concat([]string{u.Name}, u.Contains, u.ContainsClientRoles))
		}
	}
	for _, u := range slices.Concat(l.UserTypes, l.ClientRoles) {
		add(u)
	}
	for name := range planned {
		add(authz.UserType{Name: name})
	}
	for _, s := range l.Scopes {
		for _, name := range slices.Concat(s.UserTypes, s.ClientRoles) {
			add(authz.UserType{Name: name}) // if they cannot be listed
		}
	}
	slices.Sort(t.names)
	return t
}

func setOf(names []string) map[string]bool {
	set := map[string]bool{}
	for _, name := range names {
		set[name] = true
	}
	return set
}

// grants follows the rules of servers with composite roles: a user gets a scope if the user
// holds, directly or through a composite role, a role that the scope is mapped to or that such a
// role contains. state is the snapshot that has the scope.
func (t types) grants(s authz.Scope, settings bool, state *authz.Snapshot) Grants {
	g := Grants{Access: authz.AccessUserTypes, UserTypes: map[string]Reach{}, ClientRoles: s.ClientRoles}
	if settings && s.Settings.Access != "" {
		g.Access = s.Settings.Access
	}
	if s.Hidden {
		g.Access = AccessUnknown
	}
	if through, all := t.snapshot.ReachesEveryone(s); all {
		g.Access, g.Through = authz.AccessEveryone, through.Name
	}
	mapped, opens := setOf(slices.Concat(s.UserTypes, s.ClientRoles)), map[string]bool{}
	for name := range mapped {
		opens[name] = true // also if it could not be read
		maps.Copy(opens, t.holds[name])
	}
	for _, name := range t.names {
		switch {
		case mapped[name]:
			g.UserTypes[name] = ReachMapped
		case heldByPartOf(state, name, s.Name):
			g.UserTypes[name] = ReachPartial
		case g.Everyone():
			g.UserTypes[name] = ReachEveryone
		case overlap(t.holds[name], opens):
			g.UserTypes[name] = ReachInherited
		}
	}
	return g
}

// heldByPartOf reports whether only some users of a user type have a scope.
func heldByPartOf(l *authz.Snapshot, userType, scope string) bool {
	u, _ := l.UserType(userType)
	return slices.Contains(u.Partial, scope)
}

func overlap(a, b map[string]bool) bool {
	for name := range a {
		if b[name] {
			return true
		}
	}
	return false
}

// columns returns the user types that are shown as columns. A user type that gets only what every
// user gets is omitted. One that every user holds is a column only if a scope is mapped to it or
// planned for it.
func (t types) columns(in Input, rows []Row) []string {
	var shown []string
	for _, name := range t.names {
		u, _ := in.Snapshot.UserType(name)
		_, tells := in.Planned[name]
		for _, r := range rows {
			now, then := r.Now.UserTypes[name], r.Planned.UserTypes[name]
			own := now == ReachMapped || then == ReachMapped || now == ReachPartial || then == ReachPartial
			if !u.Everyone {
				own = own || now == ReachInherited || then == ReachInherited || r.Gained(name) || r.Lost(name)
			}
			tells = tells || own
		}
		if tells && in.UserTypes.Manages(name) {
			shown = append(shown, name)
		}
	}
	return shown
}

// Gained returns, by user type, the scopes that it gets only after the planned changes. User
// types that gain nothing are omitted.
func (m Matrix) Gained() map[string][]string { return m.changes(Row.Gained) }

// Lost returns, by user type, the scopes that it gets only before the planned changes.
func (m Matrix) Lost() map[string][]string { return m.changes(Row.Lost) }

func (m Matrix) changes(is func(Row, string) bool) map[string][]string {
	found := map[string][]string{}
	for _, name := range m.UserTypes {
		for _, r := range m.Rows {
			if is(r, name) {
				found[name] = append(found[name], r.Scope)
			}
		}
	}
	return found
}

// Everyone returns the scopes that every user gets, before or after the planned changes.
func (m Matrix) Everyone() []string { return m.names(Row.everyone) }

// Unguarded returns the scopes that open to everyone when their last role mapping is removed,
// before or after the planned changes.
func (m Matrix) Unguarded() []string { return m.names(Row.unguarded) }

func (m Matrix) names(is func(Row) bool) []string {
	var names []string
	for _, r := range m.Rows {
		if is(r) {
			names = append(names, r.Scope)
		}
	}
	return names
}
