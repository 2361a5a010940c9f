package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/schema/diag"
)

// didYouMean is a remedy: the nearest name, else all of them where they are few.
func didYouMean(name string, names []string) string {
	if s := diag.DidYouMean(name, names); s != "" {
		return s
	}
	names = slices.Sorted(slices.Values(names))
	if len(names) == 0 || len(names) > 20 {
		return ""
	}
	return "There is " + enumerate(names) + "."
}

// enumerate joins names as in a sentence: "a", "b" and "c".
func enumerate(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = fmt.Sprintf("%q", n)
	}
	if len(quoted) < 2 {
		return strings.Join(quoted, "")
	}
	last := len(quoted) - 1
	return strings.Join(quoted[:last], ", ") + " and " + quoted[last]
}

// sentences joins what is not empty.
func sentences(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}
