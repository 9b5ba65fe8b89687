package attrs

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/settings"
)

func TestConsentTextLength(t *testing.T) {
	rows := settings.Rows()
	for text, allowed := range map[string]bool{strings.Repeat("\u6f22", 2048): true, strings.Repeat("a", 2049): false} {
		req := validator.StringRequest{Path: path.Root("settings").AtName("consent_screen_text"), ConfigValue: types.StringValue(text)}
		var resp validator.StringResponse
		for _, v := range settingValidators(&rows[settings.ConsentScreenText]) {
			v.ValidateString(t.Context(), req, &resp)
		}
		if resp.Diagnostics.HasError() == allowed {
			t.Errorf("%d bytes: %v", len(text), resp.Diagnostics)
		}
	}
}
