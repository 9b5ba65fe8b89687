package check

import "github.com/authscopes/terraform-provider-authscopes/internal/authz"

// ParentMissing is about what should hold a resource's objects, such as an authorization
// server or an application, and is missing on the server. Data: Parent.
const ParentMissing Code = "parent.missing"

func parentCodes() []Code { return []Code{ParentMissing} }

// Parent is the data of ParentMissing.
type Parent struct {
	Err   error // the report of the server itself
	Named bool  // another server can have a parent of this name
}

// MissingParent reports that a server has no parent with an ID. err is the report of the
// server itself, or nil.
func MissingParent(serverID string, err error) []Finding {
	var f findings
	if err != nil {
		f.add(Finding{Code: ParentMissing, Severity: Warn, Subjects: []string{serverID}, Data: Parent{err, authz.ParentName(err) != ""}})
	}
	return f
}
