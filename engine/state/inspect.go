package state

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"

	"github.com/weir-dev/weir/schema/diag"
)

// inspect tells whether there is a repository at a location. What is there and
// is no repository to write to is refused.
func (l Location) inspect() (exists bool, err error) {
	refuseAs := func(summary, detail, remedy string) error {
		return diag.Refuse(diag.Diagnostic{Summary: summary, Subject: diag.Range{File: l.Name}, Detail: detail, Remedy: remedy})
	}
	info, err := os.Lstat(l.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && leadsNowhere(filepath.Dir(l.Dir)):
		return false, refuseAs("the directory of the state repositories is a link to nowhere",
			fmt.Sprintf("%s is a symbolic link, and there is no directory where it leads.", path.Dir(l.Name)),
			"Make that directory, or remove the link.")
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case errors.Is(err, syscall.ENOTDIR):
		return false, refuseAs("a file is where the directory of the state repository belongs",
			fmt.Sprintf("Weir keeps a Git repository in the directory %s, and %s is no directory.", l.Name, path.Dir(l.Name)),
			"Move the file away.")
	case err != nil:
		return false, refuseAs("the state repository cannot be read", answered(err),
			"Give the user that runs Weir the right to read and write it.")
	case info.Mode()&fs.ModeSymlink != 0:
		return false, refuseAs("the state repository is a symbolic link",
			"Weir writes here, and the link might lead anywhere.",
			fmt.Sprintf("Move the repository to %s itself, or remove the link.", l.Name))
	case !info.IsDir():
		return false, refuseAs("a file is where the state repository belongs",
			fmt.Sprintf("Weir keeps a Git repository in the directory %s.", l.Name),
			"Move the file away.")
	}
	files, err := os.ReadDir(l.Dir)
	if err != nil {
		return false, refuseAs("the state repository cannot be read", answered(err),
			"Give the user that runs Weir the right to read and write it.")
	}
	if len(files) == 0 {
		return false, nil
	}
	has := map[string]fs.DirEntry{}
	for _, f := range files {
		has[f.Name()] = f
	}
	git := has[".git"]
	switch {
	case git == nil && has["HEAD"] != nil && has["objects"] != nil && has["refs"] != nil:
		return false, refuseAs("the state repository is a bare one",
			"The embedded state is a repository with a work tree, so that people can read the files.",
			fmt.Sprintf("Move it away and put a clone in its place: `git clone <where it is now> %s`.", l.Name))
	case git == nil:
		return false, refuseAs("the state directory has files but is no Git repository",
			fmt.Sprintf("It holds %s. Weir would have to write among files that are not its own.", some(files)),
			"Move them away: Weir makes the repository itself. If they are an older state, clone or restore its repository there.")
	case !git.IsDir():
		return false, refuseAs("the state repository is a linked work tree or a submodule",
			"Its .git is no directory but points to another repository.",
			fmt.Sprintf("Put a repository of its own there, such as `git clone <url> %s`.", l.Name))
	}
	for _, name := range []string{"HEAD", "objects", "refs"} {
		if _, err := os.Stat(filepath.Join(l.Dir, ".git", name)); err != nil {
			return false, refuseAs("the state repository is not complete",
				fmt.Sprintf("Its .git has no readable %s.", name),
				"Restore it from a clone or a backup, or move the directory away and hydrate again: the manifests come back, the history does not.")
		}
	}
	return true, nil
}

// leadsNowhere tells whether a path is a symbolic link to what is not there. That
// something is there now is not enough: another run may have made the directory
// since.
func leadsNowhere(path string) bool {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// answered is what the system said, without the path, which differs from
// machine to machine.
func answered(err error) string {
	var pathError *fs.PathError
	var linkError *os.LinkError
	switch {
	case errors.As(err, &pathError):
		err = pathError.Err
	case errors.As(err, &linkError):
		err = linkError.Err
	}
	return fmt.Sprintf("The system answered: %v.", err)
}

// some names the first few files of a directory.
func some(files []fs.DirEntry) string {
	var names []string
	for _, f := range files[:min(3, len(files))] {
		names = append(names, f.Name())
	}
	if more := len(files) - len(names); more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names, ", "), more)
	}
	return strings.Join(names, ", ")
}

