package provider

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

const guardRole = "authscopes-guard"

// lab is a realm of the test's own on the real Keycloak, and a proxy between it
// and the provider.
type lab struct {
	*keycloak.Realm
	proxy *keycloak.Proxy
	t     *testing.T
}

func newLab(t *testing.T, userTypes ...string) *lab {
	t.Helper()
	t.Parallel()
	s := suite.ForTest(t)
	l := &lab{Realm: s.NewRealm(t), proxy: s.NewProxy(t), t: t}
	l.CreateRoles(t, userTypes...)
	return l
}

// admin are the lines of a keycloak block that logs in as the administrator of
// the server; more come after them.
func (l *lab) admin(more ...string) string {
	return fmt.Sprintf("url = %q\nrealm = %q\nlogin_realm = \"master\"\nusername = %q\npassword = %q\n%s",
		l.proxy.URL, l.Name, l.Server.User, l.Server.Password, strings.Join(more, "\n"))
}

// account are those of one that logs in as a service account of the realm with
// these roles of realm-management.
func (l *lab) account(clientID string, roles ...string) string {
	c := l.CreateServiceAccount(l.t, clientID, roles...)
	return l.login(c.ClientID, c.Secret)
}

func (l *lab) login(clientID, secret string) string {
	return fmt.Sprintf("url = %q\nrealm = %q\nclient_id = %q\nclient_secret = %q\n", l.proxy.URL, l.Name, clientID, secret)
}

// config is the administrator's provider block and what comes after it.
func (l *lab) config(parts ...string) string {
	return tftest.ProviderHCL(l.admin()) + strings.Join(parts, "\n")
}

// inProcess is the provider of this process for steps of terraform-plugin-testing.
func inProcess() map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){"authscopes": func() (tfprotov6.ProviderServer, error) { return released(), nil }}
}

// released serves the provider as users get it, without environment variables.
func released() tfprotov6.ProviderServer { return NewServer(releasedProvider(nil))() }

// same fails the test unless got is want.
func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	g, w := fmt.Sprintf("%#v", got), fmt.Sprintf("%#v", want)
	if g != w {
		t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

// writes are the requests that may change something, in order, with ids
// replaced by names: `POST client-scopes/read:a/scope-mappings/realm guard`.
func (l *lab) writes() []string {
	l.t.Helper()
	names := map[string]string{}
	for _, s := range l.Scopes(l.t) {
		names[s.ID] = s.Name
	}
	var lines []string
	for _, r := range l.proxy.APIRequests() {
		if r.Method == http.MethodGet || strings.HasSuffix(r.Path, "/partial-export") {
			continue
		}
		path := strings.TrimPrefix(r.Path, "/admin/realms/"+l.Name+"/")
		for id, name := range names {
			path = strings.ReplaceAll(path, id, name)
		}
		line := r.Method + " " + path
		var body any
		if json.Unmarshal([]byte(r.Body), &body) == nil {
			line += bodyNames(body)
		}
		lines = append(lines, line)
	}
	return lines
}

func bodyNames(body any) string {
	switch b := body.(type) {
	case map[string]any:
		if name, ok := b["name"].(string); ok {
			return " " + name
		}
	case []any:
		var line string
		for _, e := range b {
			line += bodyNames(e)
		}
		return line
	}
	return ""
}

// watch calls see, one call at a time, after the server has responded to a write and before the
// provider gets the response.
func (l *lab) watch(see func(request string)) {
	var mu sync.Mutex
	l.proxy.SetHook(func(r *http.Request) keycloak.Action {
		if r.Method == http.MethodGet || !strings.HasPrefix(r.URL.Path, "/admin/") || strings.HasSuffix(r.URL.Path, "/partial-export") {
			return keycloak.Action{}
		}
		return keycloak.Action{Alter: func(*http.Response) error {
			mu.Lock()
			defer mu.Unlock()
			see(r.Method + " " + r.URL.Path)
			return nil
		}}
	})
}
