package risk

import (
	"cmp"
	"strings"

	"github.com/Masterminds/semver/v3"
)

// reference is an image as a container names it.
type reference struct {
	registry   string // docker.io where none is written
	repository string // with the registry, as it was written
	path       string // without the registry, library/ filled in
	tag        string
	digest     string
}

func parseReference(image string) reference {
	var r reference
	rest, digest, _ := strings.Cut(image, "@")
	r.digest = digest
	if colon := strings.LastIndexByte(rest, ':'); colon > strings.LastIndexByte(rest, '/') {
		rest, r.tag = rest[:colon], rest[colon+1:]
	}
	r.repository, r.path = rest, rest
	r.registry = "docker.io"
	if host, path, found := strings.Cut(rest, "/"); found && (strings.ContainsAny(host, ".:") || host == "localhost") {
		r.registry, r.path = host, path
	}
	if r.registry == "index.docker.io" {
		r.registry = "docker.io"
	}
	if r.registry == "docker.io" && !strings.Contains(r.path, "/") {
		r.path = "library/" + r.path
	}
	return r
}

// same tells whether two references name one repository.
func (r reference) same(other reference) bool {
	return r.registry == other.registry && r.path == other.path
}

// version is the tag and the digest, as a person tells images apart.
func (r reference) version() string {
	switch {
	case r.digest == "" && r.tag == "":
		return "latest"
	case r.digest == "":
		return r.tag
	case r.tag == "":
		return r.digest
	}
	return r.tag + "@" + r.digest
}

// mutable says why a tag means another image tomorrow; empty where it does not
// look like that.
func (r reference) mutable() string {
	switch {
	case r.digest != "":
		return ""
	case r.tag == "":
		return "has no tag, which means latest"
	case r.tag == "latest":
		return "is tagged latest"
	case !strings.ContainsAny(r.tag, "0123456789"):
		return "is tagged " + r.tag + ", which is no version"
	}
	return ""
}

// What a step from one version to another is.
const (
	stepMajor    = "major"
	stepMinor    = "minor"
	stepPatch    = "patch"
	stepBack     = "downgrade" // to an older major, minor or patch
	stepDigest   = "digest"    // the same tag, another digest
	stepRetag    = "retag"     // another tag, the same digest
	stepPinned   = "pinned"    // the same tag, and a digest now
	stepUnpinned = "unpinned"  // the same tag, and no digest any more
	stepOther    = "other"
	stepNew      = "new"
	stepGone     = "gone"
)

// step is the largest difference between two images.
func step(from, to reference) string {
	switch {
	case from.digest != "" && from.digest == to.digest:
		return stepRetag
	case from.tag != to.tag:
		how := Step(from.tag, to.tag)
		if how == stepBack && from.path != to.path { // each counts for itself
			return stepOther
		}
		return how
	case !from.same(to):
		return stepOther
	case from.digest == "":
		return stepPinned
	case to.digest == "":
		return stepUnpinned
	}
	return stepDigest
}

// Step is how far one version is from another: major, minor or patch; downgrade
// where it is an older one; other where one is no semantic version, or only what
// follows it differs.
func Step(from, to string) string {
	f, ok := versionOf(from)
	t, is := versionOf(to)
	switch {
	case !ok || !is:
		return stepOther
	case older(t, f):
		return stepBack
	case f.Major() != t.Major():
		return stepMajor
	case f.Minor() != t.Minor():
		return stepMinor
	case f.Patch() != t.Patch():
		return stepPatch
	}
	return stepOther
}

// older compares two versions without what follows their three numbers: in a tag
// that tells variants apart.
func older(a, b *semver.Version) bool {
	return cmp.Or(cmp.Compare(a.Major(), b.Major()), cmp.Compare(a.Minor(), b.Minor()), cmp.Compare(a.Patch(), b.Patch())) < 0
}

// versionOf reads a version; a date, a build number or a commit is none.
func versionOf(text string) (*semver.Version, bool) {
	if !strings.Contains(text, ".") {
		return nil, false
	}
	v, err := semver.NewVersion(text)
	return v, err == nil
}
