// Package openapi reads scopes from OpenAPI 2.0, 3.0, 3.1 and 3.2 documents, with the places
// that declare and use them. It is pure: it opens no file, makes no request and follows no
// reference out of the given documents.
//
// It reads only the security parts of the YAML node tree. The libraries for OpenAPI
// (kin-openapi, libopenapi) build the whole model. Both fail on a large published document
// because of a schema or response that does not concern scopes, need another model for 2.0, and
// link seven modules where this package links one. Of the YAML libraries, go.yaml.in/yaml/v4
// has line numbers, a limit on depth and no dependencies. goccy/go-yaml needs four times the
// time and memory for a flow sequence of five million values. encoding/json reads JSON, because
// the YAML library rejects surrogate pairs ("\ud83d\ude00").
//
// The package fails closed: a part that it cannot read is an error, and never one scope fewer,
// because an authoritative resource deletes scopes that are not defined.
//
//   - A scope is defined when a flow of an oauth2 scheme declares it, or when an
//     openIdConnect scheme is used with it: such a scheme cannot declare scopes.
//   - A scope that is only used, with an oauth2 scheme, is undeclared: reported,
//     but not defined, because it can be a typing error.
//   - The lists of other kinds of schemes are roles (OpenAPI 3.1, Security
//     Requirement Object), not scopes, and are not read.
//   - A $ref inside the document, or to another given document, is followed in
//     every place. The address is relative to the name of the document that has the $ref.
//     A given document that is not an OpenAPI document is read only through such a $ref.
//   - A $ref to anything else is an error if it can lead to scopes. A path item, operation or
//     callback is skipped (Result.Skipped), because it can only contain uses. If the document
//     has an openIdConnect scheme, it is an error too.
//   - In 2.0, fields of a Scopes Object that begin with x- are extensions. In 3.x
//     the specification makes them scopes, and they are read if their value is text.
//   - Keys are read literally: on, yes and 010 are text.
package openapi

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// Document is the text of one OpenAPI document, YAML or JSON. Errors and results contain the
// name.
type Document struct {
	Name string
	Text string
}

// Declaration is one place that declares a scope.
type Declaration struct {
	Document    string
	Line        int
	Scheme      string // name of the security scheme
	Flow        string // as the document's version calls it: "accessCode" in 2.0, "authorizationCode" in 3.x
	Description string // first line, shortened; "" if there is none
}

// AllOperations is Use.Operation for the security requirement of the whole document. It is one
// use for all operations.
const AllOperations = "*"

// Use is one security requirement that names a scope.
type Use struct {
	Document  string
	Line      int
	Operation string // "GET /users", "POST webhook paid", "POST {$url} callback of GET /users", or AllOperations
	Scheme    string
}

// Scope is one scope with all places that name it, sorted by document name and line.
type Scope struct {
	Name        string
	Description string // the first one that is not empty
	Declared    []Declaration
	Used        []Use
	// OpenIDConnect is true if an openIdConnect scheme is used with the scope.
	OpenIDConnect bool
}

// Defined reports whether the documents define the scope; see the package comment.
func (s Scope) Defined() bool { return len(s.Declared) > 0 || s.OpenIDConnect }

// Skipped is an external reference that was not followed.
type Skipped struct {
	Document string
	Line     int
	Ref      string
}

// Options changes the result of Read.
type Options struct {
	// IncludeOIDC keeps the scopes of OpenID Connect itself.
	IncludeOIDC bool
	// FirstDescriptionWins uses the first description, by document name (in bytes) and then by
	// line, if descriptions of one scope differ. Without it, that is an error.
	FirstDescriptionWins bool
}

// Result is the content of all documents together.
type Result struct {
	Scopes  []Scope // sorted by Name
	Skipped []Skipped
}

// Descriptions maps every defined scope to its description.
func (r *Result) Descriptions() map[string]string {
	found := make(map[string]string, len(r.Scopes))
	for _, s := range r.Scopes {
		if s.Defined() {
			found[s.Name] = s.Description
		}
	}
	return found
}

// Undeclared lists the scopes that are used but not defined, sorted.
func (r *Result) Undeclared() []string {
	return r.names(func(s Scope) bool { return !s.Defined() })
}

// Unused lists the scopes that are declared but never used, sorted. Uses behind a Skipped
// reference are unknown.
func (r *Result) Unused() []string {
	return r.names(func(s Scope) bool { return s.Defined() && len(s.Used) == 0 })
}

func (r *Result) names(want func(Scope) bool) []string {
	var names []string
	for _, s := range r.Scopes {
		if want(s) {
			names = append(names, s.Name)
		}
	}
	return names
}

// builtIn are the scopes of OpenID Connect Core 1.0, sections 3.1.2.1, 5.4 and 11.
func builtIn(name string) bool {
	switch name {
	case "openid", "profile", "email", "address", "phone", "offline_access":
		return true
	}
	return false
}

