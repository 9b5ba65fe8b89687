package openapi

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

const (
	// maxSteps bounds the work on one document (visited values and recorded uses), because
	// aliases, merge keys and references can multiply it.
	maxSteps = 4_000_000
	// maxHops is the maximum length of a chain of references.
	maxHops = 64
)

// library has all documents that are read together. References can lead from one to another.
type library struct {
	trees map[string]*tree // by clean name
	steps int              // of the document that is being read
}

// tree reads the nodes of one document. Each mistake becomes trouble, and a node that cannot be
// read is nil.
type tree struct {
	*library
	name      string
	root      *yaml.Node
	troubles  []Trouble
	dropped   int
	index     map[*yaml.Node]map[string]*yaml.Node
	merging   map[*yaml.Node]bool
	reference map[string]target
}

// target is the node of a reference.
type target struct {
	node *yaml.Node
	err  string
}

func (l *library) newTree(name string, root *yaml.Node) *tree {
	return &tree{
		library: l, name: name, root: root,
		index: map[*yaml.Node]map[string]*yaml.Node{}, merging: map[*yaml.Node]bool{}, reference: map[string]target{},
	}
}

// field is an entry of a mapping, with the line of its key.
type field struct {
	key   string
	line  int
	value *yaml.Node
}

// trouble records a mistake, once for each line: a minified document is a single line, and one
// mistake in all its operations would hide the others. When maxSteps is reached, nothing more is
// recorded, because an unread node can look like a mistake.
func (t *tree) trouble(line int, format string, args ...any) {
	if t.steps > maxSteps {
		return
	}
	if len(t.troubles) == maxTroubles {
		t.dropped++
		return
	}
	found := Trouble{Document: t.name, Line: line, Text: fmt.Sprintf(format, args...)}
	if !slices.Contains(t.troubles, found) {
		t.troubles = append(t.troubles, found)
	}
}

// allTroubles returns the troubles of the document, and the number of omitted ones.
func (t *tree) allTroubles() []Trouble {
	if t.dropped == 0 {
		return t.troubles
	}
	return append(t.troubles, Trouble{Document: t.name, Text: fmt.Sprintf("%d more mistakes in this document are not shown", t.dropped)})
}

// step reports whether maxSteps is not reached yet.
func (t *tree) step() bool {
	t.steps++
	if t.steps == maxSteps+1 {
		t.troubles = append(t.troubles, Trouble{Document: t.name, Text: fmt.Sprintf(
			"the document is too large: aliases and references multiply it to more than %d values", maxSteps)})
	}
	return t.steps <= maxSteps
}

// checkKeys reports duplicate keys of a mapping, because readers differ in which of them they
// use. It follows no alias.
func (t *tree) checkKeys(n *yaml.Node) {
	var lines map[string]int
	if n.Kind == yaml.MappingNode {
		lines = make(map[string]int, len(n.Content)/2)
	}
	for i, child := range n.Content {
		if lines != nil && i%2 == 0 && child.Kind == yaml.ScalarNode {
			if first, twice := lines[child.Value]; twice {
				t.trouble(child.Line, "the key %s is a duplicate (first on line %d); remove one of them", clip(child.Value), first)
			} else {
				lines[child.Value] = child.Line
			}
		}
		if len(child.Content) > 0 {
			t.checkKeys(child)
		}
	}
}

// follow resolves aliases and, if a mapping has a $ref, references, also to other given
// documents. It returns the node and its tree. A nil node stays nil. external is a reference out
// of the given documents, and found is then the mapping that has it.
func (t *tree) follow(n *yaml.Node) (found *yaml.Node, in *tree, external string) {
	for range maxHops {
		if n = alias(n); n == nil || !t.step() {
			return nil, t, ""
		}
		ref, line := t.refOf(n)
		if ref == "" {
			return n, t, ""
		}
		other, fragment := t.locate(ref)
		if other == nil {
			return n, t, ref
		}
		to := other.resolve("#" + fragment)
		if to.err != "" {
			where := ""
			if other != t {
				where = " (the document " + clip(other.name) + ")"
			}
			t.trouble(line, "the reference %s %s%s", clip(ref), to.err, where)
			return nil, t, ""
		}
		t, n = other, to.node
	}
	t.trouble(n.Line, "the references from here form a cycle, or have more than %d steps", maxHops)
	return nil, t, ""
}

// locate returns the given document of a reference, or nil.
func (t *tree) locate(ref string) (in *tree, fragment string) {
	address, fragment, _ := strings.Cut(ref, "#")
	if address == "" {
		return t, fragment
	}
	return t.trees[t.nameOf(address)], fragment
}

// nameOf returns the name that a document at an address must have. References are relative to the
// name of their document (RFC 3986, section 5).
func (t *tree) nameOf(address string) string {
	if to, err := url.Parse(address); err == nil {
		if base, err := url.Parse(t.name); err == nil && base.IsAbs() || to.IsAbs() {
			if base == nil {
				base = &url.URL{}
			}
			return base.ResolveReference(to).String()
		}
		address = to.Path
	}
	if strings.HasPrefix(address, "/") {
		return path.Clean(address)
	}
	return path.Join(path.Dir(t.name), address)
}

// external records the trouble of a reference out of the given documents.
func (t *tree) external(line int, ref, what string) {
	address, _, _ := strings.Cut(ref, "#")
	t.trouble(line, "%s is outside of the given documents, at %s; give that document too, under the name %s, or bundle the documents into one",
		what, clip(ref), clip(t.nameOf(address)))
}

