package transform

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// read makes objects of a YAML stream, as if a template had rendered it.
func read(t testing.TB, text string) []manifest.Object {
	t.Helper()
	documents, failed := manifest.Read([]byte(text))
	for _, err := range failed {
		t.Fatal(err)
	}
	var objects []manifest.Object
	for _, document := range documents {
		object, err := manifest.New(document.Tree.(map[string]any), manifest.Source{File: "templates/all.yaml", Line: document.Line})
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, object)
	}
	return objects
}

// show writes objects as one stream, each with its source.
func show(objects []manifest.Object) string {
	var b strings.Builder
	for _, o := range objects {
		b.WriteString("--- # " + o.Source.File)
		if o.Hook != nil {
			b.WriteString(" hook " + strings.Join(o.Hook.Phases, ","))
		}
		b.WriteString("\n")
		b.Write(o.Bytes())
	}
	return b.String()
}

// scope knows what a test needs of Kubernetes.
func scope(group, kind string) (namespaced, known bool) {
	clusterScoped := []string{"/Namespace", "rbac.authorization.k8s.io/ClusterRole", "apiextensions.k8s.io/CustomResourceDefinition"}
	if slices.Contains(clusterScoped, group+"/"+kind) {
		return false, true
	}
	builtIn := group == "" || group == "apps" || group == "batch" || strings.HasSuffix(group, ".k8s.io")
	return true, builtIn
}

// release is a release called web in namespace web.
func release(k schema.Kustomize) *plan.Release {
	r := &plan.Release{}
	r.Name, r.HelmName, r.Namespace = "web", "web", "web"
	r.Range = lineOf("weir.hcl", 10, 1)
	r.Hooks, r.CRDs, r.Secrets = "keep", "include", "refuse"
	r.Kustomize = k
	return r
}

func apply(in Input, objects []manifest.Object) (Result, diag.List) {
	in.Scope = scope
	return Apply(context.Background(), in, objects)
}

// list writes diagnostics compactly.
func list(found diag.List) string {
	var b strings.Builder
	for _, d := range found {
		severity := "error"
		if d.Severity == diag.Warning {
			severity = "warning"
		}
		b.WriteString(severity + " " + place(d.Subject) + ": " + d.Summary + "\n")
		if d.Detail != "" {
			b.WriteString("  " + d.Detail + "\n")
		}
		if d.Remedy != "" {
			b.WriteString("  > " + d.Remedy + "\n")
		}
		for _, r := range d.Related {
			b.WriteString("  " + place(r.Range) + ": " + r.Note + "\n")
		}
	}
	return b.String()
}

func place(r diag.Range) string {
	text := r.File
	for _, n := range []int{r.Start.Line, r.Start.Column} {
		if n > 0 {
			text += fmt.Sprintf(":%d", n)
		}
	}
	return text
}

func compare(t *testing.T, what, want, got string) {
	t.Helper()
	if d := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); d != "" {
		t.Errorf("%s (-want +got):\n%s\nwhole:\n%s", what, d, got)
	}
}

// update rewrites what the pages of testdata expect: go test -run TestPages -update.
var update = flag.Bool("update", false, "rewrite the expectations in testdata")

// page is a file of testdata: objects.yaml is what was rendered, files of the
// project follow, want.yaml and want.txt are what comes out.
type page struct {
	t       *testing.T
	archive *txtar.Archive
	files   fstest.MapFS
}

func (p page) patch(file string, target *schema.Selector) schema.Patch {
	return schema.Patch{Target: target, File: file, Text: p.files[file].Data, Range: lineOf("weir.hcl", 20, 3)}
}

func (p page) manifests(names ...string) []schema.File {
	var files []schema.File
	for _, name := range names {
		files = append(files, schema.File{Path: name, Data: p.files[name].Data, Range: lineOf("weir.hcl", 11, 15)})
	}
	return files
}

func ref(dir string) schema.Ref { return schema.Ref{Path: dir, Range: lineOf("weir.hcl", 15, 20)} }

func directory(dir string) schema.Kustomize {
	return schema.Kustomize{Directories: []schema.Ref{ref(dir)}}
}

