package check

import (
	"errors"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

func maximumTable() []result {
	h := Holder{Kind: "user type", Name: "child", Attribute: "user_type"}
	most := []string{"a", "b"}
	return []result{
		{"no bound", BeyondMaximum(h, []string{"a", "c"}, nil, nil), nil},
		{"within the bound", BeyondMaximum(h, []string{"a"}, []string{"c"}, most), nil},
		{"nothing is allowed", BeyondMaximum(h, []string{"a"}, nil, []string{}), []Finding{
			{Code: GrantsBeyondMaximum, Path: "scopes", Subjects: []string{"a"}, Data: Maximum{h, []string{}}},
		}},
		{"beyond it, and held", BeyondMaximum(h, []string{"d", "c", "a"}, []string{"d", "e"}, most), []Finding{
			{Code: GrantsBeyondMaximum, Path: "scopes", Subjects: []string{"c"}, Data: Maximum{h, most}},
			{Code: GrantsMaximumLowered, Severity: Warn, Path: "scopes", Subjects: []string{"d"}, Data: Maximum{h, most}},
		}},
	}
}

func parentTable() []result {
	err, named := errors.New("there is no application app"), &authz.Error{Kind: authz.ParentNotFound, ParentGone: true, ParentName: "shop"}
	return []result{
		{"the parent exists", MissingParent("app", nil), nil},
		{"the parent is missing", MissingParent("app", err), []Finding{{Code: ParentMissing, Severity: Warn, Subjects: []string{"app"}, Data: Parent{err, false}}}},
		{
			"another server can have it", MissingParent("shop", named),
			[]Finding{{Code: ParentMissing, Severity: Warn, Subjects: []string{"shop"}, Data: Parent{named, true}}},
		},
	}
}
