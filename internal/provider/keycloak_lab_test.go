package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

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

// providerBlock configures the provider; more are lines beside the keycloak block.
func providerBlock(keycloak string, more ...string) string {
	return "provider \"authscopes\" {\n  keycloak = {\n" + keycloak + "  }\n" + strings.Join(more, "\n") + "\n}\n"
}

// config is the administrator's provider block and what comes after it.
func (l *lab) config(parts ...string) string {
	return providerBlock(l.admin()) + strings.Join(parts, "\n")
}

// test runs the steps with the provider inside of this process, as the
// environment of this machine does not see it.
func (l *lab) test(steps ...resource.TestStep) {
	l.t.Helper()
	resource.Test(l.t, resource.TestCase{ProtoV6ProviderFactories: inProcess(), Steps: steps})
}

func inProcess() map[string]func() (tfprotov6.ProviderServer, error) {
	p := releasedProvider(nil)
	return map[string]func() (tfprotov6.ProviderServer, error){"authscopes": func() (tfprotov6.ProviderServer, error) { return NewServer(p)(), nil }}
}

// scopesHCL is an authscopes_server_scopes "s"; more are lines after `scopes`.
func scopesHCL(scopes map[string]string, more ...string) string {
	var b strings.Builder
	b.WriteString("resource \"authscopes_server_scopes\" \"s\" {\n  scopes = {\n")
	for _, name := range slices.Sorted(maps.Keys(scopes)) {
		fmt.Fprintf(&b, "    %q = %q\n", name, scopes[name])
	}
	fmt.Fprintf(&b, "  }\n%s\n}\n", strings.Join(more, "\n"))
	return b.String()
}

// userTypeHCL is an authscopes_user_type_scopes named as its user type, with
// scopes of authscopes_server_scopes.s.
func userTypeHCL(userType string, scopes ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "resource \"authscopes_user_type_scopes\" %q {\n  user_type = %q\n  scopes = [\n", userType, userType)
	for _, name := range scopes {
		fmt.Fprintf(&b, "    authscopes_server_scopes.s.names[%q],\n", name)
	}
	b.WriteString("  ]\n}\n")
	return b.String()
}

// planIs compares a plan with the lines that changes renders.
type planIs string

var _ plancheck.PlanCheck = planIs("")

func (want planIs) CheckPlan(_ context.Context, req plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	if got := withoutIDs(tftest.Changes(req.Plan)); got != tftest.Unindent(string(want)) {
		resp.Error = fmt.Errorf("the plan is\n%s\nexpected\n%s", got, tftest.Unindent(string(want)))
	}
}

// withoutIDs replaces the IDs of a realm, which are unknown when a test is written.
func withoutIDs(plan string) string {
	return regexp.MustCompile(`"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"`).ReplaceAllString(plan, "ID")
}

func planned(want string) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{planIs(want)}}
}

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
