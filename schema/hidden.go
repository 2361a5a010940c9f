package schema

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/weir-dev/weir/schema/diag"
)

// What a sensitive variable is set to stands in two places: in variable files
// and in `default`. Messages show neither. Where a file cannot be parsed nobody
// knows where a value ends, so more is hidden than would be needed.

// hidden stands in a snippet for what is not shown.
const hidden = "(hidden)"

// cover says of lines of a file, counted from 1, how many of their first
// characters may be shown. Lines that it does not name may be shown whole.
type cover map[int]int

// show is the text with what is covered hidden.
func (c cover) show(text []byte) []byte {
	if len(c) == 0 {
		return text
	}
	lines := strings.Split(string(text), "\n")
	for n, keep := range c {
		if n > len(lines) {
			continue
		}
		line := []rune(strings.TrimRight(lines[n-1], "\r"))
		keep = min(keep, len(line))
		if strings.TrimSpace(string(line[keep:])) != "" {
			lines[n-1] = hidden
			if keep > 0 {
				lines[n-1] = string(line[:keep]) + " " + hidden
			}
		}
	}
	return []byte(strings.Join(lines, "\n"))
}

// covers tells whether a range reaches into what is covered.
func (c cover) covers(r diag.Range) bool {
	if keep, ok := c[r.Start.Line]; ok && (r.Start.Column == 0 || r.Start.Column > keep) {
		return true
	}
	for n := r.Start.Line; n <= r.End.Line; n++ {
		if keep, ok := c[n]; ok && (n < r.End.Line || r.End.Column > keep+1) {
			return true
		}
	}
	return false
}

// widen is a range that does not tell how long what is covered is.
func (c cover) widen(r diag.Range) diag.Range {
	if c.covers(r) {
		r.Start.Column, r.End = 0, diag.Pos{Line: r.Start.Line}
	}
	return r
}

// attribute covers the value of `name = value`.
func (c cover) attribute(a *hclsyntax.Attribute) {
	value := a.Expr.Range()
	c.lines(a.EqualsRange.End.Line, value.End.Line, a.EqualsRange.End.Column-1)
}

// lines covers lines but for the first characters of the first one.
func (c cover) lines(from, to, keep int) {
	c[from] = keep
	for n := from + 1; n <= to; n++ {
		c[n] = 0
	}
}

// variableBlocks covers what may be the default of a sensitive variable.
func (c cover) variableBlocks(body *hclsyntax.Body, secret func(name string) bool) {
	for _, b := range body.Blocks {
		if b.Type != "variable" || !maySensitive(b) && !slices.ContainsFunc(b.Labels, secret) {
			continue
		}
		for _, a := range b.Body.Attributes {
			if !slices.Contains([]string{"type", "description"}, a.Name) && !likeSensitive(a.Name) {
				c.attribute(a)
			}
		}
		for _, inner := range b.Body.Blocks {
			if inner.Type != "validation" {
				c.lines(inner.TypeRange.Start.Line, inner.CloseBraceRange.End.Line, inner.TypeRange.End.Column-1)
			}
		}
	}
}

// maySensitive tells whether a variable is declared sensitive, a slip of the
// pen included.
func maySensitive(b *hclsyntax.Block) bool {
	for _, a := range b.Body.Attributes {
		if !likeSensitive(a.Name) {
			continue
		}
		literal, _ := a.Expr.(*literal)
		if literal == nil {
			return true
		}
		if v, _ := literal.val.Unmark(); !v.IsKnown() || v.IsNull() || v.Type() != cty.Bool || v.True() {
			return true
		}
	}
	return false
}

func likeSensitive(name string) bool {
	return name == "sensitive" || diag.Nearest(name, []string{"sensitive"}) != ""
}

var (
	knownHeader   = regexp.MustCompile(`^(?:` + strings.Join(language.blockNames(), "|") + `)\b[^=]*\{`)
	harmlessLine  = regexp.MustCompile(`^\s*(?:(?:type|sensitive)\s*=[^="<]*$|validation\s*\{|\}\s*$)`)
	assignedName  = regexp.MustCompile(`^\s*([A-Za-z_][\w-]*)\s*=`)
	maybeSecret   = regexp.MustCompile(`(?i)sens`)
	variableStart = regexp.MustCompile(`^variable\b`)
)

