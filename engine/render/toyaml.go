package render

import (
	"math"
	"strings"

	yaml2 "go.yaml.in/yaml/v2"
	"helm.sh/helm/v3/pkg/chartutil"
	"sigs.k8s.io/yaml"
)

// toYAML is Helm's. There it writes JSON, reads that as YAML and writes it
// again, which is a fifth of many charts' time; for values as they come out of
// YAML and JSON one writing gives the same text.
func toYAML(v any) string {
	var data []byte
	var err error
	if tree, ok := simple(v, 0); ok {
		data, err = yaml2.Marshal(tree)
	} else {
		data, err = yaml.Marshal(v)
	}
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(data), "\n")
}

// simple is a value as Helm's detour through JSON leaves it, with whole numbers
// as integers. False for everything that the detour might change.
func simple(v any, depth int) (any, bool) {
	if depth > 100 {
		return nil, false
	}
	switch v := v.(type) {
	case nil, bool, int, int64:
		return v, true
	case float64:
		return number(v)
	case string:
		return v, plainText(v)
	case chartutil.Values:
		return simple(map[string]any(v), depth)
	case map[string]any:
		if v == nil {
			return nil, true
		}
		out := make(map[string]any, len(v))
		for k, x := range v {
			x, ok := simple(x, depth+1)
			if !ok || len(k) > 256 || !plainText(k) {
				return nil, false
			}
			out[k] = x
		}
		return out, true
	case []any:
		if v == nil {
			return nil, true
		}
		out := make([]any, len(v))
		for i, x := range v {
			x, ok := simple(x, depth+1)
			if !ok {
				return nil, false
			}
			out[i] = x
		}
		return out, true
	}
	return nil, false
}

func number(f float64) (any, bool) {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return nil, false
	case f == math.Trunc(f) && math.Abs(f) < 1<<63:
		return int64(f), true
	case f == math.Trunc(f) && math.Abs(f) < 1e21:
		return nil, false
	}
	return f, true
}

// plainText tells texts whose characters JSON and YAML both keep.
func plainText(s string) bool {
	for _, r := range s {
		switch {
		case r == '\n' || r == '\t' || r >= 0x20 && r < 0x7f:
		case r < 0xa0, r == 0xfeff, r == 0xfffd, r == 0xfffe, r == 0xffff, r == 0x2028, r == 0x2029:
			return false
		}
	}
	return true
}

// copyTree copies maps and lists of a tree of values.
func copyTree(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if v == nil {
			return v
		}
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[k] = copyTree(x)
		}
		return out
	case chartutil.Values:
		return chartutil.Values(copyTree(map[string]any(v)).(map[string]any))
	case []any:
		if v == nil {
			return v
		}
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = copyTree(x)
		}
		return out
	}
	return v
}
