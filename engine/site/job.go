package site

import (
	"context"
	"slices"

	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/product"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema/diag"
)

// Job is one release of one target on its way.
type Job struct {
	Release *plan.Release
	Product *product.Product
	Kept    int // unstable fields carried over

	site   *Site
	target *plan.Target
}

// Key is the release's in the state.
func (j *Job) Key() state.Key {
	return state.Key{Environment: j.Release.Environment, Release: j.Release.Name}
}

// hydrate makes one release and stages it, unless it has to wait.
func (j *Job) hydrate(ctx context.Context) (diag.List, error) {
	o, maker := j.site.in.Options, j.site.in.Maker
	make := maker.Make
	if slices.Contains(o.Regenerate, j.Release.Name) {
		make = maker.MakeAnew
	}
	p, found, err := make(ctx, j.Release)
	if err != nil || found.HasErrors() {
		return found, err
	}
	if o.Verify {
		verified, err := maker.Verify(ctx, j.Release)
		found = append(found, verified...)
		if err != nil {
			return found, err
		}
	}
	j.Product = p
	if !p.Settled() {
		p.LetGo() // not to be held until its turn comes
		return found, nil
	}
	list, err := work.Refusal(j.place(ctx))
	return append(found, list...), err
}

// place stages a product as it is.
func (j *Job) place(ctx context.Context) error {
	if j.site.in.Plain == nil {
		committed, err := j.site.Base.Fingerprint(j.Key())
		if err != nil {
			return err
		}
		if committed == j.Product.Fingerprint {
			j.Product.LetGo()
			j.site.stage.Keep(j.Key(), j.Product.Files)
			return nil
		}
	}
	release, err := j.files(ctx)
	if err != nil {
		return err
	}
	return j.put(release)
}

func (j *Job) files(ctx context.Context) (state.Release, error) {
	return j.site.in.Maker.Files(ctx, j.Release, j.Product)
}

func (j *Job) put(r state.Release) error {
	if plain := j.site.in.Plain; plain != nil {
		if err := plain.Put(j.site.Cluster.Name, r); err != nil {
			return err
		}
	}
	r.Declared = j.Release.Range
	return j.site.stage.Put(r)
}
