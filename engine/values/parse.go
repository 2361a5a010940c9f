package values

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/weir-dev/weir/schema/diag"
)

// What one values file may unfold to through its aliases. The largest values
// files in public charts have 10,000 values and 12 levels.
const (
	maxValues = 500_000
	maxDepth  = 500
)

// ParseYAML reads a values file exactly as Helm reads it and adds to every value
// the place where a person would edit it: behind an alias or a merge key that is
// the line at the anchor. What Helm refuses or silently loses (a second document,
// a key given twice) is an error; a number or a key that it reads as something
// else than was written is a warning. The Node is a map and never nil; it is
// empty where the list has errors.
func ParseYAML(file string, data []byte) (*Node, diag.List) {
	empty := &Node{Value: map[string]*Node{}, Origin: diag.Range{File: file}}
	root, list := parse(file, data, lostDocuments)
	if list.HasErrors() || root.Value == nil {
		return empty, list
	}
	if _, ok := root.Value.(map[string]*Node); !ok {
		return empty, append(list, diag.Errorf(root.Origin, "A values file is a map at its top").
			Detailf("Found %s where Helm expects keys with values.", kind(root.Value)).
			Remedyf("Put the content under a key, as in `name: …`."))
	}
	return root, list
}

func kind(value any) string {
	if _, ok := value.([]*Node); ok {
		return "a list"
	}
	return "a single value"
}

// ParseDocument is ParseYAML for a document that may be anything: a list, a
// single value, nothing at all, which is null.
func ParseDocument(file string, data []byte) (*Node, diag.List) {
	return parse(file, data, severalDocuments)
}

func parse(file string, data []byte, several diag.Diagnostic) (*Node, diag.List) {
	null := &Node{Origin: diag.Range{File: file}}
	src := newSource(file, data)
	if list := src.encoding(data); list != nil {
		return null, list
	}
	root, list := src.document(data, several)
	if root == nil || list.HasErrors() {
		return null, list
	}
	r := reader{source: src, done: map[*yaml.Node]read{}}
	got := r.node(root)
	if r.list.HasErrors() {
		return null, r.list.Sorted()
	}
	return got.node, r.list.Sorted()
}

// encoding reports text that YAML readers see differently from editors.
func (s *source) encoding(data []byte) diag.List {
	at := func(line, column int) diag.Range {
		return diag.Range{File: s.file, Start: diag.Pos{Line: line, Column: column}, End: diag.Pos{Line: line, Column: column + 1}}
	}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return diag.List{{Summary: "The YAML is UTF-16, not UTF-8", Subject: diag.Range{File: s.file},
			Detail: "It begins with the byte order mark of UTF-16.", Remedy: "Save it as UTF-8: `iconv -f UTF-16 -t UTF-8` does it."}}
	}
	if utf8.Valid(data) {
		return nil
	}
	for i, line := range s.lines {
		if utf8.ValidString(line) {
			continue
		}
		column, rest := 1, line
		for {
			r, size := utf8.DecodeRuneInString(rest)
			if r == utf8.RuneError && size == 1 {
				return diag.List{{Summary: "The YAML is not UTF-8", Subject: at(i+1, column),
					Detail: fmt.Sprintf("The byte 0x%02x cannot stand here.", rest[0]), Remedy: "Save it as UTF-8."}}
			}
			column, rest = column+1, rest[size:]
		}
	}
	return nil
}

// What is said of several documents in one text.
var (
	severalDocuments = diag.Diagnostic{Summary: "The YAML holds several documents",
		Detail: "One is read here; those that follow the first would be lost.",
		Remedy: "Keep one document, or split them into files of their own."}
	lostDocuments = diag.Diagnostic{Summary: "The values file holds several documents",
		Detail: "Helm reads only the first document of a values file and drops what follows without a word.",
		Remedy: "Split the documents into files of their own and name each in values_files."}
)

// document is the one document of the file; nil where there is none.
func (s *source) document(data []byte, several diag.Diagnostic) (*yaml.Node, diag.List) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	first, err := decode(decoder)
	switch {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, diag.List{s.syntax(err)}
	}
	second, err := decode(decoder)
	if errors.Is(err, io.EOF) || err == nil && len(second.Content) == 1 && second.Content[0].Kind == yaml.ScalarNode && second.Content[0].Value == "" {
		return first.Content[0], nil
	}
	several.Subject = diag.Range{File: s.file}
	if err == nil {
		several.Subject = s.wholeLine(second.Line)
	}
	return nil, diag.List{several}
}

