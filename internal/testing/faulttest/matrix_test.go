package faulttest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

// canary is in every credential of these tests: it must be in no error.
const canary = "c4n4ry"

// suite is the real Keycloak of the tests about it.
var suite *keycloak.Suite

func TestMain(m *testing.M) {
	flag.Parse()
	// These tests wait for repetitions more than they compute, whatever -parallel suits the other packages.
	if err := flag.Set("test.parallel", "24"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	suite = keycloak.NewSuite(keycloak.Options{Progress: os.Stderr})
	os.Exit(suite.Run(m))
}

// noListener is an address without a listener, now or later. A port that was just freed is not
// suitable, because the server of another test can get it.
const noListener = "127.0.0.1:1"

// operation is what a driver does with one kind of request to look at.
type operation struct {
	name string
	says string // what errors name it by
	// target reports whether a request of the operation is affected by the fault.
	target     func(r *http.Request) bool
	repeatable bool // those may be sent again blindly
	bodyless   bool // their response body is ignored
	fixedToken bool // a 401 is final
	callers    bool // two of them send it, each once
	rounds     int  // how often it may begin anew, after looking; 0: once
	// attempts are exceptions from those of the fault, by its name; survives are
	// faults that a reading gets over, differs those of another kind.
	attempts map[string]int
	survives []string
	differs  map[string][]authz.Kind
	more     []fault // of this operation alone
	// refusal is the server's own words for a status, where they are others here.
	refusal func(status int) (contentType, body string)
	// prepare makes a server and a driver for one cell. done reports whether the
	// server has what the operation is for (nil: it only reads).
	prepare func(t *testing.T, c *cell) (run func(context.Context) error, done func() bool)
}

// cell is one fault with one operation.
type cell struct {
	fault     fault
	elsewhere string // another host; nothing must come there
	refusal   func(status int) (contentType, body string)
	proxy     *keycloak.Proxy
	timeout   time.Duration // of a request, where the fault is slow
	idle      []func()
	wire      func(t *testing.T, url string) string // puts one more proxy in front
	orphan    func()                                // deletes the parent
	ofClient  bool                                  // it is about a client role
	deletes   map[string]func()                     // deletes what the name says
	tls       *fake.Renegotiating                   // in front, where the fault is that it renegotiates
}

// front puts the proxy in front of a server, and returns the URL for the driver.
func (c *cell) front(t *testing.T, server string) string {
	t.Helper()
	c.proxy = keycloak.NewProxy(t, server)
	if c.wire != nil {
		return c.wire(t, c.proxy.URL)
	}
	if c.fault.renegotiates {
		target, err := url.Parse(c.proxy.URL)
		if err != nil {
			t.Fatal(err)
		}
		c.tls = fake.Renegotiate(t, httputil.NewSingleHostReverseProxy(target), func(*http.Request) bool { return true })
		return c.tls.URL
	}
	if !c.fault.down {
		return c.proxy.URL
	}
	return "http://" + noListener
}

// client is the transport of the driver under test.
func (c *cell) client(t *testing.T) *http.Client {
	t.Helper()
	cfg := httpapi.Config{MaxRetries: retries, Headers: map[string]string{"X-Gateway": canary}}
	if c.fault.slow || c.wire != nil {
		cfg.RequestTimeout = c.timeout
	}
	if c.tls != nil {
		cfg.CACertificate, cfg.Renegotiation = c.tls.Certificate, true
	}
	client, err := httpapi.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	c.idle = append(c.idle, client.CloseIdleConnections)
	return client
}

// matrix runs every operation with every fault.
func matrix(t *testing.T, refusal func(int) (string, string), timeout time.Duration, operations []operation) {
	t.Helper()
	var strayed atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strayed.Add(1) }))
	t.Cleanup(func() {
		elsewhere.Close()
		if n := strayed.Load(); n > 0 {
			t.Errorf("%d requests followed a redirect to another host", n)
		}
	})
	for _, op := range operations {
		for _, f := range append(faults(), op.more...) {
			t.Run(op.name+"/"+f.name, func(t *testing.T) {
				t.Parallel()
				c := &cell{fault: f, elsewhere: elsewhere.URL, refusal: refusal, timeout: timeout}
				if op.refusal != nil {
					c.refusal = op.refusal
				}
				check(t, op, c)
			})
		}
	}
}

func check(t *testing.T, op operation, c *cell) {
	t.Helper()
	run, done := op.prepare(t, c)
	for _, closeIdle := range c.idle {
		closeIdle() // Go repeats by itself what is cut on a connection that was used before
	}
	c.proxy.Reset()
	c.proxy.SetHook(c.hook(op))
	if c.fault.orphaned {
		c.orphan()
	}
	if c.fault.deletes != "" {
		c.deletes[c.fault.deletes]()
	}
	err := run(t.Context())
	c.proxy.SetHook(nil)
	sent := c.proxy.Requests()
	if c.fault.orphaned && authz.IsParentGone(err) != (c.fault.kinds != nil) {
		t.Errorf("the parent is gone: error %v", err)
	}
	if c.tls != nil && len(c.tls.Certificates()) == 0 {
		t.Error("no connection was renegotiated")
	}
	checkError(t, op, c.fault, err, done == nil)
	checkAttempts(t, op, c.fault, sent)
	if c.fault.down && authz.OutcomeUnknown(err) {
		t.Error("whether it was done is known: nothing was sent")
	}
	if done == nil || err != nil && c.fault.deletes != "" {
		return
	}
	// The driver must report the outcome that the server has.
	switch is := done(); {
	case err == nil && !is:
		t.Error("the operation went well, and the server does not have it")
	case err != nil && is && !authz.OutcomeUnknown(err):
		t.Errorf("the error says that it was not done, and the server has it: %v", err)
	}
}

