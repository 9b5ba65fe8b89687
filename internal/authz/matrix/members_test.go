package matrix

import (
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// A report that does not name all holders states it.
func TestAddMembers(t *testing.T) {
	m := Matrix{NotChecked: []authz.Gap{{Subject: "z"}}}
	m.AddMembers("child", authz.Members{Groups: []string{"/a"}})
	if len(m.NotChecked) != 1 || len(m.Members["child"].Groups) != 1 {
		t.Errorf("the matrix is %+v", m)
	}
	m.AddMembers("educator", authz.Members{ServiceAccounts: []string{"ci"}, Cut: true})
	m.AddGaps(authz.Gap{Subject: "roles", Compared: true})
	if len(m.NotChecked) != 3 || m.NotChecked[0].Subject != "roles" || m.NotChecked[2].Subject != "z" {
		t.Fatalf("not checked: %+v", m.NotChecked)
	}
	if g := m.NotChecked[1]; !strings.Contains(g.Subject, `"educator"`) || !strings.Contains(g.Effect, "1000") || !strings.Contains(g.Effect, "100 groups") {
		t.Errorf("the gap is %+v", g)
	}
}
