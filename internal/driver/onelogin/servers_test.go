package onelogin

import (
	"context"
	"fmt"
	"strings"
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

func TestAuthServersAndClaims(t *testing.T) {
	s, d := setup(t, fake.Options{}, 0)
	s.AddClaim(77, "roles")
	s.AddClaim(77, "email")
	servers, err := d.AuthServers(t.Context())
	if err != nil || len(servers) != 1 || servers[0].ID != "77" || servers[0].Name != "server 77" || servers[0].Description != nil ||
		servers[0].ResourceIdentifier != "https://api77.example.com" || strings.Join(servers[0].Audiences, " ") != "a b" {
		t.Errorf("%+v, %v", servers, err)
	}
	claims, err := d.Claims(t.Context(), "77")
	if err != nil || len(claims) != 2 || claims[0].Name != "email" || *claims[1].UserAttributeMappings != "roles" || claims[1].ID != "1" ||
		claims[0].Label != nil {
		t.Errorf("%+v, %v", claims, err)
	}
	_, err = d.Claims(t.Context(), "78")
	check(t, err, authz.ParentNotFound, "authorization server 78 does not exist", "server_id")
	s.SetIntercept(respond("GET", 200, "application/json", `[{"id":1}]`))
	_, err = d.Claims(t.Context(), "77")
	check(t, err, authz.Unavailable, "a claim without id or name", "onelogin.url")
}
