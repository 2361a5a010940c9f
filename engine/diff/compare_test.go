package diff

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/weir-dev/weir/engine/manifest"
)

func pairOf(t testing.TB, before, after string) Pair {
	t.Helper()
	return Pair{Release: "web", Before: &Version{Objects: setOf(t, before)}, After: &Version{Objects: setOf(t, after)}}
}

// showChanges writes a release's changes, the fields of each below it.
func showChanges(r Release) string {
	var b strings.Builder
	for _, c := range r.Changes {
		fmt.Fprintf(&b, "%s %s", c.Status, c.Object())
		if c.Rename != NoRename {
			fmt.Fprintf(&b, ", was %s (%s %.2f)", c.Before.ID.Name, c.Rename, c.Similarity)
		}
		if c.Hook() {
			b.WriteString(", a hook")
		}
		b.WriteString("\n")
		for line := range strings.Lines(show(c.Fields)) {
			b.WriteString("  " + line)
		}
	}
	fmt.Fprintf(&b, "%d unchanged\n", r.Unchanged)
	return b.String()
}

func TestPairs(t *testing.T) {
	const hooked = "metadata: {name: migrate, annotations: {helm.sh/hook: %s}}"
	for _, test := range []struct{ name, before, after, want string }{
		{"the same", workloads, workloads, "8 unchanged\n"},
		{"a version is a change",
			"apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: a}",
			"apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a}",
			"changed PodDisruptionBudget.policy a\n  changed other apiVersion: policy/v1beta1 -> policy/v1\n0 unchanged\n"},
		{"another namespace is another object",
			"apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: ns-a, labels: {a: b}}",
			"apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: ns-b, labels: {a: b}}",
			"removed ServiceAccount ns-a/a\ncreated ServiceAccount ns-b/a\n0 unchanged\n"},
		{"a hash",
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app-5h2dtm6mf9}\ndata: {a: b}",
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app-7bgk9kt4f8}\ndata: {c: d}",
			`changed ConfigMap app-7bgk9kt4f8, was app-5h2dtm6mf9 (hash 0.00)
  changed other metadata.name: app-5h2dtm6mf9 -> app-7bgk9kt4f8
  removed config data.a: b -> -
  created config data.c: - -> d
0 unchanged
`},
		{"hashes of which nobody knows whose they are",
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app-5h2dtm6mf9}\ndata: {a: b}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: app-6h2dtm6mf9}\ndata: {a: c}",
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app-7bgk9kt4f8}\ndata: {c: d}",
			"removed ConfigMap app-5h2dtm6mf9\nremoved ConfigMap app-6h2dtm6mf9\ncreated ConfigMap app-7bgk9kt4f8\n0 unchanged\n"},
		{"no hash: a vowel, and too short",
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app-5h2dam6mf9}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: app-5h2dm6mf9}",
			"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app-6h2dam6mf9}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: app-6h2dm6mf9}",
			"removed ConfigMap app-5h2dam6mf9\nremoved ConfigMap app-5h2dm6mf9\ncreated ConfigMap app-6h2dam6mf9\ncreated ConfigMap app-6h2dm6mf9\n0 unchanged\n"},
		{"guesses, the best ones first",
			"apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selector: {a: x}, type: ClusterIP, x: 1}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: b}\nspec: {selector: {a: y}, type: ClusterIP, x: 1}",
			"apiVersion: v1\nkind: Service\nmetadata: {name: c}\nspec: {selector: {a: y}, type: ClusterIP, x: 1}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: d}\nspec: {selector: {a: z}, type: ClusterIP, x: 1}",
			`changed Service c, was b (guess 1.00)
  changed other metadata.name: b -> c
changed Service d, was a (guess 0.50)
  changed other metadata.name: a -> d
  changed network spec.selector.a: x -> z
0 unchanged
`},
		{"not alike enough",
			"apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selector: {a: x}, type: ClusterIP, x: 1}",
			"apiVersion: v1\nkind: Service\nmetadata: {name: b}\nspec: {selector: {a: z}, type: ClusterIP, x: 2}",
			"removed Service a\ncreated Service b\n0 unchanged\n"},
		{"alike in nothing at all",
			"apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}", "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: b}",
			"removed ServiceAccount a\ncreated ServiceAccount b\n0 unchanged\n"},
		{"hooks of one name", // one stays, one changes its phase, the object beside them goes
			"apiVersion: batch/v1\nkind: Job\n" + fmt.Sprintf(hooked, "pre-install") + "\n---\napiVersion: batch/v1\nkind: Job\n" + fmt.Sprintf(hooked, "pre-upgrade") + "\n---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: migrate}",
			"apiVersion: batch/v1\nkind: Job\n" + fmt.Sprintf(hooked, "post-install") + "\n---\napiVersion: batch/v1\nkind: Job\n" + fmt.Sprintf(hooked, "pre-upgrade"),
			`changed Job.batch migrate, a hook
  changed other metadata.annotations["helm.sh/hook"]: pre-install -> post-install
removed Job.batch migrate
1 unchanged
`},
		{"hooks that Helm does not know",
			"apiVersion: batch/v1\nkind: Job\n" + fmt.Sprintf(hooked, "crd-install"), "apiVersion: v1\nkind: Service\nmetadata: {name: a}",
			"created Service a\nremoved Job.batch migrate, a hook\n0 unchanged\n"},
	} {
		if diff := cmp.Diff(test.want, showChanges(Compare(pairOf(t, test.before, test.after)))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	created := Compare(Pair{After: &Version{Objects: setOf(t, "apiVersion: v1\nkind: Service\nmetadata: {name: a}")}})
	removed := Compare(Pair{Before: &Version{Objects: setOf(t, "apiVersion: v1\nkind: Service\nmetadata: {name: a}")}})
	if diff := cmp.Diff("created Service a\n0 unchanged\nremoved Service a\n0 unchanged\n", showChanges(created)+showChanges(removed)); diff != "" {
		t.Errorf("one side only (-want +got):\n%s", diff)
	}
}

// TestMoved compares a release that was moved: its objects have its name.
func TestMoved(t *testing.T) {
	config := func(name, value string) string {
		return fmt.Sprintf("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {%s: x}\n", name, value)
	}
	before := config("catalog", "a") + config("catalog-files-5h2dtm6mf9", "a") + config("my-catalog-of-catalog", "a") + config("catalogs", "c") + config("twice-catalog-5h2dtm6mf9", "f") + config("twice-catalog-7bgk9kt4f8", "e")
	after := config("catalogue", "b") + config("catalogue-files-7bgk9kt4f8", "b") + config("my-catalogue-of-catalogue", "b") + config("catalogues", "d") + config("twice-catalogue-5h2dtm6mf9", "g")
	p := pairOf(t, before, after)
	p.From, p.Release = "catalog", "catalogue"
	want := `removed ConfigMap catalogs
changed ConfigMap catalogue, was catalog (moved 0.00)
  changed other metadata.name: catalog -> catalogue
  removed config data.a: x -> -
  created config data.b: - -> x
changed ConfigMap catalogue-files-7bgk9kt4f8, was catalog-files-5h2dtm6mf9 (moved 0.00)
  changed other metadata.name: catalog-files-5h2dtm6mf9 -> catalogue-files-7bgk9kt4f8
  removed config data.a: x -> -
  created config data.b: - -> x
created ConfigMap catalogues
changed ConfigMap my-catalogue-of-catalogue, was my-catalog-of-catalog (moved 0.00)
  changed other metadata.name: my-catalog-of-catalog -> my-catalogue-of-catalogue
  removed config data.a: x -> -
  created config data.b: - -> x
removed ConfigMap twice-catalog-5h2dtm6mf9
removed ConfigMap twice-catalog-7bgk9kt4f8
created ConfigMap twice-catalogue-5h2dtm6mf9
0 unchanged
`
	if diff := cmp.Diff(want, showChanges(Compare(p))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	p.From = ""
	for _, c := range Compare(p).Changes {
		if c.Rename == Moved {
			t.Errorf("%s is moved, and its release is not", c.Object())
		}
	}
}

// TestMemo compares the same objects in two clusters.
func TestMemo(t *testing.T) {
	p := pairOf(t, workloads, strings.ReplaceAll(workloads, "1", "2"))
	want := showChanges(NewSchemas(p.Before.Objects).Compare(p))
	memo := NewMemo()
	first := NewSchemas(p.Before.Objects).With(memo).Compare(p)
	second := NewSchemas(p.Before.Objects).With(memo).Compare(p)
	if diff := cmp.Diff(want+want, showChanges(first)+showChanges(second)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	shared, got := NewSchemas(p.Before.Objects).With(NewMemo()), make([]string, 8)
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() { got[i] = showChanges(shared.Compare(p)) })
	}
	all.Wait()
	for _, text := range got {
		if diff := cmp.Diff(want, text); diff != "" {
			t.Errorf("at once (-want +got):\n%s", diff)
		}
	}
	if len(memo.known) != 6 { // all that changed but for custom resources
		t.Errorf("%d remembered", len(memo.known))
	}
}

// TestManyRenames renames more objects than are compared with one another.
func TestManyRenames(t *testing.T) {
	text := func(prefix string) string {
		var b strings.Builder
		for i := range 3000 {
			fmt.Fprintf(&b, "---\napiVersion: v1\nkind: Service\nmetadata: {name: %s-%04d}\nspec: {type: ClusterIP, selector: {app: app-%d}, ports: [{port: %d}]}\n", prefix, i, i, i%7)
			fmt.Fprintf(&b, "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: %s-%04d, labels: {a: b}}\n", prefix, i)
		}
		return b.String()
	}
	r := Compare(pairOf(t, text("old"), text("new")))
	if len(r.Changes) != 6000 {
		t.Errorf("%d changes", len(r.Changes))
	}
	for _, c := range r.Changes {
		if c.Rename != Guess || c.Similarity != 1 || strings.TrimPrefix(c.Before.ID.Name, "old") != strings.TrimPrefix(c.After.ID.Name, "new") {
			t.Fatalf("%s %s -> %s (%s)", c.Status, c.Before.ID, c.After.ID, c.Rename)
		}
	}
}

// TestMirror turns a whole release round.
func TestMirror(t *testing.T) {
	e := newEditor(1)
	for range 300 {
		before, after := randomSet(t, e), randomSet(t, e)
		there := Compare(Pair{Before: &Version{Objects: before}, After: &Version{Objects: after}})
		back := Compare(Pair{Before: &Version{Objects: after}, After: &Version{Objects: before}})
		mirrored := map[string]Change{}
		for _, c := range back.Changes {
			mirrored[fmt.Sprint(c.After.ID, c.Before.ID, c.Hook())] = c
		}
		if len(mirrored) != len(there.Changes) || there.Unchanged != back.Unchanged {
			t.Fatalf("there\n%s\nback\n%s", showChanges(there), showChanges(back))
		}
		for _, c := range there.Changes {
			m, ok := mirrored[fmt.Sprint(c.Before.ID, c.After.ID, c.Hook())]
			if !ok || m.Rename != c.Rename || m.Similarity != c.Similarity {
				t.Fatalf("there\n%s\nback\n%s", showChanges(there), showChanges(back))
			}
			if diff := cmp.Diff(sorted(m.Fields), sorted(Invert(c.Fields))); diff != "" {
				t.Fatalf("%s (-want +got):\n%s", c.Object(), diff)
			}
		}
	}
}

// randomSet is objects of few names and contents, so that many are alike.
func randomSet(t *testing.T, e *editor) manifest.Set {
	names := []string{"a", "b", "c", "d-5h2dtm6mf9", "d-7bgk9kt4f8", "e-5h2dtm6mf9"}
	var objects []manifest.Object
	for range 1 + e.IntN(12) {
		data := map[string]any{}
		for range e.IntN(6) {
			data[names[e.IntN(len(names))]] = names[e.IntN(2)]
		}
		metadata := map[string]any{"name": names[e.IntN(len(names))]}
		if e.IntN(4) == 0 {
			metadata["annotations"] = map[string]any{"helm.sh/hook": "pre-upgrade"}
		}
		objects = append(objects, object(t, map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}))
	}
	set, _ := manifest.NewSet(objects)
	return set
}

