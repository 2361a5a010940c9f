package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"
)

// journal names the trees between which the work tree is, from before the
// branch moves until the work tree has followed. A run that finds one knows
// which differences are a killed run's and not a person's.
type journal struct {
	Branch string `json:"branch"`
	From   string `json:"from"` // the commit before
	To     string `json:"to"`   // the commit after
	Old    string `json:"old"`  // the tree before
	New    string `json:"new"`  // the tree after
}

func (r *local) journalFile() string { return filepath.Join(r.gitDir, "weir", "checkout") }

func (r *local) writeJournal(j journal) error {
	data, err := json.Marshal(j)
	if err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	return r.disk.replace(r.journalFile(), r.journalFile()+".new", append(data, '\n'))
}

// unsettled tells whether a killed run left something to end. Locks of ours are
// only taken while there is a journal.
func (r *local) unsettled() bool {
	_, err := os.Lstat(r.journalFile())
	return !errors.Is(err, fs.ErrNotExist)
}

func (r *local) removeJournal() error { return r.disk.remove(r.journalFile()) }

// settle ends what a killed run began: it frees the locks that the run held,
// takes the work tree to where the branch is, and removes what it needed for that.
func (r *local) settle() error {
	if r.unfinished() {
		if err := r.disk.removeAll(r.workshop()); err != nil {
			return err
		}
	}
	locks := r.locks()
	for _, lock := range slices.Sorted(maps.Keys(locks)) {
		if err := r.disk.giveBack(lock, locks[lock]); err != nil {
			return err
		}
	}
	data, err := os.ReadFile(r.journalFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return r.disk.failed(err)
	}
	var j journal
	if err := json.Unmarshal(data, &j); err != nil {
		return r.tidy() // it appears whole, so this is nothing of ours
	}
	tip, err := r.tip()
	if err != nil {
		return err
	}
	// Before the branch moved nothing else had changed; and if it moved
	// elsewhere since, whoever moved it took the work tree along.
	if j.Branch != string(r.at.ref()) || j.To != tip.String() {
		return r.tidy()
	}
	if err := r.recallReflog(plumbing.NewHash(j.From), tip); err != nil {
		return err
	}
	edits, err := compareTrees(r.store, plumbing.NewHash(j.Old), plumbing.NewHash(j.New))
	if err != nil {
		return err
	}
	out, err := r.prepare(edits)
	if err != nil {
		return err
	}
	if err := r.checkout(r.store, out); err != nil {
		return err
	}
	return r.tidy()
}

// tidy removes what a killed run kept beside its journal, then the journal.
func (r *local) tidy() error {
	dir := filepath.Join(r.gitDir, "weir")
	for _, name := range []string{"checkout.new", "file", "index", "index.new", "ref", "ref.new"} {
		if err := r.disk.remove(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return r.removeJournal()
}
