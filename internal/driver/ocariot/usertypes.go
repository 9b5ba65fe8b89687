package ocariot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// pauses are the pauses between reads after a write: 16 s in all. The server can continue to
// write for half a second after its response.
func pauses() (all []time.Duration) {
	for ms := 250; ms <= 8000; ms *= 2 {
		all = append(all, time.Duration(ms)*time.Millisecond)
	}
	return all
}

// ChangeUserType replaces the scopes of the users of a type by change.Want, and with a readback
// waits until they have them. If they do not get them, the error is a Conflict, with the counts
// if the readback has them. API: https://github.com/ocariot/api-gateway/wiki (POST
// users.types.scopes)
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
		return nil, unreadable(lost, readable)
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

// unreadable marks an unknown outcome that no read shows.
func unreadable(err error, readable bool) error {
	var e *authz.Error
	if readable || !authz.OutcomeUnknown(err) || !errors.As(err, &e) {
		return err
	}
	marked := *e
	marked.Unreadable = true
	return &marked
}

func checkChange(op, userType string, want []string) error {
	if err := checkUserType(op, userType); err != nil {
		return err
	}
	if len(want) == 0 {
		return authz.Errorf(authz.Invalid, op, "the set of scopes is empty; ocariot requires at least one scope, and cannot revoke the last scope")
	}
	return authz.CheckNames(op, want...)
}

func checkUserType(op, userType string) error {
	if !slices.Contains(userTypes(), userType) {
		return authz.Errorf(authz.Invalid, op, "ocariot has no user type %q; %s", userType, typesAllowed())
	}
	return nil
}

// confirm reads until every readable user of the type has exactly want. It returns the scopes
// that any of them has.
func (d *Driver) confirm(ctx context.Context, userType string, want []string) ([]string, error) {
	op := fmt.Sprintf("read back the scopes of user type %q after the write", userType)
	compare := d.compareToken
	if d.listed(userType) {
		compare = d.compareUsers
	}
	var last mismatch
	_, err := httpapi.Settle(ctx, op, pauses(), d.pause, func() (bool, error) {
		now, err := compare(ctx, op, userType, want)
		final := now.final(last)
		last = now
		return final, err
	})
	if err != nil {
		return nil, err
	}
	if last.users == 0 {
		return nil, noUsers(op, userType)
	}
	if last.count() == 0 {
		return want, nil
	}
	return d.explain(ctx, op, userType, want)
}

// mismatch counts the users of a type that do not have the wanted scopes.
type mismatch struct {
	users int
	lack  int // users without some of the wanted scopes
	more  int // users with other scopes
}

// count returns the minimum number of users that differ.
func (m mismatch) count() int { return max(m.lack, m.more) }

// final reports whether another read would show the same. If a replace does not change all users,
// those that it does not change can be the ones that differ.
func (m mismatch) final(last mismatch) bool {
	return m.count() == 0 || m == last && m.count() <= m.users-maxWritten
}

// compareUsers counts by two filters: users that have all wanted scopes, and users that
// have any other.
func (d *Driver) compareUsers(ctx context.Context, op, userType string, want []string) (mismatch, error) {
	if err := d.requireEndpoint(ctx, op, userType); err != nil { // after a write without a response
		return mismatch{}, err
	}
	hits, total, err := d.count(ctx, op, userType, matchingAll(want))
	if err != nil {
		return mismatch{}, err
	}
	m := mismatch{users: total, lack: max(total-hits, 0)}
	if others := diff.Difference(d.known[userType], want); len(others) > 0 && total > 0 {
		m.more, _, err = d.count(ctx, op, userType, matchingSome(others))
	}
	return m, err
}

// compareToken compares the one user of the type that the provider can log in as.
func (d *Driver) compareToken(ctx context.Context, op, userType string, want []string) (mismatch, error) {
	r, err := d.readToken(ctx, op, userType)
	return mismatch{users: 1, lack: len(diff.Difference(want, r.all)), more: len(diff.Difference(r.all, want))}, err
}

// explain returns the scopes that any user has, and an error with the scopes that not every user
// has as planned.
func (d *Driver) explain(ctx context.Context, op, userType string, want []string) ([]string, error) {
	names, c := authz.NameSet(slices.Concat(d.known[userType], want)...), counts{}
	if d.listed(userType) {
		var err error
		if c, err = d.countEach(ctx, op, userType, names); err != nil {
			return nil, err
		}
	} else {
		r, err := d.readToken(ctx, op, userType)
		if err != nil {
			return nil, err
		}
		names = authz.NameSet(append(names, r.all...)...)
		c = countsOf(names, r.all)
	}
	var held []string
	for i, name := range names {
		if c.hits[i] > 0 {
			held = append(held, name)
		}
	}
	if gaps := c.gaps(names, want); len(gaps) > 0 {
		return held, fault(op, userType, c.users, gaps)
	}
	return held, nil
}

// countsOf returns the counts of one user.
func countsOf(names, held []string) counts {
	c := counts{hits: make([]int, len(names)), users: 1}
	for i, name := range names {
		if slices.Contains(held, name) {
			c.hits[i] = 1
		}
	}
	return c
}

// gaps describes each scope that not every user has as planned: the planned ones first.
func (c counts) gaps(names, want []string) []string {
	var lack, more []string
	for i, name := range names {
		switch wanted := slices.Contains(want, name); {
		case wanted && c.hits[i] < c.users:
			lack = append(lack, fmt.Sprintf("only %d of %d users have %q", c.hits[i], c.users, name))
		case !wanted && c.hits[i] > 0:
			more = append(more, fmt.Sprintf("%d of %d users still have %q", c.hits[i], c.users, name))
		}
	}
	return append(lack, more...)
}

func noUsers(op, userType string) error {
	return authz.Advise(authz.ParentNotFound, op,
		authz.ReasonOcariotNoUsers,
		"the server has no user of type %q, so nothing was replaced", userType)
}

func fault(op, userType string, users int, gaps []string) error {
	if users > maxWritten {
		return authz.Advise(authz.Conflict, op,
			authz.ReasonOcariotBeyondReach,
			"the server replaces the scopes of only %d of the %d users of type %q: %s", maxWritten, users, userType, formatParts(gaps, "%s")).
			With(strconv.Itoa(maxWritten), strconv.Itoa(users-maxWritten))
	}
	return authz.Advise(authz.Conflict, op,
		authz.ReasonOcariotRepeat,
		"the server accepted the scopes, but after the write %s", formatParts(gaps, "%s")).With(strconv.Itoa(maxWritten))
}
