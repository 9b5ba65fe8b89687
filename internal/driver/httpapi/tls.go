package httpapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/net/http/httpproxy"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

const configOp = "configure http"

// newWire returns the transport below all others: connections, TLS and proxy.
func newWire(cfg Config, requestTimeout time.Duration, concurrency int) (*http.Transport, error) {
	tlsConfig, err := tlsConfig(cfg)
	if err != nil {
		return nil, err
	}
	proxy, err := proxyFromEnvironment()
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: requestTimeout, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  proxy,
		OnProxyConnectResponse: checkProxyConnect,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        tlsConfig,
		TLSHandshakeTimeout:    requestTimeout,
		ForceAttemptHTTP2:      !cfg.Renegotiation, // with a TLS configuration, net/http uses HTTP/2 only if forced
		MaxIdleConns:           concurrency,
		MaxIdleConnsPerHost:    concurrency,
		IdleConnTimeout:        30 * time.Second,
	}, nil
}

func tlsConfig(cfg Config) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: cfg.InsecureSkipVerify} // a user has to request it, and the provider warns
	if cfg.Renegotiation {
		c.Renegotiation = tls.RenegotiateOnceAsClient
	}
	if cfg.CACertificate != "" {
		pool, err := caPool(cfg.CACertificate)
		if err != nil {
			return nil, err
		}
		c.RootCAs = pool
	}
	if cfg.ClientCertificate == "" && cfg.ClientKey == "" {
		return c, nil
	}
	pair, err := clientPair(cfg.ClientCertificate, cfg.ClientKey)
	if err != nil {
		return nil, err
	}
	c.Certificates = []tls.Certificate{pair}
	return c, nil
}

// caPool returns the certificates of the system and the given ones.
func caPool(given string) (*x509.CertPool, error) {
	text, err := pemText("ca_certificate", given)
	if err != nil {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	found := 0
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, invalid("ca_certificate: certificate %d in it cannot be parsed: %w", found+1, err)
		}
		pool.AddCert(cert)
		found++
	}
	if found == 0 {
		return nil, invalid("ca_certificate contains no certificate; set it to PEM text with BEGIN CERTIFICATE, or to the path of such a file")
	}
	return pool, nil
}

func clientPair(cert, key string) (tls.Certificate, error) {
	switch {
	case key == "":
		return tls.Certificate{}, invalid("client_certificate is set without client_key; set both or none")
	case cert == "":
		return tls.Certificate{}, invalid("client_key is set without client_certificate; set both or none")
	}
	certText, err := pemText("client_certificate", cert)
	if err != nil {
		return tls.Certificate{}, err
	}
	keyText, err := pemText("client_key", key)
	if err != nil {
		return tls.Certificate{}, err
	}
	if encrypted(keyText) {
		return tls.Certificate{}, invalid("client_key is encrypted with a passphrase; remove the passphrase (openssl pkey -in ...)")
	}
	pair, err := tls.X509KeyPair(certText, keyText)
	if err != nil {
		return tls.Certificate{}, invalid("client_certificate and client_key cannot be used together: %w", err)
	}
	return pair, nil
}

func encrypted(key []byte) bool {
	for block, rest := pem.Decode(key); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
			return true
		}
	}
	return false
}

// pemText returns the PEM text of a field, which is given as text or as a path. The value is
// never part of an error: it can be a key without its first line.
func pemText(field, given string) ([]byte, error) {
	if strings.Contains(given, "-----BEGIN") {
		return []byte(given), nil
	}
	text, err := os.ReadFile(given) // the path is from the user's own configuration
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return nil, invalid("%s is neither PEM text (no BEGIN line) nor the path of a readable file: %w", field, err)
	}
	return text, nil
}

func invalid(format string, args ...any) *authz.Error {
	return authz.Errorf(authz.Invalid, configOp, format, args...)
}

// checkHeaders checks configured headers by RFC 9110, section 5. Values are never part of the
// error.
func checkHeaders(headers map[string]string) error {
	spellings := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		value, canonical := headers[name], http.CanonicalHeaderKey(name)
		if other, twice := spellings[canonical]; twice {
			return invalid("headers: %q and %q are the same header; keep one", other, name)
		}
		spellings[canonical] = name
		if !httpguts.ValidHeaderFieldName(name) {
			return invalid("headers: %q is not a header name; allowed are letters, digits and !#$%%&'*+-.^_`|~", name)
		}
		if !httpguts.ValidHeaderFieldValue(value) {
			return invalid("headers: the value of %q has a character that is not allowed in a header, such as a line break", name)
		}
		if canonical == "Host" && (value == "" || !httpguts.ValidHostHeader(value)) {
			return invalid("headers: the value of %q is not a host such as sso.example.com or sso.example.com:8443", name)
		}
	}
	return nil
}

// proxyFromEnvironment reads HTTP_PROXY, HTTPS_PROXY and NO_PROXY. A value that cannot be parsed
// is an error, because httpproxy would silently use no proxy. Its password is never part of the
// error.
func proxyFromEnvironment() (func(*http.Request) (*url.URL, error), error) {
	env := httpproxy.FromEnvironment()
	for name, value := range map[string]string{"HTTP_PROXY": env.HTTPProxy, "HTTPS_PROXY": env.HTTPSProxy} {
		if _, err := url.Parse(value); err == nil {
			continue
		}
		if _, err := url.Parse("http://" + value); err != nil {
			return nil, invalid("the environment variable %s is not a valid URL; "+
				"write http://user:password@host:port with special characters percent-encoded", name)
		}
	}
	choose := env.ProxyFunc()
	return func(r *http.Request) (*url.URL, error) {
		proxy, err := choose(r.URL)
		if err != nil {
			return nil, errors.New("the proxy of the environment cannot be used for this URL")
		}
		return proxy, nil
	}, nil
}

// proxyError is the error of a proxy that refuses to open a tunnel.
type proxyError struct{ status int }

func (e *proxyError) Error() string {
	return fmt.Sprintf("the proxy refused the connection: %d %s", e.status, http.StatusText(e.status))
}

func checkProxyConnect(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode != http.StatusOK {
		return &proxyError{status: resp.StatusCode}
	}
	return nil
}
