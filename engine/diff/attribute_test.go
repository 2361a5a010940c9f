package diff

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/schema/diag"
)

// showCauses writes every change with its cause.
func showCauses(r Release) string {
	var b strings.Builder
	for i, c := range r.Causes {
		fmt.Fprintf(&b, "%d %s: %d\n", i, c.Kind, c.Fields)
	}
	for _, c := range r.Changes {
		if c.Status != manifest.Changed {
			fmt.Fprintf(&b, "%s %s: %s\n", c.Status, c.Object(), r.Causes[c.Cause].Kind)
		}
		for _, f := range c.Fields {
			order := ""
			if f.Order {
				order = " (order)"
			}
			fmt.Fprintf(&b, "%s %s%s: %s\n", f.Status, f.Path, order, r.Causes[f.Cause].Kind)
		}
	}
	return b.String()
}

func TestAttribute(t *testing.T) {
	deployment := func(image, replicas, args, labels, env string) string {
		return "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, labels: {" + labels + "}}\nspec: {replicas: " + replicas + ", template: {spec: {containers: [{name: a, image: '" + image + "', args: [" + args + "], env: [" + env + "]}]}}}\n"
	}
	object := func(kind, name string) string {
		return "---\napiVersion: v1\nkind: " + kind + "\nmetadata: {name: " + name + "}\n"
	}
	config := func(name, value string) string { return object("ConfigMap", name) + "data: {a: " + value + "}\n" }
	a, b := "{name: A, value: x}", "{name: B, value: y}"

	before := deployment("x:1", "1", "serve, --old, --log=info", "v: '1'", a+", "+b) + object("Service", "gone-by-chart") + object("ServiceAccount", "gone-by-values") + config("app-5h2dtm6mf9", "one")
	chart := deployment("x:2", "1", "serve, --log=info", "v: '2'", a+", "+b) + object("ServiceAccount", "gone-by-values") + config("app-6h2dtm6mf9", "one") + object("Service", "come-by-chart") + object("Secret", "come-and-gone")
	values := deployment("x:2", "3", "serve, --log=debug, --new", "v: '2'", b+", "+a) + config("app-7bgk9kt4f8", "two") + object("Service", "come-by-chart")
	// What an earlier stage had right and a later one spoils is the earlier one's.
	kubernetes := deployment("x:3", "3", "serve, --log=debug, --new", "v: '3', w: x", b+", "+a) + config("app-7bgk9kt4f8", "two") + object("Service", "come-by-chart")
	after := deployment("x:2", "3", "serve, --log=debug, --new", "v: '4', w: x", b+", "+a) + config("app-7bgk9kt4f8", "two") + object("Service", "come-by-chart")

	stages := []Stage{
		{Cause{Kind: ByChart, From: "1.0.0", To: "2.0.0"}, setOf(t, chart)},
		{Cause{Kind: ByValues, Place: diag.Range{File: "prod.yaml"}}, setOf(t, values)},
		{Cause{Kind: ByKustomize}, setOf(t, values)},
		{Cause{Kind: ByKubernetes}, setOf(t, kubernetes)},
		{Cause{Kind: ByWeir}, setOf(t, after)},
	}
	compared := Compare(pairOf(t, before, after))
	want := `0 chart: 4
1 values: 7
2 kubernetes: 1
3 weir: 1
changed metadata.name: values
changed data.a: values
created Service come-by-chart: chart
removed Service gone-by-chart: chart
removed ServiceAccount gone-by-values: values
changed metadata.labels.v: weir
created metadata.labels.w: kubernetes
changed spec.replicas: values
removed spec.template.spec.containers[name=a].args[1]: chart
changed spec.template.spec.containers[name=a].args[1]: values
created spec.template.spec.containers[name=a].args[2]: values
changed spec.template.spec.containers[name=a].env (order): values
changed spec.template.spec.containers[name=a].image: chart
`
	got := Attribute(compared, stages)
	if diff := cmp.Diff(want, showCauses(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got.Causes[0].To != "2.0.0" || got.Causes[1].Place.File != "prod.yaml" {
		t.Errorf("causes are %+v", got.Causes)
	}
	for _, c := range compared.Changes {
		for _, f := range c.Fields {
			if f.Cause != 0 {
				t.Errorf("%s was changed in place", f.Path)
			}
		}
	}
	if diff := cmp.Diff("", showCauses(Attribute(Compare(pairOf(t, before, before)), stages))); diff != "" {
		t.Errorf("nothing changed (-want +got):\n%s", diff)
	}
}

// TestAttributeAddsUp attributes random changes over random stages.
func TestAttributeAddsUp(t *testing.T) {
	seeds := documents(t, workloads)
	for seed := range uint64(300) {
		e := newEditor(seed)
		sets := make([]manifest.Set, 5)
		bodies := make([]any, len(seeds))
		for i, s := range seeds {
			bodies[i] = s
		}
		for n := range sets {
			var objects []manifest.Object
			for i, s := range seeds {
				body, _ := bodies[i].(map[string]any)
				if spec, ok := body["spec"]; ok && e.IntN(2) == 0 {
					body = manifest.Clone(body).(map[string]any)
					body["spec"] = e.edited(spec, 1)
				}
				bodies[i] = body
				body["apiVersion"], body["kind"], body["metadata"] = s["apiVersion"], s["kind"], s["metadata"]
				if e.IntN(10) > 0 {
					objects = append(objects, object(t, manifest.Clone(body).(map[string]any)))
				}
			}
			sets[n], _ = manifest.NewSet(objects)
		}
		r := Compare(Pair{Before: &Version{Objects: sets[0]}, After: &Version{Objects: sets[4]}})
		var stages []Stage
		for n, set := range sets[1:] {
			stages = append(stages, Stage{Cause{Kind: []CauseKind{ByChart, ByValues, ByKubernetes, ByWeir}[n]}, set})
		}
		got := Attribute(r, stages)
		counts := make([]int, len(got.Causes))
		for _, c := range got.Changes {
			if c.Status != manifest.Changed {
				counts[c.Cause]++
			}
			for _, f := range c.Fields {
				counts[f.Cause]++
			}
		}
		for i, c := range got.Causes {
			if c.Fields != counts[i] || c.Fields == 0 {
				t.Fatalf("seed %d: cause %d says %d, not %d", seed, i, c.Fields, counts[i])
			}
		}
	}
}
