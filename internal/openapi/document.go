package openapi

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// reader takes the scopes out of one document.
type reader struct {
	*tree
	version2  bool
	schemes   map[string]scheme
	hasOIDC   bool
	callbacks map[*yaml.Node]bool // read already: they may contain themselves
	depth     int                 // of callbacks in callbacks
	outer     string              // the operation that the outermost of them belongs to
	all       *collection
}

// scheme is a security scheme; of one that could not be read only the name is
// known, and its trouble told.
type scheme struct {
	kind string
}

// readDocument adds what one document says. After a trouble nothing that was
// added may be used.
func readDocument(d Document, all *collection) []Trouble {
	root, broken := parse(d.Text)
	if broken != nil {
		return []Trouble{{Document: d.Name, Line: broken.line, Text: broken.text}}
	}
	r := &reader{tree: newTree(d.Name, root), schemes: map[string]scheme{}, callbacks: map[*yaml.Node]bool{}, all: all}
	r.checkKeys(root)
	if len(r.troubles) == 0 {
		r.document()
	}
	if r.dropped > 0 {
		r.troubles = append(r.troubles, Trouble{Document: d.Name, Text: fmt.Sprintf("%d more mistakes in this document are not shown", r.dropped)})
	}
	return r.troubles
}

func (r *reader) document() {
	root := alias(r.root)
	if root == nil || root.Kind != yaml.MappingNode {
		r.trouble(r.root.Line, "not an OpenAPI document: it is %s; an OpenAPI document begins with `openapi: 3.x.y` or `swagger: \"2.0\"`", kindOf(root))
		return
	}
	fields := r.fields(root, "the document")
	if !r.version(fields) {
		return
	}
	r.securitySchemes(fields)
	if f, ok := pick(fields, "security"); ok {
		r.requirements(f.value, AllOperations)
	}
	if f, ok := pick(fields, "paths"); ok {
		r.pathItems(f, func(method, path string) string { return method + " " + path })
	}
	if f, ok := pick(fields, "webhooks"); ok && !r.version2 {
		r.pathItems(f, func(method, name string) string { return method + " webhook " + name })
	}
}

// version reports whether the document is of a version that is read.
func (r *reader) version(fields []field) bool {
	const allowed = "2.0, 3.0, 3.1 and 3.2 are read"
	swagger, is2 := pick(fields, "swagger")
	openapi, is3 := pick(fields, "openapi")
	switch {
	case is2 && is3:
		r.trouble(openapi.line, "the document has both `swagger` and `openapi`; keep the one that it is")
	case is2:
		v := r.text(swagger.value, "`swagger`")
		if v == "2.0" || v == "2" {
			r.version2 = true
			return true
		}
		r.trouble(swagger.line, "the document is of Swagger version %s; %s", clip(v), allowed)
	case is3:
		v := r.text(openapi.value, "`openapi`")
		for _, known := range []string{"3.0", "3.1", "3.2"} {
			if v == known || strings.HasPrefix(v, known+".") || strings.HasPrefix(v, known+"-") {
				return true
			}
		}
		r.trouble(openapi.line, "the document is of OpenAPI version %s; %s", clip(v), allowed)
	default:
		r.trouble(r.root.Line, "not an OpenAPI document: it has neither `openapi` nor `swagger` at the top; %s", allowed)
	}
	return false
}

func (r *reader) securitySchemes(root []field) {
	const what = "the list of security schemes"
	f, ok := pick(root, "securityDefinitions")
	if !r.version2 {
		components, _ := pick(root, "components")
		f, ok = pick(r.fields(r.read(components.value, "`components`"), "`components`"), "securitySchemes")
	}
	if !ok {
		return
	}
	for _, s := range r.fields(r.read(f.value, what), what) {
		what := "the security scheme " + clip(s.key)
		n := r.read(s.value, what)
		r.schemes[s.key] = scheme{}
		if n == nil || isExtension(s.key) && n.Kind != yaml.MappingNode {
			continue
		}
		r.scheme(s, r.fields(n, what), what)
	}
}

