package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/risk"
)

// inPlain is how words and code are written where both are text.
func inPlain() letters { return letters{printable, printable} }

// page is what the script finds in its page: the words of the other views, and
// beside them by what it filters. Whatever is in many places is there once, and
// known by its number. page_overview.go has what is above the objects.
type page struct {
	Targets  [][2]string   `json:"targets"` // cluster and environment of those that change; else empty
	Places   []pagePlace   `json:"places"`
	Notes    []string      `json:"notes"` // sentences below the summary
	Sections []pageSection `json:"sections"`
	Releases []pageRelease `json:"releases"` // riskiest first
	Rows     []pageRow     `json:"rows"`     // objects, those of a release together, riskiest first
	Hits     []pageHit     `json:"hits"`     // as in Review
}

// pagePlace is somewhere that something is said to be; the text is empty where
// that tells nothing.
type pagePlace struct {
	Text string `json:"text,omitempty"`
	All  string `json:"all,omitempty"` // every name, where the text has not all
	At   Where  `json:"at"`
}

type pageRelease struct {
	Name   string   `json:"name"`
	About  string   `json:"about"`
	Lines  []string `json:"lines,omitempty"`
	Hits   []int    `json:"hits,omitempty"`
	Folded string   `json:"folded,omitempty"`
}

// pageRow is an object that changes.
type pageRow struct {
	Release    int             `json:"r"`
	Key        string          `json:"k"` // by which it is linked to; the same in the next review
	Status     manifest.Status `json:"s"`
	Name       string          `json:"n"`
	Namespaces string          `json:"ns,omitempty"` // where they are several; the name has none then
	In         string          `json:"in,omitempty"` // these, in words
	Was        string          `json:"was,omitempty"`
	Brief      string          `json:"b,omitempty"` // what changes, in a few words
	Place      int             `json:"p"`
	Routine    bool            `json:"routine,omitempty"`
	Hits       []int           `json:"h,omitempty"`
	Forms      []pageForm      `json:"f"`
}

// pageForm is what becomes of an object in one place.
type pageForm struct {
	Place      int         `json:"p"`
	Namespaces string      `json:"ns,omitempty"`
	Fields     []pageField `json:"f,omitempty"`
	More       int         `json:"more,omitempty"` // fields that only the lines show
}

// pageField is a field's path, class, value before and after.
type pageField [4]string

type pageHit struct {
	Level  risk.Level `json:"l"`
	Rule   string     `json:"rule"`
	Object string     `json:"o,omitempty"`
	Path   string     `json:"n,omitempty"`
	Text   string     `json:"t"`
	Place  int        `json:"p"`
	Waived string     `json:"waived,omitempty"`
}

// pageHunk is the numbers of its first lines, before and after, its lines with
// their signs, and the keys that it is below.
type pageHunk [4]any

// contextLines is how many lines are shown around a change.
const contextLines = 3

// manyFields is how many fields of an object are listed above its lines.
const manyFields = 20

// pager makes a page.
type pager struct {
	Review
	atlas   atlas
	letters letters
	sheets  []sheet
	places  []pagePlace
	known   map[digest]int    // places
	rows    map[subject][]int // by what they are about
	made    []pageRow
	changes [][]Change // of each row
}

// subject is an object of a release, or of any where that is empty.
type subject struct {
	release string
	object  manifest.ID
	hook    bool
}

func newPager(r Review) *pager {
	p := &pager{Review: r, atlas: newAtlas(r.Targets), letters: inPlain(), sheets: r.sheets(), known: map[digest]int{}, rows: map[subject][]int{}}
	p.atlas.common = r.common(p.sheets)
	return p
}

func (p *pager) page() page {
	made := page{Targets: [][2]string{}, Notes: []string{}, Sections: []pageSection{}, Releases: []pageRelease{}, Hits: []pageHit{}}
	for _, t := range p.Targets {
		if !t.Change {
			t = Target{}
		}
		made.Targets = append(made.Targets, [2]string{printable(t.Cluster), printable(t.Environment)})
	}
	if p.atlas.common != nil {
		made.Notes = append(made.Notes, p.letters.sameEverywhere(p.Review, p.atlas, p.sheets))
	}
	for i, s := range p.sheets {
		made.Releases = append(made.Releases, p.release(s))
		p.objects(i, s)
	}
	made.Rows = slices.Clip(p.made)
	if made.Rows == nil {
		made.Rows = []pageRow{}
	}
	for _, h := range p.Hits {
		made.Hits = append(made.Hits, p.hit(h))
	}
	made.Sections = append(made.Sections, p.overview()...)
	made.Places = p.places
	return made
}

