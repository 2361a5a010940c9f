package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	helm "helm.sh/helm/v3/pkg/registry"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"

	"github.com/weir-dev/weir/schema"
)

// What a registry may send: manifests of charts have a few kilobytes.
const (
	maxManifest = 1 << 20
	maxPage     = 8 << 20 // of a list of tags
	maxPages    = 1000
	maxTags     = 16 << 20 // bytes of all tags together
)

// repository is one chart of a registry, all its versions.
type repository struct {
	at     place
	remote *remote.Repository
	asker  *asker

	mu     sync.Mutex
	listed []string // tags, once they were asked for
}

// repository is a way to a repository with the certificates of a block.
func (c *client) repository(at place, of schema.ChartRepository) (*repository, error) {
	asker, err := c.asker(at, of)
	if err != nil {
		return nil, err
	}
	return &repository{at: at, asker: asker, remote: &remote.Repository{
		Client:           asker.knocking(),
		Reference:        at.Reference,
		PlainHTTP:        of.PlainHTTP,
		TagListMaxPages:  maxPages,
		MaxMetadataBytes: maxPage,
	}}, nil
}

// knocking is who knows how to answer when a registry asks who is there.
func (a *asker) knocking() *auth.Client {
	return &auth.Client{
		Client:     &http.Client{Transport: a, CheckRedirect: a.redirect},
		Header:     http.Header{"User-Agent": {"weir"}},
		Credential: a.credential,
		Cache:      auth.NewCache(),
		ClientID:   "weir",
	}
}

// tags lists all tags of the chart: once, however many constraints there are.
func (r *repository) tags(ctx context.Context) ([]string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.listed != nil {
		return r.listed, nil
	}
	all, size := []string{}, 0
	err := r.remote.Tags(ctx, "", func(tags []string) error {
		for _, tag := range tags {
			size += len(tag)
		}
		if size > maxTags {
			return errdef.ErrTooManyPages
		}
		all = append(all, tags...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	r.listed = all
	return all, nil
}

// manifestOf is what lies under a tag or a digest.
type manifestOf struct {
	digest    string
	mediaType string
	ocispec.Manifest
}

// manifest reads and checks a manifest.
func (r *repository) manifest(ctx context.Context, reference string) (*manifestOf, error) {
	descriptor, body, err := r.remote.Manifests().FetchReference(ctx, reference)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	if descriptor.Size > maxManifest {
		return nil, refuse(fmt.Sprintf("the manifest of %s is too large", r.at.chart()), fmt.Sprintf("It has %d bytes; %d are allowed.", descriptor.Size, maxManifest), "Look whether it is a chart.")
	}
	data, err := content.ReadAll(body, descriptor)
	if err != nil {
		return nil, err
	}
	m := &manifestOf{digest: descriptor.Digest.String(), mediaType: descriptor.MediaType}
	if err := json.Unmarshal(data, &m.Manifest); err != nil {
		return nil, refuse(fmt.Sprintf("the manifest of %s cannot be read", r.at.chart()), "It is no JSON of a manifest.", "Push the chart again with `helm push`.")
	}
	return m, nil
}

// layerOf is the layer with a chart's archive.
type layerOf struct{ ocispec.Descriptor }

// SHA256 is the digest in hex; empty where the registry uses another hash.
func (l layerOf) SHA256() string {
	if l.Digest.Algorithm() != "sha256" {
		return ""
	}
	return l.Digest.Encoded()
}

// chart is the layer with the archive. What is no chart is told by what it is.
func (m *manifestOf) chart(at place) (layerOf, error) {
	no := func(what, detail string) (layerOf, error) {
		return layerOf{}, refuse(fmt.Sprintf("%s is no chart but %s", at.chart(), what), detail, "Name a chart that was pushed with `helm push`; images and charts often lie side by side.")
	}
	switch m.mediaType {
	case ocispec.MediaTypeImageIndex, "application/vnd.docker.distribution.manifest.list.v2+json":
		return no("a container image for several platforms", "")
	}
	switch m.Config.MediaType {
	case helm.ConfigMediaType:
	case ocispec.MediaTypeImageConfig, "application/vnd.docker.container.image.v1+json":
		return no("a container image", "")
	default:
		kind := m.ArtifactType
		if kind == "" {
			kind = m.Config.MediaType
		}
		if kind == "" {
			kind = m.mediaType
		}
		return no("something else", fmt.Sprintf("It calls itself %q.", kind))
	}
	var charts []ocispec.Descriptor
	for _, layer := range m.Layers {
		if layer.MediaType == helm.ChartLayerMediaType || layer.MediaType == helm.LegacyChartLayerMediaType {
			charts = append(charts, layer)
		}
	}
	remedy := "Push the chart again with `helm push`."
	switch {
	case len(charts) != 1:
		return layerOf{}, refuse(fmt.Sprintf("the manifest of %s has %d archives", at.chart(), len(charts)), "A chart has one.", remedy)
	case charts[0].Digest.Validate() != nil:
		return layerOf{}, refuse(fmt.Sprintf("the manifest of %s has no digest of the archive", at.chart()), "", remedy)
	}
	return layerOf{charts[0]}, nil
}

// blob gets an archive by its digest alone.
func (r *repository) blob(ctx context.Context, digest string) (Content, error) {
	descriptor, body, err := r.remote.Blobs().FetchReference(ctx, digest)
	if err != nil {
		return Content{}, err
	}
	return r.archive(body, layerOf{descriptor})
}

// layer gets the archive of a manifest.
func (r *repository) layer(ctx context.Context, layer layerOf) (Content, error) {
	if layer.Size > maxArchive {
		return Content{}, r.tooLarge(layer)
	}
	body, err := r.remote.Blobs().Fetch(ctx, layer.Descriptor)
	if errors.Is(err, errdef.ErrNotFound) {
		return Content{}, refuse(fmt.Sprintf("%s does not have the chart's archive", r.at.Registry),
			fmt.Sprintf("The manifest of %s is there, but the archive that it names is not: %s.", r.at.chart(), layer.Digest), "Push the chart again with `helm push`, or tell who runs the registry.")
	}
	if err != nil {
		return Content{}, err
	}
	return r.archive(body, layer)
}

func (r *repository) archive(body io.ReadCloser, layer layerOf) (Content, error) {
	defer body.Close()
	if layer.Size > maxArchive {
		return Content{}, r.tooLarge(layer)
	}
	data, err := content.ReadAll(body, layer.Descriptor)
	if err != nil {
		return Content{}, err
	}
	return Content{Archive: data, Bytes: int64(len(data))}, nil
}

func (r *repository) tooLarge(layer layerOf) error {
	return refuse("the archive of a chart is too large", fmt.Sprintf("The archive %s of %s has %d bytes; %d are allowed.", layer.Digest, r.at.chart(), layer.Size, maxArchive), "Look whether it is a chart.")
}
