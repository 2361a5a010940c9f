package manifest

import "strings"

// fast reads the YAML that objects are mostly written in, several times as fast
// as the parser: block mappings and lists, scalars, literal blocks, short flow
// lists. It is false for all else, mistakes and duplicate keys among it, which
// the parser is then asked for; what it reads, it reads as the parser does. The
// strings of the tree share the memory of text.
func fast(text string) (tree any, ok bool) {
	for _, rare := range []string{"\r", "\u0085", "\u2028", "\u2029", "\ufeff"} { // other ends of lines, and marks
		if strings.Contains(text, rare) {
			return nil, false
		}
	}
	p := &scanner{text: text, end: -1}
	p.next()
	if p.eof {
		return nil, false
	}
	tree = p.block(p.indent)
	return tree, !p.failed && p.eof
}

// scanner stands at the content of a line: text[at:end], at column indent.
type scanner struct {
	text   string
	at     int // of the first character that is not read yet
	end    int // of the line, without its newline
	indent int // the column of at
	depth  int
	eof    bool
	failed bool // something for the parser
}

const maxDepth = 200

func (p *scanner) fail() any {
	p.failed = true
	return nil
}

// next goes to the next line that has content.
func (p *scanner) next() {
	for start := p.end + 1; start < len(p.text); start = p.end + 1 {
		p.end = lineEnd(p.text, start)
		p.at = start
		for p.at < p.end && p.text[p.at] == ' ' {
			p.at++
		}
		if p.at == p.end || p.text[p.at] == '#' {
			continue
		}
		p.indent = p.at - start
		if c := p.text[p.at]; c == '\t' || p.indent == 0 && (c == '%' || strings.HasPrefix(p.text[p.at:], "---") || strings.HasPrefix(p.text[p.at:], "...")) {
			p.failed = true
		}
		return
	}
	p.at, p.end, p.eof = len(p.text), len(p.text), true
}

func lineEnd(text string, start int) int {
	if n := strings.IndexByte(text[start:], '\n'); n >= 0 {
		return start + n
	}
	return len(text)
}

// block reads the mapping or list that begins here.
func (p *scanner) block(indent int) any {
	p.depth++
	defer func() { p.depth-- }()
	if p.failed || p.depth > maxDepth {
		return p.fail()
	}
	if p.isItem() {
		return p.list(indent)
	}
	return p.mapping(indent)
}

// isItem tells a "-" that begins an item.
func (p *scanner) isItem() bool {
	return p.text[p.at] == '-' && (p.at+1 == p.end || p.text[p.at+1] == ' ')
}

func (p *scanner) mapping(indent int) any {
	tree := map[string]any{}
	for !p.failed && !p.eof && p.indent == indent {
		key, ok := p.key()
		if !ok {
			return p.fail()
		}
		if _, twice := tree[key]; twice {
			return p.fail()
		}
		if !p.blankRest() {
			tree[key] = p.value(indent)
			continue
		}
		p.next()
		switch {
		case p.eof || p.failed || p.indent < indent:
			tree[key] = nil
		case p.indent > indent:
			tree[key] = p.block(p.indent)
		case p.isItem():
			tree[key] = p.list(indent)
		default:
			tree[key] = nil
		}
	}
	if p.indent > indent && !p.eof {
		return p.fail()
	}
	return tree
}

func (p *scanner) list(indent int) any {
	var items []any
	for !p.failed && !p.eof && p.indent == indent && p.isItem() {
		p.at++
		if p.blankRest() {
			p.next()
			if p.eof || p.failed || p.indent <= indent {
				items = append(items, nil)
			} else {
				items = append(items, p.block(p.indent))
			}
			continue
		}
		start := p.at - 1
		for p.text[p.at] == ' ' {
			p.at++
		}
		switch c := p.text[p.at]; {
		case c == '\t':
			return p.fail()
		case p.isItem() || p.isKey():
			p.indent = indent + p.at - start
			items = append(items, p.block(p.indent))
		default:
			items = append(items, p.value(indent))
		}
	}
	if p.indent > indent && !p.eof {
		return p.fail()
	}
	return items
}

// blankRest tells whether the rest of the line is blank or a comment.
func (p *scanner) blankRest() bool { return isRest(p.text[p.at:p.end]) }

func isRest(s string) bool {
	rest := strings.TrimLeft(s, " ")
	return rest == "" || rest[0] == '#' && len(rest) < len(s)
}

