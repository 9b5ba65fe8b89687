package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// terraform runs Terraform, or OpenTofu, in the demo's folder with the provider
// as it was just built.
type terraform struct {
	program string
	example string // what the folder is a copy of
	dir     string
	env     []string
}

func newTerraform(ctx context.Context, dir, example string) (*terraform, error) {
	program, err := findProgram()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(example); err != nil {
		return nil, fmt.Errorf("run this in the root of the checkout: %w", err)
	}
	if err := errors.Join(os.RemoveAll(dir), os.CopyFS(dir, os.DirFS(example))); err != nil {
		return nil, err
	}
	fmt.Println("\nBuilding the provider (a minute the first time, seconds after) …")
	plugins, err := filepath.Abs(filepath.Join(dir, ".provider"))
	if err != nil {
		return nil, err
	}
	name := "terraform-provider-authscopes"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(plugins, name), ".")
	build.Stdout, build.Stderr = os.Stdout, os.Stderr
	if err := build.Run(); err != nil {
		return nil, fmt.Errorf("build the provider: %w", err)
	}
	cli := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"authscopes/authscopes\" = %q\n  }\n  direct {}\n}\n", plugins)
	config := filepath.Join(plugins, "cli.tfrc")
	if err := os.WriteFile(config, []byte(cli), 0o600); err != nil {
		return nil, err
	}
	return &terraform{
		program: program, example: example, dir: dir,
		env: append(cleanEnv(), "TF_CLI_CONFIG_FILE="+config, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1"),
	}, nil
}

// cleanEnv leaves out what would configure Terraform or the provider otherwise.
func cleanEnv() []string {
	return slices.DeleteFunc(os.Environ(), func(e string) bool {
		return strings.HasPrefix(e, "TF_") || strings.HasPrefix(e, "KEYCLOAK_") || strings.HasPrefix(e, "ONELOGIN_") || strings.HasPrefix(e, "AUTHSCOPES_")
	})
}

func findProgram() (string, error) {
	for _, name := range []string{"terraform", "tofu"} {
		if found, err := exec.LookPath(name); err == nil {
			return found, nil
		}
	}
	return "", errors.New("neither terraform nor tofu is on PATH. Install one: Terraform by the package manager of this machine or by\n" +
		"  go run github.com/hashicorp/hc-install/cmd/hc-install@v0.9.2 install -path=$HOME/bin terraform\n" +
		"or OpenTofu by its package, and put it on PATH")
}

// overrides is Terraform's warning that the provider is one built here: it
// says nothing about the story.
var overrides = regexp.MustCompile(`(?s)\nWarning: Provider development overrides are in effect.*?published\s+releases\.\n`)

// run runs one command and shows what it prints; any other exit code than
// wanted is an error.
func (t *terraform) run(ctx context.Context, want int, args ...string) error {
	fmt.Printf("\n$ %s %s\n", filepath.Base(t.program), strings.Join(args, " "))
	out, err := t.command(ctx, want, args)
	fmt.Println(strings.TrimRight(overrides.ReplaceAllString(out, ""), "\n"))
	return err
}

// quiet runs one command and shows what it prints only when it fails.
func (t *terraform) quiet(ctx context.Context, args ...string) error {
	fmt.Printf("\n$ %s %s\n", filepath.Base(t.program), strings.Join(args, " "))
	out, err := t.command(ctx, 0, args)
	if err != nil {
		fmt.Print(out)
	}
	return err
}

func (t *terraform) command(ctx context.Context, want int, args []string) (string, error) {
	cmd := exec.CommandContext(ctx, t.program, append(args, "-no-color")...)
	cmd.Dir, cmd.Env, cmd.Stderr = t.dir, t.env, os.Stderr
	out, err := cmd.Output()
	if code := cmd.ProcessState.ExitCode(); code != want {
		return string(out), errors.Join(fmt.Errorf("%s %s ended with %d, expected %d", filepath.Base(t.program), strings.Join(args, " "), code, want), err)
	}
	return string(out), nil
}
