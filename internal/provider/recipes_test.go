package provider

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/issuer"
)

// workflow is what the tests read of a workflow of GitHub Actions.
type workflow struct {
	Env  map[string]string
	Jobs map[string]workflowJob
}

type workflowJob struct {
	If          string
	Permissions map[string]string
	Concurrency struct {
		Group  string
		Cancel bool `yaml:"cancel-in-progress"`
	}
	Env   map[string]string
	Steps []struct {
		Uses, Run string
		Env       map[string]string
	}
}

func readWorkflow(t *testing.T) workflow {
	t.Helper()
	raw, err := os.ReadFile(examplesDir + "/complete/ci/github-actions.yml")
	if err != nil {
		t.Fatal(err)
	}
	var w workflow
	if err := yaml.Unmarshal(raw, &w); err != nil {
		t.Fatal(err)
	}
	return w
}

// checkout makes the repository that the recipes are for.
func checkout(t *testing.T) *binary {
	t.Helper()
	requirePrograms(t)
	b := example(t, examplesDir+"/complete/keycloak")
	if err := os.MkdirAll(filepath.Join(b.dir, "ci"), 0o750); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"plan.sh", "apply.sh", "drift.sh"} {
		text, err := os.ReadFile(filepath.Join(examplesDir, "complete/ci", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(b.dir, "ci", name), text, 0o700) // a script
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	// The programs that a runner has. gh fetches the artifact of the pull request's run.
	bin := filepath.Join(b.dir, "bin")
	if err := os.MkdirAll(bin, 0o750); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"terraform": "#!/bin/sh\n[ \"$1\" = init ] || [ \"$2\" = init ] && exit 0\nexec " + b.program + " \"$@\"\n",
		"gh": "#!/bin/sh\necho \"$*\" >>gh.log\ncase \"$1 $2\" in\n\"api \"*) echo abc ;;\n\"run list\") echo 7 ;;\n" +
			"\"run download\") mkdir -p reviewed && cp artifact.json reviewed/plan.json ;;\nesac\n",
	} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(text), 0o700); err != nil { // a script
			t.Fatal(err)
		}
	}
	b.env["PATH"] = bin + string(os.PathListSeparator) + os.Getenv("PATH")
	return b
}

var expression = regexp.MustCompile(`\$\{\{\s*([\w.]+)\s*\}\}`)

// job runs the steps of a job as a runner does, and returns what they print.
func (b *binary) job(w workflow, name string, contexts map[string]string) (out string, err error) {
	b.t.Helper()
	env := b.environ()
	set := func(from map[string]string) {
		for _, key := range slices.Sorted(maps.Keys(from)) {
			env = append(env, key+"="+expression.ReplaceAllStringFunc(from[key], func(e string) string {
				return contexts[expression.FindStringSubmatch(e)[1]]
			}))
		}
	}
	set(w.Env)
	set(w.Jobs[name].Env)
	for _, step := range w.Jobs[name].Steps {
		if expression.MatchString(step.Run) {
			b.t.Errorf("an expression in a script can run what a pull request writes: %s", step.Run)
		}
		set(step.Env)
		more, err := b.shell(env, step.Run)
		if out += more; err != nil {
			return out, err
		}
	}
	return out, nil
}

