package openapi

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestPublicDocuments reads published documents, whose sources and licenses stand
// beside them. The names were taken from them with jq, not with this package.
func TestPublicDocuments(t *testing.T) {
	for _, test := range []struct {
		document           string
		options            Options
		scopes             []string // sorted
		unused, undeclared int
		descriptions       map[string]string // some of them
	}{
		{
			document:     "petstore/openapi.yaml", // 2.0
			scopes:       []string{"read:pets", "write:pets"},
			descriptions: map[string]string{"read:pets": "read your pets", "write:pets": "modify pets in your account"},
		},
		{
			document:     "xero-assets/openapi.json",
			scopes:       []string{"assets", "assets.read"},
			descriptions: map[string]string{"assets": "Grant read-write access to fixed assets"},
		},
		{
			document: "xero-assets/openapi.json",
			options:  Options{IncludeOIDC: true},
			scopes:   []string{"assets", "assets.read", "email", "openid", "profile"},
			unused:   3,
			descriptions: map[string]string{
				"assets.read": "Grant read-only access to fixed assets", "profile": "your profile information",
			},
		},
		{
			document: "asana/openapi.json", // used as a scheme, never with a scope
			scopes:   []string{"default"},
			unused:   1,
			descriptions: map[string]string{
				"default": "Provides access to all endpoints documented in our API reference. If no scopes are requested, this scope is assumed by default.",
			},
		},
		{
			document: "asana/openapi.json",
			options:  Options{IncludeOIDC: true},
			scopes:   []string{"default", "email", "openid", "profile"},
			unused:   4,
			descriptions: map[string]string{
				"email": "Provides access to the user’s email through the OpenID Connect user info endpoint.",
			},
		},
		{
			document:     "microcks/openapi.json",
			scopes:       []string{"admin", "manager", "user"},
			descriptions: map[string]string{"manager": "Services & APIs content manager", "user": "Simple authenticated user"},
		},
	} {
		t.Run(test.document, func(t *testing.T) {
			r := read(t, test.options, load(t, filepath.Join("public", test.document))...)
			descriptions := r.Descriptions()
			equal(t, "scopes", names(r), test.scopes)
			equal(t, "unused", len(r.Unused()), test.unused)
			equal(t, "undeclared", len(r.Undeclared()), test.undeclared)
			equal(t, "skipped", len(r.Skipped), 0)
			for name, want := range test.descriptions {
				equal(t, "description of "+name, descriptions[name], want)
			}
		})
	}
}

func names(r *Result) []string {
	return r.names(func(Scope) bool { return true })
}

// TestPlacesInAPublicDocument has lines, which the minified ones have not.
func TestPlacesInAPublicDocument(t *testing.T) {
	const name = "public/petstore/openapi.yaml"
	r := read(t, Options{}, load(t, filepath.FromSlash(name))...)
	equal(t, "scope", r.Scopes[0], Scope{
		Name: "read:pets", Description: "read your pets",
		Declared: []Declaration{{filepath.FromSlash(name), 578, "petstore_auth", "implicit", "read your pets"}},
		Used: []Use{
			{filepath.FromSlash(name), 58, "POST /pet", "petstore_auth"},
			{filepath.FromSlash(name), 88, "PUT /pet", "petstore_auth"},
			{filepath.FromSlash(name), 125, "GET /pet/findByStatus", "petstore_auth"},
			{filepath.FromSlash(name), 158, "GET /pet/findByTags", "petstore_auth"},
			{filepath.FromSlash(name), 222, "POST /pet/{petId}", "petstore_auth"},
			{filepath.FromSlash(name), 251, "DELETE /pet/{petId}", "petstore_auth"},
			{filepath.FromSlash(name), 288, "POST /pet/{petId}/uploadImage", "petstore_auth"},
		},
	})
}

func TestPublicDocumentsThatAreRefused(t *testing.T) {
	for _, test := range []struct{ document, want string }{
		{
			"airflow/openapi.json", // an openIdConnect scheme that nothing uses
			filepath.Join("public", "airflow", "openapi.json") + ": the document defines no scope: a flow of an oauth2 security scheme " +
				"must declare a scope, or an operation must use a scope of an openIdConnect scheme",
		},
		{
			"xero-payroll-au/openapi.json",
			filepath.Join("public", "xero-payroll-au", "openapi.json") +
				`:1: the scope name "assets assets.read" has white space in it; split it into separate entries: "assets", "assets.read"`,
		},
	} {
		t.Run(test.document, func(t *testing.T) {
			_, err := Read(load(t, filepath.Join("public", test.document)), Options{})
			equal(t, "error", message(err), test.want)
		})
	}
}

// TestAdviceOnAPublicDocument does what the error says, and then all of the
// document is read.
func TestAdviceOnAPublicDocument(t *testing.T) {
	const wrong = `"assets assets.read":"Grant read-only access to fixed assets"`
	docs := load(t, filepath.Join("public", "xero-payroll-au", "openapi.json"))
	if n := strings.Count(docs[0].Text, wrong); n != 1 {
		t.Fatalf("the document has the wrong entry %d times", n)
	}
	docs[0].Text = strings.Replace(docs[0].Text, wrong, `"assets":"","assets.read":"Grant read-only access to fixed assets"`, 1)
	r := read(t, Options{}, docs...)
	used := []string{
		"payroll.employees", "payroll.employees.read", "payroll.leaveapplications", "payroll.leaveapplications.read",
		"payroll.payitems", "payroll.payitems.read", "payroll.payrollcalendars", "payroll.payrollcalendars.read",
		"payroll.payruns", "payroll.payruns.read", "payroll.payslip", "payroll.payslip.read", "payroll.settings.read",
		"payroll.superfundproducts.read", "payroll.superfunds", "payroll.superfunds.read", "payroll.timesheets", "payroll.timesheets.read",
	}
	unused := []string{
		"accounting.attachments", "accounting.attachments.read", "accounting.contacts", "accounting.contacts.read",
		"accounting.journals.read", "accounting.reports.read", "accounting.settings", "accounting.settings.read",
		"accounting.transactions", "accounting.transactions.read", "assets", "assets.read", "bankfeeds", "files", "files.read",
		"paymentservices", "payroll", "payroll.read", "projects", "projects.read",
	}
	equal(t, "unused", r.Unused(), unused)
	equal(t, "scopes", names(r), slices.Sorted(slices.Values(append(used, unused...))))
	equal(t, "undeclared", len(r.Undeclared()), 0)
	equal(t, "description", r.Descriptions()["payroll.payrollcalendars.read"], "Grant read-only access to payroll calendars")
}

// TestOneMistakeInAMinifiedDocument has a mistake in each of many operations, all
// on line 1, and another one after them.
func TestOneMistakeInAMinifiedDocument(t *testing.T) {
	operation := `"/p%":{"get":{"security":[{"a":["b c"]}]}},`
	var paths strings.Builder
	for i := range 2 * maxTroubles {
		paths.WriteString(strings.Replace(operation, "%", strings.Repeat("p", i), 1))
	}
	text := `{"openapi":"3.0.0","components":{"securitySchemes":{"a":{"type":"oauth2","flows":{"password":{"scopes":{"b":""}}}}}},` +
		`"paths":{` + paths.String() + `"/last":{"get":{"security":[{"a":["d e"]}]}}}}`
	_, err := Read([]Document{{"d", text}}, Options{})
	equal(t, "error", message(err),
		`d:1: the scope name "b c" has white space in it; split it into separate entries: "b", "c"`+"\n"+
			`d:1: the scope name "d e" has white space in it; split it into separate entries: "d", "e"`)
}