// place is the number of a place.
func (p *pager) place(w Where) int {
	var d digester
	d.where(w)
	key := d.sum()
	i, ok := p.known[key]
	if !ok {
		i = len(p.places)
		p.known[key] = i
		place := pagePlace{At: w}
		if p.atlas.tells(w) {
			place.Text = p.atlas.of(w)
			var names []string
			for _, target := range w {
				names = append(names, p.atlas.names[target])
			}
			if all := strings.Join(names, ", "); all != place.Text {
				place.All = all
			}
		}
		p.places = append(p.places, place)
	}
	return i
}

func (p *pager) release(s sheet) pageRelease {
	name, status := s.title()
	made := pageRelease{Name: printable(name), About: s.counts().String(), Hits: s.about}
	if status != "" {
		made.About = status + ", " + made.About
	}
	if where := p.letters.places(p.Review, s, p.atlas); where != "" {
		made.About += joined(where) + where
	}
	reasons := p.letters.reasons(s, p.atlas)
	if len(reasons) == 1 {
		made.About += "; " + reasons[0].words
		reasons = nil
	}
	for _, why := range reasons {
		made.Lines = append(made.Lines, p.atlas.of(why.where)+": "+why.words)
	}
	for i, g := range s.Groups {
		if g.From != "" && (i == 0 || g.From != s.Groups[i-1].From) {
			made.Lines = append(made.Lines, "was "+printable(g.From)+" before")
		}
	}
	if s.routine.objects > 0 {
		made.Folded = p.letters.folded(s.routine)
	}
	return made
}

// objects are the rows of a release: an object and all of its forms.
func (p *pager) objects(release int, s sheet) {
	var runs [][]Change
	for _, c := range s.Changes {
		if n := len(runs); n > 0 {
			if l := runs[n-1][0]; l.anywhere() == c.anywhere() && l.Hook == c.Hook && l.Status == c.Status && l.Keep == c.Keep && sameID(l.Was, c.Was) {
				runs[n-1] = append(runs[n-1], c)
				continue
			}
		}
		runs = append(runs, []Change{c})
	}
	level := func(run []Change) (worst risk.Level) {
		for _, c := range run {
			for _, h := range c.Hits {
				if p.Hits[h].Waived == nil {
					worst = risk.Worse(worst, p.Hits[h].Level)
				}
			}
		}
		return worst
	}
	slices.SortStableFunc(runs, func(a, b []Change) int { return level(b).Compare(level(a)) })
	for _, run := range runs {
		row := p.row(run)
		row.Release = release
		id := run[0].Object
		if run[0].Own {
			id.Namespace = "" // which is the one of the release
		}
		row.Key = s.Name + "/" + strings.Replace(named(id), " ", "/", 1)
		if run[0].Hook {
			row.Key += " hook"
		}
		at := len(p.made)
		for _, c := range run {
			for _, id := range c.ids() {
				for _, key := range []subject{{s.Name, id, c.Hook}, {object: id}} {
					if rows := p.rows[key]; len(rows) == 0 || rows[len(rows)-1] != at {
						p.rows[key] = append(rows, at)
					}
				}
			}
		}
		p.made = append(p.made, row)
		p.changes = append(p.changes, run)
	}
}

// ids are all that the object of a change is called, before and after.
func (c Change) ids() []manifest.ID {
	all := c.everywhere()
	if c.Was != nil {
		all = append(all, everywhere(*c.Was, c.Namespaces)...)
	}
	return all
}

