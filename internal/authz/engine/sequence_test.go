package engine_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
)

func TestGeneratedSequences(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { drivertest.CheckSequence(t, sequenceServer(newDriver())) })
}

var errDrawn = authz.Errorf(authz.Unavailable, "write", "drawn failure")

// sequenceServer is a server in memory. All of its scopes are reachable.
func sequenceServer(d *driver) drivertest.SequenceServer {
	return drivertest.SequenceServer{
		Driver: d, ServerID: realm, Settle: func() {},
		Holders: func() map[string]bool {
			live := drivertest.Access{}
			d.Change(realm, func(l *authz.Snapshot) {
				for _, s := range l.Scopes {
					live[s.Name] = s.UserTypes
					if s.Settings.Access == authz.AccessEveryone {
						live[s.Name] = []string{"*"}
					}
				}
			})
			return live.Holders()
		},
		Change: func(to drivertest.Access) {
			d.Change(realm, func(l *authz.Snapshot) {
				for _, name := range slices.Sorted(maps.Keys(to)) {
					s, found := l.Scope(name)
					if !found {
						s = authz.Scope{Name: name, ID: fmt.Sprintf("by hand %s %d", name, len(l.Scopes)), Settings: diff.Defaults()}
					}
					s.UserTypes, s.Settings.Access = slices.Clone(to[name]), authz.AccessUserTypes
					if to.Open(name) {
						s.UserTypes, s.Settings.Access = nil, authz.AccessEveryone
					}
					l.Put(s)
				}
			})
		},
		Fail: func(n int) {
			d.Fail(func(call string) error {
				if call == "List" {
					return nil
				}
				if n--; n == 0 {
					return errDrawn
				}
				return nil
			})
		},
		Failed:  func(err error) bool { return errors.Is(err, errDrawn) },
		OnWrite: func(check func(string)) { d.after = func(_ context.Context, call string) { check(call) } },
		Writes: func() int {
			return len(slices.DeleteFunc(d.Calls(), func(call string) bool { return call == "List" }))
		},
	}
}
