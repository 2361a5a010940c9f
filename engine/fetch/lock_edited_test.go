package fetch_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// TestEditedLock: what an entry says of a chart is what the chart says, and what
// its constraint allows; with the content at hand and without.
func TestEditedLock(t *testing.T) {
	for name, test := range map[string]struct {
		edit   func(*schema.Locked)
		detail string
	}{
		"another version":    {func(e *schema.Locked) { e.Version = "9.9.9" }, "It says version 9.9.9, but what is locked is 1.1.0."},
		"another constraint": {func(e *schema.Locked) { e.Constraint = "~1.0.0" }, `Its version 1.1.0 does not meet "~1.0.0".`},
	} {
		p := newPlace(t)
		p.lock(false)
		e := p.old.Charts[0]
		test.edit(&e)
		ref := p.ref
		ref.Version = e.Constraint
		for _, stock := range []*fetch.Stock{{Shelves: []fetch.Shelf{p.store}}, {Source: p.source()}} {
			pins := &fetch.Pins{Lock: lockedAs(schema.NewLock([]schema.Locked{e})), Stock: stock}
			_, err := pins.Files(t.Context(), ref)
			found, _ := diag.Refused(err)
			want := diag.List{{
				Summary: `the lock of chart "main/app ` + e.Constraint + `" was edited`, Detail: test.detail,
				Remedy:  "Take the entry back from an earlier commit, or remove it from weir.lock.hcl and run `weir lock`.",
				Related: []diag.Related{{Note: "the entry"}},
			}}
			if diff := cmp.Diff(want, found); diff != "" {
				t.Errorf("%s: %v\n%s", name, err, diff)
			}
		}
	}
}

// TestLockedVersion: a version is what Chart.yaml means, however it writes it.
func TestLockedVersion(t *testing.T) {
	for text, same := range map[string]bool{
		"version: 1.0.0":                  true,
		"version: \"1.0.0\" ":             true,
		"version:  '1.0.0'\r\n":           true,
		"version: 1.0.0 # the first":      true,
		"{version: 1.0.0}":                true,
		"\"version\": 1.0.0":              true,
		"a:\n  version: 1.0.0":            false,
		"version: 1.0.1":                  false,
		"{version: 1.0.1}":                false,
		"version: 1.0.1\n#version: 1.0.0": false,
	} {
		stock := &fetch.Stock{Shelves: []fetch.Shelf{shelf{{Name: "Chart.yaml", Data: []byte(text)}}}}
		_, err := stock.Pinned(t.Context(), schema.Chart{Source: "main/app"}, schema.Locked{Source: "main/app", Constraint: "^1", Version: "1.0.0"})
		if (err == nil) != same {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// shelf has one chart.
type shelf []fetch.File

func (s shelf) Files(schema.Locked) ([]fetch.File, error) { return s, nil }
