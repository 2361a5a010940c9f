package engine

import (
	"errors"
	"io/fs"
	"strconv"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/render"
	"github.com/weir-dev/weir/engine/state"
)

// carry puts the committed values into a release's unstable fields, all of them
// or none: a certificate and the authority that signed it belong together. It
// returns how many it carried; 0 where one of them has no committed value, so
// that the new answers stand as one group. read gets committed files by their
// paths. The release it is given stays as it is.
func carry(read func(path string) ([]byte, error), r state.Release, unstable []render.Unstable) (state.Release, int, error) {
	wanted := map[manifest.ID][][]string{}
	for _, u := range unstable {
		wanted[u.ID] = append(wanted[u.ID], pointer(u.Path))
		if bare := (manifest.ID{Group: u.ID.Group, Kind: u.ID.Kind, Name: u.ID.Name}); bare != u.ID {
			wanted[bare] = wanted[u.ID] // its kind may have turned out to have no namespace; a kind has one scope only
		}
	}
	files := append([]state.File(nil), r.Files...)
	carried := 0
	for i, file := range files {
		fields := wanted[file.Object]
		if fields == nil {
			continue
		}
		committed, err := read(file.Path)
		if errors.Is(err, fs.ErrNotExist) {
			return r, 0, nil
		}
		if err != nil {
			return r, 0, err
		}
		old, err := manifest.Decode(committed)
		if err != nil {
			return r, 0, nil //nolint:nilerr // damaged by hand: new answers then
		}
		body, err := manifest.Decode(file.Data)
		if err != nil {
			return r, 0, err
		}
		for _, field := range fields {
			value, ok := lookup(old, field)
			if !ok || !assign(body, field, value) {
				return r, 0, nil
			}
			carried++
		}
		files[i].Data = manifest.Encode(body)
	}
	r.Files = files
	return r, carried, nil
}

// pointer splits a JSON pointer (RFC 6901).
func pointer(text string) []string {
	if text == "" {
		return nil
	}
	steps := strings.Split(text[1:], "/")
	for i, step := range steps {
		steps[i] = strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
	}
	return steps
}

func lookup(tree any, steps []string) (any, bool) {
	for _, step := range steps {
		next, ok := child(tree, step)
		if !ok {
			return nil, false
		}
		tree = next
	}
	return tree, true
}

func assign(tree any, steps []string, value any) bool {
	if len(steps) == 0 {
		return false
	}
	parent, ok := lookup(tree, steps[:len(steps)-1])
	if !ok {
		return false
	}
	last := steps[len(steps)-1]
	switch p := parent.(type) {
	case map[string]any:
		p[last] = value
		return true
	case []any:
		if i, ok := index(last, len(p)); ok {
			p[i] = value
			return true
		}
	}
	return false
}

func child(tree any, step string) (any, bool) {
	switch t := tree.(type) {
	case map[string]any:
		v, ok := t[step]
		return v, ok
	case []any:
		if i, ok := index(step, len(t)); ok {
			return t[i], true
		}
	}
	return nil, false
}

func index(step string, length int) (int, bool) {
	i, err := strconv.Atoi(step)
	return i, err == nil && i >= 0 && i < length
}
