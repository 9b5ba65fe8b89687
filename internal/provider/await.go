package provider

import (
	"context"
	"slices"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/walk"
)

// startTime is how long a write waits until Terraform starts the resource that creates or
// renames a scope. Without a reference, Terraform starts both in any order.
const startTime = 5 * time.Second

// awaitScopes waits for other resources of the apply that create or rename scopes which the
// server does not have. It reports whether it waited.
func (d *data) awaitScopes(ctx context.Context, serverID string, names []string) bool {
	l, err := d.server.ReadSnapshot(ctx, serverID)
	if err != nil {
		return false
	}
	missing := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		_, found := l.Scope(name)
		return found
	})
	if len(missing) == 0 || !d.caps.WriteScopes {
		return false
	}
	patience, stop := context.WithTimeout(ctx, startTime)
	defer stop()
	for _, name := range missing {
		d.walk.Await(ctx, walk.Server(serverID), name, patience.Done())
	}
	return true
}
