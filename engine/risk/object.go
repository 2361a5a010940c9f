package risk

import (
	"bytes"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/kube"
	"github.com/weir-dev/weir/engine/manifest"
)

// cluster is what rules about several releases see.
type cluster struct {
	name     string
	releases []*release
	others   Others
	tables   map[string]*kube.Table   // by version as written; nil where it is not known
	from     map[manifest.ID]*release // what leaves a release
	to       map[manifest.ID]*release // what comes to a release
	first    map[manifest.ID]*release // who has an object after, the first of several
	had      map[manifest.ID]*release // who had one before, the first of several
	twice    map[manifest.ID]bool     // two releases had it before
	now, was definitions
	// foreignCRDs are those of releases that stay as they are.
	foreignCRDs definitions

	// What follows is found out when it is first asked for.
	changed               map[kind]*release       // see redefined
	runs, ran             map[*object][]*running  // see images
	hosts, hostsElsewhere map[string]bool         // see routed
	owned                 map[manifest.ID][]Owner // see has
	passages              []passage               // see passagesOfChanged
	foreignPassages       []passage
	asked                 map[manifest.ID]bool           // see exists
	stay                  map[Owner]*release             // see owner
	foreign               map[asked][]*side              // see elsewhere
	foreignOfAll          map[kind][]*side               // see allElsewhere
	kinds                 [2]map[kind]map[string][]*side // see known
	lost                  *losses                        // see losing
	names                 map[manifest.ID][]*side        // see naming
	unanswered            map[*release][]finding         // see noPods
	cut                   map[*release][]severed         // see severed
	changes               map[*side]*object              // see change; by what is after

	// By namespace, of the releases that change before and after, and elsewhere or
	// anywhere.
	standing                     [2]map[string]*standing
	standingElsewhere            map[string]*standing
	anywhere                     *standing
	restrictions                 [2]map[string][]restriction
	restrictionsElsewhere        map[string][]restriction
	workloads, workloadsAnywhere [2]map[string][]workload
}

// release is one release with its objects as rules see them.
type release struct {
	*diff.Release
	in            *cluster
	before, after *version // nil where there is none
	objects       []*object

	leaving    map[manifest.ID]*object // see change
	coming     map[manifest.ID]*object // see arriving
	namespaces []string                // see disturbs

	// See restarts.
	forecast []Restart
	rolls    map[manifest.ID]Restart // by object
}

// version is one side of a release.
type version struct {
	*diff.Version
	release *release
	sides   map[place]*side
	kinds   map[string][]manifest.Object // ordinary objects by kind; see of

	// Each is made when it is first asked for.
	scalers  map[manifest.ID]*scaler       // by what they scale, without its group
	standing map[string]*standing          // by namespace; see podsIn
	granted  map[string]bool               // see grants
	reads    map[manifest.ID][]manifest.ID // who reads a ConfigMap or Secret; see readers
}

// place tells objects of a set apart: hooks may share an identity.
type place struct {
	id    manifest.ID
	phase string
}

// side is an object as it is before or after. Its tree is read when a rule asks
// for it, once.
type side struct {
	manifest.Object
	in   *version
	body tree
	pods []pod
	read bool // pods were looked for

	labels labels.Set // see ownLabels
}

// object is a change of one object.
type object struct {
	*diff.Change
	in            *release
	id            manifest.ID
	before, after *side // nil where there is none
}

func newCluster(c Cluster) *cluster {
	all := &cluster{
		name: c.Name, tables: map[string]*kube.Table{},
		from: map[manifest.ID]*release{}, to: map[manifest.ID]*release{},
		first: map[manifest.ID]*release{}, had: map[manifest.ID]*release{}, twice: map[manifest.ID]bool{},
		now: definitions{}, was: definitions{}, foreignCRDs: definitions{},
		others: c.Others,
	}
	for i := range c.Releases {
		all.releases = append(all.releases, newRelease(all, &c.Releases[i]))
	}
	all.owners()
	return all
}

