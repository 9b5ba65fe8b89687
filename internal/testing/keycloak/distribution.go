package keycloak

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/hashicorp/go-version"
)

// mavenGet downloads one artifact into the local Maven repository.
const mavenGet = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:get"

// buildArgs fix at build time what a start would otherwise spend 20 s on. The
// database is in memory.
func buildArgs(version string) []string {
	return append([]string{"build", "--db=dev-mem", "--health-enabled=true"}, featureArgs(version)...)
}

// featureArgs enables the preview features that tests need, on versions that have them. The
// one for Kubernetes is experimental in 26.4, and refuses every token there.
func featureArgs(v string) []string {
	is, err := version.NewVersion(v)
	has := func(since string) bool {
		return err == nil && is.Core().GreaterThanOrEqual(version.Must(version.NewVersion(since)))
	}
	features := "--features=client-auth-federated,spiffe"
	switch {
	case has("26.5"):
		return []string{features + ",kubernetes-service-accounts"}
	case has("26.4"):
		return []string{features}
	}
	return nil
}

// buildEnv is for the build and for each start: a local cache opens no cluster
// port. Some versions (26.0) take it at the start alone and refuse the argument.
func buildEnv() []string { return []string{"KC_CACHE=local"} }

// distribution is one version of Keycloak's server archive.
type distribution struct {
	opts    Options
	mvn     string // path of Maven; "" if there is none
	archive string // in the local Maven repository
	home    string // unpacked and built, in the cache
}

func newDistribution(opts Options, mvn string) (*distribution, error) {
	name := opts.version()
	if strings.ContainsAny(name, `/\:`) || strings.HasPrefix(name, ".") {
		return nil, fmt.Errorf("KEYCLOAK_VERSION %q is no version; allowed is one like %s", name, DefaultVersion)
	}
	cache := opts.CacheDir
	if cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("find the cache folder for Keycloak (set XDG_CACHE_HOME or HOME): %w", err)
		}
		cache = filepath.Join(user, "terraform-provider-authscopes")
	}
	repository, err := mavenRepository(opts)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(strings.Join(append(buildArgs(name), buildEnv()...), " ")))
	return &distribution{
		opts:    opts,
		mvn:     mvn,
		archive: filepath.Join(repository, "org", "keycloak", "keycloak-quarkus-dist", name, "keycloak-quarkus-dist-"+name+".tar.gz"),
		home:    filepath.Join(cache, "keycloak-"+name+"-"+hex.EncodeToString(sum[:4])),
	}, nil
}

// repoLocal finds Maven's own switch among the arguments that it reads from the
// environment.
var repoLocal = regexp.MustCompile(`(?:^|\s)-Dmaven\.repo\.local=(?:"([^"]+)"|(\S+))`)

// mavenRepository returns the local repository: the switch in MAVEN_ARGS or MAVEN_OPTS, the
// user's settings, or ~/.m2/repository.
func mavenRepository(opts Options) (string, error) {
	for _, name := range []string{"MAVEN_ARGS", "MAVEN_OPTS"} {
		if m := repoLocal.FindStringSubmatch(opts.Getenv(name)); m != nil {
			return m[1] + m[2], nil
		}
	}
	home := opts.Getenv("HOME")
	if home == "" {
		var err error
		if home, err = os.UserHomeDir(); err != nil {
			return "", fmt.Errorf("find the local Maven repository: %w", err)
		}
	}
	var settings struct {
		LocalRepository string `xml:"localRepository"`
	}
	if text, err := os.ReadFile(filepath.Join(home, ".m2", "settings.xml")); err == nil {
		if err := xml.Unmarshal(text, &settings); err != nil {
			return "", fmt.Errorf("read Maven's settings.xml: %w", err)
		}
	}
	if dir := strings.TrimSpace(settings.LocalRepository); dir != "" {
		return strings.ReplaceAll(dir, "${user.home}", home), nil
	}
	return filepath.Join(home, ".m2", "repository"), nil
}

// available says that no download is needed.
func (d *distribution) available() bool { return isDir(d.home) || isFile(d.archive) }