// isKey tells whether the rest of the line begins with a key.
func (p *scanner) isKey() bool {
	at := p.at
	_, ok := p.key()
	if !ok && p.text[p.at] != '"' && p.text[p.at] != '\'' {
		line := p.text[p.at:p.end]
		if strings.Contains(line, ": ") || line[len(line)-1] == ':' {
			p.failed = true // some other key, or a mistake
		}
	}
	p.at = at
	return ok
}

// key reads a key and its colon.
func (p *scanner) key() (string, bool) {
	line := p.text[p.at:p.end]
	if c := line[0]; c == '"' || c == '\'' {
		n := strings.IndexByte(line[1:], c) + 1
		if n == 0 || n > 1000 || n+1 == len(line) || line[n+1] != ':' || n+2 < len(line) && line[n+2] != ' ' || strings.IndexByte(line[1:n], '\\') >= 0 || strings.IndexByte(line[1:n], '\t') >= 0 {
			return "", false
		}
		p.at += n + 2
		return line[1:n], true
	}
	n := 0
	for n < len(line) && keyBytes[line[n]] {
		n++
	}
	if n == 0 || n > 1000 || n == len(line) || line[n] != ':' || n+1 < len(line) && line[n+1] != ' ' || line[0] == '-' {
		return "", false
	}
	key := line[:n]
	if !isWord(key) {
		return "", false
	}
	p.at += n + 1
	return key, true
}

