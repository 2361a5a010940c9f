package state

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// EnsureIgnored adds "/state/" to the .gitignore of a project unless a line of
// it says so already; it tells whether it wrote.
func EnsureIgnored(project string) (bool, error) {
	path := filepath.Join(project, ".gitignore")
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("ignore state/: %w", err)
	}
	for line := range strings.Lines(string(data)) {
		switch strings.TrimRight(line, " \t\r\n") {
		case "state", "state/", "/state", "/state/", "/state/*", "state/*":
			return false, nil
		}
	}
	if len(data) > 0 && !bytes.HasSuffix(data, []byte("\n")) {
		data = append(data, '\n')
	}
	data = append(data, "/state/\n"...)
	// Whole or not at all: it is a person's file.
	next := path + ".weir-new"
	if err := os.WriteFile(next, data, 0o666); err != nil {
		return false, fmt.Errorf("ignore state/: %w", err)
	}
	if err := os.Rename(next, path); err != nil {
		return false, errors.Join(fmt.Errorf("ignore state/: %w", err), os.Remove(next))
	}
	return true, nil
}
