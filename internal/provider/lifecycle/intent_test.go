package lifecycle

import (
	"bytes"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"
)

func TestLogOfChanges(t *testing.T) {
	var out bytes.Buffer
	LogChange(tflogtest.RootLogger(t.Context(), &out), `Keycloak realm "shop"`, `user type "child"`, 2, 1)
	for _, want := range []string{`"@level":"info"`, `"given":2`, `"taken":1`, `"holder":"user type \"child\""`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s in %s", want, out.String())
		}
	}
}
