package matrix

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/markdown"
)

// Kinds of scopes of a client.
const (
	ClientDefault  = "default"
	ClientOptional = "optional"
)

// ClientsOf returns the clients that have a scope, and how: in every token (default) or on
// request (optional).
func (m Matrix) ClientsOf(scope string) map[string]string { return m.clients[scope] }

// clientsTable lists the clients of each scope.
func (m Matrix) clientsTable() markdown.Table {
	t := markdown.Table{Title: "Clients with the scopes", Header: []string{"Scope", "Default", "Optional"}}
	for _, r := range m.Rows {
		if len(m.clients[r.Scope]) > 0 {
			t.Add(markdown.Code(r.Scope), markdown.Codes(m.clientsWith(r.Scope, ClientDefault)), markdown.Codes(m.clientsWith(r.Scope, ClientOptional)))
		}
	}
	return t
}

func (m Matrix) clientsWith(scope, kind string) []string {
	var names []string
	for _, clientID := range slices.Sorted(maps.Keys(m.clients[scope])) {
		if m.clients[scope][clientID] == kind {
			names = append(names, clientID)
		}
	}
	return names
}

// clientsCell lists the clients of a scope for CSV: `web (default) shop (optional)`.
func (m Matrix) clientsCell(scope string) string {
	var parts []string
	for _, clientID := range slices.Sorted(maps.Keys(m.clients[scope])) {
		parts = append(parts, clientID+" ("+m.clients[scope][clientID]+")")
	}
	return strings.Join(parts, " ")
}

// membersTable lists the members of each user type.
func (m Matrix) membersTable() markdown.Table {
	t := markdown.Table{Title: "Groups and service accounts with these user types", Header: []string{"User type", "Groups", "Service accounts", "Complete"}}
	for _, name := range m.UserTypes {
		is := m.Members[name]
		if len(is.Groups)+len(is.ServiceAccounts) == 0 && !is.Cut {
			continue
		}
		complete := ""
		if is.Cut {
			complete = "no"
		}
		t.Add(markdown.Code(name), markdown.Codes(is.Groups), markdown.Codes(is.ServiceAccounts), complete)
	}
	return t
}

// AddGaps adds parts of the server that could not be read.
func (m *Matrix) AddGaps(gaps ...authz.Gap) {
	m.NotChecked = authz.SortGaps(append(m.NotChecked, gaps...))
}

// AddMembers adds the groups and service accounts of a user type. Those that are not named
// are a gap.
func (m *Matrix) AddMembers(userType string, members authz.Members) {
	if m.Members == nil {
		m.Members = map[string]authz.Members{}
	}
	m.Members[userType] = members
	if members.Cut {
		m.AddGaps(authz.Gap{
			Subject: fmt.Sprintf("further groups and service accounts that have user type %q", userType),
			Effect: fmt.Sprintf("They get the scopes of the user type. At most %d groups and %d service accounts of a user type are named, "+
				"and %d of its users are searched for service accounts.",
				authz.MaxMembers, authz.MaxMembers, authz.MaxSearchedUsers),
		})
	}
}
