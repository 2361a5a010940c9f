package review

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/risk"
)

func TestNames(t *testing.T) {
	id := func(kind, namespace, name string) manifest.ID {
		return manifest.ID{Kind: kind, Namespace: namespace, Name: name}
	}
	var many []manifest.ID
	for i := range 12 {
		many = append(many, id("Service", fmt.Sprintf("team-%02d", i), "web"))
	}
	tests := map[string]struct {
		ids            []manifest.ID
		names, compact string
	}{
		"one":                      {[]manifest.ID{id("Service", "shop", "web")}, "Service shop/web", "Service shop/web"},
		"of the cluster":           {[]manifest.ID{id("Namespace", "", "shop")}, "Namespace shop", "Namespace shop"},
		"of a kind":                {[]manifest.ID{id("Service", "shop", "a"), id("Service", "shop", "b"), id("Pod", "shop", "b")}, "Service shop/a, shop/b, Pod shop/b", "Service a, b; Pod b in shop"},
		"in several namespaces":    {[]manifest.ID{id("Service", "shop", "web"), id("Service", "dev", "web")}, "Service web in dev, shop", "Service web in dev, shop"},
		"in as many":               {[]manifest.ID{id("Service", "shop", "a"), id("Service", "dev", "a"), id("Pod", "shop", "a"), id("Pod", "dev", "a")}, "Service a, Pod a in dev, shop", "Service, Pod a in dev, shop"},
		"in others":                {[]manifest.ID{id("Service", "shop", "a"), id("Service", "dev", "a"), id("Service", "shop", "b")}, "Service a in dev, shop, Service shop/b", "Service a in dev, shop; Service b in shop"},
		"in more than can be read": {many, "Service web in 12 namespaces", "Service web in 12 namespaces"},
		"more than are wanted":     {[]manifest.ID{id("Pod", "x", "a"), id("Pod", "x", "b"), id("Pod", "x", "c"), id("Pod", "x", "d")}, "Pod x/a, x/b and 2 more", "Pod a, b, 2 more in x"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			l := letters{printable, printable}
			if got := l.names(test.ids, 2); got != test.names {
				t.Errorf("names are %q, not %q", got, test.names)
			}
			if got := l.compact(test.ids, 2); got != test.compact {
				t.Errorf("compact %q, not %q", got, test.compact)
			}
		})
	}
}

func TestRolls(t *testing.T) {
	w := &world{t: t}
	for i := range 6 {
		w.target(fmt.Sprintf("e%d", i), fmt.Sprintf("c%d", i))
	}
	restart := func(target int, namespace, name string, pods int64, scaler string) risk.Restart {
		return risk.Restart{Cluster: fmt.Sprintf("c%d", target), Environment: fmt.Sprintf("e%d", target), Release: "web", Why: []risk.Why{risk.WhyImage},
			Object: manifest.ID{Group: "apps", Kind: "Deployment", Namespace: namespace, Name: name}, Pods: pods, Scaler: scaler}
	}
	tests := map[string]struct {
		restarts []risk.Restart
		want     []string
	}{
		"one":            {[]risk.Restart{restart(0, "shop", "web", 3, "")}, []string{"Deployment shop/web (3 pods on c0)"}},
		"two targets":    {[]risk.Restart{restart(0, "shop", "web", 3, ""), restart(1, "shop", "web", 1, "")}, []string{"Deployment shop/web (4 pods on c0, c1)"}},
		"two workloads":  {[]risk.Restart{restart(0, "shop", "web", 3, ""), restart(0, "shop", "api", 3, "")}, []string{"Deployment shop/web, shop/api (3 pods each on c0)"}},
		"two namespaces": {[]risk.Restart{restart(0, "shop", "web", 3, ""), restart(1, "dev", "web", 1, "hpa")}, []string{"Deployment web in dev (1 pod or more), shop (3) on c0, c1"}},
		"both": {[]risk.Restart{restart(0, "shop", "web", 3, ""), restart(0, "shop", "api", 3, ""), restart(1, "dev", "web", 1, ""), restart(1, "dev", "api", 1, "")},
			[]string{"Deployment web, api in dev (1 pod each), shop (3) on c0, c1"}},
		"not as many": {[]risk.Restart{restart(0, "shop", "web", 3, ""), restart(0, "shop", "api", 2, ""), restart(1, "dev", "web", 1, ""), restart(1, "dev", "api", 1, "")},
			[]string{"Deployment web in dev (1 pod), shop (3) on c0, c1", "Deployment api in dev (1 pod), shop (2) on c0, c1"}},
		"in many": {[]risk.Restart{restart(0, "a", "web", 1, ""), restart(1, "b", "web", 1, ""), restart(2, "c", "web", 1, ""), restart(3, "d", "web", 1, ""), restart(4, "e", "web", 4, "")},
			[]string{"Deployment web in 5 namespaces (8 pods on all but c5)"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := Make(Input{Targets: w.targets, Restarts: test.restarts})
			for i := range r.Targets {
				r.Targets[i].Change = true
			}
			var got []string
			for _, by := range r.byWhy() {
				for _, w := range by.workloads {
					got = append(got, letters{printable, printable}.rolls(r, w, 8, func(w Where) string { return newAtlas(r.Targets).of(w) }))
				}
			}
			if d := cmp.Diff(test.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// TestRepeated: of many changes of one shape the first are shown, and all with
// something to tell.
func TestRepeated(t *testing.T) {
	entry := func(list string, i int, before, after string) placed {
		return placed{diff.Field{Status: manifest.Changed, Before: before, After: after,
			Path: diff.Path{diff.Key(list), diff.Item(diff.Want{Key: "name", Value: fmt.Sprintf("host-%c%c", 'a'+i/26, 'a'+i%26)}), diff.Key("url")}}, ""}
	}
	var fields []placed
	for i := range 50 {
		fields = append(fields, entry("hosts", i, fmt.Sprintf("http://%d:80", i), fmt.Sprintf("http://%d:90", i)))
	}
	fields = append(fields, entry("hosts", 50, "http://1:80", "ftp://1:80")) // of another shape
	for i := range manyAlike + 1 {                                           // one more takes no more room than to count it
		fields = append(fields, entry("others", i, "a", "b"))
	}
	kept, rest := repeated(fields, func(f placed) bool {
		return f.Path.String() == fields[40].Path.String() && f.Before == fields[40].Before
	})
	want := slices.Concat(fields[:manyAlike], fields[40:41], fields[50:])
	if d := cmp.Diff(want, kept, cmp.AllowUnexported(placed{})); d != "" {
		t.Errorf("kept (-want +got):\n%s", d)
	}
	if d := cmp.Diff(map[int]int{manyAlike - 1: 20, manyAlike: 9}, rest); d != "" {
		t.Errorf("left out (-want +got):\n%s", d)
	}
}
