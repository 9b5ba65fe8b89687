package walk

import "testing"

// A creation over a state that was read and not planned replaces a tainted object.
func TestStateOf(t *testing.T) {
	w := New()
	w.NoteState(State{Resource: "set", Owner: Server("s"), ID: "1", Names: []string{"old"}})
	w.NoteState(State{Resource: "set", Owner: Server("s"), ID: "1", Names: []string{"a", "b"}, Private: "x"})
	w.NoteState(State{Resource: "set", Owner: Server("s"), ID: "2", Names: []string{"c"}})
	w.Plan("2", filtered(Server("s"), []string{"c"}, nil, "c"))
	if !w.HasRead("1") || w.HasRead("3") {
		t.Error("the states that were read are unknown")
	}
	is := func(name string) func(string) bool { return func(other string) bool { return other == name } }
	for _, test := range []struct {
		resource string
		owner    Holder
		scope    string
		want     string
	}{
		{"set", Server("s"), "b", "1"},
		{"set", Server("s"), "old", ""},   // another Read replaced it
		{"set", Server("s"), "c", ""},     // it is planned with its state
		{"set", Server("other"), "a", ""}, // another server
		{"scope", Server("s"), "a", ""},   // another type of resource
		{"set", userType("x"), "a", ""},   // another owner
	} {
		s, found := w.StateOf(test.resource, test.owner, is(test.scope))
		if s.ID != test.want || found != (test.want != "") {
			t.Errorf("%+v: %+v, %t", test, s, found)
		}
	}
	if got := w.Plan("3", filtered(Server("s"), []string{"a", "b"}, nil, "a")); got != nil {
		t.Errorf("a state conflicts: %v", got)
	}
}
