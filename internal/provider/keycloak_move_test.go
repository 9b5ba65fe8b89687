package provider

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

// A scope as the community provider makes it, with a role mapped to it and an
// attribute of its own, moves without a write; limiting it then is the guard and
// nothing else.
func TestAccKeycloakMoved(t *testing.T) {
	l := newLab(t, "educator")
	l.CreateScope(t, keycloak.ClientScope{Name: "missions:read", Description: "Read missions", Attributes: map[string]string{
		"display.on.consent.screen": "true", "consent.screen.text": "See your missions", "include.in.token.scope": "true",
		"include.in.openid.provider.metadata": "true", "gui.order": "1", "x": "y",
	}})
	l.MapRoles(t, "missions:read", "educator")
	before := l.Scope(t, "missions:read")

	p := releasedProvider(nil)
	tf := terraformOver(t, map[string]func() tfprotov6.ProviderServer{
		"hashicorp/authscopes": NewServer(p), "keycloak/keycloak": providerserver.NewProtocol6(stub{}),
	})
	state := strings.NewReplacer("registry.terraform.io", registry(), `"realm_id": "memory"`, `"realm_id": "`+l.Name+`"`,
		communityScopes(t)["missions_read"]["id"].(string), before.ID).Replace(communityState(t))
	if err := os.WriteFile(filepath.Join(tf.dir, "terraform.tfstate"), []byte(state), 0o600); err != nil {
		t.Fatal(err)
	}
	config := func(access string) string {
		return l.config(`
			terraform {
			  required_providers { keycloak = { source = "keycloak/keycloak" } }
			}
			moved {
			  from = keycloak_openid_client_scope.missions_read
			  to   = authscopes_server_scope.missions_read
			}
			removed {
			  from = keycloak_openid_client_scope.missions_create
			  lifecycle { destroy = false }
			}
			removed {
			  from = keycloak_openid_client_scope.tenant
			  lifecycle { destroy = false }
			}
			resource "authscopes_server_scope" "missions_read" {
			  name        = "missions:read"
			  description = "Read missions"
			  settings    = {
			    consent_screen_text = "See your missions"
			    access              = "` + access + `"
			  }
			}
		`)
	}
	tf.Write(config("unguarded")).makePlan().ok().changes()
	l.proxy.Reset()
	tf.applyPlan().ok()
	same(t, "writes", l.writes(), []string(nil))
	same(t, "id in the state", tf.state("authscopes_server_scope.missions_read")["id"].(string), before.ID)
	tf.settled()

	tf.Write(config("user_types")).makePlan().ok().changes(`authscopes_server_scope.missions_read ~ settings.access = "unguarded" -> "user_types"`)
	tf.applyPlan().ok()
	tf.settled()
	same(t, "roles", l.ScopeRoles(t, "missions:read"), []string{guardRole, "educator"})
	after := l.Scope(t, "missions:read")
	delete(after.Attributes, "authscopes.access")
	same(t, "attributes", after.Attributes, before.Attributes)
	same(t, "id", after.ID, before.ID)
}
