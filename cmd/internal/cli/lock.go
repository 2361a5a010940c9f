package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weir-dev/weir/cmd/internal/ui"
	"github.com/weir-dev/weir/engine"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/schema"
)

func (a *app) lockCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "lock",
		Short: "Lock the charts of the project: add what weir.lock.hcl lacks",
		Long: `Resolve every chart that is not in the project and that weir.lock.hcl does not have
yet, sub-charts included, and write its exact version and digests there. What is locked
stays as it is: "weir update" moves it. Entries that nothing uses are dropped, unless
-e, -c or -l leave a part of the project out.

No other command but these two decides which version of a chart is meant.`,
		Args: takes(),
		RunE: a.run(func(ctx context.Context, _ []string) (view, error) {
			return a.locking(ctx, func(run engine.Run) (*engine.LockReport, error) {
				report, found, err := engine.Lock(ctx, run)
				return report, a.conclusion(found, err)
			})
		}),
	}
}

// locking runs one of the verbs that write the lock.
func (a *app) locking(ctx context.Context, verb func(engine.Run) (*engine.LockReport, error)) (view, error) {
	run, err := a.begin(ctx)
	if err != nil {
		return nil, err
	}
	progress := ui.NewProgress(a.streams, a.flags.quiet)
	if progress != nil {
		run.Progress = progress
	}
	report, err := verb(run)
	progress.Close()
	if report == nil {
		return nil, err
	}
	return lockView{report, a.flags.verbose}, err
}

type lockView struct {
	*engine.LockReport
	verbose bool
}

func (v lockView) Human(w io.Writer, style ui.Style) {
	var n state.Counts
	for _, c := range v.Changes {
		v.change(w, style, c)
		switch c.Status {
		case state.Created:
			n.Created++
		case state.Removed:
			n.Removed++
		default:
			n.Changed++
		}
	}
	text := fmt.Sprintf("%s: %s", schema.LockFile, plural(v.Charts, "chart"))
	switch {
	case len(v.Changes) == 0:
		text += ", no change"
	default:
		text += "; " + countsText(n)
	}
	if v.Check {
		text += "; nothing was written (--check)"
	}
	fmt.Fprintln(w, text)
	fetchedText(w, style, v.Fetched, v.verbose)
}

// noted is how many release notes of a chart are shown without --verbose.
const noted = 8

// exactly is the commit or the digest that an origin ends with.
func exactly(origin string) string {
	if _, commit, ok := strings.Cut(origin, "?ref="); ok && strings.HasPrefix(origin, "git::") {
		return commit
	}
	return origin[strings.LastIndexByte(origin, '@')+1:]
}

func (v lockView) change(w io.Writer, style ui.Style, c engine.LockChange) {
	sign, paint := mark(style, c.Status)
	line := fmt.Sprintf("%s %s", sign, c.Source)
	if c.Constraint != "" {
		line += " " + c.Constraint
	}
	switch {
	case c.Status == state.Removed:
		line += "  " + c.Old
	case c.Old != "" && c.Old != c.New:
		line += fmt.Sprintf("  %s -> %s", c.Old, c.New)
	default:
		line += "  " + c.New
	}
	fmt.Fprintln(w, paint(line))
	switch {
	case c.MovedTag != "":
		fmt.Fprintf(w, "    %s\n", style.Changed(fmt.Sprintf("tag %s was moved from %s to %s", c.MovedTag, exactly(c.OldOrigin), exactly(c.NewOrigin))))
	case c.OldSHA256 != "":
		fmt.Fprintf(w, "    %s\n", style.Changed(fmt.Sprintf("changed under the same version: sha256 %s -> %s", c.OldSHA256, c.NewSHA256)))
	case c.OldRepository != c.NewRepository:
		fmt.Fprintf(w, "    %s\n", style.Faint(fmt.Sprintf("the repository was %s and is %s", c.OldRepository, c.NewRepository)))
	case c.Old == c.New && c.OldOrigin != c.NewOrigin:
		fmt.Fprintf(w, "    %s\n", style.Faint(fmt.Sprintf("%s -> %s", c.OldOrigin, c.NewOrigin)))
	}
	if c.Old == "" {
		return // all of it is new
	}
	for i, note := range c.Notes {
		if i == noted && !v.verbose {
			fmt.Fprintf(w, "    %s\n", style.Faint(fmt.Sprintf("… and %d more (--verbose lists them)", len(c.Notes)-i)))
			break
		}
		fmt.Fprintf(w, "    %s\n", style.Faint(note))
	}
}
