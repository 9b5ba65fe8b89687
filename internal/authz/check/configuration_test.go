package check

import "github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"

func configTable() []result {
	f := diff.NewFilter([]string{"read:*"}, []string{"read:x"})
	return []result{
		{"all managed", Excluded(f, []string{"read:a"}), nil},
		{"some excluded", Excluded(f, []string{"write:b", "read:x", "read:a", "write:a"}), []Finding{
			{Code: ConfigIgnored, Subjects: []string{"read:x"}},
			{Code: ConfigUnmanaged, Subjects: []string{"write:a", "write:b"}},
		}},
		{"override of no scope", []Finding{StrayOverride("reads", []string{"read", "write"})}, []Finding{
			{Code: ConfigOverride, Subjects: []string{"reads"}, Data: "read"},
		}},
		{"override like no scope", []Finding{StrayOverride("zzzzzz", []string{"read"})}, []Finding{
			{Code: ConfigOverride, Subjects: []string{"zzzzzz"}, Data: ""},
		}},
		{"one kind", BothKinds(nil), nil},
		{"both kinds", BothKinds([]string{"b", "a"}), []Finding{{Code: ConfigBothKinds, Path: "optional", Subjects: []string{"a", "b"}}}},
	}
}
