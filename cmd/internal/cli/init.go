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
	"strings"

	"github.com/spf13/cobra"

	"github.com/weir-dev/weir/cmd/internal/ui"
	"github.com/weir-dev/weir/engine/state"
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
			return writeSkeleton(dir)
		}),
	}
}

func writeSkeleton(dir string) (view, error) {
	files, err := fs.Sub(skeleton, "skeleton")
	if err != nil {
		return nil, err
	}
	result := initView{Directory: dir, Created: []string{}}
	var names []string
	err = fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, path)
			if _, statErr := os.Lstat(filepath.Join(dir, path)); statErr == nil {
				err = fmt.Errorf("%s exists already: nothing was written; choose an empty directory", filepath.Join(dir, path))
			} else if !errors.Is(statErr, fs.ErrNotExist) {
				err = statErr
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return nil, err
		}
		result.Created = append(result.Created, name)
	}
	result.Ignored, err = state.EnsureIgnored(dir)
	return result, err
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
