package authz

// RuleSettings are the settings of the rule that grants scopes to a user type, on servers that
// have such rules. In a change, a nil field keeps the value of the server.
type RuleSettings struct {
	Description    *string
	AccessValidity *int64 // seconds; 0: the rule sets none
	GrantValidity  *int64 // seconds; 0: the rule sets none
	Renewable      *bool  // nil in a snapshot: the rule does not set it
}

// Within reports whether live has every setting that s sets.
func (s RuleSettings) Within(live RuleSettings) bool {
	return kept(s.Description, live.Description) && kept(s.AccessValidity, live.AccessValidity) &&
		kept(s.GrantValidity, live.GrantValidity) && kept(s.Renewable, live.Renewable)
}

func kept[V comparable](want, live *V) bool {
	return want == nil || live != nil && *want == *live
}
