package keycloak

import (
	"context"
	"fmt"
	"slices"

	"github.com/Nerzal/gocloak/v13"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// clientRep is what is read of a client; its secret is left where it is.
type clientRep struct {
	ID       string          `json:"id"`
	ClientID string          `json:"clientId"`
	Protocol string          `json:"protocol"` // openid-connect where it is empty
	Access   map[string]bool `json:"access"`
	// Names of its scopes; nil where they may not be read.
	Defaults  []string `json:"defaultClientScopes"`
	Optionals []string `json:"optionalClientScopes"`
}

const adviceClient = "Set client_id to the client's own id (Clients > Settings > Client ID): upper and lower case differ, " +
	"and the UUID in the address of its page is another one."

func opClient(clientID string) string { return fmt.Sprintf("read the scopes of client %q", clientID) }

// client finds a client by its client id.
// https://www.keycloak.org/docs-api/latest/rest-api/index.html#_clients
func (r realm) client(ctx context.Context, clientID string) (clientRep, error) {
	op := opClient(clientID)
	if clientID == "" {
		return clientRep{}, invalid(op, "Name the client.", "the client id is empty")
	}
	client, found, err := r.visibleClient(ctx, op, clientID)
	if err != nil || found {
		return client, err
	}
	// With query-clients alone the listing leaves out what may not be viewed.
	if _, found, err = r.visibleClient(ctx, op, r.everywhere()); err != nil {
		return client, err
	}
	if !found {
		return client, r.noView(op, fmt.Sprintf("client %q is not listed, but there is no right to view all clients: that is not \"absent\"", clientID))
	}
	return client, authz.Advise(authz.NotFound, op, adviceClient, "there is no client with the client id %q in realm %q", clientID, r.name)
}

// everywhere is a client that is in every realm: where it cannot be seen, that
// another one cannot tells nothing.
func (r realm) everywhere() string {
	if r.name == "master" {
		return "master-realm"
	}
	return "realm-management"
}

func (r realm) visibleClient(ctx context.Context, op, clientID string) (clientRep, bool, error) {
	listed, err := get[[]clientRep](ctx, r, &call{op: op, needs: needViewClients}, map[string]string{"clientId": clientID}, "clients")
	i := slices.IndexFunc(listed, func(c clientRep) bool { return c.ClientID == clientID && c.ID != "" })
	if err != nil || i < 0 {
		return clientRep{}, false, err
	}
	return listed[i], true, nil
}

func (r realm) noView(op, text string) error {
	e := authz.Errorf(authz.Denied, op, "%s", text)
	e.Advice = r.d.missingRole(&call{realm: r.name, needs: needViewClients})
	return e
}

// ReadClientScopes implements authz.ClientScopes.
func (d *Driver) ReadClientScopes(ctx context.Context, serverID, clientID string) (authz.ClientScopeSet, error) {
	r, err := d.realm(serverID)
	if err != nil {
		return authz.ClientScopeSet{ClientID: clientID}, err
	}
	client, err := r.client(ctx, clientID)
	if err != nil {
		return authz.ClientScopeSet{ClientID: clientID}, err
	}
	set, err := r.readClient(ctx, client)
	// From 26.8 on both are empty where the right to view the client is missing.
	if err == nil && len(set.Default)+len(set.Optional) == 0 && !client.Access["view"] {
		return set, r.noView(opClient(clientID), "its listings are empty, and there is no right to view the client: that is not \"none\"")
	}
	return set, err
}

// readClient reads the scopes of one client by its UUID.
func (r realm) readClient(ctx context.Context, client clientRep) (authz.ClientScopeSet, error) {
	set := authz.ClientScopeSet{ClientID: client.ClientID}
	for kind, to := range map[string]*[]authz.Scope{"default-client-scopes": &set.Default, "optional-client-scopes": &set.Optional} {
		c := &call{op: opClient(client.ClientID), needs: needViewClients}
		reps, err := get[[]scopeRep](ctx, r, c, nil, "clients", client.ID, kind)
		if err != nil {
			return authz.ClientScopeSet{ClientID: client.ClientID}, err
		}
		for _, s := range reps {
			*to = append(*to, clientScope(s))
		}
		slices.SortFunc(*to, authz.ByName)
	}
	return set, nil
}

func clientScope(s scopeRep) authz.Scope {
	return authz.Scope{Name: s.Name, ID: s.ID, BuiltIn: builtIn(s.Name)}
}

// ChangeClientScopes implements authz.ClientScopes. A scope that becomes
// optional, or default, is first taken off: a PUT of the other kind answers 204
// and changes nothing. A DELETE takes the scope off whichever kind it is.
func (d *Driver) ChangeClientScopes(ctx context.Context, serverID string, live, want authz.ClientScopeSet) error {
	r, err := d.realm(serverID)
	if err != nil {
		return err
	}
	op := fmt.Sprintf("change the scopes of client %q", want.ClientID)
	client, err := r.client(ctx, want.ClientID)
	if err != nil {
		return err
	}
	type change struct {
		scope    authz.Scope
		was, now string
	}
	changes := map[string]change{}
	note := func(scopes []authz.Scope, set func(*change)) {
		for _, s := range scopes {
			c := changes[s.Name]
			c.scope = s
			set(&c)
			changes[s.Name] = c
		}
	}
	note(live.Default, func(c *change) { c.was = "default" })
	note(live.Optional, func(c *change) { c.was = "optional" })
	note(want.Default, func(c *change) { c.now = "default" })
	note(want.Optional, func(c *change) { c.now = "optional" })
	var all []change
	for _, c := range changes {
		if c.was != c.now {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b change) int { return authz.ByName(a.scope, b.scope) })
	return each(all, func(c change) error {
		if c.was != "" {
			if err := r.writeClient(ctx, op, "DELETE", client.ID, c.was, c.scope); err != nil && !authz.IsNotFound(err) {
				return err
			}
		}
		if c.now == "" {
			return nil
		}
		err := r.writeClient(ctx, op, "PUT", client.ID, c.now, c.scope)
		if authz.IsNotFound(err) {
			return authz.Errorf(authz.Conflict, op, "scope %q, or the client, was deleted meanwhile", c.scope.Name)
		}
		return err
	})
}

func (r realm) writeClient(ctx context.Context, op, method, client, kind string, s authz.Scope) error {
	return r.write(ctx, &call{op: op, needs: needManageClients}, func(ctx context.Context, g *gocloak.GoCloak, _ string) error {
		_, err := g.GetRequestWithBearerAuth(ctx, "").Execute(method, r.url("clients", client, kind+"-client-scopes", s.ID))
		return err
	})
}
