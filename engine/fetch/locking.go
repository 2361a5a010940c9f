package fetch

import (
	"context"
	"fmt"
	"strings"
	"sync"

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

	mu      sync.Mutex
	decided map[string]func() (decision, error)
}

type decision struct {
	entry  schema.Locked // of the new lock
	packed Packed
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
	l.mu.Lock()
	decide := l.decided[ref.LockKey()]
	if decide == nil {
		decide = sync.OnceValues(func() (decision, error) { return l.decide(ctx, ref, l.newest) })
		if l.decided == nil {
			l.decided = map[string]func() (decision, error){}
		}
		l.decided[ref.LockKey()] = decide
	}
	l.mu.Unlock()
	d, err := decide()
	return d.packed, err
}

// Lock is what was decided, to be called when all is loaded.
func (l *Locking) Lock() schema.Lock {
	l.mu.Lock()
	defer l.mu.Unlock()
	var entries []schema.Locked
	for _, decide := range l.decided {
		if d, err := decide(); err == nil {
			entries = append(entries, d.entry)
		}
	}
	return schema.NewLock(entries)
}

func (l *Locking) decide(ctx context.Context, ref schema.Chart, newest bool) (decision, error) {
	old, locked, stale := l.Old.Find(ref)
	if locked && !stale && !newest {
		return l.as(ctx, ref, old)
	}
	if l.Stock.Source == nil {
		return decision{}, refuse(fmt.Sprintf("chart %q is not locked", shown(ref)), "Nothing is fetched here.", "Run `weir lock` where the network is.")
	}
	found, err := l.resolve(ctx, ref, old, stale && !newest)
	if err != nil {
		return decision{}, err
	}
	if locked && !stale {
		switch same, err := unchanged(ref, old, found); {
		case err != nil:
			return decision{}, err
		case same:
			return l.as(ctx, ref, old)
		}
	}
	entry := schema.Locked{
		Source: ref.Source, Constraint: ref.Version, Repository: ref.LockRepository(),
		Version: found.Version, Origin: found.Origin, SHA256: found.SHA256,
	}
	if known, ok := l.known(found); ok && (known.Signer != "" || ref.Repository.Keyring == "") { // only the constraint is new
		entry.Version, entry.Files, entry.Signer = known.Version, known.Files, known.Signer
		return l.as(ctx, ref, entry)
	}
	if l.Look && locked && !stale && found.Version != "" {
		d, err := l.as(ctx, ref, old)
		d.entry = entry
		return d, err
	}
	got, err := l.fetch(ctx, ref, found, entry)
	if err == nil && locked && !stale && got.entry.Version == old.Version && got.entry.Origin == old.Origin && got.entry.SHA256 != old.SHA256 {
		return decision{}, replaced(ref, old, got.entry.SHA256)
	}
	return got, err
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
	return decision{entry, p}, err
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

// unchanged tells whether what was found is what is locked. Other bytes under
// the same version are an error.
func unchanged(ref schema.Chart, old schema.Locked, found Found) (bool, error) {
	switch {
	case found.Version == "" && ref.Kind == schema.URL:
		return false, nil // only the bytes tell
	case found.Version != "" && found.Version != old.Version, found.Version == "" && found.Origin != old.Origin:
		return false, nil
	case found.SHA256 != "" && found.SHA256 != old.SHA256:
		return false, replaced(ref, old, found.SHA256)
	}
	return true, nil
}

func replaced(ref schema.Chart, old schema.Locked, now string) error {
	return diag.Refuse(diag.Diagnostic{
		Summary: fmt.Sprintf("chart %q was changed under the same version", shown(ref)),
		Detail:  fmt.Sprintf("%s is not what it was when it was locked.\nlocked: %s\nnow:    %s", old.Version, old.SHA256, now),
		Remedy:  fmt.Sprintf("Ask who publishes it why. To take what is there now, remove the entry from %s and run `weir lock`.", schema.LockFile),
		Related: []diag.Related{{Range: old.Range, Note: "the entry"}},
	})
}

// fetch locks what was found, by what it really is.
func (l *Locking) fetch(ctx context.Context, ref schema.Chart, found Found, entry schema.Locked) (decision, error) {
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
	if err := isVersion(ref, found, metadata.Version); err != nil {
		return decision{}, err
	}
	entry.Version, entry.SHA256, entry.Signer, entry.Files = metadata.Version, got.SHA256, got.Signer, Digest(got.Files)
	return decision{entry, packed(ref, entry.Version, entry.Files, got.Files)}, nil
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
	if ref.Version == "" {
		return nil
	}
	want, err := semver.NewConstraint(ref.Version)
	have, bad := semver.NewVersion(version)
	if err != nil || bad != nil || want.Check(have) {
		return nil
	}
	return refuse(fmt.Sprintf("chart %q is there in version %s only", shown(ref), version), "", "Change `version`, or name another chart.")
}

func equalVersions(a, b string) bool {
	if a == b {
		return true
	}
	v, err := semver.NewVersion(a)
	w, bad := semver.NewVersion(b)
	return err == nil && bad == nil && v.Equal(w) && strings.EqualFold(v.Metadata(), w.Metadata())
}
