package authz

import "testing"

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
