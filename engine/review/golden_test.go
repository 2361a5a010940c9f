package review

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/risk"
	"github.com/weir-dev/weir/schema/diag"
)

var update = flag.Bool("update", false, "rewrite the golden reviews")

// versionOf makes one side of a release out of YAML documents.
func versionOf(t testing.TB, chart, version string, documents ...string) *diff.Version {
	t.Helper()
	v := &diff.Version{Kubernetes: "1.33.0", Namespace: "shop"}
	if chart != "" {
		v.Chart = diff.Chart{Name: chart, Version: version, Source: "oci://charts.example.com/" + chart}
	}
	var objects []manifest.Object
	for _, document := range documents {
		for _, text := range strings.Split(document, "\n---\n") {
			tree, err := manifest.Decode([]byte(text))
			if err != nil {
				t.Fatalf("%v in\n%s", err, text)
			}
			o, err := manifest.New(tree.(map[string]any), manifest.Source{})
			if err != nil {
				t.Fatal(err)
			}
			objects = append(objects, o)
		}
	}
	v.Objects, _ = manifest.NewSet(objects)
	return v
}

// fill executes a template of YAML: "name=web", "image=…".
func fill(t testing.TB, text string, values ...string) string {
	t.Helper()
	data := map[string]string{}
	for _, v := range values {
		key, value, _ := strings.Cut(v, "=")
		data[key] = value
	}
	var b strings.Builder
	if err := template.Must(template.New("").Parse(strings.TrimLeft(text, "\n"))).Execute(&b, data); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// world is the releases of a golden review.
type world struct {
	t        testing.TB
	targets  []Target
	releases []diff.Release
	waived   map[string]string // rule -> reason
}

func (w *world) target(environment, cluster string) {
	w.targets = append(w.targets, Target{Cluster: cluster, Environment: environment})
}

// change compares a release on a target.
func (w *world) change(target int, name string, before, after *diff.Version, causes ...diff.Cause) {
	r := diff.Compare(diff.Pair{Cluster: w.targets[target].Cluster, Environment: w.targets[target].Environment, Release: name, Before: before, After: after})
	fields := 0
	for _, c := range r.Changes {
		fields += weight(c.Status, c.Fields)
	}
	causes = slices.Clone(causes)
	for i := range causes {
		if causes[i].Fields == 0 { // what is left
			causes[i].Fields = fields
		}
		fields -= causes[i].Fields
	}
	r.Causes = causes
	w.releases = append(w.releases, r)
}

func (w *world) review() Review {
	in := Input{
		Project: "shop",
		Base:    Point{Kind: State},
		Head:    Point{Kind: Revision, Ref: "main", Commit: "9f1c2d3e4a5b60718293a4b5c6d7e8f901234567"},
		Command: "weir diff --head main",
		Targets: w.targets,
	}
	for _, target := range w.targets {
		c := risk.Cluster{Name: target.Cluster}
		for _, r := range w.releases {
			if r.Cluster == target.Cluster && r.Environment == target.Environment {
				c.Releases = append(c.Releases, r)
			}
		}
		in.Hits = append(in.Hits, risk.Check(c)...)
	}
	for i := range in.Hits {
		if reason := w.waived[in.Hits[i].Rule]; reason != "" {
			in.Hits[i].Waived = &risk.Waiver{Reason: reason, Until: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC), Range: diag.Range{File: "weir.hcl", Start: diag.Pos{Line: 12}}}
		}
	}
	for _, r := range w.releases {
		in.Restarts = append(in.Restarts, risk.Restarts(r)...)
		in.Images = append(in.Images, Images{r.Cluster, r.Environment, r.Release, risk.Images([]diff.Release{r})[0]})
		in.Releases = append(in.Releases, diff.Mask(r, nil))
	}
	return Make(in)
}

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata:
  labels:
    app.kubernetes.io/name: {{.name}}
    {{with .chart}}helm.sh/chart: {{.}}{{end}}
  name: {{.name}}
  namespace: {{or .namespace "shop"}}
