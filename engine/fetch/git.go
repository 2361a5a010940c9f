package fetch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// NewGit is the source of charts in Git repositories. A revision is locked to the
// commit that it is at; the files are those of the directory in that commit, as a
// directory of the project would be read (git_chart.go). Each repository is asked
// for its names once, and for each commit once, however many charts are in it.
func NewGit(access *Access) Source {
	return &git{access: access}
}

type git struct {
	access  *Access
	names   memo[remote.Refs] // by address
	commits memo[commit]      // by address and id
}

// commit is what a repository had at some time.
type commit struct {
	files fs.FS
	bytes int64 // that were transferred
}

// Resolve implements Source.
func (g *git) Resolve(ctx context.Context, ref schema.Chart) (Found, error) {
	at, err := schema.ParseGit(ref.Source)
	if err != nil {
		return Found{}, err
	}
	if at.IsCommit() {
		return Found{Origin: at.String()}, nil
	}
	names, err := g.names.get(at.Address, func() (refs remote.Refs, err error) {
		return refs, g.ask(ctx, at.Address, func(r *remote.Remote) error { refs, err = r.Refs(ctx); return err })
	})
	if err != nil {
		return Found{}, err
	}
	tip := names.Tip(at.Rev)
	if tip.Commit.IsZero() {
		return Found{}, unnamed(at, names.Names())
	}
	found := Found{}
	if tip.Ref.IsTag() {
		found.Tag = tip.Ref.Short()
	}
	at.Rev = tip.Commit.String()
	found.Origin = at.String()
	return found, nil
}

// Fetch implements Source. What other charts of the commit have transferred
// already is not counted again.
func (g *git) Fetch(ctx context.Context, ref schema.Chart, pin schema.Locked) (Content, error) {
	at, err := schema.ParseGit(pin.Origin)
	if err != nil || !at.IsCommit() {
		return Content{}, refuse(fmt.Sprintf("the lock of chart %q names no commit", shown(ref)), fmt.Sprintf("Its origin is %q.", withoutLogin(pin.Origin)),
			"Somebody has edited the lock. Remove the entry and run `weir lock`.")
	}
	wanted, err := schema.ParseGit(ref.Source)
	if err != nil {
		return Content{}, err
	}
	first := false
	c, err := g.commits.get(at.Address+" "+at.Rev, func() (c commit, err error) {
		first = true
		return c, g.ask(ctx, at.Address, func(r *remote.Remote) error {
			c.files, err = r.FetchCommit(ctx, at.Rev, wanted.Rev, maxFile)
			c.bytes = r.Received()
			return err
		})
	})
	switch {
	case errors.Is(err, remote.ErrWithheld) && pin.SHA256 != "":
		return Content{}, withheld(ref, at, wanted, err)
	case err != nil:
		return Content{}, err
	}
	content := Content{}
	if first {
		content.Bytes = c.bytes
	}
	content.Files, err = inCommit(ctx, ref, at, c.files)
	return content, err
}

// ask talks to a repository, again where that may help.
func (g *git) ask(ctx context.Context, address string, talk func(*remote.Remote) error) error {
	r, err := remote.NewReader(address, "", g.access.Git)
	if err != nil {
		return err
	}
	return final(retrying(ctx, g.access.pause, func() error {
		err := talk(r)
		if remote.Temporary(err) {
			return temporary(err, 0)
		}
		return err
	}))
}

func unnamed(at schema.GitChart, names []string) error {
	if len(names) == 0 {
		return diag.Refuse(diag.Diagnostic{
			Summary: "the repository of a chart is empty", Subject: diag.Range{File: at.Address},
			Detail: "It has no branch and no tag.", Remedy: "Push the chart, or correct the address.",
		})
	}
	d := diag.Diagnostic{Summary: fmt.Sprintf("there is no branch or tag %q in the repository of a chart", at.Rev), Subject: diag.Range{File: at.Address}}
	return diag.Refuse(d.Suggest(at.Rev, names).Remedyf("Correct ref=…; `git ls-remote %s` lists what is there.", at.Address))
}

// withheld says of a commit that was there once that it is no longer.
func withheld(ref schema.Chart, at, wanted schema.GitChart, err error) error {
	list, _ := diag.Refused(err)
	d := diag.Diagnostic{
		Summary: fmt.Sprintf("the commit that chart %q is locked to is gone", shown(ref)), Subject: diag.Range{File: at.Address},
		Detail: fmt.Sprintf("Nothing leads from %s to %s any more: it was moved by force, or removed.", wanted.Rev, at.Rev),
		Remedy: "`weir update` locks what is there now. Where a colleague or a cache still has the chart, `weir vendor` there keeps it in the project, which no server can change.",
	}
	if wanted.IsCommit() {
		d.Detail = fmt.Sprintf("The server does not give out %s.", at.Rev)
		d.Remedy = "Name a branch or a tag that has the commit."
		if len(list) > 0 {
			d.Detail, d.Remedy = list[0].Detail, list[0].Remedy
		}
	}
	return diag.RefuseFor(err, d)
}
