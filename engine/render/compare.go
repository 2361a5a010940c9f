package render

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
)

// compare renders once more with another clock and random source, notes every
// value that is different and keeps the other objects. Only documents whose text
// differs are read.
func (j *job) compare(p *prepared, variation *variation, first []rendered, kinds map[manifest.ID]bool) {
	second, err := j.execute(p, variation.other())
	if err != nil {
		j.fail(j.executionError(p, err))
		return
	}
	before := &reading{job: j, quiet: true, table: p.table, kinds: kinds}
	after := &reading{job: j, quiet: true, table: p.table, kinds: kinds}
	var a, b []piece
	for i := range first {
		if bytes.Equal(first[i].buf, second[i].buf) {
			continue
		}
		a = before.text(a, first[i], unlike(second[i].buf))
		b = after.text(b, second[i], unlike(first[i].buf))
	}
	mine, its := before.finish(a), after.finish(b)
	other := map[manifest.ID]manifest.Object{}
	for _, o := range its {
		other[o.ID] = o
	}
	texts := map[string]*twin{}
	for i := range first {
		texts[first[i].setFile.file] = &twin{a: &first[i], b: &second[i]}
	}
	for _, o := range mine {
		text := texts[o.Source.File]
		again, ok := other[o.ID]
		delete(other, o.ID)
		if !ok {
			j.unstableAt(o, Difference{}, 0)
			continue
		}
		for _, d := range Differences(o.Body(), again.Body()) {
			j.unstableAt(o, d, text.line(o.Source.Line, d))
		}
	}
	for _, id := range slices.SortedFunc(maps.Keys(other), manifest.ID.Compare) {
		j.unstableAt(other[id], Difference{}, 0)
	}
	if len(j.release.Unstable) > 0 {
		j.release.Variation = after.once(append(without(j.release.Objects, mine), its...))
	}
}

// without leaves out the objects of the documents that some are of.
func without(objects, some []manifest.Object) []manifest.Object {
	type origin struct {
		manifest.ID
		manifest.Source
	}
	out := map[origin]bool{}
	for _, o := range some {
		out[origin{o.ID, o.Source}] = true
	}
	kept := make([]manifest.Object, 0, len(objects)+len(some))
	for _, o := range objects {
		if !out[origin{o.ID, o.Source}] {
			kept = append(kept, o)
		}
	}
	return kept
}

// unlike tells the documents that a text does not have.
func unlike(text []byte) func([]byte) bool {
	has := map[string]bool{}
	for _, s := range split(text) {
		has[string(text[s.start:s.end])] = true
	}
	return func(document []byte) bool { return !has[string(document)] }
}

func (j *job) unstableAt(o manifest.Object, d Difference, line int) {
	if line == 0 {
		line = o.Source.Line
	}
	j.release.Unstable = append(j.release.Unstable, Unstable{ID: o.ID, Path: d.Path, Template: o.Source.File, Line: line, Value: d.A})
}

// twin is one template rendered twice.
type twin struct {
	a, b  *rendered
	lines map[int]string // of the template, with the output's text: where the two differ
}

// line is the template's line that made a value: of the lines that differ, below
// the line where the document begins, the first that names the value's key or,
// for an item of a list, prints the value.
func (t *twin) line(from int, d Difference) int {
	if t == nil {
		return 0
	}
	if t.lines == nil {
		t.lines = map[int]string{}
		a, b := bytes.Split(t.a.buf, []byte("\n")), bytes.Split(t.b.buf, []byte("\n"))
		at := 0
		for i, line := range a {
			if i >= len(b) || !bytes.Equal(line, b[i]) {
				t.lines[t.a.line(at)] += string(line) + "\n"
			}
			at += len(line) + 1
		}
	}
	wanted := d.Path[strings.LastIndexByte(d.Path, '/')+1:]
	if item, isText := d.A.(string); isText && isIndex(wanted) {
		wanted, _, _ = strings.Cut(item, "\n")
	} else {
		wanted = strings.NewReplacer("~1", "/", "~0", "~").Replace(wanted) + ":"
	}
	first := 0
	for _, line := range slices.Sorted(maps.Keys(t.lines)) {
		if line < from {
			continue
		}
		if strings.Contains(t.lines[line], wanted) {
			return line
		}
		if first == 0 {
			first = line
		}
	}
	return first
}

// Difference is one value in which two trees differ.
type Difference struct {
	Path string // a JSON pointer
	A, B any
	Both bool // it is in both: a key may be in one of them only
}

// Differences lists the leaves in which two trees differ, sorted by path. Lists
// of different lengths are leaves.
func Differences(a, b any) []Difference {
	var all []Difference
	var walk func(a, b any, at string)
	walk = func(a, b any, at string) {
		switch x := a.(type) {
		case map[string]any:
			if y, ok := b.(map[string]any); ok {
				for k, v := range x {
					inner := at + "/" + pointerKey(k)
					if w, ok := y[k]; ok {
						walk(v, w, inner)
					} else {
						all = append(all, Difference{Path: inner, A: v})
					}
				}
				for k, w := range y {
					if _, ok := x[k]; !ok {
						all = append(all, Difference{Path: at + "/" + pointerKey(k), B: w})
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
			all = append(all, Difference{Path: at, A: a, B: b, Both: true})
		}
	}
	walk(a, b, "")
	slices.SortFunc(all, func(a, b Difference) int { return strings.Compare(a.Path, b.Path) })
	return all
}

func isIndex(step string) bool {
	return step != "" && strings.Trim(step, "0123456789") == ""
}

func pointerKey(k string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(k)
}
