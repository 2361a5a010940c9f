package fetch

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// VendorDir is where vendored charts are in a project.
const VendorDir = "vendor/charts"

// Vendor is the vendored charts of a project: for each a directory with its
// files as they are packed, so that a review shows what a newer one changes, and
// beside it a file with their digests, which sha256sum reads as well:
//
//	vendor/charts/podinfo/Chart.yaml …
//	vendor/charts/podinfo.sum
//
// The digests only tell what somebody changed; what is read is proven against
// the lock. Go on with vendor_compare.go, vendor_write.go and
// vendor_lock.go.
type Vendor struct {
	project fs.FS
	sums    func() ([]sums, error)
}

// NewVendor is what a project has vendored; nothing is read before it is wanted.
func NewVendor(project fs.FS) *Vendor {
	v := &Vendor{project: project}
	v.sums = sync.OnceValues(v.readSums)
	return v
}

// Files implements Shelf: changed files are an error, a chart that is not there
// is none.
func (v *Vendor) Files(pin schema.Locked) ([]File, error) {
	all, err := v.sums()
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		if s.damage == "" && s.files == pin.Files {
			return v.proven(pin, s)
		}
	}
	return nil, nil
}

// Only is the Shelf behind which nobody else is asked where charts are vendored:
// what does not work without the network shows where there is one.
func (v *Vendor) Only() Shelf { return only{v} }

type only struct{ *Vendor }

func (v only) Files(pin schema.Locked) ([]File, error) {
	files, err := v.Vendor.Files(pin)
	if files != nil || err != nil {
		return files, err
	}
	all, _ := v.sums()
	if len(all) == 0 {
		return nil, nil
	}
	for _, s := range all {
		if s.damage != "" {
			return nil, diag.Refuse(diag.Diagnostic{
				Summary: fmt.Sprintf("%s cannot be read", s.path()), Subject: diag.Range{File: s.path()},
				Detail: fmt.Sprintf("%s So nobody knows whether chart %q %s is vendored.", diag.Sentence(s.damage), pin.Source, pin.Version),
				Remedy: "Run `weir vendor`, which writes it anew, and commit what it wrote.",
			})
		}
	}
	return nil, refuse(fmt.Sprintf("chart %q is locked, but not vendored", locked(pin)),
		fmt.Sprintf("There are charts in %s, but not version %s of this one.", VendorDir, pin.Version),
		fmt.Sprintf("Run `weir vendor`, and commit what it wrote. To use the network instead, remove %s.", VendorDir))
}

// Sound is the Shelf that has nothing but what is as it should be.
func (v *Vendor) Sound() Shelf { return sound{v} }

type sound struct{ *Vendor }

func (v sound) Files(pin schema.Locked) ([]File, error) {
	files, err := v.Vendor.Files(pin)
	if err != nil {
		return nil, nil //nolint:nilerr // as good as absent
	}
	return files, nil
}

// locked is an entry of the lock as messages name it.
func locked(pin schema.Locked) string {
	return shown(schema.Chart{Source: pin.Source, Version: pin.Constraint})
}

// proven reads the files of a vendored chart, and nothing else than what is locked.
func (v *Vendor) proven(pin schema.Locked, s sums) ([]File, error) {
	d := v.differences(s)
	if len(d) > 0 {
		return nil, changed(pin, s, d)
	}
	files := make([]File, 0, len(s.list))
	for _, want := range s.list {
		data, err := fs.ReadFile(v.project, path.Join(VendorDir, s.name, want.name))
		if err != nil {
			return nil, changed(pin, s, []difference{{name: want.name, what: "it cannot be read: " + strings.TrimSuffix(reason(err), ".")}})
		}
		files = append(files, File{Name: want.name, Data: data})
	}
	sortFiles(files)
	digest := Digest(files)
	if digest == pin.Files {
		return files, nil
	}
	for _, f := range files {
		want := s.of(f.Name)
		if have := hashOf(f.Data); have != want {
			d = append(d, difference{name: f.Name, want: want, have: have, crlf: hashOf(bytes.ReplaceAll(f.Data, []byte("\r\n"), []byte("\n"))) == want})
		}
	}
	if len(d) > 0 {
		return nil, changed(pin, s, d)
	}
	return nil, diag.Refuse(diag.Diagnostic{
		Summary: fmt.Sprintf("vendored chart %q is not what is locked", locked(pin)), Subject: diag.Range{File: s.path()},
		Detail: fmt.Sprintf("Version %s is vendored in %s, but the digests there were changed together with the files.\nlocked:   %s\nvendored: %s", pin.Version, path.Join(VendorDir, s.name), pin.Files, digest),
		Remedy: remedyVendored,
	})
}

