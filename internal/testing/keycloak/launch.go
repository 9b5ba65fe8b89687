package keycloak

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// minJava is what Keycloak 26 runs on.
const minJava = 17

// chooseLauncher makes ready what can start a Keycloak here, or says what is
// missing.
func chooseLauncher(ctx context.Context, opts Options) (launcher, error) {
	javaErr := checkJava(ctx, opts)
	mvn, mvnErr := exec.LookPath("mvn")
	if javaErr == nil {
		d, err := newDistribution(opts, mvn)
		if err != nil {
			return nil, err
		}
		if d.available() || mvnErr == nil {
			home, err := d.install(ctx)
			if err != nil {
				return nil, err
			}
			return func(opts Options, p ports) (*process, error) { return startDistribution(opts, home, p) }, nil
		}
	}
	dockerErr := checkDocker(ctx)
	if dockerErr == nil {
		return startContainer, nil
	}
	return nil, fmt.Errorf(`no Keycloak to test with. One of these is needed:
  - a running one: set KEYCLOAK_URL (and KEYCLOAK_USER, KEYCLOAK_PASSWORD if they are not admin and admin)
  - Java %d or newer and Maven (mvn) on PATH, which download Keycloak %s and keep it
  - a Docker engine, which runs the image %s (KEYCLOAK_IMAGE)
Found:
  - %w`, minJava, opts.version(), image(opts), errors.Join(compact(javaErr, mvnErr, dockerErr)...))
}

func compact(errs ...error) []error {
	return slices.DeleteFunc(errs, func(err error) bool { return err == nil })
}

// javaVersion finds 17 in `openjdk version "17.0.15"` and 8 in `"1.8.0_412"`.
var javaVersion = regexp.MustCompile(`version "(?:1\.)?(\d+)`)

func checkJava(ctx context.Context, opts Options) error {
	java := "java"
	if home := opts.Getenv("JAVA_HOME"); home != "" {
		java = filepath.Join(home, "bin", "java")
	}
	out, err := output(command(ctx, java, "-version"))
	if err != nil {
		return fmt.Errorf("no Java: %w", err)
	}
	return javaAtLeast(out, minJava)
}

func javaAtLeast(out string, least int) error {
	m := javaVersion.FindStringSubmatch(out)
	if m == nil {
		return fmt.Errorf("java -version prints no version: %s", out)
	}
	if major, err := strconv.Atoi(m[1]); err != nil || major < least {
		return fmt.Errorf("java is version %s, Keycloak needs %d or newer", m[1], least)
	}
	return nil
}

// startDistribution runs an installed distribution with a home of its own that
// links to it, so that servers share neither data nor temporary files.
func startDistribution(opts Options, dist string, p ports) (*process, error) {
	home, err := os.MkdirTemp("", "authscopes-keycloak-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for Keycloak: %w", err)
	}
	proc, err := runDistribution(opts, dist, home, p)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(home))
	}
	return proc, nil
}

func runDistribution(opts Options, dist, home string, p ports) (*process, error) {
	if err := linkHome(dist, home); err != nil {
		return nil, fmt.Errorf("make Keycloak's home: %w", err)
	}
	// All as environment variables: a version that does not know one ignores it.
	env := append(append(cleanEnv(os.Environ()), buildEnv()...),
		"KC_HTTP_ENABLED=true", "KC_HOSTNAME_STRICT=false", "KC_HTTP_HOST=127.0.0.1",
		"KC_HTTP_PORT="+strconv.Itoa(p.http), "KC_HTTP_MANAGEMENT_PORT="+strconv.Itoa(p.management),
		"KC_BOOTSTRAP_ADMIN_USERNAME=admin", "KC_BOOTSTRAP_ADMIN_PASSWORD=admin",
		"KEYCLOAK_ADMIN=admin", "KEYCLOAK_ADMIN_PASSWORD=admin", // before 26
		"JAVA_OPTS_KC_HEAP="+opts.env("JAVA_OPTS_KC_HEAP", javaOptions(opts)))
	return run(home, env, []string{filepath.Join(home, "bin", "kc.sh"), "start", "--optimized"}, "", nil)
}

// javaOptions returns the size of the heap, and how Java compiles.
func javaOptions(opts Options) string {
	const heap = "-Xms256m -Xmx1g"
	if opts.Optimize {
		return heap
	}
	// With one compiler alone, Java reserves 48 MiB for compiled code. Keycloak needs more after some
	// minutes of tests, and Java then stops compiling.
	return heap + " -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m"
}

// linkHome makes a Keycloak home of links. kc.sh finds its home from where it
// lies itself, links resolved, and must therefore be a copy.
func linkHome(dist, home string) error {
	entries, err := os.ReadDir(dist)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == "bin" || e.Name() == "data" {
			continue
		}
		if err := os.Symlink(filepath.Join(dist, e.Name()), filepath.Join(home, e.Name())); err != nil {
			return err
		}
	}
	script, err := os.ReadFile(filepath.Join(dist, "bin", "kc.sh"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(home, "bin"), 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(home, "bin", "kc.sh"), script, 0o700)
}

// cleanEnv drops what would configure the server behind our back.
func cleanEnv(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(kv string) bool {
		return strings.HasPrefix(kv, "KC_") || strings.HasPrefix(kv, "KEYCLOAK_") || strings.HasPrefix(kv, "JAVA_OPTS")
	})
}

func image(opts Options) string {
	return opts.env("KEYCLOAK_IMAGE", "keycloak/keycloak:"+opts.version())
}

func checkDocker(ctx context.Context) error {
	if _, err := output(command(ctx, "docker", "info", "--format", "{{.ServerVersion}}")); err != nil {
		return fmt.Errorf("no Docker engine: %w", err)
	}
	return nil
}

// startContainer runs the image; the engine, not this process, is the parent of
// the container, so it is removed by name.
func startContainer(opts Options, p ports) (*process, error) {
	dir, err := os.MkdirTemp("", "authscopes-keycloak-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for Keycloak: %w", err)
	}
	name := filepath.Base(dir)
	remove := func() error {
		_, err := output(command(context.Background(), "docker", "rm", "--force", name))
		return err
	}
	args := []string{
		"docker", "run", "--rm", "--name", name,
		"--publish", fmt.Sprintf("127.0.0.1:%d:8080", p.http), "--publish", fmt.Sprintf("127.0.0.1:%d:9000", p.management),
		"--env", "KC_BOOTSTRAP_ADMIN_USERNAME=admin", "--env", "KC_BOOTSTRAP_ADMIN_PASSWORD=admin",
		"--env", "KEYCLOAK_ADMIN=admin", "--env", "KEYCLOAK_ADMIN_PASSWORD=admin", // before 26
		image(opts), "start-dev", "--health-enabled=true", "--cache=local",
	}
	args = append(args, featureArgs(opts.version())...)
	proc, err := run(dir, os.Environ(), args, "docker rm --force "+name, remove)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return proc, nil
}
