package render

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/schema/diag"
)

// Oracle renders a release with the executor of Helm's SDK instead of ours,
// and reads what it prints as Render does. It parses everything anew and has no
// limits: use it on charts that are trusted.
func Oracle(ctx context.Context, c *Chart, rel *plan.Release, o Options) (Release, diag.List) {
	o.Limits = o.Limits.withDefaults()
	o.Memo = nil
	j := &job{ctx: ctx, chart: c, rel: rel, options: o}
	p, ok := j.prepare()
	if !ok {
		return Release{}, j.found
	}
	top := chartutil.Values{
		"Release": map[string]any{
			"Name": rel.HelmName, "Namespace": rel.Namespace, "IsUpgrade": false, "IsInstall": true, "Revision": 1, "Service": "Helm",
		},
		"Capabilities": p.capabilities,
		"Values":       p.coalesced,
	}
	printed, err := engine.Engine{}.Render(p.shape.root, top)
	if err != nil {
		j.fail(diag.Errorf(j.subject(), "Helm's own executor fails").Detailf("%s", sentence(err.Error())))
		return Release{}, j.found
	}
	var texts []rendered
	for name, text := range printed {
		f := p.shape.set.byTag[name]
		if f == nil || f.notes {
			continue
		}
		texts = append(texts, rendered{f, output{buf: []byte(text)}})
	}
	slices.SortFunc(texts, func(a, b rendered) int { return strings.Compare(a.name, b.name) })
	r := &reading{job: j}
	if j.release.Objects, ok = r.all(p, texts); !ok {
		return Release{}, j.found
	}
	return j.release, nil
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
	expected := map[manifest.ID]manifest.Object{}
	for _, o := range theirs.Objects {
		expected[o.ID] = o
	}
	report := func(o manifest.Object, format string, args ...any) {
		found = append(found, diag.Errorf(c.Place(o.Source), "%v: %s", o.ID, fmt.Sprintf(format, args...)).
			Remedyf("Please report this with the chart: Weir has to render what `helm template` renders."))
	}
	for _, o := range ours.Objects {
		twin, ok := expected[o.ID]
		delete(expected, o.ID)
		switch {
		case loose[o.ID]:
		case !ok:
			report(o, "Helm does not render this object")
		case !bytes.Equal(o.Bytes(), twin.Bytes()):
			report(o, "Helm renders it differently at %s", strings.Join(differences(twin.Body(), o.Body()), ", "))
		}
	}
	for _, o := range expected {
		if !loose[o.ID] {
			report(o, "Helm renders this object, Weir does not")
		}
	}
	return found.Sorted()
}
