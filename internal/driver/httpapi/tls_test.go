package httpapi

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/drivertest"
)

// authority signs certificates for tests.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, cert, text := issue(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}, nil)
	return &authority{cert: cert, key: key, pem: text}
}

// issue makes a certificate, signed by itself without an authority.
func issue(t *testing.T, template *x509.Certificate, by *authority) (*ecdsa.PrivateKey, *x509.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(1)
	parent, signer := template, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key, cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func keyPEM(t *testing.T, key *ecdsa.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// pair is a certificate for 127.0.0.1 and for a client, changed by edit.
func (a *authority) pair(t *testing.T, edit func(*x509.Certificate)) (cert, key string) {
	t.Helper()
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "server"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if edit != nil {
		edit(template)
	}
	k, _, text := issue(t, template, a)
	return text, keyPEM(t, k)
}

// serveTLS counts the handshakes that ended well.
func serveTLS(t *testing.T, cert, key string, edit func(*tls.Config)) *httptest.Server {
	t.Helper()
	p, err := tls.X509KeyPair([]byte(cert), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(typed(200, jsonType, `{}`))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{p}, MinVersion: tls.VersionTLS10}
	if edit != nil {
		edit(s.TLS)
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pem")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCACertificate(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	cert, key := ca.pair(t, nil)
	s := serveTLS(t, cert, key, nil)
	for name, given := range map[string]string{
		"text":                ca.pem,
		"file":                file(t, ca.pem),
		"several in a bundle": other.pem + "\n# the one that counts\n" + ca.pem,
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := client(t, Config{CACertificate: given}, nil)
			if _, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: s.URL}, nil); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCertificateErrors(t *testing.T) {
	ca := newAuthority(t)
	tests := []struct {
		name   string
		edit   func(*x509.Certificate)
		ca     string
		want   string
		advice string
	}{
		{"unknown authority", nil, "", "signed by an unknown authority", "Set ca_certificate"},
		{"another authority", nil, newAuthority(t).pem, "signed by an unknown authority", "Set ca_certificate"},
		{
			"expired",
			func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) },
			ca.pem,
			"has expired or is not yet valid: current time",
			"Renew the certificate",
		},
		{
			"not yet valid", func(c *x509.Certificate) { c.NotBefore = time.Now().Add(30 * time.Minute) }, ca.pem,
			"has expired or is not yet valid: current time", "clock",
		},
		{
			"another name",
			func(c *x509.Certificate) { c.IPAddresses = nil; c.DNSNames = []string{"sso.example"} },
			ca.pem,
			"is for another name",
			"Set url to a name",
		},
		{
			"another use", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }, ca.pem,
			"certificate was rejected: x509: certificate specifies an incompatible key usage", "ca_certificate",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cert, key := ca.pair(t, tt.edit)
			s := serveTLS(t, cert, key, nil)
			clk := newManualClock()
			c, _ := client(t, Config{CACertificate: tt.ca}, clk)
			_, err := Do(t.Context(), c, Call{Op: "op", Method: "POST", URL: s.URL}, nil)
			wantText(t, err, tt.want)
			e := wantKind(t, err, authz.Unavailable)
			if e.OutcomeUnknown || !strings.Contains(drivertest.Advice(e), tt.advice) {
				t.Errorf("%+v", e)
			}
			if len(clk.sleeps()) != 0 {
				t.Error("repeated, though it must end the same way")
			}
			if tt.ca != ca.pem {
				return
			}
			c, _ = client(t, Config{InsecureSkipVerify: true}, nil)
			if _, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: s.URL}, nil); err != nil {
				t.Errorf("insecure_skip_verify: %v", err)
			}
		})
	}
}