func (p *pager) row(run []Change) pageRow {
	first := run[0]
	row := pageRow{Status: first.Status, Name: named(first.Object), Routine: true}
	if namespaces := namespacesOf(run); len(namespaces) > 1 {
		id := first.Object
		id.Namespace = ""
		row.Name, row.In, row.Namespaces = named(id), p.letters.inside(namespaces), strings.Join(namespaces, ", ")
	}
	if first.Hook {
		row.Name += " (hook)"
	}
	if first.Was != nil {
		row.Was = "was " + named(*first.Was)
		if first.Rename == diff.Guess {
			row.Was += " (a guess)"
		}
	}
	var where Where
	for _, c := range run {
		for _, target := range c.Where {
			where = where.with(target)
		}
		for _, h := range c.Hits {
			if !slices.Contains(row.Hits, h) {
				row.Hits = append(row.Hits, h)
			}
		}
		row.Routine = row.Routine && c.Routine && len(c.Hits) == 0
		form := p.form(c)
		if row.Namespaces != "" {
			form.Namespaces = strings.Join(namespacesOf([]Change{c}), ", ")
		}
		row.Forms = append(row.Forms, form)
	}
	row.Place = p.place(where)
	row.Brief = p.brief(run)
	return row
}

// namespacesOf are those in which an object is.
func namespacesOf(run []Change) []string {
	var all []string
	add := func(name string) {
		if name = printable(name); name != "" && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	for _, c := range run {
		add(c.Object.Namespace)
		for _, n := range c.Namespaces {
			add(n.Name)
		}
	}
	slices.Sort(all)
	return all
}

func (p *pager) form(c Change) pageForm {
	form := pageForm{Place: p.place(c.Where)}
	shown, folded := split(c.Fields, p.Review.hit(c.Hits))
	for _, f := range briefly(c.Object, slices.Concat(shown, folded), longestLine) {
		inside := []placed{f}
		if f.Inner != nil && 0 < len(f.Inner.Fields) && len(f.Inner.Fields) <= manyFields {
			inside = inside[:0]
			for _, inner := range f.Inner.Fields {
				inside = append(inside, placed{inner, f.label + ": " + label(inner)})
			}
		}
		for _, f := range inside {
			if len(form.Fields) == manyFields {
				form.More++
				continue
			}
			form.Fields = append(form.Fields, pageField{printable(cut(f.label, longestLine)), string(f.Class), p.side(f, f.Before, manifest.Created), p.side(f, f.After, manifest.Removed)})
		}
	}
	return form
}

// side is a value in a list of fields; that of a text with lines is its lines,
// which follow.
func (p *pager) side(f placed, v any, not manifest.Status) string {
	switch text, is := v.(string); {
	case f.Status == not:
		return ""
	case f.Inner != nil, is && isBlock(v):
		return count(len(lines(text)), "line", "lines")
	}
	return cut(value(v), longestLine)
}

// brief says what happens to an object, for a list of them.
func (p *pager) brief(run []Change) string {
	if run[0].Status == manifest.Removed {
		var said []string
		for _, c := range run {
			is, _ := p.consequence(c)
			if words := printable(is.consequence); !slices.Contains(said, words) {
				said = append(said, words)
			}
		}
		return strings.Join(limited(said, manyBrief), ", or ")
	}
	var fields []diff.Field
	for _, c := range run {
		shown, _ := split(c.Fields, p.Review.hit(c.Hits))
		fields = append(fields, shown...)
	}
	if len(fields) == 0 {
		fields = run[0].Fields
	}
	var said []string
	for _, f := range fields {
		if words := briefField(f); (run[0].Was == nil || f.Path.String() != "metadata.name") && !slices.Contains(said, words) {
			said = append(said, words)
		}
	}
	return strings.Join(limited(said, manyBrief), ", ")
}

func briefField(f diff.Field) string {
	words := lastOf(f.Path)
	switch {
	case f.Order:
		return words + " (order)"
	case f.Status == manifest.Created:
		return "+" + briefSide(words, f.After)
	case f.Status == manifest.Removed:
		return "−" + briefSide(words, f.Before)
	case f.Inner != nil && len(f.Inner.Fields) == 1:
		return words + ": " + briefField(f.Inner.Fields[0])
	case f.Inner != nil && len(f.Inner.Fields) > 1:
		return words + " (" + count(len(f.Inner.Fields), "field", "fields") + ")"
	case f.Inner != nil, isBlock(f.Before), isBlock(f.After):
		return words
	}
	before, after := value(f.Before), value(f.After)
	if f.Class == diff.Image { // the images have the whole
		if from, to, ok := tags(before, after); ok {
			return words + " " + from + " → " + to
		}
	}
	before, after = cutPair(before, after, 60)
	return words + " " + before + " → " + after
}

func briefSide(words string, v any) string {
	if isBlock(v) {
		return words
	}
	return words + " " + cut(value(v), 60)
}

// manyBrief is how many fields are named in the line of an object.
const manyBrief = 2

// lastOf is the end of a path, as far as it tells what it is.
func lastOf(path diff.Path) string {
	from := max(0, len(path)-1)
	for from > 0 && !path[from].IsKey() {
		from--
	}
	if from >= 2 && path[from-1].IsItem() && path[from].Key == "value" {
		from -= 2
	}
	if from == len(path)-1 && path[from].IsKey() {
		return printable(cut(path[from].Key, longestTarget)) // as it is, without quotes
	}
	return printable(cut(path[from:].String(), longestTarget))
}

func (p *pager) hit(h Hit) pageHit {
	made := pageHit{Level: h.Level, Rule: printable(h.Rule), Path: printable(h.Path.String()), Text: p.reason(h), Place: p.place(h.Where)}
	if h.Object != (manifest.ID{}) {
		made.Object = named(h.Object)
	}
	if w := h.Waived; w != nil {
		made.Waived = p.accepted(w)
	}
	return made
}

func (p *pager) reason(h Hit) string { return printable(h.reason()) }

func (p *pager) accepted(w *risk.Waiver) string {
	return fmt.Sprintf("accepted until %s: %s (%s)", w.Until.Format("2006-01-02"), printable(w.Reason), printable(at(w.Range.File, w.Range.Start.Line)))
}

// texts are the differences of each row's forms, in lines.
func (p *pager) texts() [][][]pageHunk {
	all := make([][][]pageHunk, len(p.changes))
	for i, run := range p.changes {
		for _, c := range run {
			all[i] = append(all[i], hunksOf(c))
		}
	}
	return all
}

func hunksOf(c Change) []pageHunk {
	hunks := diff.Hunks(string(c.Before), string(c.After), contextLines)
	made := make([]pageHunk, len(hunks))
	text := c.After
	if c.Status == manifest.Removed {
		text = c.Before
	}
	below := trail{text: string(text)}
	for i, h := range hunks {
		var b strings.Builder
		for j, l := range h.Lines {
			if j > 0 {
				b.WriteByte('\n')
			}
			b.WriteByte(byte(l.Kind))
			b.WriteString(printable(strings.ReplaceAll(l.Text, "\t", "    ")))
		}
		first := h.After.First
		if c.Status == manifest.Removed {
			first = h.Before.First
		}
		made[i] = pageHunk{h.Before.First, h.After.First, b.String(), below.at(first)}
	}
	return made
}

// trail walks down canonical YAML and knows the keys that a line is below.
type trail struct {
	text string
	line int // the last one that was passed, from 1
	keys []trailKey
}

type trailKey struct {
	indent int
	key    string
}

// at is the keys that a line is below; lines are asked for in their order.
func (t *trail) at(line int) string {
	for t.line+1 < line && t.text != "" {
		t.pass(t.next())
	}
	first, _, _ := strings.Cut(t.text, "\n")
	indent, _ := outline(first)
	var b strings.Builder
	for _, k := range t.keys {
		if k.indent >= indent {
			break
		}
		if b.Len() > 0 && k.key != "[]" {
			b.WriteByte('.')
		}
		b.WriteString(k.key)
	}
	return b.String()
}

func (t *trail) next() string {
	line, rest, _ := strings.Cut(t.text, "\n")
	t.text = rest
	t.line++
	return line
}

// pass notes what a line opens, for those after it.
func (t *trail) pass(line string) {
	if strings.TrimSpace(line) == "" {
		return
	}
	indent, rest := outline(line)
	for n := len(t.keys); n > 0 && t.keys[n-1].indent >= indent; n-- {
		t.keys = t.keys[:n-1]
	}
	for indent%2 == 1 { // an item, and what stands on its line
		t.keys = append(t.keys, trailKey{indent, "[]"})
		var deeper int
		deeper, rest = outline(rest)
		indent += deeper + 3
	}
	key, value, found := strings.Cut(rest, ":")
	if found && key != "" && (value == "" || value[0] == ' ') {
		t.keys = append(t.keys, trailKey{indent, key})
	}
}

// outline is how deep a line is, items of a list between the levels of the keys,
// and what stands there.
func outline(line string) (int, string) {
	rest := strings.TrimLeft(line, " ")
	indent := 2 * (len(line) - len(rest))
	if item, is := strings.CutPrefix(rest, "- "); is {
		return indent + 1, item
	}
	return indent, rest
}
