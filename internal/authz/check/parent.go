package check

// ParentMissing is about what should hold a resource's objects, such as an authorization
// server or an application, and is missing on the server. Data: the error.
const ParentMissing Code = "parent.missing"

func parentCodes() []Code { return []Code{ParentMissing} }

// MissingParent reports that a server has no parent with an ID. err is the report of the
// server itself, or nil.
func MissingParent(serverID string, err error) []Finding {
	var f findings
	if err != nil {
		f.add(Finding{Code: ParentMissing, Severity: Warn, Subjects: []string{serverID}, Data: err})
	}
	return f
}
