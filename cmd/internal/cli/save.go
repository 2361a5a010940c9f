package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/weir-dev/weir/engine/checkout"
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
	".xml": func(r review.Review, s saving) ([]byte, error) { return r.JUnit(review.JUnitOptions{FailOn: s.failOn}) },
}

func formOf(name string) form { return forms[strings.ToLower(filepath.Ext(name))] }

// savable refuses names that do not say in which form to save, and those of
// directories.
func savable(names []string) error {
	for _, name := range names {
		if formOf(name) == nil {
			return fmt.Errorf("--save %s: the end of the name says in which form; use .md, .html, .json, .sarif or .xml", name)
		}
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			return fmt.Errorf("--save %s: this is a directory", name)
		}
	}
	return nil
}

// save writes a review into files, each whole or not at all.
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
	for _, name := range names {
		content, err := formOf(name)(r, s)
		if err == nil {
			err = whole.Write(name, content, 0o644)
		}
		if err != nil {
			return fmt.Errorf("--save %s: %w", name, err)
		}
	}
	return nil
}
