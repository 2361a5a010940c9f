package fetch

import (
	"fmt"

	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// outside asks the library for a chart; at is the place that wants it.
func (l *loading) outside(ref schema.Chart, at diag.Range) Packed {
	if l.Library == nil {
		l.fail(diag.Errorf(at, "chart %q is not in the project", ref.Source).Remedyf("Put the chart into the project, and name its path."))
		return Packed{}
	}
	packed, err := l.Library.Files(l.ctx, ref)
	if err != nil {
		for _, d := range unable(ref, err) {
			if d.Subject.File == "" {
				d.Subject = at
			}
			if d.Subject != l.ref.Range && d.Subject.File != schema.LockFile { // every chart would say the same of the lock
				d = l.because(d)
			}
			l.fail(d)
		}
		return Packed{}
	}
	return packed
}

// unable makes diagnostics of what kept a chart from being there.
func unable(ref schema.Chart, err error) diag.List {
	if list, ok := diag.Refused(err); ok {
		return list
	}
	return diag.List{{Summary: fmt.Sprintf("chart %q cannot be fetched", shown(ref)), Detail: diag.Sentence(err.Error()), Remedy: "Try again; if it stays so, look whether its server can be reached."}}
}

// shown is a reference as messages name it.
func shown(ref schema.Chart) string {
	if ref.Version == "" {
		return withoutLogin(ref.Source)
	}
	return withoutLogin(ref.Source) + " " + ref.Version
}