const remedyVendored = "Run `weir vendor`, which puts back what is locked. To change a chart, copy it to another directory of the project, and name that as the release's `chart`."

// notOurs is what is said of files that somebody else wrote.
const notOurs = "`weir vendor` did not write it"

// difference is one thing of a vendored chart that is not as it was written.
type difference struct {
	name       string
	want, have string // digests
	what       string // instead of digests
	crlf       bool   // only the ends of lines differ
}

// differences are those that show without reading the files.
func (v *Vendor) differences(s sums) []difference {
	var found []difference
	listed := map[string]bool{}
	for _, f := range s.list {
		listed[f.name] = true
	}
	root := path.Join(VendorDir, s.name)
	_ = fs.WalkDir(v.project, root, func(at string, entry fs.DirEntry, err error) error {
		name := strings.TrimPrefix(strings.TrimPrefix(at, root), "/")
		switch {
		case err != nil && name == "":
			return nil // its files are missing, then
		case err != nil:
			found = append(found, difference{name: name, what: "it cannot be read: " + strings.TrimSuffix(reason(err), ".")})
			return fs.SkipDir
		case entry.IsDir():
			return nil
		case !entry.Type().IsRegular():
			found = append(found, difference{name: name, what: "it is no regular file, but a link or the like"})
		case !listed[name] && !leftByDesktop(entry.Name()):
			found = append(found, difference{name: name, what: notOurs})
		}
		delete(listed, name)
		return nil
	})
	for _, f := range s.list {
		if listed[f.name] {
			found = append(found, difference{name: f.name, what: "it is missing", want: f.digest})
		}
	}
	return found
}

// leftByDesktop tells the files that file managers leave everywhere.
func leftByDesktop(name string) bool {
	return name == ".DS_Store" || name == "Thumbs.db" || name == "desktop.ini"
}

