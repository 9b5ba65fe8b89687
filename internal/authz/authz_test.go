package authz

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// RFC 6749, section 3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ).
func TestCheckNameBytes(t *testing.T) {
	for b := range 256 {
		allowed := b == 0x21 || b >= 0x23 && b <= 0x5B || b >= 0x5D && b <= 0x7E
		for at, name := range map[int]string{1: string([]byte{byte(b)}), 2: string([]byte{'a', byte(b), 'c'})} {
			err := CheckName(name)
			if (err == nil) != allowed {
				t.Errorf("%q: %v, want allowed: %t", name, err, allowed)
			}
			if err != nil && !strings.Contains(err.Error(), fmt.Sprintf("at character %d;", at)) {
				t.Errorf("%q: %v, want it to name character %d", name, err, at)
			}
		}
	}
}

func TestCheckName(t *testing.T) {
	long := strings.Repeat("a", MaxNameLength)
	for _, test := range []struct{ name, says string }{
		{"read:users", ""},
		{"https://api.example.com/auth/read.only", ""},
		{"a", ""},
		{long, ""},
		{"", "a scope name is empty"},
		{long + "a", "has 256 characters; at most 255 are allowed"},
		{"read users", `"read users" has ' ' at character 5; RFC 6749 (section 3.3) allows`},
		{"read\nusers", `has '\n' at character 5`},
		{`a"b`, `has '"' at character 2`},
		{`a\b`, `has '\\' at character 2`},
		{"é:b c", "has 'é' at character 1"},
		{"ab漢", "has '漢' at character 3"},
		{long + " ", "has ' ' at character 256"},
	} {
		err := CheckName(test.name)
		if test.says == "" && err != nil || test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)) {
			t.Errorf("%q: %v, want %q", test.name, err, test.says)
		}
	}
}

func TestCheckDescription(t *testing.T) {
	for _, test := range []struct {
		what, description string
		length            int // 0: allowed
	}{
		{"none", "", 0},
		{"ASCII at the limit", strings.Repeat("a", 255), 0},
		{"ASCII beyond it", strings.Repeat("a", 256), 256},
		{"510 bytes in 255 characters", strings.Repeat("é", 255), 0},
		{"127 emoji, 2 UTF-16 code units each", strings.Repeat("😀", 127), 0},
		{"128 emoji", strings.Repeat("😀", 128), 256},
		{"256 characters of 3 bytes", strings.Repeat("漢", 256), 256},
		{"anything else", "\x00\n\"\\ \xff", 0},
	} {
		err := CheckDescription("read:users", test.description)
		if (err == nil) != (test.length == 0) {
			t.Errorf("%s: %v", test.what, err)
		}
		units := ""
		if strings.Contains(test.description, "😀") {
			units = " (an emoji counts as 2)"
		}
		want := fmt.Sprintf(`the description of scope "read:users" has %d characters%s; at most 255 are allowed`, test.length, units)
		if err != nil && err.Error() != want {
			t.Errorf("%s: %q, want %q", test.what, err, want)
		}
	}
}

func TestCheckConsentText(t *testing.T) {
	for text, allowed := range map[string]bool{
		"": true, strings.Repeat("漢", 2048): true, strings.Repeat("a", 2049): false, strings.Repeat("😀", 1024): true, strings.Repeat("😀", 1025): false,
	} {
		err := CheckConsentText(text)
		if (err == nil) != allowed || err != nil && !strings.Contains(err.Error(), "consent_screen_text") {
			t.Errorf("%d bytes: %v", len(text), err)
		}
	}
}

func namesOf(scopes []Scope) []string {
	var list []string
	for _, s := range scopes {
		list = append(list, s.Name)
	}
	return list
}

func TestSnapshotPutAndRemove(t *testing.T) {
	l := &Snapshot{}
	l.Remove("absent")
	for _, name := range []string{"b", "d", "a", "c", "B", "b"} {
		l.Put(Scope{Name: name, ID: "1"})
	}
	if got, want := namesOf(l.Scopes), []string{"B", "a", "b", "c", "d"}; !slices.Equal(got, want) {
		t.Fatalf("%v, want %v: sorted by byte, each once", got, want)
	}
	l.Put(Scope{Name: "b", ID: "2"})
	if s, ok := l.Scope("b"); !ok || s.ID != "2" || len(l.Scopes) != 5 {
		t.Errorf("after a second Put: %+v, %t, %d scopes", s, ok, len(l.Scopes))
	}
	for _, name := range []string{"b", "absent", "b", "B", "d"} {
		l.Remove(name)
	}
	if got, want := namesOf(l.Scopes), []string{"a", "c"}; !slices.Equal(got, want) {
		t.Errorf("after Remove: %v, want %v", got, want)
	}
}

