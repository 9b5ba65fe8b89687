package provider

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/issuer"
)

// requirePrograms skips a test where a program of the recipes is missing.
func requirePrograms(t *testing.T) {
	t.Helper()
	for _, program := range []string{"bash", "curl", "jq"} {
		if lookPath(program) == "" {
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
	config := scopesHCL(map[string]string{"missions:read": "Read missions"}) + userTypeHCL("educator", "missions:read")
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
	secrets := map[string]string{}
	for line := range strings.Lines(script(t, create, env...)) {
		if client, secret, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			secrets[client] = secret
		}
	}
	b = newBinary(t)
	plansAndApplies(b, "", func(client string) {
		b.env["KEYCLOAK_URL"], b.env["AUTHSCOPES_KEYCLOAK_REALM"] = l.Server.URL, l.Name
		b.env["KEYCLOAK_CLIENT_ID"], b.env["KEYCLOAK_CLIENT_SECRET"] = client, secrets[client]
	})
}
