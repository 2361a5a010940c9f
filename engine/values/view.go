package values

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/weir-dev/weir/schema/diag"
)

// masked is what a person reads in place of a sensitive value.
const masked = "(sensitive)"

// Masked is Plain for people: sensitive values are replaced by "(sensitive)".
func (n *Node) Masked() any {
	if n == nil {
		return nil
	}
	if n.Sensitive {
		return masked
	}
	switch v := n.Value.(type) {
	case map[string]*Node:
		m := make(map[string]any, len(v))
		for k, c := range v {
			m[k] = c.Masked()
		}
		return m
	case []*Node:
		l := make([]any, len(v))
		for i, c := range v {
			l[i] = c.Masked()
		}
		return l
	}
	return n.Value
}

// MarshalJSON is the masked tree: `weir values -o json`.
func (n *Node) MarshalJSON() ([]byte, error) {
	return json.Marshal(n.Masked())
}

// YAML writes the masked tree, keys sorted, in a form that Helm reads back as
// the same values.
func (n *Node) YAML() []byte {
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(yamlNode(n.Masked())); err != nil {
		return []byte("# " + err.Error() + "\n") // strings that are no UTF-8
	}
	return out.Bytes()
}

func yamlNode(tree any) *yaml.Node {
	node := &yaml.Node{Kind: yaml.ScalarNode}
	switch v := tree.(type) {
	case map[string]any:
		node.Kind = yaml.MappingNode
		for _, k := range slices.Sorted(maps.Keys(v)) {
			node.Content = append(node.Content, yamlString(k), yamlNode(v[k]))
		}
		if len(v) == 0 {
			node.Style = yaml.FlowStyle
		}
	case []any:
		node.Kind = yaml.SequenceNode
		for _, c := range v {
			node.Content = append(node.Content, yamlNode(c))
		}
		if len(v) == 0 {
			node.Style = yaml.FlowStyle
		}
	case string:
		return yamlString(v)
	default:
		node.Value = scalarText(v)
	}
	return node
}

// yamlString quotes what Helm's YAML 1.1 would take for something else.
func yamlString(s string) *yaml.Node {
	node := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	switch {
	case plain(s).value != any(s), s == "<<", strings.TrimLeft(s, " \t\n") != s: // of the last, yaml.v3 loses line breaks
		node.Style = yaml.DoubleQuotedStyle
	case strings.Contains(s, "\n"):
		node.Style = yaml.LiteralStyle
	}
	return node
}

// scalarText is a scalar as YAML and JSON write it, strings as they are.
func scalarText(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return Number(v)
	case string:
		return v
	}
	return fmt.Sprint(v)
}

// Brief is a value on one short line for messages: a string quoted and cut, a
// map or a list as `{…}` or `[…]`, sensitive values masked.
func (n *Node) Brief() string {
	if n == nil {
		return "null"
	}
	if n.Sensitive {
		return masked
	}
	return brief(n.Plain())
}

const briefWidth = 40

func brief(v any) string {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			return "{}"
		}
		return "{…}"
	case []any:
		if len(v) == 0 {
			return "[]"
		}
		return "[…]"
	case string:
		if utf8.RuneCountInString(v) > briefWidth {
			v = string([]rune(v)[:briefWidth-1]) + "…"
		}
		return strconv.Quote(v)
	}
	return scalarText(v)
}

// Setting is one place that said something of a value, as views show it.
type Setting struct {
	Value     any        `json:"value"` // "(sensitive)" where it is
	Layer     string     `json:"layer,omitempty"`
	Range     diag.Range `json:"range"`
	Sensitive bool       `json:"sensitive,omitempty"`
}

// Place is where the setting stands: `prod.hcl:12 (environment "production")`.
func (s Setting) Place() string {
	at := s.Range.File
	if at == "" {
		at = "?"
	} else if s.Range.Start.Line > 0 {
		at += ":" + strconv.Itoa(s.Range.Start.Line)
	}
	if s.Layer != "" {
		at += " (" + s.Layer + ")"
	}
	return at
}

func (s Setting) brief() string {
	if s.Sensitive {
		return masked
	}
	return brief(s.Value)
}

func setting(value any, n *Node, sensitive bool) Setting {
	s := Setting{Value: value, Layer: n.Layer, Range: n.Origin, Sensitive: sensitive || n.Sensitive}
	if s.Sensitive {
		s.Value = masked
	}
	return s
}

// Origin is one leaf with every place that said something of it.
type Origin struct {
	Path Path      `json:"path"`
	Set  Setting   `json:"set"`
	Over []Setting `json:"over,omitempty"` // the most recent first
}

// Origins is the story of all leaves, in the order of Leaves: `weir values
// --origins`. Text is the view for people; as JSON it is the list itself.
type Origins []Origin

// Origins tells for every leaf where it comes from.
func (n *Node) Origins() Origins {
	leaves := n.Leaves()
	all := make(Origins, len(leaves))
	for i, l := range leaves {
		all[i] = l.origin()
	}
	return all
}

func (l Leaf) origin() Origin {
	o := Origin{Path: l.Path, Set: setting(l.Value, &Node{Layer: l.Layer, Origin: l.Origin}, l.Sensitive)}
	for _, n := range l.Over {
		o.Over = append(o.Over, setting(n.Masked(), n, l.Sensitive))
	}
	return o
}

// Lines longer than this do not push the arrows of all others to the right.
const arrowColumn = 60

// Text writes one line per leaf:
//
//	replicas: 3   <- prod.hcl:12 (environment "production"), over web.hcl:8 (release "web")
func (all Origins) Text() string {
	left := make([]string, len(all))
	width := 0
	for i, o := range all {
		left[i] = o.Path.String() + ": " + o.Set.brief()
		if n := utf8.RuneCountInString(left[i]); n <= arrowColumn {
			width = max(width, n)
		}
	}
	var b strings.Builder
	for i, o := range all {
		b.WriteString(left[i])
		b.WriteString(strings.Repeat(" ", max(0, width-utf8.RuneCountInString(left[i]))))
		b.WriteString("   <- " + o.Set.Place())
		for _, s := range o.Over {
			b.WriteString(", over " + s.Place())
		}
		b.WriteByte('\n')
	}
	return b.String()
}
