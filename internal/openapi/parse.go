package openapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

const (
	// MaxDocumentSize is the maximum size of a document, in bytes.
	MaxDocumentSize = 50 << 20
	// maxNodes bounds the memory for one document: a node needs about 200 bytes, and a separator
	// of YAML can result in two. Published documents have one node per 20 to 40 bytes.
	maxNodes = 2_000_000
	// maxDepth is far greater than the depth of any published document.
	maxDepth = 200
)

// syntaxError is the error of a document that cannot or must not be parsed.
type syntaxError struct {
	line int
	text string
}

// parse returns the node tree of a document. YAML must be a single document. Valid JSON is parsed
// as JSON, and any other text as YAML.
func parse(text string) (*yaml.Node, *syntaxError) {
	text = strings.TrimPrefix(text, "\ufeff")
	if len(text) > MaxDocumentSize {
		return nil, &syntaxError{text: fmt.Sprintf("the document has %d bytes; at most %d are read", len(text), MaxDocumentSize)}
	}
	if strings.TrimSpace(text) == "" {
		return nil, &syntaxError{text: "the document is empty"}
	}
	if line := invalidUTF8(text); line > 0 {
		return nil, &syntaxError{line: line, text: "the document is not UTF-8; save it as UTF-8"}
	}
	start := strings.TrimLeft(text, " \t\r\n")
	if strings.HasPrefix(start, "//") || strings.HasPrefix(start, "/*") {
		return nil, commented(text, len(text)-len(start))
	}
	if !strings.HasPrefix(start, "{") {
		return parseYAML(text)
	}
	notJSON := checkJSON(text)
	if notJSON == nil {
		return parseJSON(text)
	}
	// YAML would read a comment as a part of the next key, and lose that key.
	if at := findComment(text); at >= 0 {
		return nil, commented(text, at)
	}
	node, notYAML := parseYAML(text)
	if notYAML != nil {
		return nil, notJSON
	}
	return node, nil
}

func commented(text string, at int) *syntaxError {
	return &syntaxError{
		line: 1 + strings.Count(text[:at], "\n"),
		text: "a comment begins here: this is JSON with comments (JSONC), which OpenAPI does not allow; remove the comments, or write YAML with # comments",
	}
}

// findComment returns the position of a comment of JSON with comments, or -1. A comment is
// outside of texts in double quotes, and not within a word such as a path or a URL in YAML.
func findComment(text string) int {
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted || c != '/' || i+1 == len(text) || text[i+1] != '*' && text[i+1] != '/':
		case i == 0 || strings.IndexByte(" \t\r\n{}[],\"", text[i-1]) >= 0:
			return i
		}
	}
	return -1
}

func invalidUTF8(text string) (line int) {
	if utf8.ValidString(text) {
		return 0
	}
	for i, r := range text {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return 1 + strings.Count(text[:i], "\n")
			}
		}
	}
	return 0
}

func checkJSON(text string) *syntaxError {
	var raw json.RawMessage
	err := json.Unmarshal([]byte(text), &raw)
	if err == nil {
		return nil
	}
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return &syntaxError{text: "broken JSON: " + clipLong(err.Error())}
	}
	at := min(int(syntax.Offset), len(text))
	return &syntaxError{line: 1 + strings.Count(text[:at], "\n"), text: "broken JSON: " + clipLong(err.Error())}
}

// parseJSON builds nodes from valid JSON without recursion.
func parseJSON(text string) (*yaml.Node, *syntaxError) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	line, counted, nodes := 1, 0, 0
	stack := []*yaml.Node{{Kind: yaml.DocumentNode}}
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return stack[0].Content[0], nil
		}
		if err != nil {
			return nil, &syntaxError{line: line, text: "broken JSON: " + clipLong(err.Error())}
		}
		offset := int(decoder.InputOffset())
		line += strings.Count(text[counted:offset], "\n")
		counted = offset
		if d, ok := token.(json.Delim); ok && (d == '}' || d == ']') {
			stack = stack[:len(stack)-1]
			continue
		}
		node := jsonNode(token)
		node.Line = line
		if nodes++; nodes > maxNodes {
			return nil, tooManyNodes()
		}
		parent := stack[len(stack)-1]
		parent.Content = append(parent.Content, node)
		if node.Kind == yaml.ScalarNode {
			continue
		}
		if len(stack) > maxDepth {
			return nil, tooDeep(line)
		}
		stack = append(stack, node)
	}
}

