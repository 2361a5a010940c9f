package render

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/engine/veil"
	"github.com/weir-dev/weir/schema/diag"
)

// shortestSecret keeps `true` and `1` in messages readable: a sensitive value
// that short is none.
const shortestSecret = 3

// masked are the job's findings for people to read.
func (j *job) masked() diag.List { return Masked(j.found, j.rel) }

// Masked are findings about a release without its sensitive values, which a message
// of a template may hold, or one that quotes what came out of it.
func Masked(found diag.List, rel *plan.Release) diag.List {
	var texts []string
	if len(found) > 0 {
		for _, leaf := range rel.Values.Leaves() {
			if leaf.Sensitive {
				texts = append(texts, printed(leaf.Value)...)
			}
		}
	}
	if len(texts) == 0 {
		return found
	}
	secrets := veil.New(texts, shortestSecret)
	mask := func(text string) string {
		return secrets.Replace(text, func(string) string { return (&values.Node{Sensitive: true}).Brief() })
	}
	all := slices.Clone(found)
	for i := range all {
		d := &all[i]
		d.Summary, d.Detail, d.Remedy = mask(d.Summary), mask(d.Detail), mask(d.Remedy)
		d.Related = slices.Clone(d.Related)
		for k := range d.Related {
			d.Related[k].Note = mask(d.Related[k].Note)
		}
	}
	return all
}

// printed is a value in the forms that a message may have it in.
func printed(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case int64:
		return []string{message.NewPrinter(language.English).Sprint(v), strconv.FormatInt(v, 10)}
	case float64:
		return []string{message.NewPrinter(language.English).Sprint(v), values.Number(v), fmt.Sprint(v)}
	}
	return nil
}

var secretKind = regexp.MustCompile(`(?m)^\s*"?kind"?:\s*["']?Secret\b`)

// shown is a line of a document for a message; of a Secret's only the key.
func shown(document []byte, line string) string {
	if !secretKind.Match(document) {
		return quoteLine(line)
	}
	key, _, found := strings.Cut(line, ":")
	if !found {
		return "a line of a Secret"
	}
	return quoteLine(key + ": …")
}
