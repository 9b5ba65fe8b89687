package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/program"
)

const realmName = "shop"

// onKeycloak starts a real Keycloak, and stops it at the end.
func onKeycloak(ctx context.Context, tf *terraform) error {
	say("This demo starts a real Keycloak for itself, and stops it at the end.")
	server, err := keycloak.Start(ctx, keycloak.Options{Progress: os.Stdout})
	if err != nil {
		return err
	}
	err = program.Play(ctx, func(t *program.T) { keycloakStory(t, server, tf) })
	return errors.Join(err, server.Stop())
}

// keycloakStory is what the reader sees.
func keycloakStory(t *program.T, server *keycloak.Server, tf *terraform) {
	say("A realm %q with three user types (realm roles), a user who is an educator, and an application to log in to.", realmName)
	realm := server.NewRealmNamed(t, realmName)
	realm.CreateRoles(t, "child", "educator", "healthprofessional")
	ada := realm.CreateUser(t, "ada", "educator")
	app := realm.CreatePublicClient(t, "app")
	terraform := realm.CreateServiceAccount(t, "terraform", "manage-realm", "manage-clients", "view-users")
	tf.Env = append(tf.Env, "KEYCLOAK_URL="+server.URL, "KEYCLOAK_CLIENT_ID="+terraform.ClientID,
		"KEYCLOAK_CLIENT_SECRET="+terraform.Secret, "AUTHSCOPES_KEYCLOAK_REALM="+realmName, "KEYCLOAK_REALM="+realmName)

	say("Six scopes, which the OpenAPI documents in %s/api declare, and who gets them. Terraform applies it:", tf.example)
	t.Must(tf.run(t.Context(), 0, "apply", "-auto-approve", "-input=false"))
	for _, name := range []string{"children:read", "children:update", "institutions:read", "measurements:read", "missions:create", "missions:read"} {
		realm.AddClientScope(t, app, name, keycloak.AssignedDefault)
	}
	showToken(t, realm, app, ada, "The application has all six as default scopes. Ada is an educator; she logs in, and her access token says")

	say("Now somebody changes the server behind Terraform's back:")
	fmt.Println("  - adds a scope `debug:all`")
	realm.CreateScope(t, keycloak.ClientScope{Name: "debug:all"})
	fmt.Println("  - edits the description of `children:read`")
	realm.UpdateScope(t, "children:read", map[string]any{"description": "Read ALL children"})
	fmt.Println("  - takes `missions:create` from the educators")
	realm.UnmapRoles(t, "missions:create", "educator")
	fmt.Println("  - flips a setting of `measurements:read`")
	realm.UpdateScope(t, "measurements:read", map[string]any{"attributes": map[string]string{"include.in.token.scope": "false"}})

	say("terraform plan -detailed-exitcode finds each of them, a line each (exit code 2: there are changes):")
	t.Must(tf.run(t.Context(), 2, "plan", "-detailed-exitcode", "-input=false", "-out=changes.tfplan"))
	say("The same as a report for a pull request, with the document and line of each definition (data source authscopes_drift, read-only):")
	t.Must(tf.quiet(t.Context(), "-chdir=report", "apply", "-auto-approve", "-input=false", "-var=fail_on_drift=false"))
	t.Must(tf.run(t.Context(), 0, "-chdir=report", "output", "-raw", "report"))
	say("terraform apply of that plan puts it right:")
	t.Must(tf.run(t.Context(), 0, "apply", "-input=false", "changes.tfplan"))
	say("And the plan is empty (exit code 0):")
	t.Must(tf.run(t.Context(), 0, "plan", "-detailed-exitcode", "-input=false"))
	showToken(t, realm, app, ada, "Ada logs in again:")
	say("The realm and the Keycloak of this demo go now.")
}

func showToken(t *program.T, realm *keycloak.Realm, app keycloak.Client, user keycloak.User, text string) {
	scopes := slices.DeleteFunc(realm.UserScopes(t, app, user), func(n string) bool { return !strings.Contains(n, ":") })
	say("%s", text)
	fmt.Printf("  scope: %s\n", strings.Join(scopes, " "))
}
