package schema

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkReleases evaluates 1,000 releases for 5 environments, each with 20
// leaves of values in HCL and a values file of its own.
func BenchmarkReleases(b *testing.B) {
	const releases, environments = 1000, 5
	var weir strings.Builder
	weir.WriteString("project \"bench\" {}\nlocals {\n  domain = \"shop.example\"\n}\nvariable \"tag\" {\n  default = \"1.0\"\n}\n")
	fmt.Fprintf(&weir, "cluster \"one\" {\n  kubernetes = \"1.34\"\n}\n")
	for e := range environments {
		fmt.Fprintf(&weir, "environment \"e-%d\" {\n  clusters = [\"one\"]\n  values = { replicas = %d, domain = \"e-%d.${local.domain}\" }\n}\n", e, e, e)
	}
	weir.WriteString("defaults {\n  labels = { team = \"a\" }\n}\n")
	dir := ""
	for r := range releases {
		fmt.Fprintf(&weir, `release "r-%d" {
  chart        = "./charts/app"
  namespace    = "ns-${env.name}"
  values_files = ["values/r-%d.yaml"]
  values = {
    replicaCount = env.values.replicas
    image        = { repository = "registry.example/r", tag = var.tag, pullPolicy = "Always" }
    ingress      = { enabled = true, className = "nginx", hosts = [{ host = "r-%d.${env.values.domain}", paths = ["/", "/api"] }] }
    resources    = { requests = { cpu = "100m", memory = "64Mi" }, limits = { memory = "128Mi" } }
    service      = { type = "ClusterIP", port = 80 + 1 }
    labels       = { team = "a", tier = "web", env = env.name }
    probe        = env.name == "e-1" ? { path = "/", port = 80 } : {}
    debug        = false
  }
  environment "e-1" {
    values = { debug = true }
  }
}
`, r, r, r)
	}
	dir = project(b, weir.String())
	for r := range releases {
		write(b, dir, fmt.Sprintf("values/r-%d.yaml", r), "a: 1\nb:\n  c: x\n  d: [1, 2, 3]\ne: true\n")
	}
	b.ReportAllocs()
	for b.Loop() {
		p, list := Load(Options{Dir: dir})
		list = append(list, everything(p)...)
		if len(list) > 0 {
			b.Fatal(list[0])
		}
	}
}

// BenchmarkLoad is the part of BenchmarkReleases before any target.
func BenchmarkLoad(b *testing.B) {
	var weir strings.Builder
	weir.WriteString("project \"bench\" {}\n")
	for r := range 1000 {
		fmt.Fprintf(&weir, "release \"r-%d\" {\n  chart = \"./charts/app\"\n  values = { a = 1, b = { c = \"x\", d = [1, 2, 3] }, e = env.name }\n}\n", r)
	}
	dir := project(b, weir.String())
	b.ReportAllocs()
	for b.Loop() {
		if _, list := Load(Options{Dir: dir}); len(list) > 0 {
			b.Fatal(list[0])
		}
	}
}