func (r *reader) scheme(s field, fields []field, what string) {
	typ, _ := pick(fields, "type")
	kind := r.text(typ.value, "the type of "+what)
	r.schemes[s.key] = scheme{kind: kind}
	switch kind {
	case "oauth2":
		if r.version2 {
			r.flow2(s, fields, what)
			return
		}
		r.flows3(s, fields, what)
	case "openIdConnect":
		r.hasOIDC = true
	case "apiKey", "http", "basic", "mutualTLS":
	default:
		if !isExtension(s.key) {
			r.trouble(s.line, "%s has the type %s; "+
				"allowed are oauth2, openIdConnect, apiKey, http, mutualTLS and (2.0) basic", what, clip(kind))
		}
	}
}

// flow2 reads a Security Scheme Object of OpenAPI 2.0: it is a single flow.
func (r *reader) flow2(s field, fields []field, what string) {
	if f, ok := pick(fields, "flows"); ok {
		r.trouble(f.line, "%s has `flows`, which OpenAPI 2.0 does not know; it takes `flow` and `scopes`", what)
		return
	}
	flow, _ := pick(fields, "flow")
	name := r.text(flow.value, "the flow of "+what)
	if scopes, ok := pick(fields, "scopes"); ok {
		r.scopes(scopes, s.key, name)
	}
}

func (r *reader) flows3(s field, fields []field, what string) {
	flows, ok := pick(fields, "flows")
	if !ok {
		r.trouble(s.line, "%s has no `flows`; OpenAPI 3 declares the scopes of an oauth2 scheme in them", what)
		return
	}
	what = "the flows of " + what
	for _, f := range r.fields(r.read(flows.value, what), what) {
		if isExtension(f.key) {
			continue
		}
		known := []string{"implicit", "password", "clientCredentials", "authorizationCode", "deviceAuthorization"}
		if !slices.Contains(known, f.key) {
			r.trouble(f.line, "%s have one named %s; allowed are %s", what, clip(f.key), strings.Join(known, ", "))
			continue
		}
		what := "the flow " + f.key + " of the security scheme " + clip(s.key)
		if scopes, ok := pick(r.fields(r.read(f.value, what), what), "scopes"); ok {
			r.scopes(scopes, s.key, f.key)
		}
	}
}

// scopes reads a Scopes Object (2.0), or the map of the same use (3.x).
func (r *reader) scopes(f field, scheme, flow string) {
	what := "the scopes of the security scheme " + clip(scheme)
	for _, s := range r.fields(r.read(f.value, what), what) {
		if isExtension(s.key) && (r.version2 || !isText(s.value)) {
			continue
		}
		description := firstLine(r.text(s.value, "the description of scope "+clip(s.key)))
		if !r.checkScope(s.key, s.line) {
			continue
		}
		found := r.all.scope(s.key)
		found.Declared = append(found.Declared, Declaration{r.name, s.line, scheme, flow, description})
	}
}

func isText(n *yaml.Node) bool {
	n = alias(n)
	return n != nil && n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str"
}

// checkScope holds a name against what a scope may be called.
func (r *reader) checkScope(name string, line int) bool {
	if parts := strings.Fields(name); len(parts) > 0 && (len(parts) > 1 || parts[0] != name) {
		advice := "take the white space away: " + clip(parts[0])
		if len(parts) > 1 {
			advice = "split it, one entry each: " + list(parts)
		}
		r.trouble(line, "the scope name %s has white space in it; %s", clip(name), advice)
		return false
	}
	if len(name) > authz.MaxNameLength {
		r.trouble(line, "the scope name %s has %d bytes; at most %d are allowed", clip(name), len(name), authz.MaxNameLength)
		return false
	}
	if err := authz.CheckName(name); err != nil {
		r.trouble(line, "%s", err)
		return false
	}
	return true
}

// pathItems reads a map of Path Item Objects.
func (r *reader) pathItems(f field, label func(method, key string) string) {
	what := "`" + f.key + "`"
	items, ok := r.uses(f.value, what)
	if !ok {
		return
	}
	for _, item := range r.fields(items, what) {
		if !isExtension(item.key) {
			r.pathItem(item.value, func(method string) string { return label(method, short(item.key)) })
		}
	}
}

// uses is read for what can hold nothing but uses: an external reference to it is
// left out, unless it could hold the only word about a scope.
func (r *reader) uses(n *yaml.Node, what string) (*yaml.Node, bool) {
	if r.hasOIDC {
		found := r.read(n, what)
		return found, found != nil
	}
	found, external := r.follow(n)
	if external != "" && r.step() {
		r.all.skipped = append(r.all.skipped, Skipped{r.name, n.Line, external})
	}
	return found, found != nil
}

