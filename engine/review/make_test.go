package review

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/risk"
	"github.com/weir-dev/weir/schema/diag"
)

func TestMakeOfNothing(t *testing.T) {
	r := Make(Input{Project: "shop", Targets: []Target{{Cluster: "a", Environment: "production"}},
		Base: Point{Kind: Revision, Ref: "merge base with main", Commit: "0123456789abcdef"}, Head: Point{Kind: Directory, Commit: "0123456789abcdef", Uncommitted: true}})
	if r.Verdict != Same {
		t.Errorf("verdict %s", r.Verdict)
	}
	if got, want := string(r.Markdown(MarkdownOptions{Name: "shop"})), "<!-- weir:diff shop -->\n### ⚪ shop: no changes\n\nmerge base with `main` (`0123456789ab`), which is the head itself → the project as it is, with what is not committed\n"; got != want {
		t.Errorf("Markdown %q, not %q", got, want)
	}
	if got, want := string(r.Terminal(TerminalOptions{Width: 80})), "no changes\nmerge base with main (0123456789ab), which is the head itself → the project as it is, with what is not committed\n"; got != want {
		t.Errorf("Terminal %q, not %q", got, want)
	}
	// What has no elements is an empty list to a program, not null.
	document, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(document), "null") {
		t.Errorf("null in %s", document)
	}
}

// TestMakeGroups shows how a release on four targets is told: twice in the same
// way from different lines, once with one field more, once not at all.
func TestMakeGroups(t *testing.T) {
	at := func(file string) diff.Cause {
		return diff.Cause{Kind: diff.ByValues, Place: diag.Range{File: file, Start: diag.Pos{Line: 3}}}
	}
	w := &world{t: t}
	for _, cluster := range []string{"a", "b", "c", "d"} {
		w.target("production", cluster)
	}
	of := func(image, replicas string) *diff.Version {
		return versionOf(t, "", "", fill(t, deployment, "name=web", "image=web:"+image, "replicas="+replicas))
	}
	w.change(0, "web", of("1.0.0", "3"), of("1.1.0", "3"), at("a.yaml"))
	w.change(2, "web", of("1.0.0", "3"), of("1.1.0", "4"), at("c.yaml"))
	w.change(1, "web", of("1.0.0", "5"), of("1.1.0", "5"), at("b.yaml"))
	r := w.review()

	image := diff.Field{Path: diff.Path{diff.Key("spec"), diff.Key("template"), diff.Key("spec"), diff.Key("containers"), diff.Item(diff.Want{Key: "name", Value: "web"}), diff.Key("image")},
		Status: manifest.Changed, Class: diff.Image, Before: "web:1.0.0", After: "web:1.1.0"}
	replicas := diff.Field{Path: diff.Path{diff.Key("spec"), diff.Key("replicas")}, Status: manifest.Changed, Class: diff.Replicas, Before: int64(3), After: int64(4), Cause: 1}
	more := image
	more.Cause = 1
	cause := func(file string, fields int) diff.Cause {
		c := at(file)
		c.Fields = fields
		return c
	}
	web := manifest.ID{Group: "apps", Kind: "Deployment", Namespace: "shop", Name: "web"}
	want := []Release{{
		Name:   "web",
		Causes: []diff.Cause{cause("a.yaml", 1), cause("c.yaml", 2), cause("b.yaml", 1)},
		Groups: []Group{
			{Status: manifest.Changed, Where: Where{0, 1}, Counts: Counts{Changed: 1}, Fields: 1, Causes: []Cause{{cause("a.yaml", 1), Where{0}}, {cause("b.yaml", 1), Where{1}}}},
			{Status: manifest.Changed, Where: Where{2}, Counts: Counts{Changed: 1}, Fields: 2, Causes: []Cause{{cause("c.yaml", 2), Where{2}}}},
		},
		Changes: []Change{
			{Status: manifest.Changed, Object: web, Fields: []diff.Field{image}, Where: Where{0, 1}, Own: true},
			{Status: manifest.Changed, Object: web, Fields: []diff.Field{replicas, more}, Where: Where{2}, Own: true},
		},
	}}
	for i := range r.Releases[0].Changes {
		c := &r.Releases[0].Changes[i]
		c.Before, c.After, c.Hits = nil, nil, nil
	}
	if d := cmp.Diff(want, r.Releases); d != "" {
		t.Errorf("releases (-want +got):\n%s", d)
	}
	targets := []Target{{"a", "production", true}, {"b", "production", true}, {"c", "production", true}, {"d", "production", false}}
	if d := cmp.Diff(targets, r.Targets); d != "" {
		t.Errorf("targets (-want +got):\n%s", d)
	}
}

// TestMakeOfSecrets: two clusters whose secrets change to different values are
// told as one, so that nobody learns which clusters share a password.
func TestMakeOfSecrets(t *testing.T) {
	w := &world{t: t}
	w.target("production", "a")
	w.target("production", "b")
	for target, password := range []string{"b25l", "dHdv"} {
		w.change(target, "db", versionOf(t, "", "", fill(t, secret, "name=db", "password=b2xk")), versionOf(t, "", "", fill(t, secret, "name=db", "password="+password)))
	}
	r := w.review()
	if len(r.Releases) != 1 || len(r.Releases[0].Changes) != 1 {
		t.Fatalf("%d changes of one", len(r.Releases[0].Changes))
	}
	document, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for name, view := range map[string]string{"json": string(document), "markdown": string(r.Markdown(MarkdownOptions{})), "terminal": string(r.Terminal(TerminalOptions{Full: true}))} {
		for _, value := range []string{"b25l", "dHdv", "b2xk"} {
			if strings.Contains(view, value) {
				t.Errorf("%s has the value %s", name, value)
			}
		}
	}
}