spec:
  replicas: {{or .replicas 3}}
  selector:
    matchLabels:
      app: {{.name}}
  template:
    metadata:
      {{with .checksum}}annotations:
        checksum/config: {{.}}{{end}}
      labels:
        app: {{.name}}
        {{with .chart}}helm.sh/chart: {{.}}{{end}}
    spec:
      containers:
      - env:
        - name: LOG_LEVEL
          value: {{or .log "info"}}
        image: {{or .image "ghcr.io/acme/web:1.8.2"}}
        name: {{.name}}
        resources:
          limits:
            memory: {{or .memory "256Mi"}}
`

const configMap = `
apiVersion: v1
data:
  app.yaml: |
    log:
      level: {{or .log "info"}}
      format: json
    server:
      port: 8080
      timeout: 30s
kind: ConfigMap
metadata:
  labels:
    app.kubernetes.io/part-of: shop
    {{with .chart}}helm.sh/chart: {{.}}{{end}}
  name: {{.name}}
  namespace: {{or .namespace "shop"}}
`

const statefulSet = `
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{.name}}
  namespace: {{or .namespace "shop"}}
spec:
  replicas: 3
  selector:
    matchLabels:
      app: {{.name}}
  serviceName: {{.name}}
  template:
    metadata:
      labels:
        app: {{.name}}
    spec:
      containers:
      - image: {{or .image "redis:7.2.4"}}
        name: {{.name}}
  volumeClaimTemplates:
  - metadata:
      labels:
        helm.sh/chart: {{.chart}}
      name: data
    spec:
      accessModes:
      - ReadWriteOnce
      resources:
        requests:
          storage: 10Gi
`

const claim = `
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {{.name}}
  namespace: {{or .namespace "shop"}}
spec:
  accessModes:
  - ReadWriteOnce
  resources:
    requests:
      storage: 40Gi
`

const secret = `
apiVersion: v1
data:
  password: {{.password}}
  user: YWRtaW4=
kind: Secret
metadata:
  name: {{.name}}
  namespace: {{or .namespace "shop"}}
`

const crd = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.example.com
spec:
  group: example.com
  names:
    kind: Widget
    plural: widgets
  scope: Namespaced
  versions:
{{if .old}}  - name: v1alpha1
    schema:
      openAPIV3Schema:
        type: object
    served: true
    storage: false
{{end}}  - name: v1
    schema:
      openAPIV3Schema:
        description: {{.description}}
        properties:
          spec:
            properties:
              size:
                description: How big it is.
                {{with .maximum}}maximum: {{.}}{{end}}
                type: integer
            type: object
        type: object
    served: true
    storage: true
`

const networkPolicy = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{.name}}
  namespace: {{or .namespace "shop"}}
spec:
  podSelector:
    matchLabels:
      app: {{.name}}
  policyTypes:
  - Ingress
`

const namespaceOf = `
apiVersion: v1
kind: Namespace
metadata:
  name: {{.name}}
