package keycloak

import (
	"fmt"
	"net/http"
	"slices"
)

// Large says how many objects a large realm has besides those of every realm.
type Large struct {
	Clients    int // client-00000 and so on
	Roles      int // role-00000 and so on
	Composites int // composite-00000 and so on, each with one of the roles in it
}

// importSize is how many objects one import has: Keycloak takes longer for each object
// the more objects a request has.
const importSize = 200

// NewLargeRealm creates a realm for the test with many objects.
func (s *Server) NewLargeRealm(t T, large Large) *Realm {
	t.Helper()
	r := s.NewOrdinaryRealm(t)
	r.importMany(t, large.Clients, func(i int) map[string]any {
		return map[string]any{"clientId": fmt.Sprintf("client-%05d", i), "publicClient": true}
	}, func(clients []map[string]any) map[string]any { return map[string]any{"clients": clients} })
	realmRoles := func(roles []map[string]any) map[string]any {
		return map[string]any{"roles": map[string]any{"realm": roles}}
	}
	role := func(i int) string { return fmt.Sprintf("role-%05d", i) }
	r.importMany(t, large.Roles, func(i int) map[string]any { return map[string]any{"name": role(i)} }, realmRoles)
	r.importMany(t, large.Composites, func(i int) map[string]any {
		inside := map[string]any{"realm": []string{role(i % max(large.Roles, 1))}}
		return map[string]any{"name": fmt.Sprintf("composite-%05d", i), "composite": true, "composites": inside}
	}, realmRoles)
	return r
}

func (r *Realm) importMany(t T, n int, object func(int) map[string]any, of func([]map[string]any) map[string]any) {
	t.Helper()
	var all []map[string]any
	for i := range n {
		all = append(all, object(i))
	}
	for some := range slices.Chunk(all, importSize) {
		in := of(some)
		in["ifResourceExists"] = "FAIL"
		r.must(t, http.MethodPost, in, nil, "partialImport")
	}
}

// ClearCache makes the server read the realm from its database again.
func (r *Realm) ClearCache(t T) {
	t.Helper()
	r.must(t, http.MethodPost, nil, nil, "clear-realm-cache")
}
