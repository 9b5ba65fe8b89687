package drivertest

import (
	"context"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// Complete reads who has the scopes that wanted selects, if the listing did not read it, and
// adds the result to the listing.
func Complete(ctx context.Context, l *authz.Snapshot, wanted func(authz.Scope) bool) error {
	var unread []authz.Scope
	for _, s := range l.Scopes {
		if s.Unread && wanted(s) {
			unread = append(unread, s)
		}
	}
	if l.Complete == nil || len(unread) == 0 {
		return nil
	}
	add, err := l.Complete(ctx, unread)
	if err != nil {
		return err
	}
	add(l)
	return nil
}
