package review

import (
	"slices"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

// home is the namespaces of a release on a target. Each environment often has
// one of its own: what differs in it alone is the same change.
type home struct{ before, after string }

func homeOf(r diff.Release) home {
	var h home
	if r.Before != nil {
		h.before = r.Before.Namespace
	}
	if r.After != nil {
		h.after = r.After.Namespace
	}
	return h
}

// stands is what a namespace of the release is called wherever it is.
func (h home) stands(name string) (string, bool) {
	switch {
	case name == "":
		return "", false
	case name == h.after:
		return "\x00own", true
	case name == h.before && h.after == "":
		return "\x00own", true
	case name == h.before:
		return "\x00own before", true
	}
	return "", false
}

func (h home) has(name string) bool {
	_, own := h.stands(name)
	return own
}

// anywhere is an object as all targets name it that have it in the namespace of
// its release.
func (h home) anywhere(id manifest.ID) manifest.ID {
	if own, is := h.stands(id.Namespace); is {
		id.Namespace = own
	}
	return id
}

// homes are those of all releases that change.
type homes map[tenant]home

type tenant struct{ cluster, environment, release string }

func homesOf(releases []diff.Release) homes {
	all := homes{}
	for _, r := range releases {
		all[tenant{r.Cluster, r.Environment, r.Release}] = homeOf(r)
	}
	return all
}

// in notes in which namespace an object is on a target.
func in(all []Namespace, name string, target int) []Namespace {
	i := slices.IndexFunc(all, func(n Namespace) bool { return n.Name == name })
	if i < 0 {
		return append(all, Namespace{name, Where{target}})
	}
	all[i].Where = all[i].Where.with(target)
	return all
}

// several are namespaces if there is more than one: of one the object tells.
func several(all []Namespace) []Namespace {
	if len(all) < 2 {
		return nil
	}
	return all
}
