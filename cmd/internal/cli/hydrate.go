package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/weir-dev/weir/cmd/internal/ui"
	"github.com/weir-dev/weir/engine"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/signing"
	"github.com/weir-dev/weir/engine/state"
)

func (a *app) hydrateCommand() *cobra.Command {
	var options engine.HydrateOptions
	var committer signing.Committer
	cmd := &cobra.Command{
		Use:   "hydrate",
		Short: "Render every release and commit the manifests, one state repository per cluster",
		Long: `Render every release of every target and commit the manifests, one canonical-state
repository per cluster. -e, -c and -l select; what they leave out stays as it is
committed. An error in one release means that nothing is written anywhere.

State in a remote repository is written only with --push; without it the run says
what would change. Where others push at the same time, the run tries again.`,
		Example: `  weir hydrate                       # everything, state of this machine
  weir hydrate --push                # and that of remote repositories
  weir hydrate --push --branch next  # a branch to review and to merge
  weir hydrate -e production --check # would anything change? exit 2 if so
  weir hydrate -l tier=web           # the releases with that label
  weir hydrate --out rendered        # plain files, no repository`,
		Args: takes(),
		RunE: a.run(func(ctx context.Context, _ []string) (view, error) {
			if err := together(options); err != nil {
				return nil, err
			}
			run, err := a.begin(ctx)
			if err != nil {
				return nil, err
			}
			if run.Cache, options.Clones, err = a.openCache(); err != nil {
				return nil, err
			}
			defer run.Cache.Close()
			committer.Env, committer.Now = a.streams.Env, time.Now()
			options.Committer, options.Access = &committer, a.access()
			progress := ui.NewProgress(a.streams, a.flags.quiet)
			if progress != nil {
				run.Progress = progress
			}
			report, found, err := engine.Hydrate(ctx, run, options)
			progress.Close()
			err = a.conclusion(found, err)
			if report == nil {
				return nil, err
			}
			return hydrateView{report, a.flags.verbose}, err
		}),
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.BoolVar(&options.Check, "check", false, "change nothing; exit 2 if something would change")
	flags.StringVar(&options.Out, "out", "", "write plain files into this directory instead of the state repositories")
	flags.BoolVar(&options.Push, "push", false, "write remote state repositories too")
	flags.StringVar(&options.Review, "branch", "", "push to this branch, for review, instead of the state's own")
	flags.BoolVar(&options.ForceOlder, "force-older", false, "write even where a newer commit of the project is deployed")
	flags.StringVarP(&options.Message, "message", "m", "", "the subject of the commits")
	flags.StringVar(&committer.Author, "author", "", "the author of the commits: \"Name <email>\"")
	flags.StringVar(&committer.SigningKey, "signing-key", "", "sign the commits with this key, as in Git's user.signingKey")
	flags.BoolVar(&committer.NoSign, "no-sign", false, "do not sign the commits, whatever Git's configuration says")
	flags.BoolVar(&options.Verify, "verify", false, "render everything with Helm's own engine as well, and compare")
	flags.StringSliceVar(&options.Regenerate, "regenerate", nil, "give the unstable fields of these releases new values")
	_ = cmd.MarkFlagDirname("out")
	return cmd
}

// together refuses flags that contradict each other.
func together(o engine.HydrateOptions) error {
	switch {
	case o.Check && o.Out != "":
		return errors.New("--check and --out do not go together: --check compares with the state repositories and writes nothing")
	case o.Check && o.Push:
		return errors.New("--check and --push do not go together: --check writes nothing")
	case o.Out != "" && o.Push:
		return errors.New("--out and --push do not go together: --out writes plain files instead of the state repositories")
	case o.Out != "" && o.Review != "":
		return errors.New("--out and --branch do not go together: --out writes plain files instead of the state repositories")
	}
	return nil
}

type hydrateView struct {
	*engine.Report
	verbose bool
}

// listed is how many changed objects of a release are named without --verbose.
const listed = 8

// mark is the sign and the colour of a change.
func mark(style ui.Style, status state.Status) (sign string, paint func(string) string) {
	switch status {
	case state.Created:
		return "+", style.Created
	case state.Changed:
		return "~", style.Changed
	case state.Removed:
		return "-", style.Removed
	}
	return "=", style.Faint
}

func (v hydrateView) Human(w io.Writer, style ui.Style) {
	for _, cluster := range v.Clusters {
		v.cluster(w, style, cluster)
	}
	fmt.Fprintln(w, v.summary())
	fetchedText(w, style, v.Fetched, v.verbose)
}

// outcome is what became of a cluster, in a word or two.
func (v hydrateView) outcome(style ui.Style, c engine.ClusterReport) string {
	switch {
	case c.Error != "" && v.Check:
		return style.Removed("would be refused")
	case c.Error != "":
		return style.Removed("failed")
	case c.Pushed && c.Review != "":
		return fmt.Sprintf("pushed %.10s to branch %s", c.Commit.New, c.Review)
	case c.Pushed:
		return fmt.Sprintf("pushed %.10s", c.Commit.New)
	case c.Commit != nil && c.Commit.Reused:
		return style.Faint(fmt.Sprintf("branch %s has it already", c.Review))
	case c.Commit != nil && c.Commit.Old != c.Commit.New:
		return fmt.Sprintf("commit %.10s", c.Commit.New)
	case v.Out == "" && !c.Changes():
		return style.Faint("no change")
	case c.Remote && !v.Check:
		return style.Changed("not pushed")
	}
	return ""
}

func (v hydrateView) cluster(w io.Writer, style ui.Style, c engine.ClusterReport) {
	fmt.Fprintf(w, "%s  %s", style.Bold(c.Cluster), c.State)
	if c.Remote {
		fmt.Fprintf(w, " %s", c.Branch)
	}
	if outcome := v.outcome(style, c); outcome != "" {
		fmt.Fprintf(w, "  %s", outcome)
	}
	fmt.Fprintln(w)
	for _, target := range c.Targets {
		fmt.Fprintf(w, "  %s\n", target.Environment)
		var unchanged int
		for _, r := range target.Releases {
			if r.Status == state.Unchanged && !v.verbose && len(r.Allowed)+len(r.Omitted) == 0 {
				unchanged++
				continue
			}
			v.release(w, style, r)
		}
		for _, n := range target.Namespaces {
			sign, paint := mark(style, n.Status)
			fmt.Fprintf(w, "    %s\n", paint(fmt.Sprintf("%s %s", sign, n.Object)))
		}
		if unchanged > 0 {
			fmt.Fprintf(w, "    %s\n", style.Faint(fmt.Sprintf("= %s unchanged", plural(unchanged, "release"))))
		}
	}
	for _, file := range c.Foreign {
		fmt.Fprintf(w, "  %s\n", style.Changed("? "+file+"  not written by Weir, left alone"))
	}
}

func (v hydrateView) release(w io.Writer, style ui.Style, r engine.ReleaseReport) {
	sign, paint := mark(style, r.Status)
	name := r.Release
	if r.From != "" {
		name = r.From + " -> " + r.Release
	}
	line := fmt.Sprintf("%s %s", sign, name)
	if chart := chartText(r.Chart); chart != "" {
		line += "  " + chart
	}
	fmt.Fprintf(w, "    %s  %s\n", paint(line), style.Faint(countsText(r.Objects)))
	if r.Why != "" {
		fmt.Fprintf(w, "        %s\n", style.Faint(r.Why))
	}
	if r.Status == state.Changed && len(r.Changes) == 0 {
		fmt.Fprintf(w, "        %s\n", style.Faint("no object differs: what is recorded of the release does (values, chart, options)"))
	}
	if r.Status == state.Changed || v.verbose {
		for i, change := range r.Changes {
			if i == listed && !v.verbose {
				fmt.Fprintf(w, "        %s\n", style.Faint(fmt.Sprintf("… and %d more (--verbose lists them)", len(r.Changes)-i)))
				break
			}
			sign, paint := mark(style, change.Status)
			text := fmt.Sprintf("%s %s", sign, change.Object)
			if change.Hook != "" {
				text += " (" + change.Hook + " hook)"
			}
			fmt.Fprintf(w, "        %s\n", paint(text))
		}
	}
	secrets(w, style, "Secrets with data in the state (secrets = \"allow\")", r.Allowed)
	secrets(w, style, "Secrets left out, the cluster must have them (secrets = \"omit\")", r.Omitted)
	if r.Kept > 0 {
		fmt.Fprintf(w, "        %s\n", style.Faint(plural(r.Kept, "unstable field")+" kept from the committed state"))
	}
}

func secrets(w io.Writer, style ui.Style, title string, ids []manifest.ID) {
	if len(ids) == 0 {
		return
	}
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = id.String()
	}
	fmt.Fprintf(w, "        %s\n", style.Changed("! "+title+": "+strings.Join(names, ", ")))
}

