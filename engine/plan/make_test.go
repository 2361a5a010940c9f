package plan

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

func TestMake(t *testing.T) {
	web := release{label: "web", line: 10, needs: []string{"db", "tenant", "prod/ingress"}, labels: map[string]string{"tier": "web"}, chart: "git::https://git.example/charts.git//charts/web?ref=v1"}
	db := release{label: "db", line: 20, labels: map[string]string{"tier": "data"}, chart: "git::https://git.example/charts.git//charts/db?ref=v1"}
	a := release{label: "tenant", key: "a", line: 30, needs: []string{"db"}}
	b := release{label: "tenant", key: "b", line: 30, needs: []string{"db"}, labels: map[string]string{"tier": "web"}}
	ingress := release{label: "ingress", line: 40, only: "prod"}
	all := []release{web, b, ingress, a, db}

	for name, c := range map[string]struct {
		selection Selection
		want      string
	}{
		"everything": {
			want: `
eu kind spare 
dev/kind: db tenant-a[dev/db] tenant-b[dev/db] web[dev/db dev/tenant-a dev/tenant-b prod/ingress]
prod/eu: db ingress tenant-a[prod/db] tenant-b[prod/db] web[prod/db prod/ingress prod/tenant-a prod/tenant-b]
prod/kind: db ingress tenant-a[prod/db] tenant-b[prod/db] web[prod/db prod/ingress prod/tenant-a prod/tenant-b]
`,
		},
		"one environment": {
			selection: Selection{Environments: []string{"d*"}},
			want: `
kind 
dev/kind: db tenant-a[dev/db] tenant-b[dev/db] web[dev/db dev/tenant-a dev/tenant-b prod/ingress]
`,
		},
		"one cluster": {
			selection: Selection{Clusters: []string{"eu", "spare"}},
			want: `
eu spare 
prod/eu: db ingress tenant-a[prod/db] tenant-b[prod/db] web[prod/db prod/ingress prod/tenant-a prod/tenant-b]
`,
		},
		"a label, needs unselected releases": {
			selection: Selection{Environments: []string{"dev"}, Selector: selector(t, "tier=web")},
			want: `
kind 
dev/kind: tenant-b[dev/db] web[dev/db dev/tenant-a dev/tenant-b prod/ingress]
`,
		},
		"and, or, not": {
			selection: Selection{Environments: []string{"dev"}, Selector: selector(t, "release=tenant,tier!=web", "name=d*")},
			want: `
kind 
dev/kind: db tenant-a[dev/db]
`,
		},
		"a chart": {
			selection: Selection{Environments: []string{"dev"}, Selector: selector(t, "chart=web")},
			want: `
kind 
dev/kind: web[dev/db dev/tenant-a dev/tenant-b prod/ingress]
`,
		},
		"only where planned": {
			selection: Selection{Selector: selector(t, "name=ingress")},
			want: `
eu kind spare 
dev/kind:
prod/eu: ingress
prod/kind: ingress
`,
		},
		"nowhere planned": {
			selection: Selection{Environments: []string{"dev"}, Selector: selector(t, "name=ingress")},
			want: `
kind 
dev/kind:
Warning: Release "ingress" is not planned for dev on kind

  on weir.hcl line 40:

Environments leaves out "dev".
`,
		},
		"a label that nobody has": {
			selection: Selection{Selector: selector(t, "teir=web")},
			want: `
eu kind spare 
dev/kind:
prod/eu:
prod/kind:
Error: Nothing matches teir=web

No release here has a label "teir".

Did you mean "tier"? Keys: chart, name, namespace, release, tier.
`,
		},
		"a value that nobody has": {
			selection: Selection{Selector: selector(t, "name=wbe")},
			want: `
eu kind spare 
dev/kind:
prod/eu:
prod/kind:
Error: Nothing matches name=wbe

No release here has name=wbe.

Did you mean "web"? Values of name: db, ingress, tenant-a, tenant-b, web.
`,
		},
		"terms that exclude each other": {
			selection: Selection{Selector: selector(t, "name=web,tier=data")},
			want: `
eu kind spare 
dev/kind:
prod/eu:
prod/kind:
Error: Nothing matches name=web,tier=data

Every term holds for some release, but no release satisfies them together.

Loosen the selector; a comma means and, a second -l means or.
`,
		},
		"unknown names": {
			selection: Selection{Environments: []string{"pord", "base", "idle", "x*"}, Clusters: []string{"eu-1", "[a"}},
			want: "\n\n" + `Error: "[a" is no valid glob

Close the bracket, or write a backslash before it.

Error: No cluster "eu-1"

The project has no cluster of this name.

Did you mean "eu"? Clusters: eu, kind, spare.

Error: No environment "pord"

The project has no environment of this name.

Did you mean "prod"? Environments: dev, idle, prod.

Error: No environment "x*"

No environment of the project matches.

Environments: dev, idle, prod.

Error: Environment "base" is abstract

  on weir.hcl line 101:

An abstract environment can be extended, but has no targets.

Environments: dev, prod.

Error: Environment "idle" has no cluster

  on weir.hcl line 103:

Its ` + "`clusters`" + ` match no cluster block, so there is nothing to render for it.

Name a cluster of the project in its ` + "`clusters`" + `.
`,
		},
		"an environment that is not on a cluster": {
			selection: Selection{Environments: []string{"dev"}, Clusters: []string{"eu"}},
			want: "\n\n" + `Error: No target for -e dev -c eu

A target is an environment on one of its clusters: dev runs on kind.

Choose one of these, or add the cluster to the environment's ` + "`clusters`" + `.
`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, c.want, show(Make(shop(all...), c.selection)))
		})
	}
}

