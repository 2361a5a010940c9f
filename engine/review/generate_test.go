package review

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/risk"
	"github.com/weir-dev/weir/schema/diag"
)

// hostile is text that wants to be more than text.
var hostile = []string{
	"web", "api", "ghcr.io/acme/web", "prod-eu", "1.9.0", "spec.replicas",
	"`", "``` ", "````", "~~~", "a`b``c", "|", `\|`, `\`, "<script>alert(1)</script>", "</details>", "</summary>", "<details>", "<!--", "-->", "<b>",
	"@everyone", "@acme/team", "#123", "acme/web#7", "GH-9", "gh-10", "!42", "%3", "~bug", `~"a label"`, "$5", "&6", "^alert", "https://evil.example/x?a=b", "www.evil.example",
	"mailto:a@b.example", "a@b.example", "ftp://x.example", "[link](https://evil.example)", "![image](x.png)", "[x]: y", "*bold*", "_it_", "**b**", "~~gone~~", "==", "$x$", "\\(x\\)", ":smile:",
	"# head", "- [ ] task", "1. one", "> quote", "---", "| a | b |\n| --- | --- |", "line\nbreak", "\r\n", "tab\tbed", "&lt;", "&#8203;", "&", "<", ">", "\"", "'",
	"\u202eevil", "\u200b", "\u2066x\u2069", "\ufeff", "\x1b[31mred\x1b[0m", "\x00", "\x07", "\u0085", "\u2028", "\xff\xfe", "日本語", "😀", "é", "", " ", "  two  ",
	strings.Repeat("long ", 300), strings.Repeat("x", 5000), strings.Repeat("`", 50), strings.Repeat("@a ", 50),
}

// generator makes reviews that nobody would.
type generator struct{ *rand.Rand }

func (g generator) text() string {
	s := hostile[g.IntN(len(hostile))]
	for g.IntN(3) == 0 {
		s += hostile[g.IntN(len(hostile))]
	}
	return s
}

func (g generator) name() string {
	if g.IntN(4) > 0 {
		return fmt.Sprintf("name-%d", g.IntN(10_000))
	}
	return g.text()
}

func (g generator) id() manifest.ID {
	id := manifest.ID{Group: pick(g, "", "apps", "example.com"), Kind: pick(g, "Deployment", "ConfigMap", "PersistentVolumeClaim", "CustomResourceDefinition"), Namespace: pick(g, "", "shop"), Name: g.name()}
	if g.IntN(20) == 0 {
		id.Kind = g.text()
	}
	return id
}

func pick[T any](g generator, of ...T) T { return of[g.IntN(len(of))] }

func (g generator) path() diff.Path {
	var p diff.Path
	for range g.IntN(4) {
		switch g.IntN(3) {
		case 0:
			p = append(p, diff.At(g.IntN(3)))
		case 1:
			p = append(p, diff.Item(diff.Want{Key: "name", Value: g.name()}))
		default:
			p = append(p, diff.Key(g.name()))
		}
	}
	return p
}

func (g generator) value(depth int) any {
	switch n := g.IntN(9); {
	case n == 0:
		return nil
	case n == 1:
		return g.IntN(2) == 0
	case n == 2:
		return int64(g.IntN(100))
	case n == 3:
		return g.Float64()
	case n == 4:
		return diff.Masked("value " + diff.Letter(g.IntN(3)))
	case n == 5 && depth > 0:
		return map[string]any{g.text(): g.value(depth - 1), "b": g.value(depth - 1)}
	case n == 6 && depth > 0:
		return []any{g.value(depth - 1), g.value(depth - 1)}
	}
	return g.text()
}

func (g generator) field() diff.Field {
	f := diff.Field{
		Path: g.path(), Status: pick(g, manifest.Created, manifest.Changed, manifest.Changed, manifest.Removed),
		Class: pick(g, diff.Image, diff.Other, diff.Label, diff.Checksum, diff.Docs, diff.Order),
	}
	if f.Status != manifest.Created {
		f.Before = g.value(2)
	}
	if f.Status != manifest.Removed {
		f.After = g.value(2)
	}
	if g.IntN(8) == 0 {
		f.Inner = &diff.Inner{Format: "text", Text: "@@ -1 +1 @@\n-" + g.text() + "\n+" + g.text() + "\n"}
	}
	return f
}

func (g generator) where(targets int) Where {
	w := Where{}.with(g.IntN(targets))
	for range g.IntN(targets) {
		w = w.with(g.IntN(targets))
	}
	return w
}

