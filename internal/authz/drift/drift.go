// Package drift compares definitions with a live server, and returns every difference as data and
// as a Markdown report. It is pure: it does no I/O and returns the same result, in the same
// order, for the same input.
package drift

import (
	"cmp"
	"slices"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings"
)

// Input is the input of Compute.
type Input struct {
	Server      string        // as the report names it: `Keycloak realm "shop"`
	Definitions []authz.Scope // with settings; each name once
	// AccessNotSet are the definitions without an access. They have the default, which no author
	// chose.
	AccessNotSet map[string]bool
	Live         *authz.Snapshot
	Filter       diff.Filter // excluded scopes are not compared
	// Descriptions and Settings are false on servers that do not have them.
	Descriptions, Settings bool

	UserTypes map[string][]string // planned scopes by user type or client role
	// Complete is true if UserTypes has all of them: any other user type that holds a compared
	// scope is then unexpected, except those that Ignored matches.
	Complete bool
	Ignored  diff.Filter
	// Key returns the same text for all spellings of a user type. If it is nil, each has one
	// spelling.
	Key func(userType string) string
	// Held has the user types that Live does not have, on servers where they are read one by one.
	Held map[string]authz.UserTypeSet

	Baseline map[string]string // name => description before this change; nil if there is no baseline
	// BaselineHolders has the scopes of user types before this change, or nil.
	BaselineHolders map[string][]string
	// BaselineSettings has the settings of scopes before this change by name, or nil.
	BaselineSettings map[string]authz.Settings
	Sources          map[string]string // name => place of the definition, such as `api.yaml:12`
}

// Origin states whether a change of the definitions or a change on the server makes a difference.
type Origin string

// The origin is unknown without a baseline, or if the baseline does not decide it.
const (
	OriginUnknown Origin = ""
	OriginChange  Origin = "change"
	OriginDrift   Origin = "drift"
)

// Result has all differences, each list sorted by name.
type Result struct {
	// InSync is true if nothing differs, no scope is open against the definitions, Blocking is
	// empty, and everything that is compared could be read.
	InSync     bool
	Missing    []Found // defined, and missing on the server
	Unexpected []Found // on the server, and not defined
	Changed    []Change
	UserTypes  []UserType // all user types that were compared, in sync or not
	Open       []Open     // open scopes that the definitions limit
	// Blocking lists conditions that must be fixed before a write.
	Blocking []authz.Warning
	// Covered are parameterized scopes that grant defined scopes to more users.
	Covered []authz.Cover
	// Reassigned are built-in scopes without a definition that are assigned to new clients in
	// another way than on a new server. They are reported, and do not count as a difference.
	Reassigned []Reassigned
	// Mappers counts the protocol mappers of the compared scopes.
	Mappers int
	// NotChecked lists the parts that could not be read. Parts that are compared come first.
	NotChecked []authz.Gap
	// Unguarded are limited scopes that open to everyone when their last role mapping is removed.
	// A definition can allow it.
	Unguarded []string

	about about
}

// about has the facts of the report besides the differences.
type about struct {
	server           string
	defined          int
	outside, builtIn int // on the server, not compared
	baseline         bool
	sources          map[string]string
}

// Found is a scope that only one side has.
type Found struct {
	authz.Scope
	Origin Origin
}

// Names returns the names of the scopes, in their order.
func Names(found []Found) []string {
	names := make([]string, len(found))
	for i, f := range found {
		names[i] = f.Name
	}
	return names
}

// Change is one attribute that differs from the definition.
type Change struct {
	Name, Attribute string
	Defined, Live   string
	Origin          Origin
}

// Reassigned is a built-in scope that is assigned to new clients in another way than on a new
// server.
type Reassigned struct {
	Name          string
	Initial, Live authz.AssignedType
}

// UserType has the differences in the scopes of one user type.
type UserType struct {
	Name       string
	Missing    []string
	Unexpected []string
	Exists     *bool  // nil if the server does not report it
	Nearest    string // the most similar existing name, if the user type does not exist
	// Origins has the origins of missing and unexpected scopes by name, or nil without a
	// baseline.
	Origins map[string]Origin
}

// InSync reports whether the scopes are as defined.
func (u UserType) InSync() bool {
	return len(u.Missing)+len(u.Unexpected) == 0 && (u.Exists == nil || *u.Exists)
}

