package httpapi

import (
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// scrub masks, in the headers and the body of an error response, what its request
// brought along in headers, configured ones and the authorization: some servers and
// gateways repeat it, and their words get into errors. Successful responses are data
// and stay.
func (t *transport) scrub(req *http.Request, resp *http.Response) {
	if resp.StatusCode < 300 {
		return
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return // it is in memory, and cannot fail
	}
	secrets := t.carried(req)
	if reason := reasonPhrase(resp); reason != "" {
		resp.Header[reasonKey] = []string{reason}
	}
	for name, values := range resp.Header {
		if name == "Content-Type" || name == "Content-Length" { // decide how the body is read
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

// reasonKey is where a response's header has the reason phrase. No server can send a
// header of that name, because it has a colon.
const reasonKey = ":reason"

// Reason returns the reason phrase of an error response if it has words of the server's
// own, else "". Some servers put their words there, and none into the body. The words
// may hold secrets.
func Reason(header http.Header) string {
	if phrase := header[reasonKey]; len(phrase) == 1 {
		return phrase[0]
	}
	return ""
}

// reasonPhrase returns "" for the standard phrase of the status, and over HTTP/2, which
// has no reason phrase.
func reasonPhrase(resp *http.Response) string {
	phrase := strings.TrimSpace(strings.TrimPrefix(resp.Status, strconv.Itoa(resp.StatusCode)))
	if strings.EqualFold(phrase, http.StatusText(resp.StatusCode)) {
		return ""
	}
	return phrase
}

// HeaderSecrets are the values of the headers that a client of New sends with every
// request, for words of a server that come with a success, which stays as it is.
func HeaderSecrets(c *http.Client) []string {
	t, ok := c.Transport.(*transport)
	if !ok {
		return nil
	}
	return secretsOf(t.configured())
}

// configured are the values of the configured headers that may be secrets.
func (t *transport) configured() []string {
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

// carried are the secrets of a request, also as JSON writes them.
func (t *transport) carried(req *http.Request) []string {
	secrets := secretsOf(append(t.configured(), strings.Fields(req.Header.Get("Authorization"))...))
	for _, s := range slices.Clone(secrets) {
		secrets = append(secrets, inJSON(s))
	}
	return secrets
}

// secretsOf are values, and their words, that are long enough to be secrets.
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
