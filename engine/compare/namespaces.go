package compare

import (
	"context"
	"maps"
	"slices"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/site"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// NamespacesRelease stands for what create_namespace asks for.
const NamespacesRelease = "_namespaces"

// namespacePairs pairs what create_namespace asked for with what it asks for, one
// pair for each environment.
func namespacePairs(s *site.Site, p *plan.Plan) ([]*Pairing, error) {
	changes := map[string][]state.ObjectChange{}
	for _, n := range s.Change.Namespaces {
		changes[n.Environment()] = append(changes[n.Environment()], n)
	}
	var all []*Pairing
	for _, environment := range slices.Sorted(maps.Keys(changes)) {
		before, err := namespacesOf(s.Base, environment)
		if err != nil {
			return nil, err
		}
		after := maps.Clone(before)
		for _, n := range changes[environment] {
			if n.Status == state.Removed {
				delete(after, n.Path)
			} else {
				after[n.Path] = s.Namespaces[n.Path]
			}
		}
		pair := namespacePair(s.Cluster, environment, before, after)
		pair.Declared = namespaceBlock(p, s.Cluster.Name, environment, changes[environment][0].Object.Name)
		all = append(all, pair)
	}
	return all, nil
}

func namespacePair(cluster schema.Cluster, environment string, before, after map[string][]byte) *Pairing {
	pair := &Pairing{Pair: diff.Pair{Cluster: cluster.Name, Environment: environment, Release: NamespacesRelease}}
	pair.Load = func(context.Context) (err error) {
		if pair.Before, err = namespaceVersion(before, cluster.Kubernetes); err == nil {
			pair.After, err = namespaceVersion(after, cluster.Kubernetes)
		}
		return err
	}
	return pair
}

// namespaceBlock is where the project says how a Namespace is to be.
func namespaceBlock(p *plan.Plan, cluster, environment, name string) diag.Range {
	for _, t := range p.Targets {
		if t.Environment == environment && t.Cluster.Name == cluster {
			return t.Namespaces[name].Range
		}
	}
	return diag.Range{}
}

// addNamespaces pairs what create_namespace asked for in an environment.
func (c *Comparison) addNamespaces(s *site.Site, environment string, before, after *state.Snapshot) error {
	was, err := namespacesOf(before, environment)
	if err != nil {
		return err
	}
	is, err := namespacesOf(after, environment)
	if err != nil {
		return err
	}
	c.Pairs = append(c.Pairs, namespacePair(s.Cluster, environment, was, is))
	return nil
}

// namespacesOf are the Namespaces of an environment, by path.
func namespacesOf(at *state.Snapshot, environment string) (map[string][]byte, error) {
	ids, err := at.Namespaces(environment)
	if err != nil {
		return nil, err
	}
	all := make(map[string][]byte, len(ids))
	for path, id := range ids {
		if all[path], err = at.Blob(id); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// namespaceVersion is what create_namespace asks for as one side of a comparison;
// nil where that is nothing.
func namespaceVersion(files map[string][]byte, kubernetes string) (*diff.Version, error) {
	if len(files) == 0 {
		return nil, nil
	}
	list := make([]state.File, 0, len(files))
	for path, data := range files {
		list = append(list, state.File{FileEntry: state.FileEntry{Path: path}, Data: data})
	}
	set, err := SetOf(list, nil)
	return &diff.Version{Kubernetes: kubernetes, Objects: set}, err
}
