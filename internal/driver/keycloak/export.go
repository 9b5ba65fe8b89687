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
func (is reading) doubtful() []string {
	var ids []string
	for _, s := range is.scopes {
		if is.isDoubtful(s) {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// isDoubtful reports whether a scope has no role mapping although its configuration
// limits it.
func (is reading) isDoubtful(s scopeRep) bool {
	return is.isBare(s) && s.Attributes[attrAccess] == string(authz.AccessUserTypes)
}

// isBare reports whether tokens can have the scope and no role mapping of it was read.
func (is reading) isBare(s scopeRep) bool {
	m := is.mapped[s.Name]
	return s.issued() && !is.unread[s.ID] && len(m.realm)+len(m.client) == 0
}

// bareAgain reports whether each doubtful scope was doubtful in the export before.
func (is reading) bareAgain(before []string) bool {
	known := make(map[string]bool, len(before))
	for _, id := range before {
		known[id] = true
	}
	return !slices.ContainsFunc(is.doubtful(), func(id string) bool { return !known[id] })
}

// partialExport takes an export of the realm, which changes nothing though it is a
// POST, into out; of is where that has the name of the realm. After a timeout it is not
// sent again, because Keycloak works on each to its end.
// https://www.keycloak.org/docs-api/latest/rest-api/index.html#_realms_admin
func (r realm) partialExport(ctx context.Context, op, needs string, clients bool, out any, of *string) error {
	c := &call{op: op, realm: r.name, needs: needs, private: true}
	address := withQuery(r.url("partial-export"), map[string]string{"exportClients": strconv.FormatBool(clients), "exportGroupsAndRoles": "false"})
	_, err := r.d.send(httpapi.SlowRead(ctx), r.d.client, c, httpapi.Call{Method: http.MethodPost, URL: address}, out)
	switch {
	case err != nil || *of == "" || *of == r.name:
		return err
	case strings.EqualFold(*of, r.name): // a database that ignores case
		return authz.Advise(authz.Invalid, op, fmt.Sprintf("Write the realm as Keycloak does: %q.", *of),
			"there is no realm %q, but one that differs in upper and lower case", r.name)
	}
	return authz.Advise(authz.Unavailable, op, adviceAddress, "the response is of realm %q", *of)
}

// cannotExport reports whether the caller may not export the realm, or Keycloak cannot in
// time.
func cannotExport(err error) bool { return hasStatus(err, http.StatusForbidden) || timedOut(err) }

// export reads everything by one request. dangling is true if a role mapping names a scope
// that is not listed.
func (r realm) export(ctx context.Context) (is reading, dangling bool, err error) {
	var out exportRep
	if err := r.partialExport(ctx, r.opRead(), needManageRealm, false, &out, &out.Realm); err != nil {
		return is, false, err
	}
	if is, err = newReading(r.opRead(), out.ClientScopes, out.DefaultDefaultClientScopes, out.DefaultOptionalClientScopes); err != nil {
		return is, false, err
	}
	if out.DefaultRole.ID != "" {
		r.state.sawRealm([]roleRep{out.DefaultRole})
		r.state.sawPermissions(out.FineGrained, out.DefaultRole)
		is.defaults = &userDefaults{role: out.DefaultRole, groups: out.DefaultGroups, complete: true}
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
		to := is.mapped[m.ClientScope]
		for _, role := range m.Roles {
			roles(&to, role)
		}
		is.mapped[m.ClientScope] = to
	}
	for _, m := range out.ScopeMappings {
		add(m, func(to *mapped, role string) { to.realm = append(to.realm, role) })
	}
	for client, mappings := range out.ClientScopeMappings {
		for _, m := range mappings {
			if m.ClientScope != "" {
				is.clients[client] = true
			}
			add(m, func(to *mapped, role string) { to.client = append(to.client, authz.ClientRoleName(client, role)) })
		}
	}
	return is, dangling, nil
}
