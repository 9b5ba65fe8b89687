package httpapi

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
)

// shortest is the length from which on a header's value is taken for a secret:
// to mask "1" or "true" would garble what a server says.
const shortest = 6

// scrub takes out of an error answer what its request brought along in headers,
// configured ones and the authorization: some servers and gateways repeat it,
// and their words get into errors. Answers of success are data and stay.
func (t *transport) scrub(req *http.Request, resp *http.Response) {
	if resp.StatusCode < 300 {
		return
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return // it is in memory, and cannot fail
	}
	for _, secret := range t.carried(req) {
		body = bytes.ReplaceAll(body, []byte(secret), []byte("***"))
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	if resp.ContentLength >= 0 && req.Method != http.MethodHead {
		resp.ContentLength = int64(len(body))
	}
}

// carried are the secrets of a request, longest first, also as JSON writes them.
func (t *transport) carried(req *http.Request) []string {
	var values []string
	for name := range t.cfg.Headers {
		if name = http.CanonicalHeaderKey(name); name != "Host" && name != "User-Agent" && name != "Accept" && name != "Content-Type" {
			values = append(values, req.Header.Get(name))
		}
	}
	values = append(values, strings.Fields(req.Header.Get("Authorization"))...)
	var secrets []string
	for _, v := range values {
		for _, s := range append(strings.Fields(v), v) {
			if len(s) < shortest || strings.EqualFold(s, "Bearer") {
				continue
			}
			secrets = append(secrets, s, inJSON(s))
		}
	}
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(secrets)
}
