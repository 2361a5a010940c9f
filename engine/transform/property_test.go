package transform

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/schema"
)

// selecting has every kind of selector that Kubernetes has, and hooks and CRDs.
const selecting = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: a, labelSelector: {matchLabels: {app: web}}}]}}
      topologySpreadConstraints: [{maxSkew: 1, topologyKey: a, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}]
      containers: [{name: web, image: "nginx:1"}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: web}
spec: {selector: {app: web}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: web}
spec: {selector: {matchLabels: {app: web}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: web}
spec: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {}}, {namespaceSelector: {matchLabels: {a: b}}}]}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: web}
spec:
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {containers: []}}
  volumeClaimTemplates: [{metadata: {name: data}, spec: {selector: {matchLabels: {a: b}}}}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, namespace: web, annotations: {helm.sh/hook: "pre-install"}}
spec: {template: {spec: {containers: [{name: m, image: "nginx:1"}]}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, namespace: web, annotations: {helm.sh/hook: "pre-upgrade,post-rollback"}}
spec: {template: {spec: {containers: [{name: m, image: "nginx:1"}]}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, namespace: web}
spec: {template: {spec: {containers: [{name: m, image: "nginx:1"}]}}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec: {group: example.com, names: {kind: Widget}, scope: Cluster, versions: []}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: web, annotations: {helm.sh/hook: "pre-install", config.kubernetes.io/local-config: "true"}}
data: {a: b}
`

// all configures every step, by name.
func all() map[string]func(*plan.Release) {
	deployments := &schema.Selector{Kind: "Deployment"}
	return map[string]func(*plan.Release){
		"directory":   func(r *plan.Release) { r.Kustomize = directory("d") },
		"components":  func(r *plan.Release) { r.Kustomize.Components = []schema.Ref{ref("c")} },
		"labels":      func(r *plan.Release) { r.Kustomize.Labels = map[string]string{"team": "shop", "app": "other"} },
		"annotations": func(r *plan.Release) { r.Kustomize.Annotations = map[string]string{"a": "b"} },
		"images":      func(r *plan.Release) { r.Kustomize.Images = []schema.Image{{Name: "nginx", NewTag: "2"}} },
		"replicas":    func(r *plan.Release) { r.Kustomize.Replicas = map[string]schema.Count{"web": {Value: 2}} },
		"patches": func(r *plan.Release) {
			r.Kustomize.Patches = []schema.Patch{
				{Target: deployments, Text: []byte("spec: {paused: true}")},
				{Target: &schema.Selector{}, Text: []byte("[{op: add, path: /metadata/labels, value: {x: y}}]")},
			}
		},
		"secrets": func(r *plan.Release) { r.Secrets = "omit" },
		"restart": func(r *plan.Release) { r.RestartOnConfigChange = true },
	}
}

// kustomizations for the steps that need one.
func kustomizations() fstest.MapFS {
	return fstest.MapFS{
		"d/kustomization.yaml": {Data: []byte("labels: [{pairs: {d: d}}]\npatches: [{target: {kind: .*}, patch: '[{op: add, path: /metadata/annotations/d, value: d}]'}]\n")},
		"c/kustomization.yaml": {Data: []byte("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: {c: c}\n")},
	}
}

func TestHooksAndCRDsSurviveEveryStep(t *testing.T) {
	files := kustomizations()
	want := identities(read(t, selecting))
	for name, configure := range all() {
		t.Run(name, func(t *testing.T) {
			r := release(schema.Kustomize{})
			configure(r)
			result, found := apply(Input{Release: r, Files: files}, read(t, selecting))
			compare(t, "diagnostics", "", list(found))
			if d := cmp.Diff(want, identities(result.Objects)); d != "" {
				t.Errorf("identities (-want +got):\n%s", d)
			}
		})
	}
}

// identities is what has to stay of objects: who they are, where they came from
// and when they run.
func identities(objects []manifest.Object) []string {
	var all []string
	for _, o := range objects {
		text := fmt.Sprintf("%v from %s:%d", o.ID, o.Source.File, o.Source.Line)
		if o.Hook != nil {
			text += " at " + strings.Join(o.Hook.Phases, ",")
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return all
}

func TestLabelsNeverChangeSelectors(t *testing.T) {
	objects := read(t, selecting)
	r := release(schema.Kustomize{Labels: map[string]string{"team": "shop", "app": "other"}})
	result, found := apply(Input{Release: r}, objects)
	compare(t, "diagnostics", "", list(found))
	for i, o := range objects {
		before, after := o.Body(), result.Objects[i].Body()
		labels := after["metadata"].(map[string]any)["labels"]
		if d := cmp.Diff(map[string]any{"team": "shop", "app": "other"}, labels); d != "" {
			t.Errorf("labels of %v (-want +got):\n%s", o.ID, d)
		}
		delete(before["metadata"].(map[string]any), "labels")
		delete(after["metadata"].(map[string]any), "labels")
		if d := cmp.Diff(before, after); d != "" {
			t.Errorf("all but the labels of %v (-want +got):\n%s", o.ID, d)
		}
	}
}

// TestSameAsKustomize compares the steps that edit trees with kustomize doing
// the same, over objects with every kind of selector.
func TestSameAsKustomize(t *testing.T) {
	const component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
	const merge = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: web}\nspec: {template: {spec: {containers: [{name: web, env: [{name: A, value: b}]}, {name: new, image: c}], affinity: null}}}\n"
	const operations = "[{op: add, path: /spec/template/spec/hostNetwork, value: true}, {op: remove, path: /spec/replicas}]"
	tests := map[string]struct {
		kustomize schema.Kustomize
		component string
	}{
		"labels": {schema.Kustomize{Labels: map[string]string{"a": "b", "c": "1"}}, "labels: [{pairs: {a: b, c: '1'}}]"},
		"annotations": {schema.Kustomize{Annotations: map[string]string{"a": "b"}},
			"transformers: [\"{apiVersion: builtin, kind: AnnotationsTransformer, metadata: {name: a}, annotations: {a: b}, fieldSpecs: [{path: metadata/annotations, create: true}]}\"]"},
		"image tag":      {schema.Kustomize{Images: []schema.Image{{Name: "nginx", NewTag: "2"}}}, "images: [{name: nginx, newTag: '2'}]"},
		"image digest":   {schema.Kustomize{Images: []schema.Image{{Name: "nginx", Digest: "sha256:a"}}}, "images: [{name: nginx, digest: 'sha256:a'}]"},
		"image both":     {schema.Kustomize{Images: []schema.Image{{Name: "nginx", NewTag: "2", Digest: "sha256:a"}}}, "images: [{name: nginx, newTag: '2', digest: 'sha256:a'}]"},
		"image name":     {schema.Kustomize{Images: []schema.Image{{Name: "nginx", NewName: "x/y"}}}, "images: [{name: nginx, newName: x/y}]"},
		"image sequence": {schema.Kustomize{Images: []schema.Image{{Name: "nginx", NewName: "x"}, {Name: "x", NewTag: "3"}}}, "images: [{name: nginx, newName: x}, {name: x, newTag: '3'}]"},
		"replicas":       {schema.Kustomize{Replicas: map[string]schema.Count{"db": {Value: 3}}}, "replicas: [{name: db, count: 3}]"},
		"merge":          {schema.Kustomize{Patches: []schema.Patch{{Text: []byte(merge)}}}, "patches: [{path: p.yaml}]"},
		"operations": {schema.Kustomize{Patches: []schema.Patch{{Target: &schema.Selector{Kind: "Deployment"}, Text: []byte(operations)}}},
			"patches: [{target: {kind: Deployment}, patch: '" + operations + "'}]"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS{"c/kustomization.yaml": {Data: []byte(component + test.component)}, "c/p.yaml": {Data: []byte(merge)}}
			own, found := apply(Input{Release: release(test.kustomize)}, read(t, selecting))
			compare(t, "diagnostics of the step", "", list(found))
			theirs, found := apply(Input{Release: release(schema.Kustomize{Components: []schema.Ref{ref("c")}}), Files: files}, read(t, selecting))
			compare(t, "diagnostics of kustomize", "", list(found))
			compare(t, "objects", sorted(theirs.Objects), sorted(own.Objects))
			if reflect.DeepEqual(sorted(own.Objects), sorted(read(t, selecting))) {
				t.Error("the step changes nothing")
			}
		})
	}
}

func sorted(objects []manifest.Object) string {
	set, _ := manifest.NewSet(objects)
	return show(slices.Collect(set.All()))
}

// TestUntouched: what no step changes is passed on, not made again.
func TestUntouched(t *testing.T) {
	objects := read(t, selecting)
	want := slices.Clone(objects)
	result, found := apply(Input{Release: release(schema.Kustomize{Replicas: map[string]schema.Count{"db": {Value: 2}}})}, objects)
	compare(t, "diagnostics", "", list(found))
	compare(t, "input", show(want), show(objects))
	for i, o := range result.Objects {
		if changed := o.ID.Kind == "StatefulSet"; changed == (string(o.Bytes()) == string(want[i].Bytes())) {
			t.Errorf("%v: changed is %v", o.ID, changed)
		}
	}
}

// TestConcurrent has kustomize's global schema used by several releases at once,
// one of which brings a schema of its own.
func TestConcurrent(t *testing.T) {
	files := kustomizations()
	files["own/kustomization.yaml"] = &fstest.MapFile{Data: []byte("openapi: {path: schema.json}\nnamePrefix: a-\n")}
	files["own/schema.json"] = &fstest.MapFile{Data: []byte(`{"definitions": {}}`)}
	merge := schema.Kustomize{Patches: []schema.Patch{{Text: []byte("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: web, tty: true}]}}}\n")}}}
	kinds := []schema.Kustomize{directory("d"), merge, directory("own"), merge}
	texts := make([][]string, 8)
	var group sync.WaitGroup
	for i := range texts {
		group.Go(func() {
			for _, k := range kinds {
				result, found := apply(Input{Release: release(k), Files: files}, read(t, selecting))
				texts[i] = append(texts[i], list(found)+show(result.Objects))
			}
		})
	}
	group.Wait()
	for _, text := range texts[1:] {
		if d := cmp.Diff(texts[0], text); d != "" {
			t.Fatalf("two runs differ:\n%s", d)
		}
	}
	if !strings.Contains(texts[0][1], "image: nginx:1\n        name: web\n        tty: true") {
		t.Errorf("containers are not merged by name:\n%s", texts[0][1])
	}
}

func TestClosure(t *testing.T) {
	files := fstest.MapFS{
		"web/kustomization.yaml": {Data: []byte(`
resources: [../base, a.yaml]
components: [../c]
patches: [{path: p.yaml}, {patch: '[]', target: {kind: A}}]
patchesStrategicMerge: [q.yaml, "a: b\nc: d"]
patchesJson6902: [{path: j.yaml, target: {name: x, kind: Pod, version: v1}}]
replacements: [{path: r.yaml}]
configMapGenerator: [{name: a, files: [f.txt, "k=../shared/g.txt"], envs: [e.env], env: e2.env}]
secretGenerator: [{name: a, files: [s.txt]}]
crds: [crd.json]
configurations: [conf.yaml]
openapi: {path: api.json}
transformers: [t.yaml, "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: x}\npath: tp2.yaml\n"]
`)},
		"web/t.yaml":              {Data: []byte("apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: x}\npath: tp.yaml\n")},
		"base/kustomization.yml":  {Data: []byte("resources: [b.yaml]\n")},
		"c/Kustomization":         {Data: []byte("kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\npatches: [{path: cp.yaml}]\n")},
		"web/unused.yaml":         {Data: []byte("a: b")},
		"base/unused/nothing.txt": {Data: []byte("")},
	}
	reached := strings.Fields("base/b.yaml c/cp.yaml shared/g.txt web/a.yaml web/api.json web/conf.yaml web/crd.json web/e.env web/e2.env web/f.txt web/j.yaml web/p.yaml web/q.yaml web/r.yaml web/s.txt web/tp.yaml web/tp2.yaml")
	for _, name := range reached {
		files[name] = &fstest.MapFile{Data: []byte("kind: x\n")}
	}
	want := append(reached, "base/kustomization.yml", "c/Kustomization", "web/kustomization.yaml", "web/t.yaml")
	slices.Sort(want)
	got, found := Closure(files, ref("web"))
	compare(t, "diagnostics", "", list(found))
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("files (-want +got):\n%s", d)
	}
}

func TestNamespaceObject(t *testing.T) {
	plain := NamespaceObject(schema.Namespace{Name: "web"})
	full := NamespaceObject(schema.Namespace{Name: "db", Labels: map[string]string{"a": "true"}, Annotations: map[string]string{"c": "d"}, Range: lineOf("weir.hcl", 7, 1)})
	compare(t, "namespaces", `--- # 
apiVersion: v1
kind: Namespace
metadata:
  name: web
--- # weir.hcl
apiVersion: v1
kind: Namespace
metadata:
  annotations:
    c: d
  labels:
    a: "true"
  name: db
`, show([]manifest.Object{plain, full}))
}

// TestNoObjects: a kustomization alone makes a release too.
func TestNoObjects(t *testing.T) {
	files := fstest.MapFS{"d/kustomization.yaml": {Data: []byte("resources: [a.yaml]\n")}, "d/a.yaml": {Data: []byte("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")}}
	result, found := apply(Input{Release: release(directory("d")), Files: files}, nil)
	compare(t, "diagnostics", "", list(found))
	compare(t, "objects", "--- # d/a.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: web\n", show(result.Objects))
}
