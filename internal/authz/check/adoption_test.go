package check

import (
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

func adoptionTable() []result {
	a, changed := scope("a", limited), scope("a", limited)
	changed.Description = "new"
	held, shared, open := mapped("a", "child"), mapped("a", "child", "educator"), scope("b", everyone)
	live := []authz.Scope{{Name: "built-in", BuiltIn: true}, {Name: "deleted"}, {Name: "excluded"}, {Name: "planned"}, {Name: "u"}, {Name: "v"}, {Name: "written"}}
	creation := AdoptionInput{
		Creates: true, Live: live, Filter: diff.NewFilter(nil, []string{"excluded"}),
		Planned: []string{"planned"}, Deleted: []string{"deleted"}, Written: []string{"written"},
	}
	update, both := creation, creation
	update.Creates = false
	both.Existing = []ExistingScope{{a, a}}
	unlisted := Finding{Code: AdoptionUnlisted, Path: "scopes", Subjects: []string{"u", "v"}}
	adopted := func(changed int, lines ...string) Finding {
		return Finding{Code: AdoptionAdopted, Severity: Warn, Subjects: []string{"a"}, Data: Adopted{changed, lines}}
	}
	existing := func(want, live authz.Scope) []Finding {
		return Adoption(AdoptionInput{Existing: []ExistingScope{{want, live}}, Settings: true})
	}
	two := Adoption(AdoptionInput{Existing: []ExistingScope{{changed, shared}, {scope("b", limited), open}}, Settings: true})
	bothAdopted := Finding{Code: AdoptionAdopted, Severity: Warn, Subjects: []string{"a", "b"}, Data: Adopted{2, Lines{
		`a (changed: description "" → "new"; child, educator, web/x have it)`, "b (changed: access everyone → user_types)",
	}}}
	return []result{
		{"a creation over other scopes", Adoption(creation), []Finding{unlisted}},
		{"an update", Adoption(update), nil},
		{
			"a creation that adopts too", Adoption(both),
			[]Finding{unlisted, {Code: AdoptionFound, Severity: Warn, Subjects: []string{"a"}, Data: Adopted{0, Lines{"a"}}}},
		},
		{"as it is", existing(a, a), []Finding{adopted(0, "a")}},
		{"a holder keeps it", existing(a, held), []Finding{adopted(0, "a (child has it)")}},
		{"changed", existing(changed, a), []Finding{adopted(1, `a (changed: description "" → "new")`)}},
		{"two", two, []Finding{bothAdopted}},
		{"deleted and created again", Recreation([]authz.Scope{a, held}), []Finding{
			{Code: AdoptionRecreated, Severity: Warn, Subjects: []string{"a"}, Data: Lines{"a", "a (child has it)"}},
		}},
		{"a mapper is destroyed", Recreation([]authz.Scope{{Name: "a", Mappers: []authz.Mapper{{Name: "m", Type: "t"}}}}), []Finding{
			{Code: AdoptionRecreated, Severity: Warn, Subjects: []string{"a"}, Data: Lines{"a"}},
			{Code: DeletionsDestroyMappers, Severity: Warn, Subjects: []string{"a"}, Data: Lines{"a: m (t)"}},
		}},
		{"nothing is deleted first", Recreation(nil), nil},
		{"without settings", Adoption(AdoptionInput{Existing: []ExistingScope{{a, scope("a", everyone)}}}), []Finding{adopted(0, "a")}},
	}
}

// mapped returns a limited scope with user types, and with a client role if there are
// several.
func mapped(name string, userTypes ...string) authz.Scope {
	s := scope(name, limited)
	s.UserTypes = userTypes
	if len(userTypes) > 1 {
		s.ClientRoles = []string{"web/x"}
	}
	return s
}

// Changes are described attribute by attribute.
func TestDescribeChanges(t *testing.T) {
	live := authz.Scope{Name: "a", Description: "A", Settings: diff.Defaults()}
	want := live
	want.Description = "new"
	want.Settings = authz.Settings{ConsentScreenText: "t", GUIOrder: "1", AssignedType: authz.AssignedDefault, Access: authz.AccessEveryone}
	const all = `description "A" → "new"; display_on_consent_screen true → false; consent_screen_text "" → "t"; include_in_token_scope true → false; ` +
		"include_in_openid_provider_metadata true → false; gui_order  → 1; assigned_type none → default; access user_types → everyone"
	if got := describeChanges(want, live, true); got != all {
		t.Errorf("%q does not hold %q", got, all)
	}
	if got := describeChanges(want, live, false); got != strings.Split(all, "; ")[0] {
		t.Errorf("without settings: %q", got)
	}
	if got := describeChanges(live, live, true); got != "" {
		t.Errorf("of the same: %q", got)
	}
}
