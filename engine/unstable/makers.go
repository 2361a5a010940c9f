package unstable

import (
	"fmt"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/render"
)

// clue is something that a field of a final object may have in common with what
// a template made up.
type clue struct {
	id                    manifest.ID
	template, path, value string
}

// clues are those of a field, the best first: a kustomization may have moved it,
// copied it, or renamed its object.
func clues(id manifest.ID, template, path string, value any) []clue {
	text := fmt.Sprintf("%T", value)
	if s, ok := value.(string); ok {
		text = "=" + s
	}
	key := path[strings.LastIndexByte(path, '/')+1:]
	return []clue{
		{id: id, path: path, value: text},
		{template: template, value: text},
		{value: text},
		{id: id, path: path},
		{template: template, path: key},
		{template: template},
		{},
	}
}

// makers finds the template's lines behind fields of final objects.
type makers map[clue]render.Unstable

func newMakers(rendered []render.Unstable) makers {
	m := makers{}
	for _, u := range rendered {
		for _, c := range clues(u.ID, u.Template, u.Path, u.Value) {
			if _, taken := m[c]; !taken {
				m[c] = u
			}
		}
	}
	return m
}

func (m makers) of(o manifest.Object, d render.Difference) Field {
	u := Field{Unstable: render.Unstable{ID: o.ID, Path: d.Path}, Hook: o.Hook != nil, Fleeting: !d.Both}
	for _, c := range clues(o.ID, o.Source.File, d.Path, d.A) {
		if by, ok := m[c]; ok {
			u.Template, u.Line = by.Template, by.Line
			break
		}
	}
	return u
}
