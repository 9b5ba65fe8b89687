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
	scopes             []string // in stored order, duplicates kept
}

func collections() map[string]string {
	return map[string]string{
		"children": "child", "educators": "educator", "families": "family",
		"healthprofessionals": "healthprofessional", "applications": "application",
	}
}

// typeOf is the user type of a collection; admins have none.
func typeOf(collection string) string { return collections()[collection] }

// AddUser makes a user, newer than all others, with the default scopes of its
// type, and answers with its id.
func (s *Server) AddUser(kind, username, password string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.defaults[kind] == nil {
		panic("no user type " + kind)
	}
	id := randomHex(12)
	s.users = append(s.users, &user{id: id, kind: kind, username: username, password: password, scopes: slices.Clone(s.defaults[kind])})
	return id
}

// AddUsers makes n users named after their type, "child1" and so on.
func (s *Server) AddUsers(kind string, n int) {
	for i := range n {
		s.AddUser(kind, kind+strconv.Itoa(i+1), "password")
	}
}

// Scopes are the scopes of one user as they are stored.
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

// SetScopes stores the scopes of one user, behind everyone's back.
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

// Edit changes a user the way any PATCH does: its scopes fall back to the
// defaults of its type.
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
			u.scopes = slices.Clone(s.defaults[kind])
			fake.JSON(w, http.StatusOK, row{ID: u.id, Username: u.username})
			return
		}
	}
	s.notFound(w, r) // assumed
}

// login is POST /v1/auth. Through the gateway it takes any Host.
func (s *Server) login(w http.ResponseWriter, _ *http.Request, body []byte) {
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

// issue makes a token with the user's scopes baked in. Its signature is noise:
// clients of the real service do not have the key to check it either.
func (s *Server) issue(u *user) string {
	now := time.Now().Unix()
	claims, err := json.Marshal(map[string]any{
		"sub": u.id, "sub_type": u.kind, "iss": "ocariot", "iat": now, "exp": now + 86400,
		"scope": strings.Join(u.scopes, " "),
	})
	if err != nil {
		panic(err) // only strings and numbers get here
	}
	signature := make([]byte, 256)
	_, _ = rand.Read(signature) // never fails
	b64 := base64.RawURLEncoding
	token := b64.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + b64.EncodeToString(claims) + "." + b64.EncodeToString(signature)
	s.tokens[token] = strings.Join(u.scopes, " ")
	return token
}

// row is a user as the listings show it: without scopes.
type row struct {
	ID       string `json:"id"`
	Username string `json:"username"`
}

// list is GET /v1/{collection}, newest user first. The filter on scopes is in
// no documentation; X-Total-Count counts all users of the type, not the hits.
// A limit above 100 counts as 100 (the service's source, pagination.ts).
func (s *Server) list(w http.ResponseWriter, r *http.Request, kind string) {
	query := r.URL.Query()
	limit, page := min(number(query, "limit", batch), batch), number(query, "page", 1)
	total, hits := 0, []row{}
	for _, u := range slices.Backward(s.users) {
		if u.kind != kind {
			continue
		}
		total++
		if holds(u, query["scopes"]) {
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

// holds reports whether a user matches the filter. Several names were seen to
// match as well; that any of them is enough is assumed.
func holds(u *user, filters []string) bool {
	if len(filters) == 0 {
		return true
	}
	for _, f := range strings.Split(strings.Join(filters, ","), ",") {
		for _, scope := range u.scopes {
			part, wild := strings.CutPrefix(f, "*")
			if scope == f || wild && strings.Contains(scope, strings.TrimSuffix(part, "*")) {
				return true
			}
		}
	}
	return false
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
