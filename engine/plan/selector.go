package plan

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// Selector is what -l says: a release is selected where all terms of one
// alternative hold. The zero value selects everything.
type Selector struct {
	alternatives [][]term
}

// term compares one property of a release with a glob.
type term struct {
	key, value string
	not        bool
}

func (t term) String() string {
	if t.not {
		return t.key + "!=" + t.value
	}
	return t.key + "=" + t.value
}

// Properties that every release has; a label of the same name is hidden by them.
const (
	keyName      = "name"      // the release's name in its target
	keyNamespace = "namespace" //
	keyRelease   = "release"   // the label of its block: all elements of a for_each
	keyChart     = "chart"     // its chart as written, or the last part of that
)

var builtin = []string{keyName, keyNamespace, keyRelease, keyChart}

// ParseSelector reads the arguments of -l. In one argument a comma means and,
// several arguments mean or: `tier=web,team!=data`. A value may be a glob. A
// term with `!=` also holds for a release without that label.
func ParseSelector(args []string) (Selector, diag.List) {
	var s Selector
	var list diag.List
	for _, arg := range args {
		var all []term
		for text := range strings.SplitSeq(arg, ",") {
			t, problem := parseTerm(strings.TrimSpace(text))
			if problem != nil {
				list = append(list, *problem)
				continue
			}
			all = append(all, t)
		}
		if len(all) > 0 {
			s.alternatives = append(s.alternatives, all)
		}
	}
	return s, list
}

func parseTerm(text string) (term, *diag.Diagnostic) {
	key, value, found := strings.Cut(text, "=")
	t := term{key: key, value: strings.TrimPrefix(value, "=")}
	t.key, t.not = strings.CutSuffix(t.key, "!")
	t.key, t.value = strings.TrimSpace(t.key), strings.TrimSpace(t.value)
	d := diag.Errorf(diag.Range{}, "Selector %q cannot be read", text)
	switch {
	case !found && text != "" && !strings.ContainsAny(text, "!<> "):
		d = d.Detailf("A selector compares a label with a value.").Remedyf("Did you mean `name=%s`?", text)
	case !found || t.key == "" || strings.ContainsAny(t.key, "!<> "):
		d = d.Detailf("A selector compares a label with a value.").Remedyf("Write `key=value` or `key!=value`, with commas between terms.")
	case badGlob(t.value):
		d = d.Detailf("%q is no valid glob.", t.value).Remedyf("Close the bracket, or write a backslash before it.")
	default:
		return t, nil
	}
	return term{}, &d
}

func badGlob(pattern string) bool {
	_, err := path.Match(pattern, "")
	return err != nil
}

// String writes the selector as its arguments, joined with " or ".
func (s Selector) String() string {
	arguments := make([]string, len(s.alternatives))
	for i, all := range s.alternatives {
		terms := make([]string, len(all))
		for j, t := range all {
			terms[j] = t.String()
		}
		arguments[i] = strings.Join(terms, ",")
	}
	return strings.Join(arguments, " or ")
}

// Empty tells whether the selector selects everything.
func (s Selector) Empty() bool { return len(s.alternatives) == 0 }

// charts tells whether the selector looks at charts, which a header lacks.
func (s Selector) charts() bool {
	return slices.ContainsFunc(s.alternatives, func(all []term) bool {
		return slices.ContainsFunc(all, func(t term) bool { return t.key == keyChart })
	})
}

// mayMatch tells whether a release can be selected by what its header says;
// that is the answer unless the selector looks at charts.
func (s Selector) mayMatch(h schema.Header) bool {
	return s.match(func(t term) bool { return t.key == keyChart || t.holds(h) })
}

// matches tells whether a release is selected.
func (s Selector) matches(r schema.Release) bool {
	return s.match(func(t term) bool {
		if t.key != keyChart {
			return t.holds(r.Header)
		}
		is := r.Chart != nil && (glob(t.value, r.Chart.Source) || glob(t.value, chartName(*r.Chart)))
		return is != t.not
	})
}

// MatchesName tells whether a release is selected of which nothing but the name
// is known: a term about anything else does not hold, whichever way it is put.
func (s Selector) MatchesName(name string) bool {
	return s.match(func(t term) bool { return t.key == keyName && glob(t.value, name) != t.not })
}

func (s Selector) match(holds func(term) bool) bool {
	if s.Empty() {
		return true
	}
	return slices.ContainsFunc(s.alternatives, func(all []term) bool {
		return !slices.ContainsFunc(all, func(t term) bool { return !holds(t) })
	})
}

func (t term) holds(h schema.Header) bool {
	value, ok := property(h, t.key)
	return (ok && glob(t.value, value)) != t.not
}

func property(h schema.Header, key string) (string, bool) {
	switch key {
	case keyName:
		return h.Name, true
	case keyNamespace:
		return h.Namespace, true
	case keyRelease:
		return h.Declaration, true
	}
	value, ok := h.Labels[key]
	return value, ok
}

// AnyGlob tells whether one of the patterns is of a name.
func AnyGlob(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return glob(pattern, name) })
}

func glob(pattern, name string) bool {
	if pattern == name {
		return true
	}
	ok, _ := path.Match(pattern, name) // bad patterns were refused where they were read
	return ok
}

// chartName is the last part of a chart's source: podinfo of
// git::https://git.example/acme/charts.git//charts/podinfo?ref=v1.
func chartName(c schema.Chart) string {
	source := cmp.Or(c.Path, c.Source)
	if c.Kind != schema.Local {
		source, _, _ = strings.Cut(source, "?")
	}
	return strings.TrimSuffix(path.Base(source), ".tgz")
}

// SelectNames selects the releases of some names, which are no globs.
func SelectNames(names []string) Selector {
	var s Selector
	for _, name := range names {
		s.alternatives = append(s.alternatives, []term{{key: keyName, value: name}})
	}
	return s
}