func (c *cell) hook(op operation) func(*http.Request) keycloak.Action {
	var mu sync.Mutex
	n := map[string]int{}
	closing := keycloak.Action{Alter: func(resp *http.Response) error {
		resp.Header.Set("Connection", "close")
		return nil
	}}
	return func(r *http.Request) keycloak.Action {
		if !op.target(r) {
			return closing
		}
		mu.Lock()
		n[r.URL.String()]++
		nth := n[r.URL.String()]
		mu.Unlock()
		a := c.fault.act(c, nth, r)
		if a.Status == 0 && a.Alter == nil && !a.CutAfter && !a.CutBefore {
			return closing
		}
		if how := a.Alter; how != nil {
			a.Alter = func(resp *http.Response) error {
				resp.Header.Set("Connection", "close")
				return how(resp)
			}
		}
		if a.Status != 0 {
			a.Header = a.Header.Clone()
			if a.Header == nil {
				a.Header = http.Header{}
			}
			a.Header.Set("Connection", "close")
		}
		return a
	}
}

// checkError takes no error for a write: check knows whether it was done.
func checkError(t *testing.T, op operation, f fault, err error, reads bool) {
	t.Helper()
	kinds := f.kinds
	if other, ok := op.differs[f.name]; ok {
		kinds = other
	}
	if f.name == "401 once" && !op.fixedToken {
		kinds = nil
	}
	if err == nil {
		if kinds != nil && (reads || f.deletes != "") && !slices.Contains(op.survives, f.name) && !(f.lenient && op.bodyless) {
			t.Errorf("no error, want one of %v", kinds)
		}
		return
	}
	var e *authz.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v (%T) is no *authz.Error", err, err)
	}
	text := err.Error() + "\n" + drivertest.Advice(e)
	switch {
	case kinds == nil && op.repeatable || f.name == "nothing wrong" || f.renegotiates:
		t.Errorf("no error expected, got %s", text)
	case kinds != nil && !slices.Contains(kinds, e.Kind):
		t.Errorf("%s, want one of %v: %s", e.Kind, kinds, text)
	}
	// On a busy machine a short time can be over in a request before those of the operation.
	if f.deletes == "" && !f.slow && !strings.Contains(text, op.says) && !(f.down && (strings.Contains(text, "log in") || strings.Contains(text, "token"))) {
		t.Errorf("the error does not say what was being done (%s): %s", op.says, text)
	}
	for _, words := range f.says {
		if !strings.Contains(text, words) {
			t.Errorf("the error lacks %q: %s", words, text)
		}
	}
	if strings.Contains(text, canary) {
		t.Errorf("a secret is in the error: %s", text)
	}
}

// checkAttempts counts how often one and the same request was sent, and looks
// for a POST that was sent blindly twice.
func checkAttempts(t *testing.T, op operation, f fault, sent []keycloak.Request) {
	t.Helper()
	if f.down {
		if len(sent) > 0 {
			t.Errorf("%d requests", len(sent))
		}
		return
	}
	reads, same := false, map[string]int{}
	last := map[string]int{}
	for i, r := range sent {
		u := &http.Request{Method: r.Method, URL: mustURL(r)}
		if !op.target(u) {
			continue
		}
		key := r.Method + " " + r.Path + "?" + r.Query + " " + r.Body
		same[key]++
		reads = reads || r.Method == http.MethodGet
		before, again := last[key]
		last[key] = i
		if again && !op.repeatable && !op.callers && i == before+1 && sent[before].Status != 429 && sent[before].Status != 401 {
			t.Errorf("%s %s was sent twice with nothing read in between, after status %d", r.Method, r.Path, sent[before].Status)
		}
	}
	most := 0
	for _, n := range same {
		most = max(most, n)
	}
	want := f.attempts
	if !op.repeatable {
		want = f.once
	}
	if f.readAgain && reads {
		want = retries + 1
	}
	if f.renewed && op.fixedToken {
		want = 1
	}
	if other, ok := op.attempts[f.name]; ok {
		want = other
	}
	least := want
	switch {
	case f.slow: // on a busy machine the time may be over before it is sent
		least = 0
	case f.lenient:
		least = 1
	}
	if f.orphaned || f.deletes != "" {
		least, want = 0, 1 // the read before it may detect it
	}
	if most < least || most > want*max(op.rounds, 1) {
		t.Errorf("sent %d times, want %d in each of %d rounds", most, want, max(op.rounds, 1))
	}
}

func mustURL(r keycloak.Request) *url.URL {
	path, err := url.PathUnescape(r.Path)
	if err != nil {
		panic(err)
	}
	return &url.URL{Path: path, RawPath: r.Path, RawQuery: r.Query}
}

// request is a target by method and the end of the path.
func request(method, suffix string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Method == method && strings.HasSuffix(r.URL.Path, suffix) }
}

func below(method, part string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Method == method && strings.Contains(r.URL.Path, part) }
}
