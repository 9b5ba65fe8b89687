package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/onelogin"
)

func onOneLogin(ctx context.Context, tf *terraform) error {
	const server, app = 77, 5
	s := onelogin.NewUnstarted(onelogin.Options{})
	s.AddAuthServer(server)
	s.AddApp(app, "shop")
	return standIn{
		server: "OneLogin", from: "OneLogin's published API pages", handler: s.Handler(),
		env: func(url string) []string {
			return []string{
				"ONELOGIN_API_URL=" + url, "ONELOGIN_CLIENT_ID=client-id", "ONELOGIN_CLIENT_SECRET=client-secret",
				fmt.Sprintf("TF_VAR_server_id=%d", server), fmt.Sprintf("TF_VAR_app_id=%d", app),
			}
		},
		applied: func() {
			say("Scopes of the authorization server:")
			scopes := s.Scopes(server)
			for _, name := range slices.Sorted(maps.Keys(scopes)) {
				fmt.Printf("  %-16s %s\n", name, scopes[name])
			}
		},
		change: func() {
			fmt.Println("  - creates the scope debug:all")
			debug := "Debugging"
			s.AddScope(server, "debug:all", &debug)
			fmt.Println("  - edits the description of invoices:read, and unassigns the scope from the app")
			s.Describe(server, "invoices:read", "Read ALL invoices")
			s.Attach(server, app)
			fmt.Println("  - deletes the scope invoices:write")
			s.RemoveScope(server, "invoices:write")
		},
	}.play(ctx, tf)
}
