package keycloak

import (
	"context"
	"fmt"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	server "github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

// While others rename, create and delete scopes and roles all the time, no
// listing shows a limited scope as open.
func TestListWhileOthersMove(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	d, _ := newDriver(t, l.admin())
	limited := map[string]bool{} // by id
	for _, name := range []string{"still", "renamed", "taker"} {
		limited[create(t, d, scope(name)).ID] = true
	}
	l.CreateRoles(t, "educator")
	l.MapRoles(t, "still", "educator")

	ctx, stop := context.WithCancel(t.Context())
	moved := make(chan error)
	go func() { moved <- l.move(ctx) }()
	const listings = 150
	wrong, seen := 0, 0
	for range listings {
		listing, err := readAll(context.Background(), d)
		if err != nil {
			t.Errorf("List: %v", err)
			continue
		}
		for _, s := range listing.Scopes {
			if !limited[s.ID] {
				continue
			}
			seen++
			if s.Settings.Access != authz.AccessUserTypes {
				wrong++
				t.Logf("scope %q is shown as %s", s.Name, s.Settings.Access)
			}
		}
	}
	stop()
	if err := <-moved; err != nil {
		t.Fatal(err)
	}
	if wrong > 0 || seen < 3*listings {
		t.Errorf("%d of %d readings of limited scopes are wrong", wrong, seen)
	}
}

// move renames one scope to and fro, gives another the name of one just deleted,
// and makes and deletes roles, until ctx ends.
func (l *lab) move(ctx context.Context) error {
	byName := func(name string) server.ClientScope { return l.Scope(l.t, name) }
	renamed, taker := byName("renamed"), byName("taker")
	put := func(s server.ClientScope, name string) error {
		return l.Do(ctx, "PUT", map[string]string{"id": s.ID, "name": name}, nil, "client-scopes", s.ID)
	}
	for i := 0; ; i++ {
		steps := []func() error{
			func() error { return put(renamed, fmt.Sprintf("renamed-%d", i)) },
			func() error {
				return l.Do(ctx, "POST", map[string]string{"name": "taken", "protocol": "openid-connect"}, nil, "client-scopes")
			},
			func() error { return l.deleteNamed(ctx, "taken") },
			func() error { return put(taker, "taken") },
			func() error { return put(taker, "taker") },
			func() error { return put(renamed, "renamed") },
			func() error { return l.Do(ctx, "POST", map[string]string{"name": "r"}, nil, "roles") },
			func() error { return l.Do(ctx, "DELETE", nil, nil, "roles", "r") },
		}
		for _, step := range steps {
			if err := step(); ctx.Err() != nil {
				return nil //nolint:nilerr // the test has ended
			} else if err != nil {
				return err
			}
		}
	}
}

func (l *lab) deleteNamed(ctx context.Context, name string) error {
	var scopes []server.ClientScope
	if err := l.Do(ctx, "GET", nil, &scopes, "client-scopes"); err != nil {
		return err
	}
	for _, s := range scopes {
		if s.Name == name {
			return l.Do(ctx, "DELETE", nil, nil, "client-scopes", s.ID)
		}
	}
	return fmt.Errorf("there is no scope %q", name)
}