// A selection evaluates the headers of its targets, the bodies of its releases
// and, of what they need, headers alone.
func TestMakeIsLazy(t *testing.T) {
	p := shop(
		release{label: "web", needs: []string{"prod/db"}},
		release{label: "db"},
		release{label: "cache"},
	)
	_, list := Make(p, Selection{Environments: []string{"dev"}, Selector: selector(t, "name=web")})
	want := []string{"headers dev/kind", "release dev/kind/web", "headers prod/kind"}
	if d := cmp.Diff(want, p.asked); d != "" || len(list) > 0 {
		t.Error(d, list)
	}

	p.asked = nil
	_, list = Make(p, Selection{Clusters: []string{"eu"}, Selector: selector(t, "name!=web,chart!=x")})
	want = []string{"headers prod/eu", "release prod/eu/cache", "release prod/eu/db"}
	if d := cmp.Diff(want, p.asked); d != "" || len(list) > 0 {
		t.Error(d, list)
	}
}

// What a plan says does not depend on how the loop runs.
func TestMakeWithGoroutines(t *testing.T) {
	var releases []release
	for i := range 50 {
		releases = append(releases, release{label: fmt.Sprintf("r%02d", i), line: 100 - i, needs: []string{fmt.Sprintf("r%02d", (i*7+1)%60)}, problem: "p"})
	}
	p := shop(releases...)
	concurrently := func(n int, do func(int)) {
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() { do(n - 1 - i) })
		}
		wg.Wait()
	}
	want := show(Make(p, Selection{}))
	o, list := Draw(p, Selection{}, concurrently)
	plan, more := o.Resolve(concurrently)
	expect(t, want, show(plan, append(list, more...)))
}

func TestMakeMergesValues(t *testing.T) {
	plan, list := Make(shop(release{label: "web"}), Selection{Clusters: []string{"eu"}})
	want := "at: \"prod\"   <- ? (release)\n"
	if got := plan.Targets[0].Releases[0].Values.Origins().Text(); got != want || len(list) > 0 {
		t.Errorf("%q, %v", got, list)
	}
}

func TestMakeSameHelmName(t *testing.T) {
	p := shop(
		release{label: "web", line: 3, namespace: "x"},
		release{label: "other", line: 4, namespace: "x", name: "web"},
		release{label: "third", line: 5, namespace: "y", name: "web"},
	)
	_, list := Make(p, Selection{Clusters: []string{"eu"}})
	expect(t, `

Warning: Releases "other" and "web" share the Helm name "web" in namespace "x"

  on weir.hcl line 3:
  on weir.hcl line 4, the other one:

Charts put the Helm name into labels and selectors, so that the workloads of one
may pick up the pods of the other, in prod on eu.

Give one of them another `+"`name` or `namespace`"+`.
`, show(&Plan{}, list))
}

