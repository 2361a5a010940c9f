package risk

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

func policyOf(t *testing.T, blocks string) schema.Policy {
	t.Helper()
	dir := t.TempDir()
	text := `project "p" {}
cluster "prod-eu" { kubernetes = "1.34" }
environment "prod" { clusters = ["prod-eu"] }
` + blocks
	if err := os.WriteFile(filepath.Join(dir, "weir.hcl"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	p, list := schema.Load(schema.Options{Dir: dir})
	if len(list) > 0 {
		t.Fatalf("%+v", list)
	}
	return p.Policy()
}

const policyBlocks = `policy {
  levels = { "image/*" = "info", "rbac/wildcard" = "block", "routine/labels" = "off" }
}
accept "immutable/statefulset" {
  release = "app"
  object  = "StatefulSet web/db"
  path    = "spec.volumeClaimTemplates"
  reason  = "recreated by hand"
  until   = "2026-12-31"
}
accept "immutable/selector" {
  release = "app"
  object  = "Deployment web/api"
  reason  = "over"
  until   = "2026-11-20"
}
accept "size/objects" {
  release = "app"
  reason  = "the first roll-out"
  until   = "2026-12-31"
}
accept "size/objects" {
  release = "another"
  reason  = "the first roll-out"
  until   = "2026-12-31"
}
`

func TestApply(t *testing.T) {
	api := manifest.ID{Group: "apps", Kind: "Deployment", Namespace: "web", Name: "api"}
	db := manifest.ID{Group: "apps", Kind: "StatefulSet", Namespace: "web", Name: "db"}
	hit := func(rule string, level Level, on manifest.ID, p ...string) Hit {
		return Hit{Rule: rule, Level: level, Cluster: "prod-eu", Environment: "prod", Release: "app", Object: on, Path: path(p...)}
	}
	hits := []Hit{
		hit("immutable/statefulset", Block, db, "spec", "volumeClaimTemplates", "x"),
		hit("immutable/statefulset", Block, db, "spec", "serviceName"),
		hit("immutable/selector", Block, api, "spec", "selector"),
		hit("image/major", Caution, api),
		hit("rbac/wildcard", Caution, manifest.ID{Kind: "Role", Name: "r"}),
		hit("routine/labels", Info, manifest.ID{}),
	}
	waiver := &Waiver{
		Reason: "recreated by hand", Until: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC),
		Range: diag.Range{File: "weir.hcl", Start: diag.Pos{Line: 7, Column: 1}, End: diag.Pos{Line: 7, Column: 31}},
	}
	want := []Hit{hits[0], hits[1], hits[2], hits[3], hits[4]}
	want[0].Waived = waiver
	want[3].Level, want[4].Level = Info, Block
	given := append([]Hit(nil), hits...)
	got, stale := Apply(hits, policyOf(t, policyBlocks), time.Date(2026, 11, 21, 23, 0, 0, 0, time.FixedZone("", 12*3600)))
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("hits (-want +got):\n%s", d)
	}
	if d := cmp.Diff(given, hits); d != "" {
		t.Errorf("what was given changed:\n%s", d)
	}
	wantStale := []string{
		`accept "immutable/selector" at weir.hcl:14 expired on 2026-11-20: remove it, or give it another date`,
		`accept "size/objects" at weir.hcl:20 met nothing: remove it if what it accepted is done`,
	}
	if d := cmp.Diff(wantStale, stale); d != "" {
		t.Errorf("stale (-want +got):\n%s", d)
	}
}

// TestUntil shows the last day of an accept block, where the day is somebody's.
func TestUntil(t *testing.T) {
	a := policyOf(t, policyBlocks).Accepts[1]
	east := time.FixedZone("", 12*3600)
	for _, c := range []struct {
		now  time.Time
		want bool
	}{
		{time.Date(2026, 11, 20, 23, 59, 0, 0, time.UTC), false},
		{time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), true},
		{time.Date(2026, 11, 20, 23, 0, 0, 0, east), false},
		{time.Date(2026, 11, 21, 0, 0, 0, 0, east), true},
	} {
		if got := expired(a, c.now); got != c.want {
			t.Errorf("expired at %v: %v", c.now, got)
		}
	}
}

