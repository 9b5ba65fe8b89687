package engine_test

import (
	"context"
	"slices"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/engine"
)

// unexpanded lists user types without what they contain.
type unexpanded struct {
	bare
	resolved []string
}

func (u *unexpanded) List(context.Context, string) (*authz.Snapshot, error) {
	return &authz.Snapshot{UserTypes: []authz.UserType{{Name: "a", Unexpanded: true}, {Name: "b", Unexpanded: true}, {Name: "c"}}}, nil
}

func (u *unexpanded) ResolveUserType(_ context.Context, _, userType string) (authz.UserType, error) {
	u.resolved = append(u.resolved, userType)
	return authz.UserType{Name: userType, Contains: []string{"c"}}, nil
}

// The contents of a user type are read once, and only if a resource names the user type.
func TestUserTypeIsExpandedWhereItIsNamed(t *testing.T) {
	d := &unexpanded{}
	s := engine.New(d, 1, false)
	for range 2 {
		l, err := s.ReadUserType(t.Context(), realm, "a", nil)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := l.UserType("a")
		b, _ := l.UserType("b")
		if a.Unexpanded || !slices.Equal(a.Contains, []string{"c"}) || !b.Unexpanded || !b.Composite() {
			t.Errorf("%+v, %+v", a, b)
		}
	}
	if _, err := s.ReadUserType(t.Context(), realm, "c", nil); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.resolved, []string{"a"}) {
		t.Errorf("resolved %v", d.resolved)
	}
}
