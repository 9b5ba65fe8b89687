package provider

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

// Ctrl-C with the provider as a process of its own: the current request gets its response, no
// scope is begun after it, the state is saved, and the next apply continues.
func TestAccKeycloakInterrupted(t *testing.T) {
	l := newLab(t)
	b := newBinary(t)
	head := tftest.ProviderHCL(l.admin(), "http = { max_concurrency = 1 }")
	b.config(head, tftest.ScopesHCL(map[string]string{"a": "A"}))
	b.apply().ok()
	b.config(head, tftest.ScopesHCL(map[string]string{"a": "A", "b": "B", "c": "C", "d": "D", "e": "E"}))
	log := filepath.Join(b.dir, "trace.log")
	b.env["TF_LOG"], b.env["TF_LOG_PATH"] = "TRACE", log

	process := make(chan *os.Process, 1)
	var mu sync.Mutex
	var created, after int
	l.proxy.SetHook(func(r *http.Request) keycloak.Action {
		mu.Lock()
		defer mu.Unlock()
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/client-scopes") {
			return keycloak.Action{}
		}
		switch created++; {
		case created == 2:
			if err := (<-process).Signal(os.Interrupt); err != nil {
				t.Error(err)
			}
			waitForStop(t, log)
		case created > 2:
			after++
		}
		return keycloak.Action{}
	})
	out, code := b.start(process, "apply", "-auto-approve", "-input=false", "-no-color")
	if code == 0 || !strings.Contains(out, "Interrupt received") || !strings.Contains(out, "interrupted") {
		t.Errorf("ended with %d:\n%s", code, out)
	}
	mu.Lock()
	if created != 2 || after != 0 {
		t.Errorf("%d creations were begun, %d of them after the interrupt", created, after)
	}
	mu.Unlock()
	l.proxy.SetHook(nil)
	b.env["TF_LOG"] = ""

	// The first scope is done; the second was made and, being bare, taken back.
	live := map[string]bool{}
	for _, s := range l.Scopes(t) {
		if len(s.Name) == 1 {
			live[s.Name] = true
			same(t, "roles of "+s.Name, l.ScopeRoles(t, s.Name), []string{guardRole})
		}
	}
	state := b.run("state", "show", "-no-color", "authscopes_server_scopes.s").ok().out
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		if got := strings.Contains(state, `"`+name+`" = "`+strings.ToUpper(name)+`"`); got != live[name] {
			t.Errorf("%s: in the state %t, on the server %t\n%s", name, got, live[name], state)
		}
	}
	if !live["b"] || live["d"] || live["e"] {
		t.Errorf("the server has %v", live)
	}
	b.apply().ok()
	b.plan().ends(0)
}

// start runs one command and hands its process out.
func (b *binary) start(process chan<- *os.Process, args ...string) (out string, code int) {
	b.t.Helper()
	cmd := exec.CommandContext(b.t.Context(), b.program, args...)
	cmd.Dir = b.dir
	cmd.Env = b.environ()
	var text bytes.Buffer
	cmd.Stdout, cmd.Stderr = &text, &text
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	process <- cmd.Process
	_ = cmd.Wait() // the test reads its exit code
	return text.String(), cmd.ProcessState.ExitCode()
}

// waitForStop waits until the log shows that the provider was asked to stop.
func waitForStop(t *testing.T, log string) {
	t.Helper()
	for range time.Tick(20 * time.Millisecond) {
		text, err := os.ReadFile(log)
		if err == nil && bytes.Contains(text, []byte("tf_rpc=StopProvider")) {
			return
		}
		if t.Context().Err() != nil {
			return
		}
	}
}