// review makes a review of about so many objects in each release.
func (g generator) review(objects int) Review {
	in := Input{
		Project: g.text(), Command: "weir diff " + g.text(),
		Base: Point{Kind: pick(g, Directory, Revision, State), Ref: g.text(), Commit: g.text()},
		Head: Point{Kind: pick(g, Directory, Revision, State), Ref: g.text()},
	}
	for i := range 1 + g.IntN(pick(g, 1, 3, 40)) {
		in.Targets = append(in.Targets, Target{Cluster: fmt.Sprintf("%s-%d", g.name(), i), Environment: pick(g, "production", "staging", g.text())})
	}
	for range g.IntN(4) {
		in.Stale = append(in.Stale, g.text())
	}
	r := Make(in)
	for range 1 + g.IntN(4) {
		r.Releases = append(r.Releases, g.release(objects, len(in.Targets)))
	}
	for _, release := range r.Releases {
		for _, group := range release.Groups {
			for _, target := range group.Where {
				r.Targets[target].Change = true
			}
		}
	}
	hits := g.IntN(objects + 2)
	for range hits {
		h := Hit{Hit: risk.Hit{
			Rule: pick(g, "immutable/statefulset", "removal/pvc", "image/mutable-tag", g.text()), Level: pick(g, risk.Block, risk.Caution, risk.Info),
			Release: r.Releases[g.IntN(len(r.Releases))].Name, Object: g.id(), Path: g.path(), Reason: g.text(), Consequence: pick(g, "", g.text()), Removal: g.IntN(4) == 0,
		}, Where: g.where(len(in.Targets))}
		switch g.IntN(10) {
		case 0:
			h.Object = manifest.ID{}
		case 1:
			h.Waived = &risk.Waiver{Reason: g.text(), Until: time.Unix(1_800_000_000, 0).UTC(), Range: diag.Range{File: g.text()}}
		default: // about a change
			for _, release := range r.Releases {
				if release.Name == h.Release && len(release.Changes) > 0 {
					h.Object = release.Changes[g.IntN(len(release.Changes))].Object
				}
			}
		}
		r.Hits = append(r.Hits, h)
	}
	link(r.Releases, r.Hits)
	for range g.IntN(objects + 2) {
		r.Restarts = append(r.Restarts, Restart{Restart: risk.Restart{Object: g.id(), Why: []risk.Why{pick(g, risk.WhyImage, risk.WhyEnv, risk.Why(g.text()))}, Pods: int64(g.IntN(9)), PerNode: g.IntN(9) == 0}, Where: g.where(len(in.Targets))})
		r.Images = append(r.Images, Image{Repository: g.text(), Was: pick(g, "", g.text()), From: g.text(), To: g.text(), Step: pick(g, "major", "digest", g.text()), Workloads: []manifest.ID{g.id(), g.id()}, Where: g.where(len(in.Targets))})
		r.Charts = append(r.Charts, Chart{Name: g.text(), From: g.text(), To: g.text(), Step: "minor", Releases: []string{g.text()}, Where: g.where(len(in.Targets)), Fields: 9, Caused: g.IntN(9)})
	}
	r.Totals = totals(r)
	r.Verdict = verdict(r)
	return r
}

func (g generator) release(objects, targets int) Release {
	release := Release{Name: g.name()}
	for range 1 + g.IntN(3) {
		group := Group{Status: pick(g, manifest.Created, manifest.Changed, manifest.Removed), From: pick(g, "", "", g.text()), Where: g.where(targets), Counts: Counts{Created: g.IntN(5)}, Fields: g.IntN(9)}
		for range g.IntN(3) {
			group.Causes = append(group.Causes, Cause{diff.Cause{Kind: pick(g, diff.ByChart, diff.ByValues, diff.ByWeir), From: g.text(), To: g.text(), Place: diag.Range{File: g.text()}, Fields: g.IntN(9)}, g.where(targets)})
		}
		release.Groups = append(release.Groups, group)
	}
	for range g.IntN(objects + 1) {
		c := Change{Status: pick(g, manifest.Created, manifest.Changed, manifest.Changed, manifest.Removed), Object: g.id(), Where: g.where(targets), Hook: g.IntN(9) == 0}
		for range 1 + g.IntN(5) {
			if c.Status != manifest.Changed {
				c.Before, c.After = []byte(g.text()+"\n"), []byte(g.text()+"\n")
				break
			}
			c.Fields = append(c.Fields, g.field())
		}
		if g.IntN(9) == 0 {
			was := g.id()
			c.Was, c.Rename = &was, diff.Guess
		}
		c.Routine = g.IntN(4) == 0
		release.Changes = append(release.Changes, c)
		if g.IntN(6) == 0 { // another variant
			c.Fields = append(append([]diff.Field(nil), c.Fields...), g.field())
			c.Where = g.where(targets)
			release.Changes = append(release.Changes, c)
		}
	}
	return release
}