func TestWorse(t *testing.T) {
	order := []Level{"", Info, Caution, Block}
	for i, a := range order {
		for j, b := range order {
			if got := Worse(a, b); got != order[max(i, j)] {
				t.Errorf("of %q and %q: %q", a, b, got)
			}
		}
	}
}

func TestCheckPolicy(t *testing.T) {
	p := policyOf(t, `policy {
  levels = { "rbac/wildcrd" = "block", "rback/*" = "info", "image/*" = "info", "*" = "caution" }
}
accept "rbac/wildcards" {
  reason = "fine"
  until  = "2026-12-31"
}
accept "rbac/wildcard" {
  reason = "fine"
  until  = "2026-11-20"
}
accept "rbac/wildcard" {
  reason = "a year"
  until  = "2027-11-21"
}
accept "rbac/wildcard" {
  reason = "longer"
  until  = "2027-11-23"
}
`)
	var got []string
	for _, d := range CheckPolicy(p, time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)) {
		if d.Subject.Start.Line == 0 {
			t.Errorf("%q has no place", d.Summary)
		}
		got = append(got, d.Severity.String()+": "+d.Summary+". "+d.Remedy)
	}
	want := []string{
		`error: There is no rule "rbac/wildcrd". Did you mean "rbac/wildcard"? ` + "`weir rules` lists them.",
		`error: There is no rule "rback/*". ` + "`weir rules` lists them.",
		`error: There is no rule "rbac/wildcards". Did you mean "rbac/wildcard"? ` + "`weir rules` lists them.",
		`warning: This acceptance expired. Remove the block, or give it another date.`,
		"warning: This acceptance holds for more than a year. Give it a date within a year; what is fine for ever gets another level in `policy`.",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestOrder holds hits to the order of releases, objects and rules.
func TestOrder(t *testing.T) {
	before := versionOfTest(t, "before", deployments("api", "web", "1.0", "# chart: a 1.0.0\n"))
	after := versionOfTest(t, "after", deployments("api", "web", "latest", "# chart: a 2.0.0\n"))
	var releases []diff.Release
	for _, name := range []string{"b", "a"} {
		releases = append(releases, diff.Compare(diff.Pair{Cluster: "prod-eu", Environment: "prod", Release: name, Before: before, After: after}))
	}
	var got []string
	for _, h := range Check(Cluster{Name: "prod-eu", Releases: releases}) {
		got = append(got, h.Release+" "+h.Object.Name+" "+h.Rule)
	}
	want := []string{
		"b  chart/major", "b api image/mutable-tag", "b api image/digest-dropped", "b web image/mutable-tag", "b web image/digest-dropped",
		"a  chart/major", "a api image/mutable-tag", "a api image/digest-dropped", "a web image/mutable-tag", "a web image/digest-dropped",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func deployments(first, second, tag, head string) string {
	digest := ""
	if tag != "latest" {
		digest = "@sha256:aa"
	}
	one := func(name string) string {
		return "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: " + name + "\n  namespace: web\nspec:\n  template:\n    spec:\n      containers:\n      - name: c\n        image: i:" + tag + digest + "\n"
	}
	return head + one(first) + "---\n" + one(second)
}

// TestPage keeps the page of rules in step with the table.
func TestPage(t *testing.T) {
	var page strings.Builder
	page.WriteString("# What `weir diff` finds\n\nMade from the table of rules; do not edit by hand. `policy` and `accept` blocks of a project name them.\n\n| rule | level | |\n|---|---|---|\n")
	for _, rule := range Rules() {
		fmt.Fprintf(&page, "| `%s` | %s | %s. %s |\n", rule.ID, rule.Level, rule.Title, rule.Doc)
	}
	if *update {
		if err := os.WriteFile("RULES.md", []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile("RULES.md")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(page.String(), string(have)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
