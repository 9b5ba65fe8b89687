package ocariot

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// probesAtOnce bounds the requests of one reading; the client may allow fewer.
const probesAtOnce = 10

// UserTypeScopes reads the scopes of a user type, sorted. Unsupported where the
// readback cannot see this type. ReadbackFilter finds only scopes that are known
// of the type.
// API: see count and login; the server has no call for it.
func (d *Driver) UserTypeScopes(ctx context.Context, _, userType string) ([]string, error) {
	op := fmt.Sprintf("read the scopes of user type %q", userType)
	if err := checkUserType(op, userType); err != nil {
		return nil, err
	}
	if !d.readable(userType) {
		return nil, &authz.Error{
			Kind: authz.Unsupported, Op: op,
			Err:    fmt.Errorf("ocariot has no call for it, and readback %q cannot see this user type", d.readback),
			Advice: fmt.Sprintf("Set readback = \"filter\", or \"login\" with probe_users.%s, a user of this type to log in as.", userType),
		}
	}
	r, err := d.read(ctx, op, userType, nil, false)
	if err != nil {
		return nil, err
	}
	return r.held(), nil
}

// probe is the user to log in as to see a type's scopes.
func (d *Driver) probe(userType string) (Login, bool) {
	if login, ok := d.probes[userType]; ok {
		return login, true
	}
	return d.admin, d.readback == ReadbackFilter && userType == "admin" && d.admin.Username != ""
}

// readable reports whether the scopes of a type can be read back.
func (d *Driver) readable(userType string) bool {
	_, ok := d.probe(userType)
	return d.readback == ReadbackFilter && collection(userType) != "" || d.readback != ReadbackNone && ok
}

// reading is what users of a type have.
type reading struct {
	users int            // of the type
	with  map[string]int // scope → users that have it
}

// held lists the scopes that any user has, sorted.
func (r *reading) held() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(r.with)), func(n string) bool { return r.with[n] == 0 })
}

// read asks for the scopes known of a type and those in also. Without all,
// counting ends at one user for each scope.
func (d *Driver) read(ctx context.Context, op, userType string, also []string, all bool) (*reading, error) {
	if d.readback == ReadbackLogin || collection(userType) == "" {
		return d.readToken(ctx, op, userType)
	}
	names := authz.NameSet(slices.Concat(d.known[userType], also)...)
	hits, totals := make([]int, len(names)), make([]int, len(names))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(probesAtOnce)
	for i, name := range names {
		group.Go(func() (err error) {
			hits[i], totals[i], err = d.count(ctx, op, userType, name, all)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	r := &reading{users: slices.Max(totals), with: map[string]int{}}
	for i, name := range names {
		r.with[name] = hits[i]
	}
	return r, nil
}

// readToken logs in anew: an older token holds older scopes.
func (d *Driver) readToken(ctx context.Context, op, userType string) (*reading, error) {
	user, _ := d.probe(userType)
	_, held, err := d.login(ctx, op, user)
	if err != nil {
		return nil, err
	}
	if held.SubType != userType {
		return nil, authz.Errorf(authz.Invalid, op, "the user to log in as is of type %q; name one of type %q", held.SubType, userType)
	}
	r := &reading{users: 1, with: map[string]int{}}
	for _, name := range strings.Fields(held.Scope) {
		r.with[name] = 1
	}
	return r, nil
}