func TestMakeReportsAllMistakes(t *testing.T) {
	p := shop(
		release{label: "web", line: 1, problem: "Bad values"},
		release{label: "db", line: 2, problem: "No chart", needs: []string{"nothing"}},
	)
	p.broken = map[schema.Target]diag.List{{Environment: "dev", Cluster: "kind"}: {diag.Errorf(line(9), "Bad namespace")}}
	_, list := Make(p, Selection{Environments: []string{"dev"}})
	expect(t, `

Error: Bad values

  on weir.hcl line 1:

Error: No chart

  on weir.hcl line 2:

Error: Bad namespace

  on weir.hcl line 9:
`, show(&Plan{}, list)) // the need may well be met by what could not be read
}

// A need names the element of the for_each that has it, when it is unknown.
func TestNeedOfAnElement(t *testing.T) {
	p := shop(release{label: "tenant", key: "a", line: 1, needs: []string{"tenant-b"}}, release{label: "tenant", key: "c", line: 1})
	expect(t, `
eu 
prod/eu: tenant-a tenant-c
Error: Release "tenant-b" is not known

  on weir.hcl line 1:

Release "tenant" with key "a" needs it, but no release of prod on eu has that
name.

Did you mean "tenant-a"? `+"`needs`"+` takes the names of releases, labels of for_each
blocks, and "<environment>/<release>" for another environment on the same
cluster.
`, show(Make(p, Selection{Clusters: []string{"eu"}})))
}

func TestNeeds(t *testing.T) {
	for name, c := range map[string]struct {
		releases []release
		want     string
	}{
		"unknown": {
			releases: []release{{label: "web", line: 1, needs: []string{"bd"}}, {label: "db", line: 2}},
			want: `
kind 
dev/kind: db web
Error: Release "bd" is not known

  on weir.hcl line 1:

Release "web" needs it, but no release of dev on kind has that name.

Did you mean "db"? ` + "`needs`" + ` takes the names of releases, labels of for_each
blocks, and "<environment>/<release>" for another environment on the same
cluster.
`,
		},
		"declared, not planned here": {
			releases: []release{{label: "web", line: 1, needs: []string{"db"}}, {label: "db", line: 2, only: "staging"}},
			want: `
kind 
dev/kind: web
Warning: Release "db" is needed but not planned

  on weir.hcl line 1:
  on weir.hcl line 2, not planned: environments leaves out "dev":

It is declared, but left out of dev on kind (environments leaves out "dev"), so
nothing is waited for.

To say that this is meant, make the need conditional:
  needs = env.name == "dev" ? [] : ["db"]
`,
		},
		"planned in another environment": {
			releases: []release{{label: "web", line: 1, needs: []string{"db"}}, {label: "db", line: 2, only: "prod"}},
			want: `
kind 
dev/kind: web
Warning: Release "db" is needed but not planned

  on weir.hcl line 1:
  on weir.hcl line 2, not planned: environments leaves out "dev":

It is declared, but left out of dev on kind (environments leaves out "dev"), so
nothing is waited for.

On this cluster it is planned in another environment: did you mean "prod/db"? To
say that this is meant, make the need conditional:
  needs = env.name == "dev" ? [] : ["db"]
`,
		},
		"some elements are planned": {
			releases: []release{{label: "web", line: 1, needs: []string{"t"}}, {label: "t", key: "a", only: "prod"}, {label: "t", key: "b"}},
			want: `
kind 
dev/kind: t-b web[dev/t-b]
`,
		},
		"an environment that is none": {
			releases: []release{{label: "web", line: 1, needs: []string{"prd/db"}}, {label: "db", line: 2}},
			want: `
kind 
dev/kind: db web
Error: Environment "prd" is not known

  on weir.hcl line 1:

` + "`needs`" + ` reads what stands before a slash as an environment.

Did you mean "prod"? Environments on kind: dev, prod.
`,
		},
		"an environment on other clusters": {
			releases: []release{{label: "web", line: 1, needs: []string{"idle/db"}}, {label: "db", line: 2}},
			want: `
kind 
dev/kind: db web
Error: Environment "idle" is not on cluster "kind"

  on weir.hcl line 1:

A release can need only what is on its own cluster. Environment "idle" has no
cluster, while this release is also planned for dev on kind.

Make the need depend on env.name or cluster.name, or add the cluster to the
environment. Environments on kind: dev, prod.
`,
		},
		"itself": {
			releases: []release{{label: "web", line: 1, needs: []string{"web"}}, {label: "db", line: 2}},
			want: `
kind 
dev/kind: db web[dev/web]
Error: Release "web" needs itself

  on weir.hcl line 1:

Take it out of its own ` + "`needs`" + `.
`,
		},
		"two cycles": {
			releases: []release{
				{label: "a", line: 1, needs: []string{"z", "b"}},
				{label: "b", line: 2, needs: []string{"c"}},
				{label: "c", line: 3, needs: []string{"a", "b"}},
				{label: "x", line: 4, needs: []string{"y"}},
				{label: "y", line: 5, needs: []string{"x"}},
				{label: "z", line: 6},
			},
			want: `
kind 
dev/kind: z a[dev/b dev/z] b[dev/c] c[dev/a dev/b] x[dev/y] y[dev/x]
Error: Releases need each other

  on weir.hcl line 1:
  on weir.hcl line 2, b needs c:
  on weir.hcl line 3, c needs a:

Each of them would have to come after the next: a → b → c → a.

Take one of these needs away.

Error: Releases need each other

  on weir.hcl line 4:
  on weir.hcl line 5, y needs x:

Each of them would have to come after the next: x → y → x.

Take one of these needs away.
`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, c.want, show(Make(shop(c.releases...), Selection{Environments: []string{"dev"}})))
		})
	}
}

