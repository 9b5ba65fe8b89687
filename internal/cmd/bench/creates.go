package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

// creates measures whole applies that make n scopes, each in a new realm, next to a
// loop that sends the same requests, logged in as the same account, and does nothing
// else.
func (b *bench) creates(n int) (took, floor []time.Duration) {
	for range b.runs {
		loop := b.target()
		guard := loop.CreateRole(b, keycloak.Role{Name: "guard"})
		began := time.Now()
		b.Must(b.plainLoop(loop.As(loop.account), guard, n))
		floor = append(floor, time.Since(began))
		loop.Delete(b)

		realm := b.target()
		took = append(took, b.terraform(b.provider(realm, oneSet(n).provider), "apply", "-auto-approve"))
		realm.Delete(b)
	}
	return took, floor
}

// plainLoop makes scopes and maps a role to each, as many at once as the
// provider does.
func (b *bench) plainLoop(realm *keycloak.Realm, guard keycloak.Role, n int) error {
	group, ctx := errgroup.WithContext(b.Context())
	group.SetLimit(concurrency)
	for i := range n {
		group.Go(func() error { return create(ctx, realm, guard, i) })
	}
	return group.Wait()
}

func create(ctx context.Context, realm *keycloak.Realm, guard keycloak.Role, i int) error {
	id, err := realm.Create(ctx, map[string]any{
		"name": fmt.Sprintf("service%03d:action%04d", i/50, i), "protocol": "openid-connect",
		"description": fmt.Sprintf("May do action %d, as the document of its service declares it", i),
		"attributes": map[string]string{
			"display.on.consent.screen": "true", "include.in.token.scope": "true",
			"include.in.openid.provider.metadata": "true", "consent.screen.text": "", "authscopes.access": "user_types",
		},
	}, "client-scopes")
	if err != nil {
		return err
	}
	return realm.Do(ctx, http.MethodPost, []keycloak.Role{{ID: guard.ID, Name: guard.Name}}, nil, "client-scopes", id, "scope-mappings", "realm")
}
