package fetch

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// Vendoring is what stands between the vendored charts and the lock.
type Vendoring struct {
	Copies     []VendorCopy // by name
	Removed    []VendorCopy // that the lock no longer names
	Attributes VendorStatus // of .gitattributes, which goes with the last chart
	Left       []string     // files below VendorDir that somebody else wrote
	Rest       []string     // what a run that was killed left in VendorDir
}

// VendorCopy is one directory of vendored charts.
type VendorCopy struct {
	Name    string        // of the directory
	Pin     schema.Locked // one of those that are locked to it; zero of a removed one
	Sources []string      // all of them, as messages name them
	Status  VendorStatus
	Old     string   // the version that is there now; empty where there is none
	Differs []string // files that somebody changed since it was written
}

// VendorStatus is how a directory stands to what is locked.
type VendorStatus uint8

// The statuses.
const (
	VendorSame    VendorStatus = iota
	VendorMissing              // nothing is there
	VendorOther                // another chart, another version, or changed files
)

// Compare finds what has to be done so that the lock is vendored. It reads all
// that is vendored and asks nobody. Its error carries diagnostics where files
// that somebody else wrote are in the way.
func (v *Vendor) Compare(lock schema.Lock) (*Vendoring, error) {
	all, err := v.sums()
	if err != nil {
		return nil, err
	}
	there := map[string]sums{}
	for _, s := range all {
		there[s.name] = s
	}
	result := &Vendoring{Copies: vendorNames(lock)}
	var bad diag.List
	for i := range result.Copies {
		c := &result.Copies[i]
		s, ours := there[c.Name]
		delete(there, c.Name)
		list := v.status(c, s, ours)
		bad = append(bad, list...)
	}
	if len(bad) > 0 {
		return nil, diag.Refuse(bad...)
	}
	for _, s := range all {
		if _, gone := there[s.name]; gone {
			result.Removed = append(result.Removed, VendorCopy{Name: s.name, Status: VendorOther, Old: s.version})
			for _, d := range v.foreign(s, nil) {
				result.Left = append(result.Left, path.Join(VendorDir, s.name, d))
			}
		}
	}
	for _, name := range append(slices.Clone(vendorRest), vendorLock) {
		if _, err := fs.Stat(v.project, path.Join(VendorDir, name)); err == nil {
			result.Rest = append(result.Rest, name)
		}
	}
	attributes, err := fs.ReadFile(v.project, path.Join(VendorDir, attributesFile))
	ours := err == nil && strings.HasPrefix(string(attributes), attributesBegin)
	switch {
	case errors.Is(err, fs.ErrNotExist) && len(result.Copies) > 0:
		result.Attributes = VendorMissing
	case ours && (len(result.Copies) == 0 || string(attributes) != attributesText):
		result.Attributes = VendorOther
	}
	return result, nil
}

// Git must change no byte of what is vendored.
const (
	attributesFile  = ".gitattributes"
	attributesBegin = "# Written by `weir vendor`"
	attributesText  = attributesBegin + ": without it Git may change bytes, and the digests fit no more.\n* -text -ident -filter\n"
)

// status compares one directory with what is locked.
func (v *Vendor) status(c *VendorCopy, s sums, ours bool) diag.List {
	at := path.Join(VendorDir, c.Name)
	if !ours {
		c.Status = VendorMissing
		info, err := fs.Stat(v.project, at)
		if err == nil && !info.IsDir() {
			return diag.List{inTheWay(*c)}
		}
		s = sums{name: c.Name}
	} else {
		c.Old = s.version
	}
	if ours && s.damage == "" && s.files == c.Pin.Files {
		_, err := v.proven(c.Pin, s)
		if err == nil {
			return nil
		}
	}
	var bad diag.List
	if names := v.foreign(s, c); len(names) > 0 {
		bad = append(bad, inTheWay(*c, names...))
	}
	if ours {
		c.Status = VendorOther
	}
	if ours && s.damage == "" && s.files == c.Pin.Files {
		c.Differs = v.changedFiles(s)
	}
	return bad
}

// inTheWay says that somebody else has files where a chart is to be; none of
// them: there is a file in the place of the directory.
func inTheWay(c VendorCopy, names ...string) diag.Diagnostic {
	at := path.Join(append([]string{VendorDir, c.Name}, names[:min(len(names), 1)]...)...)
	d := diag.Diagnostic{
		Summary: fmt.Sprintf("%s is in the way", at), Subject: diag.Range{File: at},
		Detail: fmt.Sprintf("%s, and wants to put chart %q %s there.", notOurs, c.Pin.Source, c.Pin.Version),
		Remedy: fmt.Sprintf("Remove it, or move it out of %s.", VendorDir),
	}
	if len(names) > 1 {
		d.Summary = fmt.Sprintf("%d files are in the way in %s", len(names), path.Join(VendorDir, c.Name))
		d.Detail = fmt.Sprintf("`weir vendor` did not write them, and wants to put chart %q %s there: %s", c.Pin.Source, c.Pin.Version, strings.Join(names[:min(len(names), 5)], ", "))
		if more := len(names) - 5; more > 0 {
			d.Detail += fmt.Sprintf(" and %d more", more)
		}
		d.Detail += "."
		d.Remedy = fmt.Sprintf("Remove them, or move them out of %s.", VendorDir)
	}
	return d
}

