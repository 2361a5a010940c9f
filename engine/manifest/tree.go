package manifest

import (
	"fmt"
	"math"
	"strconv"

	"gopkg.in/yaml.v3"
)

// aliasBudget is about how many bytes a document may repeat through aliases.
const aliasBudget = 16 << 20

// builder makes a JSON-typed tree of yaml.v3's nodes, with the rules that
// Kubernetes' reader has for types, keys and merges.
type builder struct {
	line       int // lines of the stream before the document
	path       []string
	duplicates []DuplicateKey
	inAlias    map[*yaml.Node]bool // the anchors being repeated
	outermost  *yaml.Node          // the alias in the text that is being followed
	expanded   int
}

func (b *builder) errorf(n *yaml.Node, format string, args ...any) *SyntaxError {
	return &SyntaxError{Line: b.line + n.Line, Column: n.Column, Msg: fmt.Sprintf(format, args...)}
}

func (b *builder) value(n *yaml.Node) (any, *SyntaxError) {
	if len(b.inAlias) > 0 {
		b.expanded += 16 + len(n.Value)
		if b.expanded > aliasBudget {
			return nil, b.errorf(b.outermost, "aliases repeat more than %d MiB", aliasBudget>>20)
		}
	}
	switch n.Kind {
	case yaml.ScalarNode:
		return b.scalar(n)
	case yaml.MappingNode:
		tree := make(map[string]any, len(n.Content)/2)
		if err := b.mapping(n, tree); err != nil {
			return nil, err
		}
		return tree, nil
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, c := range n.Content {
			if c.Kind != yaml.ScalarNode {
				b.path = append(b.path, strconv.Itoa(i))
			}
			v, err := b.value(c)
			if err != nil {
				return nil, err
			}
			if c.Kind != yaml.ScalarNode {
				b.path = b.path[:len(b.path)-1]
			}
			list[i] = v
		}
		return list, nil
	case yaml.AliasNode:
		leave, err := b.enter(n)
		if err != nil {
			return nil, err
		}
		defer leave()
		return b.value(n.Alias)
	}
	return nil, b.errorf(n, "unexpected YAML node")
}

// enter follows an alias; an anchor that holds itself has no end.
func (b *builder) enter(n *yaml.Node) (leave func(), err *SyntaxError) {
	if b.inAlias[n.Alias] {
		return nil, b.errorf(n, "anchor %q contains itself", n.Value)
	}
	if len(b.inAlias) == 0 {
		b.inAlias, b.outermost = map[*yaml.Node]bool{}, n
	}
	b.inAlias[n.Alias] = true
	return func() { delete(b.inAlias, n.Alias) }, nil
}

// mapping reads the pairs of n into tree.
func (b *builder) mapping(n *yaml.Node, tree map[string]any) *SyntaxError {
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, c := n.Content[i], n.Content[i+1]
		if isMerge(k) {
			if err := b.merge(c, tree); err != nil {
				return err
			}
			continue
		}
		key, err := b.key(k)
		if err != nil {
			return err
		}
		if _, twice := tree[key]; twice && len(b.inAlias) == 0 {
			b.repeated(n, i, key)
		}
		if c.Kind == yaml.ScalarNode { // most values: no path to keep
			if tree[key], err = b.value(c); err != nil {
				return err
			}
			continue
		}
		b.path = append(b.path, key)
		if tree[key], err = b.value(c); err != nil {
			return err
		}
		b.path = b.path[:len(b.path)-1]
	}
	return nil
}

// repeated notes key, the pair at i of n, as a duplicate, unless what was there
// before came through a merge.
func (b *builder) repeated(n *yaml.Node, i int, key string) {
	for j := 0; j < i; j += 2 {
		if isMerge(n.Content[j]) {
			continue
		}
		if first, err := b.key(n.Content[j]); err == nil && first == key {
			k := n.Content[i]
			b.duplicates = append(b.duplicates, DuplicateKey{
				Path:   joinPath(b.path),
				Key:    key,
				Line:   b.line + k.Line,
				Column: k.Column,
				First:  b.line + n.Content[j].Line,
			})
			return
		}
	}
}

// merge reads the value of a "<<" key. As in Kubernetes' reader it replaces
// what stands before it in the mapping.
func (b *builder) merge(n *yaml.Node, tree map[string]any) *SyntaxError {
	switch {
	case n.Kind == yaml.MappingNode:
		return b.mapping(n, tree)
	case n.Kind == yaml.AliasNode && n.Alias.Kind == yaml.MappingNode:
		leave, err := b.enter(n)
		if err != nil {
			return err
		}
		defer leave()
		return b.mapping(n.Alias, tree)
	case n.Kind == yaml.SequenceNode:
		for i := len(n.Content) - 1; i >= 0; i-- { // earlier ones win
			c := n.Content[i]
			if c.Kind != yaml.MappingNode && (c.Kind != yaml.AliasNode || c.Alias.Kind != yaml.MappingNode) {
				return b.errorf(c, "a merge takes mappings or a list of mappings")
			}
			if err := b.merge(c, tree); err != nil {
				return err
			}
		}
		return nil
	}
	return b.errorf(n, "a merge takes mappings or a list of mappings")
}

func isMerge(k *yaml.Node) bool {
	return k.Kind == yaml.ScalarNode && k.Value == "<<" && k.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0 &&
		(k.Style&yaml.TaggedStyle == 0 || k.Tag == "!!merge")
}

// key reads a key; numbers and booleans become what JSON makes of them.
func (b *builder) key(n *yaml.Node) (string, *SyntaxError) {
	if n.Kind == yaml.AliasNode {
		if n.Alias.Kind != yaml.ScalarNode {
			return "", b.errorf(n, "a mapping or a list cannot be a key")
		}
		n = n.Alias
	}
	if n.Kind != yaml.ScalarNode {
		return "", b.errorf(n, "a mapping or a list cannot be a key")
	}
	if f, ok := infinities[n.Value]; ok && n.Style&^yaml.FlowStyle == 0 {
		return nonFinite(f), nil
	}
	v, err := b.scalar(n)
	if err != nil {
		return "", err
	}
	switch v := v.(type) {
	case string:
		return v, nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 32), nil // 32 as Kubernetes' reader has it
	case bool:
		return strconv.FormatBool(v), nil
	case nil:
		return "", b.errorf(n, "null cannot be a key: quote it")
	}
	return "", b.errorf(n, "%s cannot be a key: quote it", n.Value)
}

func nonFinite(f float64) string {
	switch {
	case math.IsNaN(f):
		return ".nan"
	case f > 0:
		return ".inf"
	}
	return "-.inf"
}

func joinPath(path []string) string {
	var s []byte
	for i, p := range path {
		if i > 0 {
			s = append(s, '.')
		}
		s = append(s, p...)
	}
	return string(s)
}
