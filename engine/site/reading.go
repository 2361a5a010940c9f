package site

import (
	"context"
	"errors"
	"fmt"

	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// Reading is what a verb that reads states needs of the machine.
type Reading struct {
	Access *remote.Access // what connections may use
	Clones string         // where copies of remotes are kept between runs
}

// Read opens the states of clusters, many at once, does something with each, and
// closes it.
func Read(ctx context.Context, run work.Run, o Reading, clusters []schema.Cluster, do func(ctx context.Context, i int, s *Site) error) (diag.List, error) {
	g, found, err := Hold(ctx, run, o, clusters, func(ctx context.Context, i int, s *Site) error {
		err := do(ctx, i, s)
		return errors.Join(err, s.close())
	})
	g.Close()
	return found, err
}

// Hold does the same and leaves the states open: they have to be closed even where
// there is an error.
func Hold(ctx context.Context, run work.Run, o Reading, clusters []schema.Cluster, do func(ctx context.Context, i int, s *Site) error) (*Group, diag.List, error) {
	g := &Group{Run: run, Options: Options{Access: o.Access, Clones: o.Clones}}
	for _, cluster := range clusters {
		g.Sites = append(g.Sites, &Site{Cluster: cluster, in: g})
	}
	found := make([]diag.List, len(clusters))
	run.Expect(len(clusters))
	err := work.Each(ctx, Connections, len(clusters), g.name, func(ctx context.Context, i int) error {
		s := g.Sites[i]
		defer run.Watch("read " + s.Cluster.Name)()
		err := s.locate()
		if err == nil {
			err = s.read(ctx)
		}
		if err == nil {
			err = do(ctx, i, s)
		}
		if found[i], err = work.Refusal(err); err != nil {
			return fmt.Errorf("read the state of cluster %s: %w", s.Cluster.Name, err)
		}
		return nil
	})
	return g, work.Gather(found), err
}
