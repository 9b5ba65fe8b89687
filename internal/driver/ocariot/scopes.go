package ocariot

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// List answers with every scope that a user type may have, and those found
// beyond, with the user types of each: as read back or, where a type cannot be
// read, by its known default scopes, which a note then says.
func (d *Driver) List(ctx context.Context, _ string) (*authz.Listing, error) {
	l := &authz.Listing{}
	var assumed []string
	for _, userType := range userTypes() {
		l.UserTypes = append(l.UserTypes, authz.UserType{Name: userType})
		held := d.known[userType]
		if d.readable(userType) {
			r, err := d.read(ctx, fmt.Sprintf("read the scopes of user type %q", userType), userType, nil, false)
			if err != nil {
				return nil, err
			}
			held = r.held()
			l.Notes = append(l.Notes, r.notes(userType)...)
		} else {
			assumed = append(assumed, userType)
		}
		for _, name := range slices.Concat(d.known[userType], held) { // listed even if nobody has it
			s, _ := l.Scope(name)
			s.Name = name
			l.Put(s.WithUserType(userType, slices.Contains(held, name)))
		}
	}
	if len(assumed) > 0 {
		l.Notes = append(l.Notes, d.assumedNote(assumed))
	}
	return l, nil
}

func (d *Driver) assumedNote(userTypes []string) authz.Note {
	return authz.Note{
		Summary: "ocariot: the scopes of user types " + strings.Join(userTypes, ", ") + " are assumed",
		Detail: fmt.Sprintf("readback %q cannot see these user types. They are shown with the default scopes of ocariot's account service 2.6.1, "+
			"whatever their users really have.", d.readback),
	}
}

// notes tells of users that a replace does not reach.
func (r *reading) notes(userType string) []authz.Note {
	switch {
	case r.users == 0:
		return []authz.Note{{
			Summary: fmt.Sprintf("ocariot has no user of type %s", userType),
			Detail:  "Scopes are kept with each user. A user created later starts with the default scopes of its type.",
		}}
	case r.users > pageSize:
		return []authz.Note{{
			Summary: fmt.Sprintf("ocariot changes only %d of %d users of type %s", pageSize, r.users, userType),
			Detail: fmt.Sprintf("A replace reaches the %d users that were created last; the other %d keep the scopes they have, and a scope counts as the user type's "+
				"while any user has it.", pageSize, r.users-pageSize),
		}}
	}
	return nil
}
