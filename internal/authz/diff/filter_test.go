package diff

import (
	"strings"
	"testing"
)

func TestFilter(t *testing.T) {
	for _, test := range []struct {
		what           string
		manage, ignore []string
		inside         []string
		outside        []string
	}{
		{"no globs", nil, nil, []string{"", "a", "read:users", "a\nb", "\xff"}, nil},
		{"empty lists", []string{}, []string{}, []string{"", "read:users"}, nil},
		{"a plain name", []string{"read:users"}, nil, []string{"read:users"}, []string{"", "read:user", "read:users2", "xread:users", "READ:USERS", "read:users\n"}},
		{"a prefix", []string{"shop:*"}, nil, []string{"shop:", "shop:a", "shop:a:b", "shop:*"}, []string{"shop", "xshop:a", "Shop:a"}},
		{"a suffix", []string{"*:read"}, nil, []string{":read", "a:read", "a:b:read"}, []string{"a:read2", "read"}},
		{"an infix", []string{"a*b*c"}, nil, []string{"abc", "axbxc", "abcbc"}, []string{"ab", "acb", "abcd"}},
		{"all", []string{"*"}, nil, []string{"", "a", "a\nb"}, nil},
		{"one character", []string{"a?c"}, nil, []string{"abc", "a?c", "a.c", "aéc", "a\nc"}, []string{"ac", "abbc", "xabc"}},
		{"at least two", []string{"??*"}, nil, []string{"ab", "abc"}, []string{"", "a"}},
		{"dots", []string{"https://a.b/auth/*.read"}, nil, []string{"https://a.b/auth/x.read"}, []string{"https://a-b/auth/x.read", "https://a.b/auth/xread"}},
		{"brackets", []string{"a[bc]", "x{1}", "(y|z)"}, nil, []string{"a[bc]", "x{1}", "(y|z)"}, []string{"ab", "ac", "x", "y", "z"}},
		{"brackets around wildcards", []string{"[*]"}, nil, []string{"[]", "[a]"}, []string{"a", "*", "["}},
		{"an open bracket", []string{"a[", "b("}, nil, []string{"a[", "b("}, []string{"a", "b"}},
		{"anchors", []string{"^a$"}, nil, []string{"^a$"}, []string{"a", "^a", "a$"}},
		{"a bar is no alternative", []string{"a|b"}, nil, []string{"a|b"}, []string{"a", "b", "a|", "|b"}},
		{"a plus", []string{"a+"}, nil, []string{"a+"}, []string{"a", "aa"}},
		{"a backslash does not quote", []string{`a\*`, `b\?`}, nil, []string{`a\`, `a\x`, `b\x`}, []string{"a*", "b?", `b\`}},
		{"flags", []string{"(?i)a"}, nil, []string{"(xi)a"}, []string{"A", "a", "(i)a"}},
		{"several, each whole", []string{"a", "b*"}, nil, []string{"a", "b", "bc"}, []string{"ab", "ac", "xb", "aa"}},
		{"an empty glob", []string{""}, nil, []string{""}, []string{"a"}},
		{"ignore alone", nil, []string{"legacy:*", "x"}, []string{"a", "legacy", "xx"}, []string{"legacy:", "legacy:a", "x"}},
		{"ignore over manage", []string{"shop:*"}, []string{"shop:old:*", "*:x"}, []string{"shop:a", "shop:old"}, []string{"shop:old:a", "shop:x", "other"}},
		{"the same glob", []string{"shop:*"}, []string{"shop:*"}, nil, []string{"shop:a", "other"}},
		{"ignore all", []string{"a"}, []string{"*"}, nil, []string{"a", "b", ""}},
	} {
		f := NewFilter(test.manage, test.ignore)
		for _, name := range test.inside {
			if !f.Manages(name) || f.Ignores(name) {
				t.Errorf("%s: %q: managed %t, ignored %t, want it inside", test.what, name, f.Manages(name), f.Ignores(name))
			}
		}
		for _, name := range test.outside {
			if f.Manages(name) {
				t.Errorf("%s: %q is inside", test.what, name)
			}
		}
	}
}

func TestIgnores(t *testing.T) {
	f := NewFilter([]string{"a*"}, []string{"ab*", "z"})
	for name, want := range map[string]bool{"a": false, "ab": true, "abc": true, "z": true, "b": false, "": false} {
		if got := f.Ignores(name); got != want {
			t.Errorf("%q: ignored %t, want %t", name, got, want)
		}
	}
	if (Filter{}).Ignores("") || !(Filter{}).Manages("a") {
		t.Error("the zero filter is not open")
	}
}

// A glob that ends early takes no time that grows with what it might have matched.
func TestFilterManyWildcards(t *testing.T) {
	f := NewFilter([]string{strings.Repeat("*a", 40) + "b"}, nil)
	if f.Manages(strings.Repeat("a", 255)) {
		t.Error("there is no b")
	}
	if !f.Manages(strings.Repeat("a", 254) + "b") {
		t.Error("there is a b")
	}
}

func TestFilterString(t *testing.T) {
	texts := map[string]bool{}
	for _, globs := range [][2][]string{{nil, nil}, {{"a"}, nil}, {nil, {"a"}}, {{"a"}, {"b"}}, {{"a", "b"}, nil}} {
		text := NewFilter(globs[0], globs[1]).String()
		if texts[text] || text != NewFilter(globs[0], globs[1]).String() {
			t.Errorf("%q is not the text of %q alone", text, globs)
		}
		texts[text] = true
	}
}