func TestCycleAcrossEnvironments(t *testing.T) {
	p := shop(
		release{label: "web", line: 1, only: "dev", needs: []string{"prod/db"}},
		release{label: "db", line: 2, only: "prod", needs: []string{"dev/web"}},
	)
	p.targets = []schema.Target{{Environment: "dev", Cluster: "eu"}, {Environment: "dev", Cluster: "kind"}, {Environment: "prod", Cluster: "eu"}, {Environment: "prod", Cluster: "kind"}}
	expect(t, `
eu kind spare 
dev/eu: web[prod/db]
dev/kind: web[prod/db]
prod/eu: db[dev/web]
prod/kind: db[dev/web]
Error: Releases need each other

  on weir.hcl line 1:
  on weir.hcl line 2, prod/db needs dev/web:

Each of them would have to come after the next: dev/web → prod/db → dev/web.

Take one of these needs away.
`, show(Make(p, Selection{})))
}

func TestParseSelector(t *testing.T) {
	s, list := ParseSelector([]string{"web", "tier=web, team != x", "a>b", "", "=x", "name=[", "a==b"})
	expect(t, `

Error: Selector "" cannot be read

A selector compares a label with a value.

Write `+"`key=value` or `key!=value`"+`, with commas between terms.

Error: Selector "=x" cannot be read

A selector compares a label with a value.

Write `+"`key=value` or `key!=value`"+`, with commas between terms.

Error: Selector "a>b" cannot be read

A selector compares a label with a value.

Write `+"`key=value` or `key!=value`"+`, with commas between terms.

Error: Selector "name=[" cannot be read

"[" is no valid glob.

Close the bracket, or write a backslash before it.

Error: Selector "web" cannot be read

A selector compares a label with a value.

Did you mean `+"`name=web`"+`?
`, show(&Plan{}, list))
	if got, want := s.String(), "tier=web,team!=x or a=b"; got != want {
		t.Errorf("%q", got)
	}
}

func TestDisappearances(t *testing.T) {
	p := shop(release{label: "web", line: 1}, release{label: "tenant", key: "a", line: 2})
	p.removed = []schema.Removed{
		{Release: "old", Range: line(11)},
		{Release: "web", Environments: []string{"*"}, Range: line(12)},
		{Release: "tenant-a", Environments: []string{"dev"}, Range: line(13)},
		{Release: "tenant-z", Range: line(14)},
	}
	p.moved = []schema.Moved{
		{From: "first", To: "second", Range: line(21)}, // a chain that ends at web
		{From: "second", To: "web", Range: line(22)},
		{From: "third", To: "old", Range: line(23)}, // a chain that ends with a removal
		{From: "fourth", To: "tenant-b", Range: line(24)},
		{From: "fifth", To: "wbe", Range: line(25)},
		{From: "web", To: "tenant-a", Range: line(26)},
		{From: "old", To: "web", Range: line(27)},
		{From: "first", To: "web", Range: line(28)},
		{From: "here", To: "there", Range: line(30)},
		{From: "there", To: "here", Range: line(31)},
		{From: "sixth", To: "web-1", Range: line(32)},
	}
	_, list := Make(p, Selection{})
	var got string
	for _, d := range list.Sorted() {
		got += fmt.Sprintf("%d %s", d.Subject.Start.Line, d.Summary)
		for _, r := range d.Related {
			got += fmt.Sprintf(" (%d %s)", r.Range.Start.Line, r.Note)
		}
		got += " " + d.Remedy + "\n"
	}
	expect(t, `
12 Release "web" is declared and removed (1 declared here) Delete this block, or the release. To leave it out of some environments, use `+"`environments` or `when`"+`.
13 Release "tenant-a" is declared and removed (2 declared here) Delete this block, or the release. To leave it out of some environments, use `+"`environments` or `when`"+`.
25 Release "wbe" is not known Did you mean "web"? Name the release that took its place, or use a `+"`removed`"+` block.
26 Release "web" is declared and moved (1 declared here) Delete this block, or rename the release.
26 Release "web" is moved and removed (12 removed here) Keep one of the blocks.
27 Release "old" is moved and removed (11 removed here) Keep one of the blocks.
28 Release "first" is moved twice (21 moved here first) Keep one of the blocks.
30 Moved blocks lead in a circle Delete the block that no longer holds.
31 Moved blocks lead in a circle Delete the block that no longer holds.
32 Release "web-1" is not known Did you mean "web"? Name the release that took its place, or use a `+"`removed`"+` block.
`, got)
}

