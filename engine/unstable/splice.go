package unstable

import (
	"regexp"
	"slices"
	"strings"
)

// Span is a stretch of a text that a render makes up, in bytes: from, to.
type Span [2]int

// madeUp finds what is made up in a text by comparing it with another render's,
// line by line and in a line from the first to the last word that differs. It is
// nil where no word of the text can be told to stay.
func madeUp(a, b string) []Span {
	one, two := strings.SplitAfter(a, "\n"), strings.SplitAfter(b, "\n")
	pairs, ok := common(one, two)
	if !ok {
		return nil
	}
	pairs = append(withoutKeys(one, pairs), [2]int{len(one), len(two)})
	offset := make([]int, len(one)+1)
	for i, line := range one {
		offset[i+1] = offset[i] + len(line)
	}
	var spans []Span
	i, j := 0, 0
	for _, pair := range pairs {
		n, m := pair[0]-i, pair[1]-j
		switch {
		case n == 0 && m == 0:
		case n == 0 || m == 0:
			return nil
		case n == m && !(n > 1 && slices.ContainsFunc(one[i:pair[0]], isKey)):
			for k := range n {
				if x, y := one[i+k], two[j+k]; x != y {
					from, to := words(x, y)
					spans = append(spans, Span{offset[i+k] + from, offset[i+k] + to})
				}
			}
		default:
			spans = append(spans, Span{offset[i], offset[pair[0]] - len(one[pair[0]-1]) + len(strings.TrimRight(one[pair[0]-1], "\r\n"))})
		}
		i, j = pair[0]+1, pair[1]+1
	}
	at := 0
	for _, s := range append(spans, Span{len(a), len(a)}) {
		if strings.IndexFunc(a[at:s[0]], isWord) >= 0 {
			return spans
		}
		at = s[1]
	}
	return nil
}

// mostCells bounds the table of common: four bytes each.
const mostCells = 1 << 22

// common is a longest common subsequence of two texts' lines, as pairs of
// indices; false where the texts are too long to find it.
func common(a, b []string) ([][2]int, bool) {
	var head, tail [][2]int
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		head = append(head, [2]int{i, i})
		i++
	}
	n, m := len(a), len(b)
	for n > i && m > i && a[n-1] == b[m-1] {
		n, m = n-1, m-1
		tail = append(tail, [2]int{n, m})
	}
	slices.Reverse(tail)
	rows, columns := n-i, m-i
	if rows > 0 && columns > mostCells/(rows+1) {
		return nil, false
	}
	length := make([]int32, (rows+1)*(columns+1)) // of the rests from x and y
	at := func(x, y int) *int32 { return &length[x*(columns+1)+y] }
	for x := rows - 1; x >= 0; x-- {
		for y := columns - 1; y >= 0; y-- {
			if a[i+x] == b[i+y] {
				*at(x, y) = *at(x+1, y+1) + 1
			} else {
				*at(x, y) = max(*at(x+1, y), *at(x, y+1))
			}
		}
	}
	for x, y := 0, 0; x < rows && y < columns; {
		switch {
		case a[i+x] == b[i+y]:
			head = append(head, [2]int{i + x, i + y})
			x, y = x+1, y+1
		case *at(x+1, y) >= *at(x, y+1):
			x++
		default:
			y++
		}
	}
	return append(head, tail...), true
}

// withoutKeys drops pairs of lines in the middle of a key or a certificate: what
// two of them share by their structure stands elsewhere in the next one.
func withoutKeys(lines []string, pairs [][2]int) [][2]int {
	stays := make([]bool, len(lines))
	for _, pair := range pairs {
		stays[pair[0]] = true
	}
	drop := func(i, beside int) {
		if stays[i] && !stays[beside] && isKey(lines[i]) && isKey(lines[beside]) {
			stays[i] = false
		}
	}
	for i := 1; i < len(lines); i++ {
		drop(i, i-1)
	}
	for i := len(lines) - 2; i >= 0; i-- {
		drop(i, i+1)
	}
	return slices.DeleteFunc(pairs, func(pair [2]int) bool { return !stays[pair[0]] })
}

