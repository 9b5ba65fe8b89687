package ocariot

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// pauses between readings after a write, in milliseconds: 16 s in all. The server
// was seen to write for half a second after its answer.
func pauses() (all []time.Duration) {
	for ms := 250; ms <= 8000; ms *= 2 {
		all = append(all, time.Duration(ms)*time.Millisecond)
	}
	return all
}

// ChangeUserType replaces the scopes of the users of a type by change.Want, and
// with a readback waits until they have them. What did not come about is a
// Conflict that says so, with the counts where the readback has them.
// API: https://github.com/ocariot/api-gateway/wiki (POST users.types.scopes)
func (d *Driver) ChangeUserType(ctx context.Context, _ string, change authz.UserTypeChange) ([]authz.Scope, error) {
	userType := change.UserType.Name
	op := fmt.Sprintf("replace the scopes of user type %q", userType)
	want := authz.NameSet(change.Want...)
	if err := checkChange(op, userType, want); err != nil {
		return nil, err
	}
	lost := d.replace(ctx, op, userType, want)
	readable := d.readable(userType)
	if lost != nil && !(readable && authz.OutcomeUnknown(lost)) {
		return nil, lost
	}
	got := want
	var err error
	if readable {
		got, err = d.confirm(ctx, userType, want)
	}
	if lost != nil && err != nil {
		return nil, lost
	}
	touched := slices.Concat(change.Grant, change.Revoke)
	for i, s := range touched {
		touched[i] = s.WithUserType(userType, slices.Contains(got, s.Name))
	}
	return touched, err
}

func checkChange(op, userType string, want []string) error {
	if err := checkUserType(op, userType); err != nil {
		return err
	}
	if len(want) == 0 {
		return authz.Errorf(authz.Invalid, op, "the set of scopes is empty; ocariot takes at least one scope, and has no way to take the last away")
	}
	return authz.CheckNames(op, want...)
}

func checkUserType(op, userType string) error {
	if !slices.Contains(userTypes(), userType) {
		return authz.Errorf(authz.Invalid, op, "ocariot has no user type %q; %s", userType, typesAllowed())
	}
	return nil
}

// confirm reads back until every user of the type has want and nothing else,
// and answers with what any has.
func (d *Driver) confirm(ctx context.Context, userType string, want []string) ([]string, error) {
	op := fmt.Sprintf("read back the scopes of user type %q after the write", userType)
	r := &reading{}
	var gaps []string
	_, err := httpapi.Settle(ctx, op, pauses(), d.pause, func() (bool, error) {
		now, err := d.read(ctx, op, userType, want, true)
		if err != nil {
			return false, err
		}
		r, gaps = now, now.gaps(want)
		return len(gaps) == 0 || r.users == 0, nil
	})
	if err == nil && len(gaps) > 0 {
		err = r.fault(op, userType, gaps)
	}
	return r.held(), err
}

// gaps says of each scope in which way it is not as wanted.
func (r *reading) gaps(want []string) []string {
	var gaps []string
	for _, name := range want {
		if n := r.with[name]; n == 0 || n < r.users {
			gaps = append(gaps, fmt.Sprintf("%q is held by only %d of %d", name, n, r.users))
		}
	}
	for _, name := range r.held() {
		if !slices.Contains(want, name) {
			gaps = append(gaps, fmt.Sprintf("%q is still held by %d of %d", name, r.with[name], r.users))
		}
	}
	return gaps
}

func (r *reading) fault(op, userType string, gaps []string) error {
	e := &authz.Error{Kind: authz.Conflict, Op: op}
	switch {
	case r.users == 0:
		e.Kind = authz.ParentNotFound
		e.Err = fmt.Errorf("the server has no user of type %q, so nothing was replaced", userType)
		e.Advice = "Scopes are kept with each user, and a user created later has the default scopes of its type. Create the users, then apply again."
	case r.users > pageSize:
		e.Err = fmt.Errorf("the server replaces the scopes of only %d of the %d users: %s", pageSize, r.users, shown(gaps, "%s"))
		e.Advice = fmt.Sprintf("The server changes the %d users of a type that were created last, and a repeat reaches the same ones. "+
			"The other %d keep what they have; only the account service's database can change them. readback = \"none\" accepts this unseen.", pageSize, r.users-pageSize)
	default:
		e.Err = fmt.Errorf("the server took the scopes, but of the users that were read %s", shown(gaps, "%s"))
		e.Advice = fmt.Sprintf("Apply again: a user who was created or edited meanwhile has the default scopes of its type. "+
			"If it persists, the user is not among the %d of its type that were created last, which are all that the server changes.", pageSize)
	}
	return e
}
