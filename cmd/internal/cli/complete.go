package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weir-dev/weir/engine/checkout"
	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema"
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

// known is the project for a shell that completes: it stays silent about mistakes.
func (a *app) known() (*schema.Project, bool) {
	project, err := a.load()
	a.found = nil
	return project, err == nil
}

// completions registers what completes the flags that every command takes.
func (a *app) completions(root *cobra.Command) {
	for name, known := range map[string]func(written string) []string{"environment": a.environmentNames, "cluster": a.clusterNames, "selector": a.selectorTerms} {
		_ = root.RegisterFlagCompletionFunc(name, completeLast(known))
	}
	_ = root.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"human", "json"}, cobra.ShellCompDirectiveNoFileComp))
	for _, name := range []string{"var", "jobs"} {
		_ = root.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
}

// completeLast completes what stands behind the last comma, out of what is known.
// Where a name is to be followed by a value, no space goes behind it.
func completeLast(known func(written string) []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, written string) ([]string, cobra.ShellCompDirective) {
		at := strings.LastIndexByte(written, ',') + 1
		directive := cobra.ShellCompDirectiveNoFileComp
		var found []string
		for _, name := range known(written[at:]) {
			if strings.HasPrefix(name, written[at:]) {
				found = append(found, written[:at]+name)
			}
			if strings.HasSuffix(name, "=") {
				directive |= cobra.ShellCompDirectiveNoSpace
			}
		}
		return found, directive
	}
}

func (a *app) environmentNames(string) []string {
	project, ok := a.known()
	if !ok {
		return nil
	}
	var names []string
	for _, e := range project.Environments() {
		if !e.Abstract {
			names = append(names, e.Name)
		}
	}
	return names
}

func (a *app) clusterNames(string) []string {
	project, ok := a.known()
	if !ok {
		return nil
	}
	var names []string
	for _, c := range project.Clusters() {
		names = append(names, c.Name)
	}
	return names
}

// selectorTerms are the keys that a selector can ask for, and the values of one
// that is written already.
func (a *app) selectorTerms(written string) []string {
	project, ok := a.known()
	if !ok {
		return nil
	}
	terms := map[string]bool{"chart=": true}
	for _, t := range project.Targets() {
		headers, _ := project.Headers(t)
		for _, h := range headers {
			labels := maps.Clone(h.Labels)
			if labels == nil {
				labels = map[string]string{}
			}
			labels["name"], labels["namespace"], labels["release"] = h.Name, h.Namespace, h.Declaration
			for key, value := range labels {
				if terms[key+"="] = true; !strings.Contains(written, "=") {
					continue
				}
				for _, is := range []string{"=", "!="} {
					terms[key+is+value] = true
				}
			}
		}
	}
	if strings.Contains(written, "=") {
		maps.DeleteFunc(terms, func(term string, _ bool) bool { return strings.HasSuffix(term, "=") })
	}
	return slices.Sorted(maps.Keys(terms))
}

// completeRevision completes the branches and tags of the project's repository.
func (a *app) completeRevision(_ *cobra.Command, _ []string, written string) ([]string, cobra.ShellCompDirective) {
	repository, err := checkout.Of(a.flags.dir)
	if err != nil || !repository.Exists() {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names, _ := repository.Names()
	var found []string
	for _, name := range append([]string{"HEAD"}, names...) {
		if strings.HasPrefix(name, written) {
			found = append(found, name)
		}
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}

// completeNoFiles keeps shells from offering files to commands that take no
// argument.
func completeNoFiles(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		if sub.ValidArgsFunction == nil && sub.ValidArgs == nil && sub.Args != nil && sub.Args(sub, []string{"file"}) != nil {
			sub.ValidArgsFunction = cobra.NoFileCompletions
		}
		completeNoFiles(sub)
	}
}

func (a *app) completeRelease(_ *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	project, ok := a.known()
	if !ok || len(args) > 0 {
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
