package transform

import (
	"fmt"
	"strconv"
	"strings"
)

// listing is a sentence that names at most ten of names: `This release has "a",
// "b" and 3 more.`
func listing(begin string, names []string, none string) string {
	const most = 10
	if len(names) == 0 {
		return begin + " " + none + "."
	}
	shown := names[:min(len(names), most)]
	quoted := make([]string, len(shown))
	for i, name := range shown {
		quoted[i] = strconv.Quote(name)
	}
	text := begin + " " + strings.Join(quoted, ", ")
	if more := len(names) - len(shown); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text + "."
}
