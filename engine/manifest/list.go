package manifest

import "strings"

// Expand takes the items out of Lists, as kubectl does: whatever has a kind
// that ends in List and a list of items, to any depth. Everything else is
// returned as it is; so is an item that is no map, for New to refuse.
func Expand(tree any) []any {
	return appendExpanded(nil, tree)
}

func appendExpanded(trees []any, tree any) []any {
	body, _ := tree.(map[string]any)
	kind, _ := body["kind"].(string)
	items, isList := body["items"].([]any)
	if !isList || !strings.HasSuffix(kind, "List") {
		return append(trees, tree)
	}
	for _, item := range items {
		trees = appendExpanded(trees, item)
	}
	return trees
}
