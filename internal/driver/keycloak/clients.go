package keycloak

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// clientRep has the decoded members of a client, without its secret.
type clientRep struct {
	ID       string          `json:"id"`
	ClientID string          `json:"clientId"`
	Protocol string          `json:"protocol"` // openid-connect if it is empty
	Access   map[string]bool `json:"access"`
	// Names of its scopes; nil if the caller may not read them.
	Defaults  []string `json:"defaultClientScopes"`
	Optionals []string `json:"optionalClientScopes"`
}

const adviceClient = authz.ReasonKeycloakClient

func opClient(clientID string) string { return fmt.Sprintf("read the scopes of client %q", clientID) }

func opChangeClient(clientID string) string {
	return fmt.Sprintf("change the scopes of client %q", clientID)
}

// client finds a client by its client id.
// https://www.keycloak.org/docs-api/latest/rest-api/index.html#_clients
func (r realm) client(ctx context.Context, clientID string) (clientRep, error) {
	op := opClient(clientID)
	if clientID == "" {
		return clientRep{}, invalid(op, adviceClient, "the client ID is empty")
	}
	// With query-clients alone the listing omits clients that the caller may not view. So a client
	// is missing only if the one that every realm has is listed, and it is not.
	names := append(spellings(clientID), r.wellKnownClientID())
	for i, name := range names {
		listed, err := get[[]clientRep](ctx, r, &call{op: op, needs: needViewClients}, map[string]string{"clientId": name}, "clients")
		if err != nil {
			return clientRep{}, err
		}
		found := slices.IndexFunc(listed, func(c clientRep) bool { return c.ClientID == name && c.ID != "" })
		switch last := i == len(names)-1; {
		case found >= 0 && !last:
			return listed[found], nil
		case found < 0 && last:
			return clientRep{}, r.denyView(op,
				fmt.Sprintf("client %q is not listed, but it can exist, because the identity may not view all clients", clientID))
		}
	}
	if err := r.checkNotHidden(ctx, op, clientID); err != nil {
		return clientRep{}, err
	}
	return clientRep{}, r.noClient(op, clientID)
}

func (r realm) noClient(op, clientID string) error {
	return authz.Advise(authz.NotFound, op, adviceClient, "there is no client with the client ID %q in realm %q", clientID, r.name)
}

// checkNotHidden returns Denied unless a client that is not listed is missing. A
// fine-grained permission of its own can hide a client from a caller who may view all
// other clients. The role view-clients shows all of them, and so does an export.
func (r realm) checkNotHidden(ctx context.Context, op, clientID string) error {
	if whole, err := r.seesAll(ctx, op, viewClients...); err != nil || whole {
		return err
	}
	current, err := r.exportClients(ctx, op)
	switch {
	case err != nil:
		return err
	case current.Clients == nil:
		return r.denyView(op, fmt.Sprintf("client %q is not listed, but it can exist, because a fine-grained permission may hide it", clientID))
	case slices.ContainsFunc(current.Clients, func(c clientRep) bool { return nfc(c.ClientID) == nfc(clientID) }):
		return r.denyView(op, fmt.Sprintf("client %q is not listed, because a fine-grained permission hides it", clientID))
	}
	return nil
}

// wellKnownClientID returns a client that exists in every realm. If it is not visible, a
// client that is not visible either may exist.
func (r realm) wellKnownClientID() string {
	if r.name == "master" {
		return "master-realm"
	}
	return "realm-management"
}

// listsClient reports whether Keycloak lists a client that was read before.
func (r realm) listsClient(ctx context.Context, op string, client clientRep) (bool, error) {
	listed, err := get[[]clientRep](ctx, r, &call{op: op, needs: needViewClients}, map[string]string{"clientId": client.ClientID}, "clients")
	return slices.ContainsFunc(listed, func(c clientRep) bool { return c.ClientID == client.ClientID && c.ID != "" }), err
}

func (r realm) denyView(op, text string) error {
	e := authz.Errorf(authz.Denied, op, "%s", text)
	e.Advice = r.d.missingRole(&call{realm: r.name, needs: needViewClients})
	return e
}

