package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/testserver/keycloak"
)

const realmName = "shop"

// onKeycloak starts a real Keycloak, and stops it at the end.
func onKeycloak(ctx context.Context, tf *terraform) error {
	say("This demo starts a real Keycloak for itself, and stops it at the end.")
	server, err := keycloak.Start(ctx, keycloak.Options{Progress: os.Stdout})
	if err != nil {
		return err
	}
	stage := &stage{ctx: ctx}
	err = stage.play(func() { keycloakStory(stage, server, tf) })
	return errors.Join(err, server.Stop())
}

// keycloakStory is what the reader sees.
func keycloakStory(s *stage, server *keycloak.Server, tf *terraform) {
	say("A realm %q with three user types (realm roles), a user who is an educator, and an application to log in to.", realmName)
	realm := server.NewRealmNamed(s, realmName)
	realm.CreateRoles(s, "child", "educator", "healthprofessional")
	ada := realm.CreateUser(s, "ada", "educator")
	app := realm.CreatePublicClient(s, "app")
	terraform := realm.CreateServiceAccount(s, "terraform", "manage-realm", "manage-clients", "view-users")
	tf.env = append(tf.env, "KEYCLOAK_URL="+server.URL, "KEYCLOAK_CLIENT_ID="+terraform.ClientID,
		"KEYCLOAK_CLIENT_SECRET="+terraform.Secret, "AUTHSCOPES_KEYCLOAK_REALM="+realmName, "KEYCLOAK_REALM="+realmName)

	say("Six scopes, which the OpenAPI documents in %s/api declare, and who gets them. Terraform applies it:", tf.example)
	s.must(tf.run(s.ctx, 0, "apply", "-auto-approve", "-input=false"))
	for _, name := range []string{"children:read", "children:update", "institutions:read", "measurements:read", "missions:create", "missions:read"} {
		realm.AddClientScope(s, app, name, keycloak.AssignedDefault)
	}
	showToken(s, realm, app, ada, "The application has all six as default scopes. Ada is an educator; she logs in, and her access token says")

	say("Now somebody changes the server behind Terraform's back:")
	fmt.Println("  - adds a scope `debug:all`")
	realm.CreateScope(s, keycloak.ClientScope{Name: "debug:all"})
	fmt.Println("  - edits the description of `children:read`")
	realm.UpdateScope(s, "children:read", map[string]any{"description": "Read ALL children"})
	fmt.Println("  - takes `missions:create` from the educators")
	realm.UnmapRoles(s, "missions:create", "educator")
	fmt.Println("  - flips a setting of `measurements:read`")
	realm.UpdateScope(s, "measurements:read", map[string]any{"attributes": map[string]string{"include.in.token.scope": "false"}})

	say("terraform plan -detailed-exitcode finds each of them, a line each (exit code 2: there are changes):")
	s.must(tf.run(s.ctx, 2, "plan", "-detailed-exitcode", "-input=false", "-out=changes.tfplan"))
	say("The same as a report for a pull request, with the document and line of each definition (data source authscopes_drift, read-only):")
	s.must(tf.quiet(s.ctx, "-chdir=report", "apply", "-auto-approve", "-input=false", "-var=fail_on_drift=false"))
	s.must(tf.run(s.ctx, 0, "-chdir=report", "output", "-raw", "report"))
	say("terraform apply of that plan puts it right:")
	s.must(tf.run(s.ctx, 0, "apply", "-input=false", "changes.tfplan"))
	say("And the plan is empty (exit code 0):")
	s.must(tf.run(s.ctx, 0, "plan", "-detailed-exitcode", "-input=false"))
	showToken(s, realm, app, ada, "Ada logs in again:")
	say("The realm and the Keycloak of this demo go now.")
}

func showToken(s *stage, realm *keycloak.Realm, app keycloak.Client, user keycloak.User, text string) {
	scopes := slices.DeleteFunc(realm.UserScopes(s, app, user), func(n string) bool { return !strings.Contains(n, ":") })
	say("%s", text)
	fmt.Printf("  scope: %s\n", strings.Join(scopes, " "))
}
