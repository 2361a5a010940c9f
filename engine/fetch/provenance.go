package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content"
	"sigs.k8s.io/yaml"

	"github.com/weir-dev/weir/engine/signing"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// Signed lets nothing pass, of repositories with a keyring, that none of its keys
// has signed: the provenance file of `helm package --sign` has the SHA-256 of the
// archive. It is asked for when a chart is locked; the lock records the signer
// together with that very SHA-256, so what is fetched by the lock later is what
// was signed, and needs neither the file nor the keyring.
func Signed(next Source, access *Access) Source {
	return &signed{Source: next, access: access}
}

type signed struct {
	Source
	access *Access
	trusts memo[*signing.Trust] // by keyring
}

// asksWhoSigned tells whether a source has to bring the provenance file along.
func asksWhoSigned(ref schema.Chart, pin schema.Locked) bool {
	return ref.Repository.Keyring != "" && pin.Files == "" // not yet locked
}

// Fetch implements Source.
func (s *signed) Fetch(ctx context.Context, ref schema.Chart, pin schema.Locked) (Content, error) {
	content, err := s.Source.Fetch(ctx, ref, pin)
	if err != nil || !asksWhoSigned(ref, pin) {
		return content, err
	}
	trust, err := s.trusts.get(ref.Repository.Keyring, func() (*signing.Trust, error) { return s.read(ref.Repository) })
	if err != nil {
		return Content{}, err
	}
	content.Signer, err = signer(trust, ref, content)
	if err != nil {
		return Content{}, err
	}
	return content, nil
}

// read reads a keyring.
func (s *signed) read(of schema.ChartRepository) (*signing.Trust, error) {
	data, err := s.access.file(of.Keyring)
	if err != nil {
		return nil, diag.Refuse(diag.Diagnostic{
			Summary: fmt.Sprintf("the keyring of repository %q cannot be read", of.Name), Subject: of.At.Keyring,
			Detail: fmt.Sprintf("It is the file %s. %s", of.Keyring, reason(err)), Remedy: "Correct `keyring`.",
		})
	}
	return signing.NewTrust(nil, []signing.TrustFile{{Name: of.Keyring, Data: data}})
}

// signer checks the provenance of a chart.
func signer(trust *signing.Trust, ref schema.Chart, content Content) (string, error) {
	of := fmt.Sprintf("Repository %q asks for charts that a key of %s has signed", ref.Repository.Name, ref.Repository.Keyring)
	bad := func(summary, detail, remedy string) (string, error) {
		return "", refuse(fmt.Sprintf("chart %q %s", shown(ref), summary), detail, remedy)
	}
	const ask = "Ask who publishes the chart."
	if content.Archive == nil || content.Provenance == nil {
		return bad("is not signed", of+", and there is no provenance file (.prov) beside it.", "Ask who publishes the chart to sign it with `helm package --sign`, or remove `keyring`.")
	}
	text, who, err := trust.VerifyText(content.Provenance)
	if err != nil {
		return bad("has no signature to trust", of+". Of its provenance file: "+err.Error()+".", "If that key is to be trusted, put it into the keyring; otherwise ask who publishes the chart.")
	}
	sums, err := sumsOf(text)
	if err != nil {
		return bad("has a provenance file that nobody can use", diag.Sentence(err.Error()), ask)
	}
	digest := sha256.Sum256(content.Archive)
	have := "sha256:" + hex.EncodeToString(digest[:])
	if slices.Contains(slices.Collect(maps.Values(sums)), have) {
		return who, nil
	}
	detail := fmt.Sprintf("%s signed other bytes than those that came.", who)
	for _, file := range slices.Sorted(maps.Keys(sums)) {
		detail += fmt.Sprintf("\nsigned:  %s (%s)", sums[file], file)
	}
	return bad("is not what was signed", detail+"\nfetched: "+have, "Somebody has replaced the archive, or its provenance file is of another version. "+ask)
}

// sumsOf are the digests of a provenance file, by the name of the archive: the
// second YAML document of its text.
func sumsOf(text []byte) (map[string]string, error) {
	_, rest, found := bytes.Cut(text, []byte("\n...\n"))
	var sums struct {
		Files map[string]string `json:"files"`
	}
	switch {
	case !found, yaml.Unmarshal(rest, &sums) != nil, len(sums.Files) == 0:
		return nil, errors.New("it has no list of files with their digests")
	}
	return sums.Files, nil
}

// provenanceFile is what messages call it, maxProvenance bounds what is read of one.
const (
	provenanceFile = "provenance file"
	maxProvenance  = 1 << 20
)

var errNoProvenance = errors.New("there is no provenance file")

// provenance downloads the provenance file of an archive; nil where there is none.
func (c *client) provenance(ctx context.Context, of schema.ChartRepository, origin string) ([]byte, error) {
	at, err := url.Parse(origin)
	if err != nil {
		return nil, err
	}
	at = at.JoinPath() // a copy
	at.Path, at.RawPath = at.Path+".prov", ""
	answer, err := c.get(ctx, wanted{url: at, of: of, what: provenanceFile})
	if errors.Is(err, errNoProvenance) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(io.LimitReader(answer.Body, maxProvenance))
	if err != nil {
		return nil, broken(ctx, at, int64(len(data)), answer.ContentLength, err)
	}
	return data, nil
}

// mediaTypeProvenance is that of the layer with the provenance file, as Helm
// pushes it.
const mediaTypeProvenance = "application/vnd.cncf.helm.chart.provenance.v1.prov"

// signed gets a chart with its provenance from a registry.
func (r *repository) signed(ctx context.Context, at place) (Content, error) {
	m, err := r.manifest(ctx, at.digest)
	if err != nil {
		return Content{}, err
	}
	chart, err := m.chart(at)
	if err != nil {
		return Content{}, err
	}
	got, err := r.layer(ctx, chart)
	if err != nil {
		return Content{}, err
	}
	i := slices.IndexFunc(m.Layers, func(l ocispec.Descriptor) bool { return l.MediaType == mediaTypeProvenance && l.Size <= maxProvenance })
	if i < 0 {
		return got, nil
	}
	got.Provenance, err = content.FetchAll(ctx, r.remote.Blobs(), m.Layers[i])
	got.Bytes += int64(len(got.Provenance))
	return got, err
}
