package openapi

import (
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// reader reads the scopes of one document.
type reader struct {
	*tree     // of the document that is being read
	home      *tree
	version2  bool
	schemes   map[string]scheme
	hasOIDC   bool
	callbacks map[*yaml.Node]bool // already read, because they can contain themselves
	depth     int                 // of callbacks in callbacks
	outer     string              // operation of the outermost callback
	all       *collection
}

// scheme is a security scheme. If it could not be read, only its name is known, and the trouble
// was reported.
type scheme struct {
	kind string
}

// open parses all documents. A document that cannot be parsed has trouble and no tree.
func open(docs []Document) ([]*tree, []Trouble) {
	all := &library{trees: map[string]*tree{}}
	var trees []*tree
	var troubles []Trouble
	for i, d := range docs {
		if i > 0 && docs[i-1].Name == d.Name {
			troubles = append(troubles, Trouble{Document: d.Name, Text: "two documents have this name; give each document its own name"})
			continue
		}
		root, broken := parse(d.Text)
		if broken != nil {
			troubles = append(troubles, Trouble{Document: d.Name, Line: broken.line, Text: broken.text})
			continue
		}
		t := all.newTree(d.Name, root)
		t.checkKeys(root)
		trees = append(trees, t)
		if name := cleanName(d.Name); all.trees[name] == nil {
			all.trees[name] = t
		}
	}
	return trees, troubles
}

// cleanName returns a name in the form of references.
func cleanName(name string) string {
	if strings.Contains(name, "://") {
		return name
	}
	return path.Clean(name)
}

// parts returns the trees that are not OpenAPI documents and that another document refers to.
func parts(trees []*tree) map[*tree]bool {
	found := map[*tree]bool{}
	if !slices.ContainsFunc(trees, func(t *tree) bool { return !t.isOpenAPI() }) {
		return found
	}
	for _, t := range trees {
		t.references(t.root, func(to *tree) {
			if to != t && !to.isOpenAPI() {
				found[to] = true
			}
		})
	}
	return found
}

func (t *tree) isOpenAPI() bool {
	root := alias(t.root)
	if root == nil || root.Kind != yaml.MappingNode {
		return false
	}
	for i := 0; i < len(root.Content); i += 2 {
		if key := root.Content[i].Value; key == "openapi" || key == "swagger" {
			return true
		}
	}
	return false
}

// references calls f for each reference to another document.
func (t *tree) references(n *yaml.Node, f func(*tree)) {
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && child.Value == "$ref" {
			if to, _ := t.locate(n.Content[i+1].Value); to != nil && to != t {
				f(to)
			}
		}
		t.references(child, f)
	}
}

// readDocument adds the scopes of one document. After trouble, the result must not be used.
func readDocument(t *tree, all *collection) {
	r := &reader{tree: t, home: t, schemes: map[string]scheme{}, callbacks: map[*yaml.Node]bool{}, all: all}
	t.steps = 0
	if len(t.troubles) == 0 {
		r.document()
	}
}

// visit resolves n and reads the node, in the document that has it.
func (r *reader) visit(n *yaml.Node, what string, read func(*yaml.Node)) {
	found, in, external := r.follow(n)
	if external != "" {
		in.external(found.Line, external, what)
		return
	}
	r.readIn(in, found, read)
}

