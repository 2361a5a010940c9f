package render

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/weir-dev/weir/engine/kube"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/schema/diag"
)

// reading turns what templates print into objects.
type reading struct {
	*job
	quiet bool
	table *kube.Table
	kinds map[manifest.ID]bool // by group and kind: whether the release's CRDs call it namespaced
}

// piece is what one document holds: objects that are ready, or trees that wait
// for their namespaces.
type piece struct {
	trees   []map[string]any
	ready   []manifest.Object
	source  manifest.Source
	defines []Kind
	inCRDs  bool // from a crds directory
}

const crdGroup, crdKind = "apiextensions.k8s.io", "CustomResourceDefinition"

// all reads every text. CRDs are everything from crds directories and every
// CustomResourceDefinition that a template prints: `crds = "skip"` leaves out
// both and "only" keeps both, so that a release with one and a release with the
// other are the chart, however it ships its CRDs.
func (r *reading) all(p *prepared, texts []rendered) ([]manifest.Object, bool) {
	r.table, r.kinds = p.table, map[manifest.ID]bool{}
	pieces := r.crds(p)
	for _, t := range texts {
		pieces = r.text(pieces, t, nil)
	}
	objects := r.finish(pieces)
	return r.once(objects), !r.found.HasErrors()
}

// finish makes objects of pieces, once all of a release's CRDs are known.
func (r *reading) finish(pieces []piece) []manifest.Object {
	for _, piece := range pieces {
		for _, k := range piece.defines {
			r.kinds[manifest.ID{Group: k.Group, Kind: k.Kind}] = k.Namespaced
		}
	}
	var objects []manifest.Object
	unknown := map[Kind]bool{}
	for _, piece := range pieces {
		for _, o := range piece.ready {
			objects = r.keep(objects, o, piece.inCRDs)
		}
		for _, tree := range piece.trees {
			r.namespace(tree, unknown)
			o, err := manifest.New(tree, piece.source)
			if err != nil {
				r.fail(diag.Errorf(r.place(piece.source), "the template prints something that is no Kubernetes object").
					Detailf("%s", diag.Sentence(err.Error())).Remedyf("%s", printObjects).Also(r.subject(), "rendered for this release"))
				continue
			}
			objects = r.keep(objects, o, piece.inCRDs)
		}
	}
	if !r.quiet {
		r.release.Defines = sortedKinds(r.kinds)
		for k := range unknown {
			r.release.Unknown = append(r.release.Unknown, k)
		}
		slices.SortFunc(r.release.Unknown, compareKinds)
	}
	return objects
}

// once leaves out CRDs that a chart ships several times. As in an installation
// by Helm the first of a crds directory stays, and what a template prints comes
// after it and so counts more. Other objects that occur twice are for the Set
// to refuse.
func (r *reading) once(objects []manifest.Object) []manifest.Object {
	first := map[manifest.ID]int{}
	kept := objects[:0]
	for _, o := range objects {
		if o.ID.Kind != crdKind || o.ID.Group != crdGroup {
			kept = append(kept, o)
			continue
		}
		i, twice := first[o.ID]
		if !twice {
			first[o.ID] = len(kept)
			kept = append(kept, o)
			continue
		}
		if !r.quiet && !bytes.Equal(kept[i].Bytes(), o.Bytes()) {
			r.note(Note{
				Summary: fmt.Sprintf("the chart has %v twice, and they differ", o.ID),
				Detail:  fmt.Sprintf("The other one is in %s.", kept[i].Source.File),
				Source:  &o.Source,
			})
		}
		if fromTemplate(o) && !fromTemplate(kept[i]) {
			kept[i] = o
		}
	}
	return kept
}

func fromTemplate(o manifest.Object) bool { return strings.Contains("/"+o.Source.File, "/templates/") }

func sortedKinds(kinds map[manifest.ID]bool) []Kind {
	var all []Kind
	for id, namespaced := range kinds {
		all = append(all, Kind{id.Group, id.Kind, namespaced})
	}
	slices.SortFunc(all, compareKinds)
	return all
}

