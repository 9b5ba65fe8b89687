package ocariot

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/testing/fake"
)

type user struct {
	id, kind           string
	username, password string
	scopes             []string // as stored, in that order, duplicates kept; none for a user made by a release that stores none
}

func collections() map[string]string {
	return map[string]string{
		"children": "child", "educators": "educator", "families": "family",
		"healthprofessionals": "healthprofessional", "applications": "application",
	}
}

// typeOf is the user type of a collection; admins have none.
func typeOf(collection string) string { return collections()[collection] }

// AddUser creates a user, newer than all others, with the default scopes of its type, and returns
// its ID.
func (s *Server) AddUser(kind, username, password string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.defaults[kind] == nil {
		panic("no user type " + kind)
	}
	u := &user{id: randomHex(12), kind: kind, username: username, password: password}
	if s.stores() {
		u.scopes = slices.Clone(s.defaults[kind])
	}
	s.users = append(s.users, u)
	return u.id
}

// AddUsers creates n users named after their type, "child1" and so on.
func (s *Server) AddUsers(kind string, n int) {
	for i := range n {
		s.AddUser(kind, kind+strconv.Itoa(i+1), "password")
	}
}

// Scopes returns the stored scopes of one user.
func (s *Server) Scopes(username string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.users {
		if u.username == username {
			return slices.Clone(u.scopes)
		}
	}
	return nil
}

// Granted returns the scopes that a login of each user of a type has in its token,
// sorted, by username. It reads the server as it is once every write that it has begun
// is done.
func (s *Server) Granted(kind string) map[string][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finish()
	granted := map[string][]string{}
	for _, u := range s.users {
		if u.kind == kind {
			granted[u.username] = slices.Sorted(slices.Values(s.claimed(u)))
		}
	}
	return granted
}

// claimed returns the scopes in the token of a user: the stored ones, or the constants of
// the type from release 2.6.2 on.
func (s *Server) claimed(u *user) []string {
	if s.stores() {
		return u.scopes
	}
	return s.defaults[u.kind]
}

// SetScopes stores the scopes of one user without the service.
func (s *Server) SetScopes(username string, scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.users {
		if u.username == username {
			u.scopes = slices.Clone(scopes)
			return
		}
	}
	panic("no user " + username)
}

// Edit changes a user as any PATCH does: its scopes become the defaults of its type again.
func (s *Server) Edit(username string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.users {
		if u.username == username {
			u.scopes = slices.Clone(s.defaults[u.kind])
			return
		}
	}
	panic("no user " + username)
}

func (s *Server) patch(w http.ResponseWriter, r *http.Request, kind, id string) {
	for _, u := range s.users {
		if u.kind == kind && u.id == id {
			if s.stores() {
				u.scopes = slices.Clone(s.defaults[kind])
			}
			fake.JSON(w, http.StatusOK, row{ID: u.id, Username: u.username})
			return
		}
	}
	s.notFound(w, r) // assumed
}

// login is POST /v1/auth. Through the gateway, any Host is accepted.
func (s *Server) login(w http.ResponseWriter, _ *http.Request, body []byte) {
	if s.down {
		fail(w, http.StatusInternalServerError, "INTERNAL SERVER ERROR", "An internal server error has occurred.")
		return
	}
	var fields map[string]any
	if err := json.Unmarshal(body, &fields); err != nil {
		s.malformed(w)
		return
	}
	var missing []string
	for _, f := range []string{"username", "password"} {
		if fields[f] == nil {
			missing = append(missing, f)
		}
	}
	if len(missing) > 0 {
		fail(w, http.StatusBadRequest, "Required fields were not provided...", strings.Join(missing, ", ")+" are required!")
		return
	}
	for _, f := range []string{"username", "password"} {
		switch v, ok := fields[f].(string); {
		case !ok:
			fail(w, http.StatusBadRequest, "One or more request fields are invalid...", f+" must be a string!")
			return
		case v == "":
			fail(w, http.StatusBadRequest, "One or more request fields are invalid...", f+" must have at least one character!")
			return
		}
	}
	for _, u := range s.users {
		if u.username == fields["username"] && u.password == fields["password"] {
			fake.JSON(w, http.StatusOK, map[string]string{"access_token": s.issue(u)})
			return
		}
	}
	fail(w, http.StatusUnauthorized, "Invalid username or password!", "")
}

// issue returns a token with the user's scopes. Its signature is random, because clients of the
// real service cannot check it either.
func (s *Server) issue(u *user) string {
	now := time.Now().Unix()
	claims, err := json.Marshal(map[string]any{
		"sub": u.id, "sub_type": u.kind, "iss": "ocariot", "iat": now, "exp": now + 86400,
		"scope": strings.Join(s.claimed(u), " "),
	})
	if err != nil {
		panic(err) // only strings and numbers get here
	}
	signature := make([]byte, 256)
	_, _ = rand.Read(signature) // never fails
	b64 := base64.RawURLEncoding
	token := b64.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + b64.EncodeToString(claims) + "." + b64.EncodeToString(signature)
	s.tokens[token] = strings.Join(s.claimed(u), " ")
	return token
}

// row is a user in a list: without scopes.
type row struct {
	ID       string `json:"id"`
	Username string `json:"username"`
}

// list is GET /v1/{collection}, newest user first. The filter on scopes is in no
// documentation. It reads the stored scopes, also in releases whose tokens do not.
// X-Total-Count counts all users of the type, not the hits. A limit has no maximum.
func (s *Server) list(w http.ResponseWriter, r *http.Request, kind string) {
	query := r.URL.Query()
	limit, page := number(query, "limit", batch), number(query, "page", 1)
	total, hits := 0, []row{}
	for _, u := range slices.Backward(s.users) {
		if u.kind != kind {
			continue
		}
		total++
		if matches(u, query) {
			hits = append(hits, row{ID: u.id, Username: u.username})
		}
	}
	start := min((page-1)*limit, len(hits))
	w.Header().Set("X-Total-Count", strconv.Itoa(total))
	fake.JSON(w, http.StatusOK, hits[start:min(start+limit, len(hits))])
}

func number(query url.Values, name string, unset int) int {
	n, err := strconv.Atoi(query.Get(name))
	if err != nil || n < 1 {
		return unset
	}
	return n
}

// matches reports whether a user matches every filter of a query: of repeated scopes=
// all, of the names in a comma list any, and of scopes.N= the name at that position.
func matches(u *user, query url.Values) bool {
	for name, filters := range query {
		for _, filter := range filters {
			position, err := strconv.Atoi(strings.TrimPrefix(name, "scopes."))
			switch {
			case name == "scopes" && !holdsAny(u.scopes, strings.Split(filter, ",")):
				return false
			case strings.HasPrefix(name, "scopes.") && err == nil && (position >= len(u.scopes) || u.scopes[position] != filter):
				return false
			}
		}
	}
	return true
}

// holdsAny reports whether one of the names, which can begin and end with a wildcard, is
// among the scopes.
func holdsAny(scopes, names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		part, wild := strings.CutPrefix(name, "*")
		return slices.ContainsFunc(scopes, func(scope string) bool {
			return scope == name || wild && strings.Contains(scope, strings.TrimSuffix(part, "*"))
		})
	})
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
