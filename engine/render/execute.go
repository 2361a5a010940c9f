package render

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
	"time"
)

// executor runs the templates of a set for one render at a time. Its functions
// see the render through run.
type executor struct {
	set  *set
	root *scope
	run  *run
}

// scope is a set of templates that see each other: all of the chart, and with
// them those that a text given to tpl defines.
type scope struct {
	*executor
	tmpl *template.Template
	subs map[string]*scope // by the text that made them
}

// run is the state of one render.
type run struct {
	ctx        context.Context
	limits     Limits
	deadline   time.Time
	calls      int
	iterations int
	depth      int
	produced   int
	nested     map[string]int // includes that are running, by name, as Helm counts them
	variation  *variation
	buffers    []*bytes.Buffer
}

func newExecutor(s *set) (*executor, error) {
	e := &executor{set: s}
	var err error
	e.root, err = e.scope(s.proto)
	if err != nil {
		return nil, err
	}
	e.root.tmpl.Funcs(e.functions())
	e.root.bind()
	return e, nil
}

func (e *executor) scope(from *template.Template) (*scope, error) {
	t, err := from.Clone()
	if err != nil {
		return nil, err
	}
	t.Option("missingkey=zero") // Clone forgets it: https://github.com/golang/go/issues/43022
	return &scope{executor: e, tmpl: t}, nil
}

// bind lets the functions that run templates see this scope's.
func (s *scope) bind() {
	s.tmpl.Funcs(template.FuncMap{"include": s.include, "tpl": s.tpl})
}

// tick is called from everywhere: it ends a render whose time is over.
func (e *executor) tick() error {
	r := e.run
	if r.calls++; r.calls&0xff != 0 {
		return nil
	}
	return e.inTime()
}

// inTime is tick for functions that take long themselves.
func (e *executor) inTime() error {
	r := e.run
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if time.Now().After(r.deadline) {
		return limitError(fmt.Sprintf("the templates take longer than %v", r.limits.Time))
	}
	return nil
}

// iterate is called for every element of every range.
func (e *executor) iterate() (string, error) {
	r := e.run
	if r.iterations++; r.iterations > r.limits.Iterations {
		return "", limitError(fmt.Sprintf("the templates' ranges have more than %s elements together", thousands(r.limits.Iterations)))
	}
	return "", e.tick()
}

func (e *executor) enter() (string, error) {
	r := e.run
	if r.depth++; r.depth > r.limits.Depth {
		return "", limitError(fmt.Sprintf("templates call each other more than %s deep", thousands(r.limits.Depth)))
	}
	return "", e.tick()
}

func (e *executor) leave() string {
	e.run.depth--
	return ""
}

// helmDepth is how often Helm lets one name include itself.
const helmDepth = 1000

func (s *scope) include(name string, data any) (string, error) {
	r := s.run
	if r.nested[name] > helmDepth {
		return "", limitError(fmt.Sprintf("template %q includes itself more than %s times", name, thousands(helmDepth)))
	}
	if _, err := s.enter(); err != nil {
		return "", err
	}
	t := s.tmpl.Lookup(name)
	if t == nil {
		return "", unknownTemplate(name)
	}
	r.nested[name]++
	text, err := s.execute(t, data)
	r.nested[name]--
	r.depth--
	return text, err
}

// execute runs a template into a text.
func (s *scope) execute(t *template.Template, data any) (string, error) {
	r := s.run
	var b *bytes.Buffer
	if n := len(r.buffers); n > 0 {
		b, r.buffers = r.buffers[n-1], r.buffers[:n-1]
	} else {
		b = &bytes.Buffer{}
	}
	err := t.Execute(&limited{Buffer: b, limit: r.limits.Output}, data)
	text := b.String()
	if b.Cap() < 1<<20 {
		b.Reset()
		r.buffers = append(r.buffers, b)
	}
	if limit, ok := asLimit(err); ok {
		return "", limit // without the long way that led to it
	}
	if err != nil {
		return text, err
	}
	return text, s.produce(len(text))
}

// tpl runs a text as a template. What it defines is seen by itself only.
func (s *scope) tpl(text string, data any) (string, error) {
	if _, err := s.enter(); err != nil {
		return "", err
	}
	defer s.leave()
	if !strings.Contains(text, "{{") {
		return strings.ReplaceAll(text, "<no value>", ""), nil
	}
	trees, err := s.set.chart.text(text)
	if err != nil {
		return "", &tplError{text: text, err: err}
	}
	inner := s
	if len(trees) > 1 {
		if inner, err = s.with(text, trees); err != nil {
			return "", &tplError{text: text, err: err}
		}
	}
	t := inner.tmpl.New(textName)
	t.Tree = trees[textName]
	result, err := inner.execute(t, data)
	if err != nil {
		if _, ok := asLimit(err); ok {
			return "", err
		}
		return "", &tplError{text: text, err: err}
	}
	return strings.ReplaceAll(result, "<no value>", ""), nil
}

