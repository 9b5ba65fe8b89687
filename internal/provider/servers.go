package provider

import (
	"net/http"
	"strconv"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// serverBlock is a server that the provider can be configured for: one block of
// its configuration.
type serverBlock struct {
	name     string
	text     string // Markdown
	settings []setting
	caps     authz.Capabilities
	// validate adds the errors of attributes that exclude each other; nil: none does.
	validate func(values)
	// transport adds what the block says about the transport; nil: nothing.
	transport func(values, *httpapi.Config)
	build     func(values, *http.Client) (authz.Driver, error)
}

// servers are all of them. A new one is one line here.
func servers() []serverBlock {
	return []serverBlock{keycloakBlock(), oneloginBlock(), venafiBlock(), ocariotBlock(), paceBlock()}
}

// httpSettings are the `http` block, shared by all servers.
func httpSettings() []setting {
	return []setting{
		{name: "request_timeout", env: "AUTHSCOPES_HTTP_REQUEST_TIMEOUT", kind: durationKind, text: "Longest time of one attempt of a request, with its unit. Defaults to `30s`."},
		{name: "max_retries", env: "AUTHSCOPES_HTTP_MAX_RETRIES", kind: wholeKind, check: notNegative, text: "How often a request that is safe to repeat is repeated; `0` for never. Defaults to `4`."},
		{name: "max_concurrency", env: "AUTHSCOPES_HTTP_MAX_CONCURRENCY", kind: wholeKind, check: positive, text: "How many requests of this provider configuration are under way at once. Defaults to `10`."},
		{name: "requests_per_second", env: "AUTHSCOPES_HTTP_REQUESTS_PER_SECOND", kind: numberKind, check: positive, text: "Most requests a second. No bound by default."},
		{name: "ca_certificate", env: "AUTHSCOPES_HTTP_CA_CERTIFICATE", text: "Certificate authority to trust besides the system's: PEM, or a file's path."},
		{name: "client_certificate", env: "AUTHSCOPES_HTTP_CLIENT_CERTIFICATE", text: "Client certificate for mutual TLS: PEM, or a file's path."},
		{name: "client_key", env: "AUTHSCOPES_HTTP_CLIENT_KEY", secret: true, text: "Key of the client certificate: PEM, or a file's path."},
		{name: "insecure_skip_verify", env: "AUTHSCOPES_HTTP_INSECURE_SKIP_VERIFY", kind: flagKind, text: "Do not verify the server's certificate. Whoever is between can then read the credentials; for tests only."},
		{name: "headers", env: "AUTHSCOPES_HTTP_HEADERS", kind: textsKind, secret: true, text: "Headers to send with every request."},
	}
}

// positive rejects 0, which would be read as the default. The value is a number.
func positive(label, value string) error {
	if n, _ := strconv.ParseFloat(value, 64); n > 0 {
		return nil
	}
	return authz.Advise(authz.Invalid, "", "It must be a number that is greater than 0. Remove it for the default.", "%s is %q", label, value)
}

func notNegative(label, value string) error {
	if n, _ := strconv.ParseFloat(value, 64); n >= 0 {
		return nil
	}
	return authz.Advise(authz.Invalid, "", "It must be a number that is not negative.", "%s is %q", label, value)
}

// serverURL rejects what is not the address of a server. A missing URL has an error of
// its own.
func serverURL(label, value string) error {
	if value == "" {
		return nil
	}
	_, err := httpapi.BaseURL(label, value)
	return err
}

// httpConfig is the transport's configuration.
func httpConfig(v values, version string) httpapi.Config {
	retries := v.whole("max_retries")
	if _, written := v.written("max_retries"); retries == 0 && (written || v.fromEnv("max_retries") != "") {
		retries = -1 // httpapi: 0 is the default, negative is none
	}
	return httpapi.Config{
		UserAgent:      "terraform-provider-authscopes/" + version,
		RequestTimeout: v.duration("request_timeout"), MaxRetries: retries,
		MaxConcurrency: v.whole("max_concurrency"), RequestsPerSecond: v.number("requests_per_second"),
		CACertificate: v.str("ca_certificate"), ClientCertificate: v.str("client_certificate"), ClientKey: v.str("client_key"),
		InsecureSkipVerify: v.flag("insecure_skip_verify"), Headers: v.texts("headers"),
	}
}
