// Package authz defines what all servers have in common: scopes, user types, clients, the
// interfaces of a driver, and the kinds of errors. It depends on no server and not on Terraform.
package authz

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
)

// Access states which users get a scope.
type Access string

const (
	// AccessUserTypes limits a scope to the user types that list it. If no user type lists it, no
	// user gets it.
	AccessUserTypes Access = "user_types"
	// AccessEveryone opens a scope to every user.
	AccessEveryone Access = "everyone"
	// AccessUnguarded is never written to a server: roles limit the scope, but it opens to
	// everyone when its last role mapping is removed.
	AccessUnguarded Access = "unguarded"
)

// AssignedType states how a scope is assigned to clients that are created later. It has no effect
// on existing clients.
type AssignedType string

// The values are the labels of Keycloak's admin console.
const (
	AssignedNone     AssignedType = "none"
	AssignedDefault  AssignedType = "default"
	AssignedOptional AssignedType = "optional"
)

// Settings are the settings of one scope, named as in Keycloak. Only servers with
// Capabilities.Settings have them.
type Settings struct {
	DisplayOnConsentScreen          bool
	ConsentScreenText               string
	IncludeInTokenScope             bool
	IncludeInOpenIDProviderMetadata bool
	GUIOrder                        string // "" on a write keeps the value of the server
	AssignedType                    AssignedType
	Access                          Access

	// IncludedAudiences are the audiences that the scope adds to access tokens, sorted. In a
	// write, nil keeps those of the server, and an empty list removes all.
	IncludedAudiences []string
}

// Scope is one scope of a server or of a configuration.
type Scope struct {
	Name        string // the scope-token of RFC 6749
	ID          string // the server's own ID, or "" if it has none
	Description string // "" if there is none
	BuiltIn     bool   // every new server of this kind has it: never deleted, never limited
	Settings    Settings

	// Protocol is set if another protocol than usual issues the scope and tokens have it
	// nevertheless (Keycloak: oid4vc).
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

	// Unread is true if a listing did not read who has the scope: Settings.Access, UserTypes
	// and ClientRoles are unknown. See Snapshot.Complete.
	Unread bool

	// A snapshot sets the fields below. A write ignores them.
	UserTypes    []string // user types that the scope is mapped to, sorted, without the guard role
	ClientRoles  []string // client roles that the scope is mapped to, sorted by ClientRoleName
	Restrictions []string // what can follow the scope's name (Venafi), sorted
	// LastAppliedAccess is the access that a configuration last gave the scope, as recorded on
	// the server, or "" if there is no record. An open scope with AccessUserTypes was opened by
	// accident, or its creation was interrupted.
	LastAppliedAccess Access
}

// WithUserType returns the scope with a user type, which can be a client role, added or removed.
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

// HeldBy reports whether the scope is mapped to a user type, which can be a client role.
func (s Scope) HeldBy(userType string) bool {
	names := s.UserTypes
	if IsClientRole(userType) {
		names = s.ClientRoles
	}
	return slices.Contains(names, userType)
}

// Names returns the names of scopes, in their order.
func Names(scopes []Scope) []string {
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = s.Name
	}
	return names
}

// ByName compares scopes by name, for sorting.
func ByName(a, b Scope) int { return strings.Compare(a.Name, b.Name) }

// NameSet returns the names sorted and without duplicates, in a new slice.
func NameSet(names ...string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names)
}