// unparsed covers the variable blocks of a project file whose structure is not known.
func (c cover) unparsed(text []byte) {
	lines := strings.Split(string(text), "\n")
	for from := 0; from < len(lines); {
		to := from + 1
		for to < len(lines) && !knownHeader.MatchString(lines[to]) {
			to++
		}
		if variableStart.MatchString(lines[from]) && maybeSecret.MatchString(strings.Join(lines[from:to], "\n")) {
			c[from+1] = utf8.RuneCountInString(lines[from][:strings.IndexByte(lines[from]+"{", '{')]) + 1
			for n := from + 1; n < to; n++ {
				if !harmlessLine.MatchString(lines[n]) {
					c.unparsedLine(n+1, lines[n], func(name string) bool { return name == "default" })
				}
			}
		}
		from = to
	}
}

// unparsedLine covers a line but for a known name that it seems to set.
func (c cover) unparsedLine(n int, line string, known func(name string) bool) {
	c[n] = 0
	if m := assignedName.FindStringSubmatch(line); m != nil && known(m[1]) {
		c[n] = utf8.RuneCountInString(m[0])
	}
}

// cover says what of a file of the project messages may not show.
func (p *Project) cover(file string) cover {
	c := cover{}
	secret := func(name string) bool { v := p.variables[name]; return v != nil && v.secret }
	if s := p.sources[file]; s != nil {
		if s.body != nil {
			c.variableBlocks(s.body, secret)
		} else {
			c.unparsed(s.text)
		}
		return c
	}
	s := p.given[file]
	if s == nil || !p.secrets() {
		return c
	}
	if s.body == nil {
		for i, line := range strings.Split(string(s.text), "\n") {
			c.unparsedLine(i+1, line, func(name string) bool { return p.variables[name] != nil })
		}
		return c
	}
	for _, a := range s.body.Attributes {
		if p.variables[a.Name] == nil || secret(a.Name) {
			c.attribute(a)
		}
	}
	for _, b := range s.body.Blocks {
		c.lines(b.TypeRange.Start.Line, b.CloseBraceRange.End.Line, b.TypeRange.End.Column-1)
	}
	return c
}

// secrets tells whether variable files may hold something sensitive.
func (p *Project) secrets() bool {
	for _, s := range p.sources {
		if s.body == nil {
			return true // who knows what it declares
		}
	}
	for _, v := range p.variables {
		if v.secret {
			return true
		}
	}
	return false
}

// Shown is the text of a project file with all left out that may be sensitive,
// for messages about a file outside of a loaded project.
func Shown(file string, text []byte) []byte { return loose(file, text).show(text) }

// loose is the cover of a file that is looked at without its project, and that
// has mistakes of syntax.
func loose(file string, text []byte) cover {
	c := cover{}
	lines := strings.Split(string(text), "\n")
	if isVariables(file) || !slices.ContainsFunc(lines, knownHeader.MatchString) {
		for i, line := range lines {
			c.unparsedLine(i+1, line, func(string) bool { return false })
		}
		return c
	}
	c.unparsed(text)
	return c
}

const notShown = "What stands here may be sensitive and is not shown."

// veil takes out of findings what tells of covered text: HCL quotes it.
func veil(list diag.List, of func(file string) cover) {
	covers := map[string]cover{}
	for i := range list {
		d := &list[i]
		at := func(r diag.Range) cover {
			if covers[r.File] == nil {
				covers[r.File] = of(r.File)
			}
			return covers[r.File]
		}
		if c := at(d.Subject); c.covers(d.Subject) {
			d.Subject, d.Detail = c.widen(d.Subject), notShown
			if d.Remedy == correctSyntax {
				d.Remedy = "Correct the syntax here."
			}
		}
		for k := range d.Related {
			d.Related[k].Range = at(d.Related[k].Range).widen(d.Related[k].Range)
		}
	}
}
