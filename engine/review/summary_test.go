package review

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGoneOnce: an object that is another one on another target goes once.
func TestGoneOnce(t *testing.T) {
	w := &world{t: t}
	for i, region := range []string{"eu", "us", "ap"} {
		w.target("production", region)
		namespace := "apiVersion: v1\nkind: Namespace\nmetadata: {name: extra, labels: {region: " + region + "}}"
		if region == "ap" { // of which something else is to be said
			namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: extra, annotations: {helm.sh/resource-policy: keep}}"
		}
		w.change(i, "app", versionOf(t, "", "", namespace), versionOf(t, "", ""))
	}
	goes := w.review().gone()
	if goes.objects != 3 {
		t.Errorf("%d objects", goes.objects)
	}
	var where []Where
	for _, d := range goes.told {
		where = append(where, d.where)
	}
	if d := cmp.Diff([]Where{{0, 1}, {2}}, where); d != "" {
		t.Errorf("where (-want +got):\n%s", d)
	}
}
