package fetch

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/ignore"

	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// What a chart may take, as in Helm, and how many files it may have.
const (
	maxFile  = 5 << 20
	maxChart = 100 << 20
	maxFiles = 20_000
)

var bom = []byte("\ufeff") // read only

// loading is the state of one Load.
type loading struct {
	From
	ctx   context.Context // of the one call that this is
	fsys  fs.FS
	whole string // what fsys is: the project, a repository
	// partly: dependencies that are not in fsys are left out.
	partly bool
	ref    schema.Chart
	found  diag.List
	size   int64
	count  int
}

func (l *loading) fail(d diag.Diagnostic) { l.found = append(l.found, d) }

// refuse is an error about the reference as a whole.
func (l *loading) refuse(summary, detail, remedy string) {
	l.fail(diag.Diagnostic{Summary: summary, Subject: l.ref.Range, Detail: detail, Remedy: remedy})
}

// chart reads the directory or archive at a path of the project.
func (l *loading) chart(at string) []File {
	info, err := fs.Stat(l.fsys, at)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		l.fail(l.missing(at))
		return nil
	case err != nil:
		l.refuse(fmt.Sprintf("chart %q cannot be read", at), reason(err), "")
		return nil
	case info.IsDir():
		return l.directory(at)
	case info.Mode().IsRegular():
		data, err := fs.ReadFile(l.fsys, at)
		if err != nil {
			l.refuse(fmt.Sprintf("chart %q cannot be read", at), reason(err), "")
			return nil
		}
		return l.archive(at, data)
	}
	l.refuse(fmt.Sprintf("chart %q is neither a directory nor an archive", at), "", "Name a chart directory or a .tgz file.")
	return nil
}

func (l *loading) missing(at string) diag.Diagnostic {
	d := diag.Errorf(l.ref.Range, "chart %q does not exist", at)
	entries, err := fs.ReadDir(l.fsys, path.Dir(at))
	if err != nil {
		return d.Detailf("The directory %q does not exist either.", path.Dir(at)).
			Remedyf("Create the chart there, or correct the path.")
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() || strings.HasSuffix(e.Name(), ".tgz") {
			names = append(names, path.Join(path.Dir(at), e.Name()))
		}
	}
	return d.Suggest(at, names).Remedyf("Create the chart there, or correct the path; it is relative to the file that holds it.")
}

// directory reads a chart directory the way Helm does: .helmignore applies, and
// links are followed, but never out of the project.
func (l *loading) directory(root string) []File {
	rules := ignore.Empty()
	data, err := fs.ReadFile(l.fsys, path.Join(root, ignore.HelmIgnore))
	switch {
	case err == nil:
		if rules, err = ignore.Parse(bytes.NewReader(data)); err != nil {
			file := path.Join(root, ignore.HelmIgnore)
			l.fail(l.because(diag.Errorf(diag.Range{File: file}, "%s is no valid ignore file", ignore.HelmIgnore).
				Detailf("%s", reason(err)).Remedyf("Use file name patterns without `**`.")))
			return nil
		}
	case !errors.Is(err, fs.ErrNotExist):
		l.refuse(fmt.Sprintf("chart %q cannot be read", root), reason(err), "")
		return nil
	}
	rules.AddDefaults()
	w := &walk{loading: l, root: root, rules: rules, before: len(l.found)}
	w.dir("", []string{root})
	return w.files
}

type walk struct {
	*loading
	root  string
	rules *ignore.Rules
	files []File

	before int // what was found wrong elsewhere
}

// dir reads the directory name of the chart. real holds where the directories
// on the way here really lie: a link back to one of them has no end.
func (w *walk) dir(name string, real []string) {
	at := path.Join(w.root, name)
	entries, err := fs.ReadDir(w.fsys, at)
	if err != nil {
		w.refuse(fmt.Sprintf("directory %q of the chart cannot be read", at), reason(err), "")
		return
	}
	for _, entry := range entries {
		if w.found[w.before:].HasErrors() {
			return
		}
		w.entry(path.Join(name, entry.Name()), entry, real)
	}
}

