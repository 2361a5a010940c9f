package fetch

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
	"helm.sh/helm/v3/pkg/chart"
	"sigs.k8s.io/yaml"

	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// Locking makes a lock: everything that is loaded through one of its libraries
// is in it afterwards. Each reference is decided once, by the library that is
// asked first.
type Locking struct {
	Old   schema.Lock
	Stock *Stock
	Look  bool // only look what is newer: content stays that of the old lock
	// Accept are the SHA-256 of charts that are taken though they were changed
	// under the same version.
	Accept []string

	decided memo[decision] // by LockKey
}

type decision struct {
	entry  schema.Locked // of the new lock
	packed Packed
	moved  string // the tag that was moved
}

// Missing is the library that keeps what is locked and locks what is not.
func (l *Locking) Missing() Library { return locking{l, false} }

// Newest is the library that moves everything as far as its constraint allows.
func (l *Locking) Newest() Library { return locking{l, true} }

type locking struct {
	*Locking
	newest bool
}

// Files implements Library.
func (l locking) Files(ctx context.Context, ref schema.Chart) (Packed, error) {
	d, err := l.decided.get(ref.LockKey(), func() (decision, error) { return l.decide(ctx, ref, l.newest) })
	return d.packed, err
}

// Lock is what was decided, to be called when all is loaded.
func (l *Locking) Lock() schema.Lock {
	var entries []schema.Locked
	for _, d := range l.decided.all() {
		entries = append(entries, d.entry)
	}
	return schema.NewLock(entries)
}

// MovedTag is the tag that an entry was found by, where it is somewhere else now
// than it was when it was locked.
func (l *Locking) MovedTag(e schema.Locked) string { return l.decided.peek(e.Key()).moved }

func (l *Locking) decide(ctx context.Context, ref schema.Chart, newest bool) (decision, error) {
	old, locked, stale := l.Old.Find(ref)
	if locked && !stale && !newest {
		return l.as(ctx, ref, old)
	}
	if l.Stock.Source == nil {
		return decision{}, refuse(fmt.Sprintf("chart %q is not locked", shown(ref)), "Nothing is fetched here.", "Run `weir lock` where the network is.")
	}
	found, err := l.resolve(ctx, ref, old, stale && !newest)
	switch {
	case err != nil:
		return decision{}, err
	case locked && !stale:
		return l.again(ctx, ref, old, found)
	}
	return l.first(ctx, ref, found)
}

// first decides where nothing is locked that could be compared.
func (l *Locking) first(ctx context.Context, ref schema.Chart, found Found) (decision, error) {
	entry := entryOf(ref, found)
	if known, ok := l.known(found); ok && (known.Signer != "" || ref.Repository.Keyring == "") { // only the constraint is new
		entry.Version, entry.Files, entry.Signer = known.Version, known.Files, known.Signer
		return l.as(ctx, ref, entry)
	}
	return l.fetch(ctx, ref, found)
}

// again decides between what is locked and what was found. Other bytes under the
// same version are taken only by who says which.
func (l *Locking) again(ctx context.Context, ref schema.Chart, old schema.Locked, found Found) (decision, error) {
	another := found.Version != "" && found.Version != old.Version || found.Version == "" && found.Origin != old.Origin
	changed := !another && found.SHA256 != "" && found.SHA256 != old.SHA256
	switch {
	case changed && !l.accepts(found.SHA256):
		return decision{}, replaced(ref, old, found.SHA256)
	case l.Look && found.Version != "" && (another || changed):
		d, err := l.as(ctx, ref, old)
		d.entry = entryOf(ref, found)
		return d, err
	case another:
		d, err := l.first(ctx, ref, found)
		d.moved = found.Tag
		return d, err
	case changed:
	case found.SHA256 == "" && (ref.Kind == schema.URL || len(l.Accept) > 0):
		// Only the bytes tell.
	default:
		d, err := l.as(ctx, ref, old)
		if err == nil || len(l.Accept) == 0 {
			return d, err
		}
		// What is there now is neither what is locked nor what the repository says.
	}
	d, err := l.fetch(ctx, ref, found)
	if e := d.entry; err == nil && e.Version == old.Version && e.SHA256 != old.SHA256 && !l.accepts(e.SHA256) {
		return decision{}, replaced(ref, old, e.SHA256)
	}
	return d, err
}

func (l *Locking) accepts(sha256 string) bool { return slices.Contains(l.Accept, sha256) }

// entryOf is what a lock says of what was found, without its content.
func entryOf(ref schema.Chart, found Found) schema.Locked {
	return schema.Locked{
		Source: ref.Source, Constraint: ref.Version, Repository: ref.LockRepository(),
		Version: found.Version, Origin: found.Origin, SHA256: found.SHA256,
	}
}

