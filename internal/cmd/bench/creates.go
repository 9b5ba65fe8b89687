package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

// creates measures applies that create n scopes, each in a new realm, beside a loop that sends
// the same requests with the same account, and does nothing else.
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

// plainLoop creates scopes and maps a role to each, as many at once as the provider does.
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

// grants measures applies that grant scopes to user types, beside a loop that maps the role of
// each user type to its scopes.
func (b *bench) grants(userTypes, scopes int) (took, floor []time.Duration) {
	const all = 1_000
	w := grants(userTypes, scopes)
	for range b.runs {
		for _, plain := range []bool{true, false} {
			to := b.target()
			b.terraform(b.provider(to, setOf(all, "keep").provider), "apply", "-auto-approve")
			to.CreateRoles(b, w.roles...)
			if plain {
				began := time.Now()
				b.Must(b.mapAll(to, w.roles, scopes))
				floor = append(floor, time.Since(began))
			} else {
				took = append(took, b.terraform(b.provider(to, w.provider), "apply", "-auto-approve"))
			}
			to.Delete(b)
		}
	}
	return took, floor
}

// mapAll maps each role to some scopes, one scope after the other as many at once as the
// provider does.
func (b *bench) mapAll(to target, roles []string, scopes int) error {
	own := slices.DeleteFunc(to.Scopes(b), func(s keycloak.ClientScope) bool { return !strings.HasPrefix(s.Name, "service") })
	slices.SortFunc(own, func(x, y keycloak.ClientScope) int { return strings.Compare(x.Name, y.Name) })
	as := to.As(to.account)
	group, ctx := errgroup.WithContext(b.Context())
	group.SetLimit(concurrency)
	for t, name := range roles {
		role := to.Role(b, name)
		from := t * 37 % (len(own) - scopes)
		for _, scope := range own[from : from+scopes] {
			group.Go(func() error {
				return as.Do(ctx, http.MethodPost, []keycloak.Role{{ID: role.ID, Name: role.Name}}, nil, "client-scopes", scope.ID, "scope-mappings", "realm")
			})
		}
	}
	return group.Wait()
}