// changedFiles are those that are not as the .sum file has them.
func (v *Vendor) changedFiles(s sums) []string {
	var names []string
	for _, d := range v.differences(s) {
		names = append(names, d.name)
	}
	for _, one := range s.list {
		data, err := fs.ReadFile(v.project, path.Join(VendorDir, s.name, one.name))
		if (err != nil || hashOf(data) != one.digest) && !slices.Contains(names, one.name) {
			names = append(names, one.name)
		}
	}
	slices.Sort(names)
	return names
}

// foreign are the files of a directory that Weir did not write: not named by its
// .sum file. A run that was killed has left files without one: they are ours if
// they are what is locked now.
func (v *Vendor) foreign(s sums, c *VendorCopy) []string {
	var names []string
	for _, d := range v.differences(s) {
		if d.want == "" && !slices.ContainsFunc(s.list, func(one sum) bool { return one.name == d.name }) {
			names = append(names, d.name)
		}
	}
	if len(names) == 0 || c == nil {
		return names
	}
	var files []File
	root := path.Join(VendorDir, s.name)
	_ = fs.WalkDir(v.project, root, func(at string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			data, _ := fs.ReadFile(v.project, at) // what cannot be read is another chart
			files = append(files, File{Name: strings.TrimPrefix(at, root+"/"), Data: data})
		}
		return nil
	})
	sortFiles(files)
	if Digest(files) == c.Pin.Files {
		return nil
	}
	return names
}

// vendorNames gives every chart of the lock a directory: the newest one of a name
// is <name>, so that a review of an update shows what changed, older ones are
// <name>-<version>. Nothing but the lock decides.
func vendorNames(lock schema.Lock) []VendorCopy {
	var copies []VendorCopy
	at := map[string]int{}
	for _, pin := range lock.Charts {
		i, known := at[pin.Files]
		if !known {
			i = len(copies)
			at[pin.Files] = i
			copies = append(copies, VendorCopy{Name: vendorName(pin), Pin: pin})
		}
		copies[i].Sources = append(copies[i].Sources, locked(pin))
	}
	slices.SortStableFunc(copies, func(a, b VendorCopy) int {
		return cmp.Or(strings.Compare(fold(a.Name), fold(b.Name)), -compareVersions(a.Pin.Version, b.Pin.Version))
	})
	taken := map[string]bool{}
	free := func(name string) bool { return !taken[fold(name)] && !taken[fold(name)+".sum"] }
	take := func(c *VendorCopy, name string) {
		c.Name = name
		taken[fold(name)], taken[fold(name)+".sum"] = true, true
	}
	var older []*VendorCopy
	for i := range copies {
		if c := &copies[i]; free(c.Name) {
			take(c, c.Name)
		} else {
			older = append(older, c)
		}
	}
	for _, c := range older {
		if name := c.Name + "-" + unusual.ReplaceAllString(c.Pin.Version, "-"); free(name) {
			take(c, name)
		} else {
			take(c, name+"-"+c.Pin.Files[:8])
		}
	}
	slices.SortFunc(copies, func(a, b VendorCopy) int { return strings.Compare(a.Name, b.Name) })
	return copies
}

// fold makes one of names that some file systems take for one.
func fold(name string) string { return strings.ToLower(name) }

var unusual = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// vendorName is what a chart is called where it comes from.
func vendorName(pin schema.Locked) string {
	source, _, _ := strings.Cut(pin.Source, "?")
	if git, err := schema.ParseGit(pin.Source); strings.HasPrefix(pin.Source, "git::") && err == nil {
		if source = git.Directory; source == "." {
			source = strings.TrimSuffix(strings.TrimRight(git.Address, "/"), ".git")
		}
	}
	if at := strings.LastIndexByte(source, '@'); strings.HasPrefix(source, "oci://") && at > strings.LastIndexByte(source, '/') {
		source = source[:at]
	}
	name := source[strings.LastIndexAny(source, "/:")+1:]
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".tgz"), "-"+pin.Version)
	name = strings.Trim(unusual.ReplaceAllString(name, "-"), ".-")
	return cmp.Or(name, "chart")
}

func compareVersions(a, b string) int {
	v, bad := semver.NewVersion(a)
	w, err := semver.NewVersion(b)
	if bad != nil || err != nil {
		return strings.Compare(a, b)
	}
	return cmp.Or(v.Compare(w), strings.Compare(a, b))
}
