package render_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/render"
	"github.com/weir-dev/weir/schema/diag"
)

// chartOf makes a chart of files written as an archive: `-- name --` lines.
func chartOf(t testing.TB, text string) *render.Chart {
	t.Helper()
	return open(t, files(text), "chart")
}

func files(text string) fstest.MapFS {
	fsys := fstest.MapFS{"chart/Chart.yaml": {Data: []byte("apiVersion: v2\nname: chart\nversion: 1.2.3\nappVersion: \"4.5\"\n")}}
	var name string
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, "-- "); ok {
			name = "chart/" + strings.TrimSuffix(rest, " --\n")
			fsys[name] = &fstest.MapFile{}
		} else if name != "" {
			fsys[name].Data = append(fsys[name].Data, line...)
		}
	}
	return fsys
}

// show writes everything that a render says.
func show(c *render.Chart, r render.Release, found diag.List) string {
	var b strings.Builder
	for _, d := range found {
		write(&b, d)
	}
	for _, o := range r.Objects {
		fmt.Fprintf(&b, "# %s:%d\n%s---\n", o.Source.File, o.Source.Line, o.Bytes())
	}
	for _, k := range r.Defines {
		fmt.Fprintf(&b, "defines %s/%s namespaced=%v\n", k.Group, k.Kind, k.Namespaced)
	}
	for _, k := range r.Unknown {
		fmt.Fprintf(&b, "unknown %s/%s\n", k.Group, k.Kind)
	}
	for _, u := range r.Unstable {
		fmt.Fprintf(&b, "unstable %v %s %s:%d\n", u.ID, u.Path, u.Template, u.Line)
	}
	for _, n := range r.Notes {
		where := "value " + strings.Join(n.Value, ".")
		if n.Source != nil {
			where = fmt.Sprintf("%s:%d", n.Source.File, n.Source.Line)
		}
		fmt.Fprintf(&b, "note %s: %s\n", where, n.Summary)
		for _, text := range []string{n.Detail, n.Remedy} {
			if text != "" {
				fmt.Fprintf(&b, "  %s\n", text)
			}
		}
	}
	return b.String()
}

func write(b *strings.Builder, d diag.Diagnostic) {
	fmt.Fprintf(b, "%s:%d:%d: %s\n", d.Subject.File, d.Subject.Start.Line, d.Subject.Start.Column, d.Summary)
	for _, text := range []string{d.Detail, d.Remedy} {
		if text != "" {
			fmt.Fprintf(b, "  %s\n", text)
		}
	}
	for _, r := range d.Related {
		fmt.Fprintf(b, "  %s:%d: %s\n", r.Range.File, r.Range.Start.Line, r.Note)
	}
}

