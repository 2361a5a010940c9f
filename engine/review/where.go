package review

import (
	"fmt"
	"slices"
	"strings"
)

// atlas knows the targets by the shortest names that tell them apart.
type atlas struct {
	targets []Target
	names   []string
	members map[string]Where // environment -> its targets
	// common is where everything changes in the same way: said once, not
	// everywhere. Empty where there is no such place, or but one target.
	common Where
}

func newAtlas(targets []Target) atlas {
	a := atlas{targets: targets, names: make([]string, len(targets)), members: map[string]Where{}}
	clusters, environments := map[string]bool{}, map[string]bool{}
	for i, t := range targets {
		clusters[t.Cluster] = true
		environments[t.Environment] = true
		a.members[t.Environment] = append(a.members[t.Environment], i)
	}
	for i, t := range targets {
		switch {
		case len(clusters) == len(targets):
			a.names[i] = printable(cut(t.Cluster, longestTarget))
		case len(environments) == len(targets):
			a.names[i] = printable(cut(t.Environment, longestTarget))
		default:
			a.names[i] = printable(cut(t.Environment+"/"+t.Cluster, longestTarget))
		}
	}
	return a
}

// longestTarget is above the length of any name that Kubernetes takes.
const longestTarget = 130

// tells tells whether it says anything to name targets.
func (a atlas) tells(w Where) bool {
	return len(a.targets) > 1 && !slices.Equal(w, a.common)
}

// manyTargets is how many are named before the rest is counted.
const manyTargets = 6

// of says where, for people: names, whole environments, all but a few.
func (a atlas) of(w Where) string {
	switch missing := a.missing(w); {
	case len(a.targets) == len(w) && len(w) == 1:
		return a.names[w[0]]
	case len(missing) == 0 && len(w) == 2:
		return "both targets"
	case len(missing) == 0:
		return fmt.Sprintf("all %d targets", len(w))
	case len(missing) <= 2 && (len(w) > manyTargets || len(w) > 2*len(missing)):
		return "all but " + a.list(missing)
	}
	return a.list(w)
}

func (a atlas) missing(w Where) Where {
	var missing Where
	for i := range a.targets {
		if !w.has(i) {
			missing = append(missing, i)
		}
	}
	return missing
}

func (a atlas) list(w Where) string {
	var words []string
	left := slices.Clone(w)
	for len(left) > 0 {
		environment := a.targets[left[0]].Environment
		members := a.members[environment]
		whole := len(members) > 2 && !slices.ContainsFunc(members, func(i int) bool { return !left.has(i) })
		if whole {
			words = append(words, fmt.Sprintf("all %d of %s", len(members), printable(environment)))
			left = slices.DeleteFunc(left, members.has)
			continue
		}
		words = append(words, a.names[left[0]])
		left = left[1:]
	}
	if len(words) > manyTargets {
		// The counted rest are targets, whatever the words before stand for.
		return strings.Join(words[:manyTargets-1], ", ") + fmt.Sprintf(" and %d more", len(words)-manyTargets+1)
	}
	return strings.Join(words, ", ")
}