// UserType is one user type of a server.
type UserType struct {
	Name string
	ID   string // "" if the server has none

	// Contains lists the user types that this one contains (Keycloak: the realm roles of a
	// composite role, expanded), sorted. A user who holds one of them gets the scopes of this
	// user type.
	Contains []string
	// ContainsClientRoles is the same for client roles, sorted by ClientRoleName.
	ContainsClientRoles []string
	// Unexpanded is true if it contains others and a listing did not read which: Contains,
	// ContainsClientRoles and Everyone are unknown.
	Unexpanded bool
	// Everyone is true if every user holds this user type or one that it contains.
	Everyone bool
	// Guard is true for the role that keeps limited scopes limited. A snapshot lists it only if
	// everyone holds it. Removing it from a scope can open the scope.
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

// Composite reports whether the user type contains other roles.
func (u UserType) Composite() bool {
	return u.Unexpanded || len(u.Contains)+len(u.ContainsClientRoles) > 0
}

// Warning describes a condition of the server that a plan must warn about.
type Warning struct {
	Summary string // names the server, and the number of Subjects
	Detail  string
	// Subjects are the names that the warning is about, sorted. A message adds the first ones to
	// the summary, so that Summary has none, and Detail has all of them.
	Subjects []string
	// Advice and Args are as in Error. They are empty if Detail already has the advice.
	Advice string
	Args   []string
	// BlocksWrites is true if nothing may be written until the condition is fixed.
	BlocksWrites bool
}

// Gap is a part of a server that the caller could not read.
type Gap struct {
	Subject   string // a noun phrase: `holders of the guard role "g"`
	Effect    string // why the part matters, as a sentence
	Privilege string // what is required to read it: `role view-users of client "realm-management" in realm "shop"`
	// Compared is true if reports compare the part. Then nothing proves that a server is in sync.
	Compared bool
}

// Snapshot is one complete read of a server: all of its scopes and user types.
type Snapshot struct {
	Scopes    []Scope    // sorted by Name
	UserTypes []UserType // sorted by Name; nil if the server cannot list them
	Warnings  []Warning
	// ReservedNames are names that no scope can have, because another kind of object has them
	// (Keycloak: a client scope of another protocol).
	ReservedNames []string
	// ClientRoles are the client roles that scopes are mapped to, sorted by ClientRoleName. A
	// role that could not be read is missing.
	ClientRoles []UserType
	// NotChecked lists the parts that the caller could not read.
	NotChecked []Gap
	// Hidden is the reason why the access of some scopes is unknown, or nil if all is known. A
	// plan must then fail, because such a scope looks open.
	Hidden error
	// Complete reads who has some scopes that are Unread. It returns a function that adds the
	// result to the listing, or to a later state of it. It is nil if no scope is Unread.
	Complete func(ctx context.Context, unread []Scope) (func(*Snapshot), error)
}

// Gaps returns the parts that the caller could not read, sorted. Parts that reports compare come
// first.
func (l *Snapshot) Gaps() []Gap { return SortGaps(slices.Clone(l.NotChecked)) }

// SortGaps sorts gaps in place and returns them. Parts that reports compare come first.
func SortGaps(gaps []Gap) []Gap {
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

// Blocking returns the warnings about conditions that must be fixed before a write: until then
// more users than planned can have a scope.
func (l *Snapshot) Blocking() []Warning {
	return slices.DeleteFunc(slices.Clone(l.Warnings), func(n Warning) bool { return !n.BlocksWrites })
}

// Scope returns the scope with a name.
func (l *Snapshot) Scope(name string) (Scope, bool) {
	i, ok := slices.BinarySearchFunc(l.Scopes, name, func(s Scope, n string) int { return strings.Compare(s.Name, n) })
	if !ok {
		return Scope{}, false
	}
	return l.Scopes[i], true
}

// Put adds a scope, or replaces the scope of the same name.
func (l *Snapshot) Put(s Scope) {
	i, ok := slices.BinarySearchFunc(l.Scopes, s.Name, func(s Scope, n string) int { return strings.Compare(s.Name, n) })
	if ok {
		l.Scopes[i] = s
		return
	}
	l.Scopes = slices.Insert(l.Scopes, i, s)
}

// Remove removes the scope with a name.
func (l *Snapshot) Remove(name string) {
	l.Scopes = slices.DeleteFunc(l.Scopes, func(s Scope) bool { return s.Name == name })
}

// UserType returns the user type with a name, which can be a client role. If user types could not
// be listed, any name is found, because none is known to be absent.
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

// UserTypeByID returns the user type with an ID. It distinguishes a renamed user type from a
// deleted one.
func (l *Snapshot) UserTypeByID(id string) (UserType, bool) {
	for _, all := range [][]UserType{l.UserTypes, l.ClientRoles} {
		if i := slices.IndexFunc(all, func(u UserType) bool { return u.ID == id }); id != "" && i >= 0 {
			return all[i], true
		}
	}
	return UserType{}, false
}

// AddClientRole adds a client role that no scope is mapped to, which the snapshot omits.
func (l *Snapshot) AddClientRole(u UserType) {
	if _, listed := l.UserType(u.Name); listed {
		return
	}
	l.ClientRoles = append(slices.Clone(l.ClientRoles), u)
	slices.SortFunc(l.ClientRoles, func(a, b UserType) int { return strings.Compare(a.Name, b.Name) })
}

// Expand replaces user types that are Unexpanded in the snapshot, or adds a client role that the
// snapshot omits because no scope is mapped to it.
func (l *Snapshot) Expand(read ...UserType) {
	own := slices.Clone(l.UserTypes) // earlier values of a snapshot share the list
	for _, u := range read {
		if i := slices.IndexFunc(own, func(is UserType) bool { return is.Name == u.Name }); i >= 0 {
			own[i] = u
		} else if IsClientRole(u.Name) {
			l.AddClientRole(u)
		}
	}
	l.UserTypes = own
}

// ScopesOf returns the scopes that are mapped to a user type, sorted by name.
func (l *Snapshot) ScopesOf(userType string) []Scope {
	var found []Scope
	for _, s := range l.Scopes {
		if s.HeldBy(userType) {
			found = append(found, s)
		}
	}
	return found
}

// mappedUserTypes returns the user types and client roles that a scope is mapped to.
func (l *Snapshot) mappedUserTypes(s Scope) []UserType {
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

// ReachesEveryone returns the user type or client role that every user holds and through which
// everyone gets a limited scope. The guard role has precedence.
func (l *Snapshot) ReachesEveryone(s Scope) (through UserType, ok bool) {
	for _, u := range l.mappedUserTypes(s) {
		if u.Everyone && (!ok || u.Guard) {
			through, ok = u, true
		}
	}
	return through, ok
}

// AlsoReaches returns the user types and client roles that are not mapped to a scope and get it
// through a composite role that is mapped.
func (l *Snapshot) AlsoReaches(s Scope) []string {
	var reached []string
	add := func(inside, mapped []string) {
		for _, name := range inside {
			if !slices.Contains(mapped, name) {
				reached = append(reached, name)
			}
		}
	}
	for _, u := range l.mappedUserTypes(s) {
		add(u.Contains, s.UserTypes)
		add(u.ContainsClientRoles, s.ClientRoles)
	}
	slices.Sort(reached)
	return slices.Compact(reached)
}

// Limits of Keycloak, in UTF-16 code units: an emoji counts as two. Keycloak returns 500 without
// a reason if a text is longer.
const (
	MaxNameLength        = 255
	MaxDescriptionLength = 255
	MaxConsentTextLength = 2048
)

// CheckName returns an error if a name is not a scope-token of RFC 6749, section 3.3: at least
// one of %x21 / %x23-5B / %x5D-7E. The text of the error is for users.
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

// CheckNames returns an Invalid error for the first name that CheckName rejects.
func CheckNames(op string, names ...string) error {
	for _, name := range names {
		if err := CheckName(name); err != nil {
			return Errorf(Invalid, op, "%w", err)
		}
	}
	return nil
}

// CheckDescription returns an error if a description is longer than servers can store.
func CheckDescription(name, description string) error {
	return checkLength(fmt.Sprintf("the description of scope %q", name), description, MaxDescriptionLength)
}

// CheckConsentText returns an error if a consent text is longer than servers can store.
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