// shell runs a script of a step.
func (b *binary) shell(env []string, script string) (string, error) {
	cmd := exec.CommandContext(b.t.Context(), "bash", "-eo", "pipefail", "-c", script)
	cmd.Dir, cmd.Env = b.dir, env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// gitlabJob is what the tests read of a job of GitLab.
type gitlabJob struct {
	Script    []string
	Variables map[string]string
	Rules     []struct{ Variables map[string]string }
}

// gitlab runs the script of a job with its variables, and a token that does not change.
func (b *binary) gitlab(jobs map[string]gitlabJob, name, token string) (string, error) {
	b.t.Helper()
	env := append(b.environ(), "GITLAB_OIDC_TOKEN="+token, "AUTHSCOPES_KEYCLOAK_USE_OIDC=true")
	for key, value := range jobs[name].Variables {
		env = append(env, key+"="+value)
	}
	for _, rule := range jobs[name].Rules {
		for key, value := range rule.Variables {
			env = append(env, key+"="+value)
		}
	}
	return b.shell(env, strings.Join(jobs[name].Script, "\n"))
}

// TestWorkflow holds the recipe to what it promises without running it.
func TestWorkflow(t *testing.T) {
	t.Parallel()
	w := readWorkflow(t)
	plan, apply := w.Jobs["plan"], w.Jobs["apply"]
	if plan.Concurrency.Group == apply.Concurrency.Group || apply.Concurrency.Cancel || strings.Contains(apply.Concurrency.Group, "{{") {
		t.Errorf("a pull request can cancel an apply: %+v, %+v", plan.Concurrency, apply.Concurrency)
	}
	if !strings.Contains(plan.If, "head.repo.full_name == github.repository") || plan.Env["AUTHSCOPES_READ_ONLY"] != "true" {
		t.Errorf("the plan runs for forks, or may write: %q, %v", plan.If, plan.Env)
	}
	for name, job := range w.Jobs {
		if job.Permissions["id-token"] != "write" {
			t.Errorf("the job %s has no token", name)
		}
		for _, variables := range []map[string]string{w.Env, job.Env} {
			for key, value := range variables {
				if strings.Contains(value, "secrets.") && key != "WEBHOOK_URL" {
					t.Errorf("the job %s needs the secret %s", name, value)
				}
			}
		}
	}
	raw, err := os.ReadFile(examplesDir + "/complete/ci/gitlab-ci.yml")
	if err != nil {
		t.Fatal(err)
	}
	var gitlab map[string]any
	if err := yaml.Unmarshal(raw, &gitlab); err != nil {
		t.Fatal(err)
	}
	if job, ok := gitlab["apply"].(map[string]any); !ok || job["resource_group"] == nil || job["interruptible"] != false {
		t.Errorf("the apply of GitLab can be interrupted: %v", gitlab["apply"])
	}
}

// TestAccKeycloakWorkflow plays the recipe with the commands of its steps on a real Keycloak,
// with an issuer instead of GitHub: a pull request plans with an identity that can only read, the
// merge applies the reviewed plan and nothing else, and the nightly job reports drift.
func TestAccKeycloakWorkflow(t *testing.T) {
	l := newLab(t, "child", "educator", "healthprofessional")
	needFederated(l)
	s := issuer.New(t)
	const pull, push = "repo:example/shop:pull_request", "repo:example/shop:ref:refs/heads/main"
	script(t, "complete/ci/identities/create.sh", "KEYCLOAK_URL="+l.Server.URL, "REALM="+l.Name,
		"KEYCLOAK_USER="+l.Server.User, "KEYCLOAK_PASSWORD="+l.Server.Password,
		"ISSUER="+s.URL, "JWKS_URL="+s.KeySet(), "PLAN_SUBJECT="+pull, "APPLY_SUBJECT="+push)
	var sent bytes.Buffer
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(&sent, r.Body) }))
	t.Cleanup(hook.Close)
	w, b := readWorkflow(t), checkout(t)
	maps.Copy(b.env, map[string]string{"ACTIONS_ID_TOKEN_REQUEST_URL": s.RequestURL(), "ACTIONS_ID_TOKEN_REQUEST_TOKEN": issuer.RequestToken})
	contexts := map[string]string{"vars.KEYCLOAK_URL": l.Server.URL, "vars.KEYCLOAK_REALM": l.Name, "secrets.WEBHOOK_URL": hook.URL, "github.event.number": "12"}
	as := func(subject, job string) (string, error) {
		s.SetSubject(subject)
		return b.job(w, job, contexts)
	}
	if out, err := as(pull, "plan"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if comment := b.read("comment.md"); !strings.HasPrefix(comment, "**Plan: ") || !strings.Contains(comment, "authscopes_server_scopes.shop") {
		t.Errorf("the comment is %s", comment)
	}
	if log := b.read("gh.log"); !strings.Contains(log, "pr comment 12 --body-file comment.md") {
		t.Errorf("gh was called with %s", log)
	}
	b.Write("artifact.json", b.read("plan.json"))

	l.CreateScopes(t, "missions:read") // another administrator is faster: the plan now adopts it
	if out, err := as(push, "apply"); err == nil || !strings.Contains(out, "missions:read") {
		t.Errorf("a plan that was not reviewed is applied: %v\n%s", err, out)
	}
	if _, found := l.FindScope(t, "children:read"); found {
		t.Error("something was applied")
	}
	l.DeleteScope(t, "missions:read")
	if out, err := as(push, "apply"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if _, found := l.FindScope(t, "children:read"); !found {
		t.Error("nothing was applied")
	}

	if out, err := as(pull, "nightly"); err != nil || sent.Len() > 0 {
		t.Errorf("a report without drift: %v\n%s%s", err, out, sent.String())
	}
	l.CreateScopes(t, "debug:all")
	out, err := as(pull, "nightly")
	var message struct{ Text string }
	if err == nil || json.Unmarshal(sent.Bytes(), &message) != nil || !strings.Contains(message.Text, "debug:all") {
		t.Errorf("drift is not reported: %v\n%s\n%s", err, out, sent.String())
	}
}

// TestAccKeycloakGitLab plays the recipe for GitLab: a job has one token, and an apply logs in
// twice with it. It then plays a plan and an apply with two secrets.
func TestAccKeycloakGitLab(t *testing.T) {
	l := newLab(t, "child", "educator", "healthprofessional")
	needFederated(l)
	s := issuer.New(t)
	const merge, branch = "project_path:example/shop:ref_type:branch:ref:change", "project_path:example/shop:ref_type:branch:ref:main"
	create := []string{"KEYCLOAK_URL=" + l.Server.URL, "REALM=" + l.Name, "KEYCLOAK_USER=" + l.Server.User, "KEYCLOAK_PASSWORD=" + l.Server.Password}
	script(t, "complete/ci/identities/create.sh",
		append(create, "ISSUER="+s.URL, "JWKS_URL="+s.KeySet(), "PLAN_SUBJECT="+merge, "APPLY_SUBJECT="+branch, "REUSE=true", "MAX_AGE=3600")...)
	raw, err := os.ReadFile(examplesDir + "/complete/ci/gitlab-ci.yml")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]yaml.Node
	if err := yaml.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	jobs := map[string]gitlabJob{}
	for _, name := range []string{"plan", "apply", "nightly"} {
		var job gitlabJob
		node := all[name]
		if err := node.Decode(&job); err != nil {
			t.Fatal(err)
		}
		jobs[name] = job
	}
	b := checkout(t)
	maps.Copy(b.env, map[string]string{"KEYCLOAK_URL": l.Server.URL, "AUTHSCOPES_KEYCLOAK_REALM": l.Name, "TF_IN_AUTOMATION": "1"})
	token := func(subject string) string {
		return s.Token(map[string]any{"sub": subject, "aud": l.Server.URL + "/realms/" + l.Name, "iat": time.Now().Add(-20 * time.Minute).Unix()})
	}
	for _, step := range []struct{ job, subject string }{{"plan", merge}, {"apply", branch}, {"nightly", merge}} {
		if out, err := b.gitlab(jobs, step.job, token(step.subject)); err != nil {
			t.Fatalf("%s: %v\n%s", step.job, err, out)
		}
	}
	if _, found := l.FindScope(t, "children:read"); !found {
		t.Error("nothing was applied")
	}

	for _, name := range []string{"terraform-plan", "terraform-apply"} {
		l.DeleteClient(t, name)
	}
	secrets := strings.Fields(script(t, "complete/ci/identities/create.sh", create...))
	if len(secrets) != 4 {
		t.Fatalf("%d words, want two clients with two secrets", len(secrets))
	}
	l.DeleteScope(t, "children:read")
	for i, file := range []string{"ci/plan.sh", "cp plan.json reviewed.json && ci/apply.sh reviewed.json"} {
		env := append(b.environ(), "KEYCLOAK_CLIENT_ID="+secrets[2*i], "KEYCLOAK_CLIENT_SECRET="+secrets[2*i+1])
		if out, err := b.shell(env, file); err != nil {
			t.Fatalf("%s: %v\n%s", secrets[2*i], err, out)
		}
	}
	if _, found := l.FindScope(t, "children:read"); !found {
		t.Error("nothing was applied with secrets")
	}
}

