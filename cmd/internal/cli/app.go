// Package cli maps command lines to the verbs of the engine: one file per
// command, flags to options, results to views, outcomes to exit codes. Nothing
// is decided here; root.go lists the commands, app.go runs any of them.
package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/weir-dev/weir/cmd/internal/ui"
	"github.com/weir-dev/weir/engine"
	"github.com/weir-dev/weir/engine/cache"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// The exit codes, all of them. `weir help` documents the same list.
const (
	exitOK          = 0
	exitFailed      = 1   // a diagnostic of severity error, or a failure of the machine
	exitWouldChange = 2   // --check found something to do
	exitInterrupted = 130 // Ctrl-C
)

// view is the result of a command: people read Human, machines its JSON encoding.
type view interface {
	Human(w io.Writer, style ui.Style)
}

// checked is a view of a command that only looked: it tells whether there was
// anything to do.
type checked interface{ WouldChange() bool }

// paged is a view that may be longer than a screen.
type paged interface{ Paged() bool }

// app is one run of one command.
type app struct {
	streams *ui.Streams
	flags   globals

	project *schema.Project // once loaded; where snippets come from
	origin  *engine.Origin  // of a project that was fetched

	connections *remote.Access
	texts       map[string][]byte // files that are read without a project
	found       diag.List
}

// globals are the flags that every command takes.
type globals struct {
	dir          string
	fromGit      string
	environments []string
	clusters     []string
	selectors    []string
	vars         []string
	varFiles     []string
	jobs         int
	output       string
	noColour     bool
	quiet        bool
	verbose      bool
}

// errFound says that the diagnostics tell what went wrong.
var errFound = errors.New("diagnostics with errors")

// Main runs one command line and returns the exit code.
func Main(streams *ui.Streams, args []string) (code int) {
	a := &app{streams: streams, texts: map[string][]byte{}}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	defer func() {
		if bug := recover(); bug != nil {
			fmt.Fprintf(streams.Err, "Error: weir has a bug: %v\nPlease report it with the command you ran.\n", bug)
			if a.flags.verbose {
				_, _ = streams.Err.Write(debug.Stack())
			}
			code = exitFailed
		}
	}()
	root := a.root()
	root.SetArgs(args)
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.Err)
	err := root.ExecuteContext(ctx)
	return a.conclude(ctx, nil, err)
}

// outcome carries a finished command through cobra, which knows only errors. A
// command that did a part of its work has a result and an error.
type outcome struct {
	result view
	err    error
}

func (outcome) Error() string { return "finished" }

// conclude prints what a run found and returned, and decides on the exit code.
func (a *app) conclude(ctx context.Context, result view, err error) int {
	var finished outcome
	if errors.As(err, &finished) {
		result, err = finished.result, finished.err
	}
	code := exitOK
	switch {
	case ctx.Err() != nil && err != nil:
		err, code = errors.New("interrupted"), exitInterrupted
		a.found = nil // what a run says that was cut short
	case err != nil || a.found.HasErrors():
		code = exitFailed
	default:
		if c, ok := result.(checked); ok && c.WouldChange() {
			code = exitWouldChange
		}
	}
	switch place := (*fs.PathError)(nil); {
	case errors.Is(err, errFound):
		err = nil
	case err != nil && errors.As(err, &place) && err.Error() == place.Error():
		err = fmt.Errorf("%s: %w", place.Path, place.Err) // without the name of a system call
	}
	var text bytes.Buffer
	style := a.streams.StyleOf(a.streams.ErrTTY, a.flags.noColour)
	if a.flags.output == "json" {
		a.composeJSON(&text, result, err)
	} else if result != nil {
		result.Human(&text, a.streams.StyleOf(a.streams.OutTTY, a.flags.noColour))
	}
	write := func(text []byte) error { _, err := a.streams.Out.Write(text); return err }
	if p, ok := result.(paged); ok && p.Paged() && a.flags.output != "json" {
		write = a.streams.Page
	}
	if failed := write(text.Bytes()); failed != nil {
		fmt.Fprintf(a.streams.Err, "%s print the result: %v\n", style.Removed("Error:"), failed)
		code = exitFailed
	}
	if a.flags.output != "json" {
		a.explain(style, err)
	}
	return code
}

// explain tells a person what was found and what failed.
func (a *app) explain(style ui.Style, err error) {
	_ = a.shown().Format(a.streams.Err, diag.Options{Sources: a.source, Color: style.Colour, Width: a.streams.ErrText()})
	if err != nil {
		fmt.Fprintf(a.streams.Err, "%s %s\n", style.Removed("Error:"), err)
	}
	if bug := (*engine.PanicError)(nil); errors.As(err, &bug) && a.flags.verbose {
		_, _ = a.streams.Err.Write(bug.Stack)
	}
}

// shown is what a person reads of what was found.
func (a *app) shown() diag.List {
	if !a.flags.quiet {
		return a.found
	}
	var errors diag.List
	for _, d := range a.found {
		if d.Severity == diag.Error {
			errors = append(errors, d)
		}
	}
	return errors
}

