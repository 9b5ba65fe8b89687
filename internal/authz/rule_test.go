package authz

import "testing"

func TestRuleSettingsWithin(t *testing.T) {
	a, b, short, long, yes, no := "a", "b", int64(60), int64(90), true, false
	live := RuleSettings{Description: &a, AccessValidity: &short, GrantValidity: &short, Renewable: &yes}
	for _, test := range []struct {
		name   string
		want   RuleSettings
		within bool
	}{
		{"nothing set", RuleSettings{}, true},
		{"all equal", live, true},
		{"description", RuleSettings{Description: &b}, false},
		{"access validity", RuleSettings{AccessValidity: &long}, false},
		{"grant validity", RuleSettings{GrantValidity: &long}, false},
		{"renewable", RuleSettings{Renewable: &no}, false},
	} {
		if got := test.want.Within(live); got != test.within {
			t.Errorf("%s: %t", test.name, got)
		}
	}
	if (RuleSettings{Renewable: &yes}).Within(RuleSettings{}) {
		t.Error("what the server does not have is not within")
	}
}
