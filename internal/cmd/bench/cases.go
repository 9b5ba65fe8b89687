package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/program"
)

// concurrency is the provider's default, and that of the plain loop.
const concurrency = 10

// bench has the state that all cases share.
type bench struct {
	*program.T
	tf     *program.Terraform
	server *keycloak.Server
	dir    string
	runs   int
}

// measured is one case: the measured operation of the provider, and its floor.
type measured struct {
	name  string
	floor string
	bar   float64
	times func(b *bench) (took, floor []time.Duration)
}

func (c measured) row(b *bench) row {
	fmt.Printf("\n=== %s\n", c.name)
	took, floor := c.times(b)
	r := row{name: c.name, floor: c.floor, took: took, floorWas: floor, bar: c.bar}
	fmt.Printf("    %s against %s: %.2f\n", spread(took), spread(floor), r.ratio())
	return r
}

// cases returns the cases of the table in the guide about performance.
func cases() []measured {
	return []measured{
		{"plan, no change, one set of 1,000", "one terraform_data with the same map", 2, plansOf(oneSet(1_000))},
		{"plan, no change, one set of 5,000", "one terraform_data with the same map", 1.9, plansOf(oneSet(5_000))},
		{"plan, no change, 1,000 single scopes", "1,000 terraform_data", 1.8, plansOf(singles(1_000))},
		{"plan, no change, grants of 20 user types with 200 scopes each", "one terraform_data with the same map", 1, plansOf(grants(20, 200))},
		{"plan, no change, grants of 60 user types with 50 scopes each", "one terraform_data with the same map", 1, plansOf(grants(60, 50))},
		{"plan, 3 clients, realm with 2,600 clients, empty caches", "the same in a realm with 20 clients", 2, (*bench).clients},
		{"apply, create a set of 1,000", "the same requests from a plain loop", 1.25, func(b *bench) (took, floor []time.Duration) { return b.creates(1_000) }},
		{
			"apply, grant 200 scopes to each of 6 user types", "one request for each grant, from a plain loop", 1.25,
			func(b *bench) (took, floor []time.Duration) { return b.grants(6, 200) },
		},
		// Last, because half of its time is that of the server, which compiles its code in the first minutes.
		{"plan, no change, one scope", "a provider with one resource and no requests", 1.5, plansOf(oneScope())},
	}
}

// plansOf measures plans of a workload.
func plansOf(w workload) func(*bench) (took, floor []time.Duration) {
	return func(b *bench) (took, floor []time.Duration) { return b.plans(w) }
}

// workload is one configuration for the provider and one for Terraform alone.
type workload struct {
	scopes   int // created in the realm by the set of `setup`, or by the configuration itself
	roles    []string
	setup    bool // the scopes exist before the configuration
	provider string
	floor    string
}

// locals returns the values of both configurations. Terraform's range stops at 1,024 elements.
func locals(n int) string {
	return fmt.Sprintf(`
locals {
  scopes = { for i in flatten([for a in range(%d) : [for b in range(100) : a * 100 + b]]) :
    format("service%%03d:action%%04d", floor(i / 50), i) => "May do action ${i}, as the document of its service declares it" }
}
`, n/100)
}

func oneSet(n int) workload { return setOf(n, "keep") }

func setOf(n int, onDestroy string) workload {
	return workload{
		scopes: n,
		provider: locals(n) + "resource \"authscopes_server_scopes\" \"all\" {\n  scopes        = local.scopes\n" +
			"  max_deletions = 100000\n  on_destroy    = \"" + onDestroy + "\"\n}\n",
		floor: locals(n) + "resource \"terraform_data\" \"all\" {\n  input = local.scopes\n}\n",
	}
}

func singles(n int) workload {
	return workload{
		scopes: n,
		provider: locals(n) + "resource \"authscopes_server_scope\" \"each\" {\n  for_each    = local.scopes\n" +
			"  name        = each.key\n  description = each.value\n}\n",
		floor: locals(n) + "resource \"terraform_data\" \"each\" {\n  for_each = local.scopes\n  input    = { name = each.key, description = each.value }\n}\n",
	}
}

