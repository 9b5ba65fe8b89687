// Bench measures plans and applies of many scopes on a real Keycloak, each beside its floor: the
// time of Terraform itself for the same values, or of the server for the same requests. It prints
// a table of the ratios.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/program"
)

func main() {
	runs := flag.Int("runs", 5, "how often each is measured; the median counts")
	only := flag.String("only", "", "measure only the cases with this text in their name")
	keep := flag.String("dir", "", "keep the configurations in this folder")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	missed, err := run(ctx, max(*runs, 1), *only, *keep)
	cancel()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "\nbench: "+err.Error())
		os.Exit(1)
	}
	if missed > 0 {
		fmt.Printf("\n%d of the figures are over their bar.\n", missed)
		os.Exit(1)
	}
}

func run(ctx context.Context, runs int, only, dir string) (missed int, err error) {
	if dir == "" {
		if dir, err = os.MkdirTemp("", "authscopes-bench"); err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	tf, err := program.NewTerraform(ctx, filepath.Join(dir, "provider"))
	if err != nil {
		return 0, err
	}
	if err := tf.AddProvider(ctx, "floor", "./internal/cmd/bench/floor"); err != nil {
		return 0, err
	}
	server, err := keycloak.Start(ctx, keycloak.Options{Progress: os.Stdout, Optimize: true})
	if err != nil {
		return 0, err
	}
	var rows []row
	peak := 0
	err = program.Play(ctx, func(t *program.T) {
		b := &bench{T: t, tf: tf, server: server, dir: dir, runs: runs}
		for _, c := range cases() {
			if strings.Contains(c.name, only) {
				rows = append(rows, c.row(b))
			}
		}
		for _, c := range timedCases() {
			if strings.Contains(c.name, only) {
				c.print(b)
			}
		}
		if strings.Contains(largeRealm, only) {
			peak = b.large()
		}
	})
	if err = errors.Join(err, server.Stop()); err != nil {
		return 0, err
	}
	if missed = table(rows, runs); peak > memoryBar {
		missed++
	}
	if peak > 0 {
		fmt.Printf("\n%s: the provider's peak memory is %d MiB, at most %d is allowed.\n", largeRealm, peak, memoryBar)
	}
	return missed, nil
}

// row is one line of the table.
type row struct {
	name, floor    string
	took, floorWas []time.Duration
	bar            float64
}

func (r row) ratio() float64 { return float64(median(r.took)) / float64(median(r.floorWas)) }

func median(all []time.Duration) time.Duration {
	all = slices.Sorted(slices.Values(all))
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
}

// table prints the rows and counts the missed bars.
func table(rows []row, runs int) (missed int) {
	fmt.Printf("\nMedians of %d runs, side by side; seconds, and from the fastest to the slowest run.\n\n", runs)
	fmt.Println("| case | provider | floor | floor is | ratio | bar |")
	fmt.Println("|---|---|---|---|---|---|")
	for _, r := range rows {
		verdict := "holds"
		if r.ratio() > r.bar {
			verdict = "MISSED"
			missed++
		}
		fmt.Printf("| %s | %s | %s | %s | %.2f | at most %.2f: %s |\n", r.name, spread(r.took), spread(r.floorWas), r.floor, r.ratio(), r.bar, verdict)
	}
	return missed
}

func spread(all []time.Duration) string {
	return fmt.Sprintf("%.2f (%.2f to %.2f)", median(all).Seconds(), slices.Min(all).Seconds(), slices.Max(all).Seconds())
}