// TestPlanComment holds that the comment has the summary and the warnings, whatever their size.
func TestPlanComment(t *testing.T) {
	if os.Getenv("TF_ACC") == "" {
		t.Skip("needs TF_ACC")
	}
	t.Parallel()
	for name, test := range map[string]struct{ warning, warnings, plan int }{
		"small": {100, 1, 1000}, "long plan": {100, 1, 200_000}, "long warnings": {90_000, 1, 200_000}, "many warnings": {100, 5000, 200_000},
	} {
		b := checkout(t)
		text := "```" + strings.Repeat("w", test.warning)
		log := strings.Repeat(`{"type":"diagnostic","diagnostic":{"severity":"warning","summary":"Access: 1 scope opened","detail":"`+text+`"}}`+"\n",
			test.warnings) +
			`{"type":"change_summary","@message":"Plan: 1 to add, 2 to change, 3 to destroy."}` + "\n"
		b.Write("log", log)
		b.Write("text", "```"+strings.Repeat("p", test.plan))
		b.Write("bin/terraform", "#!/bin/sh\ncase \"$*\" in\nplan*) cat log; exit 2 ;;\n*-json*) echo '{}' ;;\n*) cat text ;;\nesac\n")
		cmd := exec.CommandContext(t.Context(), "bash", "ci/plan.sh")
		cmd.Dir, cmd.Env = b.dir, b.environ()
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		comment := b.read("comment.md")
		if len(comment) > 65_536 || !strings.HasPrefix(comment, "**Plan: 1 to add, 2 to change, 3 to destroy.**") ||
			!strings.Contains(comment, "Access: 1 scope opened") {
			t.Errorf("%s: a comment of %d bytes: %.200s", name, len(comment), comment)
		}
		if counted := strings.Contains(comment, fmt.Sprintf("%d warnings", test.warnings)); counted != (test.warning*test.warnings > 55_000) {
			t.Errorf("%s: the number of warnings is in the comment: %t", name, counted)
		}
		if strings.Contains(comment, "```w") || strings.Contains(comment, "```p") || !strings.HasSuffix(comment, "\n```\n\n</details>\n") {
			t.Errorf("%s: a text of the server ends a code block", name)
		}
	}
}

// TestModuleTest runs the test of the example of a module, with a mocked provider.
func TestModuleTest(t *testing.T) {
	atLeast(t, "1.11.0")
	t.Parallel()
	b := example(t, examplesDir+"/complete/module-test")
	if o := b.run("test", "-no-color").ok(); !strings.Contains(o.out, "1 passed, 0 failed") {
		t.Error(o.out)
	}
}
