package openapi

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

func load(t testing.TB, names ...string) []Document {
	t.Helper()
	var docs []Document
	for _, n := range names {
		b, err := os.ReadFile(filepath.Join("testdata", n))
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, Document{n, string(b)})
	}
	return docs
}

func read(t *testing.T, options Options, docs ...Document) *Result {
	t.Helper()
	r, err := Read(docs, options)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s\n got %#v\nwant %#v", what, got, want)
	}
}

func TestReadDocuments(t *testing.T) {
	for _, test := range []struct {
		document     string
		options      Options
		descriptions map[string]string
		undeclared   []string
		unused       []string
		skipped      []Skipped
	}{
		{
			document:     "shop-2.0.json",
			descriptions: map[string]string{"orders:read": "Read orders", "orders:write": "Write orders 📝", "none": "", "stock:sync": "Synchronise the stock"},
			undeclared:   []string{"stock:typo"},
			unused:       []string{"none"},
		},
		{
			document: "orders-3.0.yaml",
			descriptions: map[string]string{
				"on": "switch it on", "yes": "agree", "010": "octal, or is it", "callbacks:receive": "Receive callbacks", "reports:read": "",
			},
			unused: []string{"010", "yes"},
		},
		{
			document: "orders-3.0.yaml",
			options:  Options{IncludeOIDC: true},
			descriptions: map[string]string{
				"on": "switch it on", "yes": "agree", "010": "octal, or is it", "callbacks:receive": "Receive callbacks", "reports:read": "",
				"openid": "", "profile": "", "email": "the e-mail address",
			},
			unused: []string{"010", "email", "yes"},
		},
		{
			document: "billing-3.1.yaml",
			descriptions: map[string]string{
				"billing:read": "Read bills", "billing:write": "", "billing:admin": "Everything", "x-text": "a scope, since its value is text",
			},
			unused:  []string{"billing:admin", "x-text"},
			skipped: []Skipped{{"billing-3.1.yaml", 29, "files.yaml#/files"}},
		},
		{
			document:     "devices-3.2.yaml",
			descriptions: map[string]string{"play": "Play", "search": "Search", "purge": "Purge the cache"},
			unused:       []string{"play"},
		},
	} {
		t.Run(test.document, func(t *testing.T) {
			r := read(t, test.options, load(t, test.document)...)
			equal(t, "descriptions", r.Descriptions(), test.descriptions)
			equal(t, "undeclared", r.Undeclared(), test.undeclared)
			equal(t, "unused", r.Unused(), test.unused)
			equal(t, "skipped", r.Skipped, test.skipped)
			if !slices.IsSortedFunc(r.Scopes, func(a, b Scope) int { return strings.Compare(a.Name, b.Name) }) {
				t.Error("scopes are not sorted")
			}
		})
	}
}

