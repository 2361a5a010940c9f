package compare

import (
	"fmt"

	"github.com/weir-dev/weir/engine/checkout"
	"github.com/weir-dev/weir/engine/review"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
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

// nothingNew warns of a --head that has nothing which --base does not have: who
// goes back to an older revision asks for another comparison.
func nothingNew(o Options, c *Comparison) diag.List {
	if o.Head == "" || c.Head.Commit != c.Base.Commit || c.Base.Ref == o.Base {
		return nil
	}
	return diag.List{diag.Warningf(diag.Range{}, "--head %s has nothing that --base %s does not have", o.Head, o.Base).
		Detailf("Its commit is in the history of %s, so nothing was changed since it left it.", o.Base).
		Remedyf("--exact compares with %s itself: what going back to %s would change.", o.Base, o.Head)}
}

// points are the two revisions.
func points(run work.Run, o Options) (*Comparison, error) {
	c := &Comparison{}
	var err error
	if c.Head, err = pointOf(run); err != nil {
		return nil, err
	}
	repository, err := work.Repository(run.Dir, "--base")
	if err != nil {
		return nil, err
	}
	if c.Base, err = baseOf(repository, o, c.Head.Commit); err != nil {
		return nil, err
	}
	c.Command = fmt.Sprintf("--base %.12s", c.Base.Commit)
	if o.Exact {
		c.Command += " --exact"
	}
	return c, nil
}