func (w *walk) entry(name string, entry fs.DirEntry, real []string) {
	at := path.Join(w.root, name)
	where := path.Join(real[len(real)-1], entry.Name())
	info, err := entry.Info()
	if err == nil && entry.Type()&fs.ModeSymlink != 0 {
		var target string
		link := info
		target, info, err = w.follow(at)
		if err != nil && w.rules.Ignore(name, link) {
			return
		}
		if err != nil {
			w.link(at, target, err)
			return
		}
		where = path.Join(path.Dir(where), target)
	}
	if err != nil {
		w.refuse(fmt.Sprintf("file %q of the chart cannot be read", at), reason(err), "")
		return
	}
	if w.rules.Ignore(name, info) {
		return
	}
	switch {
	case info.IsDir():
		if slices.Contains(real, where) {
			w.refuse(fmt.Sprintf("link %q leads back to a directory above it", at),
				fmt.Sprintf("It points to %q, which holds the link itself.", where), "Remove the link, or list it in .helmignore.")
			return
		}
		w.dir(name, append(slices.Clone(real), where))
	case !info.Mode().IsRegular():
		w.refuse(fmt.Sprintf("%q is not a regular file", at), "A chart holds files and directories only.", "Remove it, or list it in .helmignore.")
	default:
		w.file(name, at, info.Size())
	}
}

func (w *walk) file(name, at string, size int64) {
	if !w.admit(at, size) {
		return
	}
	data, err := fs.ReadFile(w.fsys, at)
	if err != nil {
		w.refuse(fmt.Sprintf("file %q of the chart cannot be read", at), reason(err), "")
		return
	}
	w.files = append(w.files, File{Name: name, Path: at, Data: bytes.TrimPrefix(data, bom)})
}

// admit counts a file against the limits.
func (l *loading) admit(at string, size int64) bool {
	l.count++
	l.size += size
	const remedy = "List what no template reads in .helmignore."
	switch {
	case size > maxFile:
		l.refuse(fmt.Sprintf("file %q is too large for a chart", at), fmt.Sprintf("It has more than %d bytes; as in Helm, no file of a chart may have more.", maxFile), remedy)
	case l.size > maxChart:
		l.refuse(fmt.Sprintf("chart %q is too large", l.name()), fmt.Sprintf("Its files have more than %d bytes together.", maxChart), remedy)
	case l.count > maxFiles:
		l.refuse(fmt.Sprintf("chart %q has too many files", l.name()), fmt.Sprintf("It has more than %d.", maxFiles), remedy)
	default:
		return true
	}
	return false
}

// name is what messages call the chart.
func (l *loading) name() string { return cmp.Or(l.ref.Path, shown(l.ref)) }

// follow finds what a link points to. The target is as written in the link,
// for a message, and cleaned of nothing.
func (l *loading) follow(at string) (target string, info fs.FileInfo, err error) {
	target, err = fs.ReadLink(l.fsys, at)
	if err != nil {
		target = ""
	}
	info, err = fs.Stat(l.fsys, at)
	return target, info, err
}

func (l *loading) link(at, target string, err error) {
	summary := fmt.Sprintf("link %q leads out of the %s", at, l.whole)
	detail := fmt.Sprintf("It points to %q.", target)
	if errors.Is(err, fs.ErrNotExist) {
		summary = fmt.Sprintf("link %q leads nowhere", at)
	} else if target == "" {
		detail = reason(err)
	}
	l.refuse(summary, detail, "Put a copy of the file into the chart, or list the link in .helmignore.")
}

// because names the reference that wants the chart.
func (l *loading) because(d diag.Diagnostic) diag.Diagnostic {
	if l.ref.Range.File == "" {
		return d
	}
	return d.Also(l.ref.Range, "the chart is used here")
}

// reason says what kept something from being read. The path is left out: it is
// the project's directory, and the summary has the name.
func reason(err error) string {
	var bad *fs.PathError
	if errors.As(err, &bad) {
		err = bad.Err
	}
	return diag.Sentence(err.Error())
}
