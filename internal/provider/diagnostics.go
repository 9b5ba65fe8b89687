package provider

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

// listedErrors bounds how many errors of one operation are shown: when a server
// goes away in the middle of a thousand writes, one of them says it all.
const listedErrors = 10

// addError is the one seam from errors to diagnostics. The summary says what
// failed, the detail what to do about it and then the original error.
func addError(diags *diag.Diagnostics, summary string, err error) {
	all := flatten(err)
	for i, e := range all {
		if i == listedErrors {
			diags.AddError(fmt.Sprintf("%s (%d more errors)", summary, len(all)-i), "They are like the ones above, which tell the first "+fmt.Sprint(listedErrors)+".")
			return
		}
		if authz.IsParentGone(e) {
			diags.Append(parentGone{diag.NewErrorDiagnostic(summary, advice(e)+"\n\n"+adviseStateRm+"\n\n"+e.Error()), e})
			continue
		}
		diags.AddError(summary, advice(e)+"\n\n"+e.Error())
	}
}

// addAttributeError is addError for an error that one attribute causes.
func addAttributeError(diags *diag.Diagnostics, p path.Path, summary string, err error) {
	if authz.IsParentGone(err) {
		addError(diags, summary, err)
		return
	}
	diags.AddAttributeError(p, summary, advice(err)+"\n\n"+err.Error())
}

// flatten takes errors.Join apart. An *authz.Error around a join stays whole: its
// advice is for all of it.
func flatten(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error }) // the error itself, not what it wraps
	if !ok {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, flatten(e)...)
	}
	return all
}

func advice(err error) string {
	var e *authz.Error
	if !errors.As(err, &e) {
		return "This is not an answer of the server. If it happens again, please report it."
	}
	text := e.Advice
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

// list writes names as an indented list, cut after a hundred.
func list(names []string) string {
	var b strings.Builder
	for i, n := range names {
		if i == shown {
			fmt.Fprintf(&b, "  … and %d more\n", len(names)-i)
			break
		}
		fmt.Fprintf(&b, "  - %s\n", visible(n))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// visible writes what does not show, or moves a cursor, as an escape: a name is
// the server's, and must not change or hide what stands around it.
func visible(text string) string {
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

// didYouMean is what follows a name that is not there: the nearest of those that
// are, in brackets, or nothing.
func didYouMean(name string, there []string) string {
	if near := diff.Nearest(name, there); near != "" {
		return fmt.Sprintf(" (did you mean %q?)", near)
	}
	return ""
}

// count writes a number with its noun: `1 scope`, `2 scopes`.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// first names the first few, to tell one warning from another.
func first(names []string) string {
	const few = 3
	names = slices.Clone(names)
	if len(names) > few {
		names = append(names[:few], "…")
	}
	return visible(strings.Join(names, ", "))
}