func TestPlaces(t *testing.T) {
	r := read(t, Options{}, load(t, "shop-2.0.json", "orders-3.0.yaml", "devices-3.2.yaml", "billing-3.1.yaml")...)
	scopes := map[string]Scope{}
	for _, s := range r.Scopes {
		scopes[s.Name] = s
	}
	for _, want := range []Scope{
		{
			Name: "orders:read", Description: "Read orders",
			Declared: []Declaration{
				{"shop-2.0.json", 11, "shopAuth", "accessCode", "Read orders"},
				{"shop-2.0.json", 21, "machine", "application", "Read orders"},
			},
			Used: []Use{
				{"shop-2.0.json", 30, "GET /orders", "shopAuth"},
				{"shop-2.0.json", 30, "GET /orders", "machine"},
				{"shop-2.0.json", 31, "POST /orders", "shopAuth"},
			},
		},
		{
			Name: "reports:read", OpenIDConnect: true,
			Used: []Use{{"orders-3.0.yaml", 14, "GET /reports", "oidc"}, {"orders-3.0.yaml", 14, "HEAD /reports", "oidc"}},
		},
		{
			Name: "callbacks:receive", Description: "Receive callbacks",
			Declared: []Declaration{
				{"orders-3.0.yaml", 44, "oauth", "clientCredentials", "Receive callbacks"},
				{"orders-3.0.yaml", 44, "real", "clientCredentials", "Receive callbacks"},
			},
			Used: []Use{{"orders-3.0.yaml", 26, "POST {$request.body#/url} callback of GET /orders/{id}", "oauth"}},
		},
		{
			Name: "billing:read", Description: "Read bills",
			Declared: []Declaration{{"billing-3.1.yaml", 22, "oauth", "authorizationCode", "Read bills"}},
			Used:     []Use{{"billing-3.1.yaml", 5, AllOperations, "oauth"}, {"billing-3.1.yaml", 35, "POST webhook paid", "oauth"}},
		},
		{
			Name: "purge", Description: "Purge the cache",
			Declared: []Declaration{{"devices-3.2.yaml", 11, "tv", "deviceAuthorization", "Purge the cache"}},
			Used:     []Use{{"devices-3.2.yaml", 20, "PURGE /titles", "tv"}},
		},
	} {
		equal(t, want.Name, scopes[want.Name], want)
	}
}

func TestOrderOfDocumentsIsOfNoAccount(t *testing.T) {
	docs := load(t, "shop-2.0.json", "orders-3.0.yaml", "devices-3.2.yaml", "billing-3.1.yaml")
	want := read(t, Options{}, docs...)
	slices.Reverse(docs)
	first := docs[0]
	equal(t, "result", read(t, Options{}, docs...), want)
	equal(t, "the caller's slice", docs[0], first)
}

// oauth is a 3.0 document with these lines of scopes, which begin on line 7.
func oauth(scopes string) string {
	return "openapi: 3.0.0\ncomponents:\n  securitySchemes:\n    o:\n      type: oauth2\n" +
		"      flows: {implicit: {scopes: {\n" + strings.ReplaceAll("\n"+scopes, "\n", "\n        ")[1:] + "\n      }}}\n"
}

func TestDescriptions(t *testing.T) {
	first := Document{"a.yaml", oauth(`read: "", write: "Write"`)}
	second := Document{"b.yaml", oauth("read: Read,\nwrite: Write all")}
	third := Document{"c.yaml", oauth(`read: "Read\nmore of it", write: "Write all"`)}

	_, err := Read([]Document{third, second, first}, Options{})
	equal(t, "error", message(err), `b.yaml:8: scope "write" is described as "Write all" here (scheme "o", flow "implicit") and as "Write" at a.yaml:7 `+
		`(scheme "o", flow "implicit"); give both the same first line, or set first_description_wins of the data source authscopes_definitions`)

	r := read(t, Options{FirstDescriptionWins: true}, third, second, first)
	equal(t, "first wins", r.Descriptions(), map[string]string{"read": "Read", "write": "Write"})
}

func TestFirstLine(t *testing.T) {
	long := strings.Repeat("é", authz.MaxDescriptionLength)
	for text, want := range map[string]string{
		"":                                   "",
		" \n\t\n":                            "",
		"\n\n  Read  \n\nmore":               "Read",
		"Read\r\nmore":                       "Read",
		"Read\u2028more":                     "Read",
		"a\tb\x00c\u0085d":                   "a b c",
		long:                                 long,
		long + "é":                           long[:2*254] + "…",
		strings.Repeat("e", 253) + " longer": strings.Repeat("e", 253) + "…",
		strings.Repeat("🛒", 10_000):          strings.Repeat("🛒", 127) + "…",
	} {
		if got := firstLine(text); got != want || authz.CheckDescription("", got) != nil {
			t.Errorf("firstLine(%.40q) = %q, want %q", text, got, want)
		}
	}
}

func message(err error) string {
	if err == nil {
		return "no error"
	}
	return err.Error()
}