func TestPages(t *testing.T) {
	deployments := &schema.Selector{Kind: "Deployment"}
	at := lineOf("weir.hcl", 21, 5)
	pages := map[string]func(p page, r *plan.Release){
		"nothing": func(page, *plan.Release) {},
		"labels":  func(_ page, r *plan.Release) { r.Kustomize.Labels = map[string]string{"team": "shop", "tier": "web"} },
		"annotations": func(_ page, r *plan.Release) {
			r.Kustomize.Annotations = map[string]string{"example.com/owner": "shop"}
		},
		"images": func(_ page, r *plan.Release) {
			r.Kustomize.Images = []schema.Image{
				{Name: "nginx", NewName: "registry.example/nginx", NewTag: "1.27"},
				{Name: "registry.example:5000/team/proxy", Digest: "sha256:bbbb"},
				{Name: "busybox", NewTag: "2", Digest: "sha256:cccc"},
				{Name: "operator", NewTag: "9"},
			}
		},
		"images-missing": func(_ page, r *plan.Release) {
			r.Kustomize.Images = []schema.Image{{Name: "nginy", NewTag: "1", Range: at}, {Name: "web.example/other", NewTag: "1", Range: at}}
		},
		"replicas": func(_ page, r *plan.Release) {
			r.Kustomize.Replicas = map[string]schema.Count{"web": {Value: 3}, "db": {Value: 0}}
		},
		"replicas-missing": func(_ page, r *plan.Release) {
			r.Kustomize.Replicas = map[string]schema.Count{"wbe": {Value: 3, Range: at}, "settings": {Value: 1, Range: at}}
		},
		"patches": func(p page, r *plan.Release) {
			r.Kustomize.Patches = []schema.Patch{
				p.patch("patches/several.yaml", nil),
				p.patch("patches/affinity.yaml", deployments),
				p.patch("patches/operations.yaml", &schema.Selector{Kind: "Dep.*", LabelSelector: "app=web"}),
				p.patch("patches/delete.yaml", nil),
				p.patch("patches/custom.yaml", nil),
				p.patch("patches/rename.yaml", &schema.Selector{Kind: "ConfigMap", Name: "settings"}),
			}
		},
		"patches-wrong": func(p page, r *plan.Release) {
			r.Kustomize.Patches = []schema.Patch{
				p.patch("patches/typo.yaml", nil),
				p.patch("patches/no-target.yaml", nil),
				p.patch("patches/bad-path.yaml", deployments),
				p.patch("patches/bad-test.yaml", deployments),
				p.patch("patches/bad-op.yaml", deployments),
				p.patch("patches/anonymous.yaml", nil),
				p.patch("patches/scalar.yaml", deployments),
				p.patch("patches/broken.yaml", deployments),
				p.patch("patches/empty.yaml", deployments),
				p.patch("patches/retain.yaml", deployments),
				p.patch("patches/types.yaml", deployments),
				p.patch("patches/two.yaml", deployments),
				p.patch("patches/nameless.yaml", &schema.Selector{Name: "other"}),
				p.patch("patches/taken.yaml", &schema.Selector{Name: "settings"}),
				p.patch("patches/affinity.yaml", &schema.Selector{Kind: "Deploymnet"}),
				p.patch("patches/affinity.yaml", &schema.Selector{Kind: "("}),
				{Text: []byte("kind: Deployment\n\tbad: 1\n"), Line: 30, Range: lineOf("weir.hcl", 29, 13)},
			}
			for i := range r.Kustomize.Patches { // so that each message has a place of its own
				r.Kustomize.Patches[i].Range.Start.Line += i
			}
		},
		"directory": func(_ page, r *plan.Release) { r.Kustomize = directory("kustomize/web") },
		"components": func(_ page, r *plan.Release) {
			r.Kustomize.Components = []schema.Ref{ref("components/hardened"), ref("components/named")}
		},
		"manifests": func(p page, r *plan.Release) {
			r.Manifests = p.manifests("manifests/a.yaml", "manifests/b.yaml")
		},
		"manifests-only-crds": func(p page, r *plan.Release) {
			r.Manifests, r.CRDs, r.Hooks = p.manifests("manifests/a.yaml"), "only", "drop"
		},
		"manifests-wrong": func(p page, r *plan.Release) { r.Manifests = p.manifests("manifests/a.yaml", "manifests/b.yaml") },
		"secrets-refuse":  func(_ page, r *plan.Release) { r.Secrets = "refuse" },
		"secrets-omit":    func(_ page, r *plan.Release) { r.Secrets, r.RestartOnConfigChange = "omit", true },
		"secrets-allow":   func(_ page, r *plan.Release) { r.Secrets = "allow" },
		"restart":         func(_ page, r *plan.Release) { r.Secrets, r.RestartOnConfigChange = "allow", true },
		"order": func(p page, r *plan.Release) {
			r.Kustomize = directory("base")
			r.Kustomize.Components = []schema.Ref{ref("component")}
			r.Kustomize.Labels = map[string]string{"step": "labels"}
			r.Kustomize.Annotations = map[string]string{"labels": "set"}
			r.Kustomize.Images = []schema.Image{{Name: "component", NewName: "images"}}
			r.Kustomize.Replicas = map[string]schema.Count{"base-web": {Value: 4}}
			r.Kustomize.Patches = []schema.Patch{p.patch("patch.yaml", &schema.Selector{LabelSelector: "step=labels", Kind: "Deployment"})}
		},
		"kustomization-missing":   func(_ page, r *plan.Release) { r.Kustomize = directory("kustomize/web") },
		"kustomization-remote":    func(_ page, r *plan.Release) { r.Kustomize = directory("kustomize/web") },
		"kustomization-invalid":   func(_ page, r *plan.Release) { r.Kustomize = directory("kustomize/web") },
		"kustomization-syntax":    func(_ page, r *plan.Release) { r.Kustomize = directory("kustomize/web") },
		"kustomization-collision": func(_ page, r *plan.Release) { r.Kustomize = directory("kustomize/web") },
		"kustomization-secret":    func(_ page, r *plan.Release) { r.Kustomize = directory("kustomize/web") },
		"kustomization-patch":     func(_ page, r *plan.Release) { r.Kustomize = directory("kustomize/web") },
		"kustomization-circle":    func(_ page, r *plan.Release) { r.Kustomize = directory("a") },
		"kustomization-kinds": func(_ page, r *plan.Release) {
			r.Kustomize = directory("component")
			r.Kustomize.Components = []schema.Ref{ref("plain")}
		},
		"component-kind": func(_ page, r *plan.Release) { r.Kustomize.Components = []schema.Ref{ref("plain")} },
	}
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	if len(names) != len(pages) {
		t.Errorf("testdata has %d pages, the table %d", len(names), len(pages))
	}
	for name, configure := range pages {
		t.Run(name, func(t *testing.T) { testPage(t, filepath.Join("testdata", name+".txtar"), configure) })
	}
}