// Reason states why an open scope is reported.
type Reason string

const (
	// ReasonOpened: the definition, or the configuration that wrote the scope last, limits it.
	ReasonOpened Reason = "opened"
	// ReasonUndecided: no configuration ever stated an access.
	ReasonUndecided Reason = "undecided"
	// ReasonConfigured: an earlier or another configuration opened it, and these definitions do
	// not.
	ReasonConfigured Reason = "configured"
	// ReasonUserType: every user holds one of the user types or client roles that limit it.
	ReasonUserType Reason = "user_type"
)

// Open is a scope that every user gets although the definitions limit it.
type Open struct {
	Name     string
	Reason   Reason
	UserType string // of ReasonUserType
	Origin   Origin
}

// OpenNames returns the names of Open.
func (r Result) OpenNames() []string {
	names := make([]string, len(r.Open))
	for i, o := range r.Open {
		names[i] = o.Name
	}
	return names
}

// Compute compares the definitions with the server. Built-in scopes are compared only if they are
// defined.
func Compute(in Input) Result {
	r := Result{
		Blocking: in.Live.Blocking(), NotChecked: in.Live.Gaps(),
		about: about{server: in.Server, defined: len(in.Definitions), baseline: in.Baseline != nil, sources: in.Sources},
	}
	defined := make(map[string]bool, len(in.Definitions))
	for _, want := range in.Definitions {
		defined[want.Name] = true
		live, found := in.Live.Scope(want.Name)
		if !found {
			r.Missing = append(r.Missing, Found{want, in.missingOrigin(want.Name)})
			continue
		}
		r.Mappers += len(live.Mappers)
		r.Changed = append(r.Changed, in.changes(want, live)...)
		r.access(in, want, live, in.AccessNotSet[want.Name])
	}
	for _, live := range in.Live.Scopes {
		switch {
		case defined[live.Name]:
		case live.BuiltIn:
			r.about.builtIn++
			if is := live.Settings.AssignedType; live.InitialType != "" && is != live.InitialType {
				r.Reassigned = append(r.Reassigned, Reassigned{live.Name, live.InitialType, is})
			}
		case !in.Filter.Manages(live.Name):
			r.about.outside++
		default:
			r.Mappers += len(live.Mappers)
			r.Unexpected = append(r.Unexpected, Found{live, in.unexpectedOrigin(live.Name)})
			r.access(in, authz.Scope{Settings: diff.Defaults()}, live, true)
		}
	}
	r.Covered = in.Live.Covers(authz.Names(in.Definitions))
	r.UserTypes = in.holders()
	r.sort()
	r.InSync = !r.differs() && r.unseen() == 0
	return r
}

// differs reports whether there is a difference, or a problem that blocks writes.
func (r Result) differs() bool {
	return len(r.Missing)+len(r.Unexpected)+len(r.Changed)+len(r.Open)+len(r.Covered)+len(r.Blocking) > 0 || slices.ContainsFunc(r.UserTypes, drifted)
}

// unseen returns the number of gaps that can hide a difference.
func (r Result) unseen() int {
	n := 0
	for _, g := range r.NotChecked {
		if g.Compared {
			n++
		}
	}
	return n
}

func drifted(u UserType) bool { return !u.InSync() }

func (in Input) missingOrigin(name string) Origin {
	_, before := in.Baseline[name]
	return in.origin(!before)
}

func (in Input) unexpectedOrigin(name string) Origin {
	_, before := in.Baseline[name]
	return in.origin(before)
}

func (in Input) origin(change bool) Origin {
	switch {
	case in.Baseline == nil:
		return OriginUnknown
	case change:
		return OriginChange
	}
	return OriginDrift
}

// changes returns the attributes in which a live scope differs from its definition. A baseline
// has descriptions and no settings.
func (in Input) changes(want, live authz.Scope) []Change {
	var all []Change
	add := func(attribute, defined, is string, origin Origin) {
		all = append(all, Change{Name: want.Name, Attribute: attribute, Defined: defined, Live: is, Origin: origin})
	}
	before, known := in.Baseline[want.Name]
	if in.Descriptions && want.Description != live.Description {
		add("description", want.Description, live.Description, in.origin(!known || live.Description == before))
	}
	if !in.Settings {
		return all
	}
	rows := settings.Rows()
	for i := range rows {
		row := &rows[i]
		if live.Hidden && settings.ID(i) == settings.Access {
			continue
		}
		if w, l := row.Get(want.Settings), row.Get(live.Settings); !row.Same(w, l) {
			add(row.Name, row.Format(w), row.Format(l), in.settingOrigin(row, want.Name, l))
		}
	}
	return all
}

