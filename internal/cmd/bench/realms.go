package main

import (
	"fmt"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

// clients measures plans of three clients in a realm with many clients and in one with few, each
// with empty caches.
func (b *bench) clients() (took, floor []time.Duration) {
	few, many := b.threeClients(20), b.threeClients(2_600)
	for range b.runs {
		floor = append(floor, b.coldPlan(few))
		took = append(took, b.coldPlan(many))
	}
	return took, floor
}

// folderOf is a configuration that was applied to a realm.
type folderOf struct {
	realm *keycloak.Realm
	dir   string
}

func (b *bench) threeClients(n int) folderOf {
	realm := b.server.NewLargeRealm(b, keycloak.Large{Clients: n})
	realm.CreateScopes(b, "orders:read")
	dir := b.provider(target{realm, account(b, realm)}, `
resource "authscopes_client_scopes" "each" {
  for_each  = toset([for i in range(3) : format("client-%05d", i)])
  client_id = each.key
  manage    = ["orders:*"]
  optional  = ["orders:read"]
}
`)
	b.terraform(dir, "apply", "-auto-approve")
	return folderOf{realm, dir}
}

func (b *bench) coldPlan(of folderOf) time.Duration {
	of.realm.ClearCache(b)
	return b.terraform(of.dir, "plan", "-detailed-exitcode")
}

// timed is a case without a floor: its time is printed.
type timed struct {
	name string
	took func(b *bench) []time.Duration
}

func (c timed) print(b *bench) {
	fmt.Printf("\n=== %s\n", c.name)
	fmt.Printf("    %s\n", spread(c.took(b)))
}

func timedCases() []timed {
	return []timed{
		{"plan, no change, 1,000 scopes, an identity that may only read", func(b *bench) []time.Duration { return b.reads(1_000) }},
		{"plan, no change, 5,000 scopes, an identity that may only read", func(b *bench) []time.Duration { return b.reads(5_000) }},
		{"plan, one scope, realm with 10,000 roles, empty caches", func(b *bench) []time.Duration { return b.roles(keycloak.Large{Roles: 10_000}) }},
		{"plan, one scope, realm with 5,000 roles and 5,000 composite ones, empty caches", func(b *bench) []time.Duration {
			return b.roles(keycloak.Large{Roles: 5_000, Composites: 5_000})
		}},
	}
}

// reads measures plans of an identity that may not export the realm: one request for
// each scope.
func (b *bench) reads(n int) (took []time.Duration) {
	to := b.target()
	w := oneSet(n)
	dir := b.provider(to, w.provider)
	b.terraform(dir, "apply", "-auto-approve")
	reader := to.CreateServiceAccount(b, "reader", "view-realm", "view-clients", "view-users")
	b.rewrite(dir, b.config(target{to.Realm, reader}, w.provider))
	for range b.runs {
		took = append(took, b.terraform(dir, "plan", "-detailed-exitcode"))
	}
	return took
}

func (b *bench) roles(large keycloak.Large) (took []time.Duration) {
	realm := b.server.NewLargeRealm(b, large)
	dir := b.provider(target{realm, account(b, realm)}, oneScope().provider)
	b.terraform(dir, "apply", "-auto-approve")
	for range b.runs {
		took = append(took, b.coldPlan(folderOf{realm, dir}))
	}
	return took
}
