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
	gone, objects := w.review().gone()
	if objects != len(gone) {
		t.Errorf("%d objects", objects)
	}
	var where []Where
	for _, d := range gone {
		where = append(where, d.where)
	}
	if d := cmp.Diff([]Where{{0, 1}, {2}}, where); d != "" {
		t.Errorf("where (-want +got):\n%s", d)
	}
}
