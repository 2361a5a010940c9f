package engine

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/schema/diag"
)

// past is what an earlier run left of a release.
type past struct {
	state.Key // another one where the release moved
	read      func(path string) ([]byte, error)
}

// file reads the committed file behind one of a release that is to be written.
func (p past) file(now state.Key, path string) ([]byte, error) {
	return p.read(strings.Replace(path, "/"+now.String()+"/", "/"+p.String()+"/", 1))
}

// made tells whether the committed release has values that were made up: new
// ones would then take their place.
func (p past) made() (bool, error) {
	data, err := p.read(state.MetadataPath(p.Key))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var m state.Metadata
	err = json.Unmarshal(data, &m)
	return err == nil && len(m.Unstable) > 0, nil //nolint:nilerr // damaged by hand: others complain
}

// carried is what became of a release's unstable fields.
type carried struct {
	release state.Release
	count   int
	absent  []*unstable // fields without a committed value
	misfit  []*unstable // fields of which nobody can tell which committed value was theirs
}

// carry puts the committed values into a release's unstable fields, all of them
// or none: a certificate and the authority that signed it belong together. The
// release it is given stays as it is.
func carry(p past, r state.Release, fields []unstable) (carried, error) {
	wanted := map[place]*loose{}
	for i := range fields {
		u := &fields[i]
		at := place{u.ID, u.Hook}
		if wanted[at] == nil {
			wanted[at] = &loose{}
		}
		wanted[at].add(pointer(u.Path), u)
		at.Namespace = "" // its kind may have turned out to have no namespace; a kind has one scope only
		wanted[at] = wanted[place{u.ID, u.Hook}]
	}
	done := carried{release: r}
	files := slices.Clone(r.Files)
	for i, file := range files {
		l := wanted[place{file.Object, file.Hook != nil}]
		if l == nil {
			continue
		}
		body, err := manifest.Decode(file.Data)
		if err != nil {
			return done, err
		}
		committed, err := p.file(r.Key, file.Path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return done, err
		}
		old, err := manifest.Decode(committed)
		if err != nil {
			old = nil // damaged by hand
		}
		body = done.merge(body, old, l)
		files[i].Data = manifest.Encode(body)
	}
	if len(done.absent)+len(done.misfit) == 0 {
		done.release.Files = files
	}
	return done, nil
}

// refuse reports what is not to be kept although there is something to keep: to
// make new values in silence would rotate passwords. Of a release that never had
// such values all are new.
func (c carried) refuse(p past, r *plan.Release, chart *fetch.Chart) (diag.List, error) {
	if c.count+len(c.misfit) == 0 {
		if made, err := p.made(); err != nil || !made {
			return nil, err
		}
	}
	var found diag.List
	said := map[manifest.Source]bool{}
	report := func(u *unstable, detail string) {
		at := manifest.Source{File: u.Template, Line: u.Line}
		if said[at] {
			return
		}
		said[at] = true
		found = append(found, unkept(r, chart, *u).Detailf("%s %s %s", u.ID, u.Path, detail).
			Remedyf("`weir hydrate --regenerate %s` makes all such values of the release anew. To keep the others, give the chart this value instead of letting it make one up.", r.Name))
	}
	for _, u := range c.misfit {
		report(u, "does not line up with what is committed: what stands around it has changed too, and it cannot be told which committed value was this one.")
	}
	for _, u := range c.absent {
		report(u, "has no committed value, but the release has others: they may belong together, so all are kept or none.")
	}
	return found, nil
}

// merge puts the unstable values of a committed tree into a new one, which it
// changes.
func (c *carried) merge(tree, old any, l *loose) any {
	if l.field != nil {
		return c.value(tree, old, l.field)
	}
	switch t := tree.(type) {
	case map[string]any:
		was, _ := old.(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(l.under)) {
			if v, ok := was[key]; ok {
				t[key] = c.merge(t[key], v, l.under[key])
			} else {
				l.under[key].each(c.lost)
			}
		}
	case []any:
		was, _ := old.([]any)
		find := align(t, was, l)
		for i := range t {
			if below := l.at(i); below != nil {
				switch at := find(i); at {
				case nowhere:
					below.each(c.lost)
				case unclear:
					below.each(c.unclear)
				default:
					t[i] = c.merge(t[i], was[at], below)
				}
			}
		}
	}
	return tree
}

func (c *carried) lost(u *unstable)    { c.absent = append(c.absent, u) }
func (c *carried) unclear(u *unstable) { c.misfit = append(c.misfit, u) }

// value is the committed value of a field; of a text what is made up only.
func (c *carried) value(value, old any, u *unstable) any {
	if u.Spans == nil {
		if !alike(value, old) {
			c.unclear(u)
			return value
		}
		c.count++
		return old
	}
	text, was, ok := u.texts(value, old)
	if ok {
		text, ok = splice(text, was, u.Spans)
	}
	if !ok {
		c.unclear(u)
		return value
	}
	c.count++
	if u.encoded() {
		return base64.StdEncoding.EncodeToString([]byte(text))
	}
	return text
}

// texts are the texts that a field holds, now and in the committed state.
func (u *unstable) texts(value, old any) (text, was string, ok bool) {
	text, isText := value.(string)
	was, both := old.(string)
	if !isText || !both || !u.encoded() {
		return text, was, isText && both
	}
	x, err := base64.StdEncoding.DecodeString(text)
	y, bad := base64.StdEncoding.DecodeString(was)
	return string(x), string(y), err == nil && bad == nil
}

// alike tells whether two values are both maps, both lists or both neither.
func alike(a, b any) bool {
	_, aMap := a.(map[string]any)
	_, bMap := b.(map[string]any)
	_, aList := a.([]any)
	_, bList := b.([]any)
	return aMap == bMap && aList == bList && b != nil
}
