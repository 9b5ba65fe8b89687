// Demo shows the main task of the provider: it applies an example, changes the
// server outside Terraform, plans and applies again. The server is a real Keycloak,
// or the stand-in of another server.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

const folder = "demo"

// backend is a server to run the demo on. Its name is the name of its example.
type backend struct {
	name string
	play func(context.Context, *terraform) error
}

func backends() []backend {
	return []backend{{"keycloak", onKeycloak}, {"onelogin", onOneLogin}, {"venafi", onVenafi}, {"ocariot", onOcariot}, {"pace", onPACE}}
}

func main() {
	name := flag.String("backend", "keycloak", "server to run the demo on: keycloak, onelogin, venafi, ocariot or pace")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	began := time.Now()
	err := run(ctx, *name)
	cancel()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "\ndemo: "+err.Error())
		os.Exit(1)
	}
	fmt.Printf("\nFinished in %.0f seconds. The configuration is in the folder %s.\n", time.Since(began).Seconds(), folder)
}

func run(ctx context.Context, name string) error {
	all := backends()
	i := slices.IndexFunc(all, func(b backend) bool { return b.name == name })
	if i < 0 {
		var names []string
		for _, b := range all {
			names = append(names, b.name)
		}
		return fmt.Errorf("unknown backend %q: valid values are %s", name, strings.Join(names, ", "))
	}
	tf, err := newTerraform(ctx, folder, "examples/complete/"+name)
	if err != nil {
		return err
	}
	return all[i].play(ctx, tf)
}

func say(format string, args ...any) { fmt.Printf("\n=== "+format+"\n", args...) }