// ReadClientScopes implements authz.ClientScopes, by one request: a client names
// its scopes without their ids.
func (d *Driver) ReadClientScopes(ctx context.Context, serverID, clientID string) (authz.ClientScopeSet, error) {
	r, err := d.realm(serverID)
	if err != nil {
		return authz.ClientScopeSet{ClientID: clientID}, err
	}
	client, err := r.client(ctx, clientID)
	if err != nil {
		return authz.ClientScopeSet{ClientID: clientID}, err
	}
	if client.hidden() {
		return authz.ClientScopeSet{ClientID: clientID},
			r.denyView(opClient(clientID), "the list of its scopes is empty, because the identity may not view the client")
	}
	if client.empty() {
		if _, err := r.allScopes(ctx, opClient(clientID)); err != nil {
			return authz.ClientScopeSet{ClientID: clientID}, err
		}
	}
	return client.set(), nil
}

// empty reports whether a client shows no scopes at all.
func (c clientRep) empty() bool { return len(c.Defaults)+len(c.Optionals) == 0 }

// allScopes lists the client scopes. The error is Denied if none is listed: every realm has some, so
// the caller may not view them. From Keycloak 26.8 on, every client then shows none either, also
// to a caller who may view the client.
func (r realm) allScopes(ctx context.Context, op string) ([]scopeRep, error) {
	all, err := get[[]scopeRep](ctx, r, &call{op: op, needs: needViewClients}, nil, "client-scopes")
	if err == nil && len(all) == 0 {
		err = r.denyView(op, "no client scope is listed, although every realm has some: the identity may not view them")
	}
	return all, err
}

// hidden reports whether a listed client lacks its scopes. From version 26.8 on, both lists
// are empty if the caller may not view the client.
func (c clientRep) hidden() bool {
	return c.Defaults == nil || c.Optionals == nil || c.Access != nil && !c.Access["view"]
}

// set returns the scopes that the client may request.
func (c clientRep) set() authz.ClientScopeSet {
	named := func(names []string) (scopes []authz.Scope) {
		for _, name := range authz.NameSet(normalized(names, scopeName)...) {
			scopes = append(scopes, authz.Scope{Name: name, BuiltIn: builtIn(name)})
		}
		return scopes
	}
	return authz.ClientScopeSet{
		ClientID: nfc(c.ClientID), Default: named(c.Defaults), Optional: named(c.Optionals), Unassignable: c.unassignable(opChangeClient(c.ClientID)),
	}
}

// unassignable returns an error for a client of another protocol, such as SAML: Keycloak returns 204
// when it gets a scope of OpenID Connect, and changes nothing.
func (c clientRep) unassignable(op string) error {
	if c.Protocol == "" || c.Protocol == protocolOIDC {
		return nil
	}
	return invalid(op, authz.ReasonKeycloakClientProtocol,
		"client %q has the protocol %q, and only OpenID Connect clients have these scopes", c.ClientID, c.Protocol)
}

// ChangeClientScopes implements authz.ClientScopes. A scope that becomes optional, or
// default, is unassigned first: a PUT of the other kind returns 204 and changes nothing. A
// DELETE unassigns the scope, whichever kind it is. No scope is assigned before it is
// limited, or known to be open on purpose.
func (d *Driver) ChangeClientScopes(ctx context.Context, serverID string, live, want authz.ClientScopeSet) error {
	r, err := d.realm(serverID)
	if err != nil {
		return err
	}
	op := opChangeClient(want.ClientID)
	client, err := r.client(ctx, want.ClientID)
	if err != nil {
		return err
	}
	if err := client.unassignable(op); err != nil {
		return err
	}
	all := clientChanges(live, want)
	if all, err = r.identify(ctx, op, client, all); err != nil {
		return err
	}
	return each(ctx, r.d.atOnce, all, func(c clientChange) error {
		if c.after != "" {
			err := r.ensureLimited(ctx, op, c.scope)
			if authz.IsNotFound(err) {
				return authz.Errorf(authz.Conflict, op, "scope %q was deleted in the meantime", c.scope.Name)
			}
			if err != nil {
				return err
			}
		}
		if c.before != "" {
			switch err := r.writeClient(ctx, op, "DELETE", client.ID, c.before, c.scope); {
			case authz.IsNotFound(err) && c.after == "":
				return r.rejectUnassigned(ctx, op, want.ClientID, c.scope.Name)
			case err != nil && !authz.IsNotFound(err):
				return err
			}
		}
		if c.after == "" {
			return nil
		}
		err := r.writeClient(ctx, op, "PUT", client.ID, c.after, c.scope)
		if authz.IsNotFound(err) {
			return authz.Errorf(authz.Conflict, op, "scope %q, or the client, was deleted in the meantime", c.scope.Name)
		}
		return err
	})
}