// Read reads all documents as one set. No documents, or no defined scope in any
// of them, is an error. An error is always an *Error, and then there is no result.
func Read(documents []Document, options Options) (*Result, error) {
	if len(documents) == 0 {
		return nil, &Error{Troubles: []Trouble{{Text: "no OpenAPI document is given; at least one document is required"}}}
	}
	docs := slices.Clone(documents)
	slices.SortStableFunc(docs, func(a, b Document) int { return strings.Compare(a.Name, b.Name) })
	all := &collection{scopes: map[string]*Scope{}}
	trees, troubles := open(docs)
	part := parts(trees)
	for _, t := range trees {
		if !part[t] {
			readDocument(t, all)
		}
	}
	for _, t := range trees {
		troubles = append(troubles, t.allTroubles()...)
	}
	result, more := all.result(options)
	troubles = append(troubles, more...)
	if len(troubles) == 0 && len(result.Descriptions()) == 0 {
		troubles = append(troubles, noScopes(docs, all, result))
	}
	if len(troubles) > 0 {
		return nil, newError(troubles)
	}
	return result, nil
}

// noScopes returns the trouble for an empty result, which would make an authoritative resource
// delete every scope.
func noScopes(docs []Document, all *collection, result *Result) Trouble {
	text, document := fmt.Sprintf("none of the %d documents defines a scope", len(docs)), ""
	if len(docs) == 1 {
		text, document = "the document defines no scope", docs[0].Name
	}
	text += ": a flow of an oauth2 security scheme must declare a scope, or an operation must use a scope of an openIdConnect scheme"
	if undeclared := result.Undeclared(); len(undeclared) > 0 {
		text += "; used and not declared: " + list(undeclared)
	} else if len(all.scopes) > 0 {
		text += "; scopes of OpenID Connect itself (openid, profile and others) are excluded"
	}
	return Trouble{Document: document, Text: text}
}

// maxConflicts bounds the memory for an error, which is longer than a reader needs.
const maxConflicts = 1000

// collection collects the scopes of all documents.
type collection struct {
	scopes  map[string]*Scope
	skipped []Skipped
}

func (c *collection) scope(name string) *Scope {
	s, ok := c.scopes[name]
	if !ok {
		s = &Scope{Name: name}
		c.scopes[name] = s
	}
	return s
}

func (c *collection) result(options Options) (*Result, []Trouble) {
	result := &Result{Skipped: c.skipped}
	var troubles []Trouble
	for _, name := range slices.Sorted(maps.Keys(c.scopes)) {
		s := c.scopes[name]
		if builtIn(name) && !options.IncludeOIDC {
			continue
		}
		s.sort()
		first, differing := s.descriptions()
		if first != nil {
			s.Description = first.Description
		}
		if !options.FirstDescriptionWins {
			for _, d := range differing[:min(len(differing), maxConflicts-len(troubles))] {
				troubles = append(troubles, conflict(s.Name, *first, d))
			}
		}
		result.Scopes = append(result.Scopes, *s)
	}
	slices.SortStableFunc(result.Skipped, func(a, b Skipped) int { return comparePlaces(a.Document, a.Line, b.Document, b.Line) })
	return result, troubles
}

func (s *Scope) sort() {
	slices.SortStableFunc(s.Declared, func(a, b Declaration) int { return comparePlaces(a.Document, a.Line, b.Document, b.Line) })
	slices.SortStableFunc(s.Used, func(a, b Use) int { return comparePlaces(a.Document, a.Line, b.Document, b.Line) })
}

// descriptions returns the first description, and the first place of each other one. A missing
// description is not a contradiction.
func (s *Scope) descriptions() (first *Declaration, differing []Declaration) {
	said := map[string]bool{"": true}
	for i, d := range s.Declared {
		if said[d.Description] {
			continue
		}
		said[d.Description] = true
		if first == nil {
			first = &s.Declared[i]
			continue
		}
		differing = append(differing, d)
	}
	return first, differing
}

func conflict(name string, first, other Declaration) Trouble {
	return Trouble{Document: other.Document, Line: other.Line, Text: fmt.Sprintf(
		"scope %q is described as %q here (%s) and as %q at %s (%s); "+
			"give both the same first line, or set first_description_wins of the data source authscopes_definitions",
		name, other.Description, other.origin(), first.Description, place(first.Document, first.Line), first.origin())}
}

func (d Declaration) origin() string {
	if d.Flow == "" {
		return fmt.Sprintf("scheme %s", clip(d.Scheme))
	}
	return fmt.Sprintf("scheme %s, flow %s", clip(d.Scheme), clip(d.Flow))
}

// firstLine returns the first line of a text that is not blank, trimmed, without control
// characters, and shortened with an ellipsis to the length that servers store.
func firstLine(text string) string {
	text = strings.TrimSpace(text)
	if i := strings.IndexAny(text, "\n\r\u0085\u2028\u2029"); i >= 0 {
		text = text[:i]
	}
	text = strings.ToValidUTF8(text[:min(len(text), utf8.UTFMax*(authz.MaxDescriptionLength+1))], "\uFFFD") // longer than the limit
	if authz.CheckDescription("", text) != nil {
		end, units := 0, 1 // length of the ellipsis
		for i, r := range text {
			if units += utf16.RuneLen(r); units > authz.MaxDescriptionLength {
				break
			}
			end = i + utf8.RuneLen(r)
		}
		text = strings.TrimSpace(text[:end]) + "…"
	}
	return strings.TrimSpace(strings.Map(spaceForControl, text))
}

func spaceForControl(r rune) rune {
	if r < 0x20 || r >= 0x7F && r < 0xA0 {
		return ' '
	}
	return r
}
