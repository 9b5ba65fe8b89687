package drift

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// The guide shows the report of the demo as a quotation, so that it renders.
func TestGuideShowsReport(t *testing.T) {
	definitions := []authz.Scope{
		scope("children:read", described("Read children"), mapped("educator", "healthprofessional")), scope("children:update"), scope("institutions:read"),
		scope("measurements:read", mapped("healthprofessional")), scope("missions:create", mapped("educator")), scope("missions:read", mapped("child", "educator")),
	}
	live := listing(definitions...)
	live.UserTypes = []authz.UserType{{Name: "child"}, {Name: "educator"}, {Name: "healthprofessional"}}
	live.Put(scope("debug:all", described(""), access(authz.AccessEveryone, "")))
	live.Put(scope("children:read", described("Read ALL children"), mapped("educator", "healthprofessional")))
	live.Put(scope("missions:create"))
	live.Put(scope("measurements:read", mapped("healthprofessional"), func(s *authz.Scope) { s.Settings.IncludeInTokenScope = false }))
	for i := range 12 {
		live.Put(scope(fmt.Sprintf("built-in-%d", i), builtIn))
	}
	in := compared(live, definitions...)
	in.Server = `Keycloak realm "shop"`
	in.UserTypes = map[string][]string{
		"child": {"missions:read"}, "educator": {"children:read", "missions:create", "missions:read"},
		"healthprofessional": {"children:read", "measurements:read"},
	}
	in.Sources = map[string]string{"children:read": "api/children.yaml:43", "measurements:read": "api/children.yaml:46"}

	page, err := os.ReadFile("../../../templates/guides/drift-checks.md.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	quoted := strings.ReplaceAll("> "+strings.ReplaceAll(strings.TrimSpace(Compute(in).Markdown()), "\n", "\n> "), "> \n", ">\n")
	if !strings.Contains(string(page), "\n\n"+quoted+"\n\n") {
		t.Errorf("the guide does not show this report:\n%s", quoted)
	}
}