// pathItem reads the operations of a Path Item Object. What stands beside its
// $ref counts as well: the specification leaves open which of them holds.
func (r *reader) pathItem(n *yaml.Node, label func(method string) string) {
	const what = "a path item"
	own := alias(n)
	if own == nil {
		return
	}
	if ref, _ := r.refOf(own); ref != "" {
		r.operations(r.fields(own, what), label)
	}
	if found, ok := r.uses(n, what); ok {
		r.operations(r.fields(found, what), label)
	}
}

func (r *reader) operations(fields []field, label func(method string) string) {
	for _, f := range fields {
		switch f.key {
		case "get", "put", "post", "delete", "options", "head", "patch", "trace", "query":
			r.operation(f.value, label(strings.ToUpper(f.key)))
		case "additionalOperations": // 3.2
			const what = "`additionalOperations`"
			more, _ := r.uses(f.value, what)
			for _, o := range r.fields(more, what) {
				if !isExtension(o.key) {
					r.operation(o.value, label(short(o.key)))
				}
			}
		}
	}
}

func (r *reader) operation(n *yaml.Node, name string) {
	found, _ := r.uses(n, "the operation "+clip(name))
	fields := r.fields(found, "the operation "+clip(name))
	if f, ok := pick(fields, "security"); ok {
		r.requirements(f.value, name)
	}
	if f, ok := pick(fields, "callbacks"); ok && !r.version2 {
		if r.depth == 0 {
			r.outer = name
		}
		r.depth++
		r.callbacksOf(f.value)
		r.depth--
	}
}

const maxCallbacks = 16 // callbacks in callbacks

// callbacksOf reads a map of Callback Objects.
func (r *reader) callbacksOf(n *yaml.Node) {
	const what = "`callbacks`"
	if r.depth > maxCallbacks {
		r.trouble(n.Line, "callbacks contain callbacks more than %d deep", maxCallbacks)
		return
	}
	named, _ := r.uses(n, what)
	for _, c := range r.fields(named, what) {
		callback, ok := r.uses(c.value, what)
		if isExtension(c.key) || !ok || r.callbacks[callback] {
			continue
		}
		r.callbacks[callback] = true
		for _, item := range r.fields(callback, what) {
			if !isExtension(item.key) {
				r.pathItem(item.value, func(method string) string { return method + " " + short(item.key) + " callback of " + r.outer })
			}
		}
	}
}

// short cuts a key for the name of an operation.
func short(key string) string {
	const most = 256 // bytes
	if len(key) <= most {
		return key
	}
	return strings.ToValidUTF8(key[:most], "") + "…"
}

// requirements reads a list of Security Requirement Objects.
func (r *reader) requirements(n *yaml.Node, operation string) {
	what := "`security` of " + clip(operation)
	if operation == AllOperations {
		what = "`security` of the document"
	}
	for _, requirement := range r.items(r.read(n, what), what) {
		for _, f := range r.fields(r.read(requirement, what), what) {
			r.requirement(f, operation, what)
		}
	}
}

func (r *reader) requirement(f field, operation, what string) {
	name := f.key
	s, known := r.schemes[name]
	if rest, ok := strings.CutPrefix(name, "#/components/securitySchemes/"); ok && !known { // 3.2 takes URIs
		name = rest
		s, known = r.schemes[name]
	}
	if known && s.kind != "oauth2" && s.kind != "openIdConnect" {
		return
	}
	what = "the scopes for " + clip(name) + " in " + what
	items := r.items(r.read(f.value, what), what)
	if !known && len(items) > 0 {
		r.trouble(f.line, "`security` names the scheme %s, which this document does not declare; declare it, or correct the name", clip(name))
		return
	}
	for _, item := range items {
		if !r.step() {
			return
		}
		scope := r.text(item, what)
		if !r.checkScope(scope, item.Line) {
			continue
		}
		found := r.all.scope(scope)
		found.OpenIDConnect = found.OpenIDConnect || s.kind == "openIdConnect"
		found.Used = append(found.Used, Use{r.name, item.Line, operation, name})
	}
}

func isExtension(key string) bool { return strings.HasPrefix(key, "x-") }
