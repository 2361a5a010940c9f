package engine_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine"
	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// TestCauseAttributes changes what else is said of a release: which attribute, and
// where it is set, in the release, in the defaults or in the environment.
func TestCauseAttributes(t *testing.T) {
	was := map[string]string{
		"weir.hcl": `project "p" {}
variable "team" {
  default = "a"
}
cluster "c" {
  kubernetes = "1.34"
}
environment "dev" {
  clusters  = ["c"]
  namespace = "one"
}
defaults {
  hooks = "keep"
  kustomize {
    labels = { team = var.team, tier = "web" }
  }
}
release "app" {
  manifests = ["app.yaml"]
  kustomize {
    annotations = { patched = "no" }
    image "r.io/c" {
      new_tag = "1"
    }
    replicas = { app = 1 }
    patch {
      target = { kind = "Deployment" }
      patch  = "[{op: add, path: /spec/paused, value: true}]"
    }
  }
}
`,
		"app.yaml": `apiVersion: apps/v1
kind: Deployment
metadata:
  name: app
spec:
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec: {containers: [{name: c, image: r.io/c:0, envFrom: [{configMapRef: {name: app}}]}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: app, annotations: {helm.sh/hook: pre-install}}
`,
	}
	for _, c := range []struct{ name, old, now, want string }{
		{"the environment's namespace", `"one"`, `"two"`, "namespace: weir.hcl:10"},
		{"a namespace in the defaults", `hooks = "keep"`, `namespace = "two"`, "namespace: weir.hcl:13"},
		{"a namespace in the release", "manifests =", "namespace = \"two\"\n  manifests =", "namespace: weir.hcl:19"},
		{"an attribute that comes", "manifests =", "restart_on_config_change = true\n  manifests =", "restart_on_config_change: weir.hcl:19"},
		{"hooks in the defaults", `"keep"`, `"drop"`, "hooks: weir.hcl:13"},
		{"an annotation of kustomize", `"no"`, `"yes"`, "kustomize: weir.hcl:21"},
		{"what a label of kustomize refers to", `"a"`, `"b"`, "kustomize: weir.hcl:3"},
		{"an image", `new_tag = "1"`, `new_tag = "2"`, "kustomize: weir.hcl:22"},
		{"replicas", "app = 1", "app = 2", "kustomize: weir.hcl:25"},
		{"a patch", "true}", "false}", "kustomize: weir.hcl:28"},
		{"two of kustomize", `{ patched = "no" }`, "{\n patched = \"yes\"\n also = \"yes\"\n}", "kustomize: weir.hcl:22 +1"},
		{"kustomize and an attribute", "hooks = \"keep\"\n  kustomize {\n    labels = { team = var.team, tier = \"web\" }", "restart_on_config_change = true\n  kustomize {\n    labels = { team = var.team, tier = \"api\" }", "kustomize: weir.hcl:15; restart_on_config_change: weir.hcl:13"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := project(t, was)
			git(t, dir, "init", "-q", "-b", "main")
			git(t, dir, "add", ".")
			git(t, dir, "commit", "-q", "-m", "before")
			if strings.Count(was["weir.hcl"], c.old) != 1 {
				t.Fatalf("%q is not there once", c.old)
			}
			write(t, dir, map[string]string{"weir.hcl": strings.Replace(was["weir.hcl"], c.old, c.now, 1)})
			r, found, err := engine.Diff(t.Context(), hydrating(t, dir), engine.DiffOptions{Base: "HEAD", Now: time.Unix(1700000000, 0), Load: func(files fs.FS) (*schema.Project, diag.List) {
				return schema.Load(schema.Options{FS: files})
			}})
			if err != nil || len(found) > 0 {
				t.Fatal(err, text(found))
			}
			causes(t, r) // that counts add up
			var got []string
			for _, cause := range r.Releases[0].Causes {
				text := fmt.Sprintf("%s: %s:%d", cause, cause.Place.File, cause.Place.Start.Line)
				if cause.More > 0 {
					text += fmt.Sprintf(" +%d", cause.More)
				}
				if want := cause.Attribute != ""; want != (cause.Kind == diff.ByRelease) {
					t.Errorf("%s is of the kind %s", text, cause.Kind)
				}
				got = append(got, text)
			}
			if d := cmp.Diff(c.want, strings.Join(got, "; ")); d != "" {
				t.Errorf("causes (-want +got):\n%s", d)
			}
		})
	}
}
