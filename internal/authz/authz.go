// Package authz is the portable side of the provider: what a scope, a user
// type and an authorization server are, what a driver must do, and the kinds of
// errors it may answer with. It knows no server and no Terraform.
package authz

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
)

// Access says who gets a scope.
type Access string

const (
	// AccessUserTypes limits a scope to the user types that list it. While no
	// user type lists it, nobody gets it.
	AccessUserTypes Access = "user_types"
	// AccessEveryone gives a scope to every user.
	AccessEveryone Access = "everyone"
	// AccessUnguarded is found, never made: limited to user types now, but open
	// to everyone as soon as the last of them is taken away.
	AccessUnguarded Access = "unguarded"
)

// AssignedType says what clients that are created from now on get. Existing
// clients are not touched by it.
type AssignedType string

// The words are those of Keycloak's admin console.
const (
	AssignedNone     AssignedType = "none"
	AssignedDefault  AssignedType = "default"
	AssignedOptional AssignedType = "optional"
)

// Settings are the settings of one scope, in Keycloak's own words, on servers
// that have them (Capabilities.Settings).
type Settings struct {
	DisplayOnConsentScreen          bool
	ConsentScreenText               string
	IncludeInTokenScope             bool
	IncludeInOpenIDProviderMetadata bool
	GUIOrder                        string // "" on a write: keep what is there
	AssignedType                    AssignedType
	Access                          Access

	// IncludedAudiences are the audiences that the scope adds to access tokens, sorted. On
	// a write nil keeps what is there, and an empty list removes all.
	IncludedAudiences []string
}

// Scope is one scope as a server has it, or as a configuration wants it.
type Scope struct {
	Name        string // the server's scope value; an RFC 6749 scope-token
	ID          string // the server's own id; "" where it has none
	Description string // "" is none
	BuiltIn     bool   // there on every new server of this kind: never deleted, never guarded
	Settings    Settings

	// Protocol is set if the scope is issued by another protocol than OAuth 2.0 scopes
	// usually are, and is in the tokens all the same (Keycloak: oid4vc).
	Protocol string
	// Parameterized is true if a request can add a parameter to the name, which is then
	// in the token as a scope of its own: `missions:create` for the scope `missions`.
	Parameterized bool
	Mappers       []Mapper // sorted by name

	// InitialType is what a new server assigns a built-in scope as, or "" if that is unknown
	// or depends on the version of the server.
	InitialType AssignedType

	// Hidden is true if Settings.Access is unknown, because roles that the caller may
	// not view may limit the scope.
	Hidden bool

	// What a listing found; a write ignores these.
	UserTypes    []string // user types that the scope is mapped to, sorted, without any guard
	ClientRoles  []string // client roles that the scope is mapped to, sorted by ClientRoleName: user types, too
	Restrictions []string // what may follow the scope's name (Venafi), sorted
	// LastAppliedAccess is the access that a configuration last gave the scope, as noted
	// on the server ("" where nobody did): an open scope with AccessUserTypes
	// was opened by accident, or its creation was interrupted.
	LastAppliedAccess Access
}

// WithUserType is the scope when a user type, which may be a client role, has it, or has it
// no more.
func (s Scope) WithUserType(userType string, has bool) Scope {
	names := &s.UserTypes
	if IsClientRole(userType) {
		names = &s.ClientRoles
	}
	*names = slices.DeleteFunc(slices.Clone(*names), func(u string) bool { return u == userType })
	if has {
		*names = NameSet(append(*names, userType)...)
	}
	return s
}

// HeldBy reports whether the scope is mapped to a user type, which may be a client role.
func (s Scope) HeldBy(userType string) bool {
	names := s.UserTypes
	if IsClientRole(userType) {
		names = s.ClientRoles
	}
	return slices.Contains(names, userType)
}

// Names are the names of scopes, in their order.
func Names(scopes []Scope) []string {
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = s.Name
	}
	return names
}

// ByName orders scopes.
func ByName(a, b Scope) int { return strings.Compare(a.Name, b.Name) }

// NameSet sorts names into a new list, each once.
func NameSet(names ...string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names)
}

// UserType is one user type as a server has it.
type UserType struct {
	Name string
	ID   string // "" where the server has none

	// Contains lists the user types contained in this one (Keycloak: a composite
	// role's realm roles, expanded), sorted. Whoever holds one of them is given
	// this user type's scopes.
	Contains []string
	// ContainsClientRoles is the same for client roles, sorted by ClientRoleName.
	ContainsClientRoles []string
	// Everyone is true when every user holds it or a user type inside it.
	Everyone bool
	// Guard is true for the role that keeps limited scopes limited. It is listed
	// only where everyone holds it. Whoever takes it off a scope opens that.
	Guard bool

	// Partial lists the scopes that some of its users have and others do not, sorted,
	// on a server that keeps scopes with each user. They are not mapped to the user type.
	Partial []string
	// Users describes its users on a server that keeps scopes with each user. It is nil
	// on other servers, and if the users cannot be read.
	Users *Users
	// Unread is true if the server does not return the scopes of the user type.
	Unread bool
	// Includes lists scopes that other scopes of the user type include, sorted. On Venafi a
	// scope with a restriction includes the scope without one.
	Includes []string
	// Rule has the settings of its rule, on servers that have rules; nil if it has none.
	Rule *RuleSettings
}