// settingOrigin returns the origin of a difference in one setting. If the live value was defined
// before this change, the change makes the difference.
func (in Input) settingOrigin(row *settings.Row, name string, live settings.Value) Origin {
	if _, known := in.Baseline[name]; !known {
		return in.origin(true)
	}
	return in.definedOrigin(row, name, live)
}

// definedOrigin returns the origin of a live value: this change, if it was defined before.
func (in Input) definedOrigin(row *settings.Row, name string, live settings.Value) Origin {
	before, known := in.BaselineSettings[name]
	if !known {
		return OriginUnknown
	}
	return in.origin(row.Same(row.Get(before), live))
}

// access records a scope that every user gets, or would get without its last user type. leftOut
// is true if the definition has no access.
func (r *Result) access(in Input, want, live authz.Scope, leftOut bool) {
	if !in.Settings || want.Settings.Access == authz.AccessEveryone || live.Hidden {
		return
	}
	if live.Settings.Access == authz.AccessEveryone {
		row := &settings.Rows()[settings.Access]
		r.Open = append(r.Open, Open{
			Name: live.Name, Reason: reason(live.LastAppliedAccess, leftOut),
			Origin: in.definedOrigin(row, live.Name, row.Get(live.Settings)),
		})
		return
	}
	if live.Settings.Access == authz.AccessUnguarded {
		r.Unguarded = append(r.Unguarded, live.Name)
	}
	if through, all := in.Live.ReachesEveryone(live); all {
		r.Open = append(r.Open, Open{Name: live.Name, Reason: ReasonUserType, UserType: through.Name})
	}
}

func reason(intended authz.Access, leftOut bool) Reason {
	switch {
	case intended == authz.AccessEveryone:
		return ReasonConfigured
	case leftOut && intended == "":
		return ReasonUndecided
	}
	return ReasonOpened
}

// userType compares the scopes of one user type. Built-in scopes count if the definition has
// them. A scope that only some users of the user type have is missing if it is defined, and
// unexpected if not.
func (in Input) userType(name string, want []string) UserType {
	u := UserType{Name: name}
	set, read := in.Held[name]
	if !read {
		for _, s := range in.Live.ScopesOf(name) {
			if !s.BuiltIn || slices.Contains(want, s.Name) {
				set.Scopes = append(set.Scopes, s.Name)
			}
		}
		live, _ := in.Live.UserType(name)
		set.Partial = live.Partial
		u.Exists, u.Nearest = in.exists(name)
	}
	some := slices.DeleteFunc(slices.Concat(set.Scopes, set.Partial), func(n string) bool { return !in.Filter.Manages(n) })
	u.Missing, u.Unexpected = diff.Difference(want, slices.Concat(set.Scopes, set.Includes)), diff.Difference(some, want)
	return u
}

func (in Input) exists(name string) (*bool, string) {
	if in.Live.UserTypes == nil {
		return nil, ""
	}
	_, found := in.Live.UserType(name)
	switch {
	case found:
		return &found, ""
	case authz.IsClientRole(name): // a snapshot has those that scopes are mapped to
		return nil, ""
	}
	names := make([]string, len(in.Live.UserTypes))
	for i, u := range in.Live.UserTypes {
		names[i] = u.Name
	}
	return &found, diff.Nearest(name, names)
}

func (r *Result) sort() {
	byName := func(a, b Found) int { return strings.Compare(a.Name, b.Name) }
	slices.SortFunc(r.Missing, byName)
	slices.SortFunc(r.Unexpected, byName)
	slices.SortFunc(r.Changed, func(a, b Change) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Attribute, b.Attribute))
	})
	slices.SortFunc(r.UserTypes, func(a, b UserType) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(r.Open, func(a, b Open) int { return strings.Compare(a.Name, b.Name) })
	slices.Sort(r.Unguarded)
}
