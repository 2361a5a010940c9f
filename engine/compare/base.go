package compare

import (
	"bytes"
	"fmt"

	"github.com/weir-dev/weir/engine/checkout"
	"github.com/weir-dev/weir/engine/review"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// baseOf finds the commit to compare with: the one that is named or, as forges
// show a pull request, the last one that it has in common with the head.
func baseOf(repository checkout.Checkout, o Options, head string) (review.Point, error) {
	point := review.Point{Kind: review.Revision, Ref: o.Base}
	named, err := work.Resolve(repository, "--base", o.Base)
	if err != nil {
		return point, err
	}
	if point.Commit = named; o.Exact {
		return point, nil
	}
	commit, known, err := repository.MergeBase(named, head)
	switch {
	case err != nil:
		return point, err
	case commit == named:
		return point, nil
	case commit != "":
		point.Ref, point.Commit = "merge base with "+o.Base, commit
		return point, nil
	case !known:
		return point, diag.Refuse(diag.Errorf(diag.Range{}, "Where the history left %s cannot be told", o.Base).
			Detailf("--base compares with the last commit that %s and %s have in common, and the clone is a shallow one, which ends before.", o.Base, state.Hash(head).Short()).
			Remedyf("Fetch more of the history: `git fetch --unshallow`, or fetch-depth: 0 of a CI's checkout. --exact compares with %s itself.", o.Base))
	}
	return point, diag.Refuse(diag.Errorf(diag.Range{}, "No commit is in the history of both %s and %s", o.Base, state.Hash(head).Short()).
		Detailf("--base compares with the last commit that both have in their history.").
		Remedyf("--exact compares with %s itself.", o.Base))
}

// marked puts what was found in another revision of the project where a person
// finds it: <commit>:<file>, as for `git show`, with the line.
func marked(found diag.List, commit string, p *schema.Project) diag.List {
	mark := func(r diag.Range) diag.Range {
		if r.File == "" {
			return r
		}
		if r.Text == "" && r.Start.Line > 0 {
			lines := bytes.Split(p.Sources(r.File), []byte("\n"))
			if r.Start.Line <= len(lines) {
				r.Text = string(lines[r.Start.Line-1])
			}
		}
		r.File = fmt.Sprintf("%.10s:%s", commit, r.File)
		return r
	}
	all := make(diag.List, len(found))
	for i, d := range found {
		d.Subject = mark(d.Subject)
		related := make([]diag.Related, len(d.Related))
		for j, r := range d.Related {
			related[j] = diag.Related{Range: mark(r.Range), Note: r.Note}
		}
		d.Related = related
		all[i] = d
	}
	return all
}