// decode turns the library's panics into errors: on odd comments it has some.
func decode(d *yaml.Decoder) (node *yaml.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("yaml: %v", p)
		}
	}()
	node = new(yaml.Node)
	err = d.Decode(node)
	return node, err
}

var yamlError = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// syntax words an error of the YAML parser.
func (s *source) syntax(err error) diag.Diagnostic {
	d := diag.Diagnostic{Summary: "Invalid YAML", Subject: diag.Range{File: s.file},
		Remedy: "Correct the YAML here or in the lines above."}
	message := err.Error()
	if m := yamlError.FindStringSubmatch(message); m != nil {
		message = m[2]
		if n, err := strconv.Atoi(m[1]); err == nil {
			d.Subject = s.wholeLine(n)
		}
	}
	if n := s.guilty(); n > 0 {
		d.Subject = s.wholeLine(n)
		if line := s.lines[n-1]; strings.Contains(indent(line), "\t") {
			column := strings.IndexByte(line, '\t') + 1
			d.Subject.Start.Column, d.Subject.End.Column = column, column+1
			d.Remedy = "Indent with spaces: YAML forbids tabs there."
		}
	}
	d.Detail = "The YAML reader says: " + message + "."
	return d
}

// reader turns YAML nodes into Nodes and collects what is wrong with them.
type reader struct {
	*source
	list diag.List
	done map[*yaml.Node]read // anchored nodes, so that an alias shares its value
	size int                 // values so far, with everything behind aliases counted each time
	deep int
}

// read is a finished node with what it unfolds to.
type read struct {
	node *Node
	size int
	deep int // levels below it
}

// null stands for what could not be read.
var null = read{node: &Node{}, size: 1}

func (r *reader) fail(n *yaml.Node, summary, detail, remedy string) {
	r.list = append(r.list, diag.Diagnostic{Summary: summary, Subject: r.span(n), Detail: detail, Remedy: remedy})
}

func (r *reader) warn(n *yaml.Node, summary, detail, remedy string) {
	r.list = append(r.list, diag.Diagnostic{Severity: diag.Warning, Summary: summary, Subject: r.span(n), Detail: detail, Remedy: remedy})
}

// node reads n; an alias is the very Node of its anchor.
func (r *reader) node(n *yaml.Node) read {
	if r.size > maxValues {
		return null // reported by grow
	}
	if n.Kind == yaml.AliasNode {
		got, ok := r.done[n.Alias]
		switch {
		case !ok:
			r.fail(n, "Alias contains itself", "The alias *"+n.Value+" stands inside of its own anchor.", "Write the value out.")
			return null
		case r.deep+got.deep > maxDepth:
			r.tooDeep(n)
			return null
		}
		if r.grow(n, got.size) {
			return null
		}
		return got
	}
	if r.deep >= maxDepth {
		r.tooDeep(n)
		return null
	}
	if r.grow(n, 1) {
		return null
	}
	var got read
	origin := r.span(n) // before what is below: source reads lines forwards
	r.deep++
	switch n.Kind {
	case yaml.MappingNode:
		got = r.mapping(n)
	case yaml.SequenceNode:
		got = r.sequence(n)
	default:
		got = read{node: &Node{Value: r.checked(n)}, size: 1}
	}
	r.deep--
	got.node.Origin = origin
	if n.Anchor != "" {
		r.done[n] = got
	}
	return got
}

func (r *reader) tooDeep(n *yaml.Node) {
	r.fail(n, "Values are nested too deeply", fmt.Sprintf("More than %d levels.", maxDepth), "Flatten the values.")
}

// grow counts values and reports, once, that there are too many.
func (r *reader) grow(n *yaml.Node, by int) (stop bool) {
	r.size += by
	if r.size <= maxValues {
		return false
	}
	r.fail(n, "Too many values", fmt.Sprintf("With its aliases written out, the file holds more than %d values.", maxValues),
		"Use fewer aliases of aliases.")
	return true
}

func (r *reader) sequence(n *yaml.Node) read {
	total := read{size: 1}
	items := make([]*Node, len(n.Content))
	for i, c := range n.Content {
		got := r.node(c)
		items[i] = got.node
		total.size += got.size
		total.deep = max(total.deep, got.deep+1)
	}
	total.node = &Node{Value: items}
	return total
}

