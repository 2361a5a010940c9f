package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/weir-dev/weir/cmd/internal/ui"
	"github.com/weir-dev/weir/engine"
)

func (a *app) cacheCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cache",
		Short: "Look at what Weir keeps on this machine, and remove what is not used",
		Long: `All projects of a user share one directory: charts, indexes of repositories, hydrated
releases, and mirrors of state repositories. Nothing in it is needed: what is missing
is fetched or made again, and nothing is believed without its digest.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("weir cache has no command %q: use info or prune", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.cacheInfoCommand(), a.cachePruneCommand())
	return cmd
}

func (a *app) cacheInfoCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "info",
		Short: "Tell where the cache is and what it holds",
		Args:  takes(),
		RunE: a.run(func(ctx context.Context, _ []string) (view, error) {
			dir, err := cacheDir()
			if err != nil {
				return nil, err
			}
			report, err := engine.CacheInfo(ctx, dir)
			if report == nil {
				return nil, err
			}
			return cacheView{report}, err
		}),
	}
}

func (a *app) cachePruneCommand() *cobra.Command {
	var older string
	var all, dry bool
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Remove what was not used for some time",
		Long: `Remove what no run has used for --older-than, thirty days where it is not given. Other
processes may run meanwhile: what one of them misses it fetches or makes again.`,
		Example: `  weir cache prune --older-than 7d
  weir cache prune --all --dry-run`,
		Args: takes(),
		RunE: a.run(func(ctx context.Context, _ []string) (view, error) {
			age, err := parseAge(older)
			if err != nil {
				return nil, err
			}
			now := time.Now()
			before := now.Add(-age)
			if all {
				before = now.Add(365 * 24 * time.Hour) // clocks may differ
			}
			dir, err := cacheDir()
			if err != nil {
				return nil, err
			}
			prune := engine.CachePrune
			if dry {
				prune = engine.CachePruneDry
			}
			report, err := prune(ctx, dir, before)
			if report == nil {
				return nil, err
			}
			return pruneView{report}, err
		}),
	}
	cmd.Flags().StringVar(&older, "older-than", "30d", "how long something has to be unused: 12h, 30d, 4w")
	cmd.Flags().BoolVar(&all, "all", false, "remove everything")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only tell what would be removed")
	cmd.MarkFlagsMutuallyExclusive("all", "older-than")
	return cmd
}

// cacheDir is the directory that all projects of the user share.
func cacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", errors.New("there is no cache here: neither XDG_CACHE_HOME nor HOME names a directory")
	}
	return filepath.Join(dir, "weir"), nil
}

// parseAge reads 30d, 4w, and what Go reads.
func parseAge(text string) (time.Duration, error) {
	for unit, length := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if number, ok := strings.CutSuffix(text, unit); ok {
			if n, err := strconv.ParseUint(number, 10, 14); err == nil {
				return time.Duration(n) * length, nil
			}
		}
	}
	if age, err := time.ParseDuration(text); err == nil && age >= 0 {
		return age, nil
	}
	return 0, fmt.Errorf("--older-than %s: write it as in 12h, 30d or 4w", text)
}

type cacheView struct{ *engine.CacheReport }

func (v cacheView) Human(w io.Writer, _ ui.Style) {
	fmt.Fprintln(w, v.Dir)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, p := range v.Parts {
		used := ""
		if !p.Used.IsZero() {
			used = "last used " + p.Used.UTC().Format(time.DateOnly)
		}
		fmt.Fprintf(table, "  %s\t%d\t%s\t%s\n", p.Name, p.Items, size(p.Bytes), used)
	}
	fmt.Fprintf(table, "  all\t\t%s\t\n", size(v.Bytes))
	_ = table.Flush() // to memory
}

type pruneView struct{ *engine.PruneReport }

func (v pruneView) Human(w io.Writer, _ ui.Style) {
	verb := "removed"
	if v.DryRun {
		verb = "would remove"
	}
	for _, p := range v.Gone.Parts {
		if p.Items > 0 {
			fmt.Fprintf(w, "%s %s: %d, %s\n", verb, p.Name, p.Items, size(p.Bytes))
		}
	}
	fmt.Fprintf(w, "%s: %s %s, %s left\n", v.Gone.Dir, verb, size(v.Gone.Bytes), size(v.Kept.Bytes))
}
