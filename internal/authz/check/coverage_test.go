package check

import "github.com/authscopes/terraform-provider-authscopes/internal/authz"

func coverageTable() []result {
	open := authz.Settings{Access: authz.AccessEveryone}
	live := &authz.Snapshot{}
	for _, s := range []authz.Scope{
		{Name: "missions", Parameterized: true, Settings: open},
		{Name: "orders", Parameterized: true, Settings: open},
		{Name: "missions:create", Settings: authz.Settings{Access: authz.AccessUserTypes}},
	} {
		live.Put(s)
	}
	configured := []string{"missions:create", "orders:read", "a"}
	return []result{
		{"covered", Coverage(live, configured, nil), []Finding{
			{
				Code: CoverageCovered, Severity: Warn, Subjects: []string{"missions:create", "orders:read"},
				Data: Lines{"missions: missions:create", "orders: orders:read"},
			},
		}},
		{"covered by a deleted scope", Coverage(live, configured, []string{"orders"}), []Finding{
			{Code: CoverageCovered, Severity: Warn, Subjects: []string{"missions:create"}, Data: Lines{"missions: missions:create"}},
		}},
		{"covered by deleted scopes alone", Coverage(live, configured, []string{"missions", "orders"}), nil},
		{"not covered", Coverage(live, []string{"a"}, nil), nil},
	}
}