// oneScope returns one scope, compared with a provider that sends no request.
func oneScope() workload {
	const attributes = "{\n  name        = \"orders:read\"\n  description = \"Read orders\"\n}\n"
	return workload{
		scopes:   1,
		provider: "resource \"authscopes_server_scope\" \"one\" " + attributes,
		floor: "terraform {\n  required_providers {\n    floor = { source = \"authscopes/floor\" }\n  }\n}\n" +
			"resource \"floor_scope\" \"one\" " + attributes,
	}
}

// grants returns the scopes of all user types, in one resource.
func grants(userTypes, scopes int) workload {
	w := workload{scopes: 1_000, setup: true, roles: roleNames(userTypes)}
	values := locals(w.scopes) + grantLocals(userTypes, scopes, w.scopes)
	w.provider = values + "resource \"authscopes_server_grants\" \"all\" {\n  user_types      = local.types\n  max_revocations = 100000\n}\n"
	w.floor = values + "resource \"terraform_data\" \"all\" {\n  input = { for t, scopes in local.types : t => toset(scopes) }\n}\n"
	return w
}

func roleNames(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("type%03d", i))
	}
	return names
}

// grantLocals returns the locals that grant each user type some of all scopes.
func grantLocals(userTypes, scopes, all int) string {
	return fmt.Sprintf(`
locals {
  types = { for t in range(%d) : format("type%%03d", t) => slice(keys(local.scopes), (t * 37) %% %d, (t * 37) %% %d + %d) }
}
`, userTypes, all-scopes, all-scopes, scopes)
}

// folder writes a configuration into a new folder.
func (b *bench) folder(config string) string {
	dir, err := os.MkdirTemp(b.dir, "config")
	b.Must(err)
	b.rewrite(dir, config)
	return dir
}

func (b *bench) rewrite(dir, config string) {
	b.Must(os.WriteFile(filepath.Join(dir, "main.tf"), []byte(config), 0o600))
}

// target is a realm, and the account of the provider.
type target struct {
	*keycloak.Realm
	account keycloak.Client
}

func (b *bench) target() target {
	realm := b.server.NewOrdinaryRealm(b)
	return target{realm, account(b, realm)}
}

func account(b *bench, realm *keycloak.Realm) keycloak.Client {
	return realm.CreateServiceAccount(b, "terraform", "manage-realm", "manage-clients", "view-users")
}

func (b *bench) provider(to target, rest string) string { return b.folder(b.config(to, rest)) }

func (b *bench) config(to target, rest string) string {
	return fmt.Sprintf(`
terraform {
  required_providers { authscopes = { source = "authscopes/authscopes" } }
}
provider "authscopes" {
  keycloak = { url = %q, realm = %q, client_id = %q, client_secret = %q }
  http     = { max_concurrency = %d }
}
`, b.server.URL, to.Name, to.account.ClientID, to.account.Secret, concurrency) + rest
}

func (b *bench) terraform(dir string, args ...string) time.Duration {
	began := time.Now()
	out, err := b.tf.Run(b.Context(), dir, 0, append(args, "-input=false")...)
	took := time.Since(began)
	if err != nil {
		b.Fatalf("%s%w", out, err)
	}
	return took
}

// plans measures plans without changes, alternating with the floor.
func (b *bench) plans(w workload) (took, floor []time.Duration) {
	realm := b.target()
	realm.CreateRoles(b, w.roles...)
	if w.setup {
		b.terraform(b.provider(realm, oneSet(w.scopes).provider), "apply", "-auto-approve")
	}
	ours, bare := b.provider(realm, w.provider), b.folder(w.floor)
	if strings.Contains(w.floor, "terraform_data") { // the other floor is not a released provider
		b.terraform(bare, "init")
	}
	b.terraform(ours, "apply", "-auto-approve")
	b.terraform(bare, "apply", "-auto-approve")
	const sameOrFail = "-detailed-exitcode" // exit code 2, which is an error, if the plan has a change
	b.terraform(ours, "plan", sameOrFail)
	for range b.runs {
		floor = append(floor, b.terraform(bare, "plan", sameOrFail))
		took = append(took, b.terraform(ours, "plan", sameOrFail))
	}
	return took, floor
}