// readIn reads a node of this or another document.
func (r *reader) readIn(in *tree, n *yaml.Node, read func(*yaml.Node)) {
	if n == nil {
		return
	}
	outside := r.tree
	r.tree = in
	read(n)
	r.tree = outside
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

// version reports whether the version of the document is supported.
func (r *reader) version(fields []field) bool {
	const allowed = "2.0, 3.0, 3.1 and 3.2 are read"
	swagger, is2 := pick(fields, "swagger")
	openapi, is3 := pick(fields, "openapi")
	switch {
	case is2 && is3:
		r.trouble(openapi.line, "the document has both `swagger` and `openapi`; keep the key of its version")
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
	if r.version2 {
		if f, ok := pick(root, "securityDefinitions"); ok {
			r.visit(f.value, what, r.schemesOf)
		}
		return
	}
	components, _ := pick(root, "components")
	r.visit(components.value, "`components`", func(n *yaml.Node) {
		if f, ok := pick(r.fields(n, "`components`"), "securitySchemes"); ok {
			r.visit(f.value, what, r.schemesOf)
		}
	})
}

func (r *reader) schemesOf(n *yaml.Node) {
	for _, s := range r.fields(n, "the list of security schemes") {
		what := "the security scheme " + clip(s.key)
		r.schemes[s.key] = scheme{}
		r.visit(s.value, what, func(n *yaml.Node) {
			if !isExtension(s.key) || n.Kind == yaml.MappingNode {
				r.scheme(s, r.fields(n, what), what)
			}
		})
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
		r.trouble(f.line, "%s has `flows`, which OpenAPI 2.0 does not have; it has `flow` and `scopes`", what)
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
	r.visit(flows.value, what, func(n *yaml.Node) { r.flowsOf(s, n, what) })
}

func (r *reader) flowsOf(s field, flows *yaml.Node, what string) {
	for _, f := range r.fields(flows, what) {
		if isExtension(f.key) {
			continue
		}
		known := []string{"implicit", "password", "clientCredentials", "authorizationCode", "deviceAuthorization"}
		if !slices.Contains(known, f.key) {
			r.trouble(f.line, "%s have a flow %s; allowed are %s", what, clip(f.key), strings.Join(known, ", "))
			continue
		}
		what := "the flow " + f.key + " of the security scheme " + clip(s.key)
		r.visit(f.value, what, func(n *yaml.Node) {
			if scopes, ok := pick(r.fields(n, what), "scopes"); ok {
				r.scopes(scopes, s.key, f.key)
			}
		})
	}
}

// scopes reads a Scopes Object (2.0), or the map of the same use (3.x).
func (r *reader) scopes(f field, scheme, flow string) {
	what := "the scopes of the security scheme " + clip(scheme)
	r.visit(f.value, what, func(n *yaml.Node) { r.scopesOf(n, scheme, flow, what) })
}

func (r *reader) scopesOf(n *yaml.Node, scheme, flow, what string) {
	for _, s := range r.fields(n, what) {
		if isExtension(s.key) && (r.version2 || !isText(s.value)) {
			continue
		}
		description := firstLine(r.text(s.value, "the description of scope "+clip(s.key)))
		if !r.checkScope(s.key, s.line) {
			continue
		}
		found := r.all.scope(s.key)
		// Several documents can refer to one declaration.
		if d := (Declaration{r.name, s.line, scheme, flow, description}); !slices.Contains(found.Declared, d) {
			found.Declared = append(found.Declared, d)
		}
	}
}

func isText(n *yaml.Node) bool {
	n = alias(n)
	return n != nil && n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str"
}

// checkScope reports whether a name is a valid scope name, and records trouble if not.
func (r *reader) checkScope(name string, line int) bool {
	if parts := strings.Fields(name); len(parts) > 0 && (len(parts) > 1 || parts[0] != name) {
		advice := "remove the white space: " + clip(parts[0])
		if len(parts) > 1 {
			advice = "split it into separate entries: " + list(parts)
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
	r.uses(f.value, what, func(items *yaml.Node) {
		for _, item := range r.fields(items, what) {
			if !isExtension(item.key) {
				r.pathItem(item.value, func(method string) string { return label(method, short(item.key)) })
			}
		}
	})
}

// uses visits an object that can contain nothing but uses. An external reference to it is
// skipped, unless it could contain the only definition of a scope.
func (r *reader) uses(n *yaml.Node, what string, read func(*yaml.Node)) {
	if r.hasOIDC {
		r.visit(n, what, read)
		return
	}
	found, in, external := r.follow(n)
	if external != "" {
		if r.step() {
			r.all.skipped = append(r.all.skipped, Skipped{in.name, found.Line, external})
		}
		return
	}
	r.readIn(in, found, read)
}

// pathItem reads the operations of a Path Item Object. Fields beside its $ref count as well,
// because the specification does not define which of them applies.
func (r *reader) pathItem(n *yaml.Node, label func(method string) string) {
	const what = "a path item"
	own := alias(n)
	if own == nil {
		return
	}
	if ref, _ := r.refOf(own); ref != "" {
		r.operations(r.fields(own, what), label)
	}
	r.uses(n, what, func(found *yaml.Node) { r.operations(r.fields(found, what), label) })
}

func (r *reader) operations(fields []field, label func(method string) string) {
	for _, f := range fields {
		switch f.key {
		case "get", "put", "post", "delete", "options", "head", "patch", "trace", "query":
			r.operation(f.value, label(strings.ToUpper(f.key)))
		case "additionalOperations": // 3.2
			const what = "`additionalOperations`"
			r.uses(f.value, what, func(more *yaml.Node) {
				for _, o := range r.fields(more, what) {
					if !isExtension(o.key) {
						r.operation(o.value, label(short(o.key)))
					}
				}
			})
		}
	}
}

func (r *reader) operation(n *yaml.Node, name string) {
	what := "the operation " + clip(name)
	r.uses(n, what, func(found *yaml.Node) { r.operationOf(r.fields(found, what), name) })
}

func (r *reader) operationOf(fields []field, name string) {
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
	r.uses(n, what, func(named *yaml.Node) {
		for _, c := range r.fields(named, what) {
			if !isExtension(c.key) {
				r.uses(c.value, what, r.callback)
			}
		}
	})
}

func (r *reader) callback(n *yaml.Node) {
	if r.callbacks[n] {
		return
	}
	r.callbacks[n] = true
	for _, item := range r.fields(n, "`callbacks`") {
		if !isExtension(item.key) {
			r.pathItem(item.value, func(method string) string { return method + " " + short(item.key) + " callback of " + r.outer })
		}
	}
}

// short shortens a key for the name of an operation.
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
	r.visit(n, what, func(list *yaml.Node) {
		for _, requirement := range r.items(list, what) {
			r.visit(requirement, what, func(n *yaml.Node) {
				for _, f := range r.fields(n, what) {
					r.requirement(f, operation, what)
				}
			})
		}
	})
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
	r.visit(f.value, what, func(n *yaml.Node) {
		items := r.items(n, what)
		if !known && len(items) > 0 {
			r.trouble(f.line, "`security` names the scheme %s, which this document does not declare; declare it, or correct the name", clip(name))
			return
		}
		for _, item := range items {
			if !r.step() {
				return
			}
			r.use(item, r.text(item, what), s.kind, Use{r.name, item.Line, operation, name})
		}
	})
}

func (r *reader) use(at *yaml.Node, scope, kind string, u Use) {
	if !r.checkScope(scope, at.Line) {
		return
	}
	found := r.all.scope(scope)
	found.OpenIDConnect = found.OpenIDConnect || kind == "openIdConnect"
	if r.tree == r.home || !slices.Contains(found.Used, u) { // several documents can refer to one operation
		found.Used = append(found.Used, u)
	}
}

func isExtension(key string) bool { return strings.HasPrefix(key, "x-") }
