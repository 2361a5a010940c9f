package cli

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/weir-dev/weir/cmd/internal/ui"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/schema/diag"
)

// skeleton is the project that `weir init` writes.
//
//go:embed all:skeleton
var skeleton embed.FS

type initView struct {
	Directory string   `json:"directory"`
	Created   []string `json:"created"`
	Ignored   bool     `json:"ignored"` // whether state/ was added to .gitignore
}

func (v initView) Human(w io.Writer, style ui.Style) {
	for _, file := range v.Created {
		fmt.Fprintf(w, "%s %s\n", style.Created("created"), file)
	}
	if v.Ignored {
		fmt.Fprintf(w, "%s .gitignore: /state/\n", style.Changed("changed"))
	}
	fmt.Fprintf(w, "\nNext: weir -C %s hydrate\n", shellWord(v.Directory))
}

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init [DIRECTORY]",
		Short: "Write a small working project",
		Long:  "Write a small working project into DIRECTORY, by default that of -C, and have the\nproject's own Git repository ignore state/. Nothing that exists is overwritten.",
		Args:  cobra.MaximumNArgs(1),
		RunE: a.run(func(_ context.Context, args []string) (view, error) {
			dir := a.flags.dir
			if len(args) == 1 {
				dir = args[0]
			}
			result, found := writeSkeleton(dir)
			if err := a.report(found); err != nil {
				return nil, err
			}
			return result, nil
		}),
	}
}

// writeSkeleton writes all of the project, or nothing of it.
func writeSkeleton(dir string) (initView, diag.List) {
	result := initView{Directory: dir, Created: []string{}}
	files, err := fs.Sub(skeleton, "skeleton")
	if err != nil {
		return result, diag.List{unwritten(dir, err)}
	}
	var names, taken []string
	err = fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		names = append(names, path)
		at := filepath.Join(dir, filepath.FromSlash(path))
		switch _, err := os.Lstat(at); {
		case err == nil:
			taken = append(taken, filepath.ToSlash(at))
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
		return nil
	})
	switch {
	case err != nil:
		return result, diag.List{unwritten(dir, err)}
	case taken != nil:
		d := diag.Errorf(diag.Range{File: taken[0]}, "The new project would overwrite a file").Detailf("Nothing was written.")
		for _, file := range taken[1:] {
			d = d.Also(diag.Range{File: file}, "as well as this one")
		}
		return result, diag.List{d.Remedyf("Choose an empty directory.")}
	}
	var made undo
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err == nil {
			err = made.file(filepath.Join(dir, filepath.FromSlash(name)), content)
		}
		if err != nil {
			made.remove()
			return result, diag.List{unwritten(dir, err)}
		}
		result.Created = append(result.Created, name)
	}
	if result.Ignored, err = state.EnsureIgnored(dir); err != nil {
		made.remove()
		return result, diag.List{unwritten(dir, err)}
	}
	return result, nil
}

// unwritten says why a project cannot be written into a directory.
func unwritten(dir string, err error) diag.Diagnostic {
	at, cause := dir, err
	if place := (*fs.PathError)(nil); errors.As(err, &place) {
		at, cause = place.Path, place.Err
	}
	if errors.Is(err, syscall.ENOTDIR) {
		for parent := filepath.Dir(at); parent != at; at, parent = parent, filepath.Dir(parent) {
			if info, err := os.Stat(at); err == nil && !info.IsDir() {
				break
			}
		}
	}
	d := diag.Errorf(diag.Range{File: filepath.ToSlash(at)}, "The project cannot be written here").
		Detailf("%s Nothing was left behind.", diag.Sentence(cause.Error()))
	switch {
	case errors.Is(err, fs.ErrPermission):
		return d.Remedyf("Choose a directory that you may write to.")
	case errors.Is(err, syscall.EROFS):
		return d.Remedyf("Choose a directory on a file system that can be written.")
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, fs.ErrExist):
		return d.Remedyf("Something that is no directory is in the way: move it, or choose another directory.")
	case errors.Is(err, syscall.EISDIR):
		return d.Remedyf("A directory is in the way of a file: move it, or choose another directory.")
	}
	return d.Remedyf("Choose another directory, or repair this one.")
}

// undo is what was made so far, in order.
type undo []string

// file writes a file that is not there yet, and the directories on the way.
func (u *undo) file(path string, content []byte) error {
	if err := u.directory(filepath.Dir(path)); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	*u = append(*u, path)
	_, err = file.Write(content)
	return errors.Join(err, file.Close())
}

func (u *undo) directory(path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil
	case err == nil:
		return &fs.PathError{Op: "mkdir", Path: path, Err: syscall.ENOTDIR}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if parent := filepath.Dir(path); parent != path {
		if err := u.directory(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(path, 0o755); err != nil {
		return err
	}
	*u = append(*u, path)
	return nil
}

// remove takes away what was made. Directories that somebody else has put
// something into meanwhile stay.
func (u undo) remove() {
	for _, path := range slices.Backward(u) {
		_ = os.Remove(path)
	}
}

// shellWord quotes what a shell would not take as one word.
func shellWord(text string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_./", c)
	}
	if text != "" && strings.IndexFunc(text, func(c rune) bool { return !plain(c) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
