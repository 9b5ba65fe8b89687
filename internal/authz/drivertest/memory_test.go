package drivertest_test

import (
	"errors"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
)

func TestMemory(t *testing.T) {
	drivertest.Run(t, func(*testing.T) drivertest.Fixture {
		m := drivertest.NewMemory("memory", "child", "educator")
		m.SetClient("memory", "app", nil, nil)
		m.SetClient("memory", "shop", nil, nil)
		failWith := func(kind authz.Kind) func() {
			return func() {
				m.Fail(func(call string) error { return &authz.Error{Kind: kind, Op: call, Err: errors.New("refused")} })
			}
		}
		return drivertest.Fixture{
			Driver: m, ServerID: "memory", Absent: "absent", UserTypes: [2]string{"child", "educator"},
			Clients: [2]string{"app", "shop"}, AbsentClient: "none",
			Holdings: func(*testing.T) drivertest.Holdings { return m.Holdings("memory") },
			Refuse:   failWith(authz.Denied), Down: failWith(authz.Unavailable),
		}
	})
}
