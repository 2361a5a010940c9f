package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/risk"
)

// plain are the objects of which there is but to say that they come or go, those
// in the same places together.
func (r Review) plain(s sheet) []bundle {
	var d digester
	var all []bundle
	first := map[digest]int{}
	for _, b := range s.bundles {
		if !r.isPlain(b) {
			continue
		}
		d.text(string(b.Status))
		d.flag(b.Hook)
		d.flag(b.Keep)
		d.where(b.where)
		key := d.sum()
		i, ok := first[key]
		if !ok {
			first[key] = len(all)
			all = append(all, b)
			continue
		}
		all[i].ids = append(slices.Clip(all[i].ids), b.ids...)
	}
	slices.SortStableFunc(all, func(a, b bundle) int { return cmp.Compare(len(b.where), len(a.where)) })
	for i := range all {
		slices.SortStableFunc(all[i].ids, func(a, b manifest.ID) int {
			return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name))
		})
	}
	return all
}

// isPlain tells whether there is but to say that objects come or go. Of what goes
// the deletions tell all there is.
func (r Review) isPlain(b bundle) bool {
	tells := func(h int) bool { return r.Hits[h].Level != risk.Info }
	switch b.Status {
	case manifest.Removed:
		return true
	case manifest.Created:
		return !slices.ContainsFunc(b.about, tells) &&
			!slices.ContainsFunc(b.variants, func(v variant) bool { return slices.ContainsFunc(v.about, tells) })
	}
	return false
}

// repeated is fields without those that are like many before them but for names
// and numbers, and how many are left out behind which. Those with something to
// tell are never left out.
func repeated(fields []placed, tells func(placed) bool) (kept []placed, rest map[int]int) {
	rest = map[int]int{}
	if len(fields) <= manyAlike+1 {
		return fields, rest
	}
	shapes := make([]string, len(fields))
	total := map[string]int{}
	for i, f := range fields {
		shapes[i] = f.shape()
		total[shapes[i]]++
	}
	seen, last := map[string]int{}, map[string]int{}
	for i, f := range fields {
		s := shapes[i]
		if total[s] > manyAlike+1 {
			if seen[s]++; seen[s] > manyAlike && !tells(f) {
				rest[last[s]]++
				continue
			}
			last[s] = len(kept)
		}
		kept = append(kept, f)
	}
	return kept, rest
}

// shape is what a field's change has in common with those of its neighbours: all
// but the names of items, the last key, and numbers.
func (f placed) shape() string {
	var b strings.Builder
	own := ""
	for i, s := range f.Path {
		switch {
		case !s.IsKey():
			b.WriteString("[]")
			if s.IsItem() {
				own = diff.Scalar(s.Item[0].Value)
			}
		case i == len(f.Path)-1 && own == "":
			own = s.Key
			b.WriteString(".*")
		default:
			b.WriteString("." + s.Key)
		}
	}
	inner := ""
	if f.Inner != nil {
		inner = f.Inner.Text
	}
	said := fmt.Sprintf("%s\n%s\n%s\n%s\n%s", f.Status, f.Class, flow(f.Before), flow(f.After), inner)
	if own != "" {
		said = without(said, own)
	}
	return b.String() + "\n" + withoutNumbers(said)
}
