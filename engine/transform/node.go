package transform

import (
	"maps"
	"slices"
	"strconv"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// toNode makes kustomize's kind of tree of a JSON-typed one, without a way over
// text: every scalar has its type as a tag, so that none is guessed.
func toNode(v any) *yaml.Node {
	scalar := func(tag, value string) *yaml.Node {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}
	}
	switch v := v.(type) {
	case map[string]any:
		n := &yaml.Node{Kind: yaml.MappingNode, Tag: yaml.NodeTagMap, Content: make([]*yaml.Node, 0, 2*len(v))}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			n.Content = append(n.Content, scalar(yaml.NodeTagString, key), toNode(v[key]))
		}
		return n
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: yaml.NodeTagSeq, Content: make([]*yaml.Node, 0, len(v))}
		for _, item := range v {
			n.Content = append(n.Content, toNode(item))
		}
		return n
	case string:
		return scalar(yaml.NodeTagString, v)
	case bool:
		return scalar(yaml.NodeTagBool, strconv.FormatBool(v))
	case int64:
		return scalar(yaml.NodeTagInt, strconv.FormatInt(v, 10))
	case uint64:
		return scalar(yaml.NodeTagInt, strconv.FormatUint(v, 10))
	case float64:
		return scalar(yaml.NodeTagFloat, strconv.FormatFloat(v, 'g', -1, 64))
	}
	return scalar(yaml.NodeTagNull, "null") // with a value, or a merge drops it
}

// fromNode is toNode's way back.
func fromNode(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		tree := make(map[string]any, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			tree[n.Content[i].Value] = fromNode(n.Content[i+1])
		}
		return tree
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, c := range n.Content {
			list[i] = fromNode(c)
		}
		return list
	case yaml.AliasNode:
		return fromNode(n.Alias)
	case yaml.DocumentNode:
		return fromNode(n.Content[0])
	}
	switch n.Tag {
	case yaml.NodeTagNull:
		return nil
	case yaml.NodeTagBool:
		return n.Value == "true"
	case yaml.NodeTagInt:
		return typedNumber(n.Value)
	case yaml.NodeTagFloat:
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return f
		}
	}
	return n.Value
}

// typedNumber types a number as engine/manifest's reader does.
func typedNumber(text string) any {
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return i
	}
	if u, err := strconv.ParseUint(text, 10, 64); err == nil {
		return u
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		return f
	}
	return text
}

// operationLine is the line, of the patch's text, of the i-th operation.
func (p patchDocument) operationLine(i int) int {
	var root yaml.Node
	if err := yaml.Unmarshal(p.Data, &root); err != nil || len(root.Content) == 0 || i >= len(root.Content[0].Content) {
		return p.Document.Line
	}
	return p.Document.Line + root.Content[0].Content[i].Line - 1
}
