package keycloak

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/testing/keycloak"
)

func TestAudienceOfMapper(t *testing.T) {
	of := func(mapper string, config ...string) mapperRep {
		m := mapperRep{Mapper: mapper, Config: map[string]string{keyInAccessToken: "true"}}
		for i := 0; i < len(config); i += 2 {
			m.Config[config[i]] = config[i+1]
		}
		return m
	}
	for _, test := range []struct {
		mapper mapperRep
		want   string
	}{
		{of(audienceMapper, keyCustomAudience, "api"), "api"},
		{of(audienceMapper, keyClientAudience, "web"), "web"},
		{of(audienceMapper, keyClientAudience, "web", keyCustomAudience, "api"), "web"},
		{of(audienceMapper, keyClientAudience, "", keyCustomAudience, "api"), "api"},
		{of(audienceMapper, keyCustomAudience, "api", keyInAccessToken, "false"), ""},
		{of(audienceMapper), ""},
		{of("oidc-hardcoded-claim-mapper", keyCustomAudience, "api"), ""},
		{newAudienceMapper("api", nil), "api"},
	} {
		if got := test.mapper.audience(); got != test.want {
			t.Errorf("%+v adds %q, want %q", test.mapper, got, test.want)
		}
	}
	if got := audiences(nil); got == nil || len(got) != 0 {
		t.Errorf("no mappers: %v", got)
	}
	a, b := newAudienceMapper(strings.Repeat("a", 300), nil), newAudienceMapper(strings.Repeat("a", 301), nil)
	if len(a.Name) > maxMapperName || a.Name == b.Name {
		t.Errorf("names of long audiences: %q, %q", a.Name, b.Name)
	}
}

// Only audience mappers of access tokens are added and removed, and none that the caller
// does not know.
func TestAudiences(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	d, _ := newDriver(t, l.admin())
	want := scope("a")
	want.Settings.IncludedAudiences = []string{"api", "shop"}
	create(t, d, want)
	mapper := func(name, kind string, config map[string]string) {
		l.AddMapper(t, "a", keycloak.ProtocolMapper{Name: name, Protocol: protocolOIDC, ProtocolMapper: kind, Config: config})
	}
	mapper("claim", "oidc-hardcoded-claim-mapper", map[string]string{"claim.name": "c"})
	mapper("for ID tokens", audienceMapper, map[string]string{keyCustomAudience: "id", "id.token.claim": "true", keyInAccessToken: "false"})
	mapper("by hand", audienceMapper, map[string]string{keyClientAudience: "account", keyInAccessToken: "true"})
	mapper("twice", audienceMapper, map[string]string{keyCustomAudience: "api", keyInAccessToken: "true"})
	live := get1(t, d, "a")
	has := func(when string, audiences ...string) {
		t.Helper()
		if got := get1(t, d, "a").Settings.IncludedAudiences; !slices.Equal(got, audiences) {
			t.Errorf("%s: %q, want %q", when, got, audiences)
		}
	}
	has("created, and changed by hand", "account", "api", "shop")

	unmanaged := live
	unmanaged.Description, unmanaged.Settings.IncludedAudiences = "changed", nil
	if _, err := d.UpdateScope(t.Context(), "", live, unmanaged); err != nil {
		t.Fatal(err)
	}
	has("not managed", "account", "api", "shop")

	mapper("since then", audienceMapper, map[string]string{keyCustomAudience: "new", keyInAccessToken: "true"})
	change := live
	change.Settings.IncludedAudiences = []string{"account", "other"}
	current, err := d.UpdateScope(t.Context(), "", live, change)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(current.Settings.IncludedAudiences, change.Settings.IncludedAudiences) {
		t.Errorf("the result has %q", current.Settings.IncludedAudiences)
	}
	has("changed", "account", "new", "other")

	live, none := get1(t, d, "a"), change
	none.Settings.IncludedAudiences = []string{}
	if _, err := d.UpdateScope(t.Context(), "", live, none); err != nil {
		t.Fatal(err)
	}
	has("removed")
	if mappers := l.Scope(t, "a").ProtocolMappers; len(mappers) != 2 {
		t.Errorf("other mappers: %+v", mappers)
	}

	mapper("audience: taken", "oidc-hardcoded-claim-mapper", map[string]string{"claim.name": "c"})
	live, none.Settings.IncludedAudiences = get1(t, d, "a"), []string{"taken"}
	if _, err := d.UpdateScope(t.Context(), "", live, none); err != nil {
		t.Error(err)
	}
	has("although a mapper has the name", "taken")

	first := newAudienceMapper("both", nil)
	for _, name := range []string{first.Name, newAudienceMapper("both", []mapperRep{first}).Name} {
		mapper(name, "oidc-hardcoded-claim-mapper", map[string]string{"claim.name": "c"})
	}
	live, none.Settings.IncludedAudiences = get1(t, d, "a"), []string{"both"}
	if _, err := d.UpdateScope(t.Context(), "", live, none); authz.KindOf(err) != authz.Conflict || !strings.Contains(err.Error(), "another kind") {
		t.Errorf("mappers of both names: %v", err)
	}
}

// An own mapper that was changed by hand so that it adds another audience, or none, is drift
// that an update removes.
func TestAudiencesOfChangedMappers(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	d, _ := newDriver(t, l.admin())
	want := scope("a")
	want.Settings.IncludedAudiences = []string{"api", "shop"}
	create(t, d, want)
	change := func(name string, config map[string]string) {
		for _, m := range l.Scope(t, "a").ProtocolMappers {
			if m.Name == name {
				maps.Copy(m.Config, config)
				l.ChangeMapper(t, "a", m)
			}
		}
	}
	change("audience: api", map[string]string{keyCustomAudience: "other"})
	change("audience: shop", map[string]string{keyInAccessToken: "false"})
	live := get1(t, d, "a")
	if got := live.Settings.IncludedAudiences; !slices.Equal(got, []string{"other"}) {
		t.Fatalf("changed by hand: %q", got)
	}
	if _, err := d.UpdateScope(t.Context(), "", live, want); err != nil {
		t.Fatal(err)
	}
	if got := get1(t, d, "a").Settings.IncludedAudiences; !slices.Equal(got, want.Settings.IncludedAudiences) {
		t.Errorf("after the update: %q", got)
	}
}
