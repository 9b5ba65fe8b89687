package keycloak

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/driver/httpapi"
)

// The setting included_audiences is stored in protocol mappers of this type. The provider
// manages each mapper of the type that adds its audience to access tokens, also one that was
// created outside Terraform, and no other mapper.
// https://www.keycloak.org/docs/latest/server_admin/#_audience
const (
	audienceMapper = "oidc-audience-mapper"

	keyClientAudience = "included.client.audience"
	keyCustomAudience = "included.custom.audience"
	keyInAccessToken  = "access.token.claim"
)

// maxMapperName is the longest name of a protocol mapper that Keycloak stores.
const maxMapperName = 255

// audience returns the audience that a mapper adds to access tokens, or "" if the mapper
// is not of that kind. Keycloak ignores the custom audience of a mapper with a client.
func (m mapperRep) audience() string {
	if m.Mapper != audienceMapper || m.Config[keyInAccessToken] != "true" {
		return ""
	}
	return nfc(cmp.Or(m.Config[keyClientAudience], m.Config[keyCustomAudience]))
}

// audiences returns the sorted audiences of mappers. It is not nil: that they are known is
// a fact.
func audiences(mappers []mapperRep) []string {
	names := []string{}
	for _, m := range mappers {
		if name := m.audience(); name != "" {
			names = append(names, name)
		}
	}
	return authz.NameSet(names...)
}

// mapperReps decodes the mappers that are of the expected form.
func mapperReps(raw []json.RawMessage) []mapperRep {
	var all []mapperRep
	for _, text := range raw {
		var rep mapperRep
		if json.Unmarshal(text, &rep) == nil {
			all = append(all, rep)
		}
	}
	return all
}

// newAudienceMapper returns a mapper that adds an audience to access tokens and to
// introspection. Its name differs from those of the present mappers: one of them can have been
// renamed, or changed so that it adds another audience or none.
func newAudienceMapper(audience string, present []mapperRep) mapperRep {
	name := "audience: " + audience
	if taken := func(m mapperRep) bool { return m.Name == name }; len(name) > maxMapperName || slices.ContainsFunc(present, taken) {
		hash := sha256.Sum256([]byte(audience))
		name = "audience: " + hex.EncodeToString(hash[:])
	}
	return mapperRep{Name: name, Protocol: protocolOIDC, Mapper: audienceMapper, Config: map[string]string{
		keyCustomAudience: audience, keyInAccessToken: "true", "introspection.token.claim": "true", "id.token.claim": "false",
	}}
}

// setAudiences adds the missing audiences of a scope, and then removes those that target has and
// want does not have. The mappers are read first: an audience that was added since is kept,
// and a mapper that was added by a request without a response is not added twice.
func (r realm) setAudiences(ctx context.Context, op string, target authz.Scope, want []string) error {
	current, err := r.readMappers(ctx, op, target)
	if err != nil {
		return err
	}
	has := audiences(current)
	for _, name := range want {
		if !slices.Contains(has, name) {
			if err := r.addMapper(ctx, op, target, newAudienceMapper(name, current)); err != nil {
				return err
			}
		}
	}
	for _, m := range current {
		if name := m.audience(); name == "" || slices.Contains(want, name) || !slices.Contains(target.Settings.IncludedAudiences, name) {
			continue
		}
		if err := r.removeMapper(ctx, op, target, m); err != nil {
			return err
		}
	}
	return nil
}

func (r realm) readMappers(ctx context.Context, op string, target authz.Scope) ([]mapperRep, error) {
	raw, err := get[[]json.RawMessage](ctx, r, &call{op: op, needs: needViewClients, private: true}, nil, "client-scopes", target.ID, "protocol-mappers", "models")
	if authz.IsNotFound(err) {
		return nil, r.missingScope(ctx, op, target, stillListed(op))
	}
	return mapperReps(raw), err
}

// addMapper adds a mapper. If its name is taken, by an earlier request or by a mapper of
// another kind, the error of Keycloak stays unless the scope has the audience.
func (r realm) addMapper(ctx context.Context, op string, target authz.Scope, m mapperRep) error {
	_, err := r.change(ctx, &call{op: op, needs: needManageClients}, http.MethodPost, m, "client-scopes", target.ID, "protocol-mappers", "models")
	switch {
	case err == nil:
		return nil
	case authz.IsNotFound(err):
		return r.missingScope(ctx, op, target, stillListed(op))
	case authz.KindOf(err) != authz.Conflict && !authz.OutcomeUnknown(err):
		return err
	}
	aside, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	if current, readErr := r.readMappers(aside, op, target); readErr == nil && slices.Contains(audiences(current), m.audience()) && ctx.Err() == nil {
		return nil
	}
	if authz.KindOf(err) == authz.Conflict {
		return authz.Advise(authz.Conflict, op, authz.ReasonKeycloakMapper,
			"client scope %q has a protocol mapper %q of another kind", target.Name, m.Name)
	}
	return err
}

func (r realm) removeMapper(ctx context.Context, op string, target authz.Scope, m mapperRep) error {
	c := &call{op: op, needs: needManageClients}
	_, err := r.change(httpapi.RepeatableWrite(ctx), c, http.MethodDelete, nil, "client-scopes", target.ID, "protocol-mappers", "models", m.ID)
	if !authz.IsNotFound(err) {
		return err
	}
	current, readErr := r.readMappers(ctx, op, target)
	if readErr == nil && slices.ContainsFunc(current, func(x mapperRep) bool { return x.ID == m.ID }) {
		return stillListed(op)
	}
	return readErr
}
