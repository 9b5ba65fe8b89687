// With-keycloak runs a command with a real Keycloak at hand: it starts one (or
// uses the one of KEYCLOAK_URL), puts KEYCLOAK_URL, KEYCLOAK_USER and
// KEYCLOAK_PASSWORD into the command's environment, and ends with its exit code.
// If the command fails, it prints the end of the log of a Keycloak that it started.
//
//	with-keycloak -- go test ./...
//	with-keycloak -prepare   only downloads and builds Keycloak into the cache
//	with-keycloak -sweep     deletes the tests' realms on KEYCLOAK_URL
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

func main() {
	code, err := run()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "with-keycloak:", err)
	}
	os.Exit(code)
}

func run() (int, error) {
	prepare := flag.Bool("prepare", false, "only download and build Keycloak into the cache")
	sweep := flag.Bool("sweep", false, "delete the tests' realms on the server of KEYCLOAK_URL")
	flag.Parse()
	opts := keycloak.Options{Progress: os.Stderr}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	switch {
	case *prepare:
		return exitCode(keycloak.Prepare(ctx, opts))
	case *sweep:
		return exitCode(sweepRealms(ctx, opts))
	case flag.NArg() == 0:
		return 2, errors.New("no command; usage: with-keycloak -- command argument...")
	}
	server, err := keycloak.Start(ctx, opts)
	if err != nil {
		return 1, err
	}
	cancel() // from here on, signals are for the command
	code, err := runCommand(flag.Args(), server.Env())
	if code != 0 {
		server.WriteLog(os.Stderr)
	}
	return code, errors.Join(err, server.Stop())
}

func exitCode(err error) (int, error) {
	if err != nil {
		return 1, err
	}
	return 0, nil
}

// runCommand forwards SIGTERM. The command receives an interrupt from the terminal itself,
// because it is in the same process group.
func runCommand(args, env []string) (int, error) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	cmd := exec.Command(args[0], args[1:]...) //nolint:noctx // ended by signals
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return 127, err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			if s == syscall.SIGTERM {
				_ = cmd.Process.Signal(s)
			}
		case err := <-done:
			return commandCode(err)
		}
	}
}

// commandCode returns the command's own exit code, or the shell's 128 + n if a signal ended it.
func commandCode(err error) (int, error) {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return exitCode(err)
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return exit.ExitCode(), nil
}

// sweepRealms deletes the realms of tests that were killed.
func sweepRealms(ctx context.Context, opts keycloak.Options) error {
	if os.Getenv("KEYCLOAK_URL") == "" {
		return errors.New("set KEYCLOAK_URL (and KEYCLOAK_USER, KEYCLOAK_PASSWORD) to the server to sweep; " +
			"a Keycloak that the tests start themselves has nothing to sweep")
	}
	server, err := keycloak.Start(ctx, opts)
	if err != nil {
		return err
	}
	realms, err := server.Realms(ctx)
	if err != nil {
		return err
	}
	deleted := 0
	for _, realm := range realms {
		if !strings.HasPrefix(realm, keycloak.RealmPrefix) {
			continue
		}
		if err := server.DeleteRealm(ctx, realm); err != nil {
			return fmt.Errorf("delete realm %q: %w", realm, err)
		}
		deleted++
		fmt.Println("deleted realm", realm)
	}
	fmt.Printf("%d of %d realms at %s deleted\n", deleted, len(realms), server.URL)
	return server.Stop()
}
