package values

import (
	"fmt"
	"strings"
	"testing"
)

// layersOf makes layers of a release as projects have them: many leaves of their
// own, some that override those below.
func layersOf(n, leaves int) []Layer {
	layers := make([]Layer, n)
	for i := range layers {
		var b strings.Builder
		for j := range leaves / 2 {
			fmt.Fprintf(&b, "shared%d:\n  value: %d\n", j, i)
		}
		b.WriteString(fmt.Sprintf("own%d:\n", i))
		for j := range leaves - leaves/2 {
			fmt.Fprintf(&b, "  key%d: some text\n", j)
		}
		root, _ := ParseYAML("v.yaml", []byte(b.String()))
		layers[i] = Layer{Name: fmt.Sprint("layer ", i), Root: root}
	}
	return layers
}

func BenchmarkMerge(b *testing.B) {
	b.Run("as parsed", func(b *testing.B) {
		layers := layersOf(5, 20)
		for b.Loop() {
			Merge(layers)
		}
	})
	b.Run("labelled", func(b *testing.B) {
		layers := layersOf(5, 20)
		for i, l := range layers {
			layers[i].Root = Label(l.Name, l.Root)
		}
		for b.Loop() {
			Merge(layers)
		}
	})
}

func BenchmarkDigest(b *testing.B) {
	root := Merge(layersOf(5, 20))
	for b.Loop() {
		root.Digest()
	}
}

func BenchmarkPlain(b *testing.B) {
	root := Merge(layersOf(5, 20))
	for b.Loop() {
		root.Plain()
	}
}

func BenchmarkParseYAML(b *testing.B) {
	var text []byte
	for i := range 500 {
		text = fmt.Appendf(text, "key%d:\n  # a comment\n  name: text %d\n  list: [1, 2, \"x\"]\n  enabled: true\n", i, i)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		ParseYAML("v.yaml", text)
	}
}