// isKey tells a line of base64 from one that a person writes.
func isKey(line string) bool {
	line = strings.TrimSpace(line)
	return len(line) >= 32 && strings.IndexFunc(line, func(r rune) bool {
		return !isWord(r) && r != '+' && r != '/' && r != '='
	}) < 0
}

func isWord(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r > 0x7f
}

// words is what differs in two lines, in whole words, since a letter that two
// random words share by chance does not stay. A plus is no end of one: base64
// has it.
func words(a, b string) (from, to int) {
	inWord := func(c byte) bool { return isWord(rune(c)) || c > 0x7f || c == '+' }
	n := min(len(a), len(b))
	for from < n && a[from] == b[from] {
		from++
	}
	for from > 0 && inWord(a[from-1]) {
		from--
	}
	tail := 0
	for tail < n-from && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	for tail > 0 && inWord(a[len(a)-tail]) {
		tail--
	}
	return from, len(a) - tail
}

// agrees tells whether a committed text is a new one but for the spans.
func agrees(text, old string, spans []Span) bool {
	rest, ok := strings.CutPrefix(old, text[:spans[0][0]])
	for i := 0; ok && i < len(spans); i++ {
		made := text[spans[i][0]:spans[i][1]]
		if i+1 == len(spans) {
			rest, ok = strings.CutSuffix(rest, text[spans[i][1]:])
			return ok && plausible(made, rest)
		}
		var was string
		was, rest, ok = strings.Cut(rest, text[spans[i][1]:spans[i+1][0]])
		ok = ok && plausible(made, was)
	}
	return false
}

// plausible tells whether a committed stretch may have been what a new one is
// now: no line of another kind is in it.
func plausible(made, was string) bool {
	return (made == "") == (was == "") && written(made) == written(was)
}

// written counts the lines after the first that are not of a key.
func written(text string) int {
	n := 0
	for i, line := range strings.Split(text, "\n") {
		if i > 0 && !isKey(line) && !strings.HasPrefix(strings.TrimSpace(line), "-----") {
			n++
		}
	}
	return n
}

// splice puts what a committed text has in the place of the spans of a new one.
// Where all else is equal, that is the committed text. Else each Span is looked
// for by what stands before and behind it in its line, or in the lines around
// it; false where that is not there exactly once.
func splice(text, old string, spans []Span) (string, bool) {
	if agrees(text, old, spans) {
		return old, true
	}
	var out strings.Builder
	at := 0
	for _, s := range spans {
		was, ok := find(text, old, s)
		if !ok {
			return "", false
		}
		out.WriteString(text[at:s[0]])
		out.WriteString(was)
		at = s[1]
	}
	out.WriteString(text[at:])
	return out.String(), true
}

// longestContext bounds the expression that find looks for.
const longestContext = 4 << 10

func find(text, old string, s Span) (string, bool) {
	from := 1 + strings.LastIndexByte(text[:s[0]], '\n')
	to := len(text)
	if n := strings.IndexByte(text[s[1]:], '\n'); n >= 0 {
		to = s[1] + n
	}
	if strings.IndexFunc(text[from:s[0]]+text[s[1]:to], isWord) < 0 { // says nothing: the lines around it too
		if from > 0 {
			from = 1 + strings.LastIndexByte(text[:from-1], '\n')
		}
		if to < len(text) {
			n := strings.IndexByte(text[to+1:], '\n')
			if n < 0 {
				n = len(text) - to - 1
			}
			to += 1 + n
		}
	}
	if (s[0]-from)+(to-s[1]) > longestContext {
		return "", false
	}
	made := text[s[0]:s[1]]
	any := `[^\n]*?`
	if strings.Contains(made, "\n") {
		any = `(?s:.*?)`
	}
	context, err := regexp.Compile(`(?m)^` + regexp.QuoteMeta(text[from:s[0]]) + `(` + any + `)` + regexp.QuoteMeta(text[s[1]:to]) + `$`)
	if err != nil || len(context.FindAllString(text, 2)) != 1 {
		return "", false // err: a text that is not UTF-8
	}
	found := context.FindAllStringSubmatch(old, 2)
	if len(found) != 1 || !plausible(made, found[0][1]) {
		return "", false
	}
	return found[0][1], true
}
