package transform

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/schema"
)

// many is a release of n objects, workloads with a Service and a ConfigMap each.
func many(b *testing.B, n int) []manifest.Object {
	var text strings.Builder
	for i := range n / 3 {
		fmt.Fprintf(&text, `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web-%[1]d, namespace: web, labels: {app: web-%[1]d}}
spec:
  replicas: 1
  selector: {matchLabels: {app: web-%[1]d}}
  template:
    metadata: {labels: {app: web-%[1]d}}
    spec:
      containers:
      - name: web
        image: nginx:1.25
        envFrom: [{configMapRef: {name: settings-%[1]d}}]
        ports: [{containerPort: 80, name: http}]
        resources: {limits: {cpu: 100m, memory: 64Mi}}
---
apiVersion: v1
kind: Service
metadata: {name: web-%[1]d, namespace: web}
spec: {selector: {app: web-%[1]d}, ports: [{port: 80, name: http}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings-%[1]d, namespace: web}
data: {a: "1", b: "2"}
`, i)
	}
	return read(b, text.String())
}

// BenchmarkSteps runs each step over 1,000 objects, beside krusty doing the
// same with a component.
func BenchmarkSteps(b *testing.B) {
	const component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
	const patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: any}\nspec: {template: {spec: {nodeSelector: {a: b}}}}\n"
	deployments := &schema.Selector{Kind: "Deployment"}
	steps := []struct {
		name   string
		set    func(*plan.Release)
		krusty string
	}{
		{"nothing", func(*plan.Release) {}, ""},
		{"labels", func(r *plan.Release) { r.Kustomize.Labels = map[string]string{"team": "shop"} }, "labels: [{pairs: {team: shop}}]\n"},
		{"annotations", func(r *plan.Release) { r.Kustomize.Annotations = map[string]string{"team": "shop"} }, "commonAnnotations: {team: shop}\n"},
		{"images", func(r *plan.Release) { r.Kustomize.Images = []schema.Image{{Name: "nginx", NewTag: "2"}} }, "images: [{name: nginx, newTag: '2'}]\n"},
		{"replicas", func(r *plan.Release) { r.Kustomize.Replicas = map[string]schema.Count{"web-7": {Value: 3}} }, "replicas: [{name: web-7, count: 3}]\n"},
		{"merge", func(r *plan.Release) {
			r.Kustomize.Patches = []schema.Patch{{Target: deployments, Text: []byte(patch)}}
		}, "patches: [{target: {kind: Deployment}, path: patch.yaml}]\n"},
		{"operations", func(r *plan.Release) {
			r.Kustomize.Patches = []schema.Patch{{Target: deployments, Text: []byte("[{op: add, path: /spec/replicas, value: 3}]")}}
		}, "patches: [{target: {kind: Deployment}, patch: '[{op: add, path: /spec/replicas, value: 3}]'}]\n"},
		{"restart", func(r *plan.Release) { r.RestartOnConfigChange = true }, ""},
	}
	objects := many(b, 1000)
	run := func(b *testing.B, in Input) float64 {
		b.ReportAllocs()
		for b.Loop() {
			result, found := Apply(context.Background(), in, objects)
			if len(found) > 0 || len(result.Objects) != len(objects) {
				b.Fatal(list(found))
			}
		}
		return float64(b.Elapsed().Nanoseconds()) / float64(b.N)
	}
	for _, step := range steps {
		var own float64
		b.Run(step.name, func(b *testing.B) {
			r := release(schema.Kustomize{})
			step.set(r)
			own = run(b, Input{Release: r, Scope: scope})
		})
		if step.krusty == "" {
			continue
		}
		b.Run(step.name+"/krusty", func(b *testing.B) {
			files := fstest.MapFS{"c/kustomization.yaml": {Data: []byte(component + step.krusty)}, "c/patch.yaml": {Data: []byte(patch)}}
			whole := run(b, Input{Release: release(schema.Kustomize{Components: []schema.Ref{{Path: "c"}}}), Files: files, Scope: scope})
			b.ReportMetric(whole/own, "times-step")
		})
	}
}
