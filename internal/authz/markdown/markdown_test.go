package markdown

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEscape(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "plain: text, (1) - it's.": "plain: text, (1) - it's.", "a\nb\r\nc\rd": "a<br>b<br>c\ufffdd", "ä€😀": "ä€😀",
		"a|b": "a&#124;b", "<b>&": "&lt;b&gt;&amp;", "@team": "&#64;&#8203;team", "`x`": "&#96;x&#96;", "\xff": "\ufffd",
		"edu\u200bcator\u2028\u202e": "edu\ufffdcator\ufffd\ufffd", "${k}": "&#36;{k}",
		"see HTTPS://a.example/b": "see HTTPS&#58;&#8203;//a.example/b", "(www.a.example)": "(www&#8203;&#46;a.example)",
		"WWW.a www.":  "WWW&#8203;&#46;a www&#8203;&#46;",
		"ftp://www.a": "ftp&#58;&#8203;//www&#8203;&#46;a", "a: b/c//d ww.e": "a: b/c//d ww.e",
	} {
		if got := Escape(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	for name, want := range map[string]string{
		"read:a.b_c/d-e": "`read:a.b_c/d-e`", "": "<code></code>", "a@b": "<code>a&#64;b</code>", "a`b": "<code>a&#96;b</code>",
		"http://a.b": "`http://a.b`", "http://a b": "<code>http&#58;//a b</code>", "www.a b": "<code>www&#46;a b</code>",
	} {
		if got := Code(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	for _, long := range []string{
		Escape(strings.Repeat("@", 10_000)), Escape(strings.Repeat("x://www.", 2000)), Code(strings.Repeat("n", 10_000)),
		Codes(strings.Split(strings.Repeat("some:scope ", 1000), " ")),
	} {
		if len(long) > maxCell+100 || !utf8.ValidString(long) {
			t.Errorf("%d bytes: %s", len(long), long)
		}
	}
	if got := Codes([]string{"a", "b"}); got != "`a`, `b`" {
		t.Error(got)
	}
}
