package drift

import (
	"maps"
	"slices"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// holders compares the sets of user types and client roles, and returns the unexpected
// holders if the sets are complete.
func (in Input) holders() []UserType {
	var all []UserType
	for name, want := range in.UserTypes {
		all = append(all, in.userType(name, want))
	}
	if in.Complete {
		others := in.others()
		for _, name := range slices.Sorted(maps.Keys(others)) {
			exists := true
			all = append(all, UserType{Name: name, Unexpected: authz.NameSet(others[name]...), Exists: &exists})
		}
	}
	for i := range all {
		all[i].Origins = in.holderOrigins(all[i])
	}
	return all
}

// others returns the compared scopes of holders without a definition, by name. Built-in scopes
// are not compared, and the guard role is not a holder.
func (in Input) others() map[string][]string {
	others, listed := map[string][]string{}, map[string]bool{}
	for name := range in.UserTypes {
		listed[in.key(name)] = true
	}
	guards := map[string]bool{}
	add := func(name, scope string) {
		s, found := in.Live.Scope(scope)
		if !in.Ignored.Ignores(name) && in.Filter.Manages(scope) && !(found && s.BuiltIn) {
			others[name] = append(others[name], scope)
		}
	}
	for _, u := range in.Live.UserTypes {
		if guards[u.Name] = u.Guard; u.Guard || listed[in.key(u.Name)] {
			continue
		}
		for _, scope := range u.Partial {
			add(u.Name, scope)
		}
	}
	for _, s := range in.Live.Scopes {
		for _, name := range slices.Concat(s.UserTypes, s.ClientRoles) {
			if !guards[name] && !listed[in.key(name)] {
				add(name, s.Name)
			}
		}
	}
	return others
}

func (in Input) key(userType string) string {
	if in.Key == nil {
		return userType
	}
	return in.Key(userType)
}

// holderOrigins returns the origins of the differences of a holder, or nil without a
// baseline.
func (in Input) holderOrigins(u UserType) map[string]Origin {
	if in.Baseline == nil || in.BaselineHolders == nil {
		return nil
	}
	origins, before := map[string]Origin{}, in.BaselineHolders[u.Name]
	for _, name := range u.Missing {
		origins[name] = in.origin(!slices.Contains(before, name))
	}
	for _, name := range u.Unexpected {
		origins[name] = in.origin(slices.Contains(before, name))
	}
	return origins
}

// onlyFromChange reports whether this change makes every difference, and everything was visible.
func (r Result) onlyFromChange() bool {
	if !r.differs() || r.unseen() > 0 || len(r.Covered)+len(r.Blocking) > 0 {
		return false
	}
	changes := func(o Origin) bool { return o == OriginChange }
	for _, f := range slices.Concat(r.Missing, r.Unexpected) {
		if !changes(f.Origin) {
			return false
		}
	}
	for _, c := range r.Changed {
		if !changes(c.Origin) {
			return false
		}
	}
	for _, o := range r.Open {
		if !changes(o.Origin) {
			return false
		}
	}
	return !slices.ContainsFunc(r.UserTypes, func(u UserType) bool { return !u.onlyFromChange() })
}

// onlyFromChange reports whether this change makes the differences of a holder. If the holder does not
// exist, all its scopes are missing.
func (u UserType) onlyFromChange() bool {
	if u.InSync() {
		return true
	}
	for _, name := range slices.Concat(u.Missing, u.Unexpected) {
		if u.Origins[name] != OriginChange {
			return false
		}
	}
	return len(u.Missing)+len(u.Unexpected) > 0
}
