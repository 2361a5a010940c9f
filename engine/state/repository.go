package state

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/rogpeppe/go-internal/lockedfile"

	"github.com/weir-dev/weir/schema/diag"
)

// Location says where the state of a cluster is. Name is the directory as a
// person knows it, relative to the project: "state/prod-eu".
type Location struct {
	Dir    string
	Name   string
	Branch string
}

// Default is the embedded state of a cluster: state/<cluster> of the project.
// An empty branch means main.
func Default(project, cluster, branch string) Location {
	if branch == "" {
		branch = "main"
	}
	return Location{Dir: filepath.Join(project, "state", cluster), Name: "state/" + cluster, Branch: branch}
}

func (l Location) ref() plumbing.ReferenceName { return plumbing.NewBranchReferenceName(l.Branch) }

// Repository is the state of one cluster.
type Repository struct {
	at     Location
	gitDir string
	store  *store // nil before the first commit made the repository
	disk   disk
}

// Open looks at a location and refuses what it must not touch. It changes
// nothing: a repository that does not exist yet is created by the first Commit.
func Open(ctx context.Context, at Location) (*Repository, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r := &Repository{at: at, gitDir: filepath.Join(at.Dir, ".git"), disk: disk{name: at.Name}}
	if !validBranch(at.Branch) {
		return nil, refuse(diag.Diagnostic{
			Summary: fmt.Sprintf("%q is no name for a branch", at.Branch),
			Subject: diag.Range{File: at.Name},
			Remedy:  "Give the state block a branch that `git check-ref-format --branch` accepts, such as main.",
		})
	}
	exists, err := at.inspect()
	if err != nil || !exists {
		return r, err
	}
	r.store = openStore(r.gitDir, at.Name)
	if err := r.ready(); err != nil {
		return nil, errors.Join(err, r.store.close())
	}
	return r, nil
}

// Close releases open files.
func (r *Repository) Close() error {
	if r.store == nil {
		return nil
	}
	return r.store.close()
}

// Head is the last commit of the branch, or an empty snapshot before the first.
func (r *Repository) Head(ctx context.Context) (*Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := &Snapshot{name: r.at.Name, store: r.store}
	tip, err := r.tip()
	if err != nil || tip.IsZero() {
		return s, err
	}
	s.commit = tip
	s.root, err = treeOf(r.store, tip)
	return s, err
}

// Commit writes a change: objects, then the branch, if it still is where the
// change began, then the work tree. An empty change makes no commit, but
// finishes the work tree of a run that was killed. Before anything can be seen
// it refuses to overwrite a person's edit.
func (r *Repository) Commit(ctx context.Context, c *Change, message string, who Signatures) (Result, error) {
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	if r.store == nil {
		if c.Empty() {
			return Result{}, nil
		}
		if err := r.create(); err != nil {
			return Result{}, err
		}
	}
	if c.Empty() && !r.unsettled() {
		// Nothing to write, so it may well be a place that cannot be written.
		return Result{Old: c.Base.Commit(), New: c.Base.Commit()}, nil
	}
	unlock, err := r.lock()
	if err != nil {
		return Result{}, err
	}
	defer unlock()
	for _, step := range []func() error{r.ready, r.settle, r.unlocked} {
		if err := step(); err != nil {
			return Result{}, err
		}
	}
	tip, err := r.tip()
	if err != nil {
		return Result{}, err
	}
	if tip != c.Base.commit {
		return Result{}, r.movedOn(c.Base.commit, tip)
	}
	if c.Empty() {
		return Result{Old: hexOf(tip), New: hexOf(tip)}, nil
	}
	if c.pool == nil {
		return Result{}, errors.New("commit: the change is a preview")
	}

	c.pool.base = r.store
	edits, err := compareTrees(c.pool, c.Base.root, c.root)
	if err != nil {
		return Result{}, err
	}
	out, err := r.prepare(edits)
	if err != nil {
		return Result{}, err
	}
	tree := c.root
	if tree.IsZero() { // the last release is gone
		tree = plumbing.NewHash(emptyTree)
		c.pool.add(plumbing.TreeObject, tree, nil)
	}
	commit := encodeCommit(tree, tip, who, message)
	id := hashObject(plumbing.CommitObject, commit)
	c.pool.add(plumbing.CommitObject, id, commit)
	if err := r.writeObjects(c.pool); err != nil {
		return Result{}, err
	}
	j := journal{Branch: string(r.at.ref()), From: tip.String(), To: id.String(), Old: c.Base.root.String(), New: c.root.String()}
	if err := r.writeJournal(j); err != nil {
		return Result{}, err
	}
	if err := r.swap(tip, id, who.Committer, message); err != nil {
		return Result{}, err
	}
	result := Result{Old: hexOf(tip), New: hexOf(id)}
	if err := r.checkout(c.pool, out); err != nil {
		return result, err
	}
	return result, r.removeJournal()
}

// Result is what Commit did. Old and New are equal where it made no commit. A
// New beside an error is a commit whose work tree the next run will finish.
type Result struct {
	Old Hash `json:"old"` // empty before the first commit
	New Hash `json:"new"`
}

// lock keeps other runs out until it is released or this process ends.
func (r *Repository) lock() (unlock func(), err error) {
	dir := filepath.Join(r.gitDir, "weir")
	if err := r.disk.mkdir(dir); err != nil {
		return nil, err
	}
	r.disk.about("lock", dir)
	unlock, err = lockedfile.MutexAt(filepath.Join(dir, "lock")).Lock()
	return unlock, r.disk.failed(err)
}

func (r *Repository) movedOn(from, to plumbing.Hash) error {
	return refuse(diag.Diagnostic{
		Summary: "the state repository has moved on during the run",
		Subject: diag.Range{File: r.at.Name},
		Detail:  fmt.Sprintf("Branch %s was at %s when the run began and is at %s now: somebody else hydrated or committed.", r.at.Branch, shown(from), shown(to)),
		Remedy:  "Hydrate again.",
	})
}

func shown(id plumbing.Hash) string {
	if id.IsZero() {
		return "no commit"
	}
	return id.String()[:12]
}

// treeOf is the tree of a commit.
func treeOf(r reader, commit plumbing.Hash) (plumbing.Hash, error) {
	data, err := r.read(plumbing.CommitObject, commit)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	line, _, _ := strings.Cut(string(data), "\n") // a commit begins with its tree
	id, ok := strings.CutPrefix(line, "tree ")
	if !ok || !plumbing.IsHash(id) {
		return plumbing.ZeroHash, fmt.Errorf("commit %s has no tree", commit)
	}
	if id == emptyTree {
		return plumbing.ZeroHash, nil
	}
	return plumbing.NewHash(id), nil
}

// emptyTree is the tree of a commit without files; elsewhere in this package
// that is the zero id.
const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

// encodeCommit is the content of a commit; the parent is zero for the first.
func encodeCommit(tree, parent plumbing.Hash, who Signatures, message string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "tree %s\n", tree)
	if !parent.IsZero() {
		fmt.Fprintf(&b, "parent %s\n", parent)
	}
	fmt.Fprintf(&b, "author %s\ncommitter %s\n\n%s", who.Author, who.Committer, message)
	if !strings.HasSuffix(message, "\n") {
		b.WriteByte('\n')
	}
	return []byte(b.String())
}
