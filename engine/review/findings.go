package review

import (
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/risk"
)

// findings are hits that say the same of several objects.
type findings struct {
	Hit
	objects []manifest.ID
}

// grouped brings hits together that differ in their object alone.
func grouped(hits []Hit) []findings {
	type key struct{ rule, level, release, path, reason, consequence, where string }
	var all []findings
	first := map[key]int{}
	for _, h := range hits {
		var where strings.Builder
		for _, t := range h.Where {
			where.WriteString(number(t) + " ")
		}
		k := key{h.Rule, string(h.Level), h.Release, h.Path.String(), h.Reason, h.Consequence, where.String()}
		i, ok := first[k]
		if !ok || h.Waived != nil {
			i = len(all)
			first[k] = i
			all = append(all, findings{Hit: h})
		}
		all[i].objects = append(all[i].objects, h.everywhere()...)
	}
	return all
}

// of are the hits of a level that nobody accepted.
func (r Review) of(level risk.Level) []Hit {
	return slices.DeleteFunc(slices.Clone(r.Hits), func(h Hit) bool { return h.Level != level || h.Waived != nil })
}

// cautions are those that the deletions do not tell.
func (r Review) cautions(f farewell) (hits []Hit, told int) {
	for i, h := range r.Hits {
		switch {
		case h.Level != risk.Caution || h.Waived != nil:
		case f.hits[i]:
			told++
		default:
			hits = append(hits, h)
		}
	}
	return hits, told
}

// notes are the hits for information, but for those that are told elsewhere: with
// the deletions, with the restarts, with what is folded.
func (r Review) notes() []Hit {
	told := map[int]bool{}
	for _, release := range r.Releases {
		for _, c := range release.Changes {
			for _, h := range c.Hits {
				told[h] = told[h] || c.leaving().Status == manifest.Removed && r.Hits[h].Removal
			}
		}
	}
	restarts := map[manifest.ID]bool{}
	for _, restart := range r.Restarts {
		restarts[restart.Object] = restarts[restart.Object] || restart.AllAtOnce
	}
	var notes []Hit
	for i, h := range r.Hits {
		elsewhere := told[i] || strings.HasPrefix(h.Rule, "routine/") || h.Rule == "restart/all-at-once" && restarts[h.Object]
		if h.Level == risk.Info && h.Waived == nil && !elsewhere {
			notes = append(notes, h)
		}
	}
	return notes
}

func (r Review) waived() []Hit {
	return slices.DeleteFunc(slices.Clone(r.Hits), func(h Hit) bool { return h.Waived == nil })
}