func TestFields(t *testing.T) {
	const deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: [%s]}}}"
	for _, test := range []struct{ name, before, after, want string }{
		{"keys with dots, null, empty maps and lists",
			"apiVersion: v1\nkind: Thing\nmetadata: {name: a}\na.b: {x/y: 1, gone: null}\nempty: {}\nlist: []\nsame: null\ntype: [1]",
			"apiVersion: v1\nkind: Thing\nmetadata: {name: a}\na.b: {x/y: 2, come: null}\nempty: []\nlist: [1]\nsame: null\ntype: {a: 1}",
			`  created other ["a.b"].come: - -> -
  removed other ["a.b"].gone: - -> -
  changed other ["a.b"]["x/y"]: 1 -> 2
  changed other empty: {} -> []
  created other list[0]: - -> 1
  changed other type: - 1 -> a: 1
`},
		{"ports by number and protocol, TCP where nothing is said",
			fmt.Sprintf(deployment, "{name: a, ports: [{containerPort: 80}, {containerPort: 80, protocol: UDP}, {containerPort: 81}]}"),
			fmt.Sprintf(deployment, "{name: a, ports: [{containerPort: 81, name: x}, {containerPort: 80, protocol: TCP}]}"),
			`  changed order spec.template.spec.containers[name=a].ports (order): - containerPort=80,protocol=TCP; - containerPort=81,protocol=TCP -> - containerPort=81,protocol=TCP; - containerPort=80,protocol=TCP
  created network spec.template.spec.containers[name=a].ports[containerPort=81,protocol=TCP].name: - -> x
  created network spec.template.spec.containers[name=a].ports[containerPort=80,protocol=TCP].protocol: - -> TCP
  removed network spec.template.spec.containers[name=a].ports[containerPort=80,protocol=UDP]: containerPort: 80; protocol: UDP -> -
`},
		{"a list whose key is there twice has places only",
			fmt.Sprintf(deployment, "{name: a, env: [{name: A, value: a}, {name: B, value: b}, {name: A, value: c}]}"),
			fmt.Sprintf(deployment, "{name: a, env: [{name: A, value: a}, {name: B, value: x}, {name: A, value: c}]}"),
			"  changed env spec.template.spec.containers[name=a].env[1].value: b -> x\n"},
		{"arguments by place, flags by their name",
			fmt.Sprintf(deployment, "{name: a, args: [serve, --a=1, --b=2, --c]}"),
			fmt.Sprintf(deployment, "{name: a, args: [serve, --new=1, --a=2, --b=2]}"),
			`  created other spec.template.spec.containers[name=a].args[1]: - -> --new=1
  changed other spec.template.spec.containers[name=a].args[2]: --a=1 -> --a=2
  removed other spec.template.spec.containers[name=a].args[3]: --c -> -
`},
		{"rules without names, one of which is new",
			"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {egress: [{to: [{podSelector: {a: b}}], ports: [{port: 1}]}]}",
			"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {egress: [{to: [{namespaceSelector: {c: d}}]}, {to: [{podSelector: {a: b}}], ports: [{port: 2}]}]}",
			`  created network spec.egress[0]: - -> to:; - namespaceSelector:;     c: d
  changed network spec.egress[1].ports[0].port: 1 -> 2
`},
		{"a custom resource with its definition", customDefinition + "---\n" + "apiVersion: example.com/v1\nkind: Web\nmetadata: {name: a}\nspec: {routes: [{host: a}, {host: b, port: 1}], tags: [x, y], steps: [{name: a, v: 1}]}",
			customDefinition + "---\n" + "apiVersion: example.com/v1\nkind: Web\nmetadata: {name: a}\nspec: {routes: [{host: b, port: 1}, {host: a, port: 80}], tags: [y, z], steps: [{name: a, v: 2}]}",
			`  changed order spec.routes (order): - host=a,port=80; - host=b,port=1 -> - host=b,port=1; - host=a,port=80
  created other spec.routes[host=a,port=80].port: - -> 80
  changed other spec.steps[0].v: 1 -> 2
  removed other spec.tags[=x]: x -> -
  created other spec.tags[=z]: - -> z
`},
		{"one without", "apiVersion: example.com/v1\nkind: Web\nmetadata: {name: a}\nspec: {routes: [{host: a}, {host: b, port: 1}], tags: [x, y], nothing: [{a: 1}, {a: 2}, {a: 3}]}",
			"apiVersion: example.com/v1\nkind: Web\nmetadata: {name: a}\nspec: {routes: [{host: b, port: 1}, {host: a, port: 80}], tags: [y, z], nothing: [{a: 1}, {a: 4}, {a: 3}]}",
			`  changed other spec.nothing[1].a: 2 -> 4
  changed other spec.routes (order): - a; - b -> - b; - a
  created other spec.routes[host=a].port: - -> 80
  removed other spec.tags[0]: x -> -
  created other spec.tags[1]: - -> z
`},
	} {
		r := Compare(pairOf(t, test.before, test.after))
		got := show(r.Changes[0].Fields)
		indented := ""
		for line := range strings.Lines(got) {
			indented += "  " + line
		}
		if diff := cmp.Diff(test.want, indented); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

const customDefinition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: webs.example.com}
spec:
  group: example.com
  names: {kind: Web}
  versions:
  - name: v1
    storage: true
    schema:
      openAPIV3Schema:
        properties:
          spec:
            properties:
              routes: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [host, port], items: {properties: {port: {default: 80}}}}
              tags: {type: array, x-kubernetes-list-type: set, items: {type: string}}
              steps: {type: array, x-kubernetes-list-type: atomic, items: {type: object}}
