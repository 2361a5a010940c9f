package cli

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/weir-dev/weir/cmd/internal/ui"
	"github.com/weir-dev/weir/engine"
)

type versionView struct {
	Version    string `json:"version"`
	Go         string `json:"go"`
	Helm       string `json:"helm"`
	Kustomize  string `json:"kustomize"`
	Kubernetes string `json:"kubernetes"` // the newest minor whose API table is built in
}

func (v versionView) Human(w io.Writer, _ ui.Style) {
	fmt.Fprintf(w, "weir %s (%s, helm %s, kustomize %s, Kubernetes up to %s)\n", v.Version, v.Go, v.Helm, v.Kustomize, v.Kubernetes)
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, and those of what is built in",
		Args:  cobra.NoArgs,
		RunE: a.run(func(context.Context, []string) (view, error) {
			return versionView{
				Version:    version(),
				Go:         runtime.Version(),
				Helm:       moduleVersion("helm.sh/helm/v3"),
				Kustomize:  moduleVersion("sigs.k8s.io/kustomize/api"),
				Kubernetes: engine.NewestKubernetes(),
			}, nil
		}),
	}
}

// version is the module's version as the Go tool stamped it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "0.0.0-dev"
}

func moduleVersion(path string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == path {
				return module.Version
			}
		}
	}
	return "unknown"
}
