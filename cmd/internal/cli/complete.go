package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// takes checks that a command got the arguments it names, no fewer and no more.
func takes(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return fmt.Errorf("%s is missing: %s", names[len(args)], cmd.UseLine())
		case len(args) > len(names):
			return fmt.Errorf("%q is one argument too many: %s", args[len(names)], cmd.UseLine())
		}
		return nil
	}
}

// Completion reads the project and stays silent about its mistakes.

func (a *app) environmentNames(prefix string) []string {
	project, err := a.load()
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range project.Environments() {
		if !e.Abstract && strings.HasPrefix(e.Name, prefix) {
			names = append(names, e.Name)
		}
	}
	return names
}

func (a *app) clusterNames(prefix string) []string {
	project, err := a.load()
	if err != nil {
		return nil
	}
	var names []string
	for _, c := range project.Clusters() {
		if strings.HasPrefix(c.Name, prefix) {
			names = append(names, c.Name)
		}
	}
	return names
}

func (a *app) completeRelease(_ *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	project, err := a.load()
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []string
	for _, name := range project.Declarations() {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// unset says that no layer has a value at a path, and what stands near it.
func unset(release string, at values.Path, e values.Explanation) diag.List {
	asked := at.String()
	if len(at) > 0 {
		asked = at[len(at)-1].Key
	}
	d := diag.Errorf(diag.Range{}, "Release %q has no value at %s", release, at).
		Detailf("Neither the project nor the chart's values.yaml sets it.").Suggest(asked, e.Known)
	switch most := 10; {
	case len(e.Known) > most:
		d = d.Remedyf("Beside it stand: %s and %d more.", strings.Join(e.Known[:most], ", "), len(e.Known)-most)
	case len(e.Known) > 0:
		d = d.Remedyf("Beside it stand: %s.", strings.Join(e.Known, ", "))
	}
	return diag.List{d}
}
