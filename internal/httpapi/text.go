package httpapi

import (
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// maxText is how many characters of a server's own words get into an error.
const maxText = 500

// Text makes a server's own words fit for an error: one line, at most 500
// characters, each of the secrets masked in case the server repeats one.
func Text(text string, secrets ...string) string {
	secrets = slices.Clone(secrets)
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) }) // one may hold another
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if runes := []rune(text); len(runes) > maxText {
		text = string(runes[:maxText]) + "…"
	}
	return text
}

// Foreign says what came in place of a server's own error answer, without any
// of its body: "404 with text/html, 153 bytes".
func Foreign(status int, header http.Header, body []byte) string {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || kind == "" {
		kind = "no content type"
	}
	return fmt.Sprintf("%d with %s, %d bytes", status, Text(kind), len(body))
}

// BaseURL reads the configured address of a server and answers it without a
// slash at its end. What is not an http or https address with a host, or has
// user information, a query or a fragment, is Invalid and names the field; the
// error does not repeat the value, which may hold a password.
func BaseURL(field, raw string) (string, error) {
	wrong := func(what string) error {
		return &authz.Error{
			Kind: authz.Invalid, Op: "configure " + field, Err: fmt.Errorf("%s %s", field, what),
			Advice: fmt.Sprintf("Set %s to the server's address, such as https://server.example.com.", field),
		}
	}
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		return "", wrong("is empty")
	case err != nil:
		return "", wrong("is no URL")
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return "", wrong("is no http or https address with a host")
	case u.User != nil:
		return "", wrong("has a user or password in it")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "", wrong("has a query or a fragment")
	}
	return strings.TrimRight(u.String(), "/"), nil
}
