package keycloak

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

type entry struct {
	name string
	kind byte
	text string
}

func archive(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var buf bytes.Buffer
	zw := gzip.NewWriter(&buf)
	tw := tar.NewWriter(zw)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Typeflag: e.kind, Size: int64(len(e.text)), Mode: 0o755}
		if e.kind == tar.TypeSymlink {
			h.Linkname, h.Size = e.text, 0
		}
		if err := tw.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if e.kind == tar.TypeReg {
			if _, err := tw.Write([]byte(e.text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func write(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// fakeDist is an archive whose kc.sh notes that it was built.
func fakeDist(t *testing.T, script string) []byte {
	t.Helper()
	return archive(t,
		entry{"keycloak-1/bin/", tar.TypeDir, ""},
		entry{"keycloak-1/bin/kc.sh", tar.TypeReg, "#!/bin/sh\n" + script},
		entry{"keycloak-1/lib/app.jar", tar.TypeReg, strings.Repeat("jar", 1000)})
}

func fakeOptions(t *testing.T, archive []byte) (Options, *distribution) {
	t.Helper()
	home := t.TempDir()
	opts := Options{CacheDir: filepath.Join(home, "cache"), Getenv: func(name string) string {
		return map[string]string{"HOME": home, "KEYCLOAK_VERSION": "1"}[name]
	}}.withDefaults()
	d, err := newDistribution(opts, "")
	if err != nil {
		t.Fatal(err)
	}
	write(t, d.archive, archive)
	return opts, d
}

func TestInstallUnpacksAndBuildsOnce(t *testing.T) {
	_, d := fakeOptions(t, fakeDist(t, `echo "$@" "KC_CACHE=$KC_CACHE" >>"$(dirname "$0")/../built"`))
	for range 2 {
		home, err := d.install(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		built, err := os.ReadFile(filepath.Join(home, "built"))
		if want := strings.Join(append(buildArgs("1"), buildEnv()...), " ") + "\n"; err != nil || string(built) != want {
			t.Errorf("built %q, %v, want %q once", built, err, want)
		}
		if text, err := os.ReadFile(filepath.Join(home, "lib", "app.jar")); err != nil || len(text) != 3000 {
			t.Errorf("app.jar of %d bytes, %v", len(text), err)
		}
	}
	leftInCache(t, d, 1)
}

func leftInCache(t *testing.T, d *distribution, want int) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(d.home))
	if err != nil || len(entries) != want {
		t.Errorf("the cache holds %v, %v, want %d entries", entries, err, want)
	}
}

func TestInstallByTwoAtOnce(t *testing.T) {
	_, d := fakeOptions(t, fakeDist(t, `echo x >>"$(dirname "$0")/../built"`))
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			home, err := d.install(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			if built, err := os.ReadFile(filepath.Join(home, "built")); err != nil || string(built) != "x\n" {
				t.Errorf("built %q, %v", built, err)
			}
		})
	}
	both.Wait()
	leftInCache(t, d, 1)
}

// A distribution that is not whole is never found in its place afterwards.
func TestInstallOfBrokenArchives(t *testing.T) {
	good := fakeDist(t, "exit 0")
	badSum := bytes.Clone(good)
	badSum[len(badSum)-6] ^= 0xff // of gzip's check sum
	tests := map[string]struct {
		archive []byte
		want    string
	}{
		"truncated":       {good[:len(good)/2], "unexpected EOF"},
		"damaged":         {badSum, "invalid checksum"},
		"no archive":      {[]byte("<html>not found</html>"), "invalid header"},
		"empty":           {archive(t), "the archive is empty"},
		"outside":         {archive(t, entry{"keycloak-1/../../../evil", tar.TypeReg, "x"}), "escapes"},
		"a link":          {archive(t, entry{"keycloak-1/link", tar.TypeSymlink, "/etc"}), "unexpected kind"},
		"same file twice": {archive(t, entry{"k/a", tar.TypeReg, "x"}, entry{"k/a", tar.TypeReg, "y"}), "exists"},
		"build fails":     {fakeDist(t, "echo canary-of-the-build; exit 3"), "canary-of-the-build"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, d := fakeOptions(t, tt.archive)
			_, err := d.install(t.Context())
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q in it", err, tt.want)
			}
			if isDir(d.home) {
				t.Error("a broken distribution is in its place")
			}
			leftInCache(t, d, 0)
		})
	}
}

func TestRemoveStale(t *testing.T) {
	cache := t.TempDir()
	for _, name := range []string{tempPrefix + "old", tempPrefix + "new", "keycloak-1"} {
		write(t, filepath.Join(cache, name, "f"), nil)
	}
	now := time.Now()
	for _, name := range []string{tempPrefix + "old", "keycloak-1"} {
		if err := os.Chtimes(filepath.Join(cache, name), now, now.Add(-2*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	removeStale(cache, now.Add(-time.Hour))
	for name, want := range map[string]bool{tempPrefix + "old": false, tempPrefix + "new": true, "keycloak-1": true} {
		if got := isDir(filepath.Join(cache, name)); got != want {
			t.Errorf("%s exists: %v, want %v", name, got, want)
		}
	}
}

func TestMavenRepository(t *testing.T) {
	home := t.TempDir()
	plain := filepath.Join(home, ".m2", "repository")
	tests := map[string]struct {
		env      map[string]string
		settings string
		want     string
	}{
		"default":         {want: plain},
		"MAVEN_OPTS":      {env: map[string]string{"MAVEN_OPTS": "-Xmx1g -Dmaven.repo.local=/r -B"}, want: "/r"},
		"MAVEN_ARGS":      {env: map[string]string{"MAVEN_ARGS": `-Dmaven.repo.local="/a b" -o`}, want: "/a b"},
		"settings":        {settings: "<settings><localRepository>${user.home}/r</localRepository></settings>", want: home + "/r"},
		"settings silent": {settings: "<settings/>", want: plain},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			settings := filepath.Join(home, ".m2", "settings.xml")
			_ = os.Remove(settings)
			if tt.settings != "" {
				write(t, settings, []byte(tt.settings))
			}
			got, err := mavenRepository(Options{Getenv: func(name string) string {
				if name == "HOME" {
					return home
				}
				return tt.env[name]
			}})
			if err != nil || got != tt.want {
				t.Errorf("%q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestVersionStaysInTheCache(t *testing.T) {
	for _, version := range []string{"../../x", `a\b`, "..", ".hidden"} {
		opts := Options{Getenv: func(name string) string {
			return map[string]string{"KEYCLOAK_VERSION": version, "HOME": "/h"}[name]
		}, CacheDir: t.TempDir()}.withDefaults()
		if _, err := newDistribution(opts, ""); err == nil || !strings.Contains(err.Error(), DefaultVersion) {
			t.Errorf("version %q: error %v, want one that shows a good version", version, err)
		}
	}
}

func TestFeatureArgs(t *testing.T) {
	const federated = "[--features=client-auth-federated,spiffe]"
	const all = "[--features=client-auth-federated,spiffe,kubernetes-service-accounts]"
	for version, want := range map[string]string{
		"24.0.5": "[]", "26.3.9": "[]", "26.4.0": federated, "26.5.6": all, "26.7.3": all, "27.0.0": all, "nightly": "[]",
	} {
		if got := fmt.Sprint(featureArgs(version)); got != want {
			t.Errorf("%s: %s, want %s", version, got, want)
		}
	}
}
