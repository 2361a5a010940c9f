package engine

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/product"
	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
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
	message    state.Message // of the change
	jobs       []*job
	moved      []schema.Moved
	why        map[state.Key]string // of each removal
	kinds      map[string]bool      // what scopes found out, where it was asked
	asked      map[string][]byte    // Namespaces that are asked for, by path; nil: nobody wants to see them

	commit *state.Result // nil where none was tried or it failed
	found  diag.List     // while landing
	failed error         // likewise, of the machine
}

// remote tells whether the state is somewhere else.
func (s *site) remote() bool { return s.at.Remote != nil }

// writes tells whether the run is to change the state.
func (s *site) writes(o HydrateOptions) bool {
	return !o.Check && o.Out == "" && (!s.remote() || o.Push)
}

// landed tells whether everything that was to be written is.
func (s *site) landed() bool { return s.failed == nil && !s.found.HasErrors() }

// locate finds out where the state is. Plain files need no remote.
func (s *site) locate(run Run, o HydrateOptions) error {
	in := s.cluster.State
	switch {
	case in.Repository != "" && o.Out != "":
	case in.Repository != "":
		r, err := remoteOf(run, s.cluster, o.Access)
		if err != nil {
			return err
		}
		s.at = state.At(r, o.Clones, in.Branch)
		if o.Review != "" {
			return s.at.Reviewable(o.Review)
		}
	case o.Out != "" && run.Origin != nil:
	case run.Origin != nil:
		return diag.Refuse(diag.Errorf(s.cluster.Range, "Cluster %q has no remote for its state", s.cluster.Name).
			Detailf("Without one it is kept in state/%s of the project's directory, and with --from-git there is none.", s.cluster.Name).
			Remedyf("Give the cluster a remote, state { repository = … }; select others with -c; or write plain files with --out."))
	case o.Review != "":
		return diag.Refuse(diag.Errorf(s.cluster.Range, "Cluster %q has no remote for a review branch", s.cluster.Name).
			Detailf("Its state is the local repository state/%s, which --branch does not write.", s.cluster.Name).
			Remedyf("Give the cluster a remote, state { repository = … }, or select others with -c."))
	default:
		s.at = state.Default(run.Dir, s.cluster.Name, in.Branch)
	}
	return nil
}

// remoteOf is the repository that a cluster keeps its state in.
func remoteOf(run Run, c schema.Cluster, access *remote.Access) (*remote.Remote, error) {
	if run.Origin != nil && isRelative(c.State.Repository) {
		return nil, diag.Refuse(diag.Errorf(c.State.Range, "The state of cluster %q is at a path of the project's directory", c.Name).
			Detailf("With --from-git there is no such directory for %q to begin at.", c.State.Repository).
			Remedyf("Write the whole address."))
	}
	r, err := remote.New(c.State.Repository, run.Dir, access)
	return r, at(c.State.Range, err)
}

// isRelative tells whether an address is a path that begins somewhere else.
func isRelative(address string) bool {
	host, _, remote := strings.Cut(address, ":")
	return !filepath.IsAbs(address) && (!remote || strings.Contains(host, "/"))
}

// at gives the diagnostics of an error a place in the project.
func at(place diag.Range, err error) error {
	list, ok := diag.Refused(err)
	if !ok {
		return err
	}
	list = slices.Clone(list)
	for i := range list {
		list[i].Subject = place
	}
	return diag.RefuseFor(err, list...)
}

// placed gives what is wrong with a state that is somewhere else its line in the
// project, which is where a person repairs most of it.
func (s *site) placed(err error) error {
	if !s.remote() {
		return err
	}
	list, ok := diag.Refused(err)
	if !ok {
		if list, ok = remote.Unexplained(err); !ok {
			return err
		}
	}
	list = slices.Clone(list)
	for i, d := range list {
		if d.Subject.File == "" || d.Subject.Start.Line > 0 {
			continue
		}
		list[i].Subject = s.cluster.State.Range
		list[i].Related = slices.Insert(slices.Clone(d.Related), 0, diag.Related{Range: d.Subject, Note: fmt.Sprintf("the state of cluster %q", s.cluster.Name)})
	}
	return diag.RefuseFor(err, list...)
}