func TestClientCertificate(t *testing.T) {
	ca := newAuthority(t)
	serverCert, serverKey := ca.pair(t, nil)
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	s := serveTLS(t, serverCert, serverKey, func(c *tls.Config) {
		c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, pool
	})
	cert, key := ca.pair(t, nil)
	for _, cfg := range []Config{
		{ClientCertificate: cert, ClientKey: key},
		{ClientCertificate: file(t, cert), ClientKey: file(t, key)},
	} {
		cfg.CACertificate = ca.pem
		c, _ := client(t, cfg, nil)
		if _, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: s.URL}, nil); err != nil {
			t.Error(err)
		}
	}
	clk := newManualClock()
	c, _ := client(t, Config{CACertificate: ca.pem}, clk)
	_, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: s.URL}, nil)
	wantText(t, err, "remote error: tls")
	if e := wantKind(t, err, authz.Unavailable); !strings.Contains(drivertest.Advice(e), "client_certificate") {
		t.Errorf("advice %q", drivertest.Advice(e))
	}
	if len(clk.sleeps()) != 0 {
		t.Error("repeated")
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	ca := newAuthority(t)
	cert, key := ca.pair(t, nil)
	s := serveTLS(t, cert, key, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS11 })
	c, _ := client(t, Config{CACertificate: ca.pem, InsecureSkipVerify: true}, nil)
	_, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: s.URL}, nil)
	wantText(t, err, "protocol version")
}

func TestNoTLS(t *testing.T) {
	s := serve(t, status(200))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	clk := newManualClock()
	c, _ := client(t, Config{}, clk)
	_, err := Do(t.Context(), c, Call{Op: "op", Method: "POST", URL: strings.Replace(s.URL, "http:", "https:", 1)}, nil)
	wantText(t, err, "does not use TLS")
	if e := wantKind(t, err, authz.Unavailable); e.OutcomeUnknown || !strings.Contains(drivertest.Advice(e), "http://") || len(clk.sleeps()) != 0 {
		t.Errorf("%+v, %v", e, clk.sleeps())
	}
}

func TestConfigErrors(t *testing.T) {
	ca := newAuthority(t)
	cert, key := ca.pair(t, nil)
	_, otherKey := ca.pair(t, nil)
	broken := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte(canary)}))
	locked := string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte(canary)}))
	lockedOld := string(
		pem.EncodeToMemory(
			&pem.Block{Type: "EC PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-256-CBC,00"}, Bytes: []byte(canary)},
		),
	)
	tests := []struct {
		name string
		cfg  Config
		want []string
	}{
		{"no such file", Config{CACertificate: "/" + canary}, []string{"ca_certificate", "neither PEM text", "no such file"}},
		{"a folder", Config{CACertificate: t.TempDir()}, []string{"ca_certificate", "is a directory"}},
		{"no PEM in the file", Config{CACertificate: file(t, canary)}, []string{"ca_certificate contains no certificate"}},
		{"a key as authority", Config{CACertificate: key}, []string{"ca_certificate contains no certificate"}},
		{"PEM cut off", Config{CACertificate: "-----BEGIN CERTIFICATE-----\n" + canary}, []string{"ca_certificate contains no certificate"}},
		{"broken certificate", Config{CACertificate: ca.pem + broken}, []string{"ca_certificate", "certificate 2 in it cannot be parsed"}},
		{"certificate alone", Config{ClientCertificate: cert}, []string{"client_certificate is set without client_key"}},
		{"key alone", Config{ClientKey: key}, []string{"client_key is set without client_certificate"}},
		{"certificate not there", Config{ClientCertificate: "/" + canary, ClientKey: key}, []string{"client_certificate", "no such file"}},
		{"a key without its first line", Config{ClientCertificate: cert, ClientKey: canary + "\nMIGH"}, []string{"client_key", "no such file"}},
		{"key of another", Config{ClientCertificate: cert, ClientKey: otherKey}, []string{"client_certificate and client_key", "does not match"}},
		{"key is encrypted", Config{ClientCertificate: cert, ClientKey: locked}, []string{"client_key is encrypted"}},
		{"key is encrypted, old form", Config{ClientCertificate: cert, ClientKey: lockedOld}, []string{"client_key is encrypted"}},
		{"header name", Config{Headers: map[string]string{"X Y": canary}}, []string{"headers", `"X Y"`}},
		{"header value", Config{Headers: map[string]string{"X-Y": canary + "\n"}}, []string{"headers", `"X-Y"`, "line break"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := New(tt.cfg)
			if c != nil {
				t.Error("a client was made")
			}
			wantText(t, err, tt.want...)
			wantKind(t, err, authz.Invalid)
		})
	}
}

