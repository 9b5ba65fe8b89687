package fake

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Renegotiating is a listener that renegotiates TLS 1.2 after it has read a request, to
// ask for a client certificate, as IIS does. Go's own server cannot renegotiate, so each
// connection ends in a process of `openssl s_server`.
type Renegotiating struct {
	URL string
	// Certificate and Key are PEM texts for 127.0.0.1. The certificate is its own
	// authority, and is accepted from clients too.
	Certificate, Key string

	handler http.Handler
	match   Match
	parsed  *x509.Certificate
	dir     string

	mu   sync.Mutex
	sent []bool
}

// Renegotiate starts a listener in front of h, which ends with the test. It renegotiates
// once per connection, at the first request that matches. The test fails if openssl is
// missing.
func Renegotiate(t testing.TB, h http.Handler, match Match) *Renegotiating {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Fatal("this test needs openssl on PATH, because Go's TLS server cannot renegotiate:", err)
	}
	r := &Renegotiating{handler: h, match: match, dir: t.TempDir()}
	r.certify(t)
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.URL = "https://" + l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background()) // t.Context ends before the cleanups that still send requests
	var wait sync.WaitGroup
	t.Cleanup(func() {
		_ = l.Close()
		cancel()
		wait.Wait()
	})
	wait.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			wait.Go(func() { r.serve(ctx, client) })
		}
	})
	return r
}

// Certificates reports for each renegotiation so far whether the client sent its
// certificate.
func (r *Renegotiating) Certificates() []bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.sent)
}

// certify writes a new certificate and its key.
func (r *Renegotiating) certify(t testing.TB) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage:    x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	if r.parsed, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	r.Certificate = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	r.Key = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
	if err = os.WriteFile(r.file(), []byte(r.Certificate+r.Key), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (r *Renegotiating) file() string { return filepath.Join(r.dir, "both.pem") }

// serve connects one connection to a process of its own, until either ends.
func (r *Renegotiating) serve(ctx context.Context, client net.Conn) {
	defer func() { _ = client.Close() }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// the arguments are a constant and a file of this test
	server := exec.CommandContext(ctx, "openssl", "s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-tls1_2",
		"-cert", r.file(), "-key", r.file(), "-CAfile", r.file())
	in, err := server.StdinPipe()
	if err != nil {
		return
	}
	shown, write, err := os.Pipe()
	if err != nil {
		return
	}
	defer func() { _ = shown.Close() }()
	server.Stdout, server.Stderr = write, write // one pipe keeps the order of both
	err = server.Start()
	_ = write.Close()
	if err != nil {
		return
	}
	defer func() { _ = server.Wait() }()
	defer cancel()
	out := bufio.NewReader(shown)
	address, err := lineWith(out, "ACCEPT ")
	if err != nil {
		return
	}
	tunnel, err := new(net.Dialer).DialContext(ctx, "tcp", strings.TrimSpace(strings.TrimPrefix(address, "ACCEPT ")))
	if err != nil {
		return
	}
	defer relay(client, tunnel)()
	r.converse(out, in)
}

// relay copies both ways until either side ends. The function that it returns waits for that.
func relay(a, b net.Conn) func() {
	var wait sync.WaitGroup
	forward := func(to, from net.Conn) {
		_, _ = io.Copy(to, from)
		_, _ = to.Close(), from.Close()
	}
	wait.Go(func() { forward(a, b) })
	wait.Go(func() { forward(b, a) })
	return func() {
		_, _ = a.Close(), b.Close()
		wait.Wait()
	}
}

// lineWith reads up to the line that begins with a prefix.
func lineWith(out *bufio.Reader, prefix string) (string, error) {
	for {
		line, err := out.ReadString('\n')
		if err != nil || strings.HasPrefix(line, prefix) {
			return line, err
		}
	}
}

// converse responds to the requests in the output of s_server, and makes it renegotiate with its
// command R.
func (r *Renegotiating) converse(out *bufio.Reader, in io.Writer) {
	var state *tls.ConnectionState // of the renegotiation
	for {
		begin, err := out.Peek(5)
		if err != nil {
			return
		}
		if text := string(begin); text != "POST " && text != "GET /" {
			if _, err = out.ReadString('\n'); err != nil {
				return
			}
			continue
		}
		req, body, err := readRequest(out)
		if err != nil {
			return
		}
		if state == nil && r.match(req) {
			if state = r.renegotiate(out, in); state == nil {
				return
			}
		}
		req.TLS = state
		if !r.respond(req, body, in) {
			return
		}
	}
}

func readRequest(out *bufio.Reader) (*http.Request, []byte, error) {
	req, err := http.ReadRequest(out)
	if err != nil {
		return nil, nil, err
	}
	body, err := io.ReadAll(req.Body)
	return req, body, err
}

// renegotiate returns nil if the client refuses.
func (r *Renegotiating) renegotiate(out *bufio.Reader, in io.Writer) *tls.ConnectionState {
	if _, err := io.WriteString(in, "R\n"); err != nil {
		return nil
	}
	certificate := false
	for {
		line, err := out.ReadString('\n')
		if err != nil || strings.HasPrefix(line, "ERROR") {
			return nil
		}
		certificate = certificate || strings.HasPrefix(line, "depth=0") // s_server verifies it
		if strings.HasPrefix(line, "Read BLOCK") {                      // the handshake is over
			break
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = append(r.sent, certificate)
	state := &tls.ConnectionState{}
	if certificate {
		state.PeerCertificates = []*x509.Certificate{r.parsed}
	}
	return state
}

// respond returns false if the handler closes the connection.
func (r *Renegotiating) respond(req *http.Request, body []byte, in io.Writer) (ok bool) {
	defer func() {
		if cut := recover(); cut != nil && cut != http.ErrAbortHandler { //nolint:errorlint // net/http compares it the same way
			panic(cut)
		}
	}()
	req.Body = io.NopCloser(bytes.NewReader(body))
	recorder := httptest.NewRecorder()
	r.handler.ServeHTTP(recorder, req)
	resp := recorder.Result()
	defer func() { _ = resp.Body.Close() }()
	resp.ContentLength = int64(recorder.Body.Len())
	var text bytes.Buffer
	if err := resp.Write(&text); err != nil {
		return false
	}
	// One write: s_server treats a part that begins with certain letters as a command.
	_, err := in.Write(text.Bytes())
	return err == nil
}