// sameState refuses two clusters that would write one branch of one repository:
// each would take away what is the other's.
func sameState(run Run) diag.List {
	var found diag.List
	first := map[string]schema.Cluster{}
	for _, c := range run.Project.Clusters() {
		if c.State.Repository == "" {
			continue
		}
		key := reallyAt(run, c.State.Repository) + " " + c.State.Branch
		other, ok := first[key]
		if !ok {
			first[key] = c
			continue
		}
		found = append(found, diag.Errorf(c.State.Range, "Clusters %q and %q have one state repository", other.Name, c.Name).
			Detailf("Both write branch %s of it. A state repository says what runs in one cluster.", c.State.Branch).
			Remedyf("Give each cluster a repository of its own, or at least a branch.").
			Also(other.State.Range, "the other one"))
	}
	return found
}

// reallyAt is an address in a form to compare, however it is written: that
// of a path is where it really leads.
func reallyAt(run Run, address string) string {
	local := strings.TrimPrefix(address, "file://")
	if local == address && !isRelative(address) && !filepath.IsAbs(address) {
		return repositoryName(address)
	}
	if !filepath.IsAbs(local) {
		local = filepath.Join(run.Dir, local)
	}
	if whole, err := filepath.Abs(local); err == nil {
		local = whole
	}
	if real, err := filepath.EvalSymlinks(local); err == nil {
		local = real
	}
	return withoutSuffix(filepath.ToSlash(local))
}

// job is one release of one target on its way.
type job struct {
	site    *site
	target  *plan.Target
	release *plan.Release
	product *product.Product
	kept    int // unstable fields carried over
}

func (j *job) key() state.Key {
	return state.Key{Environment: j.release.Environment, Release: j.release.Name}
}

// String names a job where a person reads it.
func (j *job) String() string { return j.release.String() }

// sites are all clusters of a run, in the plan's order.
type sites struct {
	all   []*site
	plain *state.Plain // nil unless plain files are asked for
	h     *product.Maker
	order *order // nil for plain files
}

func (all *sites) close() {
	for _, s := range all.all {
		if s.repository != nil {
			s.repository.Close()
		}
	}
	if all.plain != nil {
		all.plain.Discard()
	}
}

// connections is how many state repositories a run talks to at once. They wait
// for others most of the time, so it has nothing to do with the machine.
const connections = 10