func isDir(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// install returns the unpacked and built distribution. It is built under a temporary name and
// renamed when it is complete, so that a broken one is never used. Of two processes at once, the
// first to rename wins.
func (d *distribution) install(ctx context.Context) (string, error) {
	if isDir(d.home) {
		return d.home, nil
	}
	if !isFile(d.archive) {
		if err := d.download(ctx); err != nil {
			return "", err
		}
	}
	cache := filepath.Dir(d.home)
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", fmt.Errorf("make the cache folder for Keycloak: %w", err)
	}
	removeStale(cache, time.Now().Add(-time.Hour))
	temp, err := os.MkdirTemp(cache, tempPrefix)
	if err != nil {
		return "", fmt.Errorf("unpack Keycloak: %w", err)
	}
	defer func() { _ = os.RemoveAll(temp) }()
	d.opts.printf("unpacking %s into the cache", d.opts.version())
	if err := unpack(d.archive, temp); err != nil {
		return "", fmt.Errorf("unpack %s (delete the file if it is damaged, it will be downloaded again): %w", d.archive, err)
	}
	d.opts.printf("building %s once (about 20 s), later starts are faster by that", d.opts.version())
	build := command(ctx, filepath.Join(temp, "bin", "kc.sh"), buildArgs(d.opts.version())...)
	build.Env = append(cleanEnv(os.Environ()), buildEnv()...)
	if _, err := output(build); err != nil {
		return "", fmt.Errorf("build Keycloak %s: %w", d.opts.version(), err)
	}
	return d.home, publish(temp, d.home)
}

func (d *distribution) download(ctx context.Context) error {
	if d.mvn == "" {
		return fmt.Errorf("download Keycloak %s: there is no mvn on PATH", d.opts.version())
	}
	d.opts.printf("downloading %s by Maven (about 180 MB)", d.opts.version())
	artifact := "org.keycloak:keycloak-quarkus-dist:" + d.opts.version() + ":tar.gz"
	if _, err := output(command(ctx, d.mvn, "-B", "-q", mavenGet, "-Dartifact="+artifact, "-Dtransitive=false")); err != nil {
		return fmt.Errorf("download Keycloak %s (KEYCLOAK_VERSION): %w", d.opts.version(), err)
	}
	if !isFile(d.archive) {
		return fmt.Errorf("mvn downloaded Keycloak %s, but it is not at %s; set the local repository with -Dmaven.repo.local in MAVEN_ARGS",
			d.opts.version(), d.archive)
	}
	return nil
}

const tempPrefix = ".unpacking-"

// removeStale removes what a killed process left half-made before a time.
func removeStale(cache string, before time.Time) {
	entries, _ := os.ReadDir(cache)
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && strings.HasPrefix(e.Name(), tempPrefix) && info.ModTime().Before(before) {
			_ = os.RemoveAll(filepath.Join(cache, e.Name()))
		}
	}
}

// publish renames temp to home, unless another process was first.
func publish(temp, home string) error {
	if err := os.Rename(temp, home); err != nil && !isDir(home) {
		return fmt.Errorf("move the unpacked Keycloak to its place: %w", err)
	}
	return nil
}

// unpack writes a .tar.gz into dir without the archive's top folder. Nothing is
// written outside of dir, whatever the archive holds.
func unpack(archive, dir string) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	zr, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	files := 0
	for tr := tar.NewReader(zr); ; files++ {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := unpackEntry(root, h, tr); err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
	}
	if files == 0 {
		return errors.New("the archive is empty")
	}
	// The rest of the stream holds gzip's check sum.
	_, err = io.Copy(io.Discard, zr)
	return err
}

func unpackEntry(root *os.Root, h *tar.Header, r io.Reader) error {
	_, name, _ := strings.Cut(path.Clean(h.Name), "/")
	if name == "" {
		return nil // the top folder itself
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return root.MkdirAll(name, 0o755)
	case tar.TypeReg:
		if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
			return err
		}
		return writeFile(root, name, h.FileInfo().Mode().Perm()|0o600, r)
	default:
		return fmt.Errorf("unexpected kind %q of entry", h.Typeflag)
	}
}

func writeFile(root *os.Root, name string, mode fs.FileMode, r io.Reader) error {
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}
