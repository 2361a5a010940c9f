package engine_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine"
	"github.com/weir-dev/weir/engine/review"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// TestOthers has rules look at releases that stay as they are: a CRD goes of which
// one has objects, and another release gets an object that one has already.
func TestOthers(t *testing.T) {
	const crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.x.io}\n" +
		"spec:\n  group: x.io\n  scope: Namespaced\n  names: {kind: Widget, plural: widgets}\n  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]\n"
	widget := func(name string) string {
		return "apiVersion: x.io/v1\nkind: Widget\nmetadata: {name: " + name + "}\n"
	}
	configMap := func(name string) string {
		return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + "}\n"
	}
	release := func(name string) string {
		return fmt.Sprintf("release %q {\n  manifests = [\"%s/*.yaml\"]\n}\n", name, name)
	}
	const begin = "project \"p\" {}\ncluster \"c\" {\n  kubernetes = \"1.34\"\n}\nenvironment \"dev\" {\n  clusters = [\"c\"]\n}\n"
	chart := map[string]string{
		"web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
		"web/templates/all.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-config\n---\n" +
			"apiVersion: x.io/v1\nkind: Widget\nmetadata:\n  name: {{ .Release.Name }}\n",
	}
	was := map[string]string{
		"weir.hcl":     begin + release("app") + release("crds") + release("other") + "release \"shop\" {\n  chart = \"./web\"\n}\n",
		"app/one.yaml": widget("one"), "app/two.yaml": widget("two"), "app/name.yaml": configMap("taken"),
		"other/a.yaml": configMap("other"),
		"crds/a.yaml":  crd, "crds/b.yaml": configMap("crds"),
	}
	maps.Copy(was, chart)
	next := map[string]string{
		"weir.hcl": was["weir.hcl"] + release("fresh"), "fresh/a.yaml": configMap("taken"), "fresh/b.yaml": configMap("shop-config"), "fresh/c.yaml": configMap("free"),
	}
	dir := project(t, was)
	git(t, dir, "init", "-q", "-b", "main")
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-q", "-m", "before")
	load := func(files fs.FS) (*schema.Project, diag.List) { return schema.Load(schema.Options{FS: files}) }
	reviewed := func(o engine.DiffOptions) []string {
		t.Helper()
		o.Now, o.Load = time.Unix(1700000000, 0), load
		r, found, err := engine.Diff(t.Context(), hydrating(t, dir), o)
		if err != nil || len(found) > 0 {
			t.Fatal(err, text(found))
		}
		return told(r)
	}
	if err := os.Remove(filepath.Join(dir, "crds/a.yaml")); err != nil {
		t.Fatal(err)
	}
	gone := []string{"removal/crd CustomResourceDefinition widgets.x.io: every Widget (widgets.x.io) in the cluster is deleted, in all namespaces, and what their controller takes down with them; releases still have 3 objects of it (app 2, shop 1)"}

	// Two revisions, with an empty cache: what may matter is rendered.
	if d := cmp.Diff(gone, reviewed(engine.DiffOptions{Base: "HEAD"})); d != "" {
		t.Errorf("two revisions (-want +got):\n%s", d)
	}
	write(t, dir, next)
	want := append(slices.Clone(gone),
		"ownership/duplicate ConfigMap default/shop-config: release shop has it too; whichever is applied last wins",
		"ownership/duplicate ConfigMap default/taken: release app has it too; whichever is applied last wins")
	if d := cmp.Diff(want, reviewed(engine.DiffOptions{Base: "HEAD"})); d != "" {
		t.Errorf("two revisions, with a new release (-want +got):\n%s", d)
	}

	// The states have lists of what is in them.
	git(t, dir, "stash", "-q", "-u")
	if _, found, err := engine.Hydrate(t.Context(), hydrating(t, dir), options()); err != nil || found.HasErrors() {
		t.Fatal(err, text(found))
	}
	if err := os.Remove(filepath.Join(dir, "crds/a.yaml")); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(gone, reviewed(engine.DiffOptions{})); d != "" {
		t.Errorf("the state (-want +got):\n%s", d)
	}
	if _, found, err := engine.Hydrate(t.Context(), hydrating(t, dir), options()); err != nil || found.HasErrors() {
		t.Fatal(err, text(found))
	}
	if d := cmp.Diff(gone, reviewed(engine.DiffOptions{States: "HEAD~1..HEAD"})); d != "" {
		t.Errorf("two commits of the state (-want +got):\n%s", d)
	}
}

