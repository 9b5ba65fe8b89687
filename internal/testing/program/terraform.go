package program

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// Terraform runs Terraform, or OpenTofu, with the provider of this checkout.
type Terraform struct {
	Program string   // path of the program
	Env     []string // of every command, without the user's own settings

	folder    string   // for the providers
	providers []string // their names
}

// NewTerraform builds the provider into a folder, which need not exist. The working directory
// must be the root of the checkout.
func NewTerraform(ctx context.Context, folder string) (*Terraform, error) {
	program, err := findProgram()
	if err != nil {
		return nil, err
	}
	fmt.Println("\nBuilding the provider (a minute the first time, seconds after) …")
	folder, err = filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	t := &Terraform{Program: program, folder: folder}
	t.Env = append(cleanEnv(), "TF_CLI_CONFIG_FILE="+t.config(), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1")
	return t, t.AddProvider(ctx, "authscopes", ".")
}

func (t *Terraform) config() string { return filepath.Join(t.folder, "cli.tfrc") }

// AddProvider builds a package as the provider authscopes/<name>.
func (t *Terraform) AddProvider(ctx context.Context, name, path string) error {
	file := "terraform-provider-" + name
	if runtime.GOOS == "windows" {
		file += ".exe"
	}
	if err := build(ctx, path, filepath.Join(t.folder, file)); err != nil {
		return fmt.Errorf("build the provider %s: %w", name, err)
	}
	t.providers = append(t.providers, name)
	var overrides strings.Builder
	for _, name := range t.providers {
		fmt.Fprintf(&overrides, "    \"authscopes/%s\" = %q\n", name, t.folder)
	}
	cli := "provider_installation {\n  dev_overrides {\n" + overrides.String() + "  }\n  direct {}\n}\n"
	return os.WriteFile(t.config(), []byte(cli), 0o600)
}

// build builds a package and writes the program as an installation does. A file that the linker
// wrote, through a memory map, sometimes takes 5 ms longer to start.
func build(ctx context.Context, path, file string) error {
	linked := file + ".linked"
	cmd := exec.CommandContext(ctx, "go", "build", "-o", linked, path)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return err
	}
	bytes, err := os.ReadFile(linked)
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(file, bytes, 0o700), os.Remove(linked)) //nolint:gosec // a program that runs
}

// cleanEnv returns the environment without variables that configure Terraform or the provider.
func cleanEnv() []string {
	return slices.DeleteFunc(os.Environ(), func(e string) bool {
		return strings.HasPrefix(e, "TF_") || strings.HasPrefix(e, "KEYCLOAK_") || strings.HasPrefix(e, "ONELOGIN_") || strings.HasPrefix(e, "AUTHSCOPES_")
	})
}

func findProgram() (string, error) {
	if found := cmp.Or(tftest.OnPath("terraform"), tftest.OnPath("tofu")); found != "" {
		return found, nil
	}
	return "", errors.New("neither terraform nor tofu is on PATH. Install one: Terraform by the package manager of this machine or by\n" +
		"  go run github.com/hashicorp/hc-install/cmd/hc-install@v0.9.2 install -path=$HOME/bin terraform\n" +
		"or OpenTofu by its package, and put it on PATH")
}

// Run runs one command in a folder and returns its output. Any other exit code than wanted is an
// error.
func (t *Terraform) Run(ctx context.Context, dir string, want int, args ...string) (string, error) {
	r, err := tftest.Run(ctx, t.Program, dir, t.Env, append(args, "-no-color")...)
	_, _ = os.Stderr.WriteString(r.Stderr)
	if err == nil && r.Code != want {
		err = fmt.Errorf("%s %s ended with %d, expected %d", filepath.Base(t.Program), strings.Join(args, " "), r.Code, want)
	}
	return r.Out, err
}
