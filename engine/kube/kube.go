// Package kube knows what each minor version of Kubernetes serves: kinds,
// whether they live in a namespace, what became of those it no longer has,
// and which fields their objects have. It answers from two tables in the binary
// and never asks a cluster, so that a rendering is the same everywhere. The
// tables, table.txt and schemas.txt, are made by generate/main.go (`go generate`
// here, with a newer -newest when Kubernetes has a new minor); see table.go and
// schema.go for how they are read, validate.go for objects of Kubernetes' own
// kinds and crd.go for those of CustomResourceDefinitions.
package kube

//go:generate go run generate/main.go generate/schemas.go -newest 37

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Table is what one version of Kubernetes serves. It counts every API that the
// version has, those too that an administrator has to switch on.
type Table struct {
	version string // v1.34.0
	minor   int
	data    *data
}

// UnknownError says that the table has no such version.
type UnknownError struct {
	Version string // as given
	Nearest string // the nearest minor, "1.37"; empty where Version is no version
}

func (e *UnknownError) Error() string {
	minors := Minors()
	known := fmt.Sprintf("%s to %s are known", minors[0], minors[len(minors)-1])
	if e.Nearest == "" {
		return fmt.Sprintf("%q is no version of Kubernetes, write it like 1.34: %s", e.Version, known)
	}
	return fmt.Sprintf("Kubernetes %s is not known: %s", e.Version, known)
}

// Minors lists the known minor versions, oldest first: "1.14", "1.15", ….
func Minors() []string {
	d := read()
	var minors []string
	for minor := d.oldest; minor <= d.newest; minor++ {
		minors = append(minors, name(minor))
	}
	return minors
}

// For returns the table of a version: "1.34", "v1.34", "1.34.2" or with a
// vendor's suffix, "v1.34.2-gke.100". The error is an *UnknownError.
func For(version string) (*Table, error) {
	d := read()
	minor, patch, ok := parse(version)
	if !ok {
		return nil, &UnknownError{Version: version}
	}
	if nearest := min(max(minor, d.oldest), d.newest); nearest != minor {
		return nil, &UnknownError{Version: version, Nearest: name(nearest)}
	}
	return &Table{version: fmt.Sprintf("v1.%d.%s", minor, patch), minor: minor, data: d}, nil
}

// parse takes the minor and what follows it out of a version.
func parse(version string) (minor int, patch string, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimPrefix(version, "v"), "1.")
	if !ok {
		return 0, "", false
	}
	text, patch, found := strings.Cut(strings.TrimSuffix(rest, "+"), ".")
	if !found {
		patch = "0"
	}
	digits := strings.TrimLeft(patch, "0123456789")
	isPatch := len(digits) < len(patch) && (digits == "" || digits[0] == '-' || digits[0] == '+')
	minor, err := strconv.Atoi(text)
	return minor, patch, err == nil && isPatch && text[0] != '+' && text[0] != '-'
}

func name(minor int) string { return "1." + strconv.Itoa(minor) }

// Minor is the table's minor version: "1.34".
func (t *Table) Minor() string { return name(t.minor) }

// Version is the version as Helm's capabilities have it: "v1.34.0", with the
// patch that For was given.
func (t *Table) Version() string { return t.version }

// Scope tells whether objects of a kind live in a namespace. It knows a kind
// that any minor has, in whatever version of its group.
func (t *Table) Scope(group, kind string) (namespaced, known bool) {
	k, known := t.data.kinds[groupKind{group, kind}]
	return known && k.namespaced, known
}

// BuiltIn tells whether a kind is Kubernetes' own, in any version of any minor.
func BuiltIn(group, kind string) bool {
	_, known := read().kinds[groupKind{group, kind}]
	return known
}

// Serves tells whether this minor has the kind at an apiVersion.
func (t *Table) Serves(apiVersion, kind string) bool {
	group, version := split(apiVersion)
	k := t.data.kinds[groupKind{group, kind}]
	return k != nil && has(k.served[version], t.minor)
}

// APIVersions lists every group and version that this minor has, sorted: "v1",
// "apps/v1", ….
func (t *Table) APIVersions() []string {
	var versions []string
	for gk, k := range t.data.kinds {
		for version, spans := range k.served {
			if has(spans, t.minor) {
				versions = append(versions, join(gk.group, version))
			}
		}
	}
	slices.Sort(versions)
	return slices.Compact(versions)
}

func split(apiVersion string) (group, version string) {
	group, version, found := strings.Cut(apiVersion, "/")
	if !found {
		return "", apiVersion
	}
	return group, version
}

func join(group, version string) string {
	if group == "" {
		return version
	}
	return group + "/" + version
}
