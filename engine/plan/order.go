package plan

import (
	"cmp"
	"container/heap"
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/schema/diag"
)

// order sorts a target's releases so that each comes after what it needs, and
// by name where needs leave it open (Kahn's algorithm with a heap). Members of a
// cycle, which cycles reports, come last.
func order(environment string, releases []*Release) {
	slices.SortFunc(releases, func(a, b *Release) int { return cmp.Compare(a.Name, b.Name) })
	place := make(map[string]int, len(releases))
	for i, r := range releases {
		place[environment+"/"+r.Name] = i
	}
	waits, blocks := make([]int, len(releases)), make([][]int, len(releases))
	for i, r := range releases {
		for _, name := range r.After {
			if j, ok := place[name]; ok {
				waits[i]++
				blocks[j] = append(blocks[j], i)
			}
		}
	}
	ready := &indexes{}
	for i, n := range waits {
		if n == 0 {
			heap.Push(ready, i)
		}
	}
	sorted, done := make([]*Release, 0, len(releases)), make([]bool, len(releases))
	for ready.Len() > 0 {
		i := heap.Pop(ready).(int)
		sorted, done[i] = append(sorted, releases[i]), true
		for _, j := range blocks[i] {
			if waits[j]--; waits[j] == 0 {
				heap.Push(ready, j)
			}
		}
	}
	for i, r := range releases {
		if !done[i] {
			sorted = append(sorted, r)
		}
	}
	copy(releases, sorted)
}

// indexes is a heap of places in a list that is sorted by name.
type indexes []int

func (h indexes) Len() int           { return len(h) }
func (h indexes) Less(i, j int) bool { return h[i] < h[j] }
func (h indexes) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *indexes) Push(x any)        { *h = append(*h, x.(int)) }
func (h *indexes) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// cycles reports releases that need each other, across the environments of a
// cluster. A project that has a cycle on several clusters hears of it once.
func cycles(targets []Target) diag.List {
	var list diag.List
	seen := map[string]bool{}
	byCluster := map[string]*knots{}
	var names []string
	for _, t := range targets {
		k := byCluster[t.Cluster.Name]
		if k == nil {
			k = &knots{releases: map[string]*Release{}}
			byCluster[t.Cluster.Name] = k
			names = append(names, t.Cluster.Name)
		}
		for _, r := range t.Releases {
			k.releases[t.Environment+"/"+r.Name] = r
		}
	}
	for _, name := range names {
		for _, cycle := range byCluster[name].find() {
			d := byCluster[name].diagnostic(cycle)
			if key := fmt.Sprint(d.Subject, d.Related); !seen[key] {
				seen[key] = true
				list = append(list, d)
			}
		}
	}
	return list
}

// knots finds cycles among the releases of one cluster by their addresses,
// "<environment>/<release>".
type knots struct {
	releases map[string]*Release
}

// find walks depth first and returns the cycles that share no release with one
// found before: at least one of each knot. A cycle is in the order of its needs
// and starts at its smallest address.
func (k *knots) find() [][]string {
	const (
		unseen = iota
		open
		closed
	)
	type frame struct {
		name string
		next int
	}
	state := make(map[string]int, len(k.releases))
	inCycle := map[string]bool{}
	var found [][]string
	names := make([]string, 0, len(k.releases))
	for name := range k.releases {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, root := range names {
		if state[root] != unseen {
			continue
		}
		stack := []frame{{name: root}}
		state[root] = open
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			after := k.releases[top.name].After
			if top.next == len(after) {
				state[top.name] = closed
				stack = stack[:len(stack)-1]
				continue
			}
			next := after[top.next]
			top.next++
			if k.releases[next] == nil {
				continue // not selected
			}
			switch state[next] {
			case unseen:
				state[next] = open
				stack = append(stack, frame{name: next})
			case open:
				i := slices.IndexFunc(stack, func(f frame) bool { return f.name == next })
				var cycle []string
				overlaps := false
				for _, f := range stack[i:] {
					overlaps = overlaps || inCycle[f.name]
					cycle = append(cycle, f.name)
				}
				if overlaps {
					continue // part of a knot that is reported
				}
				for _, name := range cycle {
					inCycle[name] = true
				}
				found = append(found, rotated(cycle))
			}
		}
	}
	return found
}

// rotated is a cycle that starts at its smallest address.
func rotated(cycle []string) []string {
	i := slices.Index(cycle, slices.Min(cycle))
	return slices.Concat(cycle[i:], cycle[:i])
}

func (k *knots) diagnostic(cycle []string) diag.Diagnostic {
	short := func(address string) string { // the environment only where it tells something
		environment, name, _ := strings.Cut(address, "/")
		if slices.ContainsFunc(cycle, func(a string) bool { return !strings.HasPrefix(a, environment+"/") }) {
			return address
		}
		return name
	}
	var way []string
	for _, address := range cycle {
		way = append(way, short(address))
	}
	d := diag.Diagnostic{Summary: "Releases need each other"}
	for i, address := range cycle {
		next := cycle[(i+1)%len(cycle)]
		at := k.releases[address].needRange(next)
		if i == 0 {
			d.Subject = at
		} else {
			d = d.Also(at, "%s needs %s", short(address), short(next))
		}
	}
	if len(cycle) == 1 {
		r := k.releases[cycle[0]]
		d.Summary = fmt.Sprintf("Release %q needs itself", way[0])
		if r.Key != "" {
			d = d.Detailf("Where a need names a block with for_each, it means all of its releases, this one too.")
		}
		return d.Remedyf("Take it out of its own `needs`.")
	}
	return d.Detailf("Each of them would have to come after the next: %s.", strings.Join(append(way, way[0]), " → ")).
		Remedyf("Take one of these needs away.")
}

// needRange is the place of the need that resolved to an address.
func (r *Release) needRange(address string) diag.Range {
	environment, name, _ := strings.Cut(address, "/")
	for _, n := range r.Needs {
		if cmp.Or(n.Environment, r.Environment) == environment && n.Release == name {
			return n.Range
		}
	}
	for _, n := range r.Needs { // by the label of a for_each
		if cmp.Or(n.Environment, r.Environment) == environment && strings.HasPrefix(name, n.Release) {
			return n.Range
		}
	}
	return r.Range
}