// Users describes the users of a user type on a server that keeps scopes with each user.
type Users struct {
	Sampled bool // the scopes of one user were read, and the counts are unknown
	Count   int
	Written int // the users that a write changes
}

// Holds reports whether the rule of the user type has what a change sets.
func (u UserType) Holds(change RuleSettings) bool {
	if u.Rule == nil {
		return change == RuleSettings{}
	}
	return change.Within(*u.Rule)
}

// UserTypeSet is a user type and the scopes that all of its users have, sorted.
type UserTypeSet struct {
	UserType
	Scopes []string
}

// Composite reports whether other roles are inside.
func (u UserType) Composite() bool { return len(u.Contains)+len(u.ContainsClientRoles) > 0 }

// Warning is something a reader of a listing should be told as a warning.
type Warning struct {
	Summary string
	Detail  string
	// Advice and Args are as in Error: what to do about it, if the provider words it.
	Advice string
	Args   []string
	// BlocksWrites is true when nothing may be written until it is put right.
	BlocksWrites bool
}

// Gap is a part of a server that the caller could not read.
type Gap struct {
	Subject   string // a noun phrase: `holders of the guard role "g"`
	Effect    string // why the part matters, as a sentence
	Privilege string // what shows it: `role view-users of client "realm-management" in realm "shop"`
	// Compared is true if reports compare the part: then nothing proves that a server
	// is in sync.
	Compared bool
}

// Snapshot is one reading of a server: all of its scopes and user types.
type Snapshot struct {
	Scopes    []Scope    // sorted by Name
	UserTypes []UserType // sorted by Name; nil where the server cannot list them
	Warnings  []Warning
	// ReservedNames are names that no scope can be given, because something that is none
	// has them (Keycloak: a client scope of another protocol).
	ReservedNames []string
	// ClientRoles are the roles of clients that scopes are mapped to, sorted by
	// ClientRoleName, with what is inside of them. One that could not be read is left out.
	ClientRoles []UserType
	// NotChecked are the parts that the caller could not read.
	NotChecked []Gap
	// Hidden is the reason why the access of some scopes is unknown. Nothing may be
	// planned then: such a scope looks open. nil: all is known.
	Hidden error
}

