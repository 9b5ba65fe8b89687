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
	say("The demo starts a Keycloak of its own, and stops it at the end.")
	server, err := keycloak.Start(ctx, keycloak.Options{Progress: os.Stdout})
	if err != nil {
		return err
	}
	err = program.Play(ctx, func(t *program.T) { keycloakStory(t, server, tf) })
	return errors.Join(err, server.Stop())
}

// keycloakStory applies the example, changes the realm outside Terraform, and applies again.
func keycloakStory(t *program.T, server *keycloak.Server, tf *terraform) {
	say("Preparation: realm %q with three user types (realm roles), the client \"app\", and the user Ada, who has the role educator.", realmName)
	realm := server.NewRealmNamed(t, realmName)
	realm.CreateRoles(t, "child", "educator", "healthprofessional")
	ada := realm.CreateUser(t, "ada", "educator")
	app := realm.CreatePublicClient(t, "app")
	terraform := realm.CreateServiceAccount(t, "terraform", "manage-realm", "manage-clients", "view-users")
	tf.Env = append(tf.Env, "KEYCLOAK_URL="+server.URL, "KEYCLOAK_CLIENT_ID="+terraform.ClientID,
		"KEYCLOAK_CLIENT_SECRET="+terraform.Secret, "AUTHSCOPES_KEYCLOAK_REALM="+realmName, "KEYCLOAK_REALM="+realmName)

	say("1. Apply %s: six scopes from its OpenAPI documents, and the scopes of each user type.", tf.example)
	t.Must(tf.run(t.Context(), 0, "apply", "-auto-approve", "-input=false"))
	for _, name := range []string{"children:read", "children:update", "institutions:read", "measurements:read", "missions:create", "missions:read"} {
		realm.AddClientScope(t, app, name, keycloak.AssignedDefault)
	}
	showToken(t, realm, app, ada, "All six scopes are default scopes of the client. Ada logs in. Her access token contains the scopes of an educator:")

	say("2. An administrator makes four changes in Keycloak, outside Terraform:")
	fmt.Println("  - creates the scope debug:all")
	realm.CreateScope(t, keycloak.ClientScope{Name: "debug:all"})
	fmt.Println("  - edits the description of children:read")
	realm.UpdateScope(t, "children:read", map[string]any{"description": "Read ALL children"})
	fmt.Println("  - revokes missions:create from the role educator")
	realm.UnmapRoles(t, "missions:create", "educator")
	fmt.Println("  - sets include_in_token_scope of measurements:read to false")
	realm.UpdateScope(t, "measurements:read", map[string]any{"attributes": map[string]string{"include.in.token.scope": "false"}})

	say("3. Plan. The plan shows each of the four changes. Exit code 2 means that there are changes.")
	t.Must(tf.run(t.Context(), 2, "plan", "-detailed-exitcode", "-input=false", "-out=changes.tfplan"))
	say("4. Report. The data source authscopes_drift reports the same changes as Markdown, with the document and line of each definition.")
	t.Must(tf.quiet(t.Context(), "-chdir=report", "apply", "-auto-approve", "-input=false", "-var=fail_on_drift=false"))
	t.Must(tf.run(t.Context(), 0, "-chdir=report", "output", "-raw", "report"))
	say("5. Apply the plan. The apply reverts the four changes.")
	t.Must(tf.run(t.Context(), 0, "apply", "-input=false", "changes.tfplan"))
	say("6. Plan again. The plan is empty. Exit code 0 means that there are no changes.")
	t.Must(tf.run(t.Context(), 0, "plan", "-detailed-exitcode", "-input=false"))
	showToken(t, realm, app, ada, "Ada logs in again. Her access token contains the same scopes as in step 1:")
	say("The demo stops its Keycloak.")
}

func showToken(t *program.T, realm *keycloak.Realm, app keycloak.Client, user keycloak.User, text string) {
	scopes := slices.DeleteFunc(realm.UserScopes(t, app, user), func(n string) bool { return !strings.Contains(n, ":") })
	say("%s", text)
	fmt.Printf("  scope: %s\n", strings.Join(scopes, " "))
}
