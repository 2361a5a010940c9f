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
)

func (a *app) vendorCommand() *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use:   "vendor",
		Short: "Write the locked charts into vendor/charts",
		Long: `Write every chart that weir.lock.hcl names into vendor/charts, sub-charts included:
<name>/ has the newest version of a chart, <name>-<version>/ an older one, and the .sum
file beside it the digests of its files. Commit the directory: every other command then
takes charts from there, and needs neither cache nor network. What the lock no longer
names is removed; files that "weir vendor" did not write stay.

Vendored files are proven against the lock whenever they are read; changed ones are refused.`,
		Example: `  weir vendor            # after weir lock or weir update
  weir vendor --check    # is vendor/charts what the lock says? exit 2 if not`,
		Args: takes(),
		RunE: a.run(func(ctx context.Context, _ []string) (view, error) {
			run, err := a.begin(ctx)
			if err != nil {
				return nil, err
			}
			progress := ui.NewProgress(a.streams, a.flags.quiet)
			if progress != nil {
				run.Progress = progress
			}
			report, found, err := engine.Vendor(ctx, run, check)
			progress.Close()
			if err := a.conclusion(found, err); report == nil || err != nil {
				return nil, err
			}
			return vendorView{report, a.flags.verbose}, nil
		}),
	}
	cmd.Flags().BoolVar(&check, "check", false, "write nothing and fetch nothing; exit 2 if vendor/charts is not what the lock says")
	return cmd
}

type vendorView struct {
	*engine.VendorReport
	verbose bool
}

func (v vendorView) Human(w io.Writer, style ui.Style) {
	var n state.Counts
	for _, c := range v.Changes {
		sign, paint := mark(style, c.Status)
		line := fmt.Sprintf("%s %s", sign, c.Path)
		switch {
		case c.Old != "" && c.New != "" && c.Old != c.New:
			line += fmt.Sprintf("  %s -> %s", c.Old, c.New)
		case c.New != "":
			line += "  " + c.New
		case c.Old != "":
			line += "  " + c.Old
		}
		fmt.Fprintln(w, paint(line))
		if len(c.Files) > 0 {
			fmt.Fprintf(w, "    %s\n", style.Faint("not as it was written: "+someOf(c.Files, v.verbose)))
		}
		switch c.Status {
		case state.Created:
			n.Created++
		case state.Removed:
			n.Removed++
		default:
			n.Changed++
		}
	}
	text := fmt.Sprintf("%s: %s", v.Dir, plural(v.Charts, "chart"))
	if len(v.Changes) == 0 {
		text += ", no change"
	} else {
		text += "; " + countsText(n)
	}
	if v.Check {
		text += "; nothing was written (--check)"
	}
	fmt.Fprintln(w, text)
	if len(v.Left) > 0 {
		fmt.Fprintf(w, "    %s\n", style.Faint("left, for weir did not write it: "+someOf(v.Left, v.verbose)))
	}
	fetchedText(w, style, v.Fetched, v.verbose)
}

// someOf lists a few of many, or all.
func someOf(all []string, verbose bool) string {
	if len(all) <= listed || verbose {
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(all[:listed], ", "), len(all)-listed)
}
