package compare

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/risk"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
)

// Others answer what rules ask about the releases of a cluster that stay as they
// are. Nothing is read before somebody asks, then the lists of objects of those
// that may have what is asked for, then only such objects.
type Others struct {
	ctx  context.Context // of the rules that ask, which are pure
	jobs int
	list func(context.Context) ([]*other, error)

	all    []*other
	listed bool
	err    error // the first one
}

// other is a release that stays as it is.
type other struct {
	risk.Owner
	may   func(context.Context, want) (bool, error) // whether it may have such objects; nil: to look is cheap
	files func(context.Context) ([]state.FileEntry, error)
	read  func(ctx context.Context, i int) ([]byte, error)

	known  []state.FileEntry
	looked bool
}

// want is what is asked for; what is empty may be anything.
type want struct {
	kind, name string
	namespaces []string
	word       string // stands somewhere in the object
}

// Owners are the releases that have objects.
func (o *Others) Owners(ids []manifest.ID) map[manifest.ID][]risk.Owner {
	wants := make([]want, len(ids))
	wanted := map[manifest.ID]bool{}
	for i, id := range ids {
		wants[i] = want{kind: id.Kind, name: id.Name, namespaces: []string{id.Namespace}}
		wanted[id] = true
	}
	found := map[manifest.ID][]risk.Owner{}
	for _, r := range o.having(wants) {
		for _, file := range r.known {
			if file.Hook == nil && wanted[file.Object] {
				found[file.Object] = append(found[file.Object], r.Owner)
			}
		}
	}
	return found
}

// In counts what releases have in a namespace.
func (o *Others) In(namespace string) map[risk.Owner]int {
	counts := map[risk.Owner]int{}
	for _, r := range o.having([]want{{namespaces: []string{namespace}}}) {
		for _, file := range r.known {
			if file.Hook == nil && file.Object.Namespace == namespace {
				counts[r.Owner]++
			}
		}
	}
	return counts
}

// Objects are those of a kind, in some namespaces or in all.
func (o *Others) Objects(group, kind string, namespaces ...string) []risk.Owned {
	return o.objects(want{kind: kind, namespaces: namespaces}, func(id manifest.ID) bool {
		return id.Group == group && id.Kind == kind && (len(namespaces) == 0 || slices.Contains(namespaces, id.Namespace))
	})
}

// Definition is the CustomResourceDefinition of a kind.
func (o *Others) Definition(group, kind string) (manifest.Object, bool) {
	const crd = "CustomResourceDefinition"
	for _, d := range o.objects(want{kind: crd, word: group}, func(id manifest.ID) bool {
		return id.Kind == crd && strings.HasSuffix(id.Name, "."+group) // its name is plural.group, or API servers refuse it
	}) {
		if spec, _ := d.Body()["spec"].(map[string]any); spec["group"] == group {
			if names, _ := spec["names"].(map[string]any); names["kind"] == kind {
				return d.Object, true
			}
		}
	}
	return manifest.Object{}, false
}

// objects are those that are asked for, of the releases that may have such.
func (o *Others) objects(asked want, is func(manifest.ID) bool) []risk.Owned {
	var all []risk.Owned
	for _, r := range o.having([]want{asked}) {
		first := len(all)
		for i, file := range r.known {
			if file.Hook != nil || !is(file.Object) {
				continue
			}
			data, err := r.read(o.ctx, i)
			var object manifest.Object
			if err == nil {
				object, err = objectOf(state.File{FileEntry: file, Data: data})
			}
			if err != nil {
				o.failed(err)
				return nil
			}
			all = append(all, risk.Owned{Owner: r.Owner, Object: object})
		}
		slices.SortStableFunc(all[first:], func(a, b risk.Owned) int { return a.ID.Compare(b.ID) })
	}
	return all
}

// having are the releases that may have one of the objects that are asked for, with
// their lists of objects.
func (o *Others) having(wants []want) []*other {
	if o.err != nil || len(wants) == 0 {
		return nil
	}
	if !o.listed {
		o.listed = true
		all, err := o.list(o.ctx)
		if err != nil {
			o.failed(err)
			return nil
		}
		slices.SortFunc(all, func(a, b *other) int {
			return cmp.Or(strings.Compare(a.Environment, b.Environment), strings.Compare(a.Release, b.Release))
		})
		o.all = all
	}
	may := make([]bool, len(o.all))
	name := func(i int) string { return o.all[i].Environment + "/" + o.all[i].Release }
	err := work.Each(o.ctx, o.jobs, len(o.all), name, func(ctx context.Context, i int) (err error) {
		r := o.all[i]
		if may[i] = r.looked || r.may == nil; !may[i] {
			for _, w := range wants {
				if may[i], err = r.may(ctx, w); err != nil || may[i] {
					break
				}
			}
		}
		if err == nil && may[i] && !r.looked {
			r.looked = true
			r.known, err = r.files(ctx)
		}
		return err
	})
	if err != nil {
		o.failed(err)
		return nil
	}
	var found []*other
	for i, r := range o.all {
		if may[i] {
			found = append(found, r)
		}
	}
	return found
}

func (o *Others) failed(err error) { o.err = cmp.Or(o.err, err) }

// staying lists the releases of a state that no pair is about.
func staying(at *state.Snapshot, changed map[state.Key]bool) func(context.Context) ([]*other, error) {
	return func(context.Context) ([]*other, error) {
		keys, err := at.Keys()
		if err != nil {
			return nil, err
		}
		var all []*other
		for _, key := range keys {
			if !changed[key] {
				all = append(all, committedOther(at, key))
			}
		}
		return all, nil
	}
}

func committedOther(at *state.Snapshot, key state.Key) *other {
	r := &other{Owner: risk.Owner{Environment: key.Environment, Release: key.Release}}
	var ids map[string]state.Hash
	r.files = func(context.Context) ([]state.FileEntry, error) {
		metadata, err := at.Metadata(key)
		if err != nil || metadata == nil {
			return nil, err
		}
		return metadata.Files, nil
	}
	r.read = func(_ context.Context, i int) (_ []byte, err error) {
		if ids == nil {
			if ids, err = at.Files(key); err != nil {
				return nil, err
			}
		}
		return at.Blob(ids[r.known[i].Path])
	}
	return r
}

// Around is what rules may ask about the releases of a cluster that stay as they are;
// nil where nobody can tell. changed are those that do not.
func (c *Comparison) Around(ctx context.Context, jobs int, cluster string, changed map[state.Key]bool) *Others {
	if c.others == nil {
		return nil
	}
	return &Others{ctx: ctx, jobs: jobs, list: c.others(cluster, changed)}
}

// Err is what went wrong while rules asked.
func (o *Others) Err() error {
	if o == nil {
		return nil
	}
	return o.err
}
