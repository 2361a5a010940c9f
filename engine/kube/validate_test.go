package kube

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// decode reads YAML into a tree as engine/manifest makes them.
func decode(t testing.TB, text string) map[string]any {
	t.Helper()
	var tree map[string]any
	if err := yaml.Unmarshal([]byte(text), &tree); err != nil {
		t.Fatal(err)
	}
	return jsonTypes(tree).(map[string]any)
}

func jsonTypes(v any) any {
	switch v := v.(type) {
	case int:
		return int64(v)
	case map[string]any:
		for key := range v {
			v[key] = jsonTypes(v[key])
		}
	case []any:
		for i := range v {
			v[i] = jsonTypes(v[i])
		}
	}
	return v
}

func lists(found []Invalid) string {
	var b strings.Builder
	for _, f := range found {
		fmt.Fprintf(&b, "%s %s: %s\n", f.Wrong, f.Place, f.Reason)
	}
	return b.String()
}

func TestValidate(t *testing.T) {
	for _, c := range []struct{ name, minor, object, want string }{
		{"unknown", "1.34", `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, lables: {}}
spec:
  selector: {}
  template:
    spec:
      contaniers: []
      containers: [{name: web, nonsense: 1}]
  replicaCount: 3`, `unknown metadata.lables: unknown field "metadata.lables": did you mean "labels"?
unknown spec.replicaCount: unknown field "spec.replicaCount"
unknown spec.template.spec.containers[0].nonsense: unknown field "spec.template.spec.containers[0].nonsense"
unknown spec.template.spec.contaniers: unknown field "spec.template.spec.contaniers": did you mean "containers"?
`},
		{"of another minor", "1.25", `
apiVersion: v1
kind: Pod
metadata: {clusterName: a}
spec: {resourceClaims: [], containers: [{name: web}]}`, `unknown metadata.clusterName: unknown field "metadata.clusterName": it was removed in Kubernetes 1.25
unknown spec.resourceClaims: unknown field "spec.resourceClaims": it comes with Kubernetes 1.26
`},
		{"types", "1.34", `
apiVersion: apps/v1
kind: Deployment
metadata: {annotations: {a.b/c: true, d: 1}, labels: [a]}
spec:
  replicas: "3"
  paused: "no"
  revisionHistoryLimit: 1.5
  minReadySeconds: 5000000000
  selector: {matchLabels: {app: web}}
  template: web
  strategy: {rollingUpdate: {maxSurge: true, maxUnavailable: 0.5}}`, `type metadata.annotations["a.b/c"]: metadata.annotations["a.b/c"] is a boolean, and must be a string
type metadata.annotations.d: metadata.annotations.d is an integer, and must be a string
type metadata.labels: metadata.labels is a list, and must be a map
value spec.minReadySeconds: spec.minReadySeconds does not fit into 32 bits
type spec.paused: spec.paused is a string, and must be a boolean
type spec.replicas: spec.replicas is a string, and must be an integer
type spec.revisionHistoryLimit: spec.revisionHistoryLimit is a number, and must be an integer
type spec.strategy.rollingUpdate.maxSurge: spec.strategy.rollingUpdate.maxSurge is a boolean, and must be an integer or a string
type spec.strategy.rollingUpdate.maxUnavailable: spec.strategy.rollingUpdate.maxUnavailable is a number, and must be an integer or a string
type spec.template: spec.template is a string, and must be a map
`},
		{"values", "1.34", `
apiVersion: v1
kind: Pod
metadata: {creationTimestamp: yesterday}
spec:
  containers:
  - name: web
    resources: {limits: {cpu: "", memory: 1GB}, requests: {cpu: true}}
    env: [{name: A, value: 1}]`, `value metadata.creationTimestamp: metadata.creationTimestamp is not a time as in 2006-01-02T15:04:05Z
type spec.containers[0].env[0].value: spec.containers[0].env[0].value is an integer, and must be a string
value spec.containers[0].resources.limits.cpu: spec.containers[0].resources.limits.cpu is not a quantity as in 500m or 1Gi
value spec.containers[0].resources.limits.memory: spec.containers[0].resources.limits.memory is not a quantity as in 500m or 1Gi
type spec.containers[0].resources.requests.cpu: spec.containers[0].resources.requests.cpu is a boolean, and must be a quantity, a number or a string as in 500m or 1Gi
`},
		{"a secret keeps its values", "1.34", `
apiVersion: v1
kind: Secret
metadata: {name: s}
data: {password: hunter2}
stringData: {pin: 1234}`, `value data.password: data.password is not base64
type stringData.pin: stringData.pin is an integer, and must be a string
`},
		{"missing", "1.34", `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec: {selector: null, template: {spec: {containers: [{image: db, ports: [{name: db}]}]}}}`, `missing spec.selector: spec.selector is missing
missing spec.template.spec.containers[0].name: spec.template.spec.containers[0].name is missing
missing spec.template.spec.containers[0].ports[0].containerPort: spec.template.spec.containers[0].ports[0].containerPort is missing
`},
		{"required for the OpenAPI file only", "1.30", `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec: {selector: {}, template: {spec: {containers: [{name: db}]}}}`, ""},
		{"null is nothing", "1.34", `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, creationTimestamp: null, labels: null}
spec: {replicas: null, strategy: null, selector: {matchLabels: {app: null}}, template: {metadata: {creationTimestamp: null}, spec: {containers: [{name: web, env: [null], args: [null]}]}}}
status: {conditions: [{}]}`, ""},
		{"floats that are integers", "1.34", "{apiVersion: apps/v1, kind: Deployment, spec: {replicas: 3.0, selector: {}, template: {spec: {containers: [{name: a}]}}}}", ""},
		{"a kind that comes later", "1.20", "{apiVersion: batch/v1, kind: CronJob, nonsense: 1}", ""},
		{"a kind of somebody else", "1.34", "{apiVersion: example.com/v1, kind: Web, nonsense: 1}", ""},
		{"an old kind", "1.15", "{apiVersion: extensions/v1beta1, kind: Deployment, nonsense: 1, spec: {template: {spec: {containers: []}}}}", `unknown nonsense: unknown field "nonsense"
`},
		{"no kind", "1.34", "{apiVersion: v1, kind: 5}", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			table, err := For(c.minor)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, lists(table.Validate(decode(t, c.object)))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestSchemas reads every minor: each has a schema for every kind that the table
// says it serves, and for no other.
func TestSchemas(t *testing.T) {
	d := read()
	for minor := d.oldest; minor <= d.newest; minor++ {
		got, err := parseSchemas(schemasText, minor)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]bool{}
		for gk, k := range d.kinds {
			for version, spans := range k.served {
				if has(spans, minor) {
					want[join(gk.group, version)+" "+gk.kind] = true
				}
			}
		}
		have := map[string]bool{}
		for kind, s := range got {
			have[kind] = len(s.fields) > 2 && s.fields["metadata"].name == "meta/v1.ObjectMeta"
		}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("1.%d: kinds with schemas (-table +schemas):\n%s", minor, diff)
		}
	}
}

func TestSchemasThatAreNone(t *testing.T) {
	for _, text := range []string{"a", "a/v1.B x-2\n", "a/v1.B 34\n c gone\n", "a/v1.B 34\n c .D\n", "a/v1.B 34\n c []{}gone\n", "a/v1.B 34\n c string x\n"} {
		if got, err := parseSchemas(text, 34); err == nil {
			t.Errorf("%q gives %v, and no error", text, got)
		}
	}
}

func BenchmarkFirstUse(b *testing.B) {
	for b.Loop() {
		if _, err := parseSchemas(schemasText, 37); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkValidate(b *testing.B) {
	table, err := For("1.34")
	if err != nil {
		b.Fatal(err)
	}
	object := decode(b, `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: nginx
        ports: [{containerPort: 80, name: http}]
        env: [{name: A, value: b}, {name: B, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
        resources: {limits: {cpu: 500m, memory: 1Gi}}
        livenessProbe: {httpGet: {path: /, port: http}}`)
	b.ReportAllocs()
	for b.Loop() {
		if found := table.Validate(object); found != nil {
			b.Fatal(found)
		}
	}
}

func TestValidateMetadata(t *testing.T) {
	table, err := For("1.34")
	if err != nil {
		t.Fatal(err)
	}
	object := decode(t, "{apiVersion: example.com/v1, kind: Web, metadata: {annotations: {a: true}, more: 1, labels: {a: b}}, spec: 1}")
	want := "type metadata.annotations.a: metadata.annotations.a is a boolean, and must be a string\n"
	if diff := cmp.Diff(want, lists(table.Validate(object))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
