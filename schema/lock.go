package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/schema/diag"
)

// LockFile is the file that holds what charts are locked to.
const LockFile = lockFile

// lockFormat is the version of the lock file's format.
const lockFormat = 1

// Lock is what weir.lock.hcl says: for every chart that is not in the project,
// the exact one. The zero value is empty.
type Lock struct {
	Charts []Locked // by source and constraint
}

// Locked is one chart block of the lock: which chart a constraint stands for
// until somebody asks for a newer one.
type Locked struct {
	Source     string // as the project writes it; of a sub-chart the canonical URL
	Constraint string // as written; may be empty
	Version    string // of the chart's own Chart.yaml
	Repository string // the URL of the repository that it was found in; empty where none is involved
	Origin     string // where its bytes are, exactly, without credentials: a URL; with the digest for OCI, the commit for Git
	SHA256     string // hex, of the archive's bytes; the same as Files where there is no archive
	Signer     string // who signed the archive; empty where its repository has no keyring
	Files      string // hex, fetch.Digest of the chart's files: what the cache and vendored copies are checked against
	Range      diag.Range
}

// Key names an entry: no two of a lock have the same.
func (e Locked) Key() string { return e.Source + "\x00" + e.Constraint }

// LockKey is the key of the entry that a reference needs.
func (c Chart) LockKey() string { return c.Source + "\x00" + c.Version }

// Find is the entry for a reference. It is stale where the repository of that
// name has another URL by now, or a keyring that nobody has asked.
func (l Lock) Find(c Chart) (entry Locked, found, stale bool) {
	i, found := slices.BinarySearchFunc(l.Charts, c, func(e Locked, c Chart) int {
		return cmp.Or(strings.Compare(e.Source, c.Source), strings.Compare(e.Constraint, c.Version))
	})
	if !found {
		return Locked{}, false, false
	}
	e := l.Charts[i]
	return e, true, e.Repository != c.LockRepository() || e.Signer == "" && c.Repository.Keyring != ""
}

// LockRepository is the URL that an entry for the reference records: only that
// of a repository that the source does not spell out.
func (c Chart) LockRepository() string {
	if strings.Contains(c.Source, "://") || c.Kind == Git {
		return ""
	}
	return c.Repository.URL
}

// NewLock is a lock of entries in any order.
func NewLock(charts []Locked) Lock {
	sorted := slices.Clone(charts)
	slices.SortFunc(sorted, func(a, b Locked) int {
		return cmp.Or(strings.Compare(a.Source, b.Source), strings.Compare(a.Constraint, b.Constraint))
	})
	return Lock{Charts: sorted}
}

// Format is the text of weir.lock.hcl: one block a chart, sorted, every value on
// a line of its own, so that branches that lock different charts merge.
func (l Lock) Format() []byte {
	var b strings.Builder
	b.WriteString("# Written by `weir lock` and `weir update`; commit it.\n")
	fmt.Fprintf(&b, "format = %d\n", lockFormat)
	for _, e := range NewLock(l.Charts).Charts {
		fmt.Fprintf(&b, "\nchart %s %s {\n", quoted(e.Source), quoted(e.Constraint))
		line := func(name, value string) {
			if value != "" {
				fmt.Fprintf(&b, "  %-10s = %s\n", name, quoted(value))
			}
		}
		line("version", e.Version)
		line("repository", e.Repository)
		line("origin", e.Origin)
		line("sha256", e.SHA256)
		if e.Files != e.SHA256 {
			line("files", e.Files)
		}
		line("signer", e.Signer)
		b.WriteString("}\n")
	}
	return laidOut(b.String())
}