// told are the blockers of a review.
func told(r *review.Review) []string {
	var all []string
	for _, h := range r.Hits {
		if h.Level == "block" {
			words := h.Consequence
			if words == "" {
				words = h.Reason
			}
			all = append(all, fmt.Sprintf("%s %s: %s", h.Rule, strings.ReplaceAll(h.Object.String(), ".apiextensions.k8s.io", ""), words))
		}
	}
	return all
}

// TestOthersDefine compares a custom resource whose CRD is in a release that stays
// as it is: its list items are matched by the key that the CRD gives, and its values
// checked, in all three ways.
func TestOthersDefine(t *testing.T) {
	const crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.x.io}\n" +
		"spec:\n  group: x.io\n  scope: Namespaced\n  names: {kind: Widget, plural: widgets}\n  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {" +
		"parts: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [part], items: {type: object, required: [part], properties: {part: {type: string}, size: {type: integer}}}}}}}}}}]\n"
	widget := func(parts string) string {
		return "apiVersion: x.io/v1\nkind: Widget\nmetadata: {name: w}\nspec: {parts: [" + parts + "]}\n"
	}
	dir := project(t, map[string]string{
		"weir.hcl": "project \"p\" {}\ncluster \"c\" {\n  kubernetes = \"1.34\"\n}\nenvironment \"dev\" {\n  clusters = [\"c\"]\n}\n" +
			"release \"app\" {\n  manifests = [\"app/*.yaml\"]\n}\nrelease \"crds\" {\n  manifests = [\"crds/*.yaml\"]\n}\n",
		"crds/a.yaml": crd,
		"app/w.yaml":  widget("{part: a, size: 1}, {part: b, size: 1}"),
	})
	git(t, dir, "init", "-q", "-b", "main")
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-q", "-m", "before")
	hydrate := func() {
		t.Helper()
		if _, found, err := engine.Hydrate(t.Context(), hydrating(t, dir), options()); err != nil || found.HasErrors() {
			t.Fatal(err, text(found))
		}
	}
	reviewed := func(o engine.DiffOptions) []string {
		t.Helper()
		o.Now, o.Load = time.Unix(1700000000, 0), func(files fs.FS) (*schema.Project, diag.List) { return schema.Load(schema.Options{FS: files}) }
		r, found, err := engine.Diff(t.Context(), hydrating(t, dir), o)
		if err != nil || len(found) > 0 {
			t.Fatal(err, text(found))
		}
		all := told(r)
		for _, release := range r.Releases {
			for _, change := range release.Changes {
				for _, field := range change.Fields {
					all = append(all, field.Path.String())
				}
			}
		}
		return all
	}
	hydrate()
	write(t, dir, map[string]string{"app/w.yaml": widget("{part: b, size: 1}, {part: a, size: much}")})
	want := []string{"api/invalid Widget.x.io default/w: is a string, and must be an integer", "spec.parts", "spec.parts[part=a].size"}
	for name, o := range map[string]engine.DiffOptions{"two revisions": {Base: "HEAD"}, "the state": {}} {
		if d := cmp.Diff(want, reviewed(o)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	hydrate()
	if d := cmp.Diff(want, reviewed(engine.DiffOptions{States: "HEAD~1..HEAD"})); d != "" {
		t.Errorf("two commits of the state (-want +got):\n%s", d)
	}
}
