package ocariot

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// List returns every scope that a user type can have, and other scopes that were found, with the
// user types of each. If a type cannot be read, its known default scopes are used, and a warning
// states it.
func (d *Driver) List(ctx context.Context, _ string) (*authz.Snapshot, error) {
	l := &authz.Snapshot{}
	var assumed, sampled []string
	for _, userType := range userTypes() {
		set := authz.UserTypeSet{UserType: authz.UserType{Name: userType}, Scopes: d.known[userType]}
		if d.readable(userType) {
			r, err := d.read(ctx, fmt.Sprintf("read the scopes of user type %q", userType), userType)
			if err != nil {
				return nil, err
			}
			set = r.set(userType)
			if r.users.Sampled {
				sampled = append(sampled, userType)
			}
		} else {
			assumed = append(assumed, userType)
		}
		l.UserTypes = append(l.UserTypes, set.UserType)
		for _, name := range slices.Concat(d.known[userType], set.Scopes) { // listed even if no user has it
			s, _ := l.Scope(name)
			s.Name = name
			l.Put(s.WithUserType(userType, slices.Contains(set.Scopes, name)))
		}
	}
	if len(sampled) > 0 {
		l.NotChecked = append(l.NotChecked, authz.Gap{
			Subject:   "scopes of other users of the user types " + strings.Join(sampled, ", "),
			Effect:    "One user of each of these user types was read. Other users can have other scopes.",
			Privilege: "readback = \"filter\" in the provider configuration, for all user types except admin",
		})
	}
	if len(assumed) > 0 {
		l.Warnings = append(l.Warnings, d.assumedNote(assumed))
		l.NotChecked = append(l.NotChecked, authz.Gap{
			Subject:   "scopes of the user types " + strings.Join(assumed, ", "),
			Effect:    "The default scopes of these user types are reported, whatever their users have.",
			Privilege: "readback in the provider configuration, for the user types that it can read",
		})
	}
	return l, nil
}

func (d *Driver) assumedNote(userTypes []string) authz.Warning {
	return authz.Warning{
		Summary:  fmt.Sprintf("Scopes of user types in ocariot %q are assumed", d.host),
		Subjects: userTypes,
		Detail: fmt.Sprintf("readback = %q does not read these user types: %s. They are shown with the default scopes of the account service 2.6.1, "+
			"which can differ from the scopes of their users.", d.readback, strings.Join(userTypes, ", ")),
	}
}
