package tftypes

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"
)

func TestTextOrNull(t *testing.T) {
	for _, test := range []struct {
		live  string
		prior types.String
		want  types.String
	}{
		{"", types.StringNull(), types.StringNull()},
		{"", types.StringValue(""), types.StringValue("")},
		{"", types.StringValue("old"), types.StringNull()},
		{"new", types.StringNull(), types.StringValue("new")},
		{"new", types.StringValue(""), types.StringValue("new")},
	} {
		if got := TextOrNull(test.live, test.prior); !got.Equal(test.want) {
			t.Errorf("%q after %s is %s, want %s", test.live, test.prior, got, test.want)
		}
	}
}
