package review

import (
	"fmt"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

func isCRD(id manifest.ID) bool {
	return id.Kind == "CustomResourceDefinition" && id.Group == "apiextensions.k8s.io"
}

// label is a field's path, with what is special about it.
func label(f diff.Field) string {
	if f.Order {
		return f.Path.String() + " (order)"
	}
	return f.Path.String()
}

// described is a value of which only a description is shown.
type described string

// placed is a field and its path, as they are shown.
type placed struct {
	diff.Field
	label string
}

// briefly is fields as they are shown where not everything is, and of a line no
// more than about limit characters. The schema of a CRD often has the same part
// in many places: it is shown once.
func briefly(of manifest.ID, fields []diff.Field, limit int) []placed {
	all := make([]placed, 0, len(fields))
	if !isCRD(of) {
		for _, f := range fields {
			all = append(all, placed{f, label(f)})
		}
		return opened(all, limit)
	}
	first, more := map[string]int{}, map[int]int{}
	for _, f := range fields {
		path, f := brief(of, f)
		key := likeness(path)
		key += "\n" + string(f.Status) + "\n" + flow(f.Before) + "\n" + flow(f.After)
		if i, ok := first[key]; ok {
			more[i]++
			continue
		}
		first[key] = len(all)
		all = append(all, placed{f, path})
	}
	for i, n := range more {
		all[i].label += fmt.Sprintf(" (and %s)", count(n, "more place", "more places"))
	}
	return all
}

// likeness is what the same changes in a schema have in common: a keyword that says
// how lists are merged; a keyword and its field; a field and what it is in.
func likeness(path string) string {
	_, keyword, is := strings.Cut(path[strings.LastIndexByte(path, '.')+1:], " ")
	if is && strings.HasPrefix(keyword, "x-kubernetes-list-") {
		return keyword
	}
	i := strings.LastIndexByte(path, '.')
	if i < 0 || is {
		return path[i+1:]
	}
	return path[strings.LastIndexByte(path[:i], '.')+1:]
}

// brief is a field as it is shown where not everything is: of a CRD's schema the
// fields that its resources have, instead of the schema's own, and their types
// instead of their schemas.
func brief(of manifest.ID, f diff.Field) (path string, _ diff.Field) {
	if !isCRD(of) || len(f.Path) < 3 || f.Path[0].Key != "spec" || f.Path[1].Key != "versions" {
		return label(f), f
	}
	if len(f.Path) == 3 { // a whole version
		f.Before, f.After = withoutSchema(f.Before), withoutSchema(f.After)
		return label(f), f
	}
	if len(f.Path) < 5 || f.Path[3].Key != "schema" || f.Path[4].Key != "openAPIV3Schema" {
		return label(f), f
	}
	path, keyword := fieldOf(f.Path[5:])
	path = strings.TrimSuffix(strings.TrimPrefix(f.Path[2:3].String(), "[name="), "]") + " " + strings.TrimPrefix(path, ".")
	if keyword != "" {
		return path + " " + keyword, f
	}
	f.Before, f.After = typeOf(f.Before), typeOf(f.After)
	return path, f
}

// fieldOf is the field of a resource that a path in its schema is about, as in
// spec.ports[].name, and the keyword of the schema where it is about one.
func fieldOf(p diff.Path) (path, keyword string) {
	for i := 0; i < len(p); i++ {
		switch {
		case p[i].Key == "properties" && i+1 < len(p) && p[i+1].IsKey():
			i++
			path += "." + p[i].Key
		case p[i].Key == "items":
			path += "[]"
		case p[i].Key == "additionalProperties":
			path += "[*]"
		default:
			return path, p[i:].String()
		}
	}
	return path, ""
}

func withoutSchema(version any) any {
	v, ok := version.(map[string]any)
	if !ok || v["schema"] == nil {
		return version
	}
	short := map[string]any{}
	for key, value := range v {
		short[key] = value
	}
	short["schema"] = "…"
	return short
}

// typeOf says what a schema allows, in a few words.
func typeOf(schema any) any {
	s, ok := schema.(map[string]any)
	if !ok {
		return schema
	}
	return described(typeWords(s, 0))
}

func typeWords(s map[string]any, depth int) string {
	kind, _ := s["type"].(string)
	if items, ok := s["items"].(map[string]any); ok && depth < 4 {
		return "list of " + typeWords(items, depth+1)
	}
	if values, ok := s["additionalProperties"].(map[string]any); ok && depth < 4 {
		return "map of " + typeWords(values, depth+1)
	}
	if fields, ok := s["properties"].(map[string]any); ok {
		return fmt.Sprintf("object of %s", count(len(fields), "field", "fields"))
	}
	if intOrString, _ := s["x-kubernetes-int-or-string"].(bool); intOrString {
		kind = "integer or string"
	}
	if kind == "" {
		kind = "anything"
	}
	if values, ok := s["enum"].([]any); ok {
		kind += ", one of " + strings.Trim(flow(values), "[]")
	}
	return kind
}