func compareKinds(a, b Kind) int {
	return cmp.Or(strings.Compare(a.Group, b.Group), strings.Compare(a.Kind, b.Kind))
}

// keep adds an object if the release wants it.
func (r *reading) keep(objects []manifest.Object, o manifest.Object, inCRDs bool) []manifest.Object {
	isCRD := inCRDs || o.ID.Kind == crdKind && o.ID.Group == crdGroup
	switch {
	case isCRD && r.rel.CRDs == "skip", !isCRD && r.rel.CRDs == "only":
		return objects
	case o.Hook == nil:
	case o.Hook.Unknown != "":
		if !r.quiet {
			r.note(Note{
				Summary: fmt.Sprintf("%v is left out: Helm knows no hook %s", o.ID, o.Hook.Unknown),
				Remedy:  "Ask the chart's author, or correct its helm.sh/hook annotation.",
				Source:  &o.Source,
			})
		}
		return objects
	case slices.Contains(o.Hook.Phases, "test"), r.rel.Hooks == "drop":
		return objects
	}
	if gap, ok := r.table.Gap(o.APIVersion, o.ID.Kind); ok && !r.quiet {
		r.note(Note{
			Summary: fmt.Sprintf("%v cannot be applied to Kubernetes %s", o.ID, r.table.Minor()),
			Detail:  gap.String() + ".",
			Remedy:  "Use a version of the chart, or values, for this Kubernetes; a chart may also look at the cluster's `api_versions`.",
			Source:  &o.Source,
		})
	}
	return append(objects, o)
}

// namespace fills metadata.namespace where the kind lives in one, and takes it
// away where it does not, as the API server does. A kind that nobody knows is
// taken as namespaced: `kubectl apply -n` could not tell either, and a custom
// resource without a namespace would land in another one.
func (r *reading) namespace(tree map[string]any, unknown map[Kind]bool) {
	metadata, ok := tree["metadata"].(map[string]any)
	if !ok {
		return
	}
	apiVersion, _ := tree["apiVersion"].(string)
	kind, _ := tree["kind"].(string)
	namespaced, known := r.scope(manifest.GroupOf(apiVersion), kind)
	if !known && kind != "" {
		unknown[Kind{manifest.GroupOf(apiVersion), kind, true}] = true
		namespaced = true
	}
	if !namespaced {
		delete(metadata, "namespace")
	} else if ns := metadata["namespace"]; ns == nil || ns == "" { // what is no string is for manifest.New to refuse
		metadata["namespace"] = r.rel.Namespace
	}
}

func (r *reading) scope(group, kind string) (namespaced, known bool) {
	if namespaced, known = r.table.Scope(group, kind); known {
		return namespaced, true
	}
	if namespaced, known = r.kinds[manifest.ID{Group: group, Kind: kind}]; known {
		return namespaced, true
	}
	if r.options.Scope != nil {
		return r.options.Scope(group, kind)
	}
	return false, false
}

// text reads the documents of one rendered template: those that are wanted, or
// all where wanted is nil.
func (r *reading) text(pieces []piece, t rendered, wanted func([]byte) bool) []piece {
	line, counted := 1, 0
	for _, s := range split(t.buf) {
		line += bytes.Count(t.buf[counted:s.start], []byte("\n"))
		counted = s.start
		if wanted != nil && !wanted(t.buf[s.start:s.end]) {
			continue
		}
		source := manifest.Source{File: t.file(), Line: t.line(s.start)}
		pieces = r.document(pieces, s.text(t.buf), line, source, &t)
	}
	return pieces
}

const printObjects = "A template prints whole objects, with apiVersion, kind and metadata.name, or nothing."

func (t *rendered) file() string { return t.setFile.file }

