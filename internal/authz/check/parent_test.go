package check

import "errors"

func parentTable() []result {
	err := errors.New("there is no application app")
	return []result{
		{"the parent exists", MissingParent("app", nil), nil},
		{"the parent is missing", MissingParent("app", err), []Finding{{Code: ParentMissing, Severity: Warn, Subjects: []string{"app"}, Data: err}}},
	}
}
