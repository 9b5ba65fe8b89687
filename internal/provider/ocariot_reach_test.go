package provider

import (
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
)

// The gateway's route wants a Host of its own, which is the default; another one
// gets the gateway's own 404, and an error that says what to check.
func TestAccOcariotHost(t *testing.T) {
	t.Parallel()
	for host, words := range map[string][]string{
		"":                nil,
		"LocalHost":       nil,
		"api.example.com": {"404", "Check host_header", "Nothing was removed from state"},
		// No second header comes of it.
		"localhost\r\nX-Odd: 1": {"404", "Check host_header"},
	} {
		t.Run("Host "+host, func(t *testing.T) {
			s := newPlatform(t)
			b := newBinary(t)
			line := ""
			if host != "" {
				line = fmt.Sprintf("host_header = %q", host)
			}
			b.config(serverHCL(ocariotBlockHCL(s, line)), kindHCL("child", "children:read"))
			if o := b.apply(); words == nil {
				o.ok()
			} else {
				o.fails(words)
			}
			for _, r := range s.Requests() {
				if r.Header.Get("X-Odd") != "" {
					t.Errorf("sent %v", r.Header)
				}
			}
			if changed := len(s.Scopes("kid")) == 1; changed != (words == nil) {
				t.Errorf("the user has %q", s.Scopes("kid"))
			}
		})
	}
}

// The gateway mostly has a certificate of an authority of its own.
func TestAccOcariotCertificate(t *testing.T) {
	s := newPlatform(t)
	web := httptest.NewUnstartedServer(s.Handler())
	web.Config.ErrorLog = log.New(io.Discard, "", 0) // it logs the first refusal
	web.StartTLS()
	t.Cleanup(web.Close)
	authority := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw}))
	s.URL = web.URL
	b := newBinary(t)
	b.config(serverHCL(ocariotBlockHCL(s)), kindHCL("child", "children:read"))
	b.apply().fails([]string{"unknown authority", "ca_certificate"})
	b.config(serverHCL(ocariotBlockHCL(s, fmt.Sprintf("ca_certificate = %q", authority))), kindHCL("child", "children:read"))
	b.apply().ok()
	if got := s.Scopes("kid"); !slices.Equal(got, []string{"children:read"}) {
		t.Errorf("the user has %q", got)
	}
}

// An endpoint that is no longer there, such as after an upgrade, takes nothing
// out of the state.
func TestAccOcariotEndpointGone(t *testing.T) {
	s := newPlatform(t)
	b := newBinary(t)
	provider := platformHCL(s, "filter")
	b.config(provider, kindHCL("child", "children:read"))
	b.apply().ok()
	s.SetIntercept(fake.Respond(fake.Path("/v1/users", "/v1/children"), http.StatusNotFound,
		"application/json", `{"code":404,"message":"Endpoint does not found!"}`))
	b.plan().fails([]string{"404 Not Found", "Nothing was removed from state"})
	s.SetIntercept(fake.Respond(fake.Path("/v1/users"), http.StatusNotFound, "application/json", `{"code":404,"message":"Endpoint does not found!"}`))
	b.plan().fails([]string{"404 Not Found", "release 2.6.2 or later", "Nothing was removed from state"})
	b.config(platformHCL(s, "none"), kindHCL("child", "missions:read"))
	b.plan().ends(2)
	b.run("apply", "-json", "plan").fails([]string{"Only the account service 2.4.0 to 2.6.1", "Nothing was deleted"})
	if state := b.state(); len(state) != 1 {
		t.Errorf("the state holds %q", state)
	}
	b.plan().ends(2) // a failed write is not in the state
	s.SetIntercept(nil)
	b.config(provider, kindHCL("child", "children:read"))
	b.plan().ends(0)
}
