package ocariot

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	fake "github.com/authscopes/terraform-provider-authscopes/internal/testing/ocariot"
)

func TestConformance(t *testing.T) {
	for _, cfg := range []Config{filter(), {
		Readback:   ReadbackLogin,
		ProbeUsers: map[string]Login{"child": {"child1", "password"}, "educator": {"educator1", "password"}},
	}} {
		t.Run(cfg.Readback, func(t *testing.T) {
			drivertest.Run(t, func(t *testing.T) drivertest.Fixture {
				t.Helper()
				f := newFixture(t, fake.Options{Lag: 2}, cfg)
				f.admin()
				f.server.AddUsers("child", 3)
				f.server.AddUsers("educator", 3)
				id, err := f.ServerID("")
				if err != nil {
					t.Fatal(err)
				}
				return drivertest.Fixture{
					Driver: f.Driver, ServerID: id,
					UserTypes: [2]string{"child", "educator"},
					Scopes:    []string{"children:read", "missions:read", "sleep:read"},
					Holdings:  func(*testing.T) drivertest.Holdings { return f.holdings(cfg.Readback) },
					Refuse: func() {
						f.respond("/v1", http.StatusUnauthorized, "application/json", `{"code":401,"message":"UNAUTHORIZED"}`)
					},
					Down: func() {
						f.server.Intercept(func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) })
					},
				}
			})
		})
	}
}

// holdings reads the users of the fake. The filter shows when all of them are written. A
// login shows one user, and the server writes the others a moment later.
func (f *fixture) holdings(readback string) drivertest.Holdings {
	h := drivertest.Holdings{}
	for _, userType := range []string{"child", "educator"} {
		for i := range 3 {
			name := fmt.Sprintf("%s%d", userType, i+1)
			scopes := f.server.Scopes(name)
			if readback == ReadbackLogin {
				scopes = f.server.Granted(userType)[name]
			}
			h[drivertest.Holder{UserType: userType, User: name}] = scopes
		}
	}
	return h
}
