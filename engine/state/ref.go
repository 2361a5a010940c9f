package state

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/weir-dev/weir/engine/signing"
	"github.com/weir-dev/weir/schema/diag"
)

// branchCharacters are what validBranch takes, for people.
const branchCharacters = "letters a to z, digits and / - _ . + # =, without refs/heads/"

// validBranch is stricter than Git: no name that needs quoting anywhere, and
// none that would be refs/heads/refs/heads/main.
func validBranch(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part[0] == '.' || part[0] == '-' || strings.HasSuffix(part, ".") || strings.HasSuffix(part, ".lock") || strings.Contains(part, "..") {
			return false
		}
		for _, c := range part {
			if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune("-_.+#=", c)) {
				return false
			}
		}
	}
	return name != "HEAD" && !strings.HasPrefix(name, "refs/")
}

// tip is the commit of the branch; zero before the first.
func (r *local) tip() (plumbing.Hash, error) {
	if r.store == nil {
		return plumbing.ZeroHash, nil
	}
	r.store.mu.Lock()
	defer r.store.mu.Unlock()
	ref, err := r.store.git.Reference(r.at.ref())
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return plumbing.ZeroHash, nil
	}
	if err == nil && (ref.Type() != plumbing.HashReference || ref.Hash().IsZero()) {
		err = errors.New("it holds no commit")
	}
	if err != nil {
		return plumbing.ZeroHash, diag.Refuse(diag.Diagnostic{
			Summary: fmt.Sprintf("branch %s of the state repository cannot be read", r.at.Branch),
			Subject: diag.Range{File: r.at.Name + "/.git/" + string(r.at.ref())},
			Detail:  sentence(err.Error()) + ".",
			Remedy:  fmt.Sprintf("Look for the last commit with `git -C %s reflog %s` and set the branch to it.", r.at.Name, r.at.Branch),
		})
	}
	return ref.Hash(), nil
}

func (r *local) refFile() string {
	return filepath.Join(r.gitDir, filepath.FromSlash(string(r.at.ref())))
}

// ownRef is the file that our lock on the branch is a second name of.
func (r *local) ownRef() string { return filepath.Join(r.gitDir, "weir", "ref") }

// swap moves the branch if nobody else did, under the lock that Git takes, so
// that neither Git nor another run can come between.
func (r *local) swap(old, new plumbing.Hash, by signing.Identity, message string) error {
	file := r.refFile()
	lock := file + ".lock"
	// A new file each time: what a killed run left under this name may be the
	// branch itself.
	if err := r.disk.replace(r.ownRef(), r.ownRef()+".new", []byte(new.String()+"\n")); err != nil {
		return err
	}
	if err := r.disk.mkdir(filepath.Dir(file)); err != nil {
		return err
	}
	if err := r.disk.take(lock, r.ownRef()); errors.Is(err, errLocked) {
		return r.lockedBy(lock)
	} else if err != nil {
		return err
	}
	now, err := r.tip()
	if err == nil && now != old {
		err = movedOn(r.at, old, now)
	}
	if err != nil {
		return errors.Join(err, r.disk.remove(lock))
	}
	if err := r.disk.rename(lock, file); err != nil {
		return err
	}
	subject, _, _ := strings.Cut(message, "\n")
	for _, log := range r.reflogs() {
		r.reflog(log, old, new, by.String(), subject)
	}
	return r.disk.remove(r.ownRef())
}

// reflogs are the files of `git reflog` that tell of our branch.
func (r *local) reflogs() []string {
	logs := filepath.Join(r.gitDir, "logs")
	return []string{filepath.Join(logs, "HEAD"), filepath.Join(logs, filepath.FromSlash(string(r.at.ref())))}
}

// reflog adds a line, as every Git command that moves a branch does. The branch
// has moved, so a failure is none of the run's.
func (r *local) reflog(log string, old, new plumbing.Hash, by, subject string) {
	if r.disk.mkdir(filepath.Dir(log)) != nil {
		return
	}
	r.disk.about("open", log)
	f, err := os.OpenFile(log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return
	}
	r.disk.about("append", log)
	fmt.Fprintf(f, "%s %s %s\tweir: %s\n", old, new, by, subject)
	f.Close()
}

// recallReflog adds the lines that a run was killed before.
func (r *local) recallReflog(old, new plumbing.Hash) error {
	data, err := r.store.read(plumbing.CommitObject, new)
	if err != nil {
		return err
	}
	head, message, _ := strings.Cut(string(data), "\n\n")
	_, by, _ := strings.Cut(head, "\ncommitter ")
	by, _, _ = strings.Cut(by, "\n")
	subject, _, _ := strings.Cut(message, "\n")
	for _, log := range r.reflogs() {
		if lines, err := os.ReadFile(log); err == nil && bytes.Contains(lines, []byte(" "+new.String()+" ")) || err != nil && !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		r.reflog(log, old, new, by, subject)
	}
	return nil
}

// lockedBy refuses to go on while a Git command works in the repository.
func (r *local) lockedBy(lock string) error {
	name := r.at.Name + "/" + relative(r.at.Dir, lock)
	return diag.Refuse(diag.Diagnostic{
		Summary: "the state repository is locked by another Git command",
		Subject: diag.Range{File: name},
		Detail:  "Git makes this file while it changes the repository and removes it when it is done.",
		Remedy:  fmt.Sprintf("Wait for it to end. If no Git command is running, one was killed: remove %s.", name),
	})
}

// relative is a path below dir with slashes.
func relative(dir, path string) string {
	rel, err := filepath.Rel(dir, path)
	if err != nil {
		return filepath.ToSlash(path)
	}
	return filepath.ToSlash(rel)
}
