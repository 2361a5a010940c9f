package review

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/risk"
	"github.com/weir-dev/weir/schema/diag"
)

// TestCauses: a hit comes from the line that changed its field, or one as close
// to it as there is.
func TestCauses(t *testing.T) {
	line := func(n int) diff.Cause {
		return diff.Cause{Kind: diff.ByValues, Place: diag.Range{File: "web.yaml", Start: diag.Pos{Line: n}}}
	}
	path := func(keys ...string) diff.Path {
		var p diff.Path
		for _, key := range keys {
			p = append(p, diff.Key(key))
		}
		return p
	}
	container := func(name, key string) diff.Path {
		return path("spec", "template", "spec", "containers").Then(diff.Item(diff.Want{Key: "name", Value: name})).Then(diff.Key(key))
	}
	fields := []diff.Field{
		{Path: path("metadata", "labels", "version"), Cause: 0},
		{Path: container("web", "image"), Cause: 1},
		{Path: container("side", "image"), Cause: 2},
		{Path: path("spec", "replicas"), Cause: 3}, // of the chart
		{Path: container("web", "command"), Cause: 3},
	}
	release := Release{Causes: []diff.Cause{line(1), line(2), line(3), {Kind: diff.ByChart}, line(5)}}
	for name, c := range map[string]struct {
		status manifest.Status
		hit    diff.Path
		want   int
	}{
		"the field":                    {manifest.Changed, container("web", "image"), 2},
		"of another item":              {manifest.Changed, container("side", "image"), 3},
		"above it":                     {manifest.Changed, path("spec", "template", "spec"), 2},
		"beside it":                    {manifest.Changed, container("web", "resources"), 2},
		"the whole object":             {manifest.Changed, nil, 1},
		"something that did not":       {manifest.Changed, path("metadata", "annotations"), 0},
		"what no line changed":         {manifest.Changed, path("spec", "replicas"), 0},
		"nor beside one that did":      {manifest.Changed, container("web", "command"), 0},
		"an object that comes or goes": {manifest.Removed, path("spec"), 5},
	} {
		t.Run(name, func(t *testing.T) {
			changed := release
			changed.Changes = []Change{{Status: c.status, Hits: []int{0}, Cause: 4}}
			if c.status == manifest.Changed {
				changed.Changes[0].Fields = fields
			}
			r := Review{Hits: []Hit{{Hit: risk.Hit{Path: c.hit}}}, Releases: []Release{changed}}
			if d := cmp.Diff(c.want, r.causes()[0].Start.Line); d != "" {
				t.Errorf("line (-want +got):\n%s", d)
			}
		})
	}
}