func TestRender(t *testing.T) {
	for _, test := range []struct {
		name, chart, values, want string
	}{
		{
			name: "objects of a template, a List and a hook, with namespaces",
			chart: `-- templates/all.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: one}
data: {version: {{ .Capabilities.KubeVersion }}, minor: {{ .Capabilities.KubeVersion.Minor | quote }}}
---{{ "" }}
apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: Namespace, metadata: {name: two, namespace: wrong}}
  - {apiVersion: example.com/v1, kind: Thing, metadata: {name: three}}
---
# nothing but a comment
---
apiVersion: batch/v1
kind: Job
metadata: {name: four, annotations: {helm.sh/hook: "post-install,pre-install", helm.sh/hook-weight: "2"}}
---
apiVersion: v1
kind: Pod
metadata: {name: five, annotations: {helm.sh/hook: test}}
-- templates/NOTES.txt --
Nothing to see, but {{ .Values.text }}.
-- values.yaml --
text: a text
`,
			want: `# templates/all.yaml:1
apiVersion: v1
kind: ConfigMap
metadata:
  name: one
  namespace: shop
data:
  minor: "34"
  version: v1.34
---
# templates/all.yaml:6
apiVersion: v1
kind: Namespace
metadata:
  name: two
---
# templates/all.yaml:6
apiVersion: example.com/v1
kind: Thing
metadata:
  name: three
  namespace: shop
---
# templates/all.yaml:14
apiVersion: batch/v1
kind: Job
metadata:
  annotations:
    helm.sh/hook: post-install,pre-install
    helm.sh/hook-weight: "2"
  name: four
  namespace: shop
---
unknown example.com/Thing
`,
		},
		{
			name: "CRDs say what their kinds' scopes are",
			chart: `-- crds/a.yaml --
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec: {group: example.com, scope: Cluster, names: {kind: Thing}}
-- templates/a.yaml --
apiVersion: example.com/v1
kind: Thing
metadata: {name: three}
`,
			want: `# crds/a.yaml:1
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things.example.com
spec:
  group: example.com
  names:
    kind: Thing
  scope: Cluster
---
# templates/a.yaml:1
apiVersion: example.com/v1
kind: Thing
metadata:
  name: three
---
defines example.com/Thing namespaced=false
`,
		},
		{
			name: "an API that is gone, a key twice, a value that nobody reads",
			chart: `-- templates/a.yaml --
{{ $unused := .Values.known }}
apiVersion: policy/v1beta1
kind: PodDisruptionBudget
metadata:
  name: a
  name: b
`,
			values: "known: 1\nknwon: 2\nx-anchor: 3\n",
			want: `# templates/a.yaml:2
apiVersion: policy/v1beta1
kind: PodDisruptionBudget
metadata:
  name: b
  namespace: shop
---
note templates/a.yaml:6: the key "name" stands twice in what the template prints
  In ` + "`metadata`" + `, lines 5 and 6 of the output; the last one counts.
  Let the template print the key once.
note templates/a.yaml:2: PodDisruptionBudget.policy shop/b cannot be applied to Kubernetes 1.34
  policy/v1beta1 PodDisruptionBudget was removed in Kubernetes 1.25: use policy/v1.
  Use a version of the chart, or values, for this Kubernetes; a chart may also look at the cluster's ` + "`api_versions`" + `.
note value knwon: value ` + "`knwon`" + ` is read by no template of chart "chart"
  Did you mean "known"?
`,
		},
		{
			name: "what changes with every render",
			chart: `-- templates/a.yaml --
apiVersion: v1
kind: Secret
metadata:
  name: a
stringData:
  stable: {{ keys (dict "b" 1 "a" 2) | join "," }}
  password: {{ tpl "{{ randAlphaNum 8 }}" . }}
  digit: {{ randInt 0 2 | quote }}
  when: {{ now | date "2006-01-02" }}
  fixed: {{ date "2006-01-02 15:04" 86400 }}
  {{- $ca := genCA "ca" 10 }}
  key: {{ $ca.Key | b64enc }}
`,
			want: `# templates/a.yaml:1
SECRET---
unstable Secret shop/a /stringData/digit templates/a.yaml:8
unstable Secret shop/a /stringData/key templates/a.yaml:12
unstable Secret shop/a /stringData/password templates/a.yaml:7
unstable Secret shop/a /stringData/when templates/a.yaml:9
`,
		},
		{
			name: "a template fails",
			chart: `-- templates/a.yaml --
a: 1
b: {{ include "x" . }}
-- templates/_x.tpl --
{{ define "x" }}

{{- .Values.ingress.host | upper }}{{ end }}
`,
			values: "a: 1\ningress:\n",
			want: "chart/templates/_x.tpl:3:5: `.Values.ingress.host` fails: `host` is asked of something that is not set" + `
  Correct the template, or the values that it reads here.
  chart/templates/a.yaml:2: called from here
  values/web.yaml:2: ` + "`ingress` is null" + `
  weir.hcl:3: the chart is used here
`,
		},
		{
			name: "required",
			chart: `-- templates/a.yaml --
b: {{ required "a host is needed" .Values.ingress.host }}
-- values.yaml --
ingress: {host: ""}
`,
			want: `chart/templates/a.yaml:1:7: the chart says: a host is needed
  The chart's author asks for this: set the values as the message says.
  chart/values.yaml:1: ` + "`ingress.host` is \"\", the chart's own default" + `
  weir.hcl:3: the chart is used here
`,
		},
		{
			name: "invalid YAML",
			chart: `-- templates/a.yaml --
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  key: {{ .Values.text }}
`,
			values: "text: 'a: b: c'\n",
			want: `chart/templates/a.yaml:6:0: the template prints invalid YAML
  Mapping values are not allowed in this context. The output has, in line 5: ` + "`data:`, line 6: `key: a: b: c`." + `
  Look at the indentation and quoting of the values that the template prints there.
  weir.hcl:3: rendered for this release
`,
		},
		{
			name: "a schema refuses values",
			chart: `-- templates/a.yaml --
-- values.schema.json --
{"type": "object", "additionalProperties": false, "required": ["name"],
 "properties": {"replicas": {"type": "integer", "minimum": 1}, "name": {"type": "string"}, "mode": {"$ref": "https://example.com/mode.json"}}}
-- values.yaml --
mode: 3
`,
			values: "replicas: none\nreplica: 2\n",
			want: "values/web.yaml:1:11: value `replicas` is refused by the chart's schema: got string, want integer" + `
  chart/values.schema.json:0: asked for at /properties/replicas/type of the chart's schema
values/web.yaml:2:10: value ` + "`replica` is not known to the chart's schema" + `
  Did you mean "replicas"?
  chart/values.schema.json:0: asked for at /additionalProperties of the chart's schema
weir.hcl:3:11: value ` + "`name` is missing" + `
  chart/values.schema.json:0: asked for at /required of the chart's schema
`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := chartOf(t, test.chart)
			r, found := render.Render(context.Background(), c, release(t, test.values), render.Options{})
			got := show(c, r, found)
			if i := strings.Index(got, "apiVersion: v1\nkind: Secret"); i >= 0 { // its data is another one every time
				got = got[:i] + "SECRET" + got[i+strings.Index(got[i:], "---\n"):]
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	limits := render.Limits{Time: time.Second, Output: 1 << 20, Iterations: 10_000, Depth: 100}
	for _, test := range []struct{ name, template, want string }{
		{"range", `{{ range until 1000000 }}{{ end }}`, "the templates' ranges have more than 10,000 elements together"},
		{"number", `{{ range 9000000000 }}{{ end }}`, "the templates' ranges have more than 10,000 elements together"},
		{"until", `{{ until 2000000000 }}`, "a function is asked for a list of 2000000000 elements, more than 1,000,000"},
		{"seq", `{{ seq 0 1 2000000000 }}`, "a function is asked for a list of 2000000000 elements, more than 1,000,000"},
		{"include", `{{ define "x" }}{{ include "x" . }}{{ end }}{{ include "x" . }}`, "templates call each other more than 100 deep"},
		{"template", `{{ define "x" }}{{ template "x" . }}{{ end }}{{ template "x" . }}`, "templates call each other more than 100 deep"},
		{"tpl", `{{ tpl .Values.text . }}`, "templates call each other more than 100 deep"},
		{"output", `{{ range until 2000 }}{{ printf "%1000d" . }}{{ end }}`, "the templates make more than 1 MiB of text"},
		{"repeat", `{{ repeat 1000000000 "x" }}`, "the templates make more than 1 MiB of text"},
		{"doubling", `{{ $x := "x" }}{{ range until 100 }}{{ $x = printf "%s%s" $x $x }}{{ end }}`, "the templates make more than 1 MiB of text"},
		{"lists", `{{ $x := list 1 }}{{ range until 100 }}{{ $x = concat $x $x }}{{ end }}`, "a function is asked for a list of 1048576 elements, more than 1,000,000"},
		{"indent", `{{ indent 1000000000 "x" }}`, "the templates make more than 1 MiB of text"},
		{"random", `{{ randAlphaNum 1000000000 }}`, "a function is asked for a list of 1000000000 elements, more than 1,000,000"},
		{"itself", `{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ toYaml $d }}`, "a value contains itself, or is nested more than 10,000 deep"},
		{"printed", `{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ $d }}`, "a value contains itself, or is nested more than 10,000 deep"},
		{"branches", `{{ $d := dict }}{{ range until 100 }}{{ $d = dict "a" $d "b" $d }}{{ end }}{{ $d }}`, "the templates make more than 1 MiB of text"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := chartOf(t, "-- templates/a.yaml --\n"+test.template+"\n")
			_, found := render.Render(context.Background(), c, release(t, "text: '{{ tpl .Values.text . }}'\n"), render.Options{Limits: limits})
			want := `chart "chart" takes too much: ` + test.want
			if len(found) != 1 || found[0].Summary != want {
				t.Errorf("got %+v\nwant %s", found, want)
			}
		})
	}
}

// TestSecretsAreRandom: what is refused in the end is still no answer that
// somebody could foresee.
func TestSecretsAreRandom(t *testing.T) {
	c := chartOf(t, `-- templates/a.yaml --
apiVersion: v1
kind: Secret
metadata: {name: a}
stringData: {a: {{ randAlphaNum 32 }}, b: {{ genPrivateKey "ed25519" | b64enc }}, c: {{ uuidv4 }}}
`)
	seen := map[string]bool{}
	for _, mode := range []string{"fail", "keep", "keep"} {
		rel := release(t, "")
		rel.Nondeterminism = mode
		r, found := render.Render(context.Background(), c, rel, render.Options{})
		if found.HasErrors() {
			t.Fatal(found)
		}
		for _, v := range r.Objects[0].Body()["stringData"].(map[string]any) {
			if seen[v.(string)] {
				t.Errorf("%v came twice", v)
			}
			seen[v.(string)] = true
		}
	}
}

func TestChoices(t *testing.T) {
	c := chartOf(t, `-- crds/a.yaml --
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: as.example.com}
-- templates/a.yaml --
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: bs.example.com}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: d, annotations: {helm.sh/hook: pre-install}}}
`)
	got := map[string][]string{}
	for _, crds := range []string{"include", "skip", "only"} {
		for _, hooks := range []string{"keep", "drop"} {
			rel := release(t, "")
			rel.CRDs, rel.Hooks = crds, hooks
			r, found := render.Render(context.Background(), c, rel, render.Options{Memo: manifest.NewMemo(1 << 20)})
			if found.HasErrors() {
				t.Fatal(found)
			}
			for _, o := range r.Objects {
				got[crds+" "+hooks] = append(got[crds+" "+hooks], o.ID.Name)
			}
		}
	}
	want := map[string][]string{
		"include keep": {"as.example.com", "bs.example.com", "c", "d"},
		"include drop": {"as.example.com", "bs.example.com", "c"},
		"skip keep":    {"c", "d"},
		"skip drop":    {"c"},
		"only keep":    {"as.example.com", "bs.example.com"},
		"only drop":    {"as.example.com", "bs.example.com"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReleaseIsPlainData(t *testing.T) {
	in := render.Release{Unstable: []render.Unstable{{ID: manifest.ID{Kind: "Secret", Name: "a"}, Path: "/data/a", Template: "templates/a.yaml", Line: 3}},
		Notes: []render.Note{{Summary: "s", Value: []string{"a"}, Source: &manifest.Source{File: "f", Line: 1}}}}
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var out render.Release
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(in.Notes, out.Notes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(in.Unstable, out.Unstable); diff != "" {
		t.Error(diff)
	}
}

// TestSensitiveValuesStayHidden: whatever a template says, and however it writes them.
func TestSensitiveValuesStayHidden(t *testing.T) {
	for template, want := range map[string]string{
		`{{ fail (printf "password %s is weak" .Values.password) }}`:                           "the chart says: password (sensitive) is weak",
		"kind: ConfigMap\napiVersion: v1\nmetadata: {name: d-{{ .Values.password | upper }}/}": "the template prints something that is no Kubernetes object",
		"kind: ConfigMap\napiVersion: v1\nmetadata: {name: d/{{ .Values.password | b64enc }}}": "the template prints something that is no Kubernetes object",
		`{{ fail (print "user:hunter2" | b64enc) }}`:                                           "the chart says: dXNlcjp(sensitive)",
		`{{ .Values.password.length }}`:                                                        "`.Values.password.length` fails: `length` is asked of a value without fields",
		"apiVersion: v1\nkind: Secret\ndata: {a: b\nb: {{ .Values.password }}: x":              "the template prints invalid YAML",
		"kind: ConfigMap\na: {{ .Values.password }}: x":                                        "the template prints invalid YAML",
	} {
		rel := release(t, "password: hunter2\n")
		node := *rel.Values
		node.Sensitive = true
		rel.Values = &node
		c := chartOf(t, "-- templates/a.yaml --\n"+template+"\n")
		_, found := render.Render(context.Background(), c, rel, render.Options{})
		text := show(c, render.Release{}, found)
		shows := strings.Contains(text, "hunter2") || strings.Contains(text, "HUNTER2") || strings.Contains(text, "aHVudGVyMg")
		if len(found) != 1 || found[0].Summary != want || shows {
			t.Errorf("%s:\n%s", template, text)
		}
	}
}

func TestValidate(t *testing.T) {
	c := chartOf(t, `-- values.schema.json --
{"properties": {"replicas": {"type": "integer"}}}
-- templates/a.yaml --
{{ fail "validation runs no template" }}
{{ .Values.replicas }}
`)
	got := show(c, render.Release{}, render.Validate(context.Background(), c, release(t, "replicas: two\nreplica: 1\n"), render.Options{}))
	want := "values/web.yaml:1:11: value `replicas` is refused by the chart's schema: got string, want integer" + `
  chart/values.schema.json:0: asked for at /properties/replicas/type of the chart's schema
values/web.yaml:2:10: value ` + "`replica` is read by no template of chart \"chart\"" + `
  Did you mean "replicas"?
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
