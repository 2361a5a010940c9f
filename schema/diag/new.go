package diag

import "fmt"

// Errorf starts a mistake that stops the run; the format is that of its summary.
func Errorf(at Range, format string, args ...any) Diagnostic {
	return Diagnostic{Severity: Error, Subject: at, Summary: fmt.Sprintf(format, args...)}
}

// Warningf starts a finding that does not stop the run.
func Warningf(at Range, format string, args ...any) Diagnostic {
	return Diagnostic{Severity: Warning, Subject: at, Summary: fmt.Sprintf(format, args...)}
}

// Detailf returns the diagnostic with what was found.
func (d Diagnostic) Detailf(format string, args ...any) Diagnostic {
	d.Detail = fmt.Sprintf(format, args...)
	return d
}

// Remedyf returns the diagnostic with what to do. Sentences that are already
// there, as from DidYouMean, stay in front.
func (d Diagnostic) Remedyf(format string, args ...any) Diagnostic {
	if d.Remedy != "" {
		d.Remedy += " "
	}
	d.Remedy += fmt.Sprintf(format, args...)
	return d
}

// Suggest returns the diagnostic with the nearest name in its remedy, if there
// is one.
func (d Diagnostic) Suggest(given string, candidates []string) Diagnostic {
	if s := DidYouMean(given, candidates); s != "" {
		return d.Remedyf("%s", s)
	}
	return d
}

// Also returns the diagnostic with one more line of its story.
func (d Diagnostic) Also(at Range, format string, args ...any) Diagnostic {
	d.Related = append(d.Related[:len(d.Related):len(d.Related)], Related{Range: at, Note: fmt.Sprintf(format, args...)})
	return d
}
