package render

import "text/template/parse"

// Functions that no template can name, since the parser does not know them:
// they are put into parsed templates.
const (
	tickFunction  = "weir_tick"  // at the start of a range's body
	enterFunction = "weir_enter" // around a template that calls others by {{template}}
	leaveFunction = "weir_leave"
	printFunction = "weir_print" // behind what prints something other than a text
)

// instrument puts our checks into a parsed template: text/template itself can
// be neither limited nor stopped. Empty templates stay empty, which tells them
// from definitions.
func instrument(tree *parse.Tree) {
	if parse.IsEmptyTree(tree.Root) {
		return
	}
	calls := false
	eachNode(tree.Root, func(n parse.Node) {
		switch n := n.(type) {
		case *parse.RangeNode:
			n.List.Nodes = append([]parse.Node{call(tickFunction, n.Pos)}, n.List.Nodes...)
		case *parse.ActionNode:
			if len(n.Pipe.Decl) == 0 && !printsText(n.Pipe) {
				n.Pipe.Cmds = append(n.Pipe.Cmds, command(printFunction, n.Pos))
			}
		case *parse.TemplateNode:
			calls = true
		}
	})
	if calls {
		nodes := append([]parse.Node{call(enterFunction, tree.Root.Pos)}, tree.Root.Nodes...)
		tree.Root.Nodes = append(nodes, call(leaveFunction, tree.Root.Pos))
	}
}

func command(name string, pos parse.Pos) *parse.CommandNode {
	return &parse.CommandNode{NodeType: parse.NodeCommand, Pos: pos, Args: []parse.Node{parse.NewIdentifier(name).SetPos(pos)}}
}

func call(name string, pos parse.Pos) *parse.ActionNode {
	return &parse.ActionNode{
		NodeType: parse.NodeAction, Pos: pos,
		Pipe: &parse.PipeNode{NodeType: parse.NodePipe, Pos: pos, Cmds: []*parse.CommandNode{command(name, pos)}},
	}
}

// printsText tells pipelines that end in a literal or in a function whose
// result is a text, a number or a boolean.
func printsText(p *parse.PipeNode) bool {
	last := p.Cmds[len(p.Cmds)-1]
	switch n := last.Args[0].(type) {
	case *parse.IdentifierNode:
		return textFunctions[n.Ident]
	case *parse.StringNode, *parse.NumberNode, *parse.BoolNode:
		return true
	}
	return false
}

// textFunctions are those that templates print most; leaving one out costs a
// check, nothing else. Read only.
var textFunctions = map[string]bool{
	"include": true, "tpl": true, "toYaml": true, "toJson": true, "quote": true, "squote": true,
	"indent": true, "nindent": true, "printf": true, "print": true, "trunc": true, "trimSuffix": true,
	"trim": true, "replace": true, "lower": true, "upper": true, "b64enc": true, "sha256sum": true,
	"join": true, "int": true, "int64": true, "toString": true, "eq": true, "ne": true, "not": true,
	"fail": true, "trimPrefix": true, "title": true, "cat": true, "toPrettyJson": true, "toRawJson": true,
	leaveFunction: true, enterFunction: true, tickFunction: true,
}

// eachNode calls f for every statement of a template, inner ones first.
func eachNode(n parse.Node, f func(parse.Node)) {
	branch := func(b *parse.BranchNode) {
		eachNode(b.List, f)
		if b.ElseList != nil {
			eachNode(b.ElseList, f)
		}
	}
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return
		}
		for _, inner := range n.Nodes {
			eachNode(inner, f)
		}
		return
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	}
	f(n)
}

func eachText(root *parse.ListNode, f func(*parse.TextNode)) {
	eachNode(root, func(n parse.Node) {
		if t, ok := n.(*parse.TextNode); ok {
			f(t)
		}
	})
}