// changed says what somebody changed.
func changed(pin schema.Locked, s sums, all []difference) error {
	slices.SortFunc(all, func(a, b difference) int { return strings.Compare(a.name, b.name) })
	root := path.Join(VendorDir, s.name)
	d := diag.Diagnostic{
		Summary: fmt.Sprintf("vendored chart %q was changed", locked(pin)),
		Subject: diag.Range{File: path.Join(root, all[0].name)},
		Detail:  fmt.Sprintf("Version %s is vendored in %s, but some of it is not as it was written.", pin.Version, root),
		Remedy:  remedyVendored,
	}
	missing, crlf, foreign, ours := false, true, false, false
	for i, one := range all {
		missing = missing || one.what != "" && one.want != ""
		crlf = crlf && one.crlf
		foreign, ours = foreign || one.what == notOurs, ours || one.what != notOurs
		switch {
		case i == 5:
			d.Detail += fmt.Sprintf("\n… and %d more", len(all)-i)
		case i > 5:
		case one.what != "":
			d.Detail += fmt.Sprintf("\n%s: %s", path.Join(root, one.name), one.what)
		default:
			d.Detail += fmt.Sprintf("\n%s:\n  expected: %s\n  found:    %s", path.Join(root, one.name), one.want, one.have)
		}
	}
	switch {
	case foreign && !ours:
		d.Remedy = fmt.Sprintf("Remove it, or move it out of %s: `weir vendor` leaves alone what it did not write.", VendorDir)
	case foreign:
		d.Remedy = fmt.Sprintf("Remove what `weir vendor` did not write, or move it out of %s. Then run `weir vendor`, which puts back what is locked.", VendorDir)
	case crlf:
		d.Detail += "\nOnly the ends of lines differ: Git writes them so where core.autocrlf is set."
		d.Remedy = fmt.Sprintf("Run `weir vendor`, and commit %s/.gitattributes, which keeps Git from it.", VendorDir)
	case missing:
		d.Detail += "\nWhere it was never committed, a .gitignore hides it: `git check-ignore -v <file>` tells which."
		d.Remedy = fmt.Sprintf("Run `weir vendor`, and `git add --force %s`.", VendorDir)
	}
	return diag.Refuse(d)
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// sums is the .sum file of a vendored chart.
type sums struct {
	name    string // of the directory beside it
	version string
	files   string // Digest
	list    []sum
	damage  string // why it cannot be believed; list is what it names nevertheless
}

type sum struct{ digest, name string }

func (s sums) path() string { return path.Join(VendorDir, s.name+".sum") }

func (s sums) of(name string) string {
	i := slices.IndexFunc(s.list, func(one sum) bool { return one.name == name })
	return s.list[i].digest
}

const sumsBegin = "# Written by `weir vendor`; "

// newSums are the digests of a chart that is to be vendored.
func newSums(name, version string, files []File) sums {
	s := sums{name: name, version: version, files: Digest(files)}
	for _, f := range files {
		s.list = append(s.list, sum{hashOf(f.Data), f.Name})
	}
	return s
}

func (s sums) format() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s`sha256sum --check %s.sum` in this directory checks it, too.\n", sumsBegin, s.name)
	fmt.Fprintf(&b, "# version %s\n# files %s\n", s.version, s.files)
	for _, one := range s.list {
		fmt.Fprintf(&b, "%s  %s/%s\n", one.digest, s.name, one.name)
	}
	return b.Bytes()
}

// parseSums reads a .sum file; nothing where it is not one of ours.
func parseSums(name string, data []byte) (s sums, ours bool) {
	s.name = name
	if !bytes.Contains(data, []byte(sumsBegin)) {
		return s, false
	}
	for i, line := range strings.Split(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n") {
		version, isVersion := strings.CutPrefix(line, "# version ")
		files, isFiles := strings.CutPrefix(line, "# files ")
		digest, file, isSum := strings.Cut(line, "  "+name+"/")
		switch {
		case line == "", strings.HasPrefix(line, sumsBegin):
		case isVersion && s.version == "":
			s.version = version
		case isFiles && s.files == "":
			s.files = files
		case isSum && len(digest) == 2*sha256.Size && fs.ValidPath(file):
			s.list = append(s.list, sum{digest, file})
		case strings.HasPrefix(line, "<<<<<<< "):
			s.damage = fmt.Sprintf("line %d is a conflict marker", i+1)
		case s.damage == "":
			s.damage = fmt.Sprintf("line %d is none of its lines", i+1)
		}
	}
	if s.damage == "" && (len(s.files) != 2*sha256.Size || s.version == "" || len(s.list) == 0) {
		s.damage = "some of its lines are missing"
	}
	return s, true
}

// readSums reads all .sum files, by name.
func (v *Vendor) readSums() ([]sums, error) {
	entries, err := fs.ReadDir(v.project, VendorDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, diag.Refuse(diag.Diagnostic{
			Summary: VendorDir + " cannot be read", Subject: diag.Range{File: VendorDir}, Detail: reason(err),
			Remedy: "It has to be a directory of the project, and no link that leads out of it.",
		})
	}
	var all []sums
	for _, entry := range entries {
		name, ok := strings.CutSuffix(entry.Name(), ".sum")
		if !ok || name == "" || !entry.Type().IsRegular() {
			continue
		}
		data, err := fs.ReadFile(v.project, path.Join(VendorDir, entry.Name()))
		if err != nil {
			return nil, refuse(path.Join(VendorDir, entry.Name())+" cannot be read", reason(err), "")
		}
		if s, ours := parseSums(name, data); ours {
			all = append(all, s)
		}
	}
	return all, nil
}
