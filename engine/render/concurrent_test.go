package render_test

import (
	"context"
	"io/fs"
	"os"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/render"
)

// TestConcurrent renders one chart from many goroutines with different values:
// each gets what it gets alone. Run it with -race.
func TestConcurrent(t *testing.T) {
	chart := `-- Chart.yaml --
apiVersion: v2
name: chart
version: 1.0.0
dependencies:
- {name: sub, version: "*", repository: "", condition: sub.enabled}
-- charts/sub/Chart.yaml --
apiVersion: v2
name: sub
version: 1.0.0
-- charts/sub/templates/s.yaml --
{apiVersion: v1, kind: ConfigMap, metadata: {name: sub}, data: {v: {{ .Values.global.v | quote }}}}
-- crds/a.yaml --
{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: as.example.com}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: not-a-crd}}
-- templates/a.yaml --
{{ $_ := set .Values "changed" (tpl "{{ define \"x\" }}{{ .Values.global.v }}{{ end }}{{ include \"x\" . }}" .) }}
{{ range $i := until 3 }}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: "a-{{ $i }}"}, data: {v: {{ $.Values.changed | quote }}, r: {{ tpl $.Values.text $ }}}}
{{ end }}
`
	inputs := []string{
		"global: {v: one}\nsub: {enabled: true}\ntext: '{{ .Release.Name }}'\n",
		"global: {v: two}\nsub: {enabled: false}\ntext: '{{ .Values.changed }}'\n",
		"global: {v: three}\ntext: x\n",
	}
	render1 := func(c *render.Chart, memo *manifest.Memo, input string) string {
		r, found := render.Render(context.Background(), c, release(t, input), render.Options{Memo: memo})
		return show(c, r, found)
	}
	var alone []string
	for _, input := range inputs {
		alone = append(alone, render1(chartOf(t, chart), nil, input))
	}
	c, memo := chartOf(t, chart), manifest.NewMemo(1<<20)
	var wait sync.WaitGroup
	for i := range 24 {
		wait.Go(func() {
			if diff := cmp.Diff(alone[i%3], render1(c, memo, inputs[i%3])); diff != "" {
				t.Error(diff)
			}
		})
	}
	wait.Wait()
}

// TestExamples compares our own examples with Helm.
func TestExamples(t *testing.T) {
	dir := os.DirFS("../../examples")
	for at, values := range map[string]string{
		"shop/charts/app":                "image: {repository: registry.example/app, tag: '1'}\n",
		"platform/charts/queue-operator": "webhook: {selfSigned: true}\n",
		"platform/charts/tenant":         "owner: team-a\n",
		"platform/charts/alerts":         "",
		"platform/charts/brokers":        "",
		"platform/charts/cache":          "",
		"platform/charts/gateway":        "",
		"platform/charts/node-agent":     "",
	} {
		t.Run(at, func(t *testing.T) {
			if _, err := fs.Stat(dir, at); err != nil {
				t.Skip("no such example")
			}
			compare(t, open(t, dir, at), release(t, values))
		})
	}
}
