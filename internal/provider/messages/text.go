package messages

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// AdviseStateRm is what a user can do about a resource without parent.
const AdviseStateRm = "If it was deleted, destroy the resources in it, or remove them from the configuration: this only removes them from state. " +
	"To remove a resource without a plan, run: terraform state rm <address>."

// adviseNamed is AdviseStateRm for a parent whose name another server can have: after a wrong
// address, a destroy would lose the state of existing objects.
const adviseNamed = "If it was deleted, remove its resources from state: terraform state rm <address>. " +
	"A destroy fails, because a wrong address has the same effect as a deleted realm."

const noResponse = "No valid response was received from the server. Check url, the network and any proxy"

// Advice returns what to do about an error.
func Advice(err error) string {
	var e *authz.Error
	text, known := "", errors.As(err, &e)
	if known {
		text = reason(e)
	}
	switch {
	case text != "":
	case errors.Is(err, context.Canceled): // the user stopped Terraform
		text = "Run the operation again. Completed changes are kept."
	case errors.Is(err, context.DeadlineExceeded):
		text = reasons()[authz.ReasonHTTPDeadline]
	case !known:
		text = "The server did not report this error. If it happens again, report it as a defect of the provider."
	case e.OutcomeUnknown && e.Kind == authz.Unavailable:
		text = noResponse + "." // a plan comes first
	default:
		text = adviceByKind(e.Kind)
	}
	switch {
	case !known:
	case e.OutcomeUnknown && e.Unreadable:
		text += " The outcome of the write is unknown. No plan can show it, because these scopes cannot be read back. " +
			"The state has the scopes from before. Apply again: the same write has the same effect."
	case e.OutcomeUnknown:
		text += " The outcome of the write is unknown. Plan again to see what the server has now."
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
	return render(e.Advice, text, about, maxNamed)
}

func noteAdvice(n authz.Warning) string { return reason(&authz.Error{Advice: n.Advice, Args: n.Args}) }

func adviceByKind(kind authz.Kind) string {
	switch kind {
	case authz.NotFound:
		return "The server does not have the object. Plan again to see what the server has now."
	case authz.ParentNotFound:
		return "The parent object was not found. Check url and server_id (the realm or the authorization server) in the provider configuration and in this " +
			"resource. Nothing was removed from state."
	case authz.Conflict:
		return "The object exists already, or it was changed at the same time. To manage an existing object, import it. Otherwise plan again."
	case authz.Denied:
		return "The server rejected the credentials, or they lack a right. Check the credentials in the provider configuration and their rights on the server."
	case authz.Invalid:
		return "A value is invalid. Correct the value that the error below names."
	case authz.Unsupported:
		return "The server does not support this operation."
	default:
		return noResponse + ", then run Terraform again. Nothing was removed from state."
	}
}

// shown limits how many names a message lists.
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

// Visible escapes characters that are not printable: a name comes from the server, and must
// not change or hide the text around it.
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

// maxNamed limits how many names a summary has, and maxName the characters of a name that
// does not fit.
const (
	maxNamed = 3
	maxName  = 28
)

// First returns the first names, at most the given number, as the end of a summary: for 0 the
// first name, shortened.
func First(names []string, named int) string {
	if runes := []rune(strings.Join(names[:min(1, len(names))], "")); named == 0 && len(runes) > maxName {
		return Visible(string(runes[:maxName])) + "…"
	}
	if named = max(1, named); len(names) > named {
		names = append(slices.Clone(names[:named]), "…")
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

// ImportBlock returns the block that imports an object.
func ImportBlock(resourceType, id string) string {
	return fmt.Sprintf("import {\n  to = %s.<name>\n  id = %q\n}", resourceType, id)
}
