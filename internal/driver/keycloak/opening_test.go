package keycloak

import (
	"context"
	"net/http"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// An opening that is refused restores the attribute; one with an unknown outcome does not,
// and the scope is read as neither open nor limited.
func TestOpeningThatFails(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	ctx := context.Background()
	d, w := newDriver(t, l.admin())
	live := create(t, d, scope("a"))
	want := live
	want.Settings.Access = authz.AccessEveryone
	l.CreateRoles(t, "unseen")
	l.MapRoles(t, "a", "unseen")
	_, err := d.UpdateScope(ctx, "", live, want)
	wantKind(t, err, authz.Conflict, "unseen")
	if got := get1(t, d, "a"); got.LastAppliedAccess != authz.AccessUserTypes || got.Settings.Access != authz.AccessUserTypes {
		t.Errorf("refused: intended %s, access %s", got.LastAppliedAccess, got.Settings.Access)
	}

	live = get1(t, d, "a")
	w.hook(func(req *http.Request, _ string) (*http.Response, error) {
		if req.Method == http.MethodDelete {
			return respondJSON(req, 500, `{"error":"unknown_error"}`), nil
		}
		return nil, nil
	})
	_, err = d.UpdateScope(ctx, "", live, want)
	wantKind(t, err, authz.Unavailable, "500")
	live = get1(t, d, "a")
	if live.LastAppliedAccess != authz.AccessEveryone || live.Settings.Access != authz.AccessUnguarded {
		t.Errorf("unknown: intended %s, access %s", live.LastAppliedAccess, live.Settings.Access)
	}
	w.hook(nil)
	for _, access := range []authz.Access{authz.AccessUserTypes, authz.AccessEveryone} {
		want.Settings.Access = access
		if _, err := d.UpdateScope(ctx, "", live, want); err != nil {
			t.Fatal(err)
		}
		if got := get1(t, d, "a"); got.LastAppliedAccess != access || got.Settings.Access != access {
			t.Errorf("%s: intended %s, access %s", access, got.LastAppliedAccess, got.Settings.Access)
		}
		live = get1(t, d, "a")
	}
}
