package fetch

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/weir-dev/weir/engine/failpoint"
)

// Vendorable refuses charts that not every file system can hold.
func (c VendorCopy) Vendorable(files []File) error {
	bad := func(format string, arguments ...any) error {
		return refuse(fmt.Sprintf("chart %q cannot be vendored", locked(c.Pin)), fmt.Sprintf(format, arguments...),
			"Ask who publishes the chart to rename it, or leave charts to the network.")
	}
	seen := map[string]string{}
	for _, f := range files {
		if !filepath.IsLocal(f.Name) || path.Clean(f.Name) != f.Name || !utf8.ValidString(f.Name) ||
			strings.Contains(f.Name, `\`) || strings.ContainsFunc(f.Name, unicode.IsControl) {
			return bad("Version %s has the file %+q, which is no name everywhere.", c.Pin.Version, f.Name)
		}
		for name := f.Name; name != "."; name = path.Dir(name) {
			other, known := seen[fold(name)]
			if known && other != name {
				return bad("Version %s has %q and %q, which are one on many file systems.", c.Pin.Version, other, name)
			}
			seen[fold(name)] = name
		}
	}
	return nil
}

// What is being written, and what is about to be removed, in VendorDir.
const (
	vendorNew  = ".weir-new"
	vendorOld  = ".weir-old"
	vendorFile = ".weir-new-file"
)

var vendorRest = []string{vendorNew, vendorFile, vendorOld} // read only: what Clear removes

// Put writes a chart in the place of what is there. Who is killed before the
// .sum file is written has left files that Compare knows again.
func (w *VendorWriter) Put(c VendorCopy, files []File) error {
	if err := w.Clear(); err != nil {
		return err
	}
	made := map[string]bool{}
	for _, f := range files {
		name := path.Join(VendorDir, vendorNew, f.Name)
		if dir := path.Dir(name); !made[dir] {
			failpoint.Before("mkdir", dir)
			if err := w.root.MkdirAll(dir, 0o755); err != nil {
				return vendoring(c.Name, err)
			}
			made[dir] = true
		}
		failpoint.Before("write", name)
		if err := w.root.WriteFile(name, f.Data, 0o644); err != nil {
			return vendoring(c.Name, err)
		}
	}
	if err := w.away(c.Name); err != nil {
		return err
	}
	failpoint.Before("rename", path.Join(VendorDir, c.Name))
	if err := w.root.Rename(path.Join(VendorDir, vendorNew), path.Join(VendorDir, c.Name)); err != nil {
		return vendoring(c.Name, err)
	}
	if err := w.replace(c.Name+".sum", newSums(c.Name, c.Pin.Version, files).format()); err != nil {
		return vendoring(c.Name, err)
	}
	return w.Clear()
}

// away moves a directory to where it can be removed in peace.
func (w *VendorWriter) away(name string) error {
	failpoint.Before("rename", path.Join(VendorDir, vendorOld))
	if err := w.root.Rename(path.Join(VendorDir, name), path.Join(VendorDir, vendorOld)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return vendoring(name, err)
	}
	return nil
}

// Clear removes what this or a killed run left.
func (w *VendorWriter) Clear() error {
	for _, name := range vendorRest {
		failpoint.Before("remove all", path.Join(VendorDir, name))
		if err := w.root.RemoveAll(path.Join(VendorDir, name)); err != nil {
			return vendoring(name, err)
		}
	}
	return nil
}

func (w *VendorWriter) replace(name string, data []byte) error {
	at, next := path.Join(VendorDir, name), path.Join(VendorDir, vendorFile)
	failpoint.Before("write", next)
	if err := w.root.WriteFile(next, data, 0o644); err != nil {
		return err
	}
	failpoint.Before("rename", at)
	return w.root.Rename(next, at)
}

// Remove takes away what Put wrote, file by file: somebody else may have put
// files beside them.
func (w *VendorWriter) Remove(v *Vendor, name string) error {
	all, err := v.sums()
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.name != name {
			continue
		}
		dirs := map[string]bool{}
		for _, one := range s.list {
			at := path.Join(VendorDir, name, one.name)
			failpoint.Before("remove", at)
			if err := w.root.Remove(at); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return vendoring(name, err)
			}
			for dir := path.Dir(at); dir != VendorDir; dir = path.Dir(dir) {
				dirs[dir] = true
			}
		}
		w.prune(dirs)
		failpoint.Before("remove", s.path())
		if err := w.root.Remove(s.path()); err != nil {
			return vendoring(name, err)
		}
	}
	return nil
}

// prune removes those of the directories that are empty, the deepest first.
func (w *VendorWriter) prune(dirs map[string]bool) {
	for _, dir := range deepestFirst(dirs) {
		failpoint.Before("remove", dir)
		_ = w.root.Remove(dir) // fails where somebody else's files are in it
	}
}

// Attributes writes what keeps Git from changing bytes.
func (w *VendorWriter) Attributes() error {
	if err := w.replace(attributesFile, []byte(attributesText)); err != nil {
		return vendoring(attributesFile, err)
	}
	return nil
}

// Bare removes .gitattributes, which nobody needs without a chart.
func (w *VendorWriter) Bare() error {
	failpoint.Before("remove", path.Join(VendorDir, attributesFile))
	if err := w.root.Remove(path.Join(VendorDir, attributesFile)); err != nil {
		return vendoring(attributesFile, err)
	}
	return nil
}

func vendoring(name string, err error) error { return fmt.Errorf("vendor chart %s: %w", name, err) }

func deepestFirst(dirs map[string]bool) []string {
	return slices.SortedFunc(maps.Keys(dirs), func(a, b string) int {
		return cmp.Or(cmp.Compare(strings.Count(b, "/"), strings.Count(a, "/")), strings.Compare(a, b))
	})
}
