package fetch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/gofrs/flock"

	"github.com/weir-dev/weir/engine/failpoint"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// VendorWriter changes what is vendored, never by a link out of the project.
// Each chart appears whole, by rename. One process at a time has a writer: the
// system takes the lock from who ends, however he does, and only its file may be
// left.
type VendorWriter struct {
	root *os.Root
	lock *flock.Flock
}

// vendorLock is the file in VendorDir that is locked.
const vendorLock = ".weir-lock"

// lockAgain is after how long a lock is asked for once more.
const lockAgain = 20 * time.Millisecond

// NewVendorWriter opens the directory of a project for writing. It waits for
// whoever writes there.
func NewVendorWriter(ctx context.Context, dir string) (*VendorWriter, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("vendor charts: %w", err)
	}
	for {
		failpoint.Before("mkdir", VendorDir)
		if err := root.MkdirAll(VendorDir, 0o755); err != nil {
			root.Close()
			return nil, diag.RefuseFor(err, diag.Diagnostic{
				Summary: VendorDir + " cannot be written", Detail: reason(err), Remedy: "It has to be a directory of the project, and no link that leads out of it.",
			})
		}
		at := filepath.Join(dir, filepath.FromSlash(VendorDir), vendorLock)
		l := flock.New(at, flock.SetPermissions(0o644))
		failpoint.Before("lock", at)
		_, err := l.TryLockContext(ctx, lockAgain)
		switch {
		case ctx.Err() != nil:
			root.Close()
			return nil, ctx.Err()
		case errors.Is(err, fs.ErrNotExist):
			continue // who was here before has taken the empty directory away
		case err != nil:
			root.Close()
			return nil, fmt.Errorf("vendor charts: %w", err)
		}
		mine, err := l.Stat()
		there, gone := os.Stat(at)
		if err == nil && gone == nil && os.SameFile(mine, there) {
			return &VendorWriter{root: root, lock: l}, nil
		}
		l.Close() // who was here before has taken the file away
	}
}

// Close lets the directory go. Nothing of the lock stays, nor of the directory
// where there is no chart in it.
func (w *VendorWriter) Close() error {
	failpoint.Before("remove", path.Join(VendorDir, vendorLock))
	_ = w.root.Remove(path.Join(VendorDir, vendorLock))
	w.prune(map[string]bool{VendorDir: true, path.Dir(VendorDir): true})
	w.lock.Close()
	return w.root.Close()
}

// Compare is Vendor.Compare for who writes: the lock is no rest of another run.
func (w *VendorWriter) Compare(v *Vendor, lock schema.Lock) (*Vendoring, error) {
	todo, err := v.Compare(lock)
	if err == nil {
		todo.Rest = slices.DeleteFunc(todo.Rest, func(name string) bool { return name == vendorLock })
	}
	return todo, err
}