func TestProxy(t *testing.T) {
	var seen []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Method+" "+r.RequestURI+" "+r.Header.Get("Proxy-Authorization"))
		if r.Method == http.MethodConnect {
			w.WriteHeader(407)
			_, _ = io.WriteString(w, canary)
			return
		}
		typed(200, jsonType, `{}`)(w, r)
	}))
	defer proxy.Close()
	with := strings.Replace(proxy.URL, "http://", "http://user:"+canary+"@", 1)
	t.Setenv("HTTP_PROXY", with)
	t.Setenv("HTTPS_PROXY", with)
	t.Setenv("NO_PROXY", "")
	var lines bytes.Buffer
	clk := newManualClock()
	c, _ := client(t, Config{Log: logTo(&lines)}, clk)
	if _, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: "http://scopes.example/x"}, nil); err != nil {
		t.Fatal(err)
	}
	_, err := Do(t.Context(), c, Call{Op: "op", Method: "POST", URL: "https://scopes.example/x"}, nil)
	wantText(t, err, "the proxy refused the connection: 407 Proxy Authentication Required")
	if e := wantKind(t, err, authz.Unavailable); e.OutcomeUnknown || !strings.Contains(drivertest.Advice(e), "HTTPS_PROXY") {
		t.Errorf("%+v", e)
	}
	if len(seen) != 2 || !strings.HasPrefix(seen[0], "GET http://scopes.example/x Basic ") || !strings.HasPrefix(seen[1], "CONNECT scopes.example:443 Basic ") {
		t.Errorf("the proxy saw %q", seen)
	}
	noSecret(t, lines.String())
}

func TestProxyTunnel(t *testing.T) {
	ca := newAuthority(t)
	cert, key := ca.pair(t, func(c *x509.Certificate) { c.DNSNames = []string{"scopes.example"} })
	s := serveTLS(t, cert, key, nil)
	var tunnels sync.WaitGroup
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		to, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Error(err)
			return
		}
		w.WriteHeader(200)
		// The client can send the first byte before the connection is hijacked: the buffer
		// has it.
		from, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		tunnels.Go(func() { _, _ = io.Copy(to, buffered); to.Close() })
		tunnels.Go(func() { _, _ = io.Copy(from, to); from.Close() })
	}))
	defer proxy.Close()
	t.Setenv("HTTPS_PROXY", proxy.URL)
	t.Setenv("NO_PROXY", "")
	c, _ := client(t, Config{CACertificate: ca.pem, MaxRetries: -1}, nil)
	if _, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: "https://scopes.example/"}, nil); err != nil {
		t.Error(err)
	}
	c.CloseIdleConnections()
	tunnels.Wait()
}

func TestProxyThatIsDown(t *testing.T) {
	down := strings.Replace(refusedAddress, "http://", "http://user:"+canary+"@", 1)
	t.Setenv("HTTPS_PROXY", down)
	t.Setenv("NO_PROXY", "")
	c, _ := client(t, Config{}, nil)
	_, err := Do(t.Context(), c, Call{Op: "op", Method: "POST", URL: "https://scopes.example/"}, nil)
	wantText(t, err, "proxyconnect", "refused", "(5 attempts)")
	if authz.OutcomeUnknown(err) {
		t.Error("nothing was sent")
	}
}