func TestTroubles(t *testing.T) {
	const head3 = "openapi: 3.0.0\n"
	ok := oauth("read: Read")
	for name, test := range map[string]struct{ text, want string }{
		"empty":          {" \n", "d: the document is empty"},
		"empty YAML":     {"# only a comment", "d: the document is empty"},
		"text":           {"hello", "d:1: not an OpenAPI document: it is the text \"hello\"; an OpenAPI document begins with"},
		"list":           {"\n- a", "d:2: not an OpenAPI document: it is a list"},
		"other YAML":     {"asyncapi: 2.0.0", "d:1: not an OpenAPI document: it has neither `openapi` nor `swagger`"},
		"version 4":      {"# c\nopenapi: 4.0.0", `d:2: the document is of OpenAPI version "4.0.0"; 2.0, 3.0, 3.1 and 3.2 are read`},
		"version 3.3":    {"openapi: 3.3.0", `d:1: the document is of OpenAPI version "3.3.0"`},
		"version 3.10":   {"openapi: 3.10.0", `d:1: the document is of OpenAPI version "3.10.0"`},
		"version 1.2":    {"swagger: '1.2'", `d:1: the document is of Swagger version "1.2"`},
		"both versions":  {"swagger: '2.0'\nopenapi: 3.0.0", "d:2: the document has both"},
		"broken YAML":    {head3 + "a: [b\nc: d", "d:3: broken YAML: "},
		"unknown alias":  {head3 + "a: *b", "d:2: broken YAML: unknown anchor"},
		"broken JSON":    {"{\n\"openapi\": \"3.0.0\",\n\"a\": x y: z\n", "d:3: broken JSON: invalid character 'x'"},
		"not UTF-8":      {head3 + "a: \xff", "d:2: the document is not UTF-8"},
		"two documents":  {ok + "---\n" + ok, "d:9: a second YAML document begins here"},
		"JSON and more":  {"{\"openapi\": \"3.0.0\"}\n{}", "d:2: broken JSON: "},
		"key twice":      {head3 + "paths: {}\ninfo:\n  a: 1\n  a: 2", `d:5: the key "a" is a duplicate (first on line 4)`},
		"JSON key twice": {"{\"openapi\": \"3.0.0\",\n\"a\": 1,\n\"a\": 2}", `d:3: the key "a" is a duplicate (first on line 2)`},
		"key not text":   {oauth("? [a]\n: b"), "d:7: a key in the scopes of the security scheme \"o\" is a list; it must be text"},
		"white space":    {oauth(`"a:b c:d": x`), `d:7: the scope name "a:b c:d" has white space in it; split it into separate entries: "a:b", "c:d"`},
		"white space around": {
			oauth(`" a:b": x`), `d:7: the scope name " a:b" has white space in it; remove the white space: "a:b"`,
		},
		"white space in use": {
			"openapi: 3.0.0\nsecurity:\n- o:\n  - a:b c:d\n" + strings.TrimPrefix(ok, head3), `d:4: the scope name "a:b c:d" has white space in it; split it`,
		},
		"bad character": {oauth(`"a\\b": x`), `d:7: the scope name "a\\b" has '\\' at character 2`},
		"not ASCII":     {oauth(`"größe": x`), `d:7: the scope name "größe" has 'ö' at character 3`},
		"empty name":    {oauth(`"": x`), "d:7: a scope name is empty"},
		"long name": {
			oauth(strings.Repeat("a", 256) + ": x"), `d:7: the scope name "` + strings.Repeat("a", 80) + `"… has 256 bytes; at most 255 are allowed`,
		},
		"scopes as a list": {
			strings.Replace(ok, "{\n        read: Read\n      }", "[read]", 1),
			`d:6: the scopes of the security scheme "o" must be a mapping (names with values), but is a list`,
		},
		"description":  {oauth("read: {text: Read}"), `d:7: the description of scope "read" must be text, but is a mapping`},
		"unknown type": {strings.Replace(ok, "oauth2", "OAuth2", 1), `d:4: the security scheme "o" has the type "OAuth2"; allowed are oauth2, `},
		"no type":      {strings.Replace(ok, "type: oauth2", "kind: oauth2", 1), `d:4: the security scheme "o" has the type ""`},
		"unknown flow": {
			strings.Replace(ok, "implicit", "accessCode", 1), `d:6: the flows of the security scheme "o" have a flow "accessCode"; allowed are implicit, `,
		},
		"no flows": {strings.Replace(ok, "flows", "flow", 1), "d:4: the security scheme \"o\" has no `flows`"},
		"flows in 2.0": {
			"swagger: '2.0'\nsecurityDefinitions: {o: {type: oauth2,\nflows: {}}}",
			"d:3: the security scheme \"o\" has `flows`, which OpenAPI 2.0 does not have",
		},
		"unknown scheme":     {ok + "security:\n- p: [read]", "d:10: `security` names the scheme \"p\", which this document does not declare"},
		"security a mapping": {ok + "security: {o: [read]}", "d:9: `security` of the document must be a list, but is a mapping"},
		"requirement a text": {ok + "security: [{o: read}]", "d:9: the scopes for \"o\" in `security` of the document must be a list, but is the text \"read\""},
		"external scheme": {
			head3 + "components: {securitySchemes: {o:\n  {$ref: 'https://example.com/s.yaml#/o'}}}",
			`d:3: the security scheme "o" is outside of the given documents, at "https://example.com/s.yaml#/o"; give that document too, under the name "https://example.com/s.yaml", or bundle`,
		},
		"external scopes": {oauth("$ref: scopes.yaml"), `d:6: the scopes of the security scheme "o" is outside of the given documents, at "scopes.yaml"`},
		"external path, OIDC": {
			head3 + "components: {securitySchemes: {o: {type: openIdConnect}}}\npaths:\n  /a: {$ref: a.yaml}",
			`d:4: a path item is outside of the given documents, at "a.yaml"`,
		},
		"reference to nothing": {
			head3 + "components: {securitySchemes: {o: {$ref: '#/components/x'}}}", `d:2: the reference "#/components/x" does not exist in this document`,
		},
		"reference not a pointer": {head3 + "components: {securitySchemes: {o: {$ref: '#o'}}}", `d:2: the reference "#o" has an unknown form`},
		"reference not text":      {oauth("$ref: {a: b}"), "d:7: a $ref in the scopes of the security scheme \"o\" cannot be followed"},
		"reference behind merge": {
			"openapi: 3.0.0\nx: &x {$ref: '#/y'}\n" + strings.TrimPrefix(oauth("<<: *x, read: Read"), head3), "d:2: a $ref in the scopes",
		},
		"circle": {
			head3 + "components: {securitySchemes:\n {a: {$ref: '#/components/securitySchemes/b'},\n b: {$ref: '#/components/securitySchemes/a'}}}",
			"d:3: the references from here form a cycle",
		},
		"merge of a text": {oauth("<<: a, read: Read"), "d:7: a merge key (<<) in the scopes of the security scheme \"o\" names something other than mappings"},
		"no scopes":       {head3 + "paths: {}", "d: the document defines no scope: a flow of an oauth2"},
		"only built-in": {
			oauth("openid: x"),
			"d: the document defines no scope: a flow of an oauth2 security scheme must declare a scope, or an operation must use " +
				"a scope of an openIdConnect scheme; scopes of OpenID Connect itself",
		},
		"only undeclared": {strings.Replace(ok, "read: Read", "", 1) + "security: [{o: [read]}]", `used and not declared: "read"`},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Read([]Document{{"d", test.text}}, Options{})
			if got := message(err); r != nil || !strings.Contains(got, test.want) || strings.HasPrefix(test.want, "d:") && !strings.HasPrefix(got, test.want) {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestTroublesOfSeveralDocuments(t *testing.T) {
	_, err := Read([]Document{
		{"z.yaml", "swagger: 3"},
		{"b.yaml", oauth("read: Read,\n'a b': x,\n'c d': x")},
		{"a.yaml", "x"},
		{"b.yaml", oauth("read: Read")},
	}, Options{})
	var all *Error
	if !errors.As(err, &all) {
		t.Fatal(err)
	}
	var places []string
	for _, tr := range all.Troubles {
		places = append(places, place(tr.Document, tr.Line))
	}
	equal(t, "places", places, []string{"a.yaml:1", "b.yaml", "b.yaml:8", "b.yaml:9", "z.yaml:1"})
	if _, err := Read(nil, Options{}); message(err) != "no OpenAPI document is given; at least one document is required" {
		t.Error(err)
	}
}

func TestManyTroublesAreCut(t *testing.T) {
	_, err := Read([]Document{{"d", oauth(strings.Repeat("x y: z,\n", 1) + manyKeys("a %d"))}}, Options{})
	if got := message(err); strings.Count(got, "\n") > maxTroubles || !strings.Contains(got, "51 more mistakes in this document are not shown") {
		t.Error(got)
	}
}

func manyKeys(format string) string {
	var b strings.Builder
	for i := range 100 {
		b.WriteString(strings.ReplaceAll(format, "%d", strings.Repeat("k", i+1)) + ": v,\n")
	}
	return b.String()
}

func TestTolerated(t *testing.T) {
	for name, text := range map[string]string{
		"byte order mark":     "\ufeff" + oauth("read: Read"),
		"tabs in JSON":        "{\n\t\"swagger\":\t\"2.0\",\n\t\"securityDefinitions\": {\"o\": {\"type\": \"oauth2\",\n\t\t\"scopes\": {\"read\": \"Read\"}}}\n}",
		"long key in JSON":    `{"` + strings.Repeat("k", 3000) + `": 1, "swagger": "2.0", "securityDefinitions": {"o": {"type": "oauth2", "scopes": {"read": "Read"}}}}`,
		"YAML in braces":      "{openapi: 3.0.0, components: {securitySchemes: {o: {type: oauth2, flows: {implicit: {scopes: {read: Read}}}}}}, }",
		"version as a number": "swagger: 2.0\nsecurityDefinitions: {o: {type: oauth2, scopes: {read: Read}}}",
		"YAML 1.1":            "%YAML 1.1\n---\n" + oauth("read: Read"),
		"null sections":       oauth("read: Read") + "paths:\nsecurity:\nwebhooks:\n",
	} {
		t.Run(name, func(t *testing.T) {
			equal(t, "descriptions", read(t, Options{}, Document{"d", text}).Descriptions(), map[string]string{"read": "Read"})
		})
	}
}

func TestLimits(t *testing.T) {
	const large = "d: the document is too large"
	bomb := "openapi: 3.0.0\npaths:\n  /0: &m0 {get: {security: [{a: []}]}}\n"
	for i := range 25 {
		a, b := string(rune('a'+i)), "m0"
		if i > 0 {
			b = string(rune('a' + i - 1))
		}
		bomb += "  /" + a + ": &" + a + " {<<: [*" + b + ", *" + b + ", *" + b + "], x: 1}\n"
	}
	uses := "openapi: 3.0.0\ncomponents: {securitySchemes: {o: {type: oauth2, flows: {}}}}\nx: &s [" + strings.Repeat("a,", 5000) + "]\npaths:\n" +
		"  /a: &p {get: {security: [{o: *s}]}}\n"
	for i := range 1000 {
		uses += "  /" + strings.Repeat("p", i+1) + ": *p\n"
	}
	for name, test := range map[string]struct{ text, want string }{
		"too many bytes":  {strings.Repeat(" ", MaxDocumentSize+1), "d: the document has 52428801 bytes; at most 52428800 are read"},
		"YAML values":     {"openapi: 3.0.0\na: [" + strings.Repeat("1,", maxNodes) + "]", large},
		"YAML entries":    {"openapi: 3.0.0\na:\n" + strings.Repeat("-\n", maxNodes), large},
		"JSON values":     {`{"openapi": "3.0.0", "a": [` + strings.Repeat("1,", maxNodes) + `1]}`, large},
		"flow nesting":    {"openapi: 3.0.0\na: " + strings.Repeat("[", 100_000), "d:2: nested too deep: at most 200 levels are read"},
		"block nesting":   {"a:\n  " + strings.Repeat("- ", 100_000), "d:2: nested too deep"},
		"JSON nesting":    {`{"a":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "}", "d:1: nested too deep"},
		"JSON, far":       {`{"a":` + strings.Repeat("[", 1_000_000), "d:1: broken JSON: "},
		"merge bomb":      {bomb, large},
		"reference uses":  {uses, large},
		"alias of itself": {"openapi: 3.0.0\npaths: &a {/x: *a}\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Read([]Document{{"d", test.text}}, Options{})
			if got := message(err); r != nil || !strings.HasPrefix(got, test.want) || len(got) > 2000 {
				t.Errorf("got %.300s\nwant %s", got, test.want)
			}
		})
	}
}

// An alias bomb costs nothing where its values are not read.
func TestAliasBombIsNotExpanded(t *testing.T) {
	text := "x0: &a [x, x, x, x, x, x, x, x, x]\n"
	for i := range 20 {
		a, b := string(rune('b'+i)), string(rune('a'+i))
		text += "x" + a + ": &" + a + " [" + strings.Repeat("*"+b+", ", 9) + "]\n"
	}
	equal(t, "descriptions", read(t, Options{}, Document{"d", oauth("read: Read") + text}).Descriptions(), map[string]string{"read": "Read"})
}

func TestCallbacksInACircle(t *testing.T) {
	text := oauth("read: Read") + `x-callback: &c
  '{$url}':
    post:
      security: [{o: [read]}]
      callbacks: {again: *c}
paths:
  /a: {get: {callbacks: {first: {$ref: '#/x-callback'}}}}
`
	r := read(t, Options{}, Document{"d", text})
	equal(t, "uses", r.Scopes[0].Used, []Use{{"d", 12, "POST {$url} callback of GET /a", "o"}})
}

func FuzzRead(f *testing.F) {
	for _, d := range load(f, "shop-2.0.json", "orders-3.0.yaml", "devices-3.2.yaml", "billing-3.1.yaml") {
		f.Add(d.Text, true, false)
	}
	f.Add(oauth("<<: *x, a b: c, \"\\ud83d\\ude00\": d"), false, true)
	f.Add("{\"openapi\":\"3.1.0\",\"paths\":{\"$ref\":\"#/paths\"},\"components\":{\"$ref\":\"#\"}}", false, false)
	f.Add("openapi: 3.0.0\npaths: &a {<<: *a, /x: *a, ? [a] : b, $ref: '#/paths/~1x'}\n", true, true)
	f.Fuzz(func(t *testing.T, text string, oidc, first bool) {
		options := Options{IncludeOIDC: oidc, FirstDescriptionWins: first}
		docs := []Document{{"a", text}, {"b", oauth("read: Read")}}
		r, err := Read(docs, options)
		again, errAgain := Read(docs, options)
		equal(t, "a second reading", again, r)
		equal(t, "a second reading's error", message(errAgain), message(err))
		if err != nil {
			if r != nil || !utf8.ValidString(err.Error()) || err.Error() == "" {
				t.Errorf("result %v, error %q", r, err)
			}
			return
		}
		found := r.Descriptions()
		for _, name := range slices.Sorted(maps.Keys(found)) {
			if err := errors.Join(authz.CheckName(name), authz.CheckDescription(name, found[name])); err != nil {
				t.Error(err)
			}
			if builtIn(name) && !oidc {
				t.Errorf("%s is not omitted", name)
			}
		}
		for _, name := range r.Undeclared() {
			if _, defined := found[name]; defined {
				t.Errorf("%s is both defined and undeclared", name)
			}
		}
	})
}
