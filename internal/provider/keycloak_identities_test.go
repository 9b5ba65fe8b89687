package provider

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/issuer"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// requirePrograms skips a test where a program of the recipes is missing.
func requirePrograms(t *testing.T) {
	t.Helper()
	for _, program := range []string{"bash", "curl", "jq"} {
		if tftest.OnPath(program) == "" {
			t.Skipf("%s is not on PATH", program)
		}
	}
}

// needFederated skips the test on a version without federated client authentication.
func needFederated(l *lab) {
	l.t.Helper()
	if !l.HasClientAuthenticator(l.t, "federated-jwt") {
		l.t.Skip("this Keycloak has no federated client authentication")
	}
}

// script runs a shell script of examples/ in its folder.
func script(t *testing.T, file string, env ...string) string {
	t.Helper()
	requirePrograms(t)
	path, err := filepath.Abs(filepath.Join(examplesDir, file))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "bash", path)
	cmd.Dir = t.TempDir()
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, env...)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", file, err, out, errs.String())
	}
	return string(out)
}

// TestAccKeycloakIdentities runs the script that creates the two identities of CI, and uses
// them: the one that plans reads everything and is refused a write, the other one writes. They
// log in with tokens of an issuer, by use_oidc, and in the other variant with two secrets.
func TestAccKeycloakIdentities(t *testing.T) {
	l := newLab(t, "educator")
	needFederated(l)
	s := issuer.New(t)
	const create = "complete/ci/identities/create.sh"
	env := []string{"KEYCLOAK_URL=" + l.Server.URL, "REALM=" + l.Name, "KEYCLOAK_USER=" + l.Server.User, "KEYCLOAK_PASSWORD=" + l.Server.Password}
	config := tftest.ScopesHCL(map[string]string{"missions:read": "Read missions"}) + tftest.UserTypeHCL("educator", "missions:read")
	plansAndApplies := func(b *binary, block string, as func(client string)) {
		t.Helper()
		b.config("provider \"authscopes\" {\n  keycloak = {\n"+block+"  }\n}\n", config)
		as("terraform-plan")
		b.plan().ends(2)
		if o := b.apply(); o.code != 1 || !strings.Contains(strings.Join(o.errors, ""), "needs the role manage-") {
			t.Errorf("the identity that plans writes: %d, %v", o.code, o.errors)
		}
		as("terraform-apply")
		b.apply().ok()
		as("terraform-plan")
		b.plan().ends(0)
		as("terraform-apply")
		b.run("destroy", "-auto-approve", "-input=false", "-json").ok()
	}
	subjects := map[string]string{"terraform-plan": "repo:example/shop:pull_request", "terraform-apply": "repo:example/shop:ref:refs/heads/main"}
	b := newBinary(t)
	if out := script(t, create, append(env, "ISSUER="+s.URL, "JWKS_URL="+s.KeySet(),
		"PLAN_SUBJECT="+subjects["terraform-plan"], "APPLY_SUBJECT="+subjects["terraform-apply"])...); out != "" {
		t.Errorf("without secrets the script prints %q", out)
	}
	b.env["ACTIONS_ID_TOKEN_REQUEST_URL"], b.env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = s.RequestURL(), issuer.RequestToken
	plansAndApplies(b, "url = \""+l.Server.URL+"\"\nrealm = \""+l.Name+"\"\nuse_oidc = true\n", func(client string) { s.SetSubject(subjects[client]) })
	if got := len(s.Audiences()); got < 6 {
		t.Errorf("%d tokens were requested", got)
	}

	for _, name := range []string{"terraform-plan", "terraform-apply"} {
		l.DeleteClient(t, name)
	}
	secrets := identities(t, l)
	b = newBinary(t)
	plansAndApplies(b, "", func(client string) {
		b.env["KEYCLOAK_URL"], b.env["AUTHSCOPES_KEYCLOAK_REALM"] = l.Server.URL, l.Name
		b.env["KEYCLOAK_CLIENT_ID"], b.env["KEYCLOAK_CLIENT_SECRET"] = client, secrets[client]
	})
}

// identities are the two clients that the script creates, with a secret each.
func identities(t *testing.T, l *lab) map[string]string {
	t.Helper()
	secrets := map[string]string{}
	out := script(t, "complete/ci/identities/create.sh",
		"KEYCLOAK_URL="+l.Server.URL, "REALM="+l.Name, "KEYCLOAK_USER="+l.Server.User, "KEYCLOAK_PASSWORD="+l.Server.Password)
	for line := range strings.Lines(out) {
		if client, secret, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			secrets[client] = secret
		}
	}
	return secrets
}

// TestAccKeycloakIdentitiesLeast takes one role at a time from the identities that the script
// creates: the task of each then fails, and the error names the role.
func TestAccKeycloakIdentitiesLeast(t *testing.T) {
	l := newLab(t, "educator")
	secrets := identities(t, l)
	config := tftest.ScopesHCL(map[string]string{"missions:read": "Read missions"}) + tftest.UserTypeHCL("educator", "missions:read")
	drift := `data "authscopes_drift" "d" {
  scopes     = { "missions:read" = "Read missions" }
  user_types = { educator = ["missions:read"] }
}
output "drift" { value = { in_sync = data.authscopes_drift.d.in_sync, not_checked = data.authscopes_drift.d.not_checked } }
`
	as := func(b *binary, client string, more ...string) {
		b.config(append([]string{fmt.Sprintf("provider \"authscopes\" {\n  keycloak = {\n    url = %q\n    realm = %q\n    client_id = %q\n    client_secret = %q\n  }\n}\n",
			l.Server.URL, l.Name, client, secrets[client])}, more...)...)
	}
	without := func(client, role string, run func()) {
		t.Helper()
		c := l.Client(t, client)
		l.RevokeManagement(t, c, role)
		run()
		l.GrantManagement(t, c, role)
	}
	for client, want := range map[string][]string{"terraform-plan": {"view-clients", "view-realm"}, "terraform-apply": {"manage-clients", "manage-realm"}} {
		same(t, client, l.ManagementRoles(t, l.Client(t, client)), want)
	}

	writes := newAttached(t)
	as(writes, "terraform-apply", config)
	// The request that is refused first differs between versions, and with it the role.
	for _, role := range []string{"manage-clients", "manage-realm"} {
		without("terraform-apply", role, func() { writes.apply().fails([]string{"Cannot write", "needs the role", "realm-management"}) })
		if _, found := l.FindScope(t, "missions:read"); found {
			t.Errorf("without %s the scope was created", role)
		}
	}
	writes.apply().ok()

	reads := newAttached(t)
	as(reads, "terraform-plan", drift)
	reads.apply().ok()
	if is := reads.output("drift"); is["in_sync"] != true {
		t.Errorf("the drift report is %v", is)
	}
	without("terraform-plan", "view-clients", func() { reads.apply().fails([]string{"needs the role view-clients"}) })
	without("terraform-plan", "view-realm", func() {
		reads.apply().ok()
		if is := reads.output("drift"); is["in_sync"] != false || !strings.Contains(fmt.Sprint(is["not_checked"]), "view-realm") {
			t.Errorf("without view-realm the drift report is %v", is)
		}
	})

	// The plan of the resources: its state is from the identity that writes.
	as(writes, "terraform-plan", config)
	writes.plan().ends(0)
	without("terraform-plan", "view-clients", func() { writes.plan().fails([]string{"needs the role view-clients"}) })
	without("terraform-plan", "view-realm", func() {
		writes.plan().ends(0).warns([]string{"could not be read", "unknown", "needs the role view-realm"})
	})
}