`

func TestInner(t *testing.T) {
	config := func(data string) string {
		return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n" + data
	}
	for _, test := range []struct{ name, before, after, want string }{
		{"a line", config("  a: b"), config("  a: c"), "changed config data.a: b -> c\n"},
		{"YAML", config("  a: |\n    x: {v: 1, list: [1, 2]}\n    # same\n    z: 1\n"), config("  a: |\n    x: {v: 2, list: [2, 1]}\n    # same\n    z: 1\n"),
			`changed config data.a: "x: {v: 1, list: [1, 2]}\n# same\nz: 1\n" -> "x: {v: 2, list: [2, 1]}\n# same\nz: 1\n"
  [yaml]
  changed config x.list (order): - 1; - 2 -> - 2; - 1
  changed config x.v: 1 -> 2
  @@ -1,3 +1,3 @@
  -x: {v: 1, list: [1, 2]}
  +x: {v: 2, list: [2, 1]}
   # same
   z: 1
`},
		{"a comment in YAML", config("  a: |\n    x: 1\n    # one\n"), config("  a: |\n    x: 1\n    # two\n"),
			`changed config data.a: "x: 1\n# one\n" -> "x: 1\n# two\n"
  [yaml]
  @@ -1,2 +1,2 @@
   x: 1
  -# one
  +# two
`},
		{"JSON in a line", config(`  a: '{"a": {"b": 1}}'`), config(`  a: '{"a": {"b": "1"}}'`),
			`changed config data.a: '{"a": {"b": 1}}' -> '{"a": {"b": "1"}}'
  [json]
  changed config a.b: 1 -> "1"
  @@ -1 +1 @@
  -{"a": {"b": 1}}
  +{"a": {"b": "1"}}
`},
		{"a script; prose is no YAML", config("  a: |\n    set -e\n    note: this\n"), config("  a: |\n    set -ex\n    note: this\n"),
			`changed config data.a: "set -e\nnote: this\n" -> "set -ex\nnote: this\n"
  [text]
  @@ -1,2 +1,2 @@
  -set -e
  +set -ex
   note: this
`},
		{"the end of the last line", config("  a: |\n    one\n    two\n"), config("  a: |-\n    one\n    two\n"),
			`changed config data.a: "one\ntwo\n" -> "one\ntwo"
  [text]
  @@ -1,2 +1,2 @@
   one
  -two
  +two
  \ No newline at end of file
`},
	} {
		r := Compare(pairOf(t, test.before, test.after))
		if diff := cmp.Diff(test.want, show(r.Changes[0].Fields)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}
