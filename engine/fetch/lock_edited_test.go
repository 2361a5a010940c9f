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
