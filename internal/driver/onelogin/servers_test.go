package onelogin

import (
	"context"
	"fmt"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	fake "github.com/authscopes/terraform-provider-authscopes/internal/testing/onelogin"
)

func TestServerIDs(t *testing.T) {
	s, d := setup(t, fake.Options{}, 0)
	s.AddAuthServer(9)
	got, err := d.ServerIDs(context.Background())
	if err != nil || fmt.Sprint(got) != "[77 9]" {
		t.Errorf("%v, %v", got, err)
	}
	_, d = setup(t, fake.Options{Rights: "Read Users"}, 0)
	if _, err := d.ServerIDs(context.Background()); authz.KindOf(err) != authz.Denied {
		t.Errorf("without rights: %v", err)
	}
}