// Gaps returns what the caller could not read, sorted: what reports compare comes first.
func (l *Snapshot) Gaps() []Gap {
	gaps := slices.Clone(l.NotChecked)
	slices.SortFunc(gaps, func(a, b Gap) int {
		if a.Compared != b.Compared {
			if a.Compared {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Subject, b.Subject)
	})
	return gaps
}

// Blocking are the notes of what has to be put right before anything is written:
// while one stands, a scope may reach more than it is mapped to.
func (l *Snapshot) Blocking() []Warning {
	return slices.DeleteFunc(slices.Clone(l.Warnings), func(n Warning) bool { return !n.BlocksWrites })
}

// Scope finds a scope by name.
func (l *Snapshot) Scope(name string) (Scope, bool) {
	i, ok := slices.BinarySearchFunc(l.Scopes, name, func(s Scope, n string) int { return strings.Compare(s.Name, n) })
	if !ok {
		return Scope{}, false
	}
	return l.Scopes[i], true
}

// Put adds a scope, or replaces the one of the same name.
func (l *Snapshot) Put(s Scope) {
	i, ok := slices.BinarySearchFunc(l.Scopes, s.Name, func(s Scope, n string) int { return strings.Compare(s.Name, n) })
	if ok {
		l.Scopes[i] = s
		return
	}
	l.Scopes = slices.Insert(l.Scopes, i, s)
}

// Remove takes a scope out by name.
func (l *Snapshot) Remove(name string) {
	l.Scopes = slices.DeleteFunc(l.Scopes, func(s Scope) bool { return s.Name == name })
}

// UserType finds a user type by name, also a client role that the listing has. Where user
// types could not be listed, none can be said to be absent: each is taken to be there.
func (l *Snapshot) UserType(name string) (UserType, bool) {
	if IsClientRole(name) {
		if i := slices.IndexFunc(l.ClientRoles, func(u UserType) bool { return u.Name == name }); i >= 0 {
			return l.ClientRoles[i], true
		}
		return UserType{}, false
	}
	if l.UserTypes == nil {
		return UserType{Name: name}, true
	}
	i := slices.IndexFunc(l.UserTypes, func(u UserType) bool { return u.Name == name })
	if i < 0 {
		return UserType{}, false
	}
	return l.UserTypes[i], true
}

// UserTypeByID finds a user type by the server's own id, to tell a renamed one
// from one that is gone.
func (l *Snapshot) UserTypeByID(id string) (UserType, bool) {
	for _, all := range [][]UserType{l.UserTypes, l.ClientRoles} {
		if i := slices.IndexFunc(all, func(u UserType) bool { return u.ID == id }); id != "" && i >= 0 {
			return all[i], true
		}
	}
	return UserType{}, false
}

// AddClientRole adds a client role that the listing left out because no scope is mapped to
// it.
func (l *Snapshot) AddClientRole(u UserType) {
	if _, listed := l.UserType(u.Name); listed {
		return
	}
	l.ClientRoles = append(slices.Clone(l.ClientRoles), u)
	slices.SortFunc(l.ClientRoles, func(a, b UserType) int { return strings.Compare(a.Name, b.Name) })
}

// ScopesOf lists the scopes that are mapped to a user type, sorted by name.
func (l *Snapshot) ScopesOf(userType string) []Scope {
	var found []Scope
	for _, s := range l.Scopes {
		if s.HeldBy(userType) {
			found = append(found, s)
		}
	}
	return found
}

// mapped are the user types and the client roles that a scope is mapped to.
func (l *Snapshot) mapped(s Scope) []UserType {
	var all []UserType
	for _, name := range s.UserTypes {
		if u, ok := l.UserType(name); ok {
			all = append(all, u)
		}
	}
	for _, u := range l.ClientRoles {
		if slices.Contains(s.ClientRoles, u.Name) {
			all = append(all, u)
		}
	}
	return all
}

// ReachesEveryone finds the user type, or the client role, through which everyone
// gets a scope that is limited: one that every user has. The guard comes first.
func (l *Snapshot) ReachesEveryone(s Scope) (through UserType, ok bool) {
	for _, u := range l.mapped(s) {
		if u.Everyone && (!ok || u.Guard) {
			through, ok = u, true
		}
	}
	return through, ok
}

// AlsoReaches lists the user types and client roles that get a scope without
// being mapped to it, because one that is mapped contains them.
func (l *Snapshot) AlsoReaches(s Scope) []string {
	var reached []string
	add := func(inside, mapped []string) {
		for _, name := range inside {
			if !slices.Contains(mapped, name) {
				reached = append(reached, name)
			}
		}
	}
	for _, u := range l.mapped(s) {
		add(u.Contains, s.UserTypes)
		add(u.ContainsClientRoles, s.ClientRoles)
	}
	slices.Sort(reached)
	return slices.Compact(reached)
}

// Limits of Keycloak, in UTF-16 code units: an emoji counts as two. Keycloak returns
// 500 without a reason if a text is longer.
const (
	MaxNameLength        = 255
	MaxDescriptionLength = 255
	MaxConsentTextLength = 2048
)

// CheckName holds a scope name against the scope-token of RFC 6749, section
// 3.3: %x21 / %x23-5B / %x5D-7E, at least one. The error says what is wrong
// and is fit to be shown.
func CheckName(name string) error {
	if name == "" {
		return fmt.Errorf("a scope name is empty")
	}
	for i, r := range name {
		if r == 0x21 || r >= 0x23 && r <= 0x5B || r >= 0x5D && r <= 0x7E {
			continue
		}
		return fmt.Errorf("the scope name %q has %q at character %d; "+
			"RFC 6749 (section 3.3) allows printable ASCII without space, double quote and backslash", name, r, len([]rune(name[:i]))+1)
	}
	if len(name) > MaxNameLength {
		return fmt.Errorf("the scope name %q has %d characters; at most %d are allowed", name, len(name), MaxNameLength)
	}
	return nil
}

// CheckNames is CheckName for what is about to be sent: Invalid.
func CheckNames(op string, names ...string) error {
	for _, name := range names {
		if err := CheckName(name); err != nil {
			return Errorf(Invalid, op, "%w", err)
		}
	}
	return nil
}

// CheckDescription holds a description against the length that servers store.
func CheckDescription(name, description string) error {
	return checkLength(fmt.Sprintf("the description of scope %q", name), description, MaxDescriptionLength)
}

// CheckConsentText compares a consent text with the length that servers store.
func CheckConsentText(text string) error {
	return checkLength("consent_screen_text", text, MaxConsentTextLength)
}

func checkLength(what, text string, most int) error {
	n := 0
	for _, r := range text {
		n += utf16.RuneLen(r)
	}
	if n <= most {
		return nil
	}
	units := ""
	if n != len([]rune(text)) {
		units = " (an emoji counts as 2)"
	}
	return fmt.Errorf("%s has %d characters%s; at most %d are allowed", what, n, units, most)
}
