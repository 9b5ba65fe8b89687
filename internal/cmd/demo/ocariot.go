package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/ocariot"
)

func onOcariot(ctx context.Context, tf *terraform) error {
	const admin, password = "root", "admin-password"
	children := []string{"mia", "noah"}
	s := ocariot.NewServer(ocariot.Options{})
	s.AddUser("admin", admin, password)
	for _, name := range children {
		s.AddUser("child", name, "password")
	}
	return standIn{
		server: "ocariot", from: "exchanges observed on the real services", handler: s.Handler(),
		env: func(url string) []string {
			return []string{"AUTHSCOPES_OCARIOT_URL=" + url, "AUTHSCOPES_OCARIOT_USERNAME=" + admin, "AUTHSCOPES_OCARIOT_PASSWORD=" + password}
		},
		applied: func() {
			say("Scopes of the users of type child:")
			for _, name := range children {
				fmt.Printf("  %-6s %s\n", name, strings.Join(s.Scopes(name), " "))
			}
		},
		change: func() {
			s.Edit(children[0])
			fmt.Printf("  - edits the user %s, whose scopes ocariot then resets to the %d default scopes of the type\n",
				children[0], len(s.Scopes(children[0])))
		},
	}.play(ctx, tf)
}
