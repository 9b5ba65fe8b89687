package openapi

import (
	"strings"
	"testing"
)

// split is an API in several files, with the names that fileset gives them.
func split() []Document {
	return []Document{
		{"api/openapi.yaml", "openapi: 3.1.0\ncomponents:\n  securitySchemes:\n    login: {$ref: './security/schemes.yaml#/login'}\n" +
			"paths:\n  /missions: {$ref: paths/missions.yaml}\n  /children: {$ref: 'paths/children.json#/~1children'}\n"},
		{"api/security/schemes.yaml", "login:\n  type: oauth2\n  flows:\n    clientCredentials:\n      scopes: {$ref: 'scopes.yaml#/all'}\n"},
		{"api/security/scopes.yaml", "all:\n  missions:read: Read missions\n  missions:write: Write missions\n  children:read: Read children\n"},
		{"api/paths/missions.yaml", "get:\n  security:\n    - login: [missions:read]\npost:\n  security:\n    - login: [missions:write, missions:delete]\n"},
		{"api/paths/children.json", `{"/children":{"get":{"security":[{"login":["children:read"]}],"responses":{"200":{"$ref":"../responses.yaml#/ok"}}}}}`},
		{"api/responses.yaml", "ok: {description: Fine}\n"},
	}
}

// A $ref to another given document is followed, relative to the document that has it, and
// declarations and uses have their place there. Documents that are only parts of others are no
// errors, also where nothing that matters here refers to them.
func TestSplitDocuments(t *testing.T) {
	for name, change := range map[string]func([]Document){
		"as given": func([]Document) {},
		"below a module": func(docs []Document) {
			for i := range docs {
				docs[i].Name = "./modules/shop/../shop/" + docs[i].Name
			}
		},
		"by URL": func(docs []Document) {
			for i := range docs {
				docs[i].Name = "https://example.com/v1/" + docs[i].Name
			}
		},
		"escaped": func(docs []Document) {
			for i := range docs {
				docs[i].Name = strings.Replace(docs[i].Name, "security/", "my security/", 1)
			}
			docs[0].Text = strings.Replace(docs[0].Text, "./security/", "my%20security/", 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			docs := split()
			change(docs)
			r := read(t, Options{}, docs...)
			equal(
				t, "scopes", r.Descriptions(),
				map[string]string{"missions:read": "Read missions", "missions:write": "Write missions", "children:read": "Read children"},
			)
			equal(t, "undeclared", r.Undeclared(), []string{"missions:delete"})
			equal(t, "unused", r.Unused(), []string(nil))
			equal(t, "skipped", r.Skipped, []Skipped(nil))
			for _, s := range r.Scopes {
				if s.Name == "missions:read" {
					equal(t, "declared", s.Declared, []Declaration{{docs[2].Name, 2, "login", "clientCredentials", "Read missions"}})
					equal(t, "used", s.Used, []Use{{docs[3].Name, 3, "GET /missions", "login"}})
				}
			}
		})
	}
}

// Two documents that refer to the same part declare and use its scopes once.
func TestSharedPart(t *testing.T) {
	docs := split()
	docs = append(docs, Document{"api/second.yaml", docs[0].Text})
	r := read(t, Options{}, docs...)
	for _, s := range r.Scopes {
		if s.Name == "missions:read" && (len(s.Declared) != 1 || len(s.Used) != 1) {
			t.Errorf("%v, %v", s.Declared, s.Used)
		}
	}
}

// A reference out of the given documents stays an error if it can lead to scopes, and so does a
// part that nothing refers to.
func TestSplitTroubles(t *testing.T) {
	without := func(name string) []Document {
		var docs []Document
		for _, d := range split() {
			if d.Name != name {
				docs = append(docs, d)
			}
		}
		return docs
	}
	edit := func(i int, text string) []Document {
		docs := split()
		docs[i].Text = text
		return docs
	}
	for name, test := range map[string]struct {
		docs []Document
		want string
	}{
		"missing part": {without("api/security/scopes.yaml"), `api/security/schemes.yaml:5: the scopes of the security scheme "login" is outside of the given documents, ` +
			`at "scopes.yaml#/all"; give that document too, under the name "api/security/scopes.yaml"`},
		"other name": {
			append(without("api/security/schemes.yaml"), Document{"schemes.yaml", split()[1].Text}),
			`give that document too, under the name "api/security/schemes.yaml"`,
		},
		"no such place": {edit(1, "log-in: {}\n"), `api/openapi.yaml:4: the reference "./security/schemes.yaml#/login" does not exist in this document ` +
			`(the document "api/security/schemes.yaml")`},
		"circle":        {edit(1, "login: {$ref: '../openapi.yaml#/components/securitySchemes/login'}\n"), "form a cycle"},
		"unused part":   {append(split(), Document{"api/alone.yaml", "a: b\n"}), "api/alone.yaml:1: not an OpenAPI document"},
		"broken part":   {edit(2, "all: [\n"), "api/security/scopes.yaml"},
		"wrong in part": {edit(2, "all: {'a b': x}\n"), `api/security/scopes.yaml:1: the scope name "a b" has white space in it`},
		"on the net": {
			edit(0, strings.Replace(split()[0].Text, "./security/", "https://example.com/security/", 1)),
			`under the name "https://example.com/security/schemes.yaml"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(test.docs, Options{})
			if got := message(err); !strings.Contains(got, test.want) {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
		})
	}
}

// JSON with comments is named as such: as YAML, a comment would become a part of the next key.
func TestJSONWithComments(t *testing.T) {
	const ok = `{"openapi": "3.0.0", "info": {"title": "see https://example.com /* all */ // of it"}, "paths": {"/a/*": {}, "//": {}},
"components": {"securitySchemes": {"o": {"type": "oauth2", "flows": {"implicit": {"scopes": {"a:b": "A"}}}}}}}`
	read(t, Options{}, Document{"d", ok})
	yaml := strings.NewReplacer(`"a:b"`, `a:b`, `"/a/*"`, "/a/*", `"//"`, "/a//b", `"openapi"`, "openapi", `"3.0.0"`, "3.0.0").Replace(ok)
	read(t, Options{}, Document{"d", yaml + "\n# see https://example.com\n"})
	for text, line := range map[string]string{
		"// the API\n" + ok:   "d:1:",
		"/* the API\n*/" + ok: "d:1:",
		strings.Replace(ok, `"components"`, "// schemes\n"+`"components"`, 1):    "d:2:",
		strings.Replace(ok, `"securitySchemes"`, `/* x */ "securitySchemes"`, 1): "d:2:",
		strings.Replace(ok, `"3.0.0",`, `"3.0.0",//x`+"\n", 1):                   "d:1:",
	} {
		_, err := Read([]Document{{"d", text}}, Options{})
		if got := message(err); !strings.HasPrefix(got, line+" a comment begins here: this is JSON with comments") {
			t.Errorf("%s\n got %s", text, got)
		}
	}
}
