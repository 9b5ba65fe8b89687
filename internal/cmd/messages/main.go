// Command messages writes the messages of the provider into a guide, between two markers.
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// The markers around the generated text.
const (
	begin = "<!-- messages: begin -->\n"
	end   = "<!-- messages: end -->\n"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run gets the path of the guide.
func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: messages <guide>")
	}
	text, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	guide, err := insert(string(text), messages.Guide())
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	return os.WriteFile(args[0], []byte(guide), 0o644)
}

// insert replaces the text between the markers.
func insert(guide, generated string) (string, error) {
	before, rest, ok := strings.Cut(guide, begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return "", fmt.Errorf("no lines %q and %q", strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	return before + begin + "\n" + generated + end + after, nil
}
