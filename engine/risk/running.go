package risk

import (
	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

// running is an image that a container runs, before or after.
type running struct {
	reference
	on        *object
	id        manifest.ID // of the object, on its side
	at        diff.Path   // of the container
	container string
	image     string

	was   *running // of one after: what it ran before, there or elsewhere
	found bool     // of one before: it is another's was
}

// images are what each object runs after a change.
func (c *cluster) images() map[*object][]*running {
	if c.runs == nil {
		c.runs, c.ran = map[*object][]*running{}, map[*object][]*running{}
		var old, now []*running
		for _, r := range c.releases {
			for _, o := range r.objects {
				before, after := o.running(o.before), o.running(o.after)
				c.ran[o], c.runs[o] = before, after
				old, now = append(old, before...), append(now, after...)
			}
		}
		follow(old, now)
	}
	return c.runs
}

func (o *object) running(s *side) []*running {
	var all []*running
	for _, c := range s.containers() {
		if image := text(c.body, "image"); image != "" {
			all = append(all, &running{reference: parseReference(image), on: o, id: s.ID, at: c.path, container: c.name, image: image})
		}
	}
	return all
}

// follow finds again what ran: in the same container of the same object, whatever
// it runs now, wherever the object is; else where the same repository runs in
// the object, in the release in a workload of that kind, or of that name where both
// kinds run on and on, or in a release that comes while this one goes.
func follow(old, now []*running) {
	type place struct {
		id   manifest.ID
		hook bool
		at   string
	}
	old, now = match(old, now, func(r *running) any {
		return [2]any{r.on, r.at.String()}
	})
	old, now = match(old, now, func(r *running) any {
		return place{r.id, r.on.Hook(), r.at.String()}
	})
	type repository struct{ registry, path string }
	for _, near := range []func(*running) any{
		func(r *running) any { return r.on },
		func(r *running) any { return [2]any{r.on.in, kindOf(r.id)} },
		func(r *running) any {
			if !goesOn[kindOf(r.id)] {
				return nil
			}
			return [3]any{r.on.in, r.id.Namespace, r.id.Name}
		},
		func(r *running) any {
			if r.on.in.before != nil && r.on.in.after != nil {
				return nil
			}
			return [2]any{r.on.in.Environment, kindOf(r.id)}
		},
	} {
		for _, like := range []func(*running) any{
			func(r *running) any { return r.image },
			func(r *running) any { return r.container },
			func(*running) any { return nil },
		} {
			old, now = match(old, now, func(r *running) any {
				where := near(r)
				if where == nil {
					return nil
				}
				return [3]any{where, repository{r.registry, r.path}, like(r)}
			})
		}
	}
}

// goesOn are the kinds whose pods run until somebody stops them. Read only.
var goesOn = map[kind]bool{
	{"apps", "Deployment"}: true, {"apps", "StatefulSet"}: true, {"apps", "DaemonSet"}: true, {"apps", "ReplicaSet"}: true,
	{"argoproj.io", "Rollout"}: true,
}

// match joins those of the same key, in order, and returns what is left. What has
// no key is with nobody.
func match(old, now []*running, key func(*running) any) (left, come []*running) {
	if len(old) == 0 || len(now) == 0 {
		return old, now
	}
	by := map[any][]*running{}
	for _, r := range old {
		if k := key(r); k != nil {
			by[k] = append(by[k], r)
		}
	}
	for _, r := range now {
		k := key(r)
		if k == nil || len(by[k]) == 0 {
			come = append(come, r)
			continue
		}
		r.was, by[k] = by[k][0], by[k][1:]
		r.was.found = true
	}
	for _, r := range old {
		if !r.found {
			left = append(left, r)
		}
	}
	return left, come
}

// Images lists, for each of a cluster's releases, the images that change in its
// workloads. That one only runs elsewhere is no change: in a container, an object
// or a release of another name.
func Images(releases []diff.Release) [][]ImageChange {
	c := &cluster{}
	for i := range releases {
		c.releases = append(c.releases, newRelease(c, &releases[i]))
	}
	runs := c.images()
	all := make([][]ImageChange, len(releases))
	for i, r := range c.releases {
		for _, o := range r.objects {
			for _, now := range runs[o] {
				if now.was == nil || now.was.image != now.image {
					all[i] = append(all[i], now.change())
				}
			}
			for _, old := range c.ran[o] {
				if !old.found {
					all[i] = append(all[i], old.gone())
				}
			}
		}
	}
	return all
}

func (r *running) change() ImageChange {
	c := ImageChange{Repository: r.repository, To: r.version(), Object: r.on.id, Container: r.container, Step: stepNew}
	if r.was == nil {
		return c
	}
	c.From, c.Step = r.was.version(), step(r.was.reference, r.reference)
	if r.was.repository != r.repository {
		c.Was = r.was.repository
	}
	return c
}

func (r *running) gone() ImageChange {
	return ImageChange{Repository: r.repository, From: r.version(), Object: r.on.id, Container: r.container, Step: stepGone}
}
