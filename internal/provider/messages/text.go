package messages

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// AdviseStateRm is what a user can do about a resource without parent.
const AdviseStateRm = "If it was deleted, destroy the resources in it, or remove them from the configuration: that only removes them from the state. " +
	"To remove one without a plan, run: terraform state rm <address>."

// adviseNamed is that for a parent that another server can have, too: after a wrong address,
// a destroy would lose the state of what exists.
const adviseNamed = "If it was deleted, remove its resources from the state: terraform state rm <address>. " +
	"A destroy fails, because a wrong address looks the same."

// Advice returns what to do about an error.
func Advice(err error) string {
	var e *authz.Error
	if !errors.As(err, &e) {
		return "This is not an answer of the server. If it happens again, please report it."
	}
	text := reason(e)
	if text == "" {
		text = adviceByKind(e.Kind)
	}
	switch {
	case e.OutcomeUnknown && e.Unreadable:
		text += " No response was received, so the outcome of the write is unknown. No plan can show it, because these scopes cannot be read back. " +
			"The state has the scopes from before. Apply again: the same write has the same effect."
	case e.OutcomeUnknown:
		text += " The request was sent but its answer got lost: whether it was done is not known. Run plan again to see what the server has now."
	}
	return text
}

// why is what the text of a reason can refer to.
type why struct {
	Args  []string
	Inner string // advice for the error that caused this one
}

// reason returns the advice of an error itself: the text of its reason, or its own.
func reason(e *authz.Error) string {
	text, ok := reasons()[e.Advice]
	if !ok {
		return e.Advice
	}
	about := why{Args: e.Args}
	var inner *authz.Error
	if errors.As(e.Err, &inner) {
		about.Inner = reason(inner)
	}
	return render(e.Advice, text, about)
}

func noteAdvice(n authz.Warning) string { return reason(&authz.Error{Advice: n.Advice, Args: n.Args}) }

func adviceByKind(kind authz.Kind) string {
	switch kind {
	case authz.NotFound:
		return "It is not on the server, or no longer. Run plan again to see what the server has now."
	case authz.ParentNotFound:
		return "What should hold it is not there. Check the url and the server id (the realm, the authorization server) of the provider configuration and of this resource. Nothing was dropped from the state."
	case authz.Conflict:
		return "It exists already, or somebody changed it at the same time. Import it if it is to be managed here, or run plan again."
	case authz.Denied:
		return "The server refused the credentials, or they lack a right. Check the credentials of the provider configuration and what they are allowed to do."
	case authz.Invalid:
		return "This is not accepted. Correct what is named below."
	case authz.Unsupported:
		return "This server has no way to do that."
	default:
		return "The server did not answer, or not in a way that can be read. Check the url, the network and any proxy between, then run again. Nothing was dropped from the state."
	}
}

// shown bounds how many names a message lists.
const shown = 100

// List writes names as an indented list, cut after a hundred.
func List(names []string) string {
	var b strings.Builder
	for i, n := range names {
		if i == shown {
			fmt.Fprintf(&b, "  … and %d more\n", len(names)-i)
			break
		}
		fmt.Fprintf(&b, "  - %s\n", Visible(n))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Visible writes what does not show, or moves a cursor, as an escape: a name is
// the server's, and must not change or hide what stands around it.
func Visible(text string) string {
	var b strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
	}
	return b.String()
}

// Count writes a number with its noun: `1 scope`, `2 scopes`.
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// First names the first few, to tell one warning from another.
func First(names []string) string {
	const few = 3
	names = slices.Clone(names)
	if len(names) > few {
		names = append(names[:few], "…")
	}
	return Visible(strings.Join(names, ", "))
}

// Section returns a paragraph with a list, or "" for an empty list.
func Section(title string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "\n\n" + title + "\n\n" + List(names)
}

// ImportBlock returns what a user pastes to adopt a thing.
func ImportBlock(resourceType, id string) string {
	return fmt.Sprintf("import {\n  to = %s.<name>\n  id = %q\n}", resourceType, id)
}
