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
	if j.Branch != string(r.at.ref()) {
		return r.tidy()
	}
	edits, err := compareTrees(r.store, plumbing.NewHash(j.Old), plumbing.NewHash(j.New))
	if err != nil {
		return err
	}
	if j.To != tip.String() {
		if err := r.undo(edits, plumbing.NewHash(j.Old), tip); err != nil {
			return err
		}
		return r.tidy()
	}
	if err := r.recallReflog(plumbing.NewHash(j.From), tip); err != nil {
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

// undo takes back what a killed run did to the work tree of a branch that is not
// where that run wanted it: the run did not come so far, or a person moved the
// branch since. What is exactly as that run would have left it is its own;
// anything else is left for prepare to judge.
func (r *local) undo(edits []edit, old, tip plumbing.Hash) error {
	if _, err := os.Lstat(r.ownIndex()); errors.Is(err, fs.ErrNotExist) {
		return nil // it did not begin with the work tree, or it was done with it
	}
	var root plumbing.Hash
	if !tip.IsZero() {
		var err error
		if root, err = treeOf(r.store, tip); err != nil {
			return err
		}
	}
	since, err := compareTrees(r.store, old, root)
	if err != nil {
		return err
	}
	other := map[string]bool{}
	for _, e := range since {
		other[e.path] = true
	}
	ix, err := r.readIndex()
	if err != nil {
		return err
	}
	look := r.looker(edits)
	out := checkoutPlan{index: ix}
	for _, e := range edits {
		if other[e.path] || ix.look(e) != "" {
			continue
		}
		seen, err := look.at(e)
		if err != nil {
			return r.disk.failed(err)
		}
		if seen.done {
			seen.done = false
			out.edits = append(out.edits, edit{path: e.path, old: e.new, new: e.old})
			out.seen = append(out.seen, seen)
		}
	}
	return r.checkout(r.store, out)
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
