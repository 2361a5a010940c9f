package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

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
		Args:  takes(),
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

// nextRelease is what a build that is no release will become.
const nextRelease = "0.1.0"

// version is that of a released module as the Go tool stamped it, else the next
// release's with the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return nextRelease + "-dev"
	}
	if v := strings.TrimPrefix(info.Main.Version, "v"); isRelease(v) {
		return v
	}
	revision, modified := revision(info)
	switch {
	case revision == "":
		return nextRelease + "-dev"
	case modified:
		return fmt.Sprintf("%s-dev+%.10s.modified", nextRelease, revision)
	}
	return fmt.Sprintf("%s-dev+%.10s", nextRelease, revision)
}

// released is the version without what a development build adds, for `requires`.
func released() string {
	number, _, _ := strings.Cut(version(), "-dev")
	return number
}

// isRelease tells a tag from what the Go tool makes up between tags.
func isRelease(v string) bool {
	parts := strings.SplitN(v, "-", 2)
	return v != "" && v != "(devel)" && len(parts) == 1 && !strings.Contains(v, "+")
}

func revision(info *debug.BuildInfo) (revision string, modified bool) {
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			revision = setting.Value
		case "vcs.modified":
			modified = setting.Value == "true"
		}
	}
	return revision, modified
}

// build names the code of this program for the cache: the version where that
// says all, else the digest of the program itself.
func build() string {
	v := version()
	if !strings.Contains(v, "-dev") || strings.Contains(v, "-dev+") && !strings.HasSuffix(v, ".modified") {
		return v
	}
	program, err := os.Executable()
	if err != nil {
		return v
	}
	file, err := os.Open(program)
	if err != nil {
		return v
	}
	defer file.Close()
	digest := sha256.New()
	if _, err := io.Copy(digest, file); err != nil {
		return v
	}
	return v + " " + hex.EncodeToString(digest.Sum(nil))
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
