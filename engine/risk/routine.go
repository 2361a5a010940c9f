package risk

import (
	"fmt"

	"github.com/weir-dev/weir/engine/diff"
)

// What is folded is counted, once for a release.
var routineRules = []Rule{
	{ID: "routine/labels", Level: Info, Title: "Objects change in version labels only",
		Doc:     "Labels and annotations that tell the version of a chart or a program change, and nothing else.",
		release: routine("in version labels", diff.Label)},
	{ID: "routine/checksums", Level: Info, Title: "Objects change in checksums only",
		Doc:     "Annotations that follow other objects change, and at most version labels beside them.",
		release: routine("in checksums", diff.Checksum, diff.Label)},
	{ID: "routine/docs", Level: Info, Title: "CRDs change in descriptions only",
		Doc:     "Descriptions in a CRD's schema change, and at most version labels beside them.",
		release: routine("in descriptions", diff.Docs, diff.Label)},
}

func routine(where string, classes ...diff.Class) func(*release) []finding {
	return func(r *release) []finding {
		n := 0
		for _, o := range r.objects {
			if o.only(classes...) {
				n++
			}
		}
		switch n {
		case 0:
			return nil
		case 1:
			return []finding{{reason: "1 object changes only " + where}}
		}
		return []finding{{reason: fmt.Sprintf("%d objects change only %s", n, where)}}
	}
}
