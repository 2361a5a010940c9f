// Package bench writes projects of any size for measurements: N releases × E
// environments over charts of real size, and the same work as a list of jobs
// for a bare loop over the Helm SDK (./baseline). It imports nothing of Weir, so
// that the loop is compared and not shared. ./run measures.
package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Shape is the size of a project. Every environment has a cluster of its own.
type Shape struct {
	Releases     int
	Environments int
	Kustomize    bool   // post-processing for every release, a component for some
	AppChart     string // the chart of two releases in three, a directory; examples/shop/charts/app where empty
}

// Job is one release of one environment, for a tool that knows Helm only.
type Job struct {
	Chart       string         `json:"chart"` // relative to the project, like Files
	Name        string         `json:"name"`
	Namespace   string         `json:"namespace"`
	Environment string         `json:"environment"`
	Files       []string       `json:"files"`  // values files, later wins
	Values      map[string]any `json:"values"` // over the files
	SkipCRDs    bool           `json:"skipCRDs"`
	Kubernetes  string         `json:"kubernetes"`
	APIVersions []string       `json:"apiVersions"`
}

const (
	kubernetes = "1.34"
	monitoring = "monitoring.coreos.com/v1" // an API that the clusters have besides Kubernetes' own
	operators  = 5                          // charts with CRDs of their own; further releases of them leave the CRDs out
)

// Generate writes a project into dir, which must not exist, and its jobs into
// dir/jobs.json.
func Generate(dir string, shape Shape) error {
	if shape.AppChart == "" {
		shape.AppChart = filepath.FromSlash("examples/shop/charts/app")
	}
	if err := os.CopyFS(filepath.Join(dir, "charts", "app"), os.DirFS(shape.AppChart)); err != nil {
		return fmt.Errorf("copy the application chart: %w", err)
	}
	out := &writer{dir: dir}
	writeCharts(out)
	writeProject(out, shape)

	var jobs []Job
	for e := range shape.Environments {
		for i := range shape.Releases {
			jobs = append(jobs, newRelease(i).job(environment(e), shape.Environments))
		}
	}
	for i := range shape.Releases {
		newRelease(i).write(out, shape)
	}
	list, err := json.MarshalIndent(jobs, "", " ")
	if err != nil {
		return err
	}
	out.write("jobs.json", string(list))
	return out.err
}

func writeProject(out *writer, shape Shape) {
	var hcl strings.Builder
	fmt.Fprintf(&hcl, "project \"bench\" {\n  include = [\"releases/*.hcl\"]\n}\n\nvariable \"tag\" {\n  type    = string\n  default = \"1.0.0\"\n}\n\n")
	fmt.Fprintf(&hcl, "environment \"base\" {\n  abstract     = true\n  values_files = [\"environments/base.yaml\"]\n}\n")
	for e := range shape.Environments {
		name := environment(e)
		fmt.Fprintf(&hcl, "\ncluster %q {\n  kubernetes   = %q\n  api_versions = [%q]\n}\n", "cluster-"+name, kubernetes, monitoring)
		fmt.Fprintf(&hcl, "\nenvironment %q {\n  extends  = [\"base\"]\n  clusters = [%q]\n  values   = { replicas = %d }\n}\n", name, "cluster-"+name, e+1)
		out.write("environments/"+name+".yaml", fmt.Sprintf("podAnnotations:\n  example.com/environment: %s\n", name))
	}
	out.write("environments/base.yaml", "domain: bench.example\nreplicas: 1\n")
	hcl.WriteString("\ndefaults {\n  create_namespace = true\n")
	if shape.Kustomize {
		hcl.WriteString("\n  kustomize {\n    labels      = { \"example.com/environment\" = env.name }\n    annotations = { \"example.com/owner\" = \"bench\" }\n  }\n")
		out.write("kustomize/hardened/kustomization.yaml", component)
	}
	hcl.WriteString("}\n")
	out.write("weir.hcl", hcl.String())
}

const component = `apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches:
  - target: {kind: Deployment}
    patch: |-
      - op: add
        path: /spec/template/spec/automountServiceAccountToken
        value: false
`

func environment(i int) string { return fmt.Sprintf("env-%d", i+1) }

// writer writes the files of a project and keeps the first error.
type writer struct {
	dir string
	err error
}

func (w *writer) write(name, text string) {
	if w.err != nil {
		return
	}
	path := filepath.Join(w.dir, filepath.FromSlash(name))
	if w.err = os.MkdirAll(filepath.Dir(path), 0o755); w.err == nil {
		w.err = os.WriteFile(path, []byte(text), 0o644)
	}
}
