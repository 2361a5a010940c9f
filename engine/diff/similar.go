package diff

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"maps"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
)

// likeness is how much two objects have in common.
type likeness struct {
	i, j       int
	similarity float64
}

// leastSimilar is how alike two objects are at least that are taken for one
// under two names.
const leastSimilar = 0.5

// A family of up to allPairs pairs is compared in whole; of a larger one those
// pairs only that share a leaf which few objects have, or that are the same but
// for their name.
const (
	allPairs  = 1 << 12
	fewHolder = 16
)

// alike pairs objects that are at least leastSimilar, the most similar first.
// Similarity is the Jaccard index of their leaves (path and value); names,
// namespaces and labels that tell versions are left out. It is the same seen from either side.
func alike(gone, come []manifest.Object, olds, news []int) []likeness {
	if len(olds) == 0 || len(news) == 0 {
		return nil
	}
	seed := maphash.MakeSeed()
	old, now := leavesOf(seed, gone, olds), leavesOf(seed, come, news)
	var found []likeness
	compare := func(i, j int) {
		if s := jaccard(old[i], now[j]); s >= leastSimilar {
			found = append(found, likeness{olds[i], news[j], s})
		}
	}
	if len(olds)*len(news) <= allPairs {
		for i := range olds {
			for j := range news {
				compare(i, j)
			}
		}
	} else {
		for _, m := range candidates(old, now) {
			compare(m.i, m.j)
		}
	}
	name := func(l likeness) (string, string) {
		a, b := gone[l.i].ID.Name, come[l.j].ID.Name
		return min(a, b), max(a, b)
	}
	slices.SortFunc(found, func(a, b likeness) int {
		a1, a2 := name(a)
		b1, b2 := name(b)
		return cmp.Or(cmp.Compare(b.similarity, a.similarity), strings.Compare(a1, b1), strings.Compare(a2, b2), cmp.Compare(a.i, b.i), cmp.Compare(a.j, b.j))
	})
	return found
}

// candidates are the pairs of a large family that may be alike.
func candidates(old, now [][]uint64) []match {
	holders := map[uint64]*[2][]int{}
	note := func(leaf uint64, side, i int) {
		h := holders[leaf]
		if h == nil {
			h = &[2][]int{}
			holders[leaf] = h
		}
		if n := len(h[side]); n <= fewHolder && (n == 0 || h[side][n-1] != i) {
			h[side] = append(h[side], i)
		}
	}
	same := map[uint64]*[2][]int{}
	for side, objects := range [][][]uint64{old, now} {
		for i, leaves := range objects {
			var all uint64
			for n, leaf := range leaves {
				note(leaf, side, i)
				all = (all ^ leaf + uint64(n)) * 0x9e3779b97f4a7c15
			}
			if same[all] == nil {
				same[all] = &[2][]int{}
			}
			same[all][side] = append(same[all][side], i)
		}
	}
	pairs := map[match]bool{}
	for _, h := range holders {
		if len(h[0])+len(h[1]) > fewHolder {
			continue
		}
		for _, i := range h[0] {
			for _, j := range h[1] {
				pairs[match{i, j}] = true
			}
		}
	}
	for _, s := range same { // objects are sorted by name: the first is the first's
		for n := range min(len(s[0]), len(s[1])) {
			pairs[match{s[0][n], s[1][n]}] = true
		}
	}
	return slices.SortedFunc(maps.Keys(pairs), func(a, b match) int {
		return cmp.Or(cmp.Compare(a.i, b.i), cmp.Compare(a.j, b.j))
	})
}

// leavesOf hashes the leaves of objects; those of each are sorted.
func leavesOf(seed maphash.Seed, objects []manifest.Object, which []int) [][]uint64 {
	all := make([][]uint64, len(which))
	for n, i := range which {
		body := objects[i].Body()
		delete(body, "apiVersion")
		delete(body, "kind")
		if metadata, ok := body["metadata"].(map[string]any); ok {
			delete(metadata, "name")
			delete(metadata, "namespace")
			if len(metadata) == 0 {
				delete(body, "metadata")
			}
		}
		if len(body) == 0 {
			continue
		}
		var h maphash.Hash
		h.SetSeed(seed)
		all[n] = appendLeaves(nil, &h, nil, body)
		slices.Sort(all[n])
	}
	return all
}

func appendLeaves(leaves []uint64, h *maphash.Hash, path []byte, v any) []uint64 {
	switch v := v.(type) {
	case map[string]any:
		named := bytes.HasSuffix(path, []byte(".labels")) || bytes.HasSuffix(path, []byte(".annotations"))
		for key, w := range v {
			if named && metadataKeyClass(key) != Other {
				continue // they change with every version, or are those of all objects
			}
			leaves = appendLeaves(leaves, h, append(append(path, '.'), key...), w)
		}
		if len(v) > 0 {
			return leaves
		}
	case []any: // items are the same wherever they stand
		for _, w := range v {
			leaves = appendLeaves(leaves, h, append(path, '['), w)
		}
		if len(v) > 0 {
			return leaves
		}
	case string: // texts are the same by the line
		if strings.Contains(v, "\n") {
			for line := range strings.Lines(v) {
				leaves = appendLeaves(leaves, h, append(path, '|'), strings.TrimSuffix(line, "\n"))
			}
			return leaves
		}
	}
	h.Reset()
	h.Write(path)
	h.WriteByte(0)
	h.Write(manifest.AppendEncode(nil, v))
	return append(leaves, h.Sum64())
}

// jaccard is the part that two sorted multisets share of all that is in them; 0
// of two empty ones, which have nothing in common.
func jaccard(a, b []uint64) float64 {
	shared, i, j := 0, 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			shared++
			i++
			j++
		case a[i] < b[j]:
			i++
		default:
			j++
		}
	}
	all := len(a) + len(b) - shared
	if all == 0 {
		return 0
	}
	return float64(shared) / float64(all)
}
