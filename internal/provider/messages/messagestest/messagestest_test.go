package messagestest

import (
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

func TestSummary(t *testing.T) {
	for _, row := range messages.Rows() {
		part := Summary(row.Code)
		if row.Code != messages.FoundNote && (len(part) < 4 || !strings.Contains(row.Summary, part)) {
			t.Errorf("%s: %q of %q", row.Code, part, row.Summary)
		}
	}
	for code, want := range map[check.Code]string{
		check.AccessUndecided:     "Missing access for open scopes",
		check.DeletionsTakeGrants: " revokes ",
		"x.y":                     "",
	} {
		if got := Summary(code); got != want {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
	if got := Pattern(check.AccessUndecided); got != `Missing[\s│]+access[\s│]+for[\s│]+open[\s│]+scopes` {
		t.Errorf("%q", got)
	}
}