func TestSnapshotScope(t *testing.T) {
	full := &Snapshot{Scopes: []Scope{{Name: "a", ID: "1"}, {Name: "b", ID: "2"}, {Name: "c", ID: "3"}}}
	for _, test := range []struct {
		l        *Snapshot
		name, id string
	}{
		{full, "a", "1"}, {full, "b", "2"}, {full, "c", "3"}, {full, "", ""}, {full, "aa", ""}, {full, "A", ""}, {full, "d", ""}, {&Snapshot{}, "a", ""},
	} {
		s, ok := test.l.Scope(test.name)
		if ok != (test.id != "") || s.ID != test.id || !ok && s.Name != "" {
			t.Errorf("%q: %+v, %t", test.name, s, ok)
		}
	}
}

func TestSnapshotUserType(t *testing.T) {
	l := &Snapshot{UserTypes: []UserType{{Name: "child", ID: "1"}, {Name: "educator"}, {Name: "parent", ID: "3"}}}
	for _, test := range []struct{ name, found string }{
		{"child", "child"}, {"educator", "educator"}, {"parent", "parent"}, {"Child", ""}, {"", ""},
	} {
		if u, ok := l.UserType(test.name); u.Name != test.found || ok != (test.found != "") {
			t.Errorf("UserType(%q): %+v, %t", test.name, u, ok)
		}
	}
	// On servers without IDs, the ID "" finds no user type.
	for _, test := range []struct{ id, found string }{{"1", "child"}, {"3", "parent"}, {"2", ""}, {"", ""}} {
		if u, ok := l.UserTypeByID(test.id); u.Name != test.found || ok != (test.found != "") {
			t.Errorf("UserTypeByID(%q): %+v, %t", test.id, u, ok)
		}
	}
}

func TestScopesOf(t *testing.T) {
	l := &Snapshot{Scopes: []Scope{
		{Name: "a", UserTypes: []string{"child", "educator"}},
		{Name: "b"},
		{Name: "c", UserTypes: []string{"educator"}, ClientRoles: []string{"child"}},
		{Name: "d", UserTypes: []string{"children"}},
	}}
	for userType, want := range map[string][]string{"child": {"a"}, "educator": {"a", "c"}, "children": {"d"}, "absent": nil, "": nil} {
		if got := namesOf(l.ScopesOf(userType)); !slices.Equal(got, want) {
			t.Errorf("ScopesOf(%q): %v, want %v", userType, got, want)
		}
	}
}

func TestAlsoReaches(t *testing.T) {
	l := &Snapshot{UserTypes: []UserType{
		{Name: "staff", Contains: []string{"educator", "nurse"}, ContainsClientRoles: []string{"app/admin", "app/viewer"}},
		{Name: "everybody", Contains: []string{"child", "nurse"}},
		{Name: "child"},
		{Name: "nurse"},
	}}
	for _, test := range []struct {
		what string
		s    Scope
		want []string
	}{
		{"open", Scope{}, nil},
		{"nothing inside", Scope{UserTypes: []string{"child"}}, nil},
		{"an unknown user type", Scope{UserTypes: []string{"gone"}}, nil},
		{"roles of both kinds", Scope{UserTypes: []string{"staff"}}, []string{"app/admin", "app/viewer", "educator", "nurse"}},
		{"each once", Scope{UserTypes: []string{"everybody", "staff"}}, []string{"app/admin", "app/viewer", "child", "educator", "nurse"}},
		{"without what is mapped itself", Scope{UserTypes: []string{"everybody", "nurse"}}, []string{"child"}},
		{
			"without client roles that are mapped",
			Scope{UserTypes: []string{"staff"}, ClientRoles: []string{"app/admin"}},
			[]string{"app/viewer", "educator", "nurse"},
		},
	} {
		if got := l.AlsoReaches(test.s); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.what, got, test.want)
		}
	}
	if got := l.UserTypes[0].Contains; !slices.Equal(got, []string{"educator", "nurse"}) {
		t.Errorf("AlsoReaches changed the listing: %v", got)
	}
}

// A realm role may be called like a client role is written: the mapping of one
// is not the mapping of the other.
func TestAlsoReachesDistinguishesRoles(t *testing.T) {
	l := &Snapshot{UserTypes: []UserType{{Name: "realm", Contains: []string{"app/admin"}}, {Name: "client", ContainsClientRoles: []string{"app/admin"}}}}
	for _, s := range []Scope{
		{UserTypes: []string{"realm"}, ClientRoles: []string{"app/admin"}},
		{UserTypes: []string{"app/admin", "client"}},
	} {
		if got := l.AlsoReaches(s); !slices.Equal(got, []string{"app/admin"}) {
			t.Errorf("%+v: %v", s, got)
		}
	}
}

