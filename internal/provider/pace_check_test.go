package provider

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/pace"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages/messagestest"
	fakepace "github.com/authscopes/terraform-provider-authscopes/internal/testing/pace"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/tftest"
)

const paceCheckAddress = "data.authscopes_pace_check.d"

func paceCheckHCL(scopes string, more ...string) string {
	return fmt.Sprintf("data \"authscopes_pace_check\" \"d\" {\n  scopes = %s\n%s\n}\n", scopes, strings.Join(more, "\n"))
}

func paceHCL(lines ...string) string {
	return "provider \"authscopes\" {\n  pace = {\n" + strings.Join(lines, "\n") + "\n  }\n}\n"
}

func paceCheckValue(name string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(paceCheckAddress, tfjsonpath.New(name), value)
}

func knownNames(names ...string) knownvalue.Check {
	checks := []knownvalue.Check{}
	for _, n := range names {
		checks = append(checks, knownvalue.StringExact(n))
	}
	return knownvalue.ListExact(checks)
}

// checkLists are the checks of the four lists.
func checkLists(requested, returned, onlyRequested, onlyReturned knownvalue.Check) []statecheck.StateCheck {
	return []statecheck.StateCheck{
		paceCheckValue("requested", requested), paceCheckValue("returned", returned),
		paceCheckValue("only_requested", onlyRequested), paceCheckValue("only_returned", onlyReturned),
	}
}

func TestAccPaceCheck(t *testing.T) {
	t.Parallel()
	const read, write = "user:users:read", "user:users:write"
	none, unknown, both := knownNames(), knownvalue.Null(), knownNames(read, write)
	scopes := `{ "user:users:write" = "Write", "user:users:read" = null }`
	for name, test := range map[string]struct {
		reading         fakepace.Reading
		lists           string
		known           []string
		inSync, missing knownvalue.Check
		report          string
		checks          []statecheck.StateCheck
	}{
		"missing, and some are": {
			fakepace.Missing, "missing",
			[]string{read},
			knownvalue.Bool(false), knownNames(write),
			"(?s)Out of sync.*1 missing \\(1 drifted\\).*`user:users:write` \\| Write \\| drifted \\| `api.yaml:7` \\|",
			checkLists(both, knownNames(write), knownNames(read), none),
		},
		"missing, and none is": {
			fakepace.Missing, "missing",
			[]string{read, write},
			knownvalue.Bool(true), none,
			`In sync\.\*\* The server has the 2 defined scopes`, checkLists(both, none, both, none),
		},
		"known, and some are": {
			fakepace.Known, "known",
			[]string{read},
			knownvalue.Bool(false), knownNames(write),
			"Out of sync", checkLists(both, knownNames(read), knownNames(write), none),
		},
		"known, and all are": {
			fakepace.Known, "known", []string{read, write}, knownvalue.Bool(true), none, "In sync", checkLists(both, both, none, none),
		},
		"no meaning": {
			fakepace.Missing, "", []string{read}, unknown, unknown, "Sync is unknown", checkLists(both, knownNames(write), knownNames(read), none),
		},
		"an impossible meaning": {
			fakepace.Difference, "missing",
			[]string{"user:other"},
			unknown, unknown,
			"Sync is unknown", checkLists(both, knownNames("user:other", read, write), none, knownNames("user:other")),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := fakepace.New(t, fakepace.Options{Reading: test.reading})
			s.SetKnown(test.known...)
			checks := append([]statecheck.StateCheck{
				paceCheckValue("server_id", knownvalue.StringExact(strings.TrimPrefix(s.URL, "http://"))), paceCheckValue("in_sync", test.inSync),
				paceCheckValue("missing", test.missing), paceCheckValue("report", knownvalue.StringRegexp(regexp.MustCompile(test.report))),
			}, test.checks...)
			more := []string{`baseline = { "user:users:write" = "" }`, `sources = { "user:users:write" = "api.yaml:7" }`}
			if test.lists != "" {
				more = append(more, fmt.Sprintf("response_lists = %q", test.lists))
			}
			resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: realProvider(nil), Steps: []resource.TestStep{{
				Config: paceHCL(fmt.Sprintf("url = %q", s.URL)) + paceCheckHCL(scopes, more...), ConfigStateChecks: checks,
			}}})
		})
	}
}

