package schema

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
)

// absent tells whether there simply is no such file: the only case in which
// another one, or none, may stand in for it.
func absent(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// why says in a sentence, without anything of this machine, what kept a file from being read.
func why(name string, err error) string {
	var pathErr *fs.PathError
	switch {
	case absent(err):
		return fmt.Sprintf("There is no %s.", name)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Sprintf("%s cannot be read: permission denied.", name)
	case errors.Is(err, errIsDirectory):
		return name + " is a directory."
	case errors.Is(err, errNotRegular):
		return name + " is not a regular file."
	case leadsOut(err):
		return fmt.Sprintf("%s is a symbolic link that leads out of the project.", name)
	case errors.Is(err, syscall.ENOTDIR):
		return fmt.Sprintf("What %s names as a directory is a file.", name)
	case errors.As(err, &pathErr):
		return fmt.Sprintf("%s cannot be read: %s.", name, pathErr.Err)
	default:
		return fmt.Sprintf("%s cannot be read: %s.", name, err)
	}
}

// remedy says what to do about a file that cannot be read. missing is what to
// do where there is none.
func (f *files) remedy(name string, err error, missing string) string {
	switch {
	case absent(err):
		return sentences(f.neighbour(name), missing)
	case errors.Is(err, fs.ErrPermission):
		return "Give yourself the right to read it, and to enter the directories on the way."
	case errors.Is(err, errIsDirectory):
		return "Name a file in it."
	case errors.Is(err, errNotRegular):
		return "Put a regular file in its place."
	case leadsOut(err):
		return "Put a copy of the file in its place: a project reads nothing outside of its directory."
	case errors.Is(err, syscall.ELOOP):
		return "Put the file in the place of the link, which leads back to itself."
	}
	return "Correct the path; it is relative to the file that names it."
}

func leadsOut(err error) bool {
	var pathErr *fs.PathError
	return errors.As(err, &pathErr) && strings.Contains(pathErr.Err.Error(), "escapes")
}