// openSites looks at the state of every cluster, many at once; nothing is created
// yet. What is open has to be closed even where there is an error.
func openSites(ctx context.Context, run Run, p *plan.Plan, o HydrateOptions) (*sites, diag.List, error) {
	all := &sites{h: product.NewMaker(run)}
	found := sameState(run)
	for _, cluster := range p.Clusters {
		s := &site{cluster: cluster, moved: p.Moved}
		list, err := work.Refusal(s.locate(run, o))
		found = append(found, list...)
		if err != nil {
			return all, found, err
		}
		all.all = append(all.all, s)
	}
	if found.HasErrors() {
		return all, found, nil
	}
	if o.Out == "" {
		order, err := orderOf(run, o)
		if err != nil {
			return all, found, err
		}
		all.order = order
	}
	if o.Out != "" {
		plain, err := state.NewPlain(o.Out)
		if list, err := work.Refusal(err); err != nil || list.HasErrors() {
			return all, append(found, list...), err
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
	run.Expect(all.work(o))
	lists := make([]diag.List, len(all.all))
	err := work.Each(ctx, connections, len(all.all), all.name, func(ctx context.Context, i int) (err error) {
		s := all.all[i]
		if s.remote() {
			defer run.Watch("fetch " + s.cluster.Name)()
		}
		lists[i], err = work.Refusal(s.open(ctx, o))
		return err
	})
	return all, append(found, work.Gather(lists)...), err
}

func (all *sites) name(i int) string { return "the state of cluster " + all.all[i].cluster.Name }

// work is how much of it whoever watches may expect.
func (all *sites) work(o HydrateOptions) int {
	n := 0
	for _, s := range all.all {
		n += len(s.jobs)
		if s.remote() {
			n++
		}
		if s.writes(o) {
			n++
		}
	}
	return n
}

// open begins a site, and again where its remote does not answer at once.
func (s *site) open(ctx context.Context, o HydrateOptions) error {
	return o.Try(ctx, func() error { return s.begin(ctx, o) })
}

// begin reads a state and starts to stage on it, or does so once more: a
// repository that was open may not see what others have written since.
func (s *site) begin(ctx context.Context, o HydrateOptions) error {
	if s.repository != nil {
		err := s.repository.Close()
		s.repository = nil
		if err != nil {
			return err
		}
	}
	s.base, s.stage, s.why = &state.Snapshot{}, nil, map[state.Key]string{}
	for _, j := range s.jobs {
		j.kept = 0
	}
	if s.at.Dir != "" {
		if err := s.read(ctx); err != nil {
			return err
		}
	}
	switch {
	case o.Out != "":
		s.stage = state.NewPreview(&state.Snapshot{}) // only for the checks: plain files begin with nothing
	case s.writes(o):
		s.stage = state.NewStage(s.base)
	default:
		s.stage = state.NewPreview(s.base)
	}
	return nil
}

// read opens a state and reads its last commit.
func (s *site) read(ctx context.Context) error {
	repository, err := state.Open(ctx, s.at)
	if err != nil {
		return s.placed(err)
	}
	s.repository = repository
	s.base, err = repository.Head(ctx)
	return s.placed(err)
}

// renderAll hydrates all jobs and stages what they made. Releases that must wait
// for what others define, or for committed values, come in a second round.
func renderAll(ctx context.Context, run Run, all *sites, o HydrateOptions) (diag.List, error) {
	var jobs []*job
	for _, s := range all.all {
		jobs = append(jobs, s.jobs...)
	}
	found := make([]diag.List, len(jobs))
	name := func(i int) string { return jobs[i].String() }
	err := work.Each(ctx, run.Jobs, len(jobs), name, func(ctx context.Context, i int) (err error) {
		defer run.Watch(jobs[i].String())()
		found[i], err = hydrateJob(ctx, run, all, jobs[i], o)
		return err
	})
	listed := work.Together(work.Gather(found))
	if err != nil || listed.HasErrors() {
		return listed, err
	}
	for _, s := range all.all {
		list, err := work.Refusal(s.settle(ctx, all.h, all.plain, o))
		listed = append(listed, list...)
		if err != nil {
			return listed, err
		}
	}
	return listed, nil
}

// hydrateJob hydrates one release and stages it, unless it has to wait.
func hydrateJob(ctx context.Context, run Run, all *sites, j *job, o HydrateOptions) (diag.List, error) {
	make := all.h.Make
	if slices.Contains(o.Regenerate, j.release.Name) {
		make = all.h.MakeAnew
	}
	p, found, err := make(ctx, j.release)
	if err != nil || found.HasErrors() {
		return found, err
	}
	if o.Verify {
		verified, err := all.h.Verify(ctx, j.release)
		found = append(found, verified...)
		if err != nil {
			return found, err
		}
	}
	j.product = p
	if !p.Settled() {
		p.LetGo() // not to be held until its turn comes
		return found, nil
	}
	list, err := work.Refusal(j.place(ctx, all.h, all.plain))
	return append(found, list...), err
}

// place stages a product as it is.
func (j *job) place(ctx context.Context, h *product.Maker, plain *state.Plain) error {
	if plain == nil {
		committed, err := j.site.base.Fingerprint(j.key())
		if err != nil {
			return err
		}
		if committed == j.product.Fingerprint {
			j.product.LetGo()
			j.site.stage.Keep(j.key(), j.product.Files)
			return nil
		}
	}
	release, err := h.Files(ctx, j.release, j.product)
	if err != nil {
		return err
	}
	return j.put(plain, release)
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
