package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/schema/diag"
)

// edge is one reference in a graph of names.
type edge struct {
	to string
	at diag.Range
}

// cycles walks a graph and reports every cycle once, naming all of its members.
func cycles(names []string, edges func(string) []edge, what string) diag.List {
	var list diag.List
	const (
		open = 1
		done = 2
	)
	state := map[string]int{}
	var path []edge // path[i].to was reached at path[i].at
	var visit func(name string)
	visit = func(name string) {
		state[name] = open
		for _, e := range edges(name) {
			switch state[e.to] {
			case 0:
				path = append(path, e)
				visit(e.to)
				path = path[:len(path)-1]
			case open:
				start := slices.IndexFunc(path, func(p edge) bool { return p.to == e.to })
				list = append(list, cycle(append(slices.Clone(path[start+1:]), e), e.to, what))
			}
		}
		state[name] = done
	}
	for _, name := range names {
		if state[name] == 0 {
			path = []edge{{to: name}}
			visit(name)
		}
	}
	return list
}

// cycle describes the references that lead from first back to itself.
func cycle(refs []edge, first, what string) diag.Diagnostic {
	members := []string{first}
	for _, e := range refs {
		members = append(members, e.to)
	}
	d := diag.Diagnostic{
		Summary: fmt.Sprintf("%s refers to itself", first),
		Subject: refs[0].at,
		Remedy:  fmt.Sprintf("Remove one of the references, so that the %s can be evaluated in some order.", what),
	}
	if len(refs) > 1 {
		d.Detail = "The cycle is " + strings.Join(members, " -> ") + "."
		for i, e := range refs[1:] {
			d.Related = append(d.Related, diag.Related{Range: e.at, Note: fmt.Sprintf("%s refers to %s", refs[i].to, e.to)})
		}
	}
	return d
}
