package render

import (
	"math"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// theirs is Helm's toYaml.
func theirs(v any) string {
	data, err := yaml.Marshal(v)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(data), "\n")
}

func TestToYAML(t *testing.T) {
	type m = map[string]any
	for _, v := range []any{
		nil, true, 1, int64(1) << 60, 1.0, math.Copysign(0, -1), 0.1, 1e6, 1e20, 1e21, 1e-7, float64(-1 << 63), float64(1 << 63), 1e19, math.MaxFloat64, math.NaN(),
		"", "text", "yes", "1", "1e3", "0x1", "null", "~", "a: b", " a", "a ", "a\nb", "a\nb\n", "\n a", "# a", "- a", "a #b", "\ta", "é ü", "\u0085", "\ufeff", "a\x00b", "\xff", "\u2028", "😀",
		m{}, m(nil), []any{}, []any(nil), []string{"a"}, []string(nil), map[string]string{"b": "1", "a": "2"},
		m{"a10": 1.0, "a2": 2.0, "b": m{"c": []any{m{"d": 1.5, "e": nil}, []any{"x"}}}, "true": true, "1": "1", "": "empty", "a b": "~"},
		m{strings.Repeat("k", 2000): 1}, m{"text": strings.Repeat("word ", 100)}, m{"lines": "a\n  b\n\nc  \n"},
		struct{ A, B string }{"1", "2"},
	} {
		if got, want := toYAML(v), theirs(v); got != want {
			t.Errorf("%#v:\ngot  %q\nwant %q", v, got, want)
		}
	}
}

func FuzzToYAML(f *testing.F) {
	for _, s := range []string{"a: 1\nb: [x, 1.5, null]\n", "'a ': \"\\t\"", "a: |\n  x\n\n  y\n", "- 1e3\n- .5\n- 0o7\n", "\"\\u0085\": 1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var v any
		if err := yaml.Unmarshal([]byte(s), &v); err != nil {
			return
		}
		if got, want := toYAML(v), theirs(v); got != want {
			t.Errorf("%#v:\ngot  %q\nwant %q", v, got, want)
		}
	})
}
