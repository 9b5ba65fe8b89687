package messages

import "github.com/authscopes/terraform-provider-authscopes/internal/authz/check"

func allGrantSamples() []check.Finding {
	grants := []string{"child: children:read", "educator: missions:create"}
	one := int64(1)
	bound := check.Bound{Attribute: "max_revocations", Allowed: &one}
	inState := check.Bound{Attribute: "max_unassignments", Allowed: &one, InState: true}
	return []check.Finding{
		{Code: check.ConflictGrantsManagedTwice, Subjects: []string{`user type "child": children:read`}},
		{Code: check.ConflictHolderManagedTwice, Data: check.Holder{Kind: "client", Name: "web"}},
		{Code: check.AllGrantsComposite, Keys: []string{"child"}, Subjects: []string{"child"}, Data: check.Lines{"toddler"}},
		{
			Code: check.GrantsMissingHolder, Keys: []string{"child"}, Subjects: []string{"child"},
			Data: check.Missing{Holder: check.Holder{Kind: "user type", Name: "child"}},
		},
		{
			Code: check.GrantsMissingHolder, Keys: []string{"client/web/editor"}, Subjects: []string{"realm/client/web/editor"},
			Data: check.Missing{Holder: check.Holder{Kind: "user type", Name: "realm/client/web/editor"}},
		},
		{Code: check.AllGrantsUnlisted, Subjects: grants},
		{Code: check.AllGrantsUnlisted, Subjects: []string{"child: missions:read", "client/web/editor: missions:create"}},
		{Code: check.AllGrantsEmptied, Subjects: grants},
		{Code: check.AllGrantsIgnored, Subjects: []string{"child", "educator"}},
		{Code: check.AllGrantsIgnored, Subjects: []string{"client/web/editor"}},
		{Code: check.GrantsEveryone, Subjects: []string{"client/account/view-profile"}, Data: check.Lines(nil)},
		{Code: check.AllGrantsDuplicate, Subjects: []string{"AD+corp:OPS, ad+corp:ops"}},
		{Code: check.AllGrantsStray, Subjects: []string{"child", "educator"}},
		{Code: check.AllGrantsIrrevocable, Subjects: []string{"child", "educator"}},
		{Code: check.AllGrantsRenamed, Subjects: []string{"child"}, Data: check.Rename{Old: "child", New: "pupil"}},
		{Code: check.AllGrantsRenamed, Subjects: []string{"client/web/editor"}, Data: check.Rename{Old: "client/web/editor", New: "client/web/author"}},
		{Code: check.AllGrantsUnknown, Subjects: grants, Data: bound},
		{Code: check.AllGrantsIndistinct, Subjects: []string{"e\u0301l\u00e8ve"}},
		{Code: check.AllGrantsHidden, Subjects: []string{"user types"}, Data: check.Lines{"view-realm"}},
		{Code: check.BoundsRevocations, Subjects: grants, Data: bound},
		{Code: check.BoundsUnassignments, Data: inState},
	}
}
