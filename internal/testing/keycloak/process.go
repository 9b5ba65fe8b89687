package keycloak

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// watch runs its arguments as a child and ends the whole process group as soon
// as its standard input is closed. This process holds the other end of it, so
// no server outlives a test binary, also one that was killed. $CLEANUP is what
// is left to do then; it takes the place of what process.stop does otherwise.
const watch = `exec 3<&0
"$@" </dev/null 3<&- &
child=$!
(
	cat <&3 >/dev/null
	trap '' TERM
	kill -TERM 0
	tries=50
	while kill -0 "$child" 2>/dev/null && [ $tries -gt 0 ]; do
		sleep 0.1
		tries=$((tries - 1))
	done
	eval "$CLEANUP"
	kill -KILL 0
) &
exec 3<&-
wait "$child"`

// process is a server process with a folder of its own.
type process struct {
	cmd     *exec.Cmd
	stdin   io.Closer
	dir     string
	log     *os.File
	cleanup func() error // besides removing dir; may be nil
	done    chan struct{}
	exit    error // valid after done
}

// run starts a command in a process group of its own, its output in dir/log.
// cleanup is a shell command that does what cleanup the function does.
func run(dir string, env, args []string, cleanup string, cleanupFunc func() error) (*process, error) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		return nil, fmt.Errorf("run Keycloak: %w", err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, fmt.Errorf("create Keycloak's log file: %w", err)
	}
	// Not CommandContext: the server's life is not the start's context.
	cmd := exec.Command(sh, append([]string{"-c", watch, "keycloak"}, args...)...) //nolint:noctx // see above
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, log, log
	cmd.Env = append(slices.Clone(env), "CLEANUP=cd /; rm -rf "+shellQuote(dir)+"; "+cleanup)
	ownGroup(cmd)
	stdin, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		_ = log.Close()
		return nil, fmt.Errorf("run Keycloak: %w", err)
	}
	p := &process{cmd: cmd, stdin: stdin, dir: dir, log: log, cleanup: cleanupFunc, done: make(chan struct{})}
	go p.wait()
	return p, nil
}

func (p *process) wait() {
	p.exit = p.cmd.Wait()
	if p.exit == nil {
		p.exit = errors.New("exit status 0")
	}
	close(p.done)
}

// stop kills at once: the database is in memory, there is nothing to save.
func (p *process) stop() error {
	errs := []error{killGroup(p.cmd.Process.Pid)}
	<-p.done
	_ = p.stdin.Close()
	_ = p.log.Close()
	if p.cleanup != nil {
		errs = append(errs, p.cleanup())
	}
	return errors.Join(append(errs, removeAll(p.dir))...)
}

// removeAll tries again for a moment: a killed JVM may still be closing files.
func removeAll(dir string) error {
	var err error
	for range 20 {
		if err = os.RemoveAll(dir); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("remove Keycloak's folder: %w", err)
}

// logTail returns the last lines of the server's output.
func (p *process) logTail(lines int) string {
	text, err := os.ReadFile(p.log.Name())
	if err != nil {
		return err.Error()
	}
	return tail(string(text), lines)
}

func tail(text string, lines int) string {
	all := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// command makes a helper command whose whole process group ends with ctx.
func command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	ownGroup(cmd)
	cmd.Cancel = func() error { return killGroup(cmd.Process.Pid) }
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// output runs a helper command; its error holds the end of what it printed.
func output(cmd *exec.Cmd) (string, error) {
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, tail(string(out), 20))
	}
	return string(out), nil
}

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
