package fetch

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// inCommit reads the chart of a directory of a commit, with what it takes from
// other directories of the same commit (file://). Dependencies that are somewhere
// else are left to the Library of whoever loads the chart.
func inCommit(ctx context.Context, ref schema.Chart, at schema.GitChart, fsys fs.FS) ([]File, error) {
	info, err := fs.Stat(fsys, at.Directory)
	if err == nil && info.IsDir() {
		_, err = fs.Stat(fsys, path.Join(at.Directory, "Chart.yaml"))
	}
	if err != nil {
		return nil, noChart(at, fsys, info != nil)
	}
	l := &loading{ctx: ctx, fsys: fsys, whole: "repository", ref: schema.Chart{Source: ref.Source, Path: at.Directory}, partly: true}
	files := l.chart(at.Directory)
	if !l.found.HasErrors() {
		files = l.resolve("", files)
	}
	if l.found.HasErrors() {
		for i := range l.found {
			d := &l.found[i]
			d.Subject = inRepository(at, fsys, d.Subject)
			d.Related = slices.Clone(d.Related)
			for j := range d.Related {
				d.Related[j].Range = inRepository(at, fsys, d.Related[j].Range)
			}
		}
		return nil, diag.Refuse(l.found...)
	}
	return files, nil
}

// inRepository is a place as people read it who have no checkout.
func inRepository(at schema.GitChart, fsys fs.FS, r diag.Range) diag.Range {
	if r.File == "" {
		return r
	}
	if data, err := fs.ReadFile(fsys, r.File); err == nil && r.Text == "" {
		r.Text = File{Packed: true, Data: data}.line(r.Start.Line).Text
	}
	r.File = at.Address + "//" + r.File
	return r
}

// chartsNamed is how many charts a message lists.
const chartsNamed = 8

// noChart says that a directory has no chart in it, and where there are some.
func noChart(at schema.GitChart, fsys fs.FS, exists bool) error {
	if d, ok := inSubmodule(at, fsys); ok {
		return diag.Refuse(d)
	}
	d := diag.Diagnostic{Summary: fmt.Sprintf("there is no directory %q in the repository of a chart", at.Directory), Subject: diag.Range{File: at.Address}}
	if exists {
		d.Summary = fmt.Sprintf("directory %q in a repository is no chart", at.Directory)
		d.Detail = "It has no Chart.yaml."
		if at.Directory == "." {
			d.Summary = "a repository has no chart at its root"
			d.Detail = "There is no Chart.yaml."
		}
	}
	d.Detail = strings.TrimSpace(d.Detail + fmt.Sprintf(" This is of its commit %s.", at.Rev[:12]))
	charts := chartsIn(fsys)
	if len(charts) == 0 {
		return diag.Refuse(d.Remedyf("Name a repository that holds charts: there is none in this one."))
	}
	for _, c := range charts {
		if path.Base(c) == path.Base(at.Directory) {
			return diag.Refuse(d.Remedyf("Did you mean //%s?", c))
		}
	}
	listed := strings.Join(charts[:min(len(charts), chartsNamed)], ", ")
	if len(charts) > chartsNamed {
		listed += fmt.Sprintf(" and %d more", len(charts)-chartsNamed)
	}
	return diag.Refuse(d.Detailf("%s Charts are in: %s.", d.Detail, listed).Suggest(at.Directory, charts).Remedyf("Name the chart's directory behind //."))
}

// chartsIn are the directories with charts, but for those inside of charts.
func chartsIn(fsys fs.FS) []string {
	var charts []string
	left := maxFiles
	_ = fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if left--; err != nil || left < 0 {
			return fs.SkipAll // what was seen will do for a message
		}
		if !entry.IsDir() {
			return nil
		}
		if _, err := fs.Stat(fsys, path.Join(name, "Chart.yaml")); err == nil && name != "." {
			charts = append(charts, name)
			return fs.SkipDir
		}
		return nil
	})
	return charts
}

// inSubmodule tells whether a directory is in another repository, which Git
// leaves empty.
func inSubmodule(at schema.GitChart, fsys fs.FS) (diag.Diagnostic, bool) {
	data, err := fs.ReadFile(fsys, ".gitmodules")
	if err != nil {
		return diag.Diagnostic{}, false
	}
	var module, address string
	found := func() bool {
		return module != "" && address != "" && strings.HasPrefix(at.Directory+"/", module+"/")
	}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan() && !found(); {
		key, value, _ := strings.Cut(lines.Text(), "=")
		switch key = strings.TrimSpace(key); {
		case key == "path":
			module = strings.Trim(strings.TrimSpace(value), "/")
		case key == "url":
			address = withoutLogin(strings.TrimSpace(value))
		case strings.HasPrefix(key, "["):
			module, address = "", "" // the next one
		}
	}
	if !found() {
		return diag.Diagnostic{}, false
	}
	there := schema.GitChart{Address: address, Directory: cmp.Or(strings.Trim(strings.TrimPrefix(at.Directory, module), "/"), "."), Rev: "HEAD"}
	d := diag.Diagnostic{
		Summary: fmt.Sprintf("directory %q of a chart is in a submodule", at.Directory), Subject: diag.Range{File: at.Address},
		Detail: fmt.Sprintf("%s is another repository, %s, and submodules are not fetched.", module, address),
	}
	return d.Remedyf("Name that repository itself: %s?ref=…", there), true
}
