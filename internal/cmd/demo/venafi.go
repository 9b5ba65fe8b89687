package main

import (
	"context"
	"fmt"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/venafi"
)

func onVenafi(ctx context.Context, tf *terraform) error {
	const application, group = "shop-integration", "local:{5e2f0b57-1f0a-4f0c-9d84-0d1b0f6f0a11}"
	s := venafi.NewUnstarted(venafi.Options{})
	s.AddApplication(application, "certificate:approve,manage,revoke;ssh")
	return standIn{
		server: "Venafi", from: "the vendor's published API pages", handler: s.Handler(),
		env: func(url string) []string {
			return []string{
				"AUTHSCOPES_VENAFI_URL=" + url, "AUTHSCOPES_VENAFI_CLIENT_ID=terraform",
				"AUTHSCOPES_VENAFI_USERNAME=user", "AUTHSCOPES_VENAFI_PASSWORD=password",
				"TF_VAR_application_id=" + application, "TF_VAR_group=" + group,
			}
		},
		applied: func() {
			say("The OAuth rule of the group for the application:")
			fmt.Printf("  MaximumScope: %s\n", s.Rule(application, group)["MaximumScope"])
		},
		change: func() {
			fmt.Println("  - sets the maximum scope of the rule to certificate:approve,manage;ssh, which adds approve and removes revoke")
			s.RemoveRule(application, group)
			s.AddRule(application, group, "certificate:approve,manage;ssh", nil)
		},
	}.play(ctx, tf)
}