// document is what every command prints with -o json.
type document struct {
	Result      view      `json:"result"`
	Diagnostics diag.List `json:"diagnostics"`
	Error       string    `json:"error,omitempty"`
}

func (a *app) composeJSON(w io.Writer, result view, err error) {
	doc := document{Result: result, Diagnostics: a.found.Sorted()}
	if doc.Diagnostics == nil {
		doc.Diagnostics = diag.List{}
	}
	if err != nil {
		doc.Error = err.Error()
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(doc) // to a buffer, of our own types
}

func (a *app) source(file string) []byte {
	if text, ok := a.texts[file]; ok || a.project == nil {
		return text
	}
	return a.project.Sources(file)
}

// report keeps diagnostics for the end of the run, and is an error where one of
// them stops it.
func (a *app) report(found diag.List) error {
	a.found = append(a.found, found...)
	if found.HasErrors() {
		return errFound
	}
	return nil
}

// run makes a cobra command's function of one that returns a view.
func (a *app) run(command func(ctx context.Context, args []string) (view, error)) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if a.flags.output != "human" && a.flags.output != "json" {
			return fmt.Errorf("-o %s is no output form: use human or json", a.flags.output)
		}
		if a.flags.jobs < 1 {
			return fmt.Errorf("--jobs %d: use 1 or more", a.flags.jobs)
		}
		if err := given(cmd); err != nil {
			return err
		}
		result, err := command(cmd.Context(), args)
		return outcome{result, err}
	}
}

// meaningful are flags whose absence means something else: a variable of a
// pipeline that is empty must not decide on it.
var meaningful = []string{"branch", "out", "from-git", "author", "signing-key", "allowed-signers", "keyring", "base", "head", "state", "fail-on", "save"}

// given refuses flags that stand there without a value.
func given(cmd *cobra.Command) error {
	for _, name := range meaningful {
		if f := cmd.Flags().Lookup(name); f != nil && f.Changed && f.Value.String() == "" {
			return fmt.Errorf("--%s is empty: give it a value, or leave it out", name)
		}
	}
	return nil
}

// load reads the project of -C with the variables of the command line.
func (a *app) load() (*schema.Project, error) {
	vars, err := pairs(a.flags.vars)
	if err != nil {
		return nil, err
	}
	project, found := schema.Load(schema.Options{
		Dir: a.flags.dir, FS: a.files(), Vars: vars, VarFiles: a.flags.varFiles, Environ: os.Environ(), Version: released(),
	})
	a.project = project
	if err := a.conclusion(a.origin.Explain(a.origin.Marked(found, project), nil)); err != nil {
		return nil, err
	}
	return project, nil
}

// conclusion joins what a verb found with its error, diagnostics first.
func (a *app) conclusion(found diag.List, err error) error {
	if reported := a.report(found); reported != nil {
		return reported
	}
	return err
}

// begin loads the project and says how to work on it. Where the project has
// mistakes, it adds those that only an evaluation finds: a person wants them all.
func (a *app) begin(ctx context.Context) (engine.Run, error) {
	if err := a.fetch(ctx); err != nil {
		return engine.Run{}, err
	}
	_, mistaken := a.load()
	if mistaken != nil && (a.project == nil || !a.project.Whole()) {
		return engine.Run{}, mistaken
	}
	selection, err := a.selection()
	if err != nil {
		return engine.Run{}, err
	}
	run := engine.Run{
		Project: a.project, Dir: a.flags.dir, Origin: a.origin, Selection: selection, Jobs: a.flags.jobs, Version: version(), Build: build(),
		Outside: a.outside(),
	}
	if mistaken != nil {
		_, more, _ := engine.List(ctx, run)
		for _, d := range a.origin.Marked(more, a.project) {
			if d.Subject.File != "" { // others are about the command line: the project may get right what it asks for
				a.found = append(a.found, d)
			}
		}
		return engine.Run{}, mistaken
	}
	return run, nil
}

// openCache opens the user's cache and says where copies of remote repositories
// are kept; where nothing can be kept, both are for this run only.
func (a *app) openCache() (store *cache.Store, clones string, err error) {
	if dir, err := os.UserCacheDir(); err == nil {
		clones := filepath.Join(dir, "weir")
		if store, err := cache.Open(filepath.Join(clones, "hydrate")); err == nil {
			return store, clones, nil
		}
	}
	if store, err = cache.Temporary(); err != nil {
		return nil, "", err
	}
	return store, store.Dir(), nil
}

// selection is what -e, -c and -l say.
func (a *app) selection() (plan.Selection, error) {
	selector, found := plan.ParseSelector(a.flags.selectors)
	return plan.Selection{Environments: a.flags.environments, Clusters: a.flags.clusters, Selector: selector}, a.report(found)
}

func defaultJobs() int { return runtime.GOMAXPROCS(0) }