// document reads one document. Only CRDs go through the memo: they are most of
// all bytes, and nothing else is the same in every release.
func (r *reading) document(pieces []piece, text []byte, line int, source manifest.Source, t *rendered) []piece {
	var key manifest.MemoKey
	isCRD := bytes.Contains(text, []byte(crdKind))
	if isCRD && r.options.Memo != nil {
		key = manifest.KeyOf(text, "render")
		if objects, ok := r.options.Memo.Get(key, source); ok {
			return append(pieces, piece{ready: objects, source: source, defines: r.chart.definesOf(key, objects)})
		}
	}
	document, bad := manifest.Text{Data: text, Line: line}.Read()
	if bad != nil {
		r.fail(r.invalid(t, text, source, bad))
		return pieces
	}
	if document.Tree == nil {
		return pieces
	}
	for _, d := range document.Duplicates {
		if !r.quiet {
			at := manifest.Source{File: source.File, Line: t.lineAt(d.Line)}
			r.note(Note{
				Summary: fmt.Sprintf("the key %q stands twice in what the template prints", d.Key),
				Detail:  fmt.Sprintf("In %s, lines %d and %d of the output; the last one counts.", pathWord(d.Path), d.First, d.Line),
				Remedy:  "Let the template print the key once.",
				Source:  &at,
			})
		}
	}
	p := piece{source: source}
	for _, tree := range manifest.Expand(document.Tree) {
		body, ok := tree.(map[string]any)
		if !ok {
			r.fail(diag.Errorf(r.place(source), "the template prints %s where a Kubernetes object is wanted", typeName(tree)).
				Detailf("Line %d of its output is %s.", line, shown(text, firstLine(text))).Remedyf("%s", printObjects).Also(r.subject(), "rendered for this release"))
			continue
		}
		if k, ok := defined(body); ok {
			p.defines = append(p.defines, k)
		}
		p.trees = append(p.trees, body)
	}
	if isCRD && len(p.defines) == len(p.trees) && len(p.trees) > 0 && len(document.Duplicates) == 0 {
		if objects := p.sealed(); objects != nil {
			p.ready, p.trees = objects, nil
			if r.options.Memo != nil {
				r.options.Memo.Put(key, objects)
				r.chart.defines.Store(key, p.defines)
			}
		}
	}
	return append(pieces, p)
}

// sealed makes the objects of CRDs, which live in no namespace; nil where New
// refuses one.
func (p *piece) sealed() []manifest.Object {
	var objects []manifest.Object
	for _, tree := range p.trees {
		if metadata, ok := tree["metadata"].(map[string]any); ok {
			delete(metadata, "namespace")
		}
		o, err := manifest.New(tree, p.source)
		if err != nil {
			return nil
		}
		objects = append(objects, o.Sealed())
	}
	return objects
}

func pathWord(path string) string {
	if path == "" {
		return "the document itself"
	}
	return "`" + path + "`"
}

func firstLine(text []byte) string {
	line, _, _ := strings.Cut(string(text), "\n")
	return line
}

// invalid is YAML that cannot be read.
func (r *reading) invalid(t *rendered, document []byte, source manifest.Source, bad *manifest.SyntaxError) diag.Diagnostic {
	at := manifest.Source{File: source.File, Line: bad.Line}
	if len(t.at) == 0 { // a file as it is
		return diag.Errorf(r.place(at), "the file is invalid YAML").Detailf("%s", diag.Sentence(bad.Msg)).
			Remedyf("Correct the file in the chart.").Also(r.subject(), "the chart is used here")
	}
	at.Line = t.lineAt(bad.Line)
	d := diag.Errorf(r.place(at), "the template prints invalid YAML")
	from := max(1, bad.Line-1)
	var lines []string
	for n := from; n <= bad.Line; n++ {
		lines = append(lines, fmt.Sprintf("line %d: %s", n, shown(document, lineOf(t.buf, n))))
	}
	return d.Detailf("%s The output has, in %s.", diag.Sentence(bad.Msg), strings.Join(lines, ", ")).
		Remedyf("Look at the indentation and quoting of the values that the template prints there.").
		Also(r.subject(), "rendered for this release")
}

// lineAt is the template's line for a line of the output.
func (t *rendered) lineAt(line int) int {
	at := 0
	for ; line > 1; line-- {
		n := bytes.IndexByte(t.buf[at:], '\n')
		if n < 0 {
			break
		}
		at += n + 1
	}
	return t.line(at)
}