func newRelease(in *cluster, r *diff.Release) *release {
	all := &release{Release: r, in: in}
	all.before, all.after = newVersion(all, r.Before), newVersion(all, r.After)
	all.objects = make([]*object, len(r.Changes))
	for i := range r.Changes {
		c := &r.Changes[i]
		o := &object{Change: c, in: all, id: c.Object()}
		if c.Status != manifest.Created {
			o.before = all.before.side(c.Before)
		}
		if c.Status != manifest.Removed {
			o.after = all.after.side(c.After)
		}
		all.objects[i] = o
	}
	return all
}

// owners finds which objects come and go, and who has them.
func (c *cluster) owners() {
	for _, r := range c.releases {
		for _, o := range r.objects {
			if o.Hook() {
				continue
			}
			if o.goes() {
				c.from[o.Before.ID] = r
			}
			if o.comes() {
				c.to[o.After.ID] = r
			}
		}
		for o := range r.before.all() {
			c.twice[o.ID] = c.had[o.ID] != nil
			if c.had[o.ID] == nil {
				c.had[o.ID] = r
			}
		}
		for o := range r.after.all() {
			if c.first[o.ID] == nil {
				c.first[o.ID] = r
			}
		}
	}
}

// comes and goes tell whether an object is made or deleted: one that gets
// another name is both.
func (o *object) comes() bool { return o.Status == manifest.Created || o.renamed() }
func (o *object) goes() bool  { return o.Status == manifest.Removed || o.renamed() }
func (o *object) renamed() bool {
	return o.Status == manifest.Changed && o.Before.ID != o.After.ID
}

// stays tells a change of an object that the API server is asked to update.
func (o *object) stays() bool {
	return o.Status == manifest.Changed && !o.renamed() && !o.Hook()
}

func newVersion(r *release, v *diff.Version) *version {
	if v == nil {
		return nil
	}
	return &version{Version: v, release: r, sides: map[place]*side{}}
}

func (v *version) side(o manifest.Object) *side {
	at := place{id: o.ID}
	if o.Hook != nil {
		at.phase = "hook"
		if len(o.Hook.Phases) > 0 {
			at.phase = o.Hook.Phases[0]
		}
	}
	s := v.sides[at]
	if s == nil {
		s = &side{Object: o, in: v}
		v.sides[at] = s
	}
	return s
}

// all yields the ordinary objects; none of a version that is not there.
func (v *version) all() func(yield func(manifest.Object) bool) {
	return func(yield func(manifest.Object) bool) {
		if v == nil {
			return
		}
		for o := range v.Objects.All() {
			if o.Hook == nil && !yield(o) {
				return
			}
		}
	}
}

// of lists the ordinary objects of a kind, in the set's order.
func (v *version) of(group, kind string) []*side {
	if v == nil {
		return nil
	}
	if v.kinds == nil {
		v.kinds = map[string][]manifest.Object{}
		for o := range v.all() {
			v.kinds[o.ID.Kind] = append(v.kinds[o.ID.Kind], o)
		}
	}
	var found []*side
	for _, o := range v.kinds[kind] {
		if o.ID.Group == group {
			found = append(found, v.side(o))
		}
	}
	return found
}

// find is an ordinary object by its identity; nil where there is none.
func (v *version) find(id manifest.ID) *side {
	if v == nil {
		return nil
	}
	o, ok := v.Objects.Find(id)
	if !ok || o.Hook != nil {
		return nil
	}
	return v.side(o)
}

// tree is the object's own; rules read it.
func (s *side) tree() tree {
	if s == nil {
		return nil
	}
	if s.body == nil {
		s.body = s.Body()
	}
	return s.body
}

// mentions tells whether a word stands in the object, without reading it.
func (s *side) mentions(word string) bool {
	return s != nil && bytes.Contains(s.Bytes(), []byte(word))
}

// is tells the kind of an object.
func is(id manifest.ID, group string, kinds ...string) bool {
	if id.Group != group {
		return false
	}
	for _, kind := range kinds {
		if id.Kind == kind {
			return true
		}
	}
	return false
}

// table is what a version of Kubernetes serves; nil where it is not known.
func (c *cluster) table(v *version) *kube.Table {
	if v == nil || v.Kubernetes == "" {
		return nil
	}
	t, seen := c.tables[v.Kubernetes]
	if !seen {
		var err error
		if t, err = kube.For(v.Kubernetes); err != nil {
			t = nil
		}
		c.tables[v.Kubernetes] = t
	}
	return t
}
