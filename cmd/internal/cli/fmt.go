package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weir-dev/weir/cmd/internal/ui"
	"github.com/weir-dev/weir/engine/whole"
	"github.com/weir-dev/weir/schema"
)

type fmtView struct {
	Files []string `json:"files"` // those that were, or with --check would be, rewritten
	check bool
}

func (v fmtView) Human(w io.Writer, _ ui.Style) {
	for _, file := range v.Files {
		fmt.Fprintln(w, file)
	}
}

func (v fmtView) WouldChange() bool { return v.check && len(v.Files) > 0 }

func (a *app) fmtCommand() *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use:   "fmt [FILE|DIRECTORY…]",
		Short: "Rewrite HCL files in the canonical layout",
		Long:  "Rewrite HCL files in the canonical layout and print the names of those that changed.\nWithout arguments: every *.hcl below the project. \"-\" formats standard input to standard output.",
		RunE: a.run(func(_ context.Context, args []string) (view, error) {
			if len(args) == 1 && args[0] == "-" {
				return nil, a.formatStream()
			}
			if len(args) == 0 {
				args = []string{a.flags.dir}
			}
			files, err := hclFiles(args)
			if err != nil {
				return nil, err
			}
			result := fmtView{Files: []string{}, check: check}
			for _, file := range files {
				changed, err := a.formatFile(file, check)
				if err != nil {
					return nil, err
				}
				if changed {
					result.Files = append(result.Files, file)
				}
			}
			if a.found.HasErrors() {
				return result, errFound
			}
			return result, nil
		}),
	}
	cmd.Flags().BoolVar(&check, "check", false, "change nothing; exit 2 if a file would change")
	return cmd
}

func (a *app) formatStream() error {
	source, err := io.ReadAll(a.streams.In)
	if err != nil {
		return fmt.Errorf("read standard input: %w", err)
	}
	a.texts["<standard input>"] = schema.Shown("<standard input>", source)
	formatted, found := schema.Format("<standard input>", source)
	if err := a.report(found); err != nil {
		return err
	}
	_, err = a.streams.Out.Write(formatted)
	return err
}

// formatFile rewrites one file in place, by rename, unless it only checks.
func (a *app) formatFile(file string, check bool) (changed bool, err error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return false, err
	}
	a.texts[filepath.ToSlash(file)] = schema.Shown(filepath.ToSlash(file), source)
	formatted, found := schema.Format(filepath.ToSlash(file), source)
	if a.report(found) != nil || bytes.Equal(source, formatted) {
		return false, nil
	}
	if check {
		return true, nil
	}
	info, err := os.Stat(file)
	if err != nil {
		return false, err
	}
	return true, whole.Write(file, formatted, info.Mode().Perm())
}

// hclFiles lists the HCL files that the arguments name. State repositories and
// hidden directories hold none of the user's.
func hclFiles(args []string) ([]string, error) {
	var files []string
	for _, arg := range args {
		err := filepath.WalkDir(arg, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			name := entry.Name()
			if entry.IsDir() {
				if path != arg && (strings.HasPrefix(name, ".") || name == "state") {
					return filepath.SkipDir
				}
				return nil
			}
			if path == arg || strings.HasSuffix(name, ".hcl") {
				files = append(files, path)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}
