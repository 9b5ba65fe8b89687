package messages

import "github.com/authscopes/terraform-provider-authscopes/internal/authz/check"

func allGrantSamples() []check.Finding {
	bound := check.Bound{Attribute: "max_revocations", Allowed: new(int64)}
	inState := check.Bound{Attribute: "max_unassignments", InState: true}
	return []check.Finding{
		{Code: check.ConflictGrantsManagedTwice},
		{Code: check.ConflictHolderManagedTwice, Data: check.Holder{Kind: "client", Name: "web"}},
		{Code: check.GrantsComposite, Keys: []string{"a"}, Data: check.Lines{"x"}},
		{Code: check.GrantsMissingHolder, Keys: []string{"a"}, Data: check.Missing{Holder: check.Holder{Kind: "user type", Name: "a"}}},
		{Code: check.AllGrantsUnlisted},
		{Code: check.AllGrantsEmptied},
		{Code: check.AllGrantsIgnored},
		{Code: check.AllGrantsDuplicate},
		{Code: check.AllGrantsStray},
		{Code: check.AllGrantsIrrevocable},
		{Code: check.AllGrantsRenamed, Data: check.Rename{Old: "a", New: "b"}},
		{Code: check.AllGrantsUnknown, Data: bound},
		{Code: check.AllGrantsHidden, Data: check.Lines{"view-realm"}},
		{Code: check.BoundsRevocations, Data: bound},
		{Code: check.BoundsUnassignments, Data: inState},
	}
}
