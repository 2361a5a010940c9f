package render

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// shortestSecret keeps `true` and `1` in messages readable: a sensitive value
// that short is none.
const shortestSecret = 3

// masked are the findings without the release's sensitive values, which any
// message of a template may hold.
func (j *job) masked() diag.List {
	var pairs []string
	for _, leaf := range j.rel.Values.Leaves() {
		if !leaf.Sensitive {
			continue
		}
		for _, text := range printed(leaf.Value) {
			if len(text) >= shortestSecret {
				pairs = append(pairs, text, (&values.Node{Sensitive: true}).Brief())
			}
		}
	}
	if len(pairs) == 0 {
		return j.found
	}
	mask := strings.NewReplacer(pairs...)
	for i := range j.found {
		d := &j.found[i]
		d.Summary, d.Detail, d.Remedy = mask.Replace(d.Summary), mask.Replace(d.Detail), mask.Replace(d.Remedy)
		for k := range d.Related {
			d.Related[k].Note = mask.Replace(d.Related[k].Note)
		}
	}
	return j.found
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
