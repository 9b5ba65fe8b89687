package keycloak

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// RealmPrefix begins the name of every realm that NewRealm makes.
const RealmPrefix = "tf-acc-"

// Realm is one realm, and what a test does in it with the administrator's
// rights. A method that cannot do its work fails the test.
type Realm struct {
	Name   string
	Server *Server
}

// NewRealm makes a realm of the test's own, which goes when the test ends.
//
// Its keys are elliptic curves, which are made in a fifth of the time of RSA,
// and its passwords are hashed once: scopes do not depend on either.
func (s *Server) NewRealm(t T) *Realm {
	t.Helper()
	return s.NewRealmNamed(t, newRealmName())
}

// NewRealmNamed is NewRealm with a name that the caller chooses and keeps unique.
func (s *Server) NewRealmNamed(t T, name string) *Realm {
	t.Helper()
	return s.newRealm(t, name, realmRepresentation(name))
}

// NewOrdinaryRealm makes a realm as the admin console does: with keys that take
// longer to make, and less time to verify a token with.
func (s *Server) NewOrdinaryRealm(t T) *Realm {
	t.Helper()
	name := newRealmName()
	return s.newRealm(t, name, map[string]any{"realm": name, "enabled": true})
}

// NewRealmFrom imports a realm of the test's own, whose representation has its name.
func (s *Server) NewRealmFrom(t T, representation map[string]any) *Realm {
	t.Helper()
	name, ok := representation["realm"].(string)
	if !ok {
		t.Fatalf("the representation of the realm has no name")
	}
	return s.newRealm(t, name, representation)
}

func newRealmName() string { return RealmPrefix + strings.ToLower(rand.Text()[:10]) }

func (s *Server) newRealm(t T, name string, representation any) *Realm {
	t.Helper()
	r := s.Realm(name)
	if _, err := s.admin.Do(t.Context(), http.MethodPost, Path(), representation, nil); err != nil {
		t.Fatalf("create realm %q: %v", name, err)
	}
	t.Cleanup(func() {
		// A test's own context has ended by now.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		if err := s.DeleteRealm(ctx, name); err != nil {
			t.Fatalf("delete realm %q: %v", name, err)
		}
	})
	return r
}

func realmRepresentation(name string) any {
	type config = map[string][]string
	type key struct {
		Name       string `json:"name"`
		ProviderID string `json:"providerId"`
		Config     config `json:"config"`
	}
	keys := []key{
		{"ecdsa", "ecdsa-generated", config{"priority": {"100"}}},
		{"hmac", "hmac-generated", config{"priority": {"100"}, "algorithm": {"HS512"}}},
		{"aes", "aes-generated", config{"priority": {"100"}}},
	}
	return map[string]any{
		"realm": name, "enabled": true, "defaultSignatureAlgorithm": "ES256",
		"passwordPolicy": "hashAlgorithm(pbkdf2-sha256) and hashIterations(1)",
		"components":     map[string]any{"org.keycloak.keys.KeyProvider": keys},
	}
}

// Realm returns a realm that exists already.
func (s *Server) Realm(name string) *Realm { return &Realm{Name: name, Server: s} }

// As returns the realm with the rights of one of its service accounts instead of the
// administrator.
func (r *Realm) As(c Client) *Realm {
	url := r.Server.URL
	return &Realm{Name: r.Name, Server: &Server{URL: url, admin: newAdmin(url, r.Name, clientForm(c, "client_credentials", nil))}}
}

// DeleteRealm deletes a realm; one that is gone is no error.
func (s *Server) DeleteRealm(ctx context.Context, name string) error {
	_, err := s.admin.Do(ctx, http.MethodDelete, Path(name), nil, nil)
	if isNotFound(err) {
		return nil
	}
	return err
}

// Realms returns the names of all realms, sorted.
func (s *Server) Realms(ctx context.Context) ([]string, error) {
	var realms []struct {
		Realm string `json:"realm"`
	}
	if _, err := s.admin.Do(ctx, http.MethodGet, Path()+"?briefRepresentation=true", nil, &realms); err != nil {
		return nil, err
	}
	return sortedNames(realms, func(r struct {
		Realm string `json:"realm"`
	},
	) string {
		return r.Realm
	}), nil
}

func isNotFound(err error) bool {
	var status *StatusError
	return errors.As(err, &status) && status.Status == http.StatusNotFound
}

func sortedNames[E any](all []E, name func(E) string) []string {
	names := make([]string, 0, len(all))
	for _, e := range all {
		names = append(names, name(e))
	}
	slices.Sort(names)
	return names
}

// Do sends one admin request below the realm. Segments are escaped, a query such as
// "first=0&max=10" is not. The other methods use it. Goroutines of a test use it too, because it
// returns an error.
func (r *Realm) Do(ctx context.Context, method string, in, out any, segments ...string) error {
	_, err := r.Server.admin.Do(ctx, method, r.path(segments...), in, out)
	return err
}

func (r *Realm) path(segments ...string) string {
	return Path(append([]string{r.Name}, segments...)...)
}

func (r *Realm) must(t T, method string, in, out any, segments ...string) {
	t.Helper()
	if err := r.Do(t.Context(), method, in, out, segments...); err != nil {
		t.Fatalf("%v", err)
	}
}

// Create posts an object and returns its ID, or an error as Do does.
func (r *Realm) Create(ctx context.Context, in any, segments ...string) (id string, err error) {
	header, err := r.Server.admin.Do(ctx, http.MethodPost, r.path(segments...), in, nil)
	if err != nil {
		return "", err
	}
	if id = lastSegment(header); id == "" {
		return "", fmt.Errorf("POST %s returns no Location", r.path(segments...))
	}
	return id, nil
}

// create is Create for a test.
func (r *Realm) create(t T, in any, segments ...string) string {
	t.Helper()
	id, err := r.Create(t.Context(), in, segments...)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return id
}

// update reads a representation, lays changes over it, and writes it back.
func (r *Realm) update(t T, changes map[string]any, segments ...string) {
	t.Helper()
	var live map[string]any
	r.must(t, http.MethodGet, nil, &live, segments...)
	for name, value := range changes {
		live[name] = value
	}
	r.must(t, http.MethodPut, live, nil, segments...)
}

// Update lays changes over the realm itself, as in {"enabled": false}.
func (r *Realm) Update(t T, changes map[string]any) {
	t.Helper()
	r.must(t, http.MethodPut, changes, nil)
}

// Export returns the representation of the realm with its clients, groups and roles. An
// import of it creates a realm with the same IDs. Users and secrets are missing.
func (r *Realm) Export(t T) map[string]any {
	t.Helper()
	var realm map[string]any
	path := r.path("partial-export") + "?exportClients=true&exportGroupsAndRoles=true"
	if _, err := r.Server.admin.Do(t.Context(), http.MethodPost, path, nil, &realm); err != nil {
		t.Fatalf("%v", err)
	}
	return realm
}

// Delete deletes the realm before the test ends.
func (r *Realm) Delete(t T) {
	t.Helper()
	r.must(t, http.MethodDelete, nil, nil)
}