// crds reads the crds directories of the charts that are on, once per chart.
func (r *reading) crds(p *prepared) []piece {
	var pieces []piece
	for _, crd := range p.shape.root.CRDObjects() {
		for _, p := range r.crdFile(r.chart.origins[crd.File]) {
			p.trees = slices.Clone(p.trees)
			for i, tree := range p.trees { // what is no CRD gets its namespace
				p.trees[i] = manifest.Clone(tree).(map[string]any)
			}
			pieces = append(pieces, p)
		}
	}
	return pieces
}

// crdFiles remembers the objects of crds directories, which no value changes.
type crdFiles struct {
	mu     sync.Mutex
	pieces map[string][]piece
}

func (r *reading) crdFile(f File) []piece {
	known := &r.chart.crds
	known.mu.Lock()
	defer known.mu.Unlock()
	if pieces, ok := known.pieces[f.Name]; ok {
		return pieces
	}
	inner := &reading{job: &job{ctx: r.ctx, chart: r.chart, rel: r.rel, options: r.options}, table: r.table}
	var pieces []piece
	line, counted := 1, 0
	for _, s := range split(f.Data) {
		line += bytes.Count(f.Data[counted:s.start], []byte("\n"))
		counted = s.start
		t := rendered{setFile: &setFile{file: f.Name}, output: output{buf: f.Data}}
		pieces = inner.document(pieces, s.text(f.Data), line, manifest.Source{File: f.Name, Line: line}, &t)
	}
	for i := range pieces {
		pieces[i].inCRDs = true
	}
	if len(inner.found) > 0 {
		r.found = append(r.found, inner.found...)
		return nil
	}
	if known.pieces == nil {
		known.pieces = map[string][]piece{}
	}
	known.pieces[f.Name] = pieces
	return pieces
}

// defined is the kind that a CRD defines.
func defined(body map[string]any) (Kind, bool) {
	apiVersion, _ := body["apiVersion"].(string)
	if body["kind"] != crdKind || manifest.GroupOf(apiVersion) != crdGroup {
		return Kind{}, false
	}
	spec, _ := body["spec"].(map[string]any)
	names, _ := spec["names"].(map[string]any)
	group, _ := spec["group"].(string)
	kind, _ := names["kind"].(string)
	return Kind{Group: group, Kind: kind, Namespaced: spec["scope"] != "Cluster"}, true
}

// definesOf is what CRDs define; reading it out of their bytes takes longer than
// all the rest.
func (c *Chart) definesOf(key manifest.MemoKey, objects []manifest.Object) []Kind {
	if kinds, ok := c.defines.Load(key); ok {
		return kinds.([]Kind)
	}
	var kinds []Kind
	for _, o := range objects {
		if k, ok := defined(o.Body()); ok {
			kinds = append(kinds, k)
		}
	}
	c.defines.Store(key, kinds)
	return kinds
}

// segment is one document of a rendered text, without the space around it.
type segment struct{ start, end int }

// split cuts a text as Helm does: at every line that begins with three dashes,
// whatever follows them. `---{{ include … }}` is that common.
func split(text []byte) []segment {
	var all []segment
	add := func(start, end int) {
		inner := text[start:end]
		trimmed := bytes.TrimSpace(inner)
		if len(trimmed) > 0 {
			start += len(inner) - len(bytes.TrimLeftFunc(inner, unicode.IsSpace))
			all = append(all, segment{start, start + len(trimmed)})
		}
	}
	start := 0
	for at := 0; at < len(text); {
		if bytes.HasPrefix(text[at:], []byte("---")) {
			add(start, at)
			start = at + 3
		}
		n := bytes.IndexByte(text[at:], '\n')
		if n < 0 {
			break
		}
		at += n + 1
	}
	add(start, len(text))
	return all
}

// text is the document with one line break behind it, as Helm writes it: of a
// block that keeps its trailing blank lines only the first stays.
func (s segment) text(all []byte) []byte {
	if s.end < len(all) && all[s.end] == '\n' {
		return all[s.start : s.end+1]
	}
	return append(bytes.Clone(all[s.start:s.end]), '\n')
}
