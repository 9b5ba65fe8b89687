package settings

import (
	"reflect"
	"slices"
	"testing"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// filled returns settings in which every field has a value that is not zero.
func filled(t *testing.T) authz.Settings {
	t.Helper()
	var s authz.Settings
	for v, i := reflect.ValueOf(&s).Elem(), 0; i < v.NumField(); i++ {
		switch f := v.Field(i); f.Kind() {
		case reflect.Bool:
			f.SetBool(true)
		case reflect.String:
			f.SetString("value of " + v.Type().Field(i).Name)
		case reflect.Slice:
			f.Set(reflect.ValueOf([]string{"a", "b"}))
		default:
			t.Fatalf("the test has no value of %s, a %s", v.Type().Field(i).Name, f.Type())
		}
	}
	return s
}

// Each field of authz.Settings has exactly one row, which reads and writes that field only.
func TestRowsAreTheFields(t *testing.T) {
	all, fields := filled(t), reflect.TypeFor[authz.Settings]()
	written := map[string]string{}
	for i := range table {
		row := &table[i]
		if row.Get == nil || row.Set == nil {
			t.Fatalf("row %d, %q, has no Get or no Set", i, row.Name)
		}
		var one authz.Settings
		row.Set(&one, row.Get(all))
		var changed []string
		for j := range fields.NumField() {
			is := reflect.ValueOf(one).Field(j)
			if is.IsZero() {
				continue
			}
			name := fields.Field(j).Name
			changed = append(changed, name)
			if !reflect.DeepEqual(is.Interface(), reflect.ValueOf(all).Field(j).Interface()) {
				t.Errorf("row %s writes %v to %s", row.Name, is, name)
			}
			if other := written[name]; other != "" {
				t.Errorf("rows %s and %s are both about %s", other, row.Name, name)
			}
			written[name] = row.Name
		}
		if len(changed) != 1 {
			t.Errorf("row %s writes the fields %v, want one", row.Name, changed)
		}
	}
	for j := range fields.NumField() {
		if name := fields.Field(j).Name; written[name] == "" {
			t.Errorf("authz.Settings.%s has no row", name)
		}
	}
}

func TestRowsAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for i := range table {
		row := &table[i]
		if row.Name == "" || row.Description == "" || row.Reported == "" || seen[row.Name] {
			t.Errorf("row %d lacks a text, or its name is not unique: %+v", i, row)
		}
		seen[row.Name] = true
		if choice := row.Kind == KindChoice; choice != (len(row.Choices) > 1) || choice && !slices.Contains(row.Choices, row.Default.Text()) {
			t.Errorf("%s: choices %q, default %q", row.Name, row.Choices, row.Default.Text())
		}
		if row.NullKeeps && !row.Default.IsZero() {
			t.Errorf("%s keeps the live value and has the default %q", row.Name, row.Format(row.Default))
		}
		if v := row.Get(Defaults()); !v.Equal(row.Default) {
			t.Errorf("%s: the default is %q, want %q", row.Name, row.Format(v), row.Format(row.Default))
		}
	}
}

func TestValueCompare(t *testing.T) {
	for _, test := range []struct {
		a, b Value
		want int
	}{
		{Bool(true), Bool(true), 0},
		{Bool(false), Bool(false), 0},
		{Bool(true), Bool(false), -1},
		{Bool(false), Bool(true), 1},
		{Text("a"), Text("a"), 0},
		{Text("a"), Text("b"), -1},
		{Text("b"), Text(""), 1},
		{Names([]string{"b", "a", "b"}), Names([]string{"a", "b"}), 0},
		{Names([]string{"a"}), Names([]string{"a", "b"}), -1},
		{Names([]string{"b"}), Names([]string{}), 1},
	} {
		if got := test.a.Compare(test.b); got != test.want {
			t.Errorf("%+v, %+v: %d, want %d", test.a, test.b, got, test.want)
		}
		if test.a.Equal(test.b) != (test.want == 0) {
			t.Errorf("%+v, %+v: Equal is not what Compare states", test.a, test.b)
		}
	}
}

// A set that is not configured is not the empty set.
func TestNames(t *testing.T) {
	row := Row{Kind: KindSet, NullKeeps: true}
	none, empty, two := Names(nil), Names([]string{}), Names([]string{"b", "a"})
	if !none.IsZero() || !row.Keeps(none) || none.Names() != nil {
		t.Errorf("no set is %+v", none)
	}
	if empty.IsZero() || row.Keeps(empty) || empty.Names() == nil {
		t.Errorf("the empty set is %+v", empty)
	}
	if row.Same(empty, two) || row.Same(two, empty) || !row.Same(none, two) || !row.Same(two, Names([]string{"a", "b"})) {
		t.Error("sets are not compared by their names")
	}
	for v, want := range map[*Value][2]string{&none: {"", "[]"}, &empty: {"", "[]"}, &two: {"a, b", `["a", "b"]`}} {
		if got := [2]string{row.Format(*v), row.Quote(*v)}; got != want {
			t.Errorf("%+v is written as %q, want %q", *v, got, want)
		}
	}
}

func TestQuote(t *testing.T) {
	for _, test := range []struct {
		kind  Kind
		value Value
		want  string
	}{
		{KindBool, Bool(true), "true"},
		{KindText, Text(`a "b"`), `"a \"b\""`},
		{KindNumber, Text("7"), "7"},
		{KindChoice, Text("none"), "none"},
	} {
		if got := (&Row{Kind: test.kind}).Quote(test.value); got != test.want {
			t.Errorf("%+v is %s, want %s", test.value, got, test.want)
		}
	}
}

func TestEqual(t *testing.T) {
	all := filled(t)
	for i := range table {
		other := all
		table[i].Set(&other, Value{})
		if Equal(all, other) || Equal(other, all) || !Equal(all, all) {
			t.Errorf("%s is not compared", table[i].Name)
		}
	}
}

func TestEmptyIsNull(t *testing.T) {
	for id, want := range map[ID]bool{ConsentScreenText: true, GUIOrder: true, AssignedType: false, IncludeInTokenScope: false} {
		if got := table[id].EmptyIsNull(); got != want {
			t.Errorf("%s: %t, want %t", table[id].Name, got, want)
		}
	}
}

// Only a setting that keeps the live value does, and only if it is not set.
func TestWritten(t *testing.T) {
	live, want := filled(t), Defaults()
	got := AfterWrite(want, live)
	for i := range table {
		row, expected := &table[i], want
		if row.NullKeeps {
			expected = live
		}
		if !row.Get(got).Equal(row.Get(expected)) {
			t.Errorf("%s is %q, want %q", row.Name, row.Format(row.Get(got)), row.Format(row.Get(expected)))
		}
	}
	want.GUIOrder = "7"
	if got := AfterWrite(want, live).GUIOrder; got != "7" {
		t.Errorf("gui_order is %q, want the configured one", got)
	}
}

func TestFits(t *testing.T) {
	row, text := &table[Access], func(a authz.Access) Value { return Text(string(a)) }
	if !row.Fits(text(authz.AccessUnguarded), text(authz.AccessUserTypes)) || row.Fits(text(authz.AccessUserTypes), text(authz.AccessUnguarded)) {
		t.Error("a configured \"unguarded\" accepts a limited scope, and not the other way round")
	}
	// An empty order accepts every live value when it is written, and no other value when it is compared.
	order := &table[GUIOrder]
	if !order.Same(Text(""), Text("7")) || order.Fits(Text(""), Text("7")) || order.Same(Text("1"), Text("7")) {
		t.Error("gui_order is not compared as a setting that keeps the live value")
	}
}
