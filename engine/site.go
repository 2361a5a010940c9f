package engine

import (
	"context"
	"errors"
	"path"
	"path/filepath"
	"slices"

	"github.com/weir-dev/weir/engine/cache"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// site is one cluster in a run: its committed state, what is staged on it, and
// the releases that are worked on.
type site struct {
	cluster    schema.Cluster
	at         state.Location
	repository state.Repository
	base       *state.Snapshot
	stage      *state.Stage
	change     *state.Change
	commit     *state.Result
	jobs       []*job
	moved      []schema.Moved
	why        map[state.Key]string // of each removal
}

// job is one release of one target on its way.
type job struct {
	site    *site
	target  *plan.Target
	release *plan.Release
	product *product
	kept    int // unstable fields carried over
}

func (j *job) key() state.Key {
	return state.Key{Environment: j.release.Environment, Release: j.release.Name}
}

// String names a job where a person reads it.
func (j *job) String() string {
	return j.key().String() + "@" + j.release.Cluster.Name
}

// sites are all clusters of a run, in the plan's order.
type sites struct {
	all   []*site
	plain *state.Plain // nil unless plain files are asked for
}

func (all *sites) close() {
	for _, s := range all.all {
		s.repository.Close()
	}
	if all.plain != nil {
		all.plain.Discard()
	}
}

// open looks at the state of every cluster; nothing is created yet.
func (run Run) open(ctx context.Context, p *plan.Plan, o HydrateOptions) (*sites, diag.List, error) {
	all := &sites{}
	var found diag.List
	for _, cluster := range p.Clusters {
		if cluster.State.Repository != "" && o.Out == "" {
			found = append(found, diag.Diagnostic{
				Summary: "Remote state repositories are not supported yet",
				Subject: cluster.State.Range,
				Detail:  "Cluster \"" + cluster.Name + "\" keeps its state in a remote repository.",
				Remedy:  "Leave out `repository` to use the embedded default, a local Git repository in state/" + cluster.Name + ", or write plain files with --out DIR.",
			})
			continue
		}
		s := &site{cluster: cluster, at: state.Default(run.Dir, cluster.Name, cluster.State.Branch), moved: p.Moved, why: map[state.Key]string{}}
		list, err := refusal(s.begin(ctx, o))
		found = append(found, list...)
		if err != nil {
			return nil, found, err
		}
		all.all = append(all.all, s)
	}
	if found.HasErrors() {
		return nil, found, nil
	}
	if o.Out != "" {
		plain, err := state.NewPlain(o.Out)
		if list, err := refusal(err); err != nil || list.HasErrors() {
			return nil, append(found, list...), err
		}
		all.plain = plain
	}
	for i := range p.Targets {
		target := &p.Targets[i]
		at := slices.IndexFunc(all.all, func(s *site) bool { return s.cluster.Name == target.Cluster.Name })
		for _, r := range target.Releases {
			all.all[at].jobs = append(all.all[at].jobs, &job{site: all.all[at], target: target, release: r})
		}
	}
	return all, found, nil
}

func (s *site) begin(ctx context.Context, o HydrateOptions) (err error) {
	if s.repository, err = state.Open(ctx, s.at); err != nil {
		return err
	}
	if s.base, err = s.repository.Head(ctx); err != nil {
		return err
	}
	switch {
	case o.Out != "":
		s.stage = state.NewPreview(&state.Snapshot{}) // only for the checks: plain files begin with nothing
	case o.Check:
		s.stage = state.NewPreview(s.base)
	default:
		s.stage = state.NewStage(s.base)
	}
	return nil
}

// render hydrates all jobs and stages what they made. Releases that must wait
// for what others define, or for committed values, come in a second round.
func (run Run) render(ctx context.Context, all *sites, o HydrateOptions) (diag.List, error) {
	var jobs []*job
	for _, s := range all.all {
		jobs = append(jobs, s.jobs...)
	}
	h := run.hydrator()
	found := make([]diag.List, len(jobs))
	name := func(i int) string { return jobs[i].String() }
	if run.Progress != nil {
		run.Progress.Total(len(jobs) + all.commits(o))
	}
	err := each(ctx, run.Jobs, len(jobs), name, func(ctx context.Context, i int) (err error) {
		defer run.watch(jobs[i].String())()
		found[i], err = run.job(ctx, h, all, jobs[i], o)
		return err
	})
	listed := gather(found)
	if err != nil || listed.HasErrors() {
		return listed, err
	}
	for _, s := range all.all {
		list, err := refusal(s.settle(ctx, h, all.plain, o))
		listed = append(listed, list...)
		if err != nil {
			return listed, err
		}
	}
	return listed, nil
}

// job hydrates one release and stages it, unless it has to wait.
func (run Run) job(ctx context.Context, h *hydrator, all *sites, j *job, o HydrateOptions) (diag.List, error) {
	p, found, err := h.hydrate(ctx, j.release, slices.Contains(o.Regenerate, j.release.Name))
	if err != nil || found.HasErrors() {
		return found, err
	}
	if o.Verify {
		verified, err := h.verify(ctx, j.release)
		found = append(found, verified...)
		if err != nil {
			return found, err
		}
	}
	j.product = p
	if !p.settled() {
		p.letGo() // not to be held until its turn comes
		return found, nil
	}
	list, err := refusal(j.place(ctx, h, all.plain))
	return append(found, list...), err
}

// place stages a product as it is.
func (j *job) place(ctx context.Context, h *hydrator, plain *state.Plain) error {
	if plain == nil {
		committed, err := j.site.base.Fingerprint(j.key())
		if err != nil {
			return err
		}
		if committed == j.product.Fingerprint {
			j.product.letGo()
			j.site.stage.Keep(j.key(), j.product.Files)
			return nil
		}
	}
	release, err := j.files(ctx, h)
	if err != nil {
		return err
	}
	return j.put(plain, release)
}

// files returns the files of a job's product, which lets go of them. What the
// cache lost or spoilt is rendered again.
func (j *job) files(ctx context.Context, h *hydrator) (state.Release, error) {
	release, err := j.product.wake(j.key())
	if errors.Is(err, cache.ErrCorrupt) {
		j.product.record.Drop()
		again, found, failed := h.hydrate(ctx, j.release, true)
		switch {
		case failed != nil:
			return state.Release{}, failed
		case again == nil:
			return state.Release{}, diag.Refuse(found...)
		}
		j.product = again
		release, err = again.wake(j.key())
	}
	if err != nil {
		return state.Release{}, err
	}
	j.product.letGo()
	return *release, nil
}

func (j *job) put(plain *state.Plain, r state.Release) error {
	if plain != nil {
		if err := plain.Put(j.site.cluster.Name, r); err != nil {
			return err
		}
	}
	r.Declared = j.release.Range
	return j.site.stage.Put(r)
}

// stateName is what a person calls the place of a cluster's state.
func stateName(cluster string, o HydrateOptions) string {
	if o.Out != "" {
		return filepath.Join(o.Out, cluster)
	}
	return path.Join("state", cluster)
}
