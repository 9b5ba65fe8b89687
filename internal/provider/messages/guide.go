package messages

import (
	"fmt"
	"strings"
	"text/template"
	"text/template/parse"
)

// Guide returns the table in Markdown, for the guide about messages: a heading with the code
// of each message, and its text. An ellipsis stands for a value, and brackets for parts that
// only some messages have.
func Guide() string {
	var b strings.Builder
	for _, row := range Rows() {
		if row.Code == FoundNote {
			continue // the text is the driver's
		}
		text := outline(row.Summary)
		if detail := outline(row.Detail); detail != "" {
			text += "\n\n" + detail
		}
		fmt.Fprintf(&b, "### %s\n\n```text\n%s\n```\n\n", row.Code, text)
	}
	return b.String()
}

// outline returns a template without its actions.
func outline(text string) string {
	parsed := template.Must(template.New("").Funcs(functions(maxNamed)).Parse(text))
	var b strings.Builder
	outlineNodes(&b, parsed.Root)
	return b.String()
}

func outlineNodes(b *strings.Builder, list *parse.ListNode) {
	for _, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.TextNode:
			b.Write(n.Text)
		case *parse.ActionNode:
			b.WriteString(outlineAction(n))
		case *parse.IfNode:
			outlineBranches(b, n.BranchNode)
		case *parse.WithNode:
			outlineBranches(b, n.BranchNode)
		}
	}
}

// outlineAction returns what stands for a value: a list, a number with its noun, or any text.
func outlineAction(n *parse.ActionNode) string {
	args := n.Pipe.Cmds[0].Args
	name := args[0].String()
	for _, arg := range args[1:] {
		if literal, ok := arg.(*parse.StringNode); ok && name == "section" {
			return "\n\n" + literal.Text + "\n\n  - …"
		} else if ok && name == "counts" {
			return "… " + literal.Text + "s …"
		} else if ok && name == "count" {
			return "… " + literal.Text + "s"
		}
	}
	if name == "list" {
		return "  - …"
	}
	return "…"
}

func outlineBranches(b *strings.Builder, n parse.BranchNode) {
	b.WriteString("[")
	outlineNodes(b, n.List)
	if n.ElseList != nil {
		b.WriteString(" | ")
		outlineNodes(b, n.ElseList)
	}
	b.WriteString("]")
}
