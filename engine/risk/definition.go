package risk

import (
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/kube"
	"github.com/weir-dev/weir/engine/manifest"
)

// kind is a kind of objects, in whatever version.
type kind struct{ group, kind string }

func kindOf(id manifest.ID) kind { return kind{id.Group, id.Kind} }

// definitions are the CRDs of one side of a cluster, read when they are asked
// for: many are large, and most kinds have no resource that changes.
type definitions map[kind]*kube.CRD

// definition and oldDefinition are what the releases of the cluster say of an
// object's kind, after and before, those that change before those that stay as they
// are; nil where they say nothing.
func (c *cluster) definition(of manifest.ID) *kube.CRD {
	return c.now.find(of, c, func(r *release) *version { return r.after })
}

func (c *cluster) oldDefinition(of manifest.ID) *kube.CRD {
	return c.was.find(of, c, func(r *release) *version { return r.before })
}

func (d definitions) find(of manifest.ID, in *cluster, at func(*release) *version) *kube.CRD {
	if !strings.Contains(of.Group, ".") {
		return nil
	}
	crd, asked := d[kindOf(of)]
	if !asked {
		if crd = read(of, in.releases, at); crd == nil {
			crd = in.elsewhereDefined(of)
		}
		d[kindOf(of)] = crd
	}
	return crd
}

// elsewhereDefined is what a release that stays as it is says of an object's kind.
func (c *cluster) elsewhereDefined(of manifest.ID) *kube.CRD {
	if c.others == nil || kube.BuiltIn(of.Group, of.Kind) {
		return nil
	}
	crd, asked := c.foreignCRDs[kindOf(of)]
	if !asked {
		if o, found := c.others.Definition(of.Group, of.Kind); found {
			crd, _ = kube.ReadCRD(o.Body())
		}
		c.foreignCRDs[kindOf(of)] = crd
	}
	return crd
}

func read(of manifest.ID, releases []*release, at func(*release) *version) *kube.CRD {
	for _, r := range releases {
		for _, s := range at(r).of("apiextensions.k8s.io", "CustomResourceDefinition") {
			// Its name is plural.group, or API servers refuse it.
			if !strings.HasSuffix(s.ID.Name, "."+of.Group) || !s.mentions("kind: "+of.Kind) {
				continue
			}
			if crd, ok := kube.ReadCRD(s.tree()); ok && crd.Group == of.Group && crd.Kind == of.Kind {
				return crd
			}
		}
	}
	return nil
}

// redefined are the kinds whose CRDs come or change in more than words, each with
// the release that has it.
func (c *cluster) redefined() map[kind]*release {
	if c.changed == nil {
		c.changed = map[kind]*release{}
		for _, r := range c.releases {
			for _, o := range r.objects {
				if o.after == nil || !is(o.id, "apiextensions.k8s.io", "CustomResourceDefinition") || o.only(diff.Docs, diff.Label) {
					continue
				}
				if crd, ok := kube.ReadCRD(o.after.tree()); ok {
					c.changed[kind{crd.Group, crd.Kind}] = r
				}
			}
		}
	}
	return c.changed
}