// resolve asks what a reference stands for. Where a repository has moved, same
// tries the version that was locked first: who moves it does not ask for another.
func (l *Locking) resolve(ctx context.Context, ref schema.Chart, old schema.Locked, same bool) (Found, error) {
	if same {
		exact := ref
		exact.Version = old.Version
		if found, err := l.Stock.Source.Resolve(ctx, exact); err == nil && found.Version == old.Version {
			return found, nil
		}
	}
	return l.Stock.Source.Resolve(ctx, ref)
}

// as decides for an entry that is whole.
func (l *Locking) as(ctx context.Context, ref schema.Chart, entry schema.Locked) (decision, error) {
	p, err := l.Stock.Pinned(ctx, ref, entry)
	return decision{entry: entry, packed: p}, err
}

// known is an entry of the old lock for the same bytes.
func (l *Locking) known(found Found) (schema.Locked, bool) {
	for _, e := range l.Old.Charts {
		if e.Origin == found.Origin && e.SHA256 == found.SHA256 && found.SHA256 != "" {
			return e, true
		}
	}
	return schema.Locked{}, false
}

func replaced(ref schema.Chart, old schema.Locked, now string) error {
	return diag.Refuse(diag.Diagnostic{
		Summary: fmt.Sprintf("chart %q was changed under the same version", shown(ref)),
		Detail:  fmt.Sprintf("%s is not what it was when it was locked.\nlocked: %s\nnow:    %s", old.Version, old.SHA256, now),
		Remedy:  "Ask who publishes it why. " + acceptance(now),
		Related: []diag.Related{{Range: old.Range, Note: "the entry"}},
	})
}

// acceptance is how a person takes other bytes under the same version.
func acceptance(now string) string {
	return fmt.Sprintf("To take what is there now, and with the name of a release nothing else:\n  weir update [RELEASE] --accept %s", now)
}

// fetch locks what was found, by what it really is.
func (l *Locking) fetch(ctx context.Context, ref schema.Chart, found Found) (decision, error) {
	entry := entryOf(ref, found)
	pin := entry
	pin.SHA256 = "" // compared below: it is the index that would be wrong, not the lock
	got, err := l.Stock.Fetch(ctx, ref, pin)
	if err != nil {
		return decision{}, err
	}
	if found.SHA256 != "" && found.SHA256 != got.SHA256 {
		return decision{}, refuse(fmt.Sprintf("chart %q is not what its repository says", shown(ref)),
			fmt.Sprintf("%s has another digest than the repository gives for it.\nrepository: %s\nfetched:    %s", found.Origin, found.SHA256, got.SHA256),
			"Tell who runs the repository: its index is wrong, or the archive was replaced.")
	}
	metadata := &chart.Metadata{}
	if f := fileOf(got.Files, "Chart.yaml"); f == nil || yaml.Unmarshal(f.Data, metadata) != nil || metadata.Version == "" {
		return decision{}, refuse(fmt.Sprintf("%q is no chart", shown(ref)), fmt.Sprintf("%s has no Chart.yaml with a version.", found.Origin), "Name a chart; a repository or a directory above it is none.")
	}
	if ref.Kind == schema.Repository && metadata.Name != ref.Name {
		return decision{}, refuse(fmt.Sprintf("chart %q has another name than its repository says", shown(ref)),
			fmt.Sprintf("The repository calls it %s, its Chart.yaml %s.", ref.Name, metadata.Name), "Tell who runs the repository.")
	}
	if err := isVersion(ref, found, metadata.Version); err != nil {
		return decision{}, err
	}
	entry.Version, entry.SHA256, entry.Signer, entry.Files = metadata.Version, got.SHA256, got.Signer, Digest(got.Files)
	return decision{entry: entry, packed: packed(ref, entry.Version, entry.Files, got.Files)}, nil
}

// isVersion compares the version of a chart with what was promised and asked for.
func isVersion(ref schema.Chart, found Found, version string) error {
	if found.Version != "" {
		if equalVersions(found.Version, version) {
			return nil
		}
		return refuse(fmt.Sprintf("chart %q has another version than its repository says", shown(ref)),
			fmt.Sprintf("The repository calls it %s, its Chart.yaml %s.", found.Version, version), "Tell who runs the repository.")
	}
	if meetsConstraint(ref.Version, version) {
		return nil
	}
	return refuse(fmt.Sprintf("chart %q is there in version %s only", shown(ref), version), "", "Change `version`, or name another chart.")
}

// meetsConstraint tells whether a version is one that a constraint allows, as far
// as both can be read.
func meetsConstraint(constraint, version string) bool {
	want, err := semver.NewConstraint(constraint)
	have, bad := semver.NewVersion(version)
	return constraint == version || err != nil || bad != nil || want.Check(have)
}

func equalVersions(a, b string) bool {
	if a == b {
		return true
	}
	v, err := semver.NewVersion(a)
	w, bad := semver.NewVersion(b)
	return err == nil && bad == nil && v.Equal(w) && strings.EqualFold(v.Metadata(), w.Metadata())
}
