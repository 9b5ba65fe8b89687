package authz_test

import (
	"fmt"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

func TestCovers(t *testing.T) {
	type change func(*authz.Scope)
	access := func(a authz.Access, userTypes ...string) change {
		return func(s *authz.Scope) { s.Settings.Access, s.UserTypes = a, userTypes }
	}
	const limited, open = authz.AccessUserTypes, authz.AccessEveryone
	for _, test := range []struct {
		what           string
		cover, covered change
		want           string
	}{
		{"open, over a limited scope", access(open), access(limited, "educator"), "[{missions [missions:create missions:new]}]"},
		{"open, over an open scope", access(open), access(open), "[{missions [missions:new]}]"},
		{"for everyone by a role, over a limited scope", access(limited, "all"), access(limited, "educator"), "[{missions [missions:create missions:new]}]"},
		{"for more user types", access(limited, "child", "educator"), access(limited, "educator"), "[{missions [missions:create missions:new]}]"},
		{
			"for a client role", func(s *authz.Scope) { s.ClientRoles = []string{"shop/buyer"} }, access(limited, "educator"),
			"[{missions [missions:create missions:new]}]",
		},
		{"for the same user type", access(limited, "educator"), access(limited, "child", "educator"), "[{missions [missions:new]}]"},
		{"for no user", access(limited), access(limited, "educator"), "[]"},
		{"unknown", func(s *authz.Scope) { s.Hidden = true }, access(limited, "educator"), "[{missions [missions:create missions:new]}]"},
		{"not parameterized", func(s *authz.Scope) { s.Parameterized, s.Settings.Access = false, open }, access(limited, "educator"), "[]"},
	} {
		l := &authz.Snapshot{UserTypes: []authz.UserType{{Name: "all", Everyone: true}, {Name: "child"}, {Name: "educator"}}}
		cover, covered := authz.Scope{Name: "missions", Parameterized: true}, authz.Scope{Name: "missions:create"}
		cover.Settings.Access = limited
		test.cover(&cover)
		test.covered(&covered)
		l.Put(cover)
		l.Put(covered)
		names := []string{"missions", "missions:", "missions:create", "missions:new", "missionsx", "other:create"}
		if got := fmt.Sprint(l.Covers(names)); got != test.want {
			t.Errorf("%s: %s, want %s", test.what, got, test.want)
		}
	}
}