// with is the scope for a text that defines templates.
func (s *scope) with(text string, trees map[string]*parse.Tree) (*scope, error) {
	if sub, ok := s.subs[text]; ok {
		return sub, nil
	}
	sub, err := s.scope(s.tmpl)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(trees)) {
		if name == textName {
			continue
		}
		if _, err := sub.tmpl.AddParseTree(name, trees[name]); err != nil {
			return nil, err
		}
	}
	sub.bind()
	if s.subs == nil || len(s.subs) >= 32 {
		s.subs = map[string]*scope{}
	}
	s.subs[text] = sub
	return sub, nil
}

// produce counts the bytes that functions and templates made: texts are held by
// variables, so that many of them take as much memory as a long one.
func (e *executor) produce(n int) error {
	r := e.run
	if n > r.limits.Output {
		return tooMuch(r.limits.Output)
	}
	return e.charge(n)
}

// charge is produce for what is no text: lists and maps.
func (e *executor) charge(n int) error {
	if e.run.produced += n; e.run.produced > maxProduced {
		return limitError("the templates make more than 256 MiB of texts and lists on the way")
	}
	return e.tick()
}

const maxProduced = 256 << 20

func tooMuch(limit int) error {
	return limitError(fmt.Sprintf("the templates make more than %s of text", size(limit)))
}

// limited is a buffer with an end.
type limited struct {
	*bytes.Buffer
	limit int
}

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > l.limit {
		return 0, tooMuch(l.limit)
	}
	return l.Buffer.Write(p)
}

// output is what a template file renders to. It notes where literal text of the
// template went, to tell the template's line for a line of the output.
type output struct {
	buf   []byte
	limit int
	file  string
	marks map[*byte]mark
	at    []place
}

// place: the output from offset on, of length bytes, is text of the template
// that begins on line.
type place struct{ offset, length, line int }

func (o *output) Write(p []byte) (int, error) {
	if len(o.buf)+len(p) > o.limit {
		return 0, tooMuch(o.limit)
	}
	if len(p) > 0 {
		if m, ok := o.marks[&p[0]]; ok && m.file == o.file {
			o.at = append(o.at, place{len(o.buf), len(p), m.line})
		}
		o.buf = append(o.buf, p...)
	}
	return len(p), nil
}

// line is the template's line for a byte of the output: exact for literal text,
// that of the action for what an action made.
func (o *output) line(offset int) int {
	i, exact := slices.BinarySearchFunc(o.at, offset, func(p place, at int) int { return p.offset - at })
	if !exact {
		i--
	}
	if i < 0 {
		return 1
	}
	p := o.at[i]
	return p.line + bytes.Count(o.buf[p.offset:min(offset, p.offset+p.length)], []byte("\n"))
}

// forgetMissing takes out what text/template prints for missing values, as Helm
// does.
func (o *output) forgetMissing() {
	missing := []byte("<no value>")
	if !bytes.Contains(o.buf, missing) {
		return
	}
	kept := make([]byte, 0, len(o.buf))
	next, removed := 0, 0
	for at := 0; ; {
		i := bytes.Index(o.buf[at:], missing)
		end := len(o.buf)
		if i >= 0 {
			end = at + i
		}
		for ; next < len(o.at) && (o.at[next].offset <= end || i < 0); next++ {
			o.at[next].offset -= removed
		}
		kept = append(kept, o.buf[at:end]...)
		if i < 0 {
			break
		}
		at = end + len(missing)
		removed += len(missing)
	}
	o.buf = kept
}

// limitError ends a render that takes too much.
type limitError string

func (e limitError) Error() string { return string(e) }

func asLimit(err error) (limitError, bool) {
	var limit limitError
	ok := errors.As(err, &limit)
	return limit, ok
}

// unknownTemplate is the name of a template that include does not find.
type unknownTemplate string

func (e unknownTemplate) Error() string { return fmt.Sprintf("there is no template %q", string(e)) }

// tplError is what went wrong in a text given to tpl.
type tplError struct {
	text string
	err  error
}

func (e *tplError) Error() string { return "in a text given to tpl: " + e.err.Error() }
func (e *tplError) Unwrap() error { return e.err }

func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func size(n int) string {
	if n >= 1<<20 && n%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return thousands(n) + " bytes"
}
