package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/weir-dev/weir/engine/checkout"
	"github.com/weir-dev/weir/engine/failpoint"
	"github.com/weir-dev/weir/engine/review"
	"github.com/weir-dev/weir/engine/risk"
	"github.com/weir-dev/weir/engine/whole"
)

// saving is what the forms of a saved review say beside the review.
type saving struct {
	report string // the HTML page, for those that point to it
	root   string // the project's directory in its repository
	failOn risk.Level
}

// form writes a review.
type form func(r review.Review, s saving) ([]byte, error)

// forms are those that --save knows, by the end of a file's name.
var forms = map[string]form{
	".md": func(r review.Review, s saving) ([]byte, error) {
		return r.Markdown(review.MarkdownOptions{Name: r.Project, Report: s.report}), nil
	},
	".html": func(r review.Review, _ saving) ([]byte, error) { return r.HTML() },
	".json": func(r review.Review, _ saving) ([]byte, error) { return r.JSON() },
	".sarif": func(r review.Review, s saving) ([]byte, error) {
		return r.SARIF(review.SARIFOptions{Version: version(), Root: s.root})
	},
	".xml": func(r review.Review, s saving) ([]byte, error) {
		return r.JUnit(review.JUnitOptions{FailOn: s.failOn, Root: s.root})
	},
}

func formOf(name string) form { return forms[strings.ToLower(filepath.Ext(name))] }

// savable refuses what would fail only when everything is rendered: names that do
// not say in which form to save, those of directories, and places where nothing
// can be written.
func savable(names []string) error {
	for _, name := range names {
		if formOf(name) == nil {
			return fmt.Errorf("--save %s: the end of the name says in which form; use .md, .html, .json, .sarif or .xml", name)
		}
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			return fmt.Errorf("--save %s: this is a directory", name)
		}
		if err := writable(name); err != nil {
			return unsaved(name, err)
		}
	}
	return nil
}

// writable begins a file as it will be begun, and gives it up. Directories that are
// missing are made with the file itself.
func writable(name string) error {
	dir := filepath.Dir(name)
	for {
		_, err := os.Stat(dir)
		if err == nil {
			break
		}
		if above := filepath.Dir(dir); !errors.Is(err, fs.ErrNotExist) || above == dir {
			return err
		}
		dir = filepath.Dir(dir)
	}
	f, err := whole.New(filepath.Join(dir, filepath.Base(name)), 0o644)
	if err == nil {
		f.Drop()
	}
	return err
}

// unsaved says why a review is not in a file, without the names of system calls
// and of unfinished files.
func unsaved(name string, err error) error {
	place, link := (*fs.PathError)(nil), (*os.LinkError)(nil)
	switch {
	case errors.As(err, &link):
		err = link.Err
	case errors.As(err, &place) && whole.IsUnfinished(place.Path):
		err = fmt.Errorf("no file can be made in %s: %w", filepath.Dir(place.Path), place.Err)
	case errors.As(err, &place):
		err = fmt.Errorf("%s: %w", place.Path, place.Err)
	}
	return fmt.Errorf("--save %s: %w", name, err)
}

// save writes a review into files, each whole or not at all; one that fails does
// not keep the others back.
func (a *app) save(r review.Review, names []string, failOn risk.Level) error {
	s := saving{failOn: failOn}
	if repository, err := checkout.Of(a.flags.dir); err == nil && repository.Exists() {
		s.root, _ = repository.Below(a.flags.dir) // else the project counts as all there is
	}
	for _, name := range names {
		if strings.EqualFold(filepath.Ext(name), ".html") {
			s.report = filepath.Base(name)
			break
		}
	}
	var failed []error
	for _, name := range names {
		content, err := formOf(name)(r, s)
		if err == nil {
			err = write(name, content)
		}
		if err != nil {
			failed = append(failed, unsaved(name, err))
		}
	}
	return errors.Join(failed...)
}

func write(name string, content []byte) error {
	dir := filepath.Dir(name)
	failpoint.Before("mkdir", dir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return whole.Write(name, content, 0o644)
}