`

func TestGolden(t *testing.T) {
	byChart := func(from, to string) diff.Cause { return diff.Cause{Kind: diff.ByChart, From: from, To: to} }
	byValues := func(file string, line, fields int) diff.Cause {
		return diff.Cause{Kind: diff.ByValues, Fields: fields, Place: diag.Range{File: file, Start: diag.Pos{Line: line}, End: diag.Pos{Line: line}}}
	}
	three := func(w *world) {
		w.target("production", "prod-eu")
		w.target("production", "prod-us")
		w.target("staging", "stage")
	}
	worlds := map[string]func(t *testing.T, w *world){
		"nothing": func(t *testing.T, w *world) { three(w) },
		"chart-label-noise": func(t *testing.T, w *world) {
			three(w)
			of := func(version string) *diff.Version {
				var documents []string
				for i := range 40 {
					documents = append(documents, fill(t, configMap, fmt.Sprintf("name=ingress-%02d", i), "chart=ingress-nginx-"+version))
				}
				return versionOf(t, "ingress-nginx", version, documents...)
			}
			for target := range w.targets {
				w.change(target, "ingress", of("4.10.1"), of("4.11.0"), byChart("4.10.1", "4.11.0"))
			}
		},
		"image-bump": func(t *testing.T, w *world) {
			three(w)
			of := func(image string) *diff.Version {
				return versionOf(t, "", "", fill(t, deployment, "name=web", "image=ghcr.io/acme/web:"+image), fill(t, configMap, "name=web"))
			}
			for target := range w.targets {
				w.change(target, "web", of("1.8.2"), of("1.9.0"), byValues("values/web.yaml", 14, 0))
			}
		},
		"crd": func(t *testing.T, w *world) {
			w.target("production", "prod-eu")
			w.change(0, "widgets",
				versionOf(t, "widgets", "1.4.0", fill(t, crd, "old=yes", "description=A widget.")),
				versionOf(t, "widgets", "2.0.0", fill(t, crd, "description=A widget that spins.", "maximum=10")), byChart("1.4.0", "2.0.0"))
		},
		"rename": func(t *testing.T, w *world) {
			w.target("production", "prod-eu")
			w.change(0, "web",
				versionOf(t, "", "", fill(t, configMap, "name=web-config-8g7h2k4t9m"), fill(t, deployment, "name=web"), fill(t, claim, "name=data")),
				versionOf(t, "", "", fill(t, configMap, "name=web-config-b5f4c7d2mh", "log=debug"), fill(t, deployment, "name=web"), fill(t, claim, "name=files")))
		},
		"removed-release": func(t *testing.T, w *world) {
			three(w)
			var documents []string
			for i := range 5 {
				documents = append(documents, fill(t, configMap, fmt.Sprintf("name=cache-%d", i)))
			}
			documents = append(documents, fill(t, claim, "name=old-cache"), fill(t, statefulSet, "name=cache", "chart=redis-19.0.0"))
			for target := range 2 {
				w.change(target, "cache", versionOf(t, "redis", "19.0.0", documents...), nil)
			}
		},
		"one-of-thirty": func(t *testing.T, w *world) {
			for i := range 30 {
				w.target("edge", fmt.Sprintf("edge-%02d", i+1))
			}
			w.change(6, "agent",
				versionOf(t, "", "", fill(t, deployment, "name=agent", "replicas=4")),
				versionOf(t, "", "", fill(t, deployment, "name=agent", "replicas=1")), byValues("clusters/edge-07.yaml", 3, 0))
		},
		"namespaces": func(t *testing.T, w *world) {
			w.target("dev", "nonprod")
			w.target("production", "prod-eu")
			w.target("production", "prod-us")
			w.target("staging", "nonprod")
			for i, namespace := range []string{"shop-dev", "shop", "shop", "shop-staging"} {
				of := func(name, image string, more ...string) *diff.Version {
					replicas := "1"
					if namespace == "shop" {
						replicas = "3"
						more = append(more, networkPolicy)
					}
					documents := []string{fill(t, deployment, "name="+name, "namespace="+namespace, "image=ghcr.io/acme/"+name+":"+image, "replicas="+replicas, "chart=app-"+image)}
					for _, text := range append(more, configMap) {
						documents = append(documents, fill(t, text, "name="+name, "namespace="+namespace, "chart=app-"+image))
					}
					v := versionOf(t, "", "", documents...)
					v.Namespace = namespace
					return v
				}
				w.change(i, "orders", of("orders", "1.8.2"), of("orders", "1.9.0", claim), byValues("weir.hcl", 12, 0))
				w.change(i, "catalog", of("catalog", "1.8.2", claim), nil)
				w.change(i, "catalogue", nil, of("catalogue", "1.8.2"))
				w.releases[len(w.releases)-2].Undeclared = true
			}
			w.change(0, "_namespaces", nil, versionOf(t, "", "", fill(t, namespaceOf, "name=shop-dev")))
		},
		"alike": func(t *testing.T, w *world) {
			w.target("production", "prod-eu")
			of := func(port int) *diff.Version {
				hosts := "apiVersion: example.com/v1\nkind: Routes\nmetadata: {name: all, namespace: shop}\nspec:\n  hosts:\n"
				var documents []string
				for i := range 60 {
					hosts += fmt.Sprintf("  - {name: host-%03d, url: \"http://host-%03d:%d\"}\n", i, i, port)
					documents = append(documents, fill(t, configMap, fmt.Sprintf("name=tenant-%c%c", 'a'+i/26, 'a'+i%26), fmt.Sprintf("log=%d", port+i)))
				}
				return versionOf(t, "", "", append(documents, hosts+"  other: "+fmt.Sprint(port))...)
			}
			w.change(0, "routes", of(8080), of(9090))
		},
		"five-thousand": func(t *testing.T, w *world) {
			w.target("production", "prod-eu")
			w.target("production", "prod-us")
			of := func(version, log string) *diff.Version {
				var documents []string
				for i := range 2500 {
					documents = append(documents, fill(t, configMap, fmt.Sprintf("name=tenant-%04d", i), "chart=tenants-"+version))
				}
				for i := range 1250 {
					documents = append(documents, fill(t, deployment, fmt.Sprintf("name=tenant-%04d", i), "chart=tenants-"+version, "log="+log))
				}
				if version == "1.0.0" {
					for i := range 1250 {
						documents = append(documents, fill(t, claim, fmt.Sprintf("name=tenant-%04d", i)))
					}
				}
				return versionOf(t, "tenants", version, documents...)
			}
			before, after := of("1.0.0", "info"), of("1.1.0", "debug")
			for target := range w.targets {
				w.change(target, "tenants", before, after)
			}
		},
		"everything": func(t *testing.T, w *world) {
			three(w)
			w.waived = map[string]string{"image/mutable-tag": "the vendor publishes nothing else"}
			web := func(chart, image, replicas, log, password string) *diff.Version {
				return versionOf(t, "web", chart,
					fill(t, deployment, "name=api", "image=ghcr.io/acme/api:"+image, "replicas="+replicas, "chart=web-"+chart, "log="+log),
					fill(t, deployment, "name=worker", "chart=web-"+chart, "checksum="+log),
					fill(t, configMap, "name=app-config", "log="+log, "chart=web-"+chart),
					fill(t, secret, "name=db", "password="+password))
			}
			data := func(version string, image string, more ...string) *diff.Version {
				return versionOf(t, "redis", version, append(more, fill(t, statefulSet, "name=cache", "chart=redis-"+version, "image="+image))...)
			}
			for target := range w.targets {
				replicas := "3"
				if target == 2 {
					replicas = "1"
				}
				w.change(target, "web", web("2.0.0", "1.8.2", "3", "info", "czNjcjN0"), web("2.1.0", "1.9.0", replicas, "debug", "czNjcjN0Mg=="),
					byValues("values/prod.yaml", 14, 2), byChart("2.0.0", "2.1.0"))
			}
			w.change(0, "data", data("19.0.0", "redis:7.2.4", fill(t, claim, "name=old-cache")), data("19.1.0", "redis:latest"), byChart("19.0.0", "19.1.0"))
			w.change(1, "data", data("19.0.0", "redis:7.2.4"), data("19.1.0", "redis:latest"), byChart("19.0.0", "19.1.0"))
			w.change(2, "metrics", nil, versionOf(t, "metrics", "0.1.0", fill(t, deployment, "name=metrics"), fill(t, configMap, "name=metrics")))
		},
	}
	for name, build := range worlds {
		t.Run(name, func(t *testing.T) {
			w := &world{t: t}
			build(t, w)
			r := w.review()
			document, err := json.MarshalIndent(r, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".md", r.Markdown(MarkdownOptions{Report: "review.html"}))
			golden(t, name+".txt", r.Terminal(TerminalOptions{}))
			if name != "five-thousand" && name != "alike" {
				golden(t, name+".full.txt", r.Terminal(TerminalOptions{Full: true}))
				golden(t, name+".json", append(document, '\n'))
			}
			if name == "everything" {
				sarif, err := r.SARIF(SARIFOptions{Version: "1.2.3", Root: "deploy"})
				if err != nil {
					t.Fatal(err)
				}
				golden(t, name+".sarif", sarif)
				junit, err := r.JUnit(JUnitOptions{Root: "deploy"})
				if err != nil {
					t.Fatal(err)
				}
				golden(t, name+".xml", junit)
			}
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("%s (-want +got):\n%s", file, cmp.Diff(string(want), string(got)))
	}
}
