package base

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// Each warning of a snapshot is reported once per server, also if it appears in a later
// snapshot only.
func TestSnapshotWarningsAreReportedOnce(t *testing.T) {
	d := &ProviderData{}
	for _, test := range []struct {
		serverID string
		notes    []authz.Warning
		want     int
	}{
		{"shop", nil, 0},
		{"shop", []authz.Warning{{Summary: "guard missing"}}, 1},
		{"shop", []authz.Warning{{Summary: "guard missing"}}, 0},
		{"shop", []authz.Warning{{Summary: "guard missing"}, {Summary: "roles unread"}}, 1},
		{"other", []authz.Warning{{Summary: "guard missing"}}, 1},
	} {
		var diags diag.Diagnostics
		_, ok := d.Report(&diags, test.serverID).Snapshot(&authz.Snapshot{Warnings: test.notes}, nil)
		if !ok || len(diags.Warnings()) != test.want || diags.HasError() {
			t.Errorf("%s with %d notes: %v, want %d warnings", test.serverID, len(test.notes), diags, test.want)
		}
	}
}
