package land

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/site"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/schema/diag"
)

// uncommittedIn warns who pushes of changes to the project that nobody else has.
func uncommittedIn(g *site.Group) (diag.List, error) {
	if !g.Options.Push || !slices.ContainsFunc(g.Sites, func(s *site.Site) bool { return s.Remote() && !s.Change.Empty() }) {
		return nil, nil
	}
	changed, err := g.Order.Changed()
	if err != nil || len(changed) == 0 {
		return nil, err
	}
	names := strings.Join(changed[:min(len(changed), 5)], ", ")
	if more := len(changed) - 5; more > 0 {
		names += fmt.Sprintf(" and %d more", more)
	}
	return diag.List{diag.Warningf(diag.Range{File: changed[0]}, "What is pushed is of a project with uncommitted changes").
		Detailf("Commit %s of the project does not have these as this run read them: %s. Nobody else can hydrate the same; the commits say so with -dirty behind the project's.", state.Hash(g.Order.Source.Commit).Short(), names).
		Remedyf("Commit them and hydrate again.")}, nil
}

// foresee tells of changes that are not written now why they could not be: a
// check fails where the run that it stands for would, anything else is warned.
func foresee(ctx context.Context, g *site.Group, all []*Outcome) error {
	if g.Options.ForceOlder || g.Options.Out != "" {
		return nil
	}
	found, err := g.Overtaken(ctx)
	for i, o := range all {
		if o.Found = found[i]; !g.Options.Check {
			o.Found = site.Softened(found[i], "A push would be refused.")
		}
	}
	return err
}
