package diff

import (
	"bytes"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/weir-dev/weir/engine/manifest"
)

// largeRelease is the YAML of n objects as charts write them; every hundredth
// one has another image, replicas or text in each revision.
func largeRelease(n, revision int) []byte {
	var b bytes.Buffer
	for i := range n {
		version := 0
		if i%100 == 0 {
			version = revision
		}
		name := fmt.Sprintf("app-%05d", i)
		labels := "{app.kubernetes.io/name: " + name + ", app.kubernetes.io/managed-by: Helm, helm.sh/chart: app-1.2.3, app.kubernetes.io/instance: web}"
		b.WriteString("---\n")
		switch i % 4 {
		case 0, 1:
			fmt.Fprintf(&b, `apiVersion: apps/v1
kind: Deployment
metadata: {name: %[1]s, namespace: web, labels: %[2]s}
spec:
  replicas: %[4]d
  selector: {matchLabels: {app.kubernetes.io/name: %[1]s}}
  template:
    metadata: {labels: %[2]s}
    spec:
      containers:
      - name: app
        image: registry.example.com/team/app:1.%[3]d.0
        args: [--listen=:8080, --log=info, serve]
        env:
        - {name: A, value: "1"}
        - {name: B, value: "2"}
        - {name: C, valueFrom: {secretKeyRef: {name: %[1]s, key: c}}}
        ports: [{containerPort: 8080, name: http, protocol: TCP}, {containerPort: 9090, name: metrics, protocol: TCP}]
        resources: {limits: {memory: 1Gi}, requests: {cpu: 100m, memory: 512Mi}}
        readinessProbe: {httpGet: {path: /ready, port: http}, periodSeconds: 10}
        volumeMounts: [{name: config, mountPath: /etc/app}]
      volumes: [{name: config, configMap: {name: %[1]s}}]
`, name, labels, version, 2+version)
		case 2:
			fmt.Fprintf(&b, "apiVersion: v1\nkind: Service\nmetadata: {name: %s, namespace: web, labels: %s}\nspec:\n  selector: {app.kubernetes.io/name: %s}\n  ports: [{name: http, port: %d, targetPort: http}]\n", name, labels, name, 80+version)
		default:
			fmt.Fprintf(&b, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: web, labels: %s}\ndata:\n  app.yaml: |\n    server: {port: 8080}\n    log: {level: info, revision: %d}\n    upstreams:\n    - {name: a, url: 'https://a.example.com'}\n    - {name: b, url: 'https://b.example.com'}\n", name, labels, version)
		}
	}
	return b.Bytes()
}

func readSet(b *testing.B, text []byte) manifest.Set {
	documents, failed := manifest.Read(text)
	if len(failed) > 0 {
		b.Fatal(failed[0])
	}
	objects := make([]manifest.Object, len(documents))
	for i, d := range documents {
		var err error
		if objects[i], err = manifest.New(d.Tree.(map[string]any), manifest.Source{}); err != nil {
			b.Fatal(err)
		}
	}
	set, _ := manifest.NewSet(objects)
	return set
}

// canonical is a set as a state repository has it.
func canonical(set manifest.Set) []byte {
	var text bytes.Buffer
	for o := range set.All() {
		text.WriteString("---\n")
		text.Write(o.Bytes())
	}
	return text.Bytes()
}

// BenchmarkCompare compares two sets of 10,000 objects with 1 % changed. x-read
// is how many times as long as reading the two takes it takes with the reading:
// at most 2 is promised.
func BenchmarkCompare(b *testing.B) {
	const objects = 10000
	before, after := canonical(readSet(b, largeRelease(objects, 0))), canonical(readSet(b, largeRelease(objects, 1)))
	builtIn()
	var reading, comparing time.Duration
	changes := 0
	for b.Loop() {
		start := time.Now()
		p := Pair{Before: &Version{Objects: readSet(b, before)}, After: &Version{Objects: readSet(b, after)}}
		read := time.Now()
		changes = len(Compare(p).Changes)
		reading += read.Sub(start)
		comparing += time.Since(read)
	}
	if changes != objects/100 {
		b.Fatal(strconv.Itoa(changes) + " changes")
	}
	b.ReportMetric(float64(reading+comparing)/float64(reading), "x-read")
	b.ReportMetric(float64(comparing.Milliseconds())/float64(b.N), "ms-compare")
}

// BenchmarkAllChanged compares sets in which every object changed.
func BenchmarkAllChanged(b *testing.B) {
	before := readSet(b, largeRelease(10000, 0))
	after := readSet(b, bytes.ReplaceAll(largeRelease(10000, 0), []byte("app-1.2.3"), []byte("app-1.2.4")))
	for b.Loop() {
		if r := Compare(Pair{Before: &Version{Objects: before}, After: &Version{Objects: after}}); len(r.Changes) != 10000 {
			b.Fatal(len(r.Changes))
		}
	}
}

// BenchmarkTable reads the table of lists, which happens once.
func BenchmarkTable(b *testing.B) {
	for b.Loop() {
		parseShapes(listsText)
	}
}
