package manifest

import (
	"testing"
	"time"

	k8syaml "sigs.k8s.io/yaml"
)

// benchTree is a CRD-like object: deep, long descriptions, many short strings.
func benchTree() m {
	properties := m{}
	for _, name := range []string{"replicas", "image", "command", "resources", "affinity", "tolerations", "ports", "volumes"} {
		inner := m{}
		for _, field := range []string{"key", "operator", "values", "effect", "weight"} {
			inner[field] = m{
				"description": "A label query over a set of resources, in this case pods.\nIf it's null, this PodAffinityTerm matches with no Pods: see the documentation.",
				"type":        "string", "enum": l{"Exists", "DoesNotExist"}, "default": "80", "maximum": int64(65535),
			}
		}
		properties[name] = m{"description": name + " of the workload (optional)", "type": "object", "properties": inner, "required": l{"key"}, "x-kubernetes-map-type": "atomic"}
	}
	return m{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": m{"name": "webs.example.com"},
		"spec": m{"group": "example.com", "scope": "Namespaced", "versions": l{m{"name": "v1", "served": true, "storage": true, "schema": m{"openAPIV3Schema": m{"type": "object", "properties": properties}}}}},
	}
}

// BenchmarkEncode reports how many times as fast as sigs.k8s.io/yaml Encode is,
// measured in the same run.
func BenchmarkEncode(b *testing.B) {
	tree := benchTree()
	out := Encode(tree)
	b.SetBytes(int64(len(out)))
	b.ReportAllocs()
	buffer := make([]byte, 0, 2*len(out))
	start := time.Now()
	for b.Loop() {
		buffer = AppendEncode(buffer[:0], tree)
	}
	report(b, time.Since(start), func() { _, _ = k8syaml.Marshal(tree) })
}

// BenchmarkDecode does the same for Decode.
func BenchmarkDecode(b *testing.B) {
	data := Encode(benchTree())
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	start := time.Now()
	for b.Loop() {
		if _, err := Decode(data); err != nil {
			b.Fatal(err)
		}
	}
	report(b, time.Since(start), func() {
		var tree any
		_ = k8syaml.Unmarshal(data, &tree)
	})
}

func report(b *testing.B, took time.Duration, other func()) {
	start := time.Now()
	n := 0
	for time.Since(start) < 500*time.Millisecond {
		other()
		n++
	}
	b.ReportMetric(float64(time.Since(start))/float64(n)/(float64(took)/float64(b.N)), "x-sigs-yaml")
}
