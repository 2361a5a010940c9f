package diag

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// DidYouMean is the sentence that names the candidate nearest to what was
// given, `Did you mean "podinfo"?`; empty where none is near.
func DidYouMean(given string, candidates []string) string {
	if name := Nearest(given, candidates); name != "" {
		return fmt.Sprintf("Did you mean %q?", name)
	}
	return ""
}

// Nearest is the candidate that a person most likely meant, by edit distance
// and without regard to case; empty where none is near.
func Nearest(given string, candidates []string) string {
	best, nearest := limit(given)+1, ""
	for _, c := range slices.Sorted(slices.Values(candidates)) {
		if c == given {
			continue
		}
		d := distance(strings.ToLower(given), strings.ToLower(c))
		if d < best {
			best, nearest = d, c
		}
	}
	return nearest
}

// distance counts edits; letters in another order, the commonest slip of all,
// are one.
func distance(a, b string) int {
	if len(a) == len(b) && letters(a) == letters(b) {
		return min(1, levenshtein.Distance(a, b, nil))
	}
	return levenshtein.Distance(a, b, nil)
}

func letters(s string) string {
	runes := []rune(s)
	slices.Sort(runes)
	return string(runes)
}

// limit is how many edits still look like a slip: one in a short name, two as
// in Terraform, more in a long one.
func limit(given string) int {
	switch n := len(given); {
	case n < 4:
		return 1
	case n < 12:
		return 2
	default:
		return n / 5
	}
}