// keyBytes is read only.
var keyBytes = func() (t [256]bool) {
	for c := range 256 {
		t[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.' || c == '/' || c == '$'
	}
	return t
}()

// isWord tells whether a plain scalar is a string.
func isWord(s string) bool {
	switch c := s[0]; {
	case c >= '0' && c <= '9', c == '-', c == '+', c == '.':
		v, ok := plain(s)
		_, isString := v.(string)
		return ok && isString
	}
	if len(s) > len("false") {
		return true
	}
	_, isOther := words[s]
	return !isOther
}

// value reads a scalar or a flow list behind a key or a dash whose column is
// indent, and goes to the next line.
func (p *scanner) value(indent int) any {
	for p.text[p.at] == ' ' {
		p.at++
	}
	switch p.text[p.at] {
	case '|':
		return p.literal(indent)
	case '"':
		return p.quoted(indent, '"')
	case '\'':
		return p.quoted(indent, '\'')
	case '[', '{':
		return p.flow()
	case '>', '&', '*', '!', '%', '@', '`', '?', ':', ',', ']', '}', '#':
		return p.fail()
	case '-':
		if p.isItem() {
			return p.fail()
		}
	}
	line := p.text[p.at:p.end]
	comment := strings.Index(line, " #")
	if comment >= 0 {
		line = line[:comment]
	}
	line, ok := plainLine(line)
	if !ok {
		return p.fail()
	}
	if text, more := p.fold(indent, line, plainLine); more {
		if comment >= 0 {
			return p.fail()
		}
		return text // it has a space or a newline: no other type has
	}
	if p.failed {
		return nil
	}
	v, ok := plain(line)
	if !ok {
		return p.fail()
	}
	return v
}

// plainLine is a line of a plain scalar without what blanks follow it.
func plainLine(line string) (string, bool) {
	for i := range len(line) {
		switch line[i] {
		case '\t':
			return "", false
		case '#':
			if i == 0 || line[i-1] == ' ' {
				return "", false
			}
		case ':':
			if i+1 == len(line) || line[i+1] == ' ' {
				return "", false
			}
		}
	}
	return strings.TrimRight(line, " "), true
}

// fold goes to the next line and joins what it and others of a column beyond
// indent go on with to first: an end of a line is a space, n blank lines are n
// newlines. It is false where first is all.
func (p *scanner) fold(indent int, first string, part func(string) (string, bool)) (text string, more bool) {
	end := p.end
	p.next()
	if p.eof || p.failed || p.indent <= indent {
		return "", false
	}
	var b strings.Builder
	b.WriteString(first)
	for !p.eof && !p.failed && p.indent > indent {
		gap := p.text[end+1 : p.at]
		if strings.IndexByte(gap, '#') >= 0 { // a comment ends the scalar
			p.failed = true
			break
		}
		line, ok := part(p.text[p.at:p.end])
		if !ok {
			p.failed = true
			break
		}
		if blank := strings.Count(gap, "\n"); blank > 0 {
			for range blank {
				b.WriteByte('\n')
			}
		} else {
			b.WriteByte(' ')
		}
		b.WriteString(line)
		end = p.end
		p.next()
	}
	return b.String(), true
}

// quoted reads a quoted scalar of one line; the parser reads those of more, and
// those with any but the usual escapes.
func (p *scanner) quoted(indent int, quote byte) any {
	line := p.text[p.at+1 : p.end]
	end, escapes := 0, false
	for ; end < len(line) && line[end] != quote || quote == '\'' && end+1 < len(line) && line[end+1] == quote; end++ {
		switch c := line[end]; {
		case c == '\t':
			return p.fail()
		case c == '\\' && quote == '"', c == quote:
			escapes = true
			end++
		}
	}
	if end >= len(line) || !isRest(line[end+1:]) {
		return p.fail()
	}
	line = line[:end]
	if escapes {
		var ok bool
		if line, ok = unescape(line, quote); !ok {
			return p.fail()
		}
	}
	p.next()
	if p.indent > indent && !p.eof {
		return p.fail()
	}
	return line
}

func unescape(s string, quote byte) (string, bool) {
	if quote == '\'' {
		return strings.ReplaceAll(s, "''", "'"), true
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch s[i] {
		case '"', '\\':
			b.WriteByte(s[i])
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		default:
			return "", false
		}
	}
	return b.String(), true
}

// flow reads a list of scalars on one line, or an empty mapping.
func (p *scanner) flow() any {
	line := p.text[p.at:p.end]
	if strings.HasPrefix(line, "{}") && isRest(line[2:]) {
		p.next()
		return map[string]any{}
	}
	if line[0] != '[' {
		return p.fail()
	}
	items := []any{}
	rest := strings.TrimLeft(line[1:], " ")
	for {
		if rest == "" {
			return p.fail()
		}
		if rest[0] == ']' && len(items) == 0 {
			break
		}
		n := 0
		switch c := rest[0]; c {
		case '"', '\'':
			n = strings.IndexByte(rest[1:], c) + 2
			if n < 2 || strings.ContainsAny(rest[1:n-1], "\\\t") || n < len(rest) && rest[n] == c {
				return p.fail()
			}
			items = append(items, rest[1:n-1])
		default:
			for n < len(rest) && keyBytes[rest[n]] {
				n++
			}
			if n == 0 || c == '-' {
				return p.fail()
			}
			v, ok := plain(rest[:n])
			if !ok {
				return p.fail()
			}
			items = append(items, v)
		}
		rest = strings.TrimLeft(rest[n:], " ")
		if rest == "" || rest[0] != ',' && rest[0] != ']' {
			return p.fail()
		}
		if rest[0] == ']' {
			break
		}
		if rest = strings.TrimLeft(rest[1:], " "); rest != "" && rest[0] == ']' {
			return p.fail()
		}
	}
	if !isRest(rest[1:]) {
		return p.fail()
	}
	p.next()
	return items
}

// literal reads a literal block without an indentation indicator.
func (p *scanner) literal(indent int) any {
	header := strings.TrimRight(p.text[p.at+1:p.end], " ")
	if header != "" && header != "-" && header != "+" {
		return p.fail()
	}
	var b strings.Builder
	column := -1 // of the block, once known
	start := p.end + 1
	for start < len(p.text) {
		end := lineEnd(p.text, start)
		at := start
		for at < end && p.text[at] == ' ' {
			at++
		}
		switch {
		case at == end && column < 0:
			if at > start {
				return p.fail() // may be deeper than the block
			}
		case at == end:
			at = min(at, start+column)
		case column < 0:
			if p.text[at] == '\t' || at-start <= indent {
				return p.fail()
			}
			column = at - start
		case at-start < column:
			if p.text[at] == '\t' {
				return p.fail()
			}
			end = -1
		default:
			at = start + column
		}
		if end < 0 {
			break
		}
		b.WriteString(p.text[at:end])
		if end < len(p.text) {
			b.WriteByte('\n')
		}
		start = end + 1
	}
	if column < 0 {
		return p.fail()
	}
	p.end = start - 1
	p.next()
	if p.indent > indent && !p.eof {
		return p.fail()
	}
	s := b.String()
	switch header {
	case "-":
		return strings.TrimRight(s, "\n")
	case "":
		if body := strings.TrimRight(s, "\n"); len(body) < len(s) {
			return s[:len(body)+1]
		}
	}
	return s
}