// inProgress is what Git leaves in its directory while an operation waits for a
// person, and how to get out of it.
var inProgress = []struct{ file, what, out string }{
	{"MERGE_HEAD", "a merge", "git -C %s merge --abort"},
	{"rebase-merge", "a rebase", "git -C %s rebase --abort"},
	{"rebase-apply", "a rebase or am", "git -C %s rebase --abort"},
	{"CHERRY_PICK_HEAD", "a cherry-pick", "git -C %s cherry-pick --abort"},
	{"REVERT_HEAD", "a revert", "git -C %s revert --abort"},
	{"BISECT_LOG", "a bisect", "git -C %s bisect reset"},
}

// ready refuses a repository in a state that a person has to leave first.
func (r *local) ready() error {
	if err := r.readable(); err != nil {
		return err
	}
	name, place := r.at.Name, diag.Range{File: r.at.Name}
	for _, op := range inProgress {
		if _, err := os.Lstat(filepath.Join(r.gitDir, op.file)); err == nil {
			return diag.Refuse(diag.Diagnostic{
				Summary: fmt.Sprintf("%s is in progress in the state repository", op.what),
				Subject: place,
				Detail:  fmt.Sprintf("Git left .git/%s there.", op.file),
				Remedy:  fmt.Sprintf("Finish it, or abort it with `"+op.out+"`.", name),
			})
		}
	}
	r.store.mu.Lock()
	head, err := r.store.git.Reference(plumbing.HEAD)
	r.store.mu.Unlock()
	if err == nil && head.Type() != plumbing.SymbolicReference && head.Hash().IsZero() {
		err = errors.New("it names neither a branch nor a commit")
	}
	if err != nil {
		return diag.Refuse(diag.Diagnostic{
			Summary: "HEAD of the state repository cannot be read",
			Subject: diag.Range{File: name + "/.git/HEAD"},
			Detail:  sentence(err.Error()) + ".",
			Remedy:  fmt.Sprintf("Put `ref: %s` there.", r.at.ref()),
		})
	}
	if head.Type() != plumbing.SymbolicReference || head.Target() != r.at.ref() {
		on := "a detached HEAD"
		if head.Type() == plumbing.SymbolicReference {
			on = "branch " + head.Target().Short()
		}
		tip, err := r.tip()
		if err != nil {
			return err
		}
		remedy := fmt.Sprintf("Run `git -C %s switch %s`.", name, r.at.Branch)
		if tip.IsZero() {
			remedy = fmt.Sprintf("There is no branch %s yet: run `git -C %s switch -c %s` to go on from what is there, or correct the branch of the state block.", r.at.Branch, name, r.at.Branch)
		}
		return diag.Refuse(diag.Diagnostic{
			Summary: fmt.Sprintf("the state repository is not on branch %s", r.at.Branch),
			Subject: place,
			Detail:  fmt.Sprintf("Its work tree is on %s, and Weir updates the work tree with the branch.", on),
			Remedy:  remedy,
		})
	}
	return r.begun()
}

// begun refuses a branch that is gone while its work tree is still there: to
// begin anew would leave the history behind without a word.
func (r *local) begun() error {
	if tip, err := r.tip(); err != nil || !tip.IsZero() {
		return err
	}
	ix, err := r.readIndex()
	if err != nil {
		return err
	}
	lost := false
	for _, e := range ix.entries {
		lost = lost || strings.HasPrefix(e.name, metadataDir+"/")
	}
	if !lost {
		return nil
	}
	name := r.at.Name
	remedy := fmt.Sprintf("To begin anew, move %s away.", name)
	if last := r.lastCommit(); last != "" {
		remedy = fmt.Sprintf("Set the branch to the last commit: `git -C %s update-ref %s %s`. To begin anew instead, move %s away.", name, r.at.ref(), last, name)
	}
	return diag.Refuse(diag.Diagnostic{
		Summary: fmt.Sprintf("branch %s of the state repository is gone", r.at.Branch),
		Subject: diag.Range{File: name},
		Detail:  "There is no such branch, but Git's index still has the files of its releases. A new branch would have none of its history.",
		Remedy:  remedy,
	})
}

