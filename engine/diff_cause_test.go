package engine_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine"
	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/review"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// caused is a project in which everything can change that a release is made of.
type caused struct {
	chart      string // the template's own text
	version    string
	values     string // values.yaml of the project
	replicas   int    // in the release block
	patch      string
	kubernetes string
}

func (c caused) files() map[string]string {
	return map[string]string{
		"weir.hcl": fmt.Sprintf(`project "p" {}
cluster "c" {
  kubernetes = %q
}
environment "dev" {
  clusters = ["c"]
}
release "app" {
  chart        = "./app"
  values_files = ["values.yaml"]
  values = {
    replicas = %d
  }
  kustomize {
    annotations = { patched = %q }
  }
}
`, c.kubernetes, c.replicas, c.patch),
		"values.yaml":     c.values,
		"app/Chart.yaml":  "apiVersion: v2\nname: app\nversion: " + c.version + "\n",
		"app/values.yaml": "{greeting: hi, name: world, must: '', extra: false, replicas: 1}\n",
		"app/templates/all.yaml": `apiVersion: v1
kind: ConfigMap
metadata:
  name: app
data:
  chart: ` + c.chart + `
  greeting: {{ .Values.greeting }}
  name: {{ .Values.name }}
  sentence: {{ .Values.greeting }} {{ .Values.name }}
  replicas: {{ .Values.replicas | quote }}
  kubernetes: {{ .Capabilities.KubeVersion.Minor | quote }}
{{- if .Values.extra }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: extra
{{- end }}
`,
	}
}

// causes tells which change has which cause, and how many each has.
func causes(t *testing.T, r *review.Review) string {
	t.Helper()
	name := func(c diff.Cause) string {
		text := c.String()
		switch {
		case c.Kind == diff.ByValues:
			text = fmt.Sprintf("%s:%d", c.Place.File, c.Place.Start.Line)
			if c.More > 0 {
				text += fmt.Sprintf(" +%d", c.More)
			}
		case c.Kind != diff.ByChart && c.Place.File != "" && c.Place.Start.Line == 0:
			text = fmt.Sprintf("%s %s +%d", text, c.Place.File, c.More)
		}
		if c.With != "" {
			text += " with " + c.With
		}
		return text
	}
	var b strings.Builder
	for _, release := range r.Releases {
		changes, sum := 0, 0
		for _, c := range release.Changes {
			if c.Status != manifest.Changed {
				changes++
				fmt.Fprintf(&b, "%s: %s\n", c.Object, name(release.Causes[c.Cause]))
			}
			for _, f := range c.Fields {
				changes++
				fmt.Fprintf(&b, "%s: %s\n", f.Path, name(release.Causes[f.Cause]))
			}
		}
		for _, c := range release.Causes {
			sum += c.Fields
			fmt.Fprintf(&b, "= %d: %s\n", c.Fields, name(c))
		}
		if sum != changes {
			t.Errorf("%s: %d changes have causes, of %d", release.Name, sum, changes)
		}
	}
	for _, note := range r.Notes {
		fmt.Fprintln(&b, note)
	}
	return b.String()
}

// TestCauses changes all that a release is made of at once.
func TestCauses(t *testing.T) {
	begin := caused{chart: "old", version: "1.0.0", values: "greeting: hello\nname: world\n", replicas: 1, patch: "no", kubernetes: "1.33"}
	all := caused{chart: "new", version: "1.1.0", values: "greeting: good day\nname: reader\nextra: true\n", replicas: 2, patch: "yes", kubernetes: "1.34"}
	for _, c := range []struct {
		name      string
		was, is   caused
		want      string
		committed bool // the base is what is committed to the cluster's state
	}{
		{name: "all at once", was: begin, is: all, want: allCauses},
		{name: "all at once, against the state", was: begin, is: all, want: allCauses, committed: true},
		{name: "a line", was: begin, is: caused{chart: "old", version: "1.0.0", values: "greeting: hello\nname: reader\n", replicas: 1, patch: "no", kubernetes: "1.33"},
			want: "data.name: values.yaml:2\ndata.sentence: values.yaml:2\n= 2: values.yaml:2\n"},
		{name: "a chart that refuses the old values", was: begin,
			is:   caused{chart: `{{ required "must be set" .Values.must }}`, version: "2.0.0", values: "greeting: hello\nmust: be\nname: reader\n", replicas: 1, patch: "no", kubernetes: "1.33"},
			want: "data.chart: values.yaml:2 with chart 1.0.0 -> 2.0.0\ndata.name: values.yaml:3\ndata.sentence: values.yaml:3\n= 1: values.yaml:2 with chart 1.0.0 -> 2.0.0\n= 2: values.yaml:3\n"},
		{name: "a value that goes", was: all, is: caused{chart: "new", version: "1.1.0", values: "greeting: good day\nname: reader\n", replicas: 2, patch: "yes", kubernetes: "1.34"},
			want: "ConfigMap default/extra: values.yaml:3\n= 1: values.yaml:3\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := project(t, c.was.files())
			git(t, dir, "init", "-q", "-b", "main")
			git(t, dir, "add", ".")
			git(t, dir, "commit", "-q", "-m", "before")
			o := engine.DiffOptions{Base: "HEAD", Now: time.Unix(1700000000, 0), Load: func(files fs.FS) (*schema.Project, diag.List) {
				return schema.Load(schema.Options{FS: files})
			}}
			if c.committed {
				o.Base = ""
				if _, found, err := engine.Hydrate(t.Context(), hydrating(t, dir), options()); err != nil || found.HasErrors() {
					t.Fatal(err, text(found))
				}
			}
			write(t, dir, c.is.files())
			r, found, err := engine.Diff(t.Context(), hydrating(t, dir), o)
			if err != nil || len(found) > 0 {
				t.Fatal(err, text(found))
			}
			if d := cmp.Diff(c.want, causes(t, r)); d != "" {
				t.Errorf("causes (-want +got):\n%s", d)
			}
		})
	}
}

