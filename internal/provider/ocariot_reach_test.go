package provider

import (
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"slices"
	"testing"
)

// The gateway's route wants a Host of its own, which is the default; another one gets the gateway's own
// 404, and an error that says what to check. The gateway mostly has a certificate of an authority of its own.
func TestAccOcariotGateway(t *testing.T) {
	s := newPlatform(t)
	b := newAttached(t)
	for host, words := range map[string][]string{
		"api.example.com": {"404", "Check host_header", "Nothing was removed from state"},
		// No second header comes of it.
		"localhost\r\nX-Odd: 1": {"404", "Check host_header"},
	} {
		b.config(serverHCL(ocariotBlockHCL(s, fmt.Sprintf("host_header = %q", host))), kindHCL("child", "children:read"))
		b.apply().fails(words)
		if len(s.Scopes("kid")) == 1 {
			t.Errorf("%q: the user has %q", host, s.Scopes("kid"))
		}
	}
	b.config(serverHCL(ocariotBlockHCL(s, `host_header = "LocalHost"`)), kindHCL("child", "missions:read"))
	b.apply().ok()
	if got := s.Scopes("kid"); !slices.Equal(got, []string{"missions:read"}) {
		t.Errorf("the user has %q", got)
	}
	for _, r := range s.Requests() {
		if r.Header.Get("X-Odd") != "" {
			t.Errorf("sent %v", r.Header)
		}
	}

	web := httptest.NewUnstartedServer(s.Handler())
	web.Config.ErrorLog = log.New(io.Discard, "", 0) // it logs the first refusal
	web.StartTLS()
	t.Cleanup(web.Close)
	authority := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw}))
	s.URL = web.URL
	b = newAttached(t) // the host is the server of a state
	b.config(serverHCL(ocariotBlockHCL(s)), kindHCL("child", "children:read"))
	b.apply().fails([]string{"unknown authority", "ca_certificate"})
	b.config(serverHCL(ocariotBlockHCL(s, fmt.Sprintf("ca_certificate = %q", authority))), kindHCL("child", "children:read"))
	b.apply().ok()
	if got := s.Scopes("kid"); !slices.Equal(got, []string{"children:read"}) {
		t.Errorf("the user has %q", got)
	}
}
