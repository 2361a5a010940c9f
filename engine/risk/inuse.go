package risk

import (
	"github.com/weir-dev/weir/engine/manifest"
)

// Who still needs an object that goes.

// need is how pods need an object: the mark of those that do, what is said of
// them, and what becomes of them without it.
type need struct{ mark, by, without string }

func needs(id manifest.ID) []need {
	switch {
	case is(id, "", "ConfigMap"):
		return []need{{readerMark(manifest.Reference{Kind: id.Kind, Name: id.Name}), "still read by ", "their pods cannot start without it"}}
	case is(id, "", "Secret"):
		return []need{
			{readerMark(manifest.Reference{Kind: id.Kind, Name: id.Name}), "still read by ", "their pods cannot start without it"},
			{pullMark(id.Name), "still used to pull the images of ", "new pods cannot pull their images, unless those are public"},
		}
	case is(id, "", "ServiceAccount") && id.Name != "default": // that one is made again by the cluster
		return []need{{accountMark(id.Name), "pods still run under it: ", "their pods lose access, and new ones cannot start"}}
	case is(id, "scheduling.k8s.io", "PriorityClass"), is(id, "node.k8s.io", "RuntimeClass"):
		return []need{{classMark(id.Kind, id.Name), "still named by ", "new pods of them are refused"}}
	}
	return nil
}

func inUse(o *object) []finding {
	if !o.lost() || o.keeps() != "" || !o.inUse() {
		return nil
	}
	how, names := o.needed()
	return []finding{{id: o.Before.ID, reason: "it is no longer in the release, and " + how.by + some(names), consequence: how.without}}
}

func (o *object) inUse() bool { return len(o.readers()) > 0 && o.maker() == nil }

// readers are the workloads that need an object after it is gone, and what else
// refers to it.
func (o *object) readers() []string {
	if len(o.in.in.has(o.Before.ID)) > 0 {
		return nil
	}
	return o.users()
}

// users are the same, whoever has it.
func (o *object) users() []string {
	_, names := o.needed()
	return names
}

func (o *object) needed() (need, []string) {
	for _, how := range needs(o.Before.ID) {
		if names := o.marked(how.mark); len(names) > 0 {
			return how, names
		}
	}
	if names := o.in.in.referring(o.Before.ID, o.in); len(names) > 0 {
		without := "its name no longer resolves"
		if o.Before.ID.Kind == "Secret" {
			without = "they do without it"
		}
		return need{without: without}, names
	}
	return need{}, nil
}

// marked are the workloads that have pods of a mark after the change, where an
// object was; all of the cluster's where it is in no namespace.
func (o *object) marked(mark string) []string {
	c, namespace := o.in.in, o.Before.ID.Namespace
	all := c.pods(namespace)
	if namespace == "" {
		all = []*standing{c.podsAnywhere()}
	}
	var names []string
	for _, in := range all {
		for _, p := range in.marked(mark) {
			names = append(names, p.on.title(o.in))
		}
	}
	return unique(names)
}

// pods are those in a namespace after the change.
func (c *cluster) pods(namespace string) []*standing {
	return []*standing{c.podsIn(present, namespace), c.podsElsewhere(namespace)}
}

// podsAnywhere are the pods of all namespaces and releases after the change.
func (c *cluster) podsAnywhere() *standing {
	if c.anywhere != nil {
		return c.anywhere
	}
	c.anywhere = &standing{}
	for _, r := range c.releases {
		for o := range r.after.all() {
			c.anywhere.all = append(c.anywhere.all, r.after.side(o).standing()...)
		}
	}
	for _, s := range c.allElsewhere(workloadKinds...) {
		c.anywhere.all = append(c.anywhere.all, s.standing()...)
	}
	return c.anywhere
}
