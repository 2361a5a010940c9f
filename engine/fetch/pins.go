package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"

	"sigs.k8s.io/yaml"

	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// Shelf has charts without asking anybody: vendored ones, the Store.
type Shelf interface {
	// Files returns the files of a pin, sorted, with Digest pin.Files; nil where
	// the shelf has none. Its error says what a person must put right, as vendored
	// files that somebody has changed.
	Files(pin schema.Locked) ([]File, error)
}

// Stock is where the content of exact charts comes from: shelves in their
// order, then the source; what the source gives is checked and kept.
type Stock struct {
	Shelves []Shelf
	Source  Source // nil: nothing is fetched
	Keep    *Store // nil: nothing is kept

	held memo[[]File]
}

// Pinned returns the files of a pin, read or fetched once however many want it.
func (s *Stock) Pinned(ctx context.Context, ref schema.Chart, pin schema.Locked) (Packed, error) {
	key := pin.Files + " " + pin.SHA256 + " " + pin.Origin
	files, err := s.held.get(key, func() ([]File, error) { return s.pinned(ctx, ref, pin) })
	if err == nil {
		err = isLocked(pin, files)
	}
	if err != nil {
		return Packed{}, err
	}
	return packed(ref, pin.Version, pin.Files, files), nil
}

func (s *Stock) pinned(ctx context.Context, ref schema.Chart, pin schema.Locked) ([]File, error) {
	for _, shelf := range s.Shelves {
		if files, err := shelf.Files(pin); files != nil || err != nil {
			return files, err
		}
	}
	if s.Source == nil {
		return nil, refuse(fmt.Sprintf("chart %q is not at hand", shown(ref)), "Nothing is fetched here.", "Run `weir lock` where the network is.")
	}
	got, err := s.Fetch(ctx, ref, pin)
	if err != nil {
		return nil, fetching(pin, err)
	}
	if err := check(ref, pin, got.SHA256, Digest(got.Files)); err != nil {
		return nil, err
	}
	return got.Files, nil
}

// isLocked compares what an entry of the lock says of a chart with the chart:
// people read the one and get the other.
func isLocked(pin schema.Locked, files []File) error {
	edited := func(detail string) error {
		return diag.Refuse(diag.Diagnostic{
			Summary: fmt.Sprintf("the lock of chart %q was edited", locked(pin)), Detail: detail,
			Remedy:  fmt.Sprintf("Take the entry back from an earlier commit, or remove it from %s and run `weir lock`.", schema.LockFile),
			Related: []diag.Related{{Range: pin.Range, Note: "the entry"}},
		})
	}
	if f := fileOf(files, "Chart.yaml"); f != nil && !saysVersion(f.Data, pin.Version) {
		var metadata struct {
			Version string `json:"version"`
		}
		if yaml.Unmarshal(f.Data, &metadata) == nil && metadata.Version != pin.Version {
			return edited(fmt.Sprintf("It says version %s, but what is locked is %s.", pin.Version, metadata.Version))
		}
	}
	if !meetsConstraint(pin.Constraint, pin.Version) {
		return edited(fmt.Sprintf("Its version %s does not meet %q.", pin.Version, pin.Constraint))
	}
	return nil
}

// saysVersion finds a version in a Chart.yaml as most are written, without
// parsing what is parsed again when the chart is loaded.
func saysVersion(text []byte, version string) bool {
	for line := range bytes.Lines(text) {
		if rest, ok := bytes.CutPrefix(line, []byte("version:")); ok {
			return string(bytes.Trim(bytes.TrimSpace(rest), `"'`)) == version
		}
	}
	return false
}

// Got is a chart that came from a source.
type Got struct {
	Files  []File // sorted
	SHA256 string // of the archive, or of the files where there is none
	Signer string // who signed the archive; empty where nobody asked
}

// Fetch gets a chart from the source and keeps it. Bytes that are not pin.SHA256,
// where it is set, are not unpacked; Pinned makes an error of them.
func (s *Stock) Fetch(ctx context.Context, ref schema.Chart, pin schema.Locked) (Got, error) {
	content, err := s.Source.Fetch(ctx, ref, pin)
	if err != nil {
		return Got{}, err
	}
	got := Got{Files: content.Files, Signer: content.Signer}
	if content.Archive != nil {
		digest := sha256.Sum256(content.Archive)
		got.SHA256 = hex.EncodeToString(digest[:])
		if pin.SHA256 != "" && got.SHA256 != pin.SHA256 {
			return got, nil // nothing of it is unpacked
		}
		if got.Files, err = Unpack(ref, content.Archive); err != nil {
			return got, err
		}
	} else {
		clean(got.Files)
	}
	sortFiles(got.Files)
	if got.SHA256 == "" {
		got.SHA256 = Digest(got.Files)
	}
	_ = s.Keep.Put(got.Files) // no room is no failure: it is fetched again next time
	return got, nil
}

