package keycloak

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// accessClaims are the claims of an access token that name the roles of its identity.
type accessClaims struct {
	jwt.RegisteredClaims
	ResourceAccess map[string]struct {
		Roles []string `json:"roles"`
	} `json:"resource_access"`
}

// claimsOf returns the claims of an access token, none if it is opaque. The signature
// is unverified: the claims only decide whether an object that is not listed is
// missing, and the server decides what is listed.
func claimsOf(token string) *accessClaims {
	var claims accessClaims
	if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err != nil {
		return &accessClaims{}
	}
	return &claims
}

// hasRole reports whether the access token names one of the admin roles of the realm.
// Such a role shows all objects of its kind. A token without roles proves nothing: it
// may be a lightweight token, and fine-grained permissions are not in a token.
// https://www.keycloak.org/docs/latest/server_admin/#_fine_grained_permissions
func (r realm) hasRole(anyOf ...string) bool {
	return slices.ContainsFunc(r.tokenRoles(), func(role string) bool { return slices.Contains(anyOf, role) })
}

// hidesUsers reports whether newer versions return an empty list of users instead of 403:
// with query-users and without view-users.
func (r realm) hidesUsers() bool { return r.hasRole("query-users") && !r.hasRole(viewUsers...) }

// SnapshotCostFixed reports whether the identity may export the realm. A token without
// roles may be a lightweight token: only one that names other admin roles says no.
func (d *Driver) SnapshotCostFixed(serverID string) bool {
	r, err := d.realm(serverID)
	return err == nil && (len(r.tokenRoles()) == 0 || r.hasRole("manage-realm"))
}

// tokenRoles returns the admin roles of the realm that the access token names.
func (r realm) tokenRoles() []string {
	claims := r.d.claims.Load()
	switch {
	case claims == nil:
		return nil
	case strings.HasSuffix(claims.Issuer, "/realms/master"):
		return claims.ResourceAccess[r.name+"-realm"].Roles
	case strings.HasSuffix(claims.Issuer, "/realms/"+esc(r.name)):
		return claims.ResourceAccess["realm-management"].Roles
	}
	return nil
}

// realmRep is what is read of a realm, and no more.
type realmRep struct {
	Realm       string   `json:"realm"`
	DefaultRole roleRep  `json:"defaultRole"`
	Groups      []string `json:"defaultGroups"`
	// FineGrained is true if permissions can hide single objects, and nil if the
	// caller may not view the realm.
	FineGrained *bool `json:"adminPermissionsEnabled"`
}

// readRealm reads the realm itself.
// https://www.keycloak.org/docs-api/latest/rest-api/index.html#RealmRepresentation
func (r realm) readRealm(ctx context.Context, op string) (realmRep, error) {
	current, err := get[realmRep](ctx, r, &call{op: op, needs: needViewRealm, private: true}, nil)
	if err == nil {
		r.state.recordPermissions(current.FineGrained, current.DefaultRole)
	}
	return current, err
}

// recordPermissions records whether a realm has fine-grained permissions. A server older
// than version 26.2 has none, and returns the default role without reporting that. The
// caller may not view a realm without a default role.
func (s *realmState) recordPermissions(enabled *bool, defaultRole roleRep) {
	if enabled == nil && defaultRole.ID != "" {
		enabled = new(bool)
	}
	s.fineGrained.Store(enabled)
}

// ServerUID implements authz.Identifier: the ID of the realm, which contains each of its
// roles. The export and import of a realm keep it.
func (d *Driver) ServerUID(ctx context.Context, serverID string) (string, error) {
	r, err := d.realm(serverID)
	if err != nil {
		return "", err
	}
	if uid := r.state.uid.Load(); uid != nil {
		return *uid, nil
	}
	c := &call{op: fmt.Sprintf("read the ID of realm %q", r.name), needs: needViewRealm}
	roles, err := get[[]roleRep](ctx, r, c, map[string]string{"first": "0", "max": "1"}, "roles")
	if err != nil {
		return "", err
	}
	return r.state.recordRealm(roles), nil
}

// recordRealm records and returns the ID of the realm that contains the realm roles, "" if
// there is none among them.
func (s *realmState) recordRealm(roles []roleRep) string {
	i := slices.IndexFunc(roles, func(role roleRep) bool { return !role.ClientRole && role.ContainerID != "" })
	if i < 0 {
		return ""
	}
	s.uid.Store(&roles[i].ContainerID)
	return roles[i].ContainerID
}

// seesAll reports whether nothing of a kind is hidden from a caller who may list it:
// the caller has one of the roles, or the realm has no fine-grained permissions. A
// realm that does not report that may have some, unless the server is older than the
// permissions.
func (r realm) seesAll(ctx context.Context, op string, roles ...string) (bool, error) {
	if r.hasRole(roles...) {
		return true, nil
	}
	if r.state.fineGrained.Load() == nil {
		_, err := r.readRealm(ctx, op)
		if err != nil && !hasStatus(err, http.StatusForbidden) {
			return false, err
		}
	}
	enabled := r.state.fineGrained.Load()
	return enabled != nil && !*enabled, nil
}

// role describes an admin role of a realm: `view-users of client "realm-management" in
// realm "shop"`.
func (d *Driver) role(realm, name string) string {
	client := "realm-management"
	holder := d.loginRealm()
	if holder == "master" {
		client = realm + "-realm"
	}
	return fmt.Sprintf("%s of client %q in realm %q", name, client, holder)
}

// The roles that show all users and groups, and all clients.
var (
	viewUsers   = []string{needViewUsers, "manage-users"}
	viewClients = []string{needViewClients, needManageClients}
)

// gap makes a gap of a snapshot.
func (r realm) gap(subject, effect, needs string, compared bool) authz.Gap {
	return authz.Gap{Subject: subject, Effect: effect, Privilege: "role " + r.d.role(r.name, needs), Compared: compared}
}
