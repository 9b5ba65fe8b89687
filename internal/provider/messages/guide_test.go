package messages

import "testing"

func TestOutline(t *testing.T) {
	for text, want := range map[string]string{
		"A {{quote .Server}} has {{count .Subjects \"scope\"}}:\n\n{{list .Subjects}}": "A … has … scopes:\n\n  - …",
		"{{if .Data}}one{{else}}two{{end}}, {{with .Path}}at {{.}}{{end}}":             "[one | two], [at …]",
		"Now.{{section \"It has:\" .Subjects}}":                                        "Now.\n\nIt has:\n\n  - …",
	} {
		if got := outline(text); got != want {
			t.Errorf("%q became %q; want %q", text, got, want)
		}
	}
}
