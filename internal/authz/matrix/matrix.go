// Package matrix tells which user types get which scopes, now and, given the sets
// that are planned, afterwards. It is pure: no I/O, same answer for the same input.
package matrix

import (
	"maps"
	"slices"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

// Reach is how a user type gets a scope.
type Reach string

const (
	// ReachNone: who has this user type alone does not get the scope.
	ReachNone Reach = ""
	// ReachMapped: the scope is mapped to the user type.
	ReachMapped Reach = "mapped"
	// ReachPartial: some users of the user type get the scope, and others do not.
	ReachPartial Reach = "partial"
	// ReachInherited: the user type contains one that gets it, or is inside of one
	// that it is mapped to, or both contain the same.
	ReachInherited Reach = "inherited"
	// ReachEveryone: everyone gets it.
	ReachEveryone Reach = "everyone"
)

// AccessUnknown is the access of a scope that roles may limit which the caller may not
// view.
const AccessUnknown authz.Access = "unknown"

// Input is what a matrix is made of.
type Input struct {
	Server   string // as a heading names it; "" for none
	Snapshot *authz.Snapshot
	// Settings is true where scopes have settings, access among them.
	Settings bool
	// Planned are whole sets by user type, as authscopes_user_type_scopes takes
	// them; user types that are not in it keep what they have. nil: nothing is planned.
	Planned map[string][]string

	Scopes    diff.Filter
	UserTypes diff.Filter
	BuiltIn   bool // whether built-in scopes are shown

	// Clients are those of the server; nil: they are not shown.
	Clients []authz.ClientScopeSet
}

// Matrix is who gets what.
type Matrix struct {
	Server    string
	Planned   bool
	Rows      []Row    // sorted by scope
	UserTypes []string // sorted, client roles included: those that a row is about, and those planned
	Absent    []string // sorted: those planned that the server does not have
	// Blocking is what has to be put right first: who gets more by it is not in the rows.
	Blocking []authz.Warning
	// Covered are parameterized scopes that give scopes of the rows to more users, now or
	// after what is planned.
	Covered []authz.Cover
	// Members are those of the user types; the caller sets them. nil: they are not shown.
	Members map[string]authz.Members
	clients map[string]map[string]string // scope => client ID => ClientDefault or ClientOptional
	// NotChecked is what could not be read: users may get more, or less, by it.
	NotChecked []authz.Gap
}

// Row is one scope.
type Row struct {
	Scope   string
	BuiltIn bool
	New     bool // planned, and not on the server
	Now     Grants
	Planned Grants // as Now where nothing is planned
}

// Grants say who gets one scope.
type Grants struct {
	// Access is AccessEveryone also where a user type that everyone has is mapped,
	// which is then Through; "" for a scope that is not there.
	Access  authz.Access
	Through string
	// UserTypes are those that get it, and how; of those that get it as everyone
	// does, only the ones that would get it otherwise or that the other state
	// differs for are columns of the matrix.
	UserTypes   map[string]Reach
	ClientRoles []string // sorted by authz.ClientRoleName: they get it too
}

// Everyone reports whether every user gets the scope.
func (g Grants) Everyone() bool { return g.Access == authz.AccessEveryone }

// Gained reports whether a user type gets the scope only afterwards.
func (r Row) Gained(userType string) bool {
	return r.Now.UserTypes[userType] == ReachNone && r.Planned.UserTypes[userType] != ReachNone
}

// Lost reports whether a user type gets the scope only now.
func (r Row) Lost(userType string) bool {
	return r.Now.UserTypes[userType] != ReachNone && r.Planned.UserTypes[userType] == ReachNone
}

// Compute makes the matrix.
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
		// A listing has the client roles that scopes are mapped to, and no others.
		if _, there := in.Snapshot.UserType(name); !there && !authz.IsClientRole(name) && in.UserTypes.Manages(name) {
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

// CoveredBy returns the parameterized scopes that give a scope to more users.
func (m Matrix) CoveredBy(scope string) []string {
	var by []string
	for _, c := range m.Covered {
		if slices.Contains(c.Names, scope) {
			by = append(by, c.Scope)
		}
	}
	return by
}

// planned is the listing as the planned sets make it: a first user type limits a
// scope that was open, and the last one taken away leaves it limited. Built-in
// scopes are never touched.
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

// types are the user types and the client roles, with all that who has one holds.
type types struct {
	listing *authz.Snapshot
	names   []string
	holds   map[string]map[string]bool
}

func newTypes(l *authz.Snapshot, planned map[string][]string) types {
	t := types{listing: l, holds: map[string]map[string]bool{}}
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
			add(authz.UserType{Name: name}) // where they cannot be listed
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

// grants works as servers do that have roles inside of roles: a scope goes to who
// holds, whether directly or inside of something, anything that is, or is inside
// of, what the scope is mapped to. state is the listing that the scope is from.
func (t types) grants(s authz.Scope, settings bool, state *authz.Snapshot) Grants {
	g := Grants{Access: authz.AccessUserTypes, UserTypes: map[string]Reach{}, ClientRoles: s.ClientRoles}
	if settings && s.Settings.Access != "" {
		g.Access = s.Settings.Access
	}
	if s.Hidden {
		g.Access = AccessUnknown
	}
	if through, all := t.listing.ReachesEveryone(s); all {
		g.Access, g.Through = authz.AccessEveryone, through.Name
	}
	mapped, opens := setOf(slices.Concat(s.UserTypes, s.ClientRoles)), map[string]bool{}
	for name := range mapped {
		opens[name] = true // where it could not be read, too
		maps.Copy(opens, t.holds[name])
	}
	for _, name := range t.names {
		switch {
		case mapped[name]:
			g.UserTypes[name] = ReachMapped
		case partly(state, name, s.Name):
			g.UserTypes[name] = ReachPartial
		case g.Everyone():
			g.UserTypes[name] = ReachEveryone
		case overlap(t.holds[name], opens):
			g.UserTypes[name] = ReachInherited
		}
	}
	return g
}

// partly reports whether only some users of a user type have a scope.
func partly(l *authz.Snapshot, userType, scope string) bool {
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

// columns are the user types that the rows tell something about. One that gets
// only what everyone gets tells nothing; one that everyone has is a column only
// where a scope is mapped to it or planned for it.
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

// Gained are the scopes that each user type of the matrix gets only afterwards;
// a user type that gains nothing is not in it.
func (m Matrix) Gained() map[string][]string { return m.changes(Row.Gained) }

// Lost are the scopes that each user type of the matrix gets only now.
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

// Everyone are the scopes that everyone gets, now or afterwards.
func (m Matrix) Everyone() []string { return m.names(Row.everyone) }

// Unguarded are the scopes, now or afterwards, that are open to everyone as soon
// as the last user type is taken away.
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
