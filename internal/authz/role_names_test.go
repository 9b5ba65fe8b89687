package authz

import (
	"slices"
	"testing"
)

func TestRoleNames(t *testing.T) {
	for name, want := range map[string][2]string{
		"educator":                              {"", "educator"},
		"a/b":                                   {"", "a/b"},
		"client/app/editor":                     {"app", "editor"},
		"client/app/deep/er":                    {"app", "deep/er"},
		"client/https:%2F%2Fapp.example/a":      {"https://app.example", "a"},
		"client/50%25/a":                        {"50%", "a"},
		"client/a%252Fb/r":                      {"a%2Fb", "r"},
		"realm/client/app/editor":               {"", "client/app/editor"},
		"realm/realm/x":                         {"", "realm/x"},
		"client/app/client/app/x":               {"app", "client/app/x"},
		"client/" + "realm" + "/realm/educator": {"realm", "realm/educator"},
	} {
		clientID, role := SplitRoleName(name)
		if clientID != want[0] || role != want[1] {
			t.Errorf("%s is split into %q and %q", name, clientID, role)
		}
		again := RealmRoleName(role)
		if clientID != "" {
			again = ClientRoleName(clientID, role)
		}
		if again != name || IsClientRole(name) != (want[0] != "") {
			t.Errorf("%s becomes %s, a client role: %t", name, again, IsClientRole(name))
		}
	}
	// Names that are not in this form, as a person writes them.
	for name, want := range map[string][2]string{
		"realm/educator": {"", "educator"}, "client/app%2fx/a": {"app/x", "a"}, "client/a%zz/r": {"a%zz", "r"},
		"client/app": {"", "client/app"}, "client//x": {"", "client//x"}, "": {"", ""},
	} {
		if clientID, role := SplitRoleName(name); clientID != want[0] || role != want[1] {
			t.Errorf("%s is split into %q and %q", name, clientID, role)
		}
	}
}

func TestIndistinct(t *testing.T) {
	l := &Snapshot{ClientRoles: []UserType{{Name: "client/app/\u00e9", ID: "1"}, {Name: "client/app/\u00e9", ID: "2"}, {Name: "client/app/x"}}}
	got := l.Indistinct("e\u0301", "\u00e9", "client/app/\u00e9", "client/app/x", "educator")
	if want := []string{"e\u0301", "client/app/\u00e9"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
