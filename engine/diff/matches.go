package diff

import (
	"hash/maphash"
	"slices"
	"strings"
)

// match is an item of a list and its successor, by their indices; -1 where it
// has none, or succeeds none.
type match struct{ i, j int }

// matches tells which items of a part in which all differ are one another's
// successors: those with the same name; between them those at the same place,
// or, where their number changed, those that are most alike. It keeps their
// order, and is the same seen from either side.
func matches(before, after []any, old, now []string, part span) []match {
	var found []match
	for _, s := range align(handles(before, old, part.i1, part.i2), handles(after, now, part.j1, part.j2)) {
		i, j := part.i1+s.i1, part.j1+s.j1
		rows, columns := s.i2-s.i1, s.j2-s.j1
		switch {
		case rows == columns:
			for n := range rows {
				found = append(found, match{i + n, j + n})
			}
		case rows < columns:
			found = appendRest(found, mostAlike(before[i:i+rows], after[j:j+columns]), i, j, rows, columns)
		default:
			turned := mostAlike(after[j:j+columns], before[i:i+rows])
			for n, m := range turned {
				turned[n] = match{m.j, m.i}
			}
			found = appendRest(found, turned, i, j, rows, columns)
		}
	}
	return found
}

// appendRest appends pairs and what stands alone between them; i and j are where
// the pairs' own indices begin.
func appendRest(found, pairs []match, i, j, rows, columns int) []match {
	m, n := 0, 0
	for _, p := range append(pairs, match{rows, columns}) {
		for ; m < p.i; m++ {
			found = append(found, match{i + m, -1})
		}
		for ; n < p.j; n++ {
			found = append(found, match{-1, j + n})
		}
		if m < rows && n < columns {
			found = append(found, match{i + m, j + n})
			m, n = m+1, n+1
		}
	}
	return found
}

// leastAlike is how alike two items are at least that are taken for one;
// mostCells bounds the work of finding them.
const (
	leastAlike = 0.3
	mostCells  = 1 << 12
)

// mostAlike pairs trees of two lists, in their order, so that the sum of their
// similarity is largest.
func mostAlike(few, many []any) []match {
	if len(few) == 0 || len(few)*len(many) > mostCells {
		return nil
	}
	seed := maphash.MakeSeed()
	a, b := leavesOfItems(seed, few), leavesOfItems(seed, many)
	width := len(many) + 1
	best := make([]float64, (len(few)+1)*width) // of few[:i] and many[:j]
	alike := func(i, j int) float64 {
		if s := jaccard(a[i], b[j]); s >= leastAlike {
			return s
		}
		return 0
	}
	for i := range few {
		for j := range many {
			sum := max(best[i*width+j+1], best[(i+1)*width+j])
			if s := alike(i, j); s > 0 {
				sum = max(sum, best[i*width+j]+s)
			}
			best[(i+1)*width+j+1] = sum
		}
	}
	var pairs []match
	for i, j := len(few), len(many); i > 0 && j > 0; {
		switch here := best[i*width+j]; {
		case here == best[i*width+j-1]:
			j--
		case here == best[(i-1)*width+j]:
			i--
		default:
			i, j = i-1, j-1
			pairs = append(pairs, match{i, j})
		}
	}
	slices.Reverse(pairs)
	return pairs
}

func leavesOfItems(seed maphash.Seed, items []any) [][]uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	all := make([][]uint64, len(items))
	for i, item := range items {
		if isTree(item) {
			all[i] = appendLeaves(nil, &h, nil, item)
			slices.Sort(all[i])
		}
	}
	return all
}

// handles are what items would be recognised by after a change: a name, the
// flag of "--flag=value", else their whole content.
func handles(items []any, contents []string, from, to int) []string {
	found := make([]string, 0, to-from)
	for i := from; i < to; i++ {
		found = append(found, handle(items[i], contents[i]))
	}
	return found
}

func handle(item any, content string) string {
	switch v := item.(type) {
	case string:
		if flag, _, ok := strings.Cut(v, "="); ok && flag != "" {
			return flag + "="
		}
	case map[string]any:
		for _, key := range identifiers {
			if name, ok := v[key].(string); ok {
				return key + "\x00" + name
			}
		}
		metadata, _ := v["metadata"].(map[string]any)
		if name, ok := metadata["name"].(string); ok {
			return "metadata\x00" + name
		}
	}
	return content
}
