package risk

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

// moment is a side of a change.
type moment int

const (
	past moment = iota
	present
)

func (r *release) at(m moment) *version {
	if m == past {
		return r.before
	}
	return r.after
}

// remembered is what is known of a key, found out once.
func remembered[K comparable, V any](all *map[K]V, key K, find func() V) V {
	v, known := (*all)[key]
	if !known {
		v = find()
		if *all == nil {
			*all = map[K]V{}
		}
		(*all)[key] = v
	}
	return v
}

// known are the ordinary objects of some kinds in a namespace, of the releases
// that change.
func (c *cluster) known(m moment, namespace string, kinds ...kind) []*side {
	var all []*side
	for _, k := range kinds {
		all = append(all, remembered(&c.kinds[m], k, func() map[string][]*side {
			of := map[string][]*side{}
			for _, r := range c.releases {
				for _, s := range r.at(m).of(k.group, k.kind) {
					of[s.ID.Namespace] = append(of[s.ID.Namespace], s)
				}
			}
			return of
		})[namespace]...)
	}
	return all
}

// asked is what others were asked for.
type asked struct {
	kind
	namespace string
}

// elsewhere are those of the releases that stay as they are. To ask for them is
// dear: it is for what decides on a hit.
func (c *cluster) elsewhere(namespace string, kinds ...kind) []*side {
	if c.others == nil {
		return nil
	}
	var all []*side
	for _, k := range kinds {
		all = append(all, remembered(&c.foreign, asked{k, namespace}, func() []*side {
			return c.sides(c.others.Objects(k.group, k.kind, namespace))
		})...)
	}
	return all
}

// allElsewhere are those of all namespaces, which is dearer.
func (c *cluster) allElsewhere(kinds ...kind) []*side {
	if c.others == nil {
		return nil
	}
	var all []*side
	for _, k := range kinds {
		all = append(all, remembered(&c.foreignOfAll, k, func() []*side {
			return c.sides(c.others.Objects(k.group, k.kind))
		})...)
	}
	return all
}

func (c *cluster) sides(of []Owned) []*side {
	var all []*side
	for _, o := range of {
		all = append(all, c.owner(o.Owner).after.side(o.Object))
	}
	return all
}

// everywhere are both.
func (c *cluster) everywhere(m moment, namespace string, kinds ...kind) []*side {
	return slices.Concat(c.known(m, namespace, kinds...), c.elsewhere(namespace, kinds...))
}

// ofWhom chooses the words for whom something is said of: of the releases that
// change, where nobody knows the others.
func (c *cluster) ofWhom(changing, all string) string {
	if c.others == nil {
		return changing
	}
	return all
}

// nobody begins a sentence on what is not there.
func (c *cluster) nobody() string {
	return c.ofWhom("no release that changes has", "no release of the cluster has")
}

// byAnybody ends one.
func (c *cluster) byAnybody() string {
	return c.ofWhom("by any release that changes", "by any release")
}

// owner is a release that stays as it is; of its objects only those that were
// asked for are known.
func (c *cluster) owner(o Owner) *release {
	return remembered(&c.stay, o, func() *release {
		r := &release{Release: &diff.Release{Pair: diff.Pair{Cluster: c.name, Environment: o.Environment, Release: o.Release}}, in: c}
		r.before = newVersion(r, &diff.Version{})
		r.after = r.before
		return r
	})
}

// has are the releases that stay as they are and have an object that comes or goes
// elsewhere, in order.
func (c *cluster) has(id manifest.ID) []*release {
	if c.others == nil {
		return nil
	}
	if c.owned == nil {
		var ids []manifest.ID
		for _, r := range c.releases {
			for _, o := range r.objects {
				if o.Hook() || o.Rename == diff.Hash { // by its hash it is nobody else's
					continue
				}
				if o.comes() {
					ids = append(ids, o.After.ID)
				}
				if o.goes() {
					ids = append(ids, o.Before.ID)
				}
			}
		}
		slices.SortFunc(ids, manifest.ID.Compare)
		c.owned = map[manifest.ID][]Owner{}
		if len(ids) > 0 {
			maps.Copy(c.owned, c.others.Owners(slices.Compact(ids)))
		}
	}
	var all []*release
	for _, o := range slices.SortedFunc(slices.Values(c.owned[id]), Owner.compare) {
		all = append(all, c.owner(o))
	}
	return all
}

func (o Owner) compare(other Owner) int {
	return cmp.Or(strings.Compare(o.Environment, other.Environment), strings.Compare(o.Release, other.Release))
}

// counted says how many objects releases still have somewhere, for a reader of one
// of them; it is empty where there are none.
func (r *release) counted(objects map[Owner]int, where string) string {
	total := 0
	var names []string
	for _, o := range slices.SortedFunc(maps.Keys(objects), Owner.compare) {
		total += objects[o]
		names = append(names, fmt.Sprintf("%s %d", o.title(r), objects[o]))
	}
	if total == 0 {
		return ""
	}
	return fmt.Sprintf("; releases still have %s %s (%s)", count(int64(total), "object"), where, some(names))
}

// still counts objects that the releases have after the change, those that change
// and those that do not.
func (c *cluster) still(others map[Owner]int, wanted func(manifest.ID) bool) map[Owner]int {
	all := maps.Clone(others)
	if all == nil {
		all = map[Owner]int{}
	}
	for _, r := range c.releases {
		for o := range r.after.all() {
			if wanted(o.ID) {
				all[Owner{r.Environment, r.Release.Release}]++
			}
		}
	}
	return all
}
