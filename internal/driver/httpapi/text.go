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

// maxText is the maximum number of characters of a server's text in an error.
const maxText = 500

// shortest is the minimum length of a secret, in characters, that is searched for in texts of a
// server. The asterisks in "Invalid cli***t" reveal a shorter one that is part of usual words,
// and masking "1" or "true" would make every text unreadable.
const shortest = 6

func searchable(secret string) bool { return utf8.RuneCountInString(secret) >= shortest }

// Sanitize makes a server's text safe for an error: one line of at most 500 characters. It masks
// each of the secrets that has at least 6 characters, also in the form that a form, a URL or JSON
// writes it.
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

// mask replaces secrets with asterisks, the longest first, because one can contain another.
func mask(text string, secrets []string) string {
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	for _, secret := range secrets {
		if searchable(secret) {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	return text
}

// Secrets is a set of secrets that errors must not contain. It is safe for concurrent use.
type Secrets struct {
	mu  sync.Mutex
	all []string
}

// NewSecrets returns a set with the given secrets.
func NewSecrets(secrets ...string) *Secrets { return &Secrets{all: secrets} }

// Add adds a secret, such as an issued token.
func (s *Secrets) Add(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.all, secret) {
		s.all = append(s.all, secret)
	}
}

// Sanitize is the function Sanitize with all secrets of the set.
func (s *Secrets) Sanitize(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Sanitize(text, s.all...)
}

// Refusal returns the error for a server's error response, with words, the server's own text, or
// a description of the body if there is none.
func (s *Secrets) Refusal(status int, header http.Header, body []byte, words string) error {
	if words = s.Sanitize(words); words == "" {
		words = s.Sanitize(DescribeBody(status, header, body))
	}
	return fmt.Errorf("the server returned %s: %s", statusText(status), words)
}

// inJSON returns a text as JSON writes it, without the surrounding quotes.
func inJSON(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil { // a string can always be encoded
		return text
	}
	return string(quoted[1 : len(quoted)-1])
}

// DescribeBody describes an error response without any of its body: "404 with text/html, 153
// bytes". The reason phrase follows, which can contain secrets.
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

// nameType returns the text for a media type, "" meaning none. The server chooses the media type,
// so that it can contain a secret: only well-known types are repeated.
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

// BaseURL returns the configured address of a server without a slash at its end. An address that
// is not an http or https URL with a host, or has user information, a query or a fragment, is
// Invalid. The error names the field but does not repeat the value, which can contain a password.
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
		return "", wrong("is not a URL")
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return "", wrong("is not an http or https URL with a host")
	case u.User != nil:
		return "", wrong("contains a user name or password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "", wrong("has a query or a fragment")
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// Host returns the host and port of an address that BaseURL returned.
func Host(base string) string {
	_, rest, _ := strings.Cut(base, "://")
	host, _, _ := strings.Cut(rest, "/")
	return host
}
