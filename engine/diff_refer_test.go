package engine_test

import (
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// TestCauseReferences changes what expressions refer to that nobody touched.
func TestCauseReferences(t *testing.T) {
	was := map[string]string{
		"weir.hcl": `project "p" {}
variable "tag" {
  default = "1.0"
}
variable "loud" {
  default = false
}
variable "ports" {
  default = { api = 1, web = 2 }
}
locals {
  image = "r.io/c:${var.tag}"
  sizes = {
    a = { cpu = "1" }
  }
}
cluster "c" {
  kubernetes = "1.34"
  labels     = { zone = "z1" }
}
environment "dev" {
  clusters = ["c"]
  values   = { host = "dev.test", tags = ["x"] }
}
defaults {
  values = {
    zone = "in ${cluster.labels.zone}"
  }
}
release "app" {
  for_each = local.sizes
  chart    = "./app"
  values = {
    name  = release.name
    bare  = var.tag
    image = "${local.image}-x"
    both  = "${var.tag} on ${env.values.host}"
    level = var.loud ? "debug" : "info"
    url   = "https://${env.values.host}/"
    cpu   = "${each.value.cpu}00m"
    motd  = "motd: ${file("motd.txt")}"
    tags  = join(",", concat(["own"], env.values.tags))
    ports = [for name, port in var.ports : "${name}=${port}"]
    more = merge({ a = "a-${cluster.name}" }, {
      b = upper("${var.tag}b")
    })
  }
}
`,
		"motd.txt":        "hello",
		"app/Chart.yaml":  "apiVersion: v2\nname: app\nversion: 1.0.0\n",
		"app/values.yaml": "{}\n",
		"app/templates/all.yaml": `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
{{- range $key, $value := .Values }}
  {{ $key }}: {{ toJson $value | quote }}
{{- end }}
`,
	}
	edit := func(old, now string) map[string]string {
		if strings.Count(was["weir.hcl"], old) != 1 {
			t.Fatalf("%q is not there once", old)
		}
		return map[string]string{"weir.hcl": strings.Replace(was["weir.hcl"], old, now, 1)}
	}
	for _, c := range []struct {
		name string
		is   map[string]string // what is other
		want string
	}{
		{"a default, and a local on the way", edit(`"1.0"`, `"1.1"`), `data.bare: weir.hcl:3
data.both: weir.hcl:3
data.image: weir.hcl:3
data.more: weir.hcl:3
= 4: weir.hcl:3
`},
		{"a condition", edit("default = false", "default = true"), "data.level: weir.hcl:6\n= 1: weir.hcl:6\n"},
		{"a file of variables", map[string]string{"weir.vars.hcl": "loud = true\n"}, "data.level: weir.vars.hcl:1\n= 1: weir.vars.hcl:1\n"},
		{"a collection of for", edit("web = 2", "www = 2"), "data.ports: weir.hcl:9\n= 1: weir.hcl:9\n"},
		{"a local itself", edit("r.io/c:", "r.io/d:"), "data.image: weir.hcl:12\n= 1: weir.hcl:12\n"},
		{"an item of for_each", edit(`cpu = "1"`, `cpu = "2"`), "data.cpu: weir.hcl:14\n= 1: weir.hcl:14\n"},
		{"a label of the cluster", edit(`"z1"`, `"z2"`), "data.zone: weir.hcl:19\n= 1: weir.hcl:19\n"},
		{"values of the environment", edit(`"dev.test", tags = ["x"]`, `"test.dev", tags = ["x", "y"]`),
			"data.both: weir.hcl:23\ndata.tags: weir.hcl:23\ndata.url: weir.hcl:23\n= 3: weir.hcl:23\n"},
		{"a file", map[string]string{"motd.txt": "good day"}, "data.motd: motd.txt:0\n= 1: motd.txt:0\n"},
		{"the expression", edit("https://", "http://"), "data.url: weir.hcl:39\n= 1: weir.hcl:39\n"},
		{"two of what it refers to", map[string]string{"weir.hcl": strings.NewReplacer(`"1.0"`, `"1.1"`, "dev.test", "test.dev").Replace(was["weir.hcl"])}, `data.bare: weir.hcl:3
data.both: weir.hcl:3 +1
data.image: weir.hcl:3
data.more: weir.hcl:3
data.url: weir.hcl:23
= 3: weir.hcl:3
= 1: weir.hcl:3 +1
= 1: weir.hcl:23
`},
		{"lines above", map[string]string{"weir.hcl": "\n\n" + edit(`"1.0"`, `"1.1"`)["weir.hcl"]}, `data.bare: weir.hcl:5
data.both: weir.hcl:5
data.image: weir.hcl:5
data.more: weir.hcl:5
= 4: weir.hcl:5
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := project(t, was)
			git(t, dir, "init", "-q", "-b", "main")
			git(t, dir, "add", ".")
			git(t, dir, "commit", "-q", "-m", "before")
			write(t, dir, c.is)
			r, found, err := engine.Diff(t.Context(), hydrating(t, dir), engine.DiffOptions{Base: "HEAD", Now: time.Unix(1700000000, 0), Load: func(files fs.FS) (*schema.Project, diag.List) {
				return schema.Load(schema.Options{FS: files})
			}})
			if err != nil || len(found) > 0 {
				t.Fatal(err, text(found))
			}
			if d := cmp.Diff(c.want, causes(t, r)); d != "" {
				t.Errorf("causes (-want +got):\n%s", d)
			}
		})
	}
}