// rejectUnassigned returns an error if a client has a scope that could not be unassigned
// because it does not exist: the client has another scope of the same name.
func (r realm) rejectUnassigned(ctx context.Context, op, clientID, name string) error {
	client, err := r.client(ctx, clientID)
	switch {
	case authz.IsNotFound(err): // the client was deleted, with its assignments
		return nil
	case err == nil && (client.hidden() || slices.Contains(normalized(slices.Concat(client.Defaults, client.Optionals), scopeName), name)):
		return authz.Errorf(authz.Conflict, op, "scope %q was recreated in the meantime", name)
	}
	return err
}

// clientChange is one scope that is assigned, unassigned or moved between the lists.
type clientChange struct {
	scope         authz.Scope
	before, after string // default, optional, or "" if it is not assigned
}

// clientChanges returns the changes from live to want, sorted by name.
func clientChanges(live, want authz.ClientScopeSet) []clientChange {
	changes := map[string]clientChange{}
	note := func(scopes []authz.Scope, set func(*clientChange)) {
		for _, s := range scopes {
			c := changes[s.Name]
			s.ID = cmp.Or(s.ID, c.scope.ID)
			c.scope = s
			set(&c)
			changes[s.Name] = c
		}
	}
	note(live.Default, func(c *clientChange) { c.before = "default" })
	note(live.Optional, func(c *clientChange) { c.before = "optional" })
	note(want.Default, func(c *clientChange) { c.after = "default" })
	note(want.Optional, func(c *clientChange) { c.after = "optional" })
	var all []clientChange
	for _, c := range changes {
		if c.before != c.after {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b clientChange) int { return authz.ByName(a.scope, b.scope) })
	return all
}

// identify sets the IDs of scopes, which a client does not have. It returns the changes
// without the scopes to unassign that the client no longer has.
func (r realm) identify(ctx context.Context, op string, client clientRep, changes []clientChange) ([]clientChange, error) {
	if !slices.ContainsFunc(changes, func(c clientChange) bool { return c.scope.ID == "" }) {
		return changes, nil
	}
	scopes, err := r.allScopes(ctx, op)
	if err != nil {
		return nil, err
	}
	has := normalized(slices.Concat(client.Defaults, client.Optionals), scopeName)
	shown := shownNames(scopeNames(scopes), scopeName)
	ids := make(map[string]string, len(scopes))
	for _, s := range scopes {
		ids[shown[s.Name]] = s.ID
	}
	var exist []clientChange
	for _, c := range changes {
		c.scope.ID = cmp.Or(c.scope.ID, ids[c.scope.Name])
		switch {
		case c.scope.ID != "":
			exist = append(exist, c)
		case c.after != "" || client.hidden() || slices.Contains(has, c.scope.Name):
			return nil, authz.Errorf(authz.Conflict, op, "scope %q was deleted or renamed in the meantime", c.scope.Name)
		}
	}
	return exist, nil
}

func (r realm) writeClient(ctx context.Context, op, method, client, kind string, s authz.Scope) error {
	_, err := r.change(ctx, &call{op: op, needs: needManageClients}, method, nil, "clients", client, kind+"-client-scopes", s.ID)
	return err
}