// check compares what came with what is locked.
func check(ref schema.Chart, pin schema.Locked, sum, digest string) error {
	want, have := pin.SHA256, sum
	remedy := "Somebody has replaced the chart under the same version, or the lock was edited: find out which. " + acceptance(have)
	if sum == pin.SHA256 {
		want, have = pin.Files, digest
		remedy = fmt.Sprintf("The lock was edited: take the entry back from an earlier commit, or remove it from %s and run `weir lock`.", schema.LockFile)
	}
	if want == have {
		return nil
	}
	return diag.Refuse(diag.Diagnostic{
		Summary: fmt.Sprintf("chart %q is not what is locked", shown(ref)),
		Detail:  fmt.Sprintf("%s %s was fetched from %s.\nlocked:  %s\nfetched: %s", ref.Source, pin.Version, pin.Origin, want, have),
		Remedy:  remedy,
		Related: []diag.Related{{Range: pin.Range, Note: "the entry"}},
	})
}

// packed gives the files of a chart the places that people read.
func packed(ref schema.Chart, version, digest string, files []File) Packed {
	p := Packed{Root: withoutLogin(ref.Source), Digest: digest, Files: make([]File, len(files))}
	if at := strings.IndexByte(p.Root, '?'); at >= 0 {
		p.Root = p.Root[:at]
	}
	if version != "" && !strings.HasSuffix(p.Root, ".tgz") {
		p.Root += "@" + version
	}
	for i, f := range files {
		p.Files[i] = File{Name: f.Name, Path: p.Root + "/" + f.Name, Packed: true, Data: f.Data}
	}
	return p
}

// Unpack returns the files of a chart archive, within the limits that a chart
// of the project has.
func Unpack(ref schema.Chart, archive []byte) ([]File, error) {
	l := &loading{ref: ref}
	l.ref.Range = diag.Range{}
	files := l.archive(shown(ref), archive)
	if l.found.HasErrors() {
		for i := range l.found {
			l.found[i].Remedy = "Tell who publishes the chart, or take another version."
		}
		return nil, diag.Refuse(l.found...)
	}
	return files, nil
}

// Pins is the Library that goes by the lock. It never resolves: what is not
// locked is an error that says how to lock it.
type Pins struct {
	Lock  func() (schema.Lock, diag.List) // asked once, when something is wanted
	Stock *Stock

	once sync.Once
	lock schema.Lock
	bad  diag.List
}

// Files implements Library.
func (p *Pins) Files(ctx context.Context, ref schema.Chart) (Packed, error) {
	p.once.Do(func() { p.lock, p.bad = p.Lock() })
	if p.bad.HasErrors() {
		return Packed{}, diag.Refuse(p.bad...)
	}
	pin, found, stale := p.lock.Find(ref)
	switch {
	case !found:
		return Packed{}, refuse(fmt.Sprintf("chart %q is not locked", shown(ref)),
			fmt.Sprintf("%s has no entry for it; only `weir lock` and `weir update` decide which version is meant.", schema.LockFile),
			"Run `weir lock`, and commit the file.")
	case stale && pin.Signer == "" && ref.Repository.Keyring != "":
		return Packed{}, diag.Refuse(diag.Diagnostic{
			Summary: fmt.Sprintf("chart %q was locked without a look at its signature", shown(ref)),
			Detail:  fmt.Sprintf("The repository has a keyring (%s) now; version %s was locked before.", ref.Repository.Keyring, pin.Version),
			Remedy:  "Run `weir lock`, which checks it, and commit the file.",
			Related: []diag.Related{{Range: pin.Range, Note: "the entry"}},
		})
	case stale:
		return Packed{}, diag.Refuse(diag.Diagnostic{
			Summary: fmt.Sprintf("the lock of chart %q is stale", shown(ref)),
			Detail:  fmt.Sprintf("It was found in %s, but the repository is %s now.", pin.Repository, ref.LockRepository()),
			Remedy:  "Run `weir lock`, and commit the file.",
			Related: []diag.Related{{Range: pin.Range, Note: "the entry"}},
		})
	}
	return p.Stock.Pinned(ctx, ref, pin)
}

// fetching says of a failure to get a locked chart why anybody was asked.
func fetching(pin schema.Locked, err error) error {
	list, ok := diag.Refused(err)
	if !ok || len(list) != 1 {
		return err
	}
	list = slices.Clone(list)
	list[0].Detail = strings.TrimSpace(fmt.Sprintf("It is locked to %s, which is not at hand and has to be fetched. %s", pin.Version, list[0].Detail))
	return diag.RefuseFor(err, list...)
}
