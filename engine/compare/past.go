package compare

import (
	"context"
	"errors"
	"slices"

	"github.com/weir-dev/weir/engine/checkout"
	"github.com/weir-dev/weir/engine/review"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
)

// pastProject is the project at a commit, or why nobody can tell what it was.
type pastProject struct {
	run work.Run
	why string
}

// projectAt is the project as it was at one of its commits, read once.
func (c *Comparison) projectAt(run work.Run, commit string, o Options) (old work.Run, why string, err error) {
	known, ok := c.past[commit]
	if !ok {
		if known.run, known.why, err = readProjectAt(run, commit, o); err != nil {
			return run, "", err
		}
		if c.past == nil {
			c.past = map[string]pastProject{}
		}
		if c.past[commit] = known; known.why == "" {
			c.Secrets = append(c.Secrets, known.run.Project.Sensitive()...)
		}
	}
	return known.run, known.why, nil
}

func readProjectAt(run work.Run, commit string, o Options) (old work.Run, why string, err error) {
	if run.Origin != nil {
		return run, "its history is not here.", nil
	}
	repository, err := checkout.Of(run.Dir)
	if err != nil {
		return run, "", err
	}
	if !repository.Exists() {
		return run, "the project is in no Git repository.", nil
	}
	unknown := (*checkout.UnknownError)(nil)
	if _, err := repository.Resolve(commit); errors.As(err, &unknown) {
		return run, "it is not in this clone.", nil
	} else if err != nil {
		return run, "", err
	}
	old, found, err := runAt(run, o, review.Point{Kind: review.Revision, Ref: commit, Commit: commit})
	if err == nil && found.HasErrors() {
		why = "the project cannot be read there."
	}
	return old, why, err
}

// remember brings the project as it was at the commits that states were hydrated
// from: what was sensitive then is nobody's to read now. What is not in this clone
// is left out.
func (c *Comparison) remember(ctx context.Context, run work.Run, o Options, states func(cluster string) []*state.Snapshot) error {
	if run.Origin != nil {
		return nil
	}
	if repository, err := checkout.Of(run.Dir); err != nil || !repository.Exists() {
		return err
	}
	environments := map[string][]string{}
	var clusters []string
	for _, p := range c.Pairs {
		if environments[p.Cluster] == nil {
			clusters = append(clusters, p.Cluster)
		}
		if !slices.Contains(environments[p.Cluster], p.Environment) {
			environments[p.Cluster] = append(environments[p.Cluster], p.Environment)
		}
	}
	for _, cluster := range clusters {
		for _, at := range states(cluster) {
			hydrations, err := at.HydratedFrom(ctx, environments[cluster], o.Now)
			if err != nil {
				return err
			}
			for _, h := range hydrations {
				for _, source := range h.Sources {
					if _, _, err := c.projectAt(run, source.Commit, o); err != nil {
						return err
					}
				}
			}
		}
	}
	if o.States != "" || o.NoCauses {
		c.past = nil // nobody plans them
	}
	return nil
}
