package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// memoryBar bounds the provider's peak memory for a large realm, in MiB.
const memoryBar = 512

const largeRealm = "apply, plan, destroy: 10,000 scopes, 200 user types with 50 each"

// large applies, plans and destroys 10,000 scopes and 200 user types with 50 scopes each, and
// returns the provider's peak memory, in MiB.
func (b *bench) large() (peak int) {
	const scopes, types, each = 10_000, 200, 50
	fmt.Printf("\n=== %s\n", largeRealm)
	to := b.target()
	to.CreateRoles(b, roleNames(types)...)
	config := setOf(scopes, "delete").provider + grantLocals(types, each, scopes) + `
resource "authscopes_server_grants" "all" {
  user_types      = { for t, scopes in local.types : t => [for name in scopes : authscopes_server_scopes.all.names[name]] }
  max_revocations = 100000
}
`
	dir := b.provider(to, config)
	for _, args := range [][]string{{"apply", "-auto-approve"}, {"plan", "-detailed-exitcode"}, {"destroy", "-auto-approve"}} {
		used, stop := make(chan int), make(chan struct{})
		go func() { used <- providerMemory(stop) }()
		took := b.terraform(dir, args...)
		close(stop)
		most := <-used
		peak = max(peak, most)
		fmt.Printf("    %-8s %6.1f s, the provider's peak memory %d MiB\n", args[0], took.Seconds(), most)
	}
	return peak
}

// providerMemory watches the provider processes and returns the largest resident size of one, in
// MiB, or 0 without /proc.
func providerMemory(stop <-chan struct{}) (peak int) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return peak
		case <-tick.C:
		}
		names, _ := filepath.Glob("/proc/[0-9]*/comm") // the pattern is sound
		for _, name := range names {
			comm, err := os.ReadFile(name)
			if err != nil || !strings.HasPrefix(string(comm), "terraform-provi") {
				continue
			}
			if status, err := os.ReadFile(filepath.Join(filepath.Dir(name), "status")); err == nil {
				peak = max(peak, highWater(string(status)))
			}
		}
	}
}

// highWater reads VmHWM (proc(5), in KiB) as MiB.
func highWater(status string) int {
	_, rest, _ := strings.Cut(status, "VmHWM:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kib, _ := strconv.Atoi(fields[0])
	return kib / 1024
}
