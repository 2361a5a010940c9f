package risk

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weir-dev/weir/engine/diff"
)

// BenchmarkCheck judges a release of 5,000 objects that all change.
func BenchmarkCheck(b *testing.B) {
	many := func(tag string) *diff.Version {
		var all strings.Builder
		for i := range 2500 {
			fmt.Fprintf(&all, `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web-%[1]d, namespace: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web-%[1]d}}
  template:
    metadata: {labels: {app: web-%[1]d}}
    spec:
      containers:
      - name: web
        image: registry.example/web:%[2]s
        envFrom: [{configMapRef: {name: web-%[1]d}}]
        resources: {limits: {memory: 1Gi}, requests: {cpu: 100m}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web-%[1]d, namespace: web}
data: {tag: "%[2]s"}
`, i, tag)
		}
		return versionOfTest(b, tag, all.String())
	}
	r := diff.Compare(diff.Pair{Cluster: "c", Environment: "e", Release: "r", Before: many("1.4.0"), After: many("2.0.0")})
	b.ReportAllocs()
	for b.Loop() {
		if hits := Check(Cluster{Name: "c", Releases: []diff.Release{r}}); len(hits) != 2501 {
			b.Fatalf("%d hits", len(hits))
		}
	}
}