// lastCommit is where HEAD was last, as far as Git remembers it.
func (r *local) lastCommit() string {
	data, err := os.ReadFile(filepath.Join(r.gitDir, "logs", "HEAD"))
	if err != nil {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	for _, line := range slices.Backward(lines) {
		fields := strings.Fields(line)
		if len(fields) > 1 && plumbing.IsHash(fields[1]) && r.store.has(plumbing.NewHash(fields[1])) {
			return fields[1]
		}
	}
	return ""
}

// keepsModes tells whether Git looks at the modes of files.
func (r *local) keepsModes() bool {
	r.store.mu.Lock()
	defer r.store.mu.Unlock()
	c, err := r.store.git.Config()
	return err == nil && !strings.EqualFold(c.Raw.Section("core").Option("filemode"), "false")
}

// unlocked refuses to go on while a Git command works in the repository, or
// after one was killed. The caller keeps other runs out, so a lock of ours is
// one that settle has freed already.
func (r *local) unlocked() error {
	for _, lock := range slices.Sorted(maps.Keys(r.locks())) {
		if _, err := os.Lstat(lock); err == nil {
			return r.lockedBy(lock)
		}
	}
	return nil
}

// locks are the lock files of Git that a commit takes, with the file of ours
// that each is a second name of.
func (r *local) locks() map[string]string {
	return map[string]string{
		filepath.Join(r.gitDir, "index.lock"): r.ownIndex(),
		r.refFile() + ".lock":                 r.ownRef(),
	}
}

// readable refuses a repository of a form that go-git would misread.
func (r *local) readable() error {
	r.store.mu.Lock()
	c, err := r.store.git.Config()
	r.store.mu.Unlock()
	place := diag.Range{File: r.at.Name + "/.git/config"}
	if err != nil {
		return diag.Refuse(diag.Diagnostic{
			Summary: "the configuration of the state repository cannot be read",
			Subject: place,
			Detail:  sentence(err.Error()) + ".",
			Remedy:  fmt.Sprintf("Correct it until `git -C %s config --list` reads it.", r.at.Name),
		})
	}
	if c.Core.IsBare {
		return diag.Refuse(diag.Diagnostic{
			Summary: "the state repository is a bare one",
			Subject: place,
			Detail:  "core.bare is true, but the embedded state has a work tree, so that people can read the files.",
			Remedy:  fmt.Sprintf("Run `git -C %s config core.bare false` and `git -C %s reset --hard`.", r.at.Name, r.at.Name),
		})
	}
	if format := extension(c, "objectformat"); format != "" && !strings.EqualFold(format, "sha1") {
		return diag.Refuse(diag.Diagnostic{
			Summary: fmt.Sprintf("the state repository uses %s object ids", strings.ToUpper(format)),
			Subject: place,
			Detail:  "Weir reads and writes repositories with SHA-1 object ids only.",
			Remedy:  fmt.Sprintf("Make it again: move it away and let Weir create it, or `git init --object-format=sha1 %s`.", r.at.Name),
		})
	}
	for _, o := range c.Raw.Section("extensions").Options {
		switch strings.ToLower(o.Key) {
		case "objectformat", "noop", "preciousobjects", "worktreeconfig":
		default:
			return diag.Refuse(diag.Diagnostic{
				Summary: fmt.Sprintf("the state repository uses the Git extension %s", o.Key),
				Subject: place,
				Detail:  fmt.Sprintf("It is set to %q, which changes how the repository is stored, and Weir does not know it.", o.Value),
				Remedy:  fmt.Sprintf("Put a plain clone in its place: `git clone --no-local <url> %s`.", r.at.Name),
			})
		}
	}
	return nil
}

func extension(c *config.Config, key string) string {
	for _, o := range c.Raw.Section("extensions").Options {
		if strings.EqualFold(o.Key, key) {
			return o.Value
		}
	}
	return ""
}
