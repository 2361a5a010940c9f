package schema

import (
	"bytes"
	"fmt"
	"strings"
)

// page writes the reference.
type page struct{ out bytes.Buffer }

func (w *page) line(format string, args ...any) { fmt.Fprintf(&w.out, format+"\n", args...) }

// fragmentsOf names the blocks that share the rows of release; the page shows
// the rows once, there.
var fragmentsOf = map[string]bool{"defaults": true, "profile": true, "release.environment": true, "release.cluster": true}

func (w *page) block(b block, heading, in string) {
	title := b.Name
	if b.Label != "" {
		title += ` "<` + b.Label + `>"`
	}
	w.line("")
	w.line("%s`%s`", heading, title)
	w.line("")
	w.line("%s%s", b.Doc, once(b))
	w.line("")
	name := in + b.Name
	if fragmentsOf[name] {
		for _, a := range b.Attributes {
			if a.Overlay == notInOverlays {
				w.line("- `%s` (%s): %s", a.Name, a.Type, a.Doc)
			}
		}
		w.line("Takes the attributes and blocks of `release` that have an overlay rule.")
		return
	}
	if len(b.Attributes) > 0 {
		w.table(b.Attributes)
	}
	for _, inner := range b.Blocks {
		if !inner.Reserved {
			w.block(inner, "#"+heading, name+".")
		}
	}
}

func once(b block) string {
	switch {
	case b.Once:
		return " At most one."
	case b.Free:
		return " Any name may be written."
	}
	return ""
}

func (w *page) table(rows []attribute) {
	overlays := false
	for _, a := range rows {
		overlays = overlays || a.Overlay != notInOverlays
	}
	if overlays {
		w.line("| attribute | type | default | in overlays | |")
		w.line("|---|---|---|---|---|")
	} else {
		w.line("| attribute | type | default | |")
		w.line("|---|---|---|---|")
	}
	for _, a := range rows {
		if a.Type == kindForbidden {
			continue
		}
		kind := a.Type.String()
		if a.OneOf != nil {
			kind = strings.Join(a.OneOf, ", ")
		}
		value := ""
		switch {
		case a.Required:
			value = "required"
		case a.Default != "":
			value = "`" + a.Default + "`"
		}
		cells := []string{"`" + a.Name + "`", kind, value}
		if overlays {
			rule := string(a.Overlay)
			if rule == "" {
				rule = "not in overlays"
			}
			cells = append(cells, rule)
		}
		cells = append(cells, a.Doc)
		w.line("| %s |", strings.Join(cells, " | "))
	}
}
