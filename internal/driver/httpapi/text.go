package httpapi

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// maxText is how many characters of a server's own words get into an error.
const maxText = 500

// shortest is the number of characters from which on a secret is searched for in
// texts of a server. The asterisks in "Invalid cli***t" reveal a shorter one, which
// is part of usual words, and "1" or "true" would garble every text.
const shortest = 6

func searchable(secret string) bool { return utf8.RuneCountInString(secret) >= shortest }

// Sanitize makes a server's own words fit for an error: one line, at most 500
// characters. It masks each of the secrets that has at least 6 characters, also as
// a form, a URL or JSON writes it.
func Sanitize(text string, secrets ...string) string {
	var forms []string
	for _, s := range secrets {
		if !searchable(s) {
			continue
		}
		forms = append(forms, s, url.QueryEscape(s), url.PathEscape(s), inJSON(s))
	}
	text = mask(text, forms)
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
	if runes := []rune(text); len(runes) > maxText {
		text = string(runes[:maxText]) + "…"
	}
	return text
}

// mask puts asterisks in place of secrets, the longest first: one may hold another.
func mask(text string, secrets []string) string {
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	for _, secret := range secrets {
		if searchable(secret) {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	return text
}

// Secrets are what no error may repeat. It is safe for concurrent use.
type Secrets struct {
	mu  sync.Mutex
	all []string
}

// NewSecrets knows some from the beginning.
func NewSecrets(secrets ...string) *Secrets { return &Secrets{all: secrets} }

// Add adds one, such as a token that was handed out.
func (s *Secrets) Add(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.all, secret) {
		s.all = append(s.all, secret)
	}
}

// Sanitize is the function Text with all of them.
func (s *Secrets) Sanitize(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Sanitize(text, s.all...)
}

// Refusal is the error for a server's error answer: its own words, as Secrets
// leave them, or what came in place of any.
func (s *Secrets) Refusal(status int, header http.Header, body []byte, words string) error {
	if words = s.Sanitize(words); words == "" {
		words = s.Sanitize(DescribeBody(status, header, body))
	}
	return fmt.Errorf("the server answered %s: %s", statusText(status), words)
}

// inJSON is a text as JSON writes it, without the quotes around it.
func inJSON(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil { // a string always can be written
		return text
	}
	return string(quoted[1 : len(quoted)-1])
}

// DescribeBody says what came in place of a server's own error answer, without any of its
// body: "404 with text/html, 153 bytes". The words of the reason phrase follow, which
// may hold secrets.
func DescribeBody(status int, header http.Header, body []byte) string {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		kind = ""
	}
	text := fmt.Sprintf("%d with %s, %d bytes", status, nameType(kind), len(body))
	if reason := Reason(header); reason != "" {
		text += ": " + Sanitize(reason)
	}
	return text
}

// nameType returns the text about a media type, "" for none. The server chooses the
// media type, so it may hold a secret: only well-known ones are repeated.
func nameType(kind string) string {
	switch kind {
	case "":
		return "no content type"
	case "application/json", "application/problem+json", "application/vnd.api+json", "application/xml", "application/xhtml+xml",
		"application/octet-stream", "application/pdf", "application/x-www-form-urlencoded", "application/jwt",
		"text/html", "text/plain", "text/xml", "text/json", "text/javascript", "text/css", "text/csv":
		return kind
	}
	return "another content type"
}

// BaseURL reads the configured address of a server and answers it without a
// slash at its end. What is not an http or https address with a host, or has
// user information, a query or a fragment, is Invalid and names the field; the
// error does not repeat the value, which may hold a password.
func BaseURL(field, raw string) (string, error) {
	wrong := func(what string) error {
		return &authz.Error{
			Kind: authz.Invalid, Op: "configure " + field, Err: fmt.Errorf("%s %s", field, what),
			Advice: authz.ReasonHTTPServerURL, Args: []string{field},
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

// Host is the host of an address that BaseURL answered with, and its port.
func Host(base string) string {
	_, rest, _ := strings.Cut(base, "://")
	host, _, _ := strings.Cut(rest, "/")
	return host
}