func TestProxyThatCannotBeParsed(t *testing.T) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("HTTP_PROXY", "")
			t.Setenv("HTTPS_PROXY", "")
			t.Setenv(name, "http://user:"+canary+"%zz@host:1")
			_, err := New(Config{})
			wantText(t, err, name)
			wantKind(t, err, authz.Invalid)
		})
	}
	t.Setenv("HTTP_PROXY", "proxy.example:3128")
	t.Setenv("HTTPS_PROXY", "127.0.0.1:3128") // no scheme, and no URL either
	if _, err := New(Config{}); err != nil {
		t.Error(err)
	}
}

// CGI programs must not take a proxy from a request's Proxy header
// (httpoxy, CVE-2016-5385): httpproxy refuses HTTP_PROXY there.
func TestProxyThatMustNotBeUsed(t *testing.T) {
	t.Setenv("REQUEST_METHOD", "GET")
	t.Setenv("HTTP_PROXY", "http://user:"+canary+"@proxy.example")
	c, _ := client(t, Config{MaxRetries: -1}, nil)
	_, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: "http://scopes.example/"}, nil)
	wantText(t, err, "the proxy of the environment cannot be used")
}

func TestHTTP2(t *testing.T) {
	ca := newAuthority(t)
	cert, key := ca.pair(t, nil)
	p, err := tls.X509KeyPair([]byte(cert), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Method+" "+r.Proto)
		if r.Method == http.MethodPost {
			panic(http.ErrAbortHandler)
		}
		typed(200, jsonType, `{}`)(w, r)
	}))
	s.EnableHTTP2 = true
	s.TLS = &tls.Config{Certificates: []tls.Certificate{p}, MinVersion: tls.VersionTLS12}
	s.StartTLS()
	defer s.Close()
	c, _ := client(t, Config{CACertificate: ca.pem}, nil)
	if _, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: s.URL}, nil); err != nil {
		t.Error(err)
	}
	_, err = Do(t.Context(), c, Call{Op: "op", Method: "POST", URL: s.URL, Body: 1}, nil)
	if e := wantKind(t, err, authz.Unavailable); !e.OutcomeUnknown {
		t.Errorf("%+v", e)
	}
	c.CloseIdleConnections()
	c, _ = client(t, Config{CACertificate: ca.pem, Renegotiation: true}, nil)
	if _, err := Do(t.Context(), c, Call{Op: "op", Method: "GET", URL: s.URL}, nil); err != nil {
		t.Error(err)
	}
	if want := []string{"GET HTTP/2.0", "POST HTTP/2.0", "GET HTTP/1.1"}; !slices.Equal(seen, want) {
		t.Errorf("the server saw %q, want %q: HTTP/2 forbids renegotiation", seen, want)
	}
	c.CloseIdleConnections()
}

func TestHeadersThatCannotBeSent(t *testing.T) {
	for name, test := range map[string]struct {
		headers map[string]string
		texts   []string
	}{
		"no name":        {map[string]string{"a b": canary}, []string{`"a b" is not a header name`}},
		"a line break":   {map[string]string{"X-A": canary + "\nb"}, []string{`"X-A"`, "line break"}},
		"two spellings":  {map[string]string{"X-Key": canary, "x-key": canary}, []string{`"X-Key" and "x-key" are the same header`}},
		"two hosts":      {map[string]string{"Host": "a", "host": "b"}, []string{`"Host" and "host"`}},
		"no host":        {map[string]string{"Host": ""}, []string{`"Host" is not a host`, "sso.example.com:8443"}},
		"host and space": {map[string]string{"host": "a b"}, []string{`"host" is not a host`}},
	} {
		_, err := New(Config{Headers: test.headers})
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		wantKind(t, err, authz.Invalid)
		wantText(t, err, test.texts...)
		if strings.Contains(err.Error(), canary) {
			t.Errorf("%s: the value is in %v", name, err)
		}
	}
	if _, err := New(Config{Headers: map[string]string{"Host": "sso.example.com:8443", "X-Key": canary}}); err != nil {
		t.Error(err)
	}
}
