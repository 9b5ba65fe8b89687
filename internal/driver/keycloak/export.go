package keycloak

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// doubtful returns the IDs of scopes without role mappings that a configuration limited:
// they were opened outside Terraform, or the export is not consistent.
func (current reading) doubtful() []string {
	var ids []string
	for _, s := range current.scopes {
		if current.isDoubtful(s) {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// isDoubtful reports whether a scope has no role mapping although its configuration
// limits it.
func (current reading) isDoubtful(s scopeRep) bool {
	return current.isUnmapped(s) && s.Attributes[attrAccess] == string(authz.AccessUserTypes)
}

// isUnmapped reports whether tokens can have the scope and no role mapping of it was read.
func (current reading) isUnmapped(s scopeRep) bool {
	m := current.mapped[s.Name]
	return s.issued() && !current.unread[s.ID] && len(m.realm)+len(m.client) == 0
}

// unmappedAgain reports whether each doubtful scope was doubtful in the export before.
func (current reading) unmappedAgain(before []string) bool {
	known := make(map[string]bool, len(before))
	for _, id := range before {
		known[id] = true
	}
	return !slices.ContainsFunc(current.doubtful(), func(id string) bool { return !known[id] })
}

// partialExport takes an export of the realm, which changes nothing though it is a
// POST, into out; name is the place in out of the name of the realm. After a timeout it is not
// sent again, because Keycloak works on each to its end.
// https://www.keycloak.org/docs-api/latest/rest-api/index.html#_realms_admin
func (r realm) partialExport(ctx context.Context, op, needs string, clients bool, out any, name *string) error {
	c := &call{op: op, realm: r.name, needs: needs, private: true}
	address := withQuery(r.url("partial-export"), map[string]string{"exportClients": strconv.FormatBool(clients), "exportGroupsAndRoles": "false"})
	_, err := httpapi.Do(httpapi.SlowRead(ctx), r.d.client, r.d.request(c, http.MethodPost, address, nil), out)
	switch {
	case err != nil || *name == "" || *name == r.name:
		return err
	case strings.EqualFold(*name, r.name): // a database that ignores case
		return authz.Advise(authz.Invalid, op, fmt.Sprintf("Set the realm to %q. Names are case-sensitive.", *name),
			"there is no realm %q, but a realm whose name differs in upper and lower case", r.name)
	}
	return authz.Advise(authz.Unavailable, op, adviceAddress, "the response is of realm %q", *name)
}

// cannotExport reports whether the caller may not export the realm, or Keycloak cannot in
// time.
func cannotExport(err error) bool { return hasStatus(err, http.StatusForbidden) || timedOut(err) }

// fromExport returns the scopes of an export. dangling is true if a role mapping names a scope
// that is not listed.
func (r realm) fromExport(out exportRep) (current reading, dangling bool, err error) {
	if current, err = newReading(r.opRead(), out.ClientScopes, out.DefaultDefaultClientScopes, out.DefaultOptionalClientScopes); err != nil {
		return current, false, err
	}
	if out.DefaultRole.ID != "" {
		r.state.recordRealm([]roleRep{out.DefaultRole})
		r.state.recordPermissions(out.FineGrained, out.DefaultRole)
		current.defaults = &userDefaults{role: out.DefaultRole, groups: out.DefaultGroups, complete: true}
	}
	listed := map[string]bool{}
	for _, s := range out.ClientScopes {
		listed[s.Name] = true
	}
	add := func(m exportMapping, roles func(*mapped, string)) {
		if m.ClientScope == "" {
			return
		}
		dangling = dangling || !listed[m.ClientScope]
		entry := current.mapped[m.ClientScope]
		for _, role := range m.Roles {
			roles(&entry, role)
		}
		current.mapped[m.ClientScope] = entry
	}
	for _, m := range out.ScopeMappings {
		add(m, func(entry *mapped, role string) { entry.realm = append(entry.realm, role) })
	}
	for client, mappings := range out.ClientScopeMappings {
		for _, m := range mappings {
			if m.ClientScope != "" {
				current.clients[client] = true
			}
			add(m, func(entry *mapped, role string) {
				entry.client = append(entry.client, authz.ClientRoleName(client, role))
			})
		}
	}
	return current, dangling, nil
}
