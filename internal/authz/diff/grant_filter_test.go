package diff

import (
	"reflect"
	"slices"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

func TestGrantFilter(t *testing.T) {
	open := authz.Settings{Access: authz.AccessEveryone}
	l := &authz.Snapshot{
		Scopes: []authz.Scope{
			{Name: "a", UserTypes: []string{"child", "guard", "own:x"}, ClientRoles: []string{"client/app/editor"}},
			{Name: "legacy:a", UserTypes: []string{"child"}, Settings: open},
			{Name: "open", Settings: open},
			{Name: "profile", BuiltIn: true, UserTypes: []string{"child", "parent"}, Settings: open},
		},
		UserTypes: []authz.UserType{{Name: "child"}, {Name: "guard", Guard: true}},
	}
	f := GrantFilter{NewFilter(nil, []string{"legacy:*"}), NewFilter(nil, []string{"own:*"})}
	managed, excluded := f.Live(l, Grants{"child": {"profile", "a"}})
	if want := (Grants{"child": {"a", "profile"}, "client/app/editor": {"a"}}); !reflect.DeepEqual(managed, want) {
		t.Errorf("managed %v, want %v", managed, want)
	}
	if want := (Grants{"child": {"legacy:a"}, "own:x": {"a"}}); !reflect.DeepEqual(excluded, want) {
		t.Errorf("excluded %v, want %v", excluded, want)
	}
	got := f.Managed(l, Grants{"child": {"a", "legacy:a", "profile", "gone"}, "own:x": {"a"}})
	if want := (Grants{"child": {"a", "gone"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("managed %v, want %v", got, want)
	}
	all := Grants{"child": {"a", "legacy:a", "profile"}, "own:x": {"a"}, "parent": {"profile"}, "client/app/editor": {"a"}}
	if got := AllGrants(l, true); !reflect.DeepEqual(got, all) {
		t.Errorf("all grants %v, want %v", got, all)
	}
	if got, want := AllGrants(l, false), (Grants{"child": {"a", "legacy:a"}, "own:x": {"a"}, "client/app/editor": {"a"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("all grants %v, want %v", got, want)
	}
	if got := f.OpenScopes(l); !slices.Equal(got, []string{"open"}) {
		t.Errorf("open scopes %q", got)
	}
}