func testPage(t *testing.T, file string, configure func(page, *plan.Release)) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p := page{t: t, archive: archive, files: fstest.MapFS{}}
	var objects, wantYAML, wantText string
	kept := archive.Files[:0:0]
	for _, f := range archive.Files {
		switch f.Name {
		case "objects.yaml":
			objects = string(f.Data)
		case "want.yaml":
			wantYAML = string(f.Data)
			continue
		case "want.txt":
			wantText = string(f.Data)
			continue
		default:
			p.files[f.Name] = &fstest.MapFile{Data: f.Data}
		}
		kept = append(kept, f)
	}
	r := release(schema.Kustomize{})
	configure(p, r)
	result, found := apply(Input{Release: r, Files: p.files}, read(t, objects))
	gotYAML, gotText := show(result.Objects), list(found)
	for _, o := range result.Omitted {
		gotText += fmt.Sprintf("omitted %v %s:%d\n", o.ID, o.Source.File, o.Source.Line)
	}
	for _, o := range result.Secrets {
		gotText += fmt.Sprintf("secret %v %s:%d\n", o.ID, o.Source.File, o.Source.Line)
	}
	if *update {
		archive.Files = append(kept, txtar.File{Name: "want.txt", Data: []byte(gotText)}, txtar.File{Name: "want.yaml", Data: []byte(gotYAML)})
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	compare(t, "want.txt", wantText, gotText)
	compare(t, "want.yaml", wantYAML, gotYAML)
}