// mapping reads a map. A merge key counts where it stands, as in Helm's reader:
// the keys behind it win over what it brings, those before it do not.
func (r *reader) mapping(n *yaml.Node) read {
	total := read{size: 1}
	m := make(map[string]*Node, len(n.Content)/2)
	first := make(map[string]*yaml.Node, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if mergeKey(k) {
			r.merge(v, m, &total)
			continue
		}
		key, ok := r.key(k)
		if !ok {
			continue
		}
		if before, ok := first[key]; ok {
			r.list = append(r.list, diag.Diagnostic{Summary: fmt.Sprintf("Key %q is given twice", key), Subject: r.span(k),
				Detail:  "Helm keeps only one of them, without a word.",
				Remedy:  "Keep one of the two, or merge what is below them.",
				Related: []diag.Related{{Range: r.span(before), Note: "first given here"}}})
			continue
		}
		first[key] = k
		got := r.node(v)
		m[key] = got.node
		total.size += got.size
		total.deep = max(total.deep, got.deep+1)
	}
	total.node = &Node{Value: m}
	return total
}

// merge brings the maps behind a merge key into m; of several, the first wins.
func (r *reader) merge(v *yaml.Node, m map[string]*Node, total *read) {
	sources := []*yaml.Node{v}
	if v.Kind == yaml.SequenceNode {
		sources = v.Content
	}
	for i := len(sources) - 1; i >= 0; i-- {
		s := sources[i]
		if s.Kind != yaml.MappingNode && (s.Kind != yaml.AliasNode || s.Alias.Kind != yaml.MappingNode) {
			r.fail(s, "A merge key takes a map", "Found "+kindOf(s)+" behind `<<`.", "Give it the alias of a map, or a list of such aliases.")
			return
		}
		got := r.node(s)
		from, _ := got.node.Value.(map[string]*Node)
		for key, node := range from {
			m[key] = node
		}
		total.size += got.size
		total.deep = max(total.deep, got.deep)
	}
}

func mergeKey(k *yaml.Node) bool {
	return k.Kind == yaml.ScalarNode && k.Value == "<<" && k.Tag == "!!merge"
}

// key is the string that Helm makes of a key.
func (r *reader) key(k *yaml.Node) (string, bool) {
	scalarNode := k
	if k.Kind == yaml.AliasNode {
		scalarNode = k.Alias
	}
	if scalarNode.Kind != yaml.ScalarNode {
		r.fail(k, "A key has to be a string", "Found "+kindOf(scalarNode)+" as a key.", "Put the key in quotes.")
		return "", false
	}
	if k.Kind == yaml.ScalarNode && k.Anchor != "" {
		r.done[k] = read{node: &Node{Value: r.scalar(k).value, Origin: r.span(k)}, size: 1}
	}
	s := r.scalar(scalarNode)
	key, ok := keyText(s.value)
	if s.wrong != "" || !ok {
		r.fail(k, "A key has to be a string", fmt.Sprintf("Helm cannot use `%s` as a key.", scalarNode.Value), "Put the key in quotes.")
		return "", false
	}
	if key != scalarNode.Value && scalarNode.Style&yaml.TaggedStyle == 0 {
		r.warn(k, "Helm reads this key as "+strconv.Quote(key), fmt.Sprintf("Without quotes, `%s` is no string in YAML 1.1.", scalarNode.Value),
			fmt.Sprintf("Write %q to keep it, or %s to say what is meant.", scalarNode.Value, key))
	}
	return key, true
}

// checked is the value of a scalar, its oddities reported.
func (r *reader) checked(n *yaml.Node) any {
	s := r.scalar(n)
	switch {
	case s.wrong != "":
		r.fail(n, "Helm refuses this value", s.wrong, "Put it in quotes if it is meant as text.")
		return nil
	case !s.exact:
		f, _ := s.value.(float64)
		r.warn(n, "Helm reads this number as "+Number(f), fmt.Sprintf("A template that prints it will not show `%s`.", n.Value),
			fmt.Sprintf("Write %q if the text is meant, or %s if the number is.", n.Value, Number(f)))
	}
	return s.value
}

// scalar reads a scalar node by its style and tag.
func (r *reader) scalar(n *yaml.Node) scalar {
	switch {
	case n.Style&yaml.TaggedStyle != 0:
		return tagged(n.Tag, n.Value)
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return scalar{value: n.Value, exact: true}
	case forcedText(r.from(diag.Pos{Line: n.Line, Column: n.Column})):
		return scalar{value: n.Value, exact: true}
	}
	return plain(n.Value)
}

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a map"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return kindOf(n.Alias)
	}
	return "a single value"
}
