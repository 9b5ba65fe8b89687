package authz

// RuleSettings are the settings of the rule that gives a user type its scopes, on servers
// that have such rules. A nil field of a change keeps what the server has.
type RuleSettings struct {
	Description    *string
	AccessValidity *int64 // seconds; 0: the rule sets none
	GrantValidity  *int64 // seconds; 0: the rule sets none
	Renewable      *bool  // nil of a reading: the rule does not set it
}

// Within reports whether live has every setting that s sets.
func (s RuleSettings) Within(live RuleSettings) bool {
	return kept(s.Description, live.Description) && kept(s.AccessValidity, live.AccessValidity) &&
		kept(s.GrantValidity, live.GrantValidity) && kept(s.Renewable, live.Renewable)
}

func kept[V comparable](want, live *V) bool {
	return want == nil || live != nil && *want == *live
}