// The contents of a composite client role count like those of a composite realm role.
func TestAlsoReachesThroughClientRoles(t *testing.T) {
	l := &Snapshot{ClientRoles: []UserType{
		{Name: "app/all", Contains: []string{"child", "educator"}, ContainsClientRoles: []string{"app/some"}},
		{Name: "app/some"},
	}}
	for _, test := range []struct {
		s    Scope
		want []string
	}{
		{Scope{ClientRoles: []string{"app/some", "app/unread"}}, nil},
		{Scope{ClientRoles: []string{"app/all"}}, []string{"app/some", "child", "educator"}},
		{Scope{UserTypes: []string{"child"}, ClientRoles: []string{"app/all", "app/some"}}, []string{"educator"}},
	} {
		if got := l.AlsoReaches(test.s); !slices.Equal(got, test.want) {
			t.Errorf("%+v: %v, want %v", test.s, got, test.want)
		}
	}
}

func TestReachesEveryone(t *testing.T) {
	l := &Snapshot{
		UserTypes:   []UserType{{Name: "all", Everyone: true}, {Name: "child"}, {Name: "guard", Everyone: true, Guard: true}},
		ClientRoles: []UserType{{Name: "account/view", Everyone: true}, {Name: "shop/buyer"}},
	}
	for _, test := range []struct {
		s    Scope
		want string
	}{
		{Scope{}, ""},
		{Scope{UserTypes: []string{"child", "gone"}, ClientRoles: []string{"shop/buyer", "shop/unread"}}, ""},
		{Scope{UserTypes: []string{"all", "child"}}, "all"},
		{Scope{UserTypes: []string{"child"}, ClientRoles: []string{"account/view"}}, "account/view"},
		{Scope{UserTypes: []string{"all"}, ClientRoles: []string{"account/view"}}, "all"},
		{Scope{UserTypes: []string{"all", "guard"}}, "guard"},
		{Scope{UserTypes: []string{"account/view"}}, ""}, // a user type called like a client role is written
	} {
		if got, all := l.ReachesEveryone(test.s); got.Name != test.want || all != (test.want != "") {
			t.Errorf("%+v: %q, %t, want %q", test.s, got.Name, all, test.want)
		}
	}
}

func TestComposite(t *testing.T) {
	for _, test := range []struct {
		u    UserType
		want bool
	}{
		{UserType{Everyone: true}, false},
		{UserType{Contains: []string{"a"}}, true},
		{UserType{ContainsClientRoles: []string{"a/b"}}, true},
	} {
		if got := test.u.Composite(); got != test.want {
			t.Errorf("%+v: %t", test.u, got)
		}
	}
}

func TestNameSet(t *testing.T) {
	names := []string{"b", "a", "b"}
	if got := NameSet(names...); !slices.Equal(got, []string{"a", "b"}) || names[0] != "b" || NameSet() != nil {
		t.Errorf("%v of %v", got, names)
	}
	if got := NameSet([]string{}...); got == nil {
		t.Error("an empty set became none")
	}
}

func TestWithUserType(t *testing.T) {
	s := Scope{Name: "a", UserTypes: []string{"child", "educator"}}
	for _, test := range []struct {
		userType string
		has      bool
		want     []string
	}{
		{"child", true, []string{"child", "educator"}},
		{"child", false, []string{"educator"}},
		{"admin", true, []string{"admin", "child", "educator"}},
		{"admin", false, []string{"child", "educator"}},
	} {
		if got := s.WithUserType(test.userType, test.has); !slices.Equal(got.UserTypes, test.want) || got.Name != "a" {
			t.Errorf("%s %t: %+v", test.userType, test.has, got)
		}
	}
	if !slices.Equal(s.UserTypes, []string{"child", "educator"}) {
		t.Errorf("the scope itself became %v", s.UserTypes)
	}
}

func TestCheckNames(t *testing.T) {
	if err := CheckNames("send", "a", "b:c"); err != nil {
		t.Error(err)
	}
	if err := CheckNames("send", "a", "b c"); KindOf(err) != Invalid || err.Error()[:22] != `send: the scope name "` {
		t.Error(err)
	}
}

func TestHostID(t *testing.T) {
	for _, configured := range []string{"", "a.example"} {
		if id, err := HostID("PACE", "a.example", configured); id != "a.example" || err != nil {
			t.Errorf("%q: %q, %v", configured, id, err)
		}
	}
	_, err := HostID("PACE", "a.example", "other")
	if want := `PACE has no server_id, but "other" is configured; remove it (the server is a.example)`; KindOf(err) != Invalid || err.Error() != want {
		t.Error(err)
	}
}