// alias resolves YAML aliases. The library resolves them to earlier nodes only.
func alias(n *yaml.Node) *yaml.Node {
	for range maxHops {
		if n == nil || n.Kind != yaml.AliasNode {
			return n
		}
		n = n.Alias
	}
	return nil
}

// refOf returns the $ref of a mapping.
func (t *tree) refOf(n *yaml.Node) (ref string, line int) {
	if n.Kind != yaml.MappingNode {
		return "", 0
	}
	for i := 0; i+1 < len(n.Content) && t.step(); i += 2 {
		if k, v := n.Content[i], alias(n.Content[i+1]); k.Value == "$ref" && k.Kind == yaml.ScalarNode && v != nil && v.Kind == yaml.ScalarNode {
			return v.Value, k.Line
		}
	}
	return "", 0
}

// resolve returns the node of a JSON pointer (RFC 6901, as a URI fragment).
func (t *tree) resolve(ref string) target {
	if known, ok := t.reference[ref]; ok {
		return known
	}
	found := t.point(ref)
	t.reference[ref] = found
	return found
}

func (t *tree) point(ref string) target {
	pointer, err := url.PathUnescape(strings.TrimPrefix(ref, "#"))
	if err != nil || pointer != "" && pointer[0] != '/' {
		return target{err: `has an unknown form; inside a document it is "#/components/..."`}
	}
	n := alias(t.root)
	if pointer == "" {
		return target{node: n}
	}
	for token := range strings.SplitSeq(pointer[1:], "/") {
		n = t.child(n, strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~"))
		if n == nil {
			return target{err: "does not exist in this document"}
		}
	}
	return target{node: n}
}

func (t *tree) child(n *yaml.Node, token string) *yaml.Node {
	switch n.Kind {
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(token); err == nil && i >= 0 && i < len(n.Content) {
			return alias(n.Content[i])
		}
	case yaml.MappingNode:
		keys, ok := t.index[n]
		if !ok {
			keys = map[string]*yaml.Node{}
			for _, f := range t.fields(n, "this") {
				keys[f.key] = f.value
			}
			t.index[n] = keys
		}
		return alias(keys[token])
	}
	return nil
}

// fields returns the entries of a mapping in their order, and those of YAML merge keys last. Null
// is an empty mapping. Any other node that is not a mapping is trouble.
func (t *tree) fields(n *yaml.Node, what string) []field {
	n = alias(n)
	if empty(n) {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		t.trouble(n.Line, "%s must be a mapping (names with values), but is %s", what, kindOf(n))
		return nil
	}
	seen := map[string]bool{}
	return t.merged(n, what, seen, nil)
}

func (t *tree) merged(n *yaml.Node, what string, seen map[string]bool, found []field) []field {
	if t.merging[n] {
		return found
	}
	t.merging[n] = true
	defer delete(t.merging, n)
	var merges []*yaml.Node
	for i := 0; i+1 < len(n.Content) && t.step(); i += 2 {
		key, value := alias(n.Content[i]), n.Content[i+1]
		switch {
		case key == nil || key.Kind != yaml.ScalarNode:
			t.trouble(n.Content[i].Line, "a key in %s is %s; it must be text", what, kindOf(key))
		case key.Value == "$ref":
			// The caller has followed the one of this mapping.
			if v := alias(value); len(t.merging) > 1 || v == nil || v.Kind != yaml.ScalarNode {
				t.trouble(n.Content[i].Line, "a $ref in %s cannot be followed; it must be text, and must not come from a merge key (<<)", what)
			}
		case key.Value == "<<" && key.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) == 0:
			merges = append(merges, value)
		case !seen[key.Value]:
			seen[key.Value] = true
			found = append(found, field{key.Value, n.Content[i].Line, value})
		}
	}
	for _, m := range merges {
		found = t.mergeFrom(m, what, seen, found)
	}
	return found
}

// mergeFrom returns the mappings of a merge key.
func (t *tree) mergeFrom(n *yaml.Node, what string, seen map[string]bool, found []field) []field {
	source := alias(n)
	switch {
	case source != nil && source.Kind == yaml.MappingNode:
		return t.merged(source, what, seen, found)
	case source != nil && source.Kind == yaml.SequenceNode:
		for _, item := range source.Content {
			if item = alias(item); item == nil || item.Kind != yaml.MappingNode || !t.step() {
				t.trouble(n.Line, "a merge key (<<) in %s names something other than mappings", what)
				break
			}
			found = t.merged(item, what, seen, found)
		}
		return found
	}
	t.trouble(n.Line, "a merge key (<<) in %s names something other than mappings", what)
	return found
}

// items returns the elements of a sequence. Null is an empty one.
func (t *tree) items(n *yaml.Node, what string) []*yaml.Node {
	n = alias(n)
	if empty(n) {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		t.trouble(n.Line, "%s must be a list, but is %s", what, kindOf(n))
		return nil
	}
	if !t.step() {
		return nil
	}
	return n.Content
}

// text returns a scalar as it is written. Null is "".
func (t *tree) text(n *yaml.Node, what string) string {
	n = alias(n)
	if empty(n) {
		return ""
	}
	if n.Kind != yaml.ScalarNode {
		t.trouble(n.Line, "%s must be text, but is %s", what, kindOf(n))
		return ""
	}
	return n.Value
}

func empty(n *yaml.Node) bool {
	return n == nil || n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

func kindOf(n *yaml.Node) string {
	switch {
	case empty(n):
		return "empty"
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	}
	return "the text " + clip(n.Value)
}

// pick returns the field with a key.
func pick(fields []field, key string) (field, bool) {
	for _, f := range fields {
		if f.key == key {
			return f, true
		}
	}
	return field{}, false
}