// Every way to log in works, from the configuration and from the environment.
func TestAccPaceLogin(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options fakepace.Options
		block   func(s *fakepace.Server) []string
		env     func(s *fakepace.Server) map[string]string
	}{
		"token": {
			fakepace.Options{Token: "good"},
			func(s *fakepace.Server) []string {
				return []string{fmt.Sprintf("url = %q", s.URL), `access_token = "good"`}
			}, nil,
		},
		"client": {
			fakepace.Options{ClientID: "me", ClientSecret: "secret", Version: "2024-2"},
			func(s *fakepace.Server) []string {
				return []string{fmt.Sprintf("url = %q\ntoken_url = %q", s.URL, s.TokenURL()), `client_id = "me"`, `client_secret = "secret"`, `api_version = "2024-2"`}
			}, nil,
		},
		"token from the environment": {
			fakepace.Options{Token: "good", Version: "2024-2"},
			nil,
			func(s *fakepace.Server) map[string]string {
				return map[string]string{"AUTHSCOPES_PACE_URL": s.URL, "AUTHSCOPES_PACE_ACCESS_TOKEN": "good", "AUTHSCOPES_PACE_API_VERSION": "2024-2"}
			},
		},
		"client from the environment": {
			fakepace.Options{ClientID: "me", ClientSecret: "secret"},
			nil,
			func(s *fakepace.Server) map[string]string {
				return map[string]string{
					"AUTHSCOPES_PACE_URL": s.URL, "AUTHSCOPES_PACE_TOKEN_URL": s.TokenURL(),
					"AUTHSCOPES_PACE_CLIENT_ID": "me", "AUTHSCOPES_PACE_CLIENT_SECRET": "secret",
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := fakepace.New(t, test.options)
			s.SetKnown("a")
			var env map[string]string
			var lines []string
			if test.env != nil {
				env = test.env(s)
			}
			if test.block != nil {
				lines = test.block(s)
			}
			resource.Test(t, resource.TestCase{ProtoV6ProviderFactories: realProvider(env), Steps: []resource.TestStep{{
				Config:            paceHCL(lines...) + paceCheckHCL(`{ a = "A" }`, `response_lists = "missing"`),
				ConfigStateChecks: []statecheck.StateCheck{paceCheckValue("in_sync", knownvalue.Bool(true))},
			}}})
		})
	}
}

func TestAccPaceRefusals(t *testing.T) {
	s := fakepace.New(t, fakepace.Options{})
	linked := fakepace.New(t, fakepace.Options{})
	linked.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		fakepace.RefuseLinkedIdentity(w)
		return true
	})
	url := fmt.Sprintf("url = %q", s.URL)
	step := func(config, message string) resource.TestStep {
		return resource.TestStep{Config: config, ExpectError: regexp.MustCompile("(?s)" + strings.ReplaceAll(message, " ", `\s+`))}
	}
	resource.ParallelTest(t, resource.TestCase{ProtoV6ProviderFactories: realProvider(nil), Steps: []resource.TestStep{
		step(paceHCL(url)+paceCheckHCL(`{ a = "" }`, `response_lists = "all"`), `response_lists value must be one of: \["missing" "known"\], got: "all"`),
		step(paceHCL(url)+paceCheckHCL(`{}`), `Map of scopes is empty.*the meaning of an empty request`),
		step(paceHCL(url)+paceCheckHCL(`{ "pay:a pay:b" = "" }`), `Invalid scope name.*list each name separately`),
		step(paceHCL(url)+paceCheckHCL(`{ a = "" }`, `server_id = "x"`), `Read-Only Attribute.*server_id = "x"`),
		step(paceHCL(url, `client_id = "me"`)+paceCheckHCL(`{ a = "" }`), `only some of client_id, client_secret and token_url are set`),
		step(paceHCL(url)+driftHCL(`{ a = "" }`), messagestest.Summary(messages.SupportCompareScopes)),
		step(paceHCL(url)+driftHCL(`{ a = "" }`, `settings = {}`, `user_types = { educator = ["a"] }`), messagestest.Summary(messages.SupportCompareScopes)),
		step(paceHCL(url)+setHCL(`{ a = "" }`, ""), `Scopes cannot be managed on this server.*authscopes_pace_check`),
		step(paceHCL(url)+singleHCL(`"a"`, ""), `Scopes cannot be managed on this server.*authscopes_pace_check`),
		step(paceHCL(url)+typeHCL("educator", `["a"]`, ""), `Scopes of user types cannot be managed on this server.*authscopes_pace_check`),
		step(paceHCL(fmt.Sprintf("url = %q", linked.URL))+paceCheckHCL(`{ a = "" }`), messagestest.Summary(messages.FailedDefinitions)),
	}})
	if requests := s.Requests(); len(requests) > 0 {
		t.Errorf("%d requests reached the server", len(requests))
	}
}

