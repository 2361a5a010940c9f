package review

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

// TestLongLines: what changes in a long line is shown, wherever in it that is.
func TestLongLines(t *testing.T) {
	configMap := func(lines ...string) *diff.Version {
		return versionOf(t, "", "", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: shop}\ndata:\n  text: |\n    "+strings.Join(lines, "\n    "))
	}
	long := strings.Repeat("x", 400)
	dashboard := func(number, expr string) string {
		return `{"pad": "` + long + `", "panels": [{"span": ` + number + `, "targets": [{"expr": "` + expr + `"}]}]}`
	}
	tests := map[string]struct {
		before, after      *diff.Version
		terminal, markdown string
	}{
		"a document on one line": {
			configMap(dashboard("1", "rate(a[5m])")), configMap(dashboard("2", "rate(a[1m])")),
			`
      data.text: panels[0].span: 1 -> 2
      data.text: panels[0].targets[0].expr: rate(a[5m]) -> rate(a[1m])
`, `
- data.text: panels[0].span: 1
+ data.text: panels[0].span: 2
- data.text: panels[0].targets[0].expr: rate(a[5m])
+ data.text: panels[0].targets[0].expr: rate(a[1m])
`},
		"a document of short lines": {
			configMap("a: 1", "b: 2"), configMap("a: 1", "b: 3"),
			`
      data.text:
        @@ -1,2 +1,2 @@
         a: 1
        -b: 2
        +b: 3
`, `
@@ data.text -1,2 +1,2 @@
 a: 1
-b: 2
+b: 3
`},
		"a line of a text": {
			configMap("# "+long+" old", "# end"), configMap("# "+long+" new", "# end"),
			`
      data.text:
        @@ -1,2 +1,2 @@
        -…` + strings.Repeat("x", 64) + ` old
        +…` + strings.Repeat("x", 64) + ` new
         # end
`, `
@@ data.text -1,2 +1,2 @@
-…` + strings.Repeat("x", 296) + ` old
+…` + strings.Repeat("x", 296) + ` new
 # end
`},
		"a line that becomes two": {
			configMap("# "+long, "# end"), configMap("# a", "# b", "# end"),
			`
      data.text:
        @@ -1,2 +1,3 @@
        -# ` + strings.Repeat("x", 65) + `… (+335 characters)
        +# a
        +# b
         # end
`, `
@@ data.text -1,2 +1,3 @@
-# ` + strings.Repeat("x", 297) + `… (+103 characters)
+# a
+# b
 # end
`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := &world{t: t}
			w.target("production", "eu")
			w.change(0, "app", test.before, test.after)
			r := w.review()
			_, page, _ := strings.Cut(string(r.Terminal(TerminalOptions{Width: 100})), "~ ConfigMap shop/c\n")
			page, _, _ = strings.Cut(page, "\nreproduce")
			if d := cmp.Diff(test.terminal, "\n"+page); d != "" {
				t.Errorf("terminal (-want +got):\n%s", d)
			}
			_, page, _ = strings.Cut(string(r.Markdown(MarkdownOptions{})), "```diff\n")
			page, _, _ = strings.Cut(page, "```")
			if d := cmp.Diff(test.markdown, "\n"+page); d != "" {
				t.Errorf("Markdown (-want +got):\n%s", d)
			}
		})
	}
}

// TestOpenedPath: findings about a text are still at its place.
func TestOpenedPath(t *testing.T) {
	inner := &diff.Inner{Format: "json", Text: "@@ -1 +1 @@\n-" + strings.Repeat("a", 100) + "\n+b\n", Fields: []diff.Field{{Path: diff.Path{diff.Key("id")}, Status: manifest.Changed}}}
	text := placed{diff.Field{Path: diff.Path{diff.Key("data"), diff.Key("text")}, Inner: inner}, "data.text"}
	other := placed{diff.Field{Path: diff.Path{diff.Key("type")}}, "type"}
	var got []string
	for _, f := range opened([]placed{other, text, other}, 40) {
		got = append(got, f.label+" at "+f.Path.String())
	}
	if d := cmp.Diff([]string{"type at type", "data.text: id at data.text.id", "type at type"}, got); d != "" {
		t.Error(d)
	}
}