// TestCauseFiles changes files of a release of plain manifests: those themselves,
// what they are patched with, and what its kustomization reaches.
func TestCauseFiles(t *testing.T) {
	configMap := func(name, value string) string {
		return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\ndata:\n  own: " + value + "\n"
	}
	was := map[string]string{
		"weir.hcl": `project "p" {}
cluster "c" {
  kubernetes = "1.34"
}
environment "dev" {
  clusters = ["c"]
}
release "app" {
  manifests = ["m/*.yaml"]
  kustomize {
    directory   = "k"
    annotations = { patched = "no" }
    patch {
      target = { kind = "ConfigMap" }
      file   = "patch.yaml"
    }
  }
}
`,
		"m/a.yaml": configMap("a", "old"), "m/b.yaml": configMap("b", "old"), "m/c.yaml": configMap("c", "old"),
		"patch.yaml":           "- {op: add, path: /data/patch, value: old}\n",
		"k/kustomization.yaml": "resources: [more.yaml]\n",
		"k/more.yaml":          configMap("more", "old"),
	}
	for _, c := range []struct {
		name string
		is   map[string]string // what is other
		want string
	}{
		{"a manifest", map[string]string{"m/b.yaml": configMap("b", "new")}, "data.own: manifests m/b.yaml +0\n= 1: manifests m/b.yaml +0\n"},
		{"a manifest comes, one goes, one changes",
			map[string]string{"m/b.yaml": configMap("b", "new"), "m/c.yaml": "", "m/d.yaml": configMap("d", "new")},
			"data.own: manifests m/b.yaml +2\nmetadata.name: manifests m/b.yaml +2\ndata.own: manifests m/b.yaml +2\n= 3: manifests m/b.yaml +2\n"},
		{"a patch", map[string]string{"patch.yaml": "- {op: add, path: /data/patch, value: new}\n"},
			"data.patch: kustomize patch.yaml +0\ndata.patch: kustomize patch.yaml +0\ndata.patch: kustomize patch.yaml +0\ndata.patch: kustomize patch.yaml +0\n= 4: kustomize patch.yaml +0\n"},
		{"what a kustomization reaches, and the block", map[string]string{
			"k/more.yaml": configMap("more", "new"),
			"weir.hcl":    strings.Replace(was["weir.hcl"], `"no"`, `"yes"`, 1),
		}, "metadata.annotations.patched: kustomize\nmetadata.annotations.patched: kustomize\nmetadata.annotations.patched: kustomize\nmetadata.annotations.patched: kustomize\ndata.own: kustomize k/more.yaml +0\n= 1: kustomize k/more.yaml +0\n= 4: kustomize\n"},
		{"a directory that goes with its line", map[string]string{
			"k/kustomization.yaml": "", "k/more.yaml": "", "m/a.yaml": configMap("a", "new"),
			"weir.hcl": strings.Replace(was["weir.hcl"], `directory   = "k"`, "", 1),
		}, "data.own: manifests m/a.yaml +0\nConfigMap default/more: kustomize\n= 1: manifests m/a.yaml +0\n= 1: kustomize\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := project(t, was)
			git(t, dir, "init", "-q", "-b", "main")
			git(t, dir, "add", ".")
			git(t, dir, "commit", "-q", "-m", "before")
			for file, text := range c.is {
				if text == "" {
					if err := os.Remove(filepath.Join(dir, file)); err != nil {
						t.Fatal(err)
					}
					delete(c.is, file)
				}
			}
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

// TestDiffProgress counts what whoever watches a diff is told: renderings, pairs
// and the steps between their two sides.
func TestDiffProgress(t *testing.T) {
	was := caused{chart: "old", version: "1.0.0", values: "greeting: hello\nname: world\n", replicas: 1, patch: "no", kubernetes: "1.33"}
	is := was
	is.chart, is.version, is.values, is.patch = "new", "1.1.0", "greeting: hello\nname: reader\n", "yes"
	dir := project(t, was.files())
	git(t, dir, "init", "-q", "-b", "main")
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-q", "-m", "before")
	if _, found, err := engine.Hydrate(t.Context(), hydrating(t, dir), options()); err != nil || found.HasErrors() {
		t.Fatal(err, text(found))
	}
	write(t, dir, is.files())
	for _, base := range []string{"", "HEAD"} {
		watched := &watching{}
		run := hydrating(t, dir)
		run.Jobs, run.Progress = 1, watched
		o := engine.DiffOptions{Base: base, Now: time.Unix(1700000000, 0), Load: func(files fs.FS) (*schema.Project, diag.List) {
			return schema.Load(schema.Options{FS: files})
		}}
		if _, found, err := engine.Diff(t.Context(), run, o); err != nil || len(found) > 0 {
			t.Fatal(err, text(found))
		}
		want := []string{"dev/app@c 1", "dev/app@c 2", "dev/app@c, chart 1.0.0 -> 1.1.0 4", "dev/app@c, values.yaml:2 4"}
		if d := cmp.Diff(want, watched.done); d != "" {
			t.Errorf("base %q: done, of how many (-want +got):\n%s", base, d)
		}
	}
}

// watching remembers what is done, and how much there was to do by then.
type watching struct {
	total int
	done  []string
}

func (w *watching) Total(n int)      { w.total = n }
func (w *watching) Started(string)   {}
func (w *watching) Done(name string) { w.done = append(w.done, fmt.Sprintf("%s %d", name, w.total)) }

// TestCauseWeir has a state that another Weir wrote otherwise.
func TestCauseWeir(t *testing.T) {
	was := caused{chart: "old", version: "1.0.0", values: "greeting: hello\nname: world\n", replicas: 1, patch: "no", kubernetes: "1.33"}
	dir := project(t, was.files())
	git(t, dir, "init", "-q", "-b", "main")
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-q", "-m", "before")
	old := hydrating(t, dir)
	old.Version = "0.0.1"
	if _, found, err := engine.Hydrate(t.Context(), old, options()); err != nil || found.HasErrors() {
		t.Fatal(err, text(found))
	}
	file := "state/c/manifests/dev/app/default/configmap_app.yaml"
	data, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, map[string]string{file: strings.Replace(string(data), "\ndata:\n", "\ndata:\n  bug: of the old one\n", 1)})
	git(t, filepath.Join(dir, "state/c"), "commit", "-q", "-am", "as the old one wrote it")
	was.values = "greeting: hello\nname: reader\n"
	write(t, dir, was.files())
	for version, want := range map[string]string{
		"0.2.0": "data.bug: weir 0.0.1 -> 0.2.0\ndata.name: values.yaml:2\ndata.sentence: values.yaml:2\n= 1: weir 0.0.1 -> 0.2.0\n= 2: values.yaml:2\n",
		"0.0.1": "Causes are not told for dev/app@c: what is committed is not what the project's commit renders to that it is said to be of. Somebody edited the state (weir state verify tells), or there were uncommitted changes or other variables.\n",
	} {
		run := hydrating(t, dir)
		run.Version = version
		r, found, err := engine.Diff(t.Context(), run, engine.DiffOptions{Now: time.Unix(1700000000, 0), Load: func(files fs.FS) (*schema.Project, diag.List) {
			return schema.Load(schema.Options{FS: files})
		}})
		if err != nil || len(found) > 0 {
			t.Fatal(err, text(found))
		}
		if version == "0.0.1" { // nobody looked
			if len(r.Releases) != 1 || len(r.Releases[0].Causes) > 0 {
				t.Errorf("causes: %v", r.Releases)
			}
			r.Releases = nil
		}
		if d := cmp.Diff(want, causes(t, r)); d != "" {
			t.Errorf("causes (-want +got):\n%s", d)
		}
	}
}

const allCauses = `metadata.annotations.patched: kustomize
data.chart: chart 1.0.0 -> 1.1.0
data.greeting: values.yaml:1
data.kubernetes: kubernetes 1.33 -> 1.34
data.name: values.yaml:2
data.replicas: weir.hcl:12
data.sentence: values.yaml:2
ConfigMap default/extra: values.yaml:3
= 1: chart 1.0.0 -> 1.1.0
= 1: values.yaml:1
= 2: values.yaml:2
= 1: values.yaml:3
= 1: weir.hcl:12
= 1: kustomize
= 1: kubernetes 1.33 -> 1.34
Cluster c goes from Kubernetes 1.33 to 1.34.
`
