package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/weir-dev/weir/cmd/internal/ui"
	"github.com/weir-dev/weir/engine"
	"github.com/weir-dev/weir/engine/review"
	"github.com/weir-dev/weir/engine/risk"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// diffFlags are what the command line says of a diff.
type diffFlags struct {
	engine.DiffOptions
	failOn        string
	save          []string
	full, noPager bool
}

func (a *app) diffCommand() *cobra.Command {
	var given diffFlags
	cmd := &cobra.Command{
		Use:   "diff",
		Short: "Show what changes, where, why, and what breaks",
		Long: `Show what changes in the clusters: which objects and fields, where it comes from,
which workloads restart, and what breaks.

Without flags, the project as it is on disk is compared with the clusters'
state repositories: what ` + "`weir hydrate`" + ` would commit. Nothing is written.

--base REV compares with another revision of the project instead: both are
rendered by this weir, out of Git's objects, and no state repository is needed.
As in a pull request, it is not REV itself but the commit where HEAD (or --head)
left the history of REV, so that what others merged since does not show; --exact
takes REV itself. Where REV is in the history of HEAD, the two are one.

--state A..B compares two commits of the state repositories, and renders nothing.
Of Secrets no value is shown, as always; beside those it knows the values that the
project's sensitive variables have today, and those that they had in the commits which
the two states were hydrated from, where this clone has them; not what was given from
outside then, by --var or a file.

--save writes the review into a file as well, in the form that its name ends in:
.md (for a pull request), .html, .json, .sarif, .xml (JUnit). Repeat it for
several; directories that are missing are made.

A review begins with its verdict:
  blocked     with something that fails, or destroys what nobody can bring back
  review      with something that somebody should have meant
  changes     with nothing of that
  routine     nothing but version labels, checksums and the like, and no restart
  no changes

Exit codes:
  0  nothing changes; with --fail-on: nothing of that level or worse was found
  2  something changes, and be it what a state records of a release beside its
     objects; with --fail-on: something of that level or worse was found
  1  an error: nobody could tell`,
		Example: `  weir diff                              # what would hydrate change?
  weir diff -e production -l tier=web
  weir diff --base origin/main --save review.md --save review.html
  weir diff --base origin/main --fail-on block
  weir diff --base v1.4.0 --head v1.5.0
  weir diff --state HEAD~1..HEAD -c prod-eu`,
		Args: takes(),
		RunE: a.run(func(ctx context.Context, _ []string) (view, error) {
			return a.diff(ctx, given)
		}),
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&given.Base, "base", "", "compare with this revision of the project: a branch, a tag, a commit")
	flags.StringVar(&given.Head, "head", "", "with --base: the revision to look at, instead of the directory")
	flags.BoolVar(&given.Exact, "exact", false, "with --base: REV itself, not where the history of HEAD left it")
	flags.StringVar(&given.States, "state", "", "A..B: compare two commits of the state repositories")
	flags.BoolVar(&given.full, "full", false, "show routine changes, whole objects and long values too")
	flags.BoolVar(&given.noPager, "no-pager", false, "do not show a long review through PAGER, or less (PAGER=cat does the same)")
	flags.StringVar(&given.failOn, "fail-on", "", "block or caution: exit 2 only where something of that level was found")
	flags.StringArrayVar(&given.save, "save", nil, "write the review into a file: .md, .html, .json, .sarif or .xml; may be repeated")
	flags.BoolVar(&given.NoCauses, "no-causes", false, "do not look for where changes come from, which renders the steps between")
	_ = cmd.RegisterFlagCompletionFunc("fail-on", cobra.FixedCompletions([]string{"block", "caution"}, cobra.ShellCompDirectiveNoFileComp))
	for _, name := range []string{"base", "head"} {
		_ = cmd.RegisterFlagCompletionFunc(name, a.completeRevision)
	}
	_ = cmd.RegisterFlagCompletionFunc("state", cobra.NoFileCompletions)
	_ = cmd.MarkFlagFilename("save", "md", "html", "json", "sarif", "xml")
	return cmd
}

func (a *app) diff(ctx context.Context, given diffFlags) (view, error) {
	o, failOn := given.DiffOptions, risk.Level(given.failOn)
	if err := comparable(o, failOn, a.flags.fromGit != ""); err != nil {
		return nil, err
	}
	if err := savable(given.save); err != nil {
		return nil, err
	}
	if o.Head != "" {
		origin, found, err := engine.Revision(a.flags.dir, o.Head)
		if err := a.conclusion(found, err); err != nil {
			return nil, err
		}
		a.origin = origin
	}
	run, err := a.begin(ctx)
	if err != nil {
		return nil, err
	}
	if run.Cache, o.Clones, err = a.openCache(); err != nil {
		return nil, err
	}
	defer run.Cache.Close()
	o.Access, o.Now, o.Load, o.Command = a.access(), time.Now(), a.loadAlike, a.again(o)
	progress := ui.NewProgress(a.streams, a.flags.quiet)
	if progress != nil {
		run.Progress = progress
	}
	r, found, err := engine.Diff(ctx, run, o)
	progress.Close()
	if err := a.conclusion(found, err); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err // before anything is saved
	}
	shown := diffView{r, failOn, a.streams.OutText(), given.full, !given.noPager}
	return shown, a.save(*r, given.save, failOn) // what cannot be kept can still be read
}

