package matrix

import (
	"os"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

// The guide shows the matrix of its example as a quotation, so that it renders.
func TestGuideShowsReport(t *testing.T) {
	m := Compute(Input{
		Server: `Keycloak realm "shop"`, Settings: true, Scopes: diff.NewFilter([]string{"missions:*"}, nil), UserTypes: diff.NewFilter(nil, nil),
		Snapshot: &authz.Snapshot{
			Scopes:    []authz.Scope{scope("missions:create", limited, "educator"), scope("missions:read", limited, "child", "educator")},
			UserTypes: []authz.UserType{{Name: "child"}, {Name: "educator"}},
		},
	})
	page, err := os.ReadFile("../../../templates/guides/who-gets-what.md.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	quoted := strings.ReplaceAll("> "+strings.ReplaceAll(strings.TrimSpace(m.Markdown()), "\n", "\n> "), "> \n", ">\n")
	if !strings.Contains(string(page), "\n\n"+quoted+"\n\n") {
		t.Errorf("the guide does not show this matrix:\n%s", quoted)
	}
}
