package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

const longHelp = `Weir hydrates Helm releases of an HCL project into plain manifests, one
canonical-state Git repository per cluster.

Exit codes:
  0    done
  1    an error; what went wrong is on standard error, or in the document of -o json
  2    --check, diff: something would change
  130  interrupted; what was not committed is as it was`

// root is the command line: global flags and the list of commands.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:               "weir",
		Short:             "Hydrate Helm releases into canonical-state Git repositories",
		Long:              longHelp,
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetFlagErrorFunc(flagError)
	flags := root.PersistentFlags()
	flags.SortFlags = false
	flags.StringVarP(&a.flags.dir, "directory", "C", ".", "the project: the directory with weir.hcl")
	flags.StringSliceVarP(&a.flags.environments, "environment", "e", nil, "only these environments: names or globs")
	flags.StringSliceVarP(&a.flags.clusters, "cluster", "c", nil, "only these clusters: names or globs")
	flags.StringArrayVarP(&a.flags.selectors, "selector", "l", nil, "only releases with these labels: tier=web,team!=ops; repeated: or")
	flags.StringArrayVar(&a.flags.vars, "var", nil, "set a variable: name=value")
	flags.StringArrayVar(&a.flags.varFiles, "var-file", nil, "read variables from a file")
	flags.IntVar(&a.flags.jobs, "jobs", defaultJobs(), "how many releases to work on at once")
	flags.StringVarP(&a.flags.output, "output", "o", "human", "human or json")
	flags.BoolVar(&a.flags.noColour, "no-color", false, "no colours (NO_COLOR does the same)")
	flags.BoolVarP(&a.flags.quiet, "quiet", "q", false, "no progress and no warnings")
	flags.BoolVarP(&a.flags.verbose, "verbose", "v", false, "more detail")
	a.completions(root)

	root.AddCommand(
		a.initCommand(),
		a.fmtCommand(),
		a.mayFetch(a.validateCommand()),
		a.mayFetch(a.listCommand()),
		a.mayFetch(a.graphCommand()),
		a.mayFetch(a.valuesCommand()),
		a.mayFetch(a.explainCommand()),
		a.mayFetch(a.diffCommand()),
		a.mayFetch(a.hydrateCommand()),
		a.lockCommand(),
		a.updateCommand(),
		a.vendorCommand(),
		a.cacheCommand(),
		a.loginCommand(),
		a.logoutCommand(),
		a.stateCommand(),
		a.schemaCommand(),
		a.rulesCommand(),
		a.completionCommand(root),
		a.versionCommand(),
	)
	completeNoFiles(root)
	return root
}

func (a *app) completionCommand(root *cobra.Command) *cobra.Command {
	shells := map[string]func() error{
		"bash":       func() error { return root.GenBashCompletionV2(a.streams.Out, true) },
		"zsh":        func() error { return root.GenZshCompletion(a.streams.Out) },
		"fish":       func() error { return root.GenFishCompletion(a.streams.Out, true) },
		"powershell": func() error { return root.GenPowerShellCompletionWithDesc(a.streams.Out) },
	}
	return &cobra.Command{
		Use:       "completion bash|zsh|fish|powershell",
		Short:     "Print a completion script for a shell",
		Example:   "  source <(weir completion bash)",
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		RunE:      func(_ *cobra.Command, args []string) error { return shells[args[0]]() },
	}
}

func pairs(assignments []string) (map[string]string, error) {
	vars := make(map[string]string, len(assignments))
	for _, assignment := range assignments {
		name, value, found := strings.Cut(assignment, "=")
		if !found || name == "" {
			return nil, fmt.Errorf("--var %s: write it as name=value", assignment)
		}
		vars[name] = value
	}
	return vars, nil
}
