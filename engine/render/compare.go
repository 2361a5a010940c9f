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

// compare renders once more with another clock and random source and notes
// every value that is different. Only documents whose text differs are read.
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
	other := map[manifest.ID]manifest.Object{}
	for _, o := range after.finish(b) {
		other[o.ID] = o
	}
	texts := map[string]*twin{}
	for i := range first {
		texts[first[i].setFile.file] = &twin{a: &first[i], b: &second[i]}
	}
	for _, o := range before.finish(a) {
		text := texts[o.Source.File]
		again, ok := other[o.ID]
		delete(other, o.ID)
		if !ok {
			j.unstableAt(o, "", 0)
			continue
		}
		paths := differences(o.Body(), again.Body())
		for _, path := range paths {
			j.unstableAt(o, path, text.line(o.Source.Line, path))
		}
	}
	for _, id := range slices.SortedFunc(maps.Keys(other), manifest.ID.Compare) {
		j.unstableAt(other[id], "", 0)
	}
}

// unlike tells the documents that a text does not have.
func unlike(text []byte) func([]byte) bool {
	has := map[string]bool{}
	for _, s := range split(text) {
		has[string(text[s.start:s.end])] = true
	}
	return func(document []byte) bool { return !has[string(document)] }
}

func (j *job) unstableAt(o manifest.Object, path string, line int) {
	if line == 0 {
		line = o.Source.Line
	}
	j.release.Unstable = append(j.release.Unstable, Unstable{ID: o.ID, Path: path, Template: o.Source.File, Line: line})
}

// twin is one template rendered twice.
type twin struct {
	a, b  *rendered
	lines map[int]string // of the template, with the output's text: where the two differ
}

// line is the template's line that made the value at a path: of the lines that
// differ, below the line where the document begins, the first that names the
// path's key.
func (t *twin) line(from int, path string) int {
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
	key := path[strings.LastIndexByte(path, '/')+1:]
	key = strings.NewReplacer("~1", "/", "~0", "~").Replace(key)
	first := 0
	for _, line := range slices.Sorted(maps.Keys(t.lines)) {
		if line < from {
			continue
		}
		if strings.Contains(t.lines[line], key+":") {
			return line
		}
		if first == 0 {
			first = line
		}
	}
	return first
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
