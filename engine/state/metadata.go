package state

import (
	"github.com/weir-dev/weir/engine/manifest"
)

// Metadata is what the agent and the reviewer must know of a release: the
// content of .weir/<environment>/<release>.json. It holds nothing that changes
// without the release: no time, no source commit, no version of the tool.
type Metadata struct {
	APIVersions    []string      `json:"apiVersions,omitempty"` // of the cluster block, beside Helm's built-in set
	Chart          *Chart        `json:"chart,omitempty"`       // nil for a release of plain manifests
	Declaration    string        `json:"declaration,omitempty"` // the block's label, for one element of a for_each
	Environment    string        `json:"environment"`           // filled by Layout
	Files          []FileEntry   `json:"files"`                 // filled by Layout; by path
	Format         int           `json:"format"`                // filled by Layout
	HelmName       string        `json:"helmName,omitempty"`    // where it is not the release's name
	Images         []string      `json:"images,omitempty"`      // sorted
	Kubernetes     string        `json:"kubernetes"`
	Namespace      string        `json:"namespace"`
	Namespaces     []string      `json:"namespaces,omitempty"` // the Namespaces that create_namespace asks for
	Needs          []string      `json:"needs,omitempty"`      // "<environment>/<release>"
	OmittedSecrets []manifest.ID `json:"omittedSecrets,omitempty"`
	Release        string        `json:"release"` // filled by Layout
	Sync           Sync          `json:"sync"`
	Unstable       []Unstable    `json:"unstable,omitempty"`
	ValuesDigest   string        `json:"valuesDigest"`
}

// Chart is the chart a release was rendered from.
type Chart struct {
	Digest  string `json:"digest"` // "sha256:…"
	Name    string `json:"name"`
	Source  string `json:"source,omitempty"` // as the project wrote it
	Version string `json:"version"`
}

// FileEntry is one file of a release with the object in it.
type FileEntry struct {
	Hook   *HookEntry  `json:"hook,omitempty"` // nil for an ordinary object
	Object manifest.ID `json:"object"`
	Path   string      `json:"path"`
	Source string      `json:"source,omitempty"` // the template or manifest it came from, without a line
}

// HookEntry is what the agent must know of a hook at one of its phases.
type HookEntry struct {
	DeletePolicies []string `json:"deletePolicies,omitempty"`
	Phase          string   `json:"phase"`
	Weight         int      `json:"weight"`
}

// Sync is the sync block of a release.
type Sync struct {
	Adopt   []string `json:"adopt,omitempty"`
	Ignore  []Ignore `json:"ignore,omitempty"`
	Prune   bool     `json:"prune"`
	Timeout string   `json:"timeout"` // Go's form: "5m0s"
	Wait    bool     `json:"wait"`
}

// Ignore takes fields out of the comparison with the live object.
type Ignore struct {
	Fields    []string `json:"fields"` // JSON pointers
	Group     string   `json:"group,omitempty"`
	Kind      string   `json:"kind,omitempty"`
	Name      string   `json:"name,omitempty"`
	Namespace string   `json:"namespace,omitempty"`
}

// Unstable lists the fields of one object that differ from render to render and
// are kept from the committed state.
type Unstable struct {
	Fields []string    `json:"fields"` // JSON pointers
	Object manifest.ID `json:"object"`
}
