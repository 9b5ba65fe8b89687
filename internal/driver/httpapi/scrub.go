package httpapi

import (
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// scrub masks, in the headers and the body of an error response, the values of the configured
// headers and of the authorization of its request. Some servers and gateways repeat them, and
// error texts contain the words of the response. Successful responses are data and do not change.
func (t *transport) scrub(req *http.Request, resp *http.Response) {
	if resp.StatusCode < 300 {
		return
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return // it is in memory, so that this cannot fail
	}
	secrets := t.requestSecrets(req)
	if reason := reasonPhrase(resp); reason != "" {
		resp.Header[reasonKey] = []string{reason}
	}
	for name, values := range resp.Header {
		if name == "Content-Type" || name == "Content-Length" { // these two control how the body is read
			continue
		}
		for i, value := range values {
			values[i] = mask(value, secrets)
		}
	}
	text := mask(string(body), secrets)
	resp.Body = io.NopCloser(strings.NewReader(text))
	if resp.ContentLength >= 0 && req.Method != http.MethodHead {
		resp.ContentLength = int64(len(text))
	}
}

// reasonKey is the key of the reason phrase in a response's header. No server can send a header
// of that name, because it contains a colon.
const reasonKey = ":reason"

// Reason returns the reason phrase of an error response if it is the server's own text, else "".
// Some servers put their text there, and none into the body. The text can contain secrets.
func Reason(header http.Header) string {
	if phrase := header[reasonKey]; len(phrase) == 1 {
		return phrase[0]
	}
	return ""
}

// reasonPhrase returns "" for the standard phrase of the status, and for HTTP/2, which has no
// reason phrase.
func reasonPhrase(resp *http.Response) string {
	phrase := strings.TrimSpace(strings.TrimPrefix(resp.Status, strconv.Itoa(resp.StatusCode)))
	if strings.EqualFold(phrase, http.StatusText(resp.StatusCode)) {
		return ""
	}
	return phrase
}

// HeaderSecrets returns the values of the headers that a client of New sends with every request.
// Callers need them to mask texts of successful responses, which scrub does not change.
func HeaderSecrets(c *http.Client) []string {
	t, ok := c.Transport.(*transport)
	if !ok {
		return nil
	}
	return secretsOf(t.headerSecrets())
}

// headerSecrets returns the values of the configured headers that can be secrets.
func (t *transport) headerSecrets() []string {
	var values []string
	for name, value := range t.cfg.Headers {
		switch http.CanonicalHeaderKey(name) {
		case "Host", "User-Agent", "Accept", "Content-Type":
		default:
			values = append(values, value)
		}
	}
	return values
}

// requestSecrets returns the secrets of a request, also in the form that JSON writes them.
func (t *transport) requestSecrets(req *http.Request) []string {
	secrets := secretsOf(append(t.headerSecrets(), strings.Fields(req.Header.Get("Authorization"))...))
	for _, s := range slices.Clone(secrets) {
		secrets = append(secrets, inJSON(s))
	}
	return secrets
}

// secretsOf returns the values, and their words, that are long enough to be secrets.
func secretsOf(values []string) []string {
	var secrets []string
	for _, v := range values {
		for _, s := range append(strings.Fields(v), v) {
			if searchable(s) && !strings.EqualFold(s, "Bearer") {
				secrets = append(secrets, s)
			}
		}
	}
	return secrets
}
