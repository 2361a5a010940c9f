package render

import (
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"text/template"
	"text/template/parse"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/weir-dev/weir/engine/manifest"
)

// set is all templates of a shape, parsed. Executors that run it are kept and
// lent out, one to a render.
type set struct {
	chart *Chart
	proto *template.Template // never executed
	files []*setFile         // in the order of Helm's execution
	byTag map[string]*setFile
	marks map[*byte]mark

	mu   sync.Mutex
	idle []*executor
}

// setFile is one template file under the name that Helm gives it.
type setFile struct {
	name     string // web/charts/redis/templates/config.yaml
	basePath string
	scope    string // the chart's full path: web/charts/redis
	file     string // relative to the chart, as in the input: charts/redis-18/templates/config.yaml
	partial  bool
	notes    bool
}

// parsedKey: the name is part of what text/template says in errors.
type parsedKey struct {
	name string
	file *chart.File
}

type parsedFile struct {
	trees map[string]*parse.Tree
	marks map[*byte]mark
}

// mark is where a piece of literal text stands in its template.
type mark struct {
	file string // the template's name
	line int
}

// newSet parses what is not parsed yet and puts a shape's templates together.
// Later definitions of a name win, as in Helm: those higher up in the tree.
func (c *Chart) newSet(root *chart.Chart) (*set, error) {
	s := &set{chart: c, byTag: map[string]*setFile{}, marks: map[*byte]mark{}}
	type entry struct {
		*setFile
		source *chart.File
	}
	var entries []entry
	var walk func(ch *chart.Chart)
	walk = func(ch *chart.Chart) {
		for _, child := range ch.Dependencies() {
			walk(child)
		}
		full := ch.ChartFullPath()
		library := strings.EqualFold(ch.Metadata.Type, "library")
		for _, t := range ch.Templates {
			partial := strings.HasPrefix(path.Base(t.Name), "_")
			if library && !partial {
				continue
			}
			f := &setFile{
				name:     path.Join(full, t.Name),
				basePath: path.Join(full, "templates"),
				scope:    full,
				file:     c.origins[t].Name,
				partial:  partial,
				notes:    strings.HasSuffix(t.Name, "NOTES.txt"),
			}
			if _, twice := s.byTag[f.name]; twice {
				entries = slices.DeleteFunc(entries, func(e entry) bool { return e.name == f.name })
			}
			s.byTag[f.name] = f
			entries = append(entries, entry{f, t})
		}
	}
	walk(root)
	slices.SortFunc(entries, func(a, b entry) int { return deepestFirst(a.name, b.name) })

	s.proto = template.New("gotpl").Option("missingkey=zero")
	for _, e := range entries {
		parsed, err := c.parseFile(e.name, e.source)
		if err != nil {
			return nil, c.parseError(e.setFile, err)
		}
		for _, name := range slices.Sorted(maps.Keys(parsed.trees)) {
			if _, err := s.proto.AddParseTree(name, parsed.trees[name]); err != nil {
				return nil, c.parseError(e.setFile, err)
			}
		}
		maps.Copy(s.marks, parsed.marks)
		s.files = append(s.files, e.setFile)
	}
	return s, nil
}

// deepestFirst is the order in which Helm parses and executes templates.
func deepestFirst(a, b string) int {
	if d := strings.Count(b, "/") - strings.Count(a, "/"); d != 0 {
		return d
	}
	return strings.Compare(b, a)
}

// parseFile parses a template file once per name.
func (c *Chart) parseFile(name string, file *chart.File) (*parsedFile, error) {
	key := parsedKey{name, file}
	if p, ok := c.files[key]; ok {
		return p, nil
	}
	trees, err := c.parse(name, string(file.Data))
	if err != nil {
		return nil, err
	}
	p := &parsedFile{trees: trees, marks: map[*byte]mark{}}
	for _, tree := range trees {
		eachText(tree.Root, func(t *parse.TextNode) {
			if len(t.Text) > 0 {
				p.marks[&t.Text[0]] = mark{file: name, line: 1 + strings.Count(string(file.Data[:t.Pos]), "\n")}
			}
		})
	}
	c.files[key] = p
	return p, nil
}

// parse parses a text and puts our checks into it.
func (c *Chart) parse(name, text string) (map[string]*parse.Tree, error) {
	if strings.Count(text, "{{") > maxActions {
		return nil, limitError("a template has more than 200,000 actions")
	}
	trees, err := parse.Parse(name, text, "", "", c.names)
	if err != nil {
		return nil, err
	}
	for _, tree := range trees {
		instrument(tree)
	}
	return trees, nil
}

// maxActions keeps the parser's and the executor's recursion within bounds.
const maxActions = 200_000

// executor lends an executor; give it back with done.
func (s *set) executor() (*executor, error) {
	s.mu.Lock()
	if n := len(s.idle); n > 0 {
		e := s.idle[n-1]
		s.idle = s.idle[:n-1]
		s.mu.Unlock()
		return e, nil
	}
	s.mu.Unlock()
	return newExecutor(s)
}

func (s *set) done(e *executor) {
	e.run = nil
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = append(s.idle, e)
}

// sourceOf is the chart's line behind a template's.
func (s *set) sourceOf(template string, line int) manifest.Source {
	if f := s.byTag[template]; f != nil {
		return manifest.Source{File: f.file, Line: line}
	}
	return manifest.Source{File: template, Line: line}
}
