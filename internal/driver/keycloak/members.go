package keycloak

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// serviceAccountPrefix begins the name of the user of a service account. Keycloak appends
// the client ID.
const serviceAccountPrefix = "service-account-"

// maxMemberPages bounds the pages of users that are searched for service accounts:
// Keycloak has no listing of the service accounts alone.
const maxMemberPages = authz.MaxSearchedUsers / authz.MaxMembers

// ListMembers implements authz.MemberLister.
// https://www.keycloak.org/docs-api/latest/rest-api/index.html#_roles
func (d *Driver) ListMembers(ctx context.Context, serverID, userType string, groups, serviceAccounts bool) (m authz.Members, gap *authz.Gap, err error) {
	r, err := d.realm(serverID)
	if err != nil {
		return m, nil, err
	}
	role, err := r.memberPath(ctx, userType)
	if err == nil && role != nil && groups {
		err = r.addGroups(ctx, role, &m)
	}
	if err == nil && role != nil && serviceAccounts {
		err = r.addServiceAccounts(ctx, role, &m)
	}
	unseen := len(m.Groups)+len(m.ServiceAccounts) == 0 && r.hidesUsers()
	if hasStatus(err, 403) || err == nil && unseen {
		g := r.gap("groups and service accounts that have user types", "They get the scopes of their user types.", needViewUsers, false)
		return authz.Members{}, &g, nil
	}
	return m, nil, err
}

// memberPath returns the address of a role by name, or nil if its client does not exist.
func (r realm) memberPath(ctx context.Context, userType string) ([]string, error) {
	clientID, name := authz.SplitRoleName(userType)
	if clientID == "" {
		return []string{"roles", name}, nil
	}
	client, err := r.client(ctx, clientID)
	if authz.IsNotFound(err) {
		return nil, nil
	}
	return []string{"clients", client.ID, "roles", name}, err
}

// membersOf reads one page of the users or groups of a role. The name of a role can be
// spelled in two ways.
func (r realm) membersOf(ctx context.Context, role []string, kind string, first, limit int) (page []holderRep, err error) {
	last := len(role) - 1
	for _, spelling := range spellings(role[last]) {
		c := &call{op: "read who has role " + strconv.Quote(role[last]), needs: needViewUsers, private: true}
		query := map[string]string{"first": strconv.Itoa(first), "max": strconv.Itoa(limit), "briefRepresentation": "true"}
		page, err = get[[]holderRep](ctx, r, c, query, slices.Concat(role[:last], []string{spelling, kind})...)
		if !authz.IsNotFound(err) {
			return page, err
		}
	}
	return nil, nil
}

func (r realm) addGroups(ctx context.Context, role []string, m *authz.Members) error {
	page, err := r.membersOf(ctx, role, "groups", 0, authz.MaxMembers+1)
	for _, g := range page {
		m.Groups = append(m.Groups, g.name())
	}
	m.Groups, m.Cut = cutMembers(m.Groups, m.Cut)
	return err
}

func (r realm) addServiceAccounts(ctx context.Context, role []string, m *authz.Members) error {
	for n := range maxMemberPages {
		page, err := r.membersOf(ctx, role, "users", n*authz.MaxMembers, authz.MaxMembers)
		if err != nil {
			return err
		}
		for _, u := range page {
			if clientID, current := strings.CutPrefix(nfc(u.Username), serviceAccountPrefix); current {
				m.ServiceAccounts = append(m.ServiceAccounts, clientID)
			}
		}
		if len(page) < authz.MaxMembers {
			break
		}
		if n == maxMemberPages-1 || len(m.ServiceAccounts) > authz.MaxMembers {
			m.Cut = true
			break
		}
	}
	m.ServiceAccounts, m.Cut = cutMembers(m.ServiceAccounts, m.Cut)
	return nil
}

func cutMembers(names []string, cut bool) ([]string, bool) {
	names = authz.NameSet(names...)
	if len(names) > authz.MaxMembers {
		return names[:authz.MaxMembers], true
	}
	return names, cut
}

var _ authz.MemberLister = (*Driver)(nil)
