// Package fetch turns a chart reference into the files of that chart and their
// digest: dependencies in place, ignored files gone. It never renders and parses
// nothing but Chart.yaml. Go on with engine/render, which takes the files.
//
// What is in the project is read from there (directory.go, archive.go). All else
// comes from a Library: Pins goes by the lock and never resolves (pins.go),
// Locking makes the lock (locking.go). Both look on shelves first, the vendored
// charts and the Store (store.go), and ask a Source for what is nowhere
// (source.go; http.go, oci.go and git.go are the kinds). Retry, Limit, Once and
// Record are wrappers around a Source. No goroutine starts here: From.Loop and
// the callers bring them.
package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// Chart is a chart as files. Safe to share; nobody changes it.
type Chart struct {
	Name    string
	Version string
	Digest  string // hex SHA-256 of the files' names and contents: no paths, times or modes
	Root    string // relative to the project: the chart's directory or archive
	Files   []File // by name; dependencies under charts/, unpacked
}

// File is one file of a chart.
type File struct {
	Name   string // relative to the chart: templates/web.yaml, charts/redis/values.yaml
	Path   string // relative to the project, what a person opens; below the archive for packed files
	Packed bool   // Path lies inside an archive
	Data   []byte
}

// From says where charts come from.
type From struct {
	Project      fs.FS
	Repositories []schema.ChartRepository    // that the dependencies of charts may name
	Library      Library                     // what is not in the project; nil: there is nothing else
	Loop         func(n int, do func(i int)) // runs do for 0…n-1, many at once; nil: one after the other
}

// Library gives charts that are not in the project.
type Library interface {
	// Files returns the chart of a reference as it is packed. Its error carries
	// diagnostics without a place (diag.Refused) where a person can do something.
	Files(ctx context.Context, ref schema.Chart) (Packed, error)
}

// Packed is a chart as it comes from somewhere else: its own files and those
// dependencies that it brings with it.
type Packed struct {
	Root   string // for people: podinfo/podinfo@6.7.1
	Files  []File // by name; Path is below Root
	Digest string // of Files
}

// Load reads a chart and its dependencies. Diagnostics point at the reference
// where they cannot point into the chart.
func (f From) Load(ctx context.Context, ref schema.Chart) (*Chart, diag.List) {
	l := &loading{From: f, ctx: ctx, fsys: f.Project, whole: "project", ref: ref}
	packed := Packed{Root: ref.Path}
	if ref.Kind == schema.Local {
		packed.Files = l.chart(ref.Path)
	} else {
		packed = l.outside(ref, ref.Range)
	}
	files := packed.Files
	if l.found.HasErrors() {
		return nil, l.found
	}
	files = l.resolve("", files)
	l.encodings(files)
	if l.found.HasErrors() {
		return nil, l.found
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	chart := &Chart{Root: packed.Root, Files: files, Digest: packed.Digest}
	if packed.Digest == "" || !slices.EqualFunc(files, packed.Files, func(a, b File) bool { return a.Name == b.Name }) {
		chart.Digest = Digest(files) // dependencies were put in, or unpacked
	}
	metadata := l.metadata("", files)
	if metadata == nil {
		return nil, l.found
	}
	if strings.EqualFold(metadata.Type, "library") {
		l.fail(diag.Errorf(ref.Range, "chart %q is a library and cannot be released", metadata.Name).
			Detailf("A library chart holds templates for other charts and renders no objects of its own.").
			Remedyf("Name an application chart that depends on it, or remove `type: library` from its Chart.yaml.").
			Also(lineOf(files, "Chart.yaml", "type:"), "its type"))
		return nil, l.found
	}
	chart.Name, chart.Version = metadata.Name, metadata.Version
	return chart, l.found
}

// Place is where a person finds a line of the chart; Text is filled for lines
// inside an archive.
func (c *Chart) Place(source manifest.Source) diag.Range {
	at, ok := slices.BinarySearchFunc(c.Files, source.File, func(f File, name string) int { return strings.Compare(f.Name, name) })
	if !ok {
		r := source.Place()
		r.File = path.Join(c.Root, source.File)
		return r
	}
	return c.Files[at].line(source.Line)
}

// line is the place of a line of the file.
func (f File) line(n int) diag.Range {
	r := diag.Range{File: f.Path, Start: diag.Pos{Line: n}, End: diag.Pos{Line: n}}
	if f.Packed && n > 0 {
		lines := strings.SplitN(string(f.Data), "\n", n+1)
		if n <= len(lines) {
			r.Text = strings.TrimRight(lines[n-1], "\r")
		}
	}
	return r
}

// Digest hashes names and contents, each behind its length, so that no two lists
// of files read the same. The files are sorted by name.
func Digest(files []File) string {
	h := sha256.New()
	var length [8]byte
	for _, f := range files {
		for _, part := range [][]byte{[]byte(f.Name), f.Data} {
			binary.BigEndian.PutUint64(length[:], uint64(len(part)))
			h.Write(length[:])
			h.Write(part)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}
