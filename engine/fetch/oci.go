package fetch

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/Masterminds/semver/v3"
	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry"

	"github.com/weir-dev/weir/schema"
)

// NewRegistries is the source of charts in OCI registries, as `helm push` puts
// them there. What is in a registry and how it is asked for is in
// oci_registry.go, connections are in oci_wire.go, who asks in credentials.go.
// The repositories are those of the project: an index of another one may lead to
// a registry that has a block of its own.
func NewRegistries(access *Access, repositories []schema.ChartRepository) Source {
	return &registries{client: newClient(access), blocks: repositories, known: map[string]*repository{}}
}

type registries struct {
	client *client
	blocks []schema.ChartRepository

	mu    sync.Mutex
	known map[string]*repository // by place and certificates: each keeps its token

	layers sync.Map // of manifests that were read, by origin: they never change
}

// Resolve implements Source. A version is looked for among the tags; what a tag
// or a digest in the reference itself stands for only the chart tells.
func (s *registries) Resolve(ctx context.Context, ref schema.Chart) (Found, error) {
	at, err := parsePlace(ref.URL())
	if err != nil {
		return Found{}, err
	}
	r, err := s.repository(ref, at)
	if err != nil {
		return Found{}, err
	}
	switch {
	case at.digest != "":
		found, err := s.found(ctx, r, at, at.digest, "")
		if errors.Is(err, errdef.ErrNotFound) {
			err = refuse("there is no "+at.origin(at.digest), "", "Correct the digest, or the address."+r.hidden())
		}
		return found, err
	case at.tag != "":
		found, err := s.found(ctx, r, at, tagOf(at.tag), "")
		found.Tag = at.tag
		return found, err
	}
	if v, exact := exactly(ref.Version); exact {
		found, err := s.found(ctx, r, at, tagOf(v), v)
		if !errors.Is(err, errdef.ErrNotFound) {
			return found, err
		}
	}
	tags, err := r.tags(ctx)
	if err != nil {
		return Found{}, r.explain(ctx, "", err)
	}
	version, err := newestTag(ref, at, tags)
	if err != nil {
		return Found{}, err
	}
	return s.found(ctx, r, at, tagOf(version), version)
}

// found reads the manifest that a tag or digest leads to.
func (s *registries) found(ctx context.Context, r *repository, at place, reference, version string) (Found, error) {
	m, err := r.manifest(ctx, reference)
	if err != nil {
		return Found{}, r.explain(ctx, reference, err)
	}
	chart, err := m.chart(at)
	if err != nil {
		return Found{}, err
	}
	origin := at.origin(m.digest)
	s.layers.Store(origin, chart)
	return Found{Version: version, Origin: origin, SHA256: chart.SHA256()}, nil
}

// Fetch implements Source. Where the archive's digest is known it is the only
// thing that is asked for.
func (s *registries) Fetch(ctx context.Context, ref schema.Chart, pin schema.Locked) (Content, error) {
	at, err := parsePlace(pin.Origin)
	if err == nil && at.digest == "" {
		err = refuse("the lock has an origin in a registry without a digest", fmt.Sprintf("It is %s.", withoutLogin(pin.Origin)), "Remove the entry, and run `weir lock`.")
	}
	if err != nil {
		return Content{}, err
	}
	r, err := s.repository(ref, at)
	if err != nil {
		return Content{}, err
	}
	if asksWhoSigned(ref, pin) {
		content, err := r.signed(ctx, at)
		return content, r.explain(ctx, at.digest, err)
	}
	if len(pin.SHA256) == 2*sha256.Size {
		content, err := r.blob(ctx, "sha256:"+pin.SHA256)
		if !errors.Is(err, errdef.ErrNotFound) {
			return content, r.explain(ctx, at.digest, err)
		}
		// Gone, or never there: the manifest tells which.
	}
	layer, known := s.layers.Load(pin.Origin)
	if !known {
		m, err := r.manifest(ctx, at.digest)
		if err != nil {
			return Content{}, r.explain(ctx, at.digest, err)
		}
		if layer, err = m.chart(at); err != nil {
			return Content{}, err
		}
	}
	content, err := r.layer(ctx, layer.(layerOf))
	return content, r.explain(ctx, at.digest, err)
}

// repository is the way to a repository of a registry. Certificates and plain
// HTTP are those of the block that it is below.
func (s *registries) repository(ref schema.Chart, at place) (*repository, error) {
	of := ref.Repository
	if u := at.chart(); u != of.URL && !strings.HasPrefix(u, of.URL+"/") {
		of = schema.RepositoryOf(u, s.blocks)
	}
	key := strings.Join([]string{at.Registry, at.Repository, of.Name, of.CA, of.Certificate, of.Key, fmt.Sprint(of.PlainHTTP)}, "\x00")
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.known[key]; r != nil {
		return r, nil
	}
	r, err := s.client.repository(at, of)
	if err != nil {
		return nil, err
	}
	s.known[key] = r
	return r, nil
}

