// Command weir hydrates Helm releases of an HCL project into canonical-state
// Git repositories. Everything it does is in cmd/internal/cli and below.
package main

import (
	"os"

	"github.com/weir-dev/weir/cmd/internal/cli"
	"github.com/weir-dev/weir/cmd/internal/ui"
)

func main() {
	os.Exit(cli.Main(ui.System(), os.Args[1:]))
}
