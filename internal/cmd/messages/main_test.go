package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// The guide in the repository has the messages of the table, with their codes.
func TestGuideIsGenerated(t *testing.T) {
	const guide = "../../../templates/guides/troubleshooting.md.tmpl"
	before, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	again := filepath.Join(t.TempDir(), "guide")
	if err := os.WriteFile(again, before, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{again}); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(again)
	if err != nil {
		t.Fatal(err)
	}
	if string(before) != string(after) {
		t.Error("templates/guides/troubleshooting.md.tmpl is not what make generate writes")
	}
	for _, row := range messages.Rows() {
		if row.Code != messages.FoundNote && !strings.Contains(string(after), "\n### "+string(row.Code)+"\n") {
			t.Errorf("no heading of %s", row.Code)
		}
	}
}

func TestRunRejects(t *testing.T) {
	dir := t.TempDir()
	open := filepath.Join(dir, "open")
	if err := os.WriteFile(open, []byte("text\n"+begin), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{nil, {"a", "b"}, {filepath.Join(dir, "none")}, {open}} {
		if err := run(args); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}
