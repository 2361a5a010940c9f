package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
)

// everywhere is an object in each of the namespaces in which it is the same.
func everywhere(id manifest.ID, namespaces []Namespace) []manifest.ID {
	if len(namespaces) == 0 {
		return []manifest.ID{id}
	}
	all := make([]manifest.ID, len(namespaces))
	for i, n := range namespaces {
		all[i] = id
		all[i].Namespace = n.Name
	}
	return all
}

func (c Change) everywhere() []manifest.ID { return everywhere(c.Object, c.Namespaces) }
func (h Hit) everywhere() []manifest.ID    { return everywhere(h.Object, h.Namespaces) }

// thing is what has one kind and name, in one namespace or in several.
type thing struct {
	kind, name string
	namespaces []string // sorted
}

// things are objects by kind and name, in the order in which they come.
func things(ids []manifest.ID) []thing {
	type key struct{ kind, name string }
	var all []thing
	first := make(map[key]int, len(ids))
	for _, id := range ids {
		k := key{kindOf(id), printable(id.Name)}
		i, ok := first[k]
		if !ok {
			i = len(all)
			first[k] = i
			all = append(all, thing{k.kind, k.name, nil})
		}
		namespace := printable(id.Namespace)
		if at, there := slices.BinarySearch(all[i].namespaces, namespace); !there {
			all[i].namespaces = slices.Insert(all[i].namespaces, at, namespace)
		}
	}
	return all
}

// manyNamespaces is how many are named before they are counted.
const manyNamespaces = 4

// inside says in which namespaces something is; nothing of what is in none.
func (l letters) inside(namespaces []string) string {
	switch {
	case len(namespaces) == 0 || len(namespaces) == 1 && namespaces[0] == "":
		return ""
	case len(namespaces) > manyNamespaces:
		return fmt.Sprintf(" in %s namespaces", number(len(namespaces)))
	}
	words := make([]string, len(namespaces))
	for i, n := range namespaces {
		words[i] = l.prose(cut(n, longestName))
		if n == "" {
			words[i] = "none"
		}
	}
	return " in " + strings.Join(words, ", ")
}

// names lists objects, those of one kind with the kind before the first, with
// their namespaces behind where they are several; from limit on they are counted.
func (l letters) names(ids []manifest.ID, limit int) string {
	all := things(ids)
	var b strings.Builder
	kind := ""
	for i, t := range all {
		if i == limit && len(all) > limit+1 {
			fmt.Fprintf(&b, " and %s more", number(len(all)-limit))
			break
		}
		name := t.name
		if len(t.namespaces) == 1 && t.namespaces[0] != "" {
			name = t.namespaces[0] + "/" + name
		}
		if i > 0 {
			b.WriteString(", ")
		}
		if t.kind != kind {
			kind, name = t.kind, t.kind+" "+name
		}
		b.WriteString(l.code(cut(name, longestName)))
		last := i+1 == len(all) || i+1 == limit && len(all) > limit+1
		if len(t.namespaces) > 1 && (last || !slices.Equal(all[i+1].namespaces, t.namespaces)) {
			b.WriteString(l.inside(t.namespaces))
			kind = "" // to be said again
		}
	}
	return b.String()
}

// compact lists objects by kind and name, the kinds of the same names together,
// and the namespaces once; from limit on the names of a kind are counted.
func (l letters) compact(ids []manifest.ID, limit int) string {
	if len(things(ids)) == 1 {
		return l.names(ids, limit)
	}
	type group struct {
		kinds, names []string
		namespaces   []string
	}
	var kinds []group
	first := map[string]int{}
	for _, t := range things(ids) {
		key := t.kind + "\n" + strings.Join(t.namespaces, " ")
		i, ok := first[key]
		if !ok {
			i = len(kinds)
			first[key] = i
			kinds = append(kinds, group{[]string{t.kind}, nil, t.namespaces})
		}
		kinds[i].names = append(kinds[i].names, t.name)
	}
	var groups []group
	clear(first)
	for _, k := range kinds {
		key := strings.Join(k.names, "\n") + "\n\n" + strings.Join(k.namespaces, " ")
		if i, ok := first[key]; ok {
			groups[i].kinds = append(groups[i].kinds, k.kinds...)
			continue
		}
		first[key] = len(groups)
		groups = append(groups, k)
	}
	var b strings.Builder
	for i, g := range groups {
		if i > 0 {
			b.WriteString("; ")
		}
		names := make([]string, len(g.names))
		for j, name := range g.names {
			names[j] = l.code(cut(name, longestName))
		}
		kinds := make([]string, len(g.kinds))
		for j, kind := range g.kinds {
			kinds[j] = l.prose(cut(kind, longestName))
		}
		b.WriteString(strings.Join(kinds, ", ") + " " + strings.Join(limited(names, limit), ", "))
		if i+1 == len(groups) || !slices.Equal(groups[i+1].namespaces, g.namespaces) {
			b.WriteString(l.inside(g.namespaces))
		}
	}
	return b.String()
}
