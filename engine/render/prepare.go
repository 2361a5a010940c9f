package render

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/weir-dev/weir/engine/kube"
	"github.com/weir-dev/weir/schema/diag"
)

// prepared is all that a release's templates are run with. Every execution gets
// a copy of the values, since templates may change them.
type prepared struct {
	shape        *shape
	capabilities *chartutil.Capabilities
	table        *kube.Table
	coalesced    chartutil.Values
}

func (j *job) prepare() (*prepared, bool) {
	capabilities, table, ok := j.capabilities()
	if !ok {
		return nil, false
	}
	p := &prepared{capabilities: capabilities, table: table}
	given := j.rel.Values.PlainMap()
	if given == nil {
		given = map[string]any{}
	}
	var err error
	if p.shape, err = j.chart.shape(given); err != nil {
		j.fail(j.shapeError(err))
		return nil, false
	}
	logged := quietly(func() { p.coalesced, err = chartutil.CoalesceValues(p.shape.root, given) })
	if err != nil {
		j.fail(j.shapeError(err))
		return nil, false
	}
	for _, line := range slices.Concat(p.shape.warnings, logged) {
		j.note(valuesNote(line, p.shape.root))
	}
	j.checkSchemas(p.shape.root, p.coalesced, nil)
	return p, !j.found.HasErrors()
}

// capabilities are what `helm template --kube-version --api-versions` gives.
func (j *job) capabilities() (*chartutil.Capabilities, *kube.Table, bool) {
	cluster := j.rel.Cluster
	table, err := kube.For(cluster.Kubernetes)
	var unknown *kube.UnknownError
	if errors.As(err, &unknown) && unknown.Nearest != "" {
		table, err = kube.For(unknown.Nearest) // scopes hardly change; the schema says what it thinks of the version
	}
	if err != nil {
		j.fail(diag.Errorf(cluster.Range, "cluster %q: %v", cluster.Name, err))
		return nil, nil, false
	}
	version, err := chartutil.ParseKubeVersion(cluster.Kubernetes)
	if err != nil {
		j.fail(diag.Errorf(cluster.Range, "cluster %q: %v", cluster.Name, err))
		return nil, nil, false
	}
	if wanted := j.chart.top.chart.Metadata.KubeVersion; wanted != "" && !chartutil.IsCompatibleRange(wanted, version.String()) {
		j.fail(diag.Errorf(j.subject(), "chart %q does not run on Kubernetes %s", j.chart.top.chart.Name(), cluster.Kubernetes).
			Detailf("Its Chart.yaml asks for kubeVersion %s; cluster %q has %s.", wanted, cluster.Name, version.String()).
			Remedyf("Use a version of the chart for this Kubernetes, or correct `kubernetes` of the cluster.").
			Also(cluster.Range, "the cluster"))
		return nil, nil, false
	}
	c := chartutil.DefaultCapabilities.Copy()
	c.KubeVersion = *version
	c.APIVersions = append(slices.Clone(c.APIVersions), cluster.APIVersions...)
	return c, table, true
}

// shapeError says why dependencies or values do not go together.
func (j *job) shapeError(err error) diag.Diagnostic {
	var broken *parseFailure
	if errors.As(err, &broken) {
		d := diag.Errorf(j.place(broken.source), "template cannot be read: %s", broken.msg)
		d.Subject.Text = lineOf(broken.text, broken.source.Line)
		if broken.hint != "" {
			d = d.Remedyf("%s", broken.hint)
		}
		return d.Remedyf("Correct the template; `helm lint` checks it too.").Also(j.subject(), "the chart is used here")
	}
	if _, ok := asLimit(err); ok {
		return diag.Errorf(j.subject(), "chart %q takes too much: %v", j.chart.Name, err)
	}
	msg := err.Error()
	if rest, ok := strings.CutPrefix(msg, "type mismatch on "); ok {
		name, _, _ := strings.Cut(rest, ":")
		if at := findKey(j.rel, name); at != nil {
			return j.about(at, fmt.Sprintf("the values of sub-chart %q are no map", name)).
				Remedyf("Write a map of values for the sub-chart, or leave the key out.")
		}
	}
	return diag.Errorf(j.subject(), "the chart's dependencies and values do not go together").Detailf("%s", diag.Sentence(msg))
}

// scopes makes the data of every chart's templates, by the chart's full path.
func (p *prepared) scopes(j *job) map[string]map[string]any {
	top := chartutil.Values{
		"Release": map[string]any{
			"Name":      j.rel.HelmName,
			"Namespace": j.rel.Namespace,
			"IsUpgrade": false,
			"IsInstall": true,
			"Revision":  1,
			"Service":   "Helm",
		},
		"Capabilities": p.capabilities,
		"Values":       copyTree(p.coalesced),
	}
	all := map[string]map[string]any{}
	j.chart.scope(p.shape.root, top, all)
	return all
}