// place is where a chart is in a registry.
type place struct {
	registry.Reference        // Registry and Repository: host and path
	tag                string // that the reference has itself
	digest             string // that the reference has itself: sha256:…
}

// parsePlace reads oci://host/path/chart, with :tag or @digest after it.
func parsePlace(source string) (place, error) {
	rest := strings.TrimPrefix(source, "oci://")
	host, path, _ := strings.Cut(rest, "/")
	bad := func(detail string) (place, error) {
		return place{}, refuse(fmt.Sprintf("%q is not the address of a chart in a registry", withoutLogin(source)), detail,
			"Write oci://host/path/chart, in lower case; a version goes into `version`.")
	}
	if strings.Contains(host, "@") {
		return place{}, refuse("credentials do not live in a project", fmt.Sprintf("The address %s has a user in it.", withoutLogin(source)), "Remove what stands before the @, and run `weir login`.")
	}
	var at place
	path, at.digest, _ = strings.Cut(path, "@")
	if i := strings.LastIndexByte(path, ':'); i > strings.LastIndexByte(path, '/') {
		path, at.tag = path[:i], path[i+1:]
	}
	at.Reference = registry.Reference{Registry: host, Repository: path}
	if err := at.ValidateRegistry(); err != nil {
		return bad("There is no host in it.")
	}
	if path == "" {
		return bad("It names a registry, but no chart.")
	}
	if err := at.ValidateRepository(); err != nil {
		return bad(fmt.Sprintf("%q cannot be the name of a chart in a registry.", path))
	}
	if at.digest != "" {
		at.Reference.Reference = at.digest
		if err := at.ValidateReferenceAsDigest(); err != nil {
			return bad(fmt.Sprintf("%q is no digest; one is sha256: and 64 hexadecimal digits.", at.digest))
		}
	}
	if at.tag != "" {
		at.Reference.Reference = tagOf(at.tag)
		if err := at.ValidateReferenceAsTag(); err != nil {
			return bad(fmt.Sprintf("%q is no tag.", at.tag))
		}
	}
	at.Reference.Reference = ""
	return at, nil
}

// origin names a manifest for the lock.
func (p place) origin(digest string) string { return p.chart() + "@" + digest }

// chart is the address without tag and digest.
func (p place) chart() string { return "oci://" + p.Registry + "/" + p.Repository }

// base is the URL that all requests to the registry begin with.
func (p place) base(of schema.ChartRepository) *url.URL {
	scheme := "https"
	if of.PlainHTTP {
		scheme = "http"
	}
	return &url.URL{Scheme: scheme, Host: p.Host(), Path: "/v2/"}
}

// Tags have no plus sign; Helm writes an underscore for it, which no version
// has: https://github.com/helm/helm/issues/10166
func tagOf(version string) string { return strings.ReplaceAll(version, "+", "_") }
func versionOf(tag string) string { return strings.ReplaceAll(tag, "_", "+") }

// exactly tells whether a constraint names one version: its tag needs no search.
func exactly(constraint string) (string, bool) {
	text := strings.TrimPrefix(strings.TrimSpace(constraint), "=")
	_, err := semver.StrictNewVersion(strings.TrimPrefix(text, "v"))
	return text, err == nil
}

// newestTag is the newest version among tags that a constraint allows. Tags such
// as "6.7" or "latest" are none, as in Helm: they move.
func newestTag(ref schema.Chart, at place, tags []string) (string, error) {
	var versions, others []string
	for _, tag := range tags {
		if _, ok := exactly(versionOf(tag)); ok {
			versions = append(versions, versionOf(tag))
		} else if !strings.HasPrefix(tag, "sha256-") { // signatures of other manifests
			others = append(others, tag)
		}
	}
	// Of versions that differ in build metadata only the last one counts, in
	// whatever order a registry lists them.
	slices.Sort(versions)
	slices.Reverse(versions)
	if len(versions) == 0 && len(others) > 0 {
		slices.Sort(others)
		return "", refuse(fmt.Sprintf("chart %q has no released version", withoutLogin(ref.Source)),
			fmt.Sprintf("None of its tags is a version: %s.", strings.Join(others[:min(len(others), 5)], ", ")),
			fmt.Sprintf("To follow a tag, write it into the address: %s:%s.", at.chart(), others[0]))
	}
	return Newest(ref, versions)
}
