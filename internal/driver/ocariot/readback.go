package ocariot

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// requestsAtOnce is the maximum number of simultaneous requests of one read. The client can allow
// fewer.
const requestsAtOnce = 10

// UserTypeScopes reads the scopes of a user type. It returns Unsupported if the readback does not
// cover this type. ReadbackFilter finds only known scopes of the type. API: see page and login;
// the server has no call for it.
func (d *Driver) UserTypeScopes(ctx context.Context, _, userType string) (authz.UserTypeSet, error) {
	op := fmt.Sprintf("read the scopes of user type %q", userType)
	if err := checkUserType(op, userType); err != nil {
		return authz.UserTypeSet{}, err
	}
	if !d.readable(userType) {
		return authz.UserTypeSet{}, &authz.Error{
			Kind: authz.Unsupported, Op: op,
			Err:    fmt.Errorf("ocariot has no call that returns them, and readback = %q does not read this user type", d.readback),
			Advice: d.adviseReadback(userType), Args: []string{userType},
		}
	}
	r, err := d.read(ctx, op, userType)
	if err != nil {
		return authz.UserTypeSet{}, err
	}
	return r.set(userType), nil
}

// ListUserTypes implements authz.UserTypeReader: the six types of every server.
func (d *Driver) ListUserTypes(ctx context.Context, serverID string) ([]authz.UserTypeSet, error) {
	var sets []authz.UserTypeSet
	for _, userType := range slices.Sorted(slices.Values(userTypes())) {
		set := authz.UserTypeSet{UserType: authz.UserType{Name: userType, Unread: !d.readable(userType)}}
		if !set.Unread {
			var err error
			if set, err = d.UserTypeScopes(ctx, serverID, userType); err != nil {
				return nil, err
			}
		}
		sets = append(sets, set)
	}
	return sets, nil
}

// adviseReadback states what makes a user type readable.
func (d *Driver) adviseReadback(userType string) string {
	switch {
	case d.readback == ReadbackFilter: // admins have no list
		return authz.ReasonOcariotReadbackAdmin
	case collection(userType) == "":
		return authz.ReasonOcariotReadbackNoListing
	}
	return authz.ReasonOcariotReadback
}

// probe returns the user to log in as to read a type's scopes.
func (d *Driver) probe(userType string) (Login, bool) {
	if login, ok := d.probes[userType]; ok {
		return login, true
	}
	return d.admin, d.readback == ReadbackFilter && userType == "admin" && d.admin.Username != ""
}

// listed reports whether the scopes of a type are read from the list of its users.
func (d *Driver) listed(userType string) bool {
	return d.readback == ReadbackFilter && collection(userType) != ""
}

// readable reports whether the scopes of a type can be read back.
func (d *Driver) readable(userType string) bool {
	_, ok := d.probe(userType)
	return d.listed(userType) || d.readback != ReadbackNone && ok
}

// reading has the scopes of the users of a type.
type reading struct {
	all     []string // scopes of every user, sorted
	partial []string // scopes of some users only, sorted
	users   authz.Users
}

// set converts a reading into a user type with its scopes.
func (r reading) set(userType string) authz.UserTypeSet {
	return authz.UserTypeSet{UserType: authz.UserType{Name: userType, Partial: r.partial, Users: &r.users}, Scopes: r.all}
}

func (d *Driver) read(ctx context.Context, op, userType string) (reading, error) {
	if !d.listed(userType) {
		return d.readToken(ctx, op, userType)
	}
	if err := d.requireEndpoint(ctx, op, userType); err != nil {
		return reading{}, err
	}
	held, total, err := d.heldByAny(ctx, op, userType)
	if err != nil {
		return reading{}, err
	}
	r := reading{all: held, users: usersOf(total)}
	if total == 0 {
		return r, nil
	}
	if len(held) == 0 {
		return r, authz.Advise(authz.Unavailable, op, adviceNoScopes,
			"the number of users of type %q is %d, and none has a scope that is known of this type", userType, total)
	}
	hits, total, err := d.count(ctx, op, userType, matchingAll(held))
	if err != nil || hits >= total {
		return r, err
	}
	return d.readEach(ctx, op, userType, held)
}

func usersOf(total int) authz.Users {
	return authz.Users{Count: total, Written: min(total, maxWritten)}
}

// heldByAny returns the known scopes of a type that at least one of its users has, sorted, and
// the number of its users.
func (d *Driver) heldByAny(ctx context.Context, op, userType string) (held []string, total int, err error) {
	names := d.known[userType]
	found, totals := make([]bool, len(names)), make([]int, len(names))
	err = each(ctx, len(names), func(ctx context.Context, i int) (err error) {
		found[i], totals[i], err = d.exists(ctx, op, userType, matchingAll(names[i:i+1]))
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	for i, name := range names {
		if found[i] {
			held = append(held, name)
		}
	}
	return held, slices.Max(totals), nil
}

// readEach counts the users that have each of the names.
func (d *Driver) readEach(ctx context.Context, op, userType string, names []string) (reading, error) {
	counts, err := d.countEach(ctx, op, userType, names)
	if err != nil {
		return reading{}, err
	}
	r := reading{users: usersOf(counts.users)}
	for i, name := range names {
		switch hits := counts.hits[i]; {
		case hits >= counts.users:
			r.all = append(r.all, name)
		case hits > 0:
			r.partial = append(r.partial, name)
		}
	}
	return r, nil
}

// counts are the numbers of users that have each of some names, and of all users.
type counts struct {
	hits  []int
	users int
}

func (d *Driver) countEach(ctx context.Context, op, userType string, names []string) (counts, error) {
	c, totals := counts{hits: make([]int, len(names))}, make([]int, len(names))
	err := each(ctx, len(names), func(ctx context.Context, i int) (err error) {
		c.hits[i], totals[i], err = d.count(ctx, op, userType, matchingAll(names[i:i+1]))
		return err
	})
	if err == nil && len(totals) > 0 {
		c.users = slices.Max(totals)
	}
	return c, err
}

// each calls do for 0 to n-1, several at once, until one fails.
func each(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(requestsAtOnce)
	for i := range n {
		group.Go(func() error { return do(ctx, i) })
	}
	return group.Wait()
}

// readToken always logs in, because an older token has older scopes.
func (d *Driver) readToken(ctx context.Context, op, userType string) (reading, error) {
	user, _ := d.probe(userType)
	_, held, err := d.login(ctx, op, user)
	if err != nil {
		return reading{}, err
	}
	if held.SubType != userType {
		return reading{}, authz.Errorf(authz.Invalid, op, "the configured user is of type %q, and a user of type %q is required", held.SubType, userType)
	}
	return reading{all: authz.NameSet(strings.Fields(held.Scope)...), users: authz.Users{Sampled: true}}, nil
}
