package review

import (
	"testing"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/risk"
)

func TestVerdict(t *testing.T) {
	of := func(documents ...string) *diff.Version { return versionOf(t, "", "", documents...) }
	labelled := func(version string) *diff.Version { return of(fill(t, configMap, "name=web", "chart=web-"+version)) }
	tests := map[string]struct {
		build func(w *world)
		want  Verdict
	}{
		"nothing":                  {func(w *world) {}, Same},
		"labels":                   {func(w *world) { w.change(0, "web", labelled("1.0.0"), labelled("1.1.0")) }, Routine},
		"a chart without a change": {func(w *world) { w.change(0, "web", versionOf(t, "web", "1.0.0"), versionOf(t, "web", "1.1.0")) }, Routine},
		"labels by which a workload rolls": {func(w *world) {
			w.change(0, "web", of(fill(t, deployment, "name=web", "chart=web-1.0.0")), of(fill(t, deployment, "name=web", "chart=web-1.1.0")))
		}, Changes},
		"a value": {func(w *world) {
			w.change(0, "web", of(fill(t, configMap, "name=web")), of(fill(t, configMap, "name=web", "log=debug")))
		}, Changes},
		"a release that comes": {func(w *world) { w.change(0, "web", nil, labelled("1.0.0")) }, Changes},
		"a release that goes":  {func(w *world) { w.change(0, "web", labelled("1.0.0"), nil) }, Changes},
		"a caution": {func(w *world) {
			w.change(0, "web", of(fill(t, deployment, "name=web", "replicas=9")), of(fill(t, deployment, "name=web", "replicas=1")))
		}, Careful},
		"a caution that somebody accepted": {func(w *world) {
			w.waived = map[string]string{"availability/replicas-halved": "yes"}
			w.change(0, "web", of(fill(t, deployment, "name=web", "replicas=9")), of(fill(t, deployment, "name=web", "replicas=1")))
		}, Changes},
		"a blocker":                              {func(w *world) { w.change(0, "web", of(fill(t, claim, "name=web")), of()) }, Blocked},
		"Namespaces that create_namespace makes": {func(w *world) { w.change(0, "_namespaces", nil, of(fill(t, namespaceOf, "name=web"))) }, Changes},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := &world{t: t}
			w.target("production", "prod-eu")
			test.build(w)
			r := w.review()
			if r.Verdict != test.want {
				t.Errorf("%s, not %s", r.Verdict, test.want)
			}
			releases := 0
			for _, release := range r.Releases {
				if !release.CreateNamespace {
					releases++
				}
			}
			if r.Totals.Releases != releases {
				t.Errorf("%d releases of %d", r.Totals.Releases, releases)
			}
		})
	}
	recorded := Make(Input{Targets: []Target{{Cluster: "a"}}, Recorded: 1})
	if recorded.Verdict != Routine {
		t.Errorf("%s of what is only recorded", recorded.Verdict)
	}
	if hit := Make(Input{Hits: []risk.Hit{{Level: risk.Info}}}); hit.Verdict != Routine {
		t.Errorf("%s of information", hit.Verdict)
	}
}
