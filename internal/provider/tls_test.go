package provider

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/onelogin"
)

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, der := sign(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}, nil)
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert: cert, key: key, pem: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))}
}

func sign(t *testing.T, template *x509.Certificate, by *authority) (*ecdsa.PrivateKey, []byte) {
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
	return key, der
}

// issue makes a certificate for 127.0.0.1 and for a client, changed by edit.
func (a *authority) issue(t *testing.T, edit func(*x509.Certificate)) (cert, key string) {
	t.Helper()
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "server"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if edit != nil {
		edit(template)
	}
	k, der := sign(t, template, a)
	raw, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}))
}

// withTLS puts TLS in front of a server.
func (a *authority) withTLS(t *testing.T, server string, edit func(*x509.Certificate), clients bool) string {
	t.Helper()
	target, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	cert, key := a.issue(t, edit)
	pair, err := tls.X509KeyPair([]byte(cert), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }})
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	if clients {
		s.TLS.ClientCAs = x509.NewCertPool()
		s.TLS.ClientCAs.AddCert(a.cert)
		s.TLS.ClientAuth = tls.RequireAndVerifyClientCert
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

// TLS as a user configures it, on a real Keycloak and on a stand-in.
func TestAccTLS(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T) (server string, block func(url string) string){
		"keycloak": func(t *testing.T) (string, func(string) string) {
			t.Helper()
			r := suite.ForTest(t).NewRealm(t)
			c := r.CreateServiceAccount(t, "terraform", "view-clients", "view-realm", "manage-realm", "view-users")
			return r.Server.URL, func(url string) string {
				return fmt.Sprintf("keycloak = {\nurl = %q\nrealm = %q\nclient_id = %q\nclient_secret = %q\n}\n", url, r.Name, c.ClientID, c.Secret)
			}
		},
		"onelogin": func(t *testing.T) (string, func(string) string) {
			t.Helper()
			s := onelogin.New(t, onelogin.Options{})
			s.AddAuthServer(77)
			return s.URL, func(url string) string {
				return fmt.Sprintf("onelogin = {\nurl = %q\nclient_id = \"client-id\"\nclient_secret = \"client-secret\"\n}\n", url)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, block := start(t)
			a := newAuthority(t)
			cert, key := a.issue(t, nil)
			expired := func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }
			other := func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"other.example"} }
			good, wanting := a.withTLS(t, server, nil, false), a.withTLS(t, server, nil, true)
			ca := fmt.Sprintf("ca_certificate = %q\n", a.pem)
			client := fmt.Sprintf("client_certificate = %q\nclient_key = %q\n", cert, key)
			data := "data \"authscopes_server_scopes\" \"x\" {}\n"
			if name == "onelogin" {
				data = "data \"authscopes_server_scopes\" \"x\" {\n  server_id = \"77\"\n}\n"
			}
			b := newAttached(t)
			plan := func(url, http string) outcome {
				b.config(serverHCL(block(url)+"http = {\nmax_retries = 0\n"+http+"}"), data, "resource \"terraform_data\" \"x\" {}\n")
				return b.plan()
			}
			plan(good, ca).ends(2).warns()
			plan(wanting, ca+client).ends(2).warns()
			plan(good, "insecure_skip_verify = true\n").ends(2).warns([]string{"certificate of the server is not verified", "insecure_skip_verify"})
			for what, test := range map[string]struct {
				url, http string
				words     []string
			}{
				"unknown authority": {good, "", []string{"signed by an unknown authority", "Set ca_certificate"}},
				"expired":           {a.withTLS(t, server, expired, false), ca, []string{"expired", "Renew the certificate of the server"}},
				"another name": {
					a.withTLS(t, server, other, false), ca,
					[]string{"the server's certificate is for another name", "Set url to a name that the certificate contains"},
				},
				"no client certificate": {wanting, ca, []string{"set client_certificate and client_key"}},
				"half a pair":           {good, ca + fmt.Sprintf("client_certificate = %q\n", cert), []string{"client_certificate is set without client_key"}},
			} {
				o := plan(test.url, test.http)
				o.fails(test.words)
				if strings.Contains(o.out, strings.Split(key, "\n")[1]) {
					t.Errorf("%s: the key is in the output", what)
				}
			}
		})
	}
}
