// Package servers has the servers that the provider can be configured for: one block of the
// provider configuration each, and the driver that is made of it.
package servers

import (
	"net/http"
	"strconv"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/check"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
	"github.com/authscopes/terraform-provider-authscopes/internal/provider/messages"
)

// Block is a server that the provider can be configured for: one block of
// its configuration.
type Block struct {
	Name     string
	Text     string // Markdown
	Settings []Setting
	Caps     authz.Capabilities
	// Validate adds the findings about attributes that exclude each other; nil: none does.
	Validate func(Values)
	// Transport adds what the block says about the transport; nil: nothing.
	Transport func(Values, *httpapi.Config)
	Build     func(Values, *http.Client) (authz.Driver, error)
}

// All returns all of them. A new one is one line here.
func All() []Block {
	return []Block{keycloakBlock(), oneloginBlock(), venafiBlock(), ocariotBlock(), paceBlock()}
}

// httpSettings returns the `http` block, which all servers share.
func httpSettings() []Setting {
	return []Setting{
		{Name: "request_timeout", Env: "AUTHSCOPES_HTTP_REQUEST_TIMEOUT", Kind: DurationKind, Text: "Timeout of one request attempt, with its unit. " +
			"Defaults to `30s`."},
		{Name: "max_retries", Env: "AUTHSCOPES_HTTP_MAX_RETRIES", Kind: WholeKind, Check: notNegative, Text: "Maximum number of retries of a request that " +
			"is safe to repeat. `0` disables retries. Defaults to `4`."},
		{Name: "max_concurrency", Env: "AUTHSCOPES_HTTP_MAX_CONCURRENCY", Kind: WholeKind, Check: positive, Text: "Maximum number of concurrent requests of " +
			"this provider configuration. Defaults to `10`."},
		{Name: "requests_per_second", Env: "AUTHSCOPES_HTTP_REQUESTS_PER_SECOND", Kind: NumberKind, Check: positive, Text: "Maximum number of requests per " +
			"second. Defaults to no limit."},
		{Name: "ca_certificate", Env: "AUTHSCOPES_HTTP_CA_CERTIFICATE", Text: "Certificate authority to trust in addition to those of the system, as PEM " +
			"text or path of a file."},
		{Name: "client_certificate", Env: "AUTHSCOPES_HTTP_CLIENT_CERTIFICATE", Text: "Client certificate for mutual TLS, as PEM text or path of a file."},
		{Name: "client_key", Env: "AUTHSCOPES_HTTP_CLIENT_KEY", Secret: true, Text: "Key of the client certificate, as PEM text or path of a file."},
		{Name: "insecure_skip_verify", Env: "AUTHSCOPES_HTTP_INSECURE_SKIP_VERIFY", Kind: FlagKind, Text: "Whether to skip the verification of the server " +
			"certificate. Then, any system between can read the credentials. For tests only. Defaults to `false`."},
		{Name: "headers", Env: "AUTHSCOPES_HTTP_HEADERS", Kind: TextsKind, Secret: true, Text: "Headers of each request."},
	}
}

// positive rejects 0, which would be read as the default. The value is a number.
func positive(label, value string) *check.Finding {
	if n, _ := strconv.ParseFloat(value, 64); n > 0 {
		return nil
	}
	f := invalidValue(label, value, messages.AllowedPositive)
	return &f
}

func notNegative(label, value string) *check.Finding {
	if n, _ := strconv.ParseFloat(value, 64); n >= 0 {
		return nil
	}
	f := invalidValue(label, value, messages.AllowedNotNegative)
	return &f
}

// serverURL rejects what is not the address of a server. A missing URL has an error of
// its own.
func serverURL(label, value string) *check.Finding {
	_, err := httpapi.BaseURL(label, value)
	return rejected(value, err)
}

// rejected returns the finding for the error about a value that is set.
func rejected(value string, err error) *check.Finding {
	if value == "" || err == nil {
		return nil
	}
	return &check.Finding{Code: messages.ProviderRefused, Data: messages.Refusal{Err: err}}
}

// httpConfig returns the configuration of the transport.
func httpConfig(v Values, version string) httpapi.Config {
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
