package keycloak

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// manyRoles emulates a realm with many composite roles: c-000 and so on, each with
// inside-000 and so on. The scope "a" is mapped to c-003 and the guard role. unread are the
// composite roles whose contents the server returns too late.
func manyRoles(unread func(id string) bool) func(*http.Request, string) (*http.Response, error) {
	roles := []string{
		`{"id":"g-id","name":"authscopes-guard","attributes":{"authscopes.guard":["true"]}}`,
		`{"id":"d","name":"default-roles","composite":true}`,
	}
	for i := range manyComposites + 100 {
		roles = append(roles, fmt.Sprintf(`{"id":"c-%03d","name":"c-%03d","composite":true}`, i, i), fmt.Sprintf(`{"id":"inside-%03d","name":"inside-%03d"}`, i, i))
	}
	return func(req *http.Request, _ string) (*http.Response, error) {
		id := path.Base(path.Dir(req.URL.Path))
		switch p := req.URL.Path; {
		case strings.HasSuffix(p, "/partial-export"):
			return respondJSON(req, 200, `{"realm":"my shop","defaultRole":{"id":"d","name":"default-roles"},
				"clientScopes":[{"id":"a-id","name":"a","protocol":"openid-connect","attributes":{"authscopes.access":"user_types"}}],
				"scopeMappings":[{"clientScope":"a","roles":["authscopes-guard","c-003"]}]}`), nil
		case strings.HasSuffix(p, "/composites") && unread(id):
			<-req.Context().Done()
			return nil, req.Context().Err()
		case strings.HasSuffix(p, "/composites") && strings.HasPrefix(id, "c-"):
			return respondJSON(req, 200, strings.ReplaceAll(`[{"id":"X","name":"X"}]`, "X", "inside-"+id[2:])), nil
		case path.Base(path.Dir(p)) == "roles" && strings.HasPrefix(path.Base(p), "c-"):
			return respondJSON(req, 200, strings.ReplaceAll(`{"id":"X","name":"X","composite":true}`, "X", path.Base(p))), nil
		case strings.HasSuffix(p, "/roles"):
			first, last := 0, len(roles)
			if _, err := fmt.Sscan(req.URL.Query().Get("first"), &first); err != nil {
				return nil, err
			}
			if _, err := fmt.Sscan(req.URL.Query().Get("max"), &last); err != nil {
				return nil, err
			}
			return respondJSON(req, 200, "["+strings.Join(roles[first:min(first+last, len(roles))], ",")+"]"), nil
		}
		return respondJSON(req, 200, `[]`), nil
	}
}

// In a realm with many composite roles, those that decide who has a scope are read in any
// case, and the others for a limited time. The contents of a role that was not read are unknown,
// and reported.
func TestManyCompositesAreReadForLimitedTime(t *testing.T) {
	d, w := newDriver(t, fakeConfig())
	d.compositeTime = time.Millisecond
	late := true
	w.hook(loginOnly(manyRoles(func(id string) bool { return late && strings.HasPrefix(id, "c-") && id != "c-003" })))
	got := list(t, d)
	if u, _ := got.UserType("c-003"); u.Unexpanded || !slices.Equal(u.Contains, []string{"inside-003"}) {
		t.Errorf("the role of the scope is %+v", u)
	}
	if u, _ := got.UserType("c-004"); !u.Unexpanded || !u.Composite() {
		t.Errorf("a role that was not read is %+v", u)
	}
	if text := summaries(got); !strings.Contains(text, "composite roles of Keycloak realm \"my shop\" not read") {
		t.Errorf("notes: %s", text)
	}
	if len(got.NotChecked) != 1 || !strings.Contains(got.NotChecked[0].Subject, fmt.Sprintf("(%d)", manyComposites+99)) {
		t.Errorf("gaps: %+v", got.NotChecked)
	}
	// A role that the configuration names is read when it is needed.
	late = false
	w.take()
	u, err := d.ResolveUserType(t.Context(), "", "c-004")
	if err != nil || u.Unexpanded || !slices.Equal(u.Contains, []string{"inside-004"}) {
		t.Errorf("%+v, %v", u, err)
	}
	if sent := w.take(); len(sent) != 2 {
		t.Errorf("sent %v", sent)
	}
	// With time enough, nothing is unknown.
	d.compositeTime = time.Minute
	got = list(t, d)
	if len(got.NotChecked)+len(got.Warnings) > 0 || slices.ContainsFunc(got.UserTypes, func(u authz.UserType) bool { return u.Unexpanded }) {
		t.Errorf("%+v, %s", got.NotChecked, summaries(got))
	}
}

// A guard role inside one of many composite roles is found.
func TestGuardInManyComposites(t *testing.T) {
	d, w := newDriver(t, fakeConfig())
	realm := manyRoles(func(string) bool { return false })
	w.hook(loginOnly(func(req *http.Request, body string) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/c-450/composites") {
			return respondJSON(req, 200, `[{"id":"g-id","name":"authscopes-guard"}]`), nil
		}
		return realm(req, body)
	}))
	if text := summaries(list(t, d)); !strings.Contains(text, `true: The guard role of Keycloak realm "my shop" is inside 1 other role (c-450)`) {
		t.Errorf("notes: %s", text)
	}
}