// scope is what Helm's engine gives the templates of one chart.
func (c *Chart) scope(ch *chart.Chart, above chartutil.Values, all map[string]map[string]any) map[string]any {
	below := map[string]any{}
	next := map[string]any{
		"Chart": struct {
			chart.Metadata
			IsRoot bool
		}{*ch.Metadata, ch.IsRoot()},
		"Files":        c.nodes[ch.Lock].files,
		"Release":      above["Release"],
		"Capabilities": above["Capabilities"],
		"Values":       chartutil.Values{},
		"Subcharts":    below,
	}
	if ch.IsRoot() {
		next["Values"] = above["Values"]
	} else if vals, err := above.Table("Values." + ch.Name()); err == nil {
		next["Values"] = vals
	}
	for _, sub := range ch.Dependencies() {
		below[sub.Name()] = c.scope(sub, next, all)
	}
	all[ch.ChartFullPath()] = next
	return next
}

// rendered is what one template file came to.
type rendered struct {
	*setFile
	output
}

// execute runs every template, in Helm's order since templates may change the
// values that others see. NOTES.txt is run too, and forgotten: charts check
// their values there.
func (j *job) execute(p *prepared, v *variation) (_ []rendered, err error) {
	scopes := p.scopes(j)
	e, err := p.shape.set.executor()
	if err != nil {
		return nil, err
	}
	defer p.shape.set.done(e)
	e.run = &run{
		ctx:       j.ctx,
		limits:    j.options.Limits,
		deadline:  time.Now().Add(j.options.Limits.Time),
		nested:    map[string]int{},
		variation: v,
	}
	var name string
	defer func() {
		if r := recover(); r != nil { // text/template lets runtime errors through
			err = fmt.Errorf("template: %s: %v", name, r)
		}
	}()
	var all []rendered
	left := j.options.Limits.Output
	for _, f := range p.shape.set.files {
		if f.partial {
			continue
		}
		name = f.name
		data := scopes[f.scope]
		data["Template"] = chartutil.Values{"Name": f.name, "BasePath": f.basePath}
		out := output{limit: left, file: f.name, marks: p.shape.set.marks}
		if err := e.root.tmpl.ExecuteTemplate(&out, f.name, chartutil.Values(data)); err != nil {
			return nil, err
		}
		if err := j.ctx.Err(); err != nil {
			return nil, err
		}
		left -= len(out.buf)
		if !f.notes {
			out.forgetMissing()
			all = append(all, rendered{f, out})
		}
	}
	slices.SortFunc(all, func(a, b rendered) int { return strings.Compare(a.name, b.name) })
	return all, nil
}

// valuesNote is a warning that Helm logs, in our words where it names a value.
func valuesNote(line string, root *chart.Chart) Note {
	text := strings.TrimPrefix(strings.TrimPrefix(line, "warning: "), "Warning: ")
	n := Note{Summary: "Helm: " + strings.TrimSuffix(text, ".")}
	switch {
	case strings.HasPrefix(text, "skipped value for "):
		at := strings.TrimSuffix(strings.TrimPrefix(text, "skipped value for "), ": Not a table.")
		n = Note{Summary: fmt.Sprintf("value `%s` is a map, but not in the chart's values.yaml", inValues(at, root)),
			Detail: "The map replaces the chart's default.", Value: strings.Split(inValues(at, root), ".")}
	case strings.HasPrefix(text, "cannot overwrite table with non table for "):
		at, _, _ := strings.Cut(strings.TrimPrefix(text, "cannot overwrite table with non table for "), " ")
		n = Note{Summary: fmt.Sprintf("value `%s` is no map, but it is one in the chart's values.yaml", inValues(at, root)),
			Detail: "The value replaces the whole map.", Value: strings.Split(inValues(at, root), ".")}
	case strings.HasPrefix(text, "destination for "):
		at, _, _ := strings.Cut(strings.TrimPrefix(text, "destination for "), " ")
		n = Note{Summary: fmt.Sprintf("value `%s` is a map, but not in the chart's values.yaml", inValues(at, root)),
			Detail: "The map replaces the chart's default.", Value: strings.Split(inValues(at, root), ".")}
	}
	return n
}

// inValues takes the name of the top chart off a path in Helm's warnings.
func inValues(at string, root *chart.Chart) string {
	return strings.TrimPrefix(at, path.Clean(root.Name())+".")
}
