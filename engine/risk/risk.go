// Package risk says what a change breaks, before it does: rules over the whole
// difference of a cluster's releases (never over what was folded), the forecast
// of what restarts, and what a removal really destroys.
//
// A rule is a row of Rules: a stable id, a level, a sentence for people and a
// function. It is pure and asks no cluster; what it knows of Kubernetes is in
// engine/kube. Which levels count, and what is waived until when, is the
// project's: see schema.Policy.
//
// rules.go lists the themes, a file each, and runs them; object.go is what they
// see, elsewhere.go what they may ask of releases that do not change, standing.go
// which pods there are, link.go what refers to what; running.go follows images,
// forecast.go says what restarts, policy.go what a project thinks of it all.
// testdata has every rule's cases, and RULES.md a line about each.
package risk

import (
	"slices"
	"time"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/schema/diag"
)

// Level is how bad a hit is.
type Level string

const (
	Block   Level = "block"   // it fails when applied, or destroys what does not come back
	Caution Level = "caution" // somebody should have meant it
	Info    Level = "info"
)

// Compare orders levels, the worse behind; none is before all.
func (l Level) Compare(other Level) int {
	order := []Level{"", Info, Caution, Block}
	return slices.Index(order, l) - slices.Index(order, other)
}

// Worse is the worse of two levels.
func Worse(a, b Level) Level {
	if a.Compare(b) < 0 {
		return b
	}
	return a
}

// Cluster is what the rules look at: all of one cluster that changes.
type Cluster struct {
	Name     string
	Releases []diff.Release // compared, not masked
	Others   Others         // what does not change; nil: nobody knows
}

// Others is what the other releases of a cluster have, those that stay as they
// are: the same before and after. To answer may mean to read files or to render,
// so a rule asks only where it matters to a hit, and once for all that it wants to
// know. Hooks are not told. It is asked by one goroutine at a time; what fails is
// the asked one's to report.
type Others interface {
	// Owners are the releases that have objects of these identities, by
	// environment and name; what nobody has is not in it.
	Owners(ids []manifest.ID) map[manifest.ID][]Owner
	// In counts the objects in a namespace, by owner.
	In(namespace string) map[Owner]int
	// Objects are whole objects of a kind, by owner and in the order of a Set:
	// those in some namespaces, all of them where none is named.
	Objects(group, kind string, namespaces ...string) []Owned
	// Definition is the CustomResourceDefinition of a kind; false where nobody has
	// it.
	Definition(group, kind string) (manifest.Object, bool)
}

// Owner is a release of the cluster.
type Owner struct{ Environment, Release string }

// Owned is an object of another release.
type Owned struct {
	Owner
	manifest.Object
}

// Hit is one rule that fired.
type Hit struct {
	Rule        string      `json:"rule"` // its stable id: immutable/statefulset
	Level       Level       `json:"level"`
	Cluster     string      `json:"cluster"`
	Environment string      `json:"environment"`
	Release     string      `json:"release"`
	Object      manifest.ID `json:"object"`
	Hook        bool        `json:"hook,omitempty"`
	Path        diff.Path   `json:"path,omitempty"` // empty where it is about the whole object
	Reason      string      `json:"reason"`         // one sentence; holds no value of a Secret
	// Consequence is, of a removal, what is really destroyed; empty otherwise.
	Consequence string     `json:"consequence,omitempty"`
	Declared    diag.Range `json:"declared,omitzero"` // of the release
	Waived      *Waiver    `json:"waived,omitempty"`  // it was accepted
	Removal     bool       `json:"removal,omitempty"` // the object goes
}

// Waiver is an accept block that a hit met.
type Waiver struct {
	Reason string     `json:"reason"`
	Until  time.Time  `json:"until"` // the last day on which it holds
	Range  diag.Range `json:"range"`
}

// Restart is a workload whose pods are replaced.
type Restart struct {
	Cluster     string      `json:"cluster"`
	Environment string      `json:"environment"`
	Release     string      `json:"release"`
	Object      manifest.ID `json:"object"`
	Why         []Why       `json:"why"`               // the weightiest first
	Pods        int64       `json:"pods"`              // how many, as far as the manifests tell
	PerNode     bool        `json:"perNode,omitempty"` // of a DaemonSet: Pods is one for each node
	// Scaler is the autoscaler that decides how many pods there are, between
	// Pods and what it has as maximum.
	Scaler string `json:"scaler,omitempty"`
	// AllAtOnce tells that the old pods are gone before the first new one starts.
	AllAtOnce bool `json:"allAtOnce,omitempty"`
}

// Why is a reason for a restart.
type Why string

const (
	WhyImage    Why = "image"
	WhyEnv      Why = "environment"
	WhyConfig   Why = "configuration hash"
	WhySpec     Why = "pod spec"
	WhyLabel    Why = "label only"
	WhyRecreate Why = "recreated" // it goes and comes back under another name, or as another kind
)

// ImageChange is an image that a workload of a release runs instead of another.
type ImageChange struct {
	Repository string      `json:"repository"`    // the one after; before, where it goes
	From       string      `json:"from"`          // tag, digest or both; empty where it is new
	To         string      `json:"to"`            // empty where it goes
	Was        string      `json:"was,omitempty"` // the repository before, where that changed
	Object     manifest.ID `json:"object"`
	Container  string      `json:"container"`
	// Step is major, minor or patch; downgrade where it goes back to an older one;
	// digest where the tag is the same, retag where the digest is; pinned or unpinned
	// where only the digest comes or goes; new, gone, or other.
	Step string `json:"step"`
}