func jsonNode(token json.Token) *yaml.Node {
	switch v := token.(type) {
	case json.Delim:
		if v == '{' {
			return &yaml.Node{Kind: yaml.MappingNode}
		}
		return &yaml.Node{Kind: yaml.SequenceNode}
	case string:
		return &yaml.Node{Kind: yaml.ScalarNode, Style: yaml.DoubleQuotedStyle, Tag: "!!str", Value: v}
	case json.Number:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!float", Value: v.String()}
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: fmt.Sprint(v)}
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
}

// parseYAML bounds what the library builds: it counts the possible beginnings of nodes first,
// because the library has no such limit.
func parseYAML(text string) (root *yaml.Node, trouble *syntaxError) {
	if separators(text) > maxNodes {
		return nil, tooManyNodes()
	}
	defer func() {
		if r := recover(); r != nil { // a mistake of the library must not end the provider
			root, trouble = nil, &syntaxError{text: "broken YAML: the document cannot be parsed"}
		}
	}()
	loader, err := yaml.NewLoader(strings.NewReader(text),
		yaml.WithV4Defaults(), yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthFunc(checkDepth))))
	if err != nil {
		return nil, brokenYAML(err)
	}
	var document, next yaml.Node
	if err := loader.Load(&document); errors.Is(err, io.EOF) {
		return nil, &syntaxError{text: "the document is empty"}
	} else if err != nil {
		return nil, brokenYAML(err)
	}
	if err := loader.Load(&next); err == nil {
		return nil, &syntaxError{line: next.Line, text: "a second YAML document begins here; put each document into its own file"}
	} else if !errors.Is(err, io.EOF) {
		return nil, brokenYAML(err)
	}
	if document.Kind == yaml.DocumentNode && len(document.Content) == 1 {
		return document.Content[0], nil
	}
	return &document, nil
}

var errDepth = errors.New("too deep")

func checkDepth(depth int, _ *loaderlimits.DepthContext) error {
	if depth > maxDepth {
		return errDepth
	}
	return nil
}

// separators counts the characters of YAML after which a node can begin, at most two for each
// node. It counts those in prose as well.
func separators(text string) int {
	n := 0
	for i := range len(text) {
		switch text[i] {
		case ',', ':', '[', '{':
			n++
		case '-', '?':
			if i+1 == len(text) || strings.IndexByte(" \t\r\n", text[i+1]) >= 0 {
				n++
			}
		}
	}
	return n
}

func brokenYAML(err error) *syntaxError {
	var load *yaml.LoadError
	if !errors.As(err, &load) {
		return &syntaxError{text: "broken YAML: " + clipLong(err.Error())}
	}
	line := load.Mark.Line
	if line == 0 {
		line = load.ContextMark.Line
	}
	if errors.Is(err, errDepth) || strings.Contains(load.Message, errDepth.Error()) {
		return tooDeep(line)
	}
	text := load.Message
	if load.ContextMsg != "" {
		text = load.ContextMsg + ": " + text
	}
	return &syntaxError{line: line, text: "broken YAML: " + clipLong(text)}
}

func tooManyNodes() *syntaxError {
	return &syntaxError{text: fmt.Sprintf("the document is too large: it has more than %d values; "+
		"split it, or keep only its security schemes and operations", maxNodes)}
}

func tooDeep(line int) *syntaxError {
	return &syntaxError{line: line, text: fmt.Sprintf("nested too deep: at most %d levels are read", maxDepth)}
}

func clipLong(text string) string {
	const most = 300 // characters
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