func chartText(c *engine.ChartReport) string {
	switch {
	case c == nil:
		return ""
	case c.Old != "" && c.New != "":
		return fmt.Sprintf("%s %s -> %s", c.Name, c.Old, c.New)
	}
	return strings.TrimSpace(c.Name + " " + c.New + c.Old)
}

// countsText is "2 created, 1 changed, 7 unchanged", zeros left out.
func countsText(n state.Counts) string {
	var parts []string
	for _, part := range []struct {
		n    int
		text string
	}{{n.Created, "created"}, {n.Changed, "changed"}, {n.Removed, "removed"}, {n.Unchanged, "unchanged"}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.text))
		}
	}
	if parts == nil {
		return "no objects"
	}
	return strings.Join(parts, ", ")
}

func (v hydrateView) summary() string {
	text := fmt.Sprintf("%s, %s: %s; objects: %s",
		plural(len(v.Clusters), "cluster"),
		plural(sum(v.Total.Releases), "release"), countsText(v.Total.Releases), countsText(v.Total.Objects))
	failed := v.Failed()
	switch {
	case v.Check && len(failed) > 0:
		text += "; would be refused: " + strings.Join(failed, ", ")
	case len(failed) == len(v.Clusters) && len(failed) > 0:
		return fmt.Sprintf("%s: nothing was written", plural(len(v.Clusters), "cluster"))
	case len(failed) > 0:
		text += "; not written: " + strings.Join(failed, ", ")
	}
	switch {
	case v.Out != "":
		text += "; written to " + v.Out
	case v.Check:
		text += "; nothing was written (--check)"
	case v.Unpushed():
		text += "; nothing was pushed (--push does)"
	}
	return text
}

func sum(n state.Counts) int { return n.Created + n.Changed + n.Removed + n.Unchanged }

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
