//go:build unix

package keycloak

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// tree starts a process with a grandchild. Both hold a pipe, which is closed when both have
// ended. The pipe has "up" once.
func tree(t *testing.T, cleanup string) (*process, *os.File) {
	t.Helper()
	fifo := filepath.Join(t.TempDir(), "alive")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	script := `exec 4>"$0"; sleep 600 & echo up >&4; echo the log; wait`
	p, err := run(dir, os.Environ(), []string{"sh", "-c", script, fifo}, cleanup, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.stop() })
	alive, err := os.Open(fifo)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = alive.Close() })
	up := make([]byte, 3)
	if _, err := io.ReadFull(alive, up); err != nil {
		t.Fatal(err)
	}
	return p, alive
}

func TestStopEndsTheProcessTree(t *testing.T) {
	p, alive := tree(t, "")
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(alive); err != nil || len(rest) > 0 {
		t.Errorf("read %q, %v", rest, err)
	}
	if isDir(p.dir) {
		t.Error("its folder is left")
	}
}

// When this process dies, the kernel closes its end of the pipe: that alone
// must end the tree and clean up.
func TestTreeEndsWithItsParent(t *testing.T) {
	cleaned := filepath.Join(t.TempDir(), "cleaned")
	if err := syscall.Mkfifo(cleaned, 0o600); err != nil {
		t.Fatal(err)
	}
	p, alive := tree(t, "echo yes >"+shellQuote(cleaned))
	if err := p.stdin.Close(); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(alive); err != nil || len(rest) > 0 {
		t.Errorf("read %q, %v", rest, err)
	}
	<-p.done
	if text, err := os.ReadFile(cleaned); err != nil || string(text) != "yes\n" {
		t.Errorf("cleanup said %q, %v", text, err)
	}
	if isDir(p.dir) {
		t.Error("its folder is left")
	}
}

func TestDeathOfTheServerIsAnErrorWithItsLog(t *testing.T) {
	for name, tt := range map[string]struct {
		says   string
		starts int
	}{
		"broken":    {says: "canary of the log", starts: 1},
		"port gone": {says: "java.net.BindException: Address already in use", starts: 3},
	} {
		t.Run(name, func(t *testing.T) {
			starts := 0
			launch := func(Options, ports) (*process, error) {
				starts++
				return run(t.TempDir(), os.Environ(), []string{"sh", "-c", `echo "$0"; exit 7`, tt.says}, "", nil)
			}
			_, err := startWith(t.Context(), Options{}.withDefaults(), launch)
			if err == nil || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), "exit status 7") {
				t.Errorf("error %v, want the log and the exit status", err)
			}
			if starts != tt.starts {
				t.Errorf("%d starts, want %d", starts, tt.starts)
			}
		})
	}
}

func TestLinkHome(t *testing.T) {
	dist, home := t.TempDir(), t.TempDir()
	for _, name := range []string{"bin/kc.sh", "lib/a.jar", "data/h2/old", "conf/keycloak.conf"} {
		write(t, filepath.Join(dist, name), []byte(name))
	}
	if err := linkHome(dist, home); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(filepath.Join(home, "bin", "kc.sh")); err != nil || !info.Mode().IsRegular() || info.Mode()&0o100 == 0 {
		t.Errorf("kc.sh is %v, %v, want a program of its own", info, err)
	}
	if text, err := os.ReadFile(filepath.Join(home, "lib", "a.jar")); err != nil || string(text) != "lib/a.jar" {
		t.Errorf("lib/a.jar: %q, %v", text, err)
	}
	if isDir(filepath.Join(home, "data")) {
		t.Error("data is shared")
	}
}

func TestJavaAtLeast(t *testing.T) {
	for out, want := range map[string]string{
		`openjdk version "17.0.15" 2025-04-15`: "",
		`openjdk version "25" 2025-09-16`:      "",
		`openjdk version "11.0.2" 2019-01-15`:  "needs 17 or newer",
		`java version "1.8.0_412"`:             "java is version 8",
		`The operation couldn't be completed`:  "prints no version",
	} {
		err := javaAtLeast(out, 17)
		if (want == "") != (err == nil) || !strings.Contains(fmt.Sprint(err), want) && want != "" {
			t.Errorf("%s: error %v, want %q", out, err, want)
		}
	}
}

func TestNothingToStartItWith(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("JAVA_HOME", "")
	_, err := Start(t.Context(), Options{CacheDir: t.TempDir(), Getenv: func(string) string { return "" }})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"KEYCLOAK_URL", "Java 17", "mvn", "Docker", "KEYCLOAK_IMAGE", DefaultVersion} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}

func TestCleanEnv(t *testing.T) {
	got := cleanEnv([]string{"PATH=/bin", "KC_DB=postgres", "KEYCLOAK_URL=x", "JAVA_OPTS=-Xmx1m", "JAVA_HOME=/j"})
	if strings.Join(got, " ") != "PATH=/bin JAVA_HOME=/j" {
		t.Errorf("left %q", got)
	}
}

func TestFreePorts(t *testing.T) {
	p, err := freePorts(t.Context())
	if err != nil || p.http == 0 || p.management == 0 || p.http == p.management {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestTail(t *testing.T) {
	if got := tail("a\nb\nc\n", 2); got != "b\nc" {
		t.Errorf("%q", got)
	}
	if got := tail("a", 2); got != "a" {
		t.Errorf("%q", got)
	}
}
