package schema

import (
	"time"

	"github.com/weir-dev/weir/engine/values"
	"github.com/weir-dev/weir/schema/diag"
)

// Target is one (environment, cluster) pair: what a hydration renders for.
type Target struct {
	Environment string
	Cluster     string
}

// Cluster is one cluster of the project.
type Cluster struct {
	Name          string
	Kubernetes    string // "1.34"
	APIVersions   []string
	ClusterScoped []string // Kind.group of kinds without a namespace whose CRDs are elsewhere
	Labels        map[string]string
	Context       string // kubeconfig context; empty where none is declared
	State         State
	Range         diag.Range
}

// State says where a cluster's canonical state lives. Repository is empty for
// the embedded default, a local Git repository in state/<cluster>.
type State struct {
	Repository string
	Branch     string
	Range      diag.Range // of `repository = …`, else of the block
}

// File is a file of the project with the place that named it.
type File struct {
	Path  string // relative to the project, slash-separated
	Data  []byte
	Range diag.Range
}

// Header is the cheap half of a release at one target: enough to select and to
// prune, evaluated before anything else of it.
type Header struct {
	Declaration string // the block's label: tenant
	Key         string // the for_each key: a; empty without for_each
	Name        string // the release's identity in the target: tenant-a, or the label
	HelmName    string // .Release.Name
	Namespace   string
	Labels      map[string]string
	Planned     bool   // whether `environments` and `when` let it in
	Why         string // where not planned: `when is false`, `environments leaves out "dev"`
	Range       diag.Range
}

// Release is everything the project says of one release at one target: plain
// data, safe to share.
type Release struct {
	Header
	Chart                 *Chart // nil for a release of plain manifests alone
	Manifests             []File
	Needs                 []Need
	Layers                []values.Layer // lowest first, the chart's own values.yaml not included
	CreateNamespace       bool
	Hooks                 string // keep, drop
	CRDs                  string // include, skip, only
	Secrets               string // refuse, omit, allow
	Nondeterminism        string // fail, keep
	RestartOnConfigChange bool
	Kustomize             Kustomize
	Sync                  Sync
}

// Chart is a reference to a chart, with all that it takes to find it.
type Chart struct {
	Source     string          // as written: "./charts/web", "podinfo/podinfo", "oci://…", "git::…"; of a sub-chart: the canonical URL
	Kind       ChartKind       // told from the form of Source
	Path       string          // for Local: relative to the project, slash-separated, a directory or a .tgz
	Name       string          // for Repository and OCI: the chart's name in its repository
	Version    string          // constraint; empty for local charts
	Repository ChartRepository // for Repository: its block; for others the block whose URL they are below, or zero
	Range      diag.Range      // of the attribute's expression
}

// ChartKind is the form of a chart reference.
type ChartKind uint8

const (
	Local      ChartKind = iota // a directory or a .tgz of the project
	Repository                  // <repository>/<chart>
	OCI                         // oci://…
	Git                         // git::…
	URL                         // http(s)://….tgz
)

// Need is one entry of `needs`. Environment is the target's own where the
// project wrote no "<environment>/". Release is as written: the name of a
// release, or of a for_each block, which stands for all of its releases.
type Need struct {
	Environment string
	Release     string
	Range       diag.Range
}

// Kustomize is the post-processing of a release, in the order of its fields.
type Kustomize struct {
	Directories []Ref // kustomizations, one after the other
	Components  []Ref
	Labels      map[string]string
	Annotations map[string]string
	Images      []Image
	Replicas    map[string]Count
	Patches     []Patch
}

// Ref names a directory of the project.
type Ref struct {
	Path  string // relative to the project, slash-separated
	Range diag.Range
}

// Count is a number of replicas with its place.
type Count struct {
	Value int64
	Range diag.Range
}

// Image replaces parts of the image reference whose name is Name.
type Image struct {
	Name    string
	NewName string
	NewTag  string
	Digest  string
	Range   diag.Range
}

// Patch is a strategic merge or a JSON 6902 patch, told apart by its content.
type Patch struct {
	Target *Selector // nil: the patch's own apiVersion, kind, namespace and name select
	File   string    // project-relative, where the patch came from a file
	Text   []byte
	Line   int // the line of Text's first line in Range.File, where the patch is inline
	Range  diag.Range
}

// Selector is kustomize's: every field that is set has to match, anchored
// regular expressions in group, version, kind, name and namespace.
type Selector struct {
	Group, Version, Kind, Name, Namespace string
	LabelSelector, AnnotationSelector     string
}

// Sync is what the agent must know of a release.
type Sync struct {
	Prune   bool
	Wait    bool
	Timeout time.Duration
	Adopt   []string
	Ignore  []Ignore
}

// Ignore takes fields out of the comparison with the live object.
type Ignore struct {
	Group, Kind, Name, Namespace string
	Fields                       []string // JSON pointers
}

// Namespace is a namespace block: what create_namespace writes.
type Namespace struct {
	Name        string
	Labels      map[string]string
	Annotations map[string]string
	Range       diag.Range
}

// Removed says that the disappearance of a release was meant.
type Removed struct {
	Release      string
	Environments []string // globs
	Reason       string
	Range        diag.Range
}

// Moved says that a release goes on under another name.
type Moved struct {
	From, To string
	Range    diag.Range
}
