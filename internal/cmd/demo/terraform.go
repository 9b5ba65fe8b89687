package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/program"
)

// terraform runs Terraform in the folder of the demo and prints its output.
type terraform struct {
	*program.Terraform
	example string // source of the folder
	dir     string
}

func newTerraform(ctx context.Context, dir, example string) (*terraform, error) {
	if _, err := os.Stat(example); err != nil {
		return nil, fmt.Errorf("run the demo in the root of the repository: %w", err)
	}
	if err := errors.Join(os.RemoveAll(dir), os.CopyFS(dir, os.DirFS(example))); err != nil {
		return nil, err
	}
	tf, err := program.NewTerraform(ctx, filepath.Join(dir, ".provider"))
	if err != nil {
		return nil, err
	}
	return &terraform{Terraform: tf, example: example, dir: dir}, nil
}

// overrides is the warning of Terraform about a provider that was built here. It is no
// part of the demo.
var overrides = regexp.MustCompile(`(?s)\nWarning: Provider development overrides are in effect.*?published\s+releases\.\n`)

// run runs one command and prints its output. An exit code other than want is an error.
func (t *terraform) run(ctx context.Context, want int, args ...string) error {
	t.show(args)
	out, err := t.Run(ctx, t.dir, want, args...)
	fmt.Println(strings.TrimRight(overrides.ReplaceAllString(out, ""), "\n"))
	return err
}

// quiet runs one command and prints its output only if it fails.
func (t *terraform) quiet(ctx context.Context, args ...string) error {
	t.show(args)
	out, err := t.Run(ctx, t.dir, 0, args...)
	if err != nil {
		fmt.Print(out)
	}
	return err
}

func (t *terraform) show(args []string) {
	fmt.Printf("\n$ %s %s\n", filepath.Base(t.Program), strings.Join(args, " "))
}