func TestGraph(t *testing.T) {
	p := shop(
		release{label: "web", needs: []string{"db", "prod/ingress"}},
		release{label: "db"},
		release{label: "ingress", only: "prod"},
	)
	plan, list := Make(p, Selection{Environments: []string{"dev"}})
	if len(list) > 0 {
		t.Fatal(list)
	}
	g := plan.Graph()
	expect(t, `
dev on kind
  db
  web  needs db, prod/ingress
`, g.Text())
	expect(t, `
digraph weir {
  rankdir = LR
  node [shape = box]

  subgraph cluster_0 {
    label = "dev on kind"
    "kind/dev/db" [label = "db"]
    "kind/dev/web" [label = "web"]
  }
  "kind/prod/ingress" [label = "prod/ingress", style = dashed]
  "kind/dev/web" -> "kind/dev/db"
  "kind/dev/web" -> "kind/prod/ingress"
}
`, g.DOT())
	expect(t, `
flowchart LR
  subgraph t0 ["dev on kind"]
    r0["db"]
    r1["web"]
  end
  r2["prod/ingress"]:::unselected
  r1 --> r0
  r1 --> r2
  classDef unselected stroke-dasharray: 4
`, g.Mermaid())
}

func BenchmarkMake(b *testing.B) {
	var releases []release
	for i := range 1000 {
		r := release{label: fmt.Sprintf("r%04d", i), line: i, labels: map[string]string{"tier": "web"}}
		if i > 0 {
			r.needs = []string{fmt.Sprintf("r%04d", i/2)}
		}
		releases = append(releases, r)
	}
	p := shop(releases...)
	for b.Loop() {
		p.asked = nil
		if _, list := Make(p, Selection{}); len(list) > 0 {
			b.Fatal(list)
		}
	}
}

// One wrong line is reported once, with the targets where it is wrong.
func TestMistakesAreSaidOnce(t *testing.T) {
	p := shop(
		release{label: "tenant", key: "a", line: 1, needs: []string{"nothing"}, namespace: "x"},
		release{label: "tenant", key: "b", line: 1, needs: []string{"nothing", "tenant"}, namespace: "x", name: "tenant-a"},
	)
	expect(t, `

Warning: Releases "tenant-a" and "tenant-b" share the Helm name "tenant-a" in namespace "x"

  on weir.hcl line 1:
  on weir.hcl line 1, the other one:

Charts put the Helm name into labels and selectors, so that the workloads of one
may pick up the pods of the other, in dev on kind. It is the same in prod on eu,
prod on kind.

Give one of them another `+"`name` or `namespace`"+`.

Error: Release "nothing" is not known

  on weir.hcl line 1:

Release "tenant" with key "a" needs it, but no release of dev on kind has that
name. It is the same in prod on eu, prod on kind.

`+"`needs`"+` takes the names of releases, labels of for_each blocks, and
"<environment>/<release>" for another environment on the same cluster.

Error: Release "tenant-b" needs itself

  on weir.hcl line 1:

Where a need names a block with for_each, it means all of its releases, this one
too.

Take it out of its own `+"`needs`"+`.
`, show(&Plan{}, func() diag.List { _, list := Make(p, Selection{}); return list }()))
}
