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

// terraform runs Terraform in the demo's folder and shows what it prints.
type terraform struct {
	*program.Terraform
	example string // what the folder is a copy of
	dir     string
}

func newTerraform(ctx context.Context, dir, example string) (*terraform, error) {
	if _, err := os.Stat(example); err != nil {
		return nil, fmt.Errorf("run this in the root of the checkout: %w", err)
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

// overrides is Terraform's warning that the provider is one built here: it
// says nothing about the story.
var overrides = regexp.MustCompile(`(?s)\nWarning: Provider development overrides are in effect.*?published\s+releases\.\n`)

// run runs one command and shows what it prints; any other exit code than
// wanted is an error.
func (t *terraform) run(ctx context.Context, want int, args ...string) error {
	t.show(args)
	out, err := t.Run(ctx, t.dir, want, args...)
	fmt.Println(strings.TrimRight(overrides.ReplaceAllString(out, ""), "\n"))
	return err
}

// quiet runs one command and shows what it prints only when it fails.
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
