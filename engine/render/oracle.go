package render

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/schema/diag"
)

// Oracle renders a release with Helm's SDK from the files on, and reads what it
// prints as Render does. It parses everything anew, has no limits and checks no
// schema, since Helm would fetch remote parts: use it on charts that are trusted.
func Oracle(ctx context.Context, c *Chart, rel *plan.Release, o Options) (Release, diag.List) {
	o.Limits, o.Memo = o.Limits.withDefaults(), nil
	j := &job{ctx: ctx, chart: c, rel: rel, options: o}
	capabilities, table, ok := j.capabilities()
	if !ok {
		return Release{}, j.found
	}
	printed, root, err := c.sdk(rel, capabilities)
	if err != nil {
		j.fail(diag.Errorf(j.subject(), "Helm fails to render the release").Detailf("%s", diag.Sentence(err.Error())))
		return Release{}, j.found
	}
	shape, err := c.shape(rel.Values.PlainMap())
	if err != nil {
		j.fail(j.shapeError(err))
		return Release{}, j.found
	}
	var texts []rendered
	for name, text := range printed {
		if f := shape.set.byTag[name]; f == nil {
			j.fail(diag.Errorf(j.subject(), "Helm renders %q, Weir does not", name))
		} else if !f.notes {
			texts = append(texts, rendered{f, output{buf: []byte(text)}})
		}
	}
	slices.SortFunc(texts, func(a, b rendered) int { return strings.Compare(a.name, b.name) })
	if got, want := len(shape.root.CRDObjects()), len(root.CRDObjects()); got != want {
		j.fail(diag.Errorf(j.subject(), "Helm finds %d files in crds, Weir %d", want, got))
	}
	r := &reading{job: j}
	if j.release.Objects, ok = r.all(&prepared{shape: shape, table: table}, texts); !ok {
		return Release{}, j.found
	}
	return j.release, nil
}

// sdk runs Helm's loader, dependency processing, coalescing and engine.
func (c *Chart) sdk(rel *plan.Release, capabilities *chartutil.Capabilities) (printed map[string]string, root *chart.Chart, err error) {
	files := make([]*loader.BufferedFile, len(c.Input.Files))
	for i, f := range c.Input.Files {
		files[i] = &loader.BufferedFile{Name: f.Name, Data: f.Data}
	}
	quietly(func() {
		if root, err = loader.LoadFiles(files); err != nil {
			return
		}
		vals := rel.Values.PlainMap()
		if err = chartutil.ProcessDependenciesWithMerge(root, vals); err != nil {
			return
		}
		release := chartutil.ReleaseOptions{Name: rel.HelmName, Namespace: rel.Namespace, Revision: 1, IsInstall: true}
		var data chartutil.Values
		if data, err = chartutil.ToRenderValuesWithSchemaValidation(root, vals, release, capabilities, true); err == nil {
			printed, err = engine.Engine{}.Render(root, data)
		}
	})
	return printed, root, err
}

// Verify renders a release with Helm's own executor and reports every object
// that is not what Render made of it. What Render found to be unstable is not
// compared.
func Verify(ctx context.Context, c *Chart, rel *plan.Release, o Options, ours Release) diag.List {
	theirs, found := Oracle(ctx, c, rel, o)
	if found.HasErrors() {
		return found
	}
	loose := map[manifest.ID]bool{}
	for _, u := range ours.Unstable {
		loose[u.ID] = true
	}
	type key struct { // a hook may have the identity of an ordinary object
		manifest.ID
		phases string
	}
	keyOf := func(o manifest.Object) key {
		if o.Hook == nil {
			return key{ID: o.ID}
		}
		return key{o.ID, strings.Join(o.Hook.Phases, ",")}
	}
	expected := map[key][]manifest.Object{} // a chart may print an object twice
	for _, o := range theirs.Objects {
		expected[keyOf(o)] = append(expected[keyOf(o)], o)
	}
	report := func(o manifest.Object, format string, args ...any) {
		found = append(found, diag.Errorf(c.Place(o.Source), "%v: %s", o.ID, fmt.Sprintf(format, args...)).
			Remedyf("Please report this with the chart: Weir has to render what `helm template` renders."))
	}
	for _, o := range ours.Objects {
		if loose[o.ID] {
			continue
		}
		twins := expected[keyOf(o)]
		at := slices.IndexFunc(twins, func(twin manifest.Object) bool { return bytes.Equal(twin.Bytes(), o.Bytes()) })
		switch {
		case len(twins) == 0:
			report(o, "Helm does not render this object")
			continue
		case at < 0:
			at = 0
			var paths []string
			for _, d := range Differences(twins[0].Body(), o.Body()) {
				paths = append(paths, d.Path)
			}
			report(o, "Helm renders it differently at %s", strings.Join(paths, ", "))
		}
		expected[keyOf(o)] = slices.Delete(slices.Clone(twins), at, at+1)
	}
	for _, twins := range expected {
		for _, o := range twins {
			if !loose[o.ID] {
				report(o, "Helm renders this object, Weir does not")
			}
		}
	}
	return found.Sorted()
}
