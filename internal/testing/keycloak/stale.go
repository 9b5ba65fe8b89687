package keycloak

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Stale responds to reads with what a realm had at an earlier moment, as a cache or a node
// of a cluster can. Writes, logins, and reads of what did not exist at that moment go to the
// server.
type Stale struct{ kept map[string]string }

// Freeze takes the responses to the reads among some requests, and to all reads of a single
// scope, at this moment.
func (r *Realm) Freeze(t T, requests []Request) *Stale {
	t.Helper()
	reads := map[string][2]string{}
	add := func(method, path, query string) {
		if query != "" {
			path += "?" + query
		}
		reads[method+" "+path] = [2]string{method, path}
	}
	for _, sent := range requests {
		if isRead(sent.Method, sent.Path) {
			add(sent.Method, sent.Path, sent.Query)
		}
	}
	for _, s := range r.Scopes(t) {
		for _, more := range [][]string{nil, {"scope-mappings"}, {"scope-mappings", "realm"}} {
			add(http.MethodGet, r.path(append([]string{"client-scopes", s.ID}, more...)...), "")
		}
	}
	frozen := &Stale{kept: map[string]string{}}
	for _, key := range slices.Sorted(maps.Keys(reads)) {
		var body json.RawMessage
		if _, err := r.Server.admin.Do(t.Context(), reads[key][0], reads[key][1], nil, &body); err == nil {
			frozen.kept[key] = string(body)
		}
	}
	return frozen
}

// Action responds to a request as Stale does. stale is false if the server responds.
func (s *Stale) Action(r *http.Request) (action Action, stale bool) {
	if !isRead(r.Method, r.URL.Path) {
		return Action{}, false
	}
	body, stale := s.kept[r.Method+" "+r.URL.RequestURI()]
	if !stale {
		return Action{}, false
	}
	return Action{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}, true
}

// isRead reports whether a request to the admin API changes nothing.
func isRead(method, path string) bool {
	return strings.HasPrefix(path, "/admin/") && (method == http.MethodGet || strings.HasSuffix(path, "/partial-export"))
}
