package faulttest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// toxics are what happens to bytes on the way to a server and back.
func toxics() map[string]string {
	return map[string]string{
		"10 s of latency":              `{"type":"latency","stream":"downstream","attributes":{"latency":10000}}`,
		"10 s before the request":      `{"type":"latency","stream":"upstream","attributes":{"latency":10000}}`,
		"reset":                        `{"type":"reset_peer","stream":"downstream","attributes":{"timeout":0}}`,
		"cut after 20 bytes":           `{"type":"limit_data","stream":"downstream","attributes":{"bytes":20}}`,
		"cut in the body":              `{"type":"limit_data","stream":"downstream","attributes":{"bytes":170}}`,
		"nothing comes through":        `{"type":"timeout","stream":"downstream","attributes":{"timeout":0}}`,
		"request cut after 60 bytes":   `{"type":"limit_data","stream":"upstream","attributes":{"bytes":60}}`,
		"one byte at a time, in order": `{"type":"slicer","stream":"downstream","attributes":{"average_size":3,"size_variation":1,"delay":10}}`,
	}
}

// The same demands on a real connection that goes wrong, under everything that
// an operation sends.
func TestWire(t *testing.T) {
	t.Parallel()
	for name, all := range map[string]struct {
		operations []operation
		only       []string
		timeout    time.Duration
		refusal    func(int) (string, string)
	}{
		"onelogin": {oneloginOperations(), []string{"list", "create", "update"}, time.Second, oneloginRefusal},
		"venafi":   {venafiOperations(), []string{"list", "create", "update"}, time.Second, venafiRefusal},
		"ocariot":  {ocariotOperations(), []string{"login", "replace unseen"}, time.Second, ocariotRefusal},
		"pace":     {paceOperations(), []string{"check"}, time.Second, paceRefusal},
	} {
		for _, op := range all.operations {
			if !slices.Contains(all.only, op.name) {
				continue
			}
			for what, toxic := range toxics() {
				t.Run(name+"/"+op.name+"/"+what, func(t *testing.T) {
					t.Parallel()
					checkWire(t, op, &cell{refusal: all.refusal, timeout: all.timeout}, toxic)
				})
			}
		}
	}
}

func TestWireKeycloak(t *testing.T) {
	t.Parallel()
	for _, op := range keycloakOperations(t) {
		if !slices.Contains([]string{"list", "create", "update", "revoke"}, op.name) {
			continue
		}
		for what, toxic := range toxics() {
			t.Run(op.name+"/"+what, func(t *testing.T) {
				t.Parallel()
				checkWire(t, op, &cell{refusal: keycloakRefusal, timeout: 4 * time.Second}, toxic)
			})
		}
	}
}

func checkWire(t *testing.T, op operation, c *cell, toxic string) {
	t.Helper()
	slow := strings.Contains(toxic, "slicer")
	if slow {
		c.timeout = time.Minute // a large response takes seconds on a busy machine
	}
	var wire *toxiproxy.Proxy
	c.wire = func(t *testing.T, url string) string {
		t.Helper()
		server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
		wire = toxiproxy.NewProxy(server, "wire", "127.0.0.1:0", strings.TrimPrefix(url, "http://"))
		if err := wire.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(wire.Stop)
		return "http://" + wire.Listen
	}
	run, done := op.prepare(t, c)
	for _, closeIdle := range c.idle {
		closeIdle()
	}
	if _, err := wire.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
		t.Fatal(err)
	}
	c.proxy.Reset()
	err := run(t.Context())
	if slow && err != nil || !slow && err == nil && done == nil {
		t.Errorf("error: %v", err)
	}
	if err != nil {
		checkError(t, op, fault{kinds: unavailable, down: true}, err, done == nil)
	}
	checkAttempts(t, op, fault{slow: true, attempts: retries + 1, once: 1}, c.proxy.Requests())
	if done == nil {
		return
	}
	switch is := done(); {
	case err == nil && !is:
		t.Error("the operation went well, and the server does not have it")
	case err != nil && is && !authz.OutcomeUnknown(err):
		t.Errorf("the error says that it was not done, and the server has it: %v", err)
	}
}
