package schema

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares text with a file, or rewrites the file.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s differs (-want +got):\n%s", file, d)
	}
}

func shown(t *testing.T, p *Project, list diag.List) string {
	t.Helper()
	var b strings.Builder
	if err := list.Format(&b, diag.Options{Sources: p.Sources}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestOrigins prints every leaf of a release with the line a person would edit,
// the text of that line, and the lines that it overrode.
func TestOrigins(t *testing.T) {
	p, list := Load(Options{
		Dir: "testdata/origins", Vars: map[string]string{"passed": "from outside"},
	})
	target := Target{"production", "eu-1"}
	_, more := p.Headers(target)
	list = append(list, more...)
	r, more := p.Release(Header{Name: "app"}, target)
	list = append(list, more...)
	if len(list) > 0 {
		t.Fatal(shown(t, p, list))
	}
	var b strings.Builder
	printOrigins(&b, p, "", values.Merge(r.Layers))
	golden(t, "testdata/origins.txt", b.String())
}

func printOrigins(b *strings.Builder, p *Project, path string, n *values.Node) {
	switch v := n.Value.(type) {
	case map[string]*values.Node:
		for _, k := range keys(v) {
			printOrigins(b, p, path+"."+k, v[k])
		}
		if len(v) > 0 {
			return
		}
	case []*values.Node:
		for i, e := range v {
			printOrigins(b, p, fmt.Sprintf("%s[%d]", path, i), e)
		}
		if len(v) > 0 {
			return
		}
	}
	line := ""
	if lines := strings.Split(string(p.Sources(n.Origin.File)), "\n"); n.Origin.Start.Line > 0 && n.Origin.Start.Line <= len(lines) {
		line = strings.TrimSpace(lines[n.Origin.Start.Line-1])
	}
	fmt.Fprintf(b, "%-26s %-14v %s:%d  %s\n", strings.TrimPrefix(path, "."), n.Masked(), n.Origin.File, n.Origin.Start.Line, line)
	for _, o := range n.Over {
		fmt.Fprintf(b, "%26s over %v, %s:%d in %s\n", "", o.Masked(), o.Origin.File, o.Origin.Start.Line, o.Layer)
	}
}