// TestMakeLosesNoHit makes reviews of random hits and looks for each.
func TestMakeLosesNoHit(t *testing.T) {
	for seed := range uint64(50) {
		g := generator{rand.New(rand.NewPCG(seed, 7))}
		in := Input{}
		for i := range 4 {
			in.Targets = append(in.Targets, Target{Cluster: fmt.Sprint(i), Environment: "production"})
		}
		object := func() manifest.ID { return manifest.ID{Kind: "ConfigMap", Name: fmt.Sprint(g.IntN(4))} }
		for range g.IntN(60) {
			h := risk.Hit{Rule: pick(g, "a", "b"), Level: pick(g, risk.Block, risk.Caution, risk.Info), Cluster: fmt.Sprint(g.IntN(4)), Environment: "production", Release: pick(g, "x", "y"), Object: object(), Reason: pick(g, "r", "s")}
			if g.IntN(5) == 0 {
				h.Waived = &risk.Waiver{Reason: pick(g, "v", "w")}
			}
			in.Hits = append(in.Hits, h)
		}
		r := Make(in)
		tell := func(h risk.Hit, cluster string) string {
			waived := ""
			if h.Waived != nil {
				waived = h.Waived.Reason
			}
			return fmt.Sprint(h.Rule, h.Level, cluster, h.Release, h.Object, h.Reason, waived)
		}
		var want, got []string
		for _, h := range in.Hits {
			want = append(want, tell(h, h.Cluster))
		}
		for i, h := range r.Hits {
			for _, target := range h.Where {
				got = append(got, tell(h.Hit, r.Targets[target].Cluster))
			}
			if i > 0 && r.Hits[i-1].Level.Compare(h.Level) < 0 {
				t.Errorf("seed %d: %s after %s", seed, h.Level, r.Hits[i-1].Level)
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if d := cmp.Diff(slices.Compact(want), got); d != "" {
			t.Fatalf("seed %d: hits (-want +got):\n%s", seed, d)
		}
	}
}

// TestFoldingHidesNoHit looks for every hit in views of reviews in which nearly
// all is routine.
func TestFoldingHidesNoHit(t *testing.T) {
	for seed := range uint64(60) {
		g := generator{rand.New(rand.NewPCG(seed, 8))}
		r := g.review(12)
		for i := range r.Hits { // marks to look for
			r.Hits[i].Reason = fmt.Sprintf("mark%dend", i)
			r.Hits[i].Consequence = ""
		}
		markdown := string(r.Markdown(MarkdownOptions{Characters: 10_000_000, Bytes: 40_000_000}))
		terminal := string(r.Terminal(TerminalOptions{Width: 10_000}))
		full := string(r.Terminal(TerminalOptions{Width: 10_000, Full: true}))
		told := map[int]bool{} // by the deletions
		for _, release := range r.Releases {
			for _, c := range release.Changes {
				for _, h := range c.Hits {
					told[h] = told[h] || c.Status == manifest.Removed && r.Hits[h].Removal
				}
			}
		}
		for i, h := range r.Hits {
			mark := h.Reason
			if h.Level == risk.Info && told[i] {
				continue
			}
			if !strings.Contains(markdown, mark) || !strings.Contains(full, mark) {
				t.Errorf("seed %d: hit %d, %s of %s, is in no view", seed, i, h.Level, h.Object)
			}
			if h.Level != risk.Info && !strings.Contains(terminal, mark) {
				t.Errorf("seed %d: hit %d, %s of %s, is not on the terminal", seed, i, h.Level, h.Object)
			}
		}
		for _, s := range r.sheets() {
			for _, c := range s.routine.changes {
				if len(c.Hits) > 0 {
					t.Errorf("seed %d: %s is folded with its hits", seed, c.Object)
				}
			}
		}
	}
}

func TestEqualInputGivesEqualBytes(t *testing.T) {
	build := func() Review {
		w := &world{t: t}
		for i := range 6 {
			w.target("production", fmt.Sprintf("c%d", i))
		}
		for i := range 6 {
			for _, name := range []string{"web", "api", "data"} {
				w.change(i, name,
					versionOf(t, "app", "1.0.0", fill(t, deployment, "name="+name, "chart=app-1.0.0"), fill(t, configMap, "name="+name), fill(t, secret, "name="+name, "password=b2xk")),
					versionOf(t, "app", "1.1.0", fill(t, deployment, "name="+name, "chart=app-1.1.0", fmt.Sprintf("replicas=%d", i%3)), fill(t, secret, "name="+name, "password=bmV3")),
					diff.Cause{Kind: diff.ByChart, From: "1.0.0", To: "1.1.0"})
			}
		}
		return w.review()
	}
	views := func(r Review) []string {
		document, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		return []string{string(document), string(r.Markdown(MarkdownOptions{})), string(r.Terminal(TerminalOptions{})), string(r.Terminal(TerminalOptions{Full: true, Colour: true}))}
	}
	want := views(build())
	for range 5 {
		if d := cmp.Diff(want, views(build())); d != "" {
			t.Fatalf("(-first +later):\n%s", d)
		}
	}
}
