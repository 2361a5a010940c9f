package render

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
)

// compare renders once more with another clock and random source and notes
// every value that is different.
func (j *job) compare(p *prepared, first *variation) {
	second, ok := j.objects(p, first.other(), false)
	if !ok {
		return
	}
	other := map[manifest.ID]manifest.Object{}
	for _, o := range second {
		other[o.ID] = o
	}
	for _, o := range j.release.Objects {
		twin, ok := other[o.ID]
		delete(other, o.ID)
		if !ok {
			j.unstableAt(o, "")
			continue
		}
		for _, path := range differences(o.Body(), twin.Body()) {
			j.unstableAt(o, path)
		}
	}
	for _, id := range slices.SortedFunc(maps.Keys(other), manifest.ID.Compare) {
		j.unstableAt(other[id], "")
	}
}

func (j *job) unstableAt(o manifest.Object, path string) {
	j.release.Unstable = append(j.release.Unstable, Unstable{ID: o.ID, Path: path, Template: o.Source.File, Line: o.Source.Line})
}

// differences lists the JSON pointers of the leaves in which two trees differ,
// sorted.
func differences(a, b any) []string {
	var all []string
	var walk func(a, b any, at string)
	walk = func(a, b any, at string) {
		switch x := a.(type) {
		case map[string]any:
			if y, ok := b.(map[string]any); ok {
				for _, k := range slices.Sorted(maps.Keys(x)) {
					inner := at + "/" + pointerKey(k)
					if v, ok := y[k]; ok {
						walk(x[k], v, inner)
					} else {
						all = append(all, inner)
					}
				}
				for _, k := range slices.Sorted(maps.Keys(y)) {
					if _, ok := x[k]; !ok {
						all = append(all, at+"/"+pointerKey(k))
					}
				}
				return
			}
		case []any:
			if y, ok := b.([]any); ok && len(x) == len(y) {
				for i := range x {
					walk(x[i], y[i], fmt.Sprintf("%s/%d", at, i))
				}
				return
			}
		}
		if !reflect.DeepEqual(a, b) {
			all = append(all, at)
		}
	}
	walk(a, b, "")
	slices.Sort(all)
	return all
}

func pointerKey(k string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(k)
}
