// Command generate writes a project for measurements, see package bench.
package main

import (
	"flag"
	"log"

	"github.com/weir-dev/weir/integration/bench"
)

func main() {
	dir := flag.String("dir", "", "where to write the project; must not exist")
	var shape bench.Shape
	flag.IntVar(&shape.Releases, "releases", 100, "number of releases")
	flag.IntVar(&shape.Environments, "environments", 3, "number of environments, each with a cluster")
	flag.BoolVar(&shape.Kustomize, "kustomize", false, "with post-processing")
	flag.Parse()
	if *dir == "" {
		log.Fatal("-dir is required")
	}
	if err := bench.Generate(*dir, shape); err != nil {
		log.Fatal(err)
	}
}
