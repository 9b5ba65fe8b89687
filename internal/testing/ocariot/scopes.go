package ocariot

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
)

// batch is the number of users that a replace changes: the page size of the service's own search
// for them.
const batch = 100

// typeScopes is POST /v1/users/types/{user_type}/scopes. It requires no login: the gateway checks
// only the Host header.
func (s *Server) typeScopes(w http.ResponseWriter, r *http.Request, kind string, body []byte) {
	host, _, _ := strings.Cut(r.Host, ":")
	switch {
	case !s.opts.Direct && (s.opts.NoRoute || !strings.EqualFold(host, "localhost") || r.Method != http.MethodPost):
		s.htmlNotFound(w, r)
		return
	case !s.running(w):
		return
	case !s.stores():
		fail(w, http.StatusNotFound, "Endpoint "+r.URL.Path+" does not found!", "")
		return
	case r.Method != http.MethodPost:
		s.notFound(w, r)
		return
	case len(body) > 100*1024:
		fail(w, http.StatusInternalServerError, "request entity too large", "")
		return
	}
	value, ok := s.scopesMember(w, fake.MediaType(r), body)
	if !ok {
		return
	}
	if s.defaults[kind] == nil {
		fail(w, http.StatusBadRequest, "One or more request fields are invalid...",
			"The user types allowed are: admin, child, educator, healthprofessional, family, application.")
		return
	}
	if value == (nullMember{}) {
		fail(w, http.StatusInternalServerError, "An internal server error has occurred.", "Cannot read properties of null (reading 'length')")
		return
	}
	scopes := elements(value)
	if len(scopes) == 0 {
		fail(w, http.StatusBadRequest, "The list of new scopes is invalid!", "A scopes array with at least one item is required.")
		return
	}
	if bad := slices.DeleteFunc(slices.Clone(scopes), func(n string) bool { return slices.Contains(s.defaults[kind], n) }); len(bad) > 0 {
		// The service fills its text with JavaScript's replace, in which $& is the replaced text.
		list := strings.ReplaceAll(strings.Join(bad, ", "), "$&", "{0}")
		fail(w, http.StatusBadRequest, "The list of new scopes is invalid!", list+" are not valid scopes for "+kind+" users.")
		return
	}
	s.replace(kind, scopes)
	w.WriteHeader(http.StatusNoContent)
}

// nullMember stands for `"scopes": null`, which is not an absent one.
type nullMember struct{}

// scopesMember reads the body's scopes as the service's body parser does. A media type that the
// parser does not know counts as no body.
func (s *Server) scopesMember(w http.ResponseWriter, mediaType string, body []byte) (value any, ok bool) {
	switch mediaType {
	case "application/json":
	case "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, true
		}
		if names := form["scopes"]; len(names) == 1 {
			return names[0], true
		}
		var names []any
		for _, n := range form["scopes"] {
			names = append(names, n)
		}
		return names, true
	default:
		return nil, true
	}
	if len(body) == 0 {
		return nil, true
	}
	var parsed any
	if err := json.Unmarshal(body, &parsed); err != nil {
		s.malformed(w)
		return nil, false
	}
	switch members := parsed.(type) {
	case map[string]any:
		v, there := members["scopes"]
		if there && v == nil {
			return nullMember{}, true
		}
		return v, true
	case []any:
		return nil, true
	}
	s.malformed(w) // assumed: the parser is strict and takes objects and arrays only
	return nil, false
}

// elements lists what the service iterates over: an array's items (null prints
// as nothing) or a string's letters.
func elements(value any) []string {
	var scopes []string
	switch v := value.(type) {
	case string:
		for _, letter := range v {
			scopes = append(scopes, string(letter))
		}
	case []any:
		for _, item := range v {
			if item == nil {
				item = ""
			}
			scopes = append(scopes, fmt.Sprint(item))
		}
	}
	return scopes
}

func (s *Server) malformed(w http.ResponseWriter) {
	end := "."
	if !s.stores() {
		end = "!"
	}
	fail(w, http.StatusBadRequest, "Unable to process request body"+end,
		"Please verify that the JSON provided in the request body has a valid format and try again.")
}

// replace writes the newest users of a type, the first at once and the others after Lag further
// requests. Older users do not change.
func (s *Server) replace(kind string, scopes []string) {
	left := batch
	for _, u := range slices.Backward(s.users) {
		if u.kind != kind {
			continue
		}
		if left--; left < 0 {
			break
		}
		write := func() { u.scopes = slices.Clone(scopes) }
		if left == batch-1 || s.opts.Lag == 0 {
			write()
			continue
		}
		s.pending = append(s.pending, write)
	}
	s.lag = s.opts.Lag
}
