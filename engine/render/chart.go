package render

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// Input is a chart's files with its dependencies in charts/, unpacked.
type Input struct {
	Name   string
	Root   string // relative to the project, for messages
	Digest string
	Files  []File
}

// File is one file of a chart; it mirrors fetch.File.
type File struct {
	Name   string // relative to the chart
	Path   string // what a person opens
	Packed bool   // Path lies inside an archive
	Data   []byte
}

// Chart is a chart ready to be rendered, any number of times and concurrently.
type Chart struct {
	Input
	top     *node
	nodes   map[*chart.Lock]*node // by the mark that node.instance leaves
	origins map[*chart.File]File
	names   map[string]any // every function's name, for the parser

	mu     sync.Mutex
	shapes map[string]*shape
	files  map[parsedKey]*parsedFile
	texts  texts
	crds   crdFiles

	readOnce sync.Once
	read     *reads

	defines sync.Map // what memoized CRDs define: []Kind by manifest.MemoKey
}

// node is one chart of the tree as it was loaded; nothing changes it.
type node struct {
	prefix   string // "", "charts/redis/"
	chart    *chart.Chart
	children []*node
	files    files
	mark     *chart.Lock
	schema   *compiledSchema // nil where the chart has none

}

// Parse loads a chart with its dependencies. Templates are parsed when the
// first render needs them: those of a sub-chart that is switched off may be
// broken, as in Helm.
func Parse(in Input) (*Chart, diag.List) {
	c := &Chart{
		Input:   in,
		nodes:   map[*chart.Lock]*node{},
		origins: map[*chart.File]File{},
		names:   functionNames(),
		shapes:  map[string]*shape{},
		files:   map[parsedKey]*parsedFile{},
	}
	var found diag.List
	c.top, found = c.load("", in.Files)
	if found.HasErrors() {
		return nil, found
	}
	return c, nil
}

// load reads the chart whose files begin with prefix. Helm's loader reads one
// chart at a time: of a tree it would forget the directories, and it takes
// sub-charts in random order.
func (c *Chart) load(prefix string, all []File) (*node, diag.List) {
	n := &node{prefix: prefix}
	var own []*loader.BufferedFile
	var ownFiles []File
	var below []string
	inner := map[string][]File{}
	for _, f := range all {
		name := strings.TrimPrefix(f.Name, prefix)
		dir, rest, nested := strings.Cut(strings.TrimPrefix(name, "charts/"), "/")
		if strings.HasPrefix(name, "charts/") && path.Ext(name) != ".prov" {
			if !nested || rest == "" || strings.HasPrefix(dir, "_") || strings.HasPrefix(dir, ".") {
				continue // Helm does not see it either
			}
			if inner[dir] == nil {
				below = append(below, dir)
			}
			inner[dir] = append(inner[dir], f)
			continue
		}
		own = append(own, &loader.BufferedFile{Name: name, Data: f.Data})
		ownFiles = append(ownFiles, f)
	}
	var err error
	quietly(func() { n.chart, err = loader.LoadFiles(own) })
	if err != nil {
		return nil, c.unloadable(prefix, err)
	}
	c.remember(n, ownFiles)
	var found diag.List
	slices.Sort(below)
	for _, dir := range below {
		child, problems := c.load(prefix+"charts/"+dir+"/", inner[dir])
		found = append(found, problems...)
		if child != nil {
			n.children = append(n.children, child)
		}
	}
	if n.schema, err = compileSchema(n.chart.Schema); err != nil {
		found = append(found, c.invalidSchema(n, err))
	}
	return n, found
}

func (c *Chart) remember(n *node, own []File) {
	n.mark = &chart.Lock{}
	c.nodes[n.mark] = n
	byName := make(map[string]File, len(own))
	for _, f := range own {
		byName[strings.TrimPrefix(f.Name, n.prefix)] = f
	}
	for _, list := range [][]*chart.File{n.chart.Templates, n.chart.Files} {
		for _, f := range list {
			c.origins[f] = byName[f.Name]
		}
	}
	n.files = newFiles(n.chart.Files)

	n.chart.Raw = nil
}

func (c *Chart) unloadable(prefix string, err error) diag.List {
	file := "Chart.yaml"
	for _, name := range []string{"values.yaml", "Chart.lock", "requirements.yaml", "requirements.lock"} {
		if strings.Contains(err.Error(), "cannot load "+name) {
			file = name
		}
	}
	cause := err
	for inner := errors.Unwrap(cause); inner != nil; inner = errors.Unwrap(cause) {
		cause = inner
	}
	msg := strings.TrimPrefix(cause.Error(), "error converting YAML to JSON: ")
	line := lineIn(msg)
	if file == "values.yaml" {
		if found := c.invalidValues(prefix + file); found.HasErrors() {
			return found
		}
	}
	return diag.List{diag.Errorf(c.Place(manifest.Source{File: prefix + file, Line: line}), "%s of the chart is not valid", file).
		Detailf("%s", diag.Sentence(strings.TrimPrefix(msg, "yaml: "))).
		Remedyf("Correct the file; `helm lint` checks it too.")}
}

// invalidValues says what is wrong with a values.yaml as it is said of the
// project's own values files.
func (c *Chart) invalidValues(file string) diag.List {
	var found diag.List
	for _, f := range c.Input.Files {
		if f.Name != file {
			continue
		}
		_, list := values.ParseYAML(c.Place(manifest.Source{File: file}).File, f.Data)
		for _, d := range list {
			if d.Severity == diag.Error {
				d.Subject.Text = c.Place(manifest.Source{File: file, Line: d.Subject.Start.Line}).Text
				found = append(found, d)
			}
		}
	}
	return found
}

// lineIn takes the line out of a YAML parser's message; 0 where it has none.
func lineIn(msg string) int {
	var n int
	_, rest, ok := strings.Cut(msg, "line ")
	if _, err := fmt.Sscanf(rest, "%d", &n); !ok || err != nil {
		return 0
	}
	return n
}

// Place is where a person finds a line of the chart; Text is filled for lines
// inside an archive.
func (c *Chart) Place(source manifest.Source) diag.Range {
	r := source.Place()
	for _, f := range c.Input.Files {
		if f.Name != source.File {
			continue
		}
		r.File = f.Path
		if f.Packed {
			r.Text = lineOf(f.Data, source.Line)
		}
		if r.File == "" {
			break
		}
		return r
	}
	r.File = path.Join(c.Root, source.File)
	return r
}

// lineOf is a line of a text, counted from 1; empty where there is none.
func lineOf(data []byte, n int) string {
	if n < 1 {
		return ""
	}
	lines := strings.SplitN(string(data), "\n", n+1)
	if n > len(lines) {
		return ""
	}
	return strings.TrimRight(lines[n-1], "\r")
}

// instance is a copy of the chart tree that Helm's dependency processing may
// change. What is large stays shared.
func (n *node) instance() *chart.Chart {
	c := *n.chart
	metadata := *n.chart.Metadata
	metadata.Dependencies = nil
	for _, d := range n.chart.Metadata.Dependencies {
		d := *d
		metadata.Dependencies = append(metadata.Dependencies, &d)
	}
	c.Metadata = &metadata
	c.Lock = n.mark // survives the copies that aliases make
	children := make([]*chart.Chart, len(n.children))
	for i, child := range n.children {
		children[i] = child.instance()
	}
	c.SetDependencies(children...)
	return &c
}