// paceTerraform runs Terraform, because terraform-plugin-testing does not show warnings.
func paceTerraform(t *testing.T, s *fakepace.Server) *terraform {
	t.Helper()
	client, err := httpapi.New(httpapi.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	d, err := pace.New(pace.Config{URL: s.URL}, client)
	if err != nil {
		t.Fatal(err)
	}
	return newTerraform(t, d, nil)
}

func TestPaceCheckWarnings(t *testing.T) {
	t.Parallel()
	const missing, known = `response_lists = "missing"`, `response_lists = "known"`
	scopes := `{ a = "A", b = "B" }`
	tf := paceTerraform(t, fakepace.New(t, fakepace.Options{}))
	tf.Write(paceCheckHCL(scopes, missing)).makePlan().ok().quiet()
	tf.Write(paceCheckHCL(scopes)).makePlan().ok().
		warned(messagestest.Summary(messages.FoundUncompared), `Set response_lists to "missing"`, `"known"`, "missing and in_sync are null")
	other := fakepace.New(t, fakepace.Options{Reading: fakepace.Difference})
	other.SetKnown("x")
	paceTerraform(t, other).Write(paceCheckHCL(scopes, known)).makePlan().ok().warned(`response_lists is "known"`, "1 name outside the request")
}

// A response without a list leaves the result unknown, whatever response_lists is.
func TestPaceCheckWithoutAList(t *testing.T) {
	t.Parallel()
	s := fakepace.New(t, fakepace.Options{})
	s.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", fakepace.MediaType)
		_, _ = w.Write([]byte(`{"data":{"type":"scopes","id":"x"}}`))
		return true
	})
	tf := paceTerraform(t, s)
	tf.Write(paceCheckHCL(`{ a = "A" }`, `response_lists = "missing"`)).apply().ok().
		warned(messagestest.Summary(messages.FoundUncompared), "has no list of scopes")
	state := tf.state(paceCheckAddress)
	for _, name := range []string{"in_sync", "missing", "returned", "only_requested", "only_returned"} {
		if state[name] != nil {
			t.Errorf("%s is %v, want null", name, state[name])
		}
	}
	if got := tftest.JSONText(state["requested"]); got != `["a"]` {
		t.Errorf("requested is %s", got)
	}
}

func TestPaceCheckTimeout(t *testing.T) {
	t.Parallel()
	s := fakepace.New(t, fakepace.Options{})
	s.Intercept(func(_ http.ResponseWriter, r *http.Request) bool {
		<-r.Context().Done()
		return true
	})
	tf := paceTerraform(t, s)
	tf.Write(paceCheckHCL(`{ a = "A" }`, `timeouts = { read = "100ms" }`)).makePlan().
		failed("timeouts.read is 100ms", `set timeouts = { read = "…" }`)
}