// comparable refuses flags that contradict each other.
func comparable(o engine.DiffOptions, failOn risk.Level, fetched bool) error {
	switch {
	case o.States != "" && (o.Base != "" || o.Head != ""):
		return errors.New("--state and --base or --head do not go together: --state compares commits of the state repositories, the others revisions of the project")
	case o.Head != "" && o.Base == "":
		return errors.New("--head says what to compare with --base: name that one too")
	case o.Exact && o.Base == "":
		return errors.New("--exact is about --base: name that one too")
	case o.Base != "" && fetched:
		return errors.New("--base and --from-git do not go together: two revisions are read from a clone; without --base, --from-git compares with the state repositories")
	case failOn != "" && failOn != risk.Block && failOn != risk.Caution:
		return fmt.Errorf("--fail-on %s is no level: use block or caution", failOn)
	}
	return nil
}

// loadAlike reads another revision of the project with the variables of this
// one; those that it does not know yet mean nothing to it.
func (a *app) loadAlike(files fs.FS) (*schema.Project, diag.List) {
	vars, _ := pairs(a.flags.vars)
	return schema.Load(schema.Options{
		Dir: a.flags.dir, FS: files, Vars: vars, VarFiles: a.flags.varFiles, Environ: os.Environ(), Version: released(), Past: true,
	})
}

// again is a command line of the same meaning, for whoever reads a review. The
// values of variables may be nobody's business.
func (a *app) again(o engine.DiffOptions) string {
	var text []string
	for _, setting := range os.Environ() {
		if name, _, _ := strings.Cut(setting, "="); strings.HasPrefix(name, "WEIR_VAR_") {
			text = append(text, name+"=…")
		}
	}
	slices.Sort(text)
	text = append(text, "weir")
	if a.flags.dir != "." && a.flags.dir != "" {
		text = append(text, "-C", filepath.ToSlash(a.flags.dir))
	}
	text = append(text, "diff")
	if a.flags.fromGit != "" {
		address := strings.TrimSuffix(withoutUser(a.flags.fromGit), "@"+a.origin.Ref) // which moves, if it is a branch
		text = append(text, "--from-git", address+"@"+a.origin.Source.Commit)
	}
	for _, flag := range []struct {
		name   string
		values []string
	}{{"-e", a.flags.environments}, {"-c", a.flags.clusters}, {"-l", a.flags.selectors}, {"--var-file", a.flags.varFiles}} {
		for _, value := range flag.values {
			text = append(text, flag.name, value)
		}
	}
	for _, v := range a.flags.vars {
		name, _, _ := strings.Cut(v, "=")
		text = append(text, "--var", name+"=…")
	}
	if o.NoCauses {
		text = append(text, "--no-causes")
	}
	for i, word := range text {
		text[i] = quoted(word)
	}
	return strings.Join(text, " ")
}

// quoted is a word as a shell takes it.
func quoted(word string) string {
	plain := func(c rune) bool {
		return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune("-_./:=,@%+…", c)
	}
	if word != "" && strings.TrimFunc(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// withoutUser takes what may be a password out of a URL.
func withoutUser(address string) string {
	scheme, rest, isURL := strings.Cut(address, "://")
	if !isURL {
		return address
	}
	host, path, _ := strings.Cut(rest, "/")
	return scheme + "://" + host[strings.LastIndexByte(host, '@')+1:] + "/" + path
}

type diffView struct {
	*review.Review
	failOn risk.Level
	width  int
	full   bool
	pager  bool
}

// Paged sends a long review through a pager.
func (v diffView) Paged() bool { return v.pager }

// WouldChange decides on the exit code.
func (v diffView) WouldChange() bool {
	hits := v.Totals.Hits
	switch v.failOn {
	case risk.Block:
		return hits.Block > 0
	case risk.Caution:
		return hits.Block+hits.Caution > 0
	}
	return v.Verdict != review.Same
}

func (v diffView) Human(w io.Writer, style ui.Style) {
	_, _ = w.Write(v.Terminal(review.TerminalOptions{Colour: style.Colour, Width: v.width, Full: v.full})) // to a buffer
}
