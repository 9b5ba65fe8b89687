package keycloak

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
	server "github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

// wire sits between a driver and its HTTP client: it records what the driver
// sends and lets a test respond to, fail or cut a request.
type wire struct {
	base http.RoundTripper

	one  sync.Mutex // hooks run one at a time
	mu   sync.Mutex
	sent []string // "POST client-scopes", without logins, relative to the realm
	// before may respond instead of the server; after sees the server's response
	// and may replace it.
	before func(*http.Request, string) (*http.Response, error)
	after  func(*http.Request, string, *http.Response) (*http.Response, error)
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	var body string
	if req.Body != nil {
		b, _ := io.ReadAll(req.Body)
		_ = req.Body.Close()
		body = string(b)
		req = req.Clone(req.Context())
		req.Body = io.NopCloser(bytes.NewReader(b))
	}
	w.mu.Lock()
	if _, what, ok := strings.Cut(req.URL.EscapedPath(), "/admin/realms/"); ok {
		_, what, _ = strings.Cut(what, "/")
		w.sent = append(w.sent, req.Method+" "+what)
	}
	before, after := w.before, w.after
	w.mu.Unlock()
	if before != nil {
		w.one.Lock()
		resp, err := before(req, body)
		w.one.Unlock()
		if resp != nil || err != nil {
			return resp, err
		}
	}
	resp, err := w.base.RoundTrip(req)
	if err == nil && after != nil {
		return after(req, body, resp)
	}
	return resp, err
}

func (w *wire) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	sent := w.sent
	w.sent = nil
	return sent
}

func (w *wire) hook(before func(*http.Request, string) (*http.Response, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.before = before
}

func (w *wire) hookAfter(after func(*http.Request, string, *http.Response) (*http.Response, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.after = after
}

func respond(req *http.Request, status int, contentType, body string) *http.Response {
	h := http.Header{}
	if contentType != "" {
		h.Set("Content-Type", contentType)
	}
	return &http.Response{
		StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
		Request: req, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
}

func respondJSON(req *http.Request, status int, body string) *http.Response {
	return respond(req, status, "application/json", body)
}

// newDriver makes a driver over a wire.
func newDriver(t *testing.T, cfg Config) (*Driver, *wire) {
	t.Helper()
	client, err := httpapi.New(httpapi.Config{MaxRetries: -1})
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{base: client.Transport}
	d, err := New(cfg, &http.Client{Transport: w})
	if err != nil {
		t.Fatal(err)
	}
	return d, w
}

func wantKind(t *testing.T, err error, kind authz.Kind, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %s", kind)
	}
	text := err.Error() + " | " + drivertest.Advice(err)
	if got := authz.KindOf(err); got != kind {
		t.Errorf("%s (%s), want %s", got, text, kind)
	}
	for _, want := range texts {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in: %s", want, text)
		}
	}
}

func scope(name string) authz.Scope {
	return authz.Scope{Name: name, Description: "may " + name, Settings: diff.Defaults()}
}

// suite is the real Keycloak of this test binary.
var suite = server.NewSuite(server.Options{Progress: os.Stderr})

func TestMain(m *testing.M) { os.Exit(suite.Run(m)) }

// lab is a realm of its own on a real Keycloak, with an administrator who does
// not go through the driver.
type lab struct {
	*server.Realm
	t       *testing.T
	clients map[string]server.Client
}

func newLab(t *testing.T) *lab {
	t.Helper()
	return &lab{Realm: suite.ForTest(t).NewRealm(t), t: t, clients: map[string]server.Client{}}
}

// do calls the admin API below the realm.
func (l *lab) do(method string, in, out any, segments ...string) {
	l.t.Helper()
	if err := l.Do(l.t.Context(), method, in, out, segments...); err != nil {
		l.t.Fatal(err)
	}
}

func (l *lab) makeRole(name string, inside ...string) server.Role {
	l.t.Helper()
	role := l.CreateRole(l.t, server.Role{Name: name})
	for _, n := range inside {
		if client, r, ok := strings.Cut(n, "/"); ok {
			l.AddClientComposite(l.t, name, client, r)
			continue
		}
		l.AddComposites(l.t, name, n)
	}
	return role
}

// serviceAccount makes a client that logs in for itself with some
// realm-management roles. Its secret is not what a URL would carry as it is.
func (l *lab) serviceAccount(name string, roles ...string) Config {
	l.t.Helper()
	const secret = "secret:+%&"
	c := l.CreateClient(l.t, map[string]any{"clientId": name, "secret": secret, "serviceAccountsEnabled": true, "standardFlowEnabled": false})
	l.clients[name] = c
	l.manage(l.ServiceAccountUser(l.t, c), roles...)
	return Config{URL: l.Server.URL, Realm: l.Name, ClientID: name, ClientSecret: secret}
}

// manage gives a user realm-management roles.
func (l *lab) manage(u server.User, roles ...string) {
	l.t.Helper()
	for _, name := range roles {
		role := l.ClientRole(l.t, "realm-management", name)
		l.do("POST", []server.Role{role}, nil, "users", u.ID, "role-mappings", "clients", role.ContainerID)
	}
}

// admin is a configuration with every right.
func (l *lab) admin() Config {
	return Config{URL: l.Server.URL, Realm: l.Name, LoginRealm: "master", Username: l.Server.User, Password: l.Server.Password}
}

// shop makes a client with the role "buyer".
func (l *lab) shop() {
	l.t.Helper()
	l.CreateClient(l.t, map[string]any{"clientId": "shop"})
	l.CreateClientRole(l.t, "shop", "buyer")
}

// app makes a public client with some scopes as default ones.
func (l *lab) app(scopes ...string) server.Client {
	l.t.Helper()
	c := l.CreatePublicClient(l.t, "app")
	for _, s := range scopes {
		l.AddClientScope(l.t, c, s, "default")
	}
	return c
}

// own leaves built-in scopes out and joins the others.
func own(names []string) string {
	names = slices.DeleteFunc(slices.Clone(names), builtIn)
	slices.Sort(names)
	return strings.Join(names, " ")
}

// readAll returns a listing in which who has each scope was read.
func readAll(ctx context.Context, d *Driver) (*authz.Snapshot, error) {
	l, err := d.List(ctx, "")
	if err != nil {
		return nil, err
	}
	if err := drivertest.Complete(ctx, l, func(authz.Scope) bool { return true }); err != nil {
		return nil, err
	}
	return l, nil
}

func list(t *testing.T, d *Driver) *authz.Snapshot {
	t.Helper()
	l, err := readAll(context.Background(), d)
	if err != nil {
		t.Fatalf("List: %v | %s", err, drivertest.Advice(err))
	}
	return l
}

func create(t *testing.T, d *Driver, want authz.Scope) authz.Scope {
	t.Helper()
	made, err := d.CreateScope(context.Background(), "", want)
	if err != nil {
		t.Fatalf("CreateScope: %v | %s", err, drivertest.Advice(err))
	}
	return made
}

func get1(t *testing.T, d *Driver, name string) authz.Scope {
	t.Helper()
	s, ok := list(t, d).Scope(name)
	if !ok {
		t.Fatalf("%q is not listed", name)
	}
	return s
}

func summaries(l *authz.Snapshot) string {
	var all []string
	for _, n := range l.Warnings {
		all = append(all, fmt.Sprintf("%t: %s", n.BlocksWrites, n.Summary))
		if len(n.Subjects) > 0 {
			all[len(all)-1] += fmt.Sprintf(" (%s)", strings.Join(n.Subjects, ", "))
		}
	}
	return strings.Join(all, "\n")
}
