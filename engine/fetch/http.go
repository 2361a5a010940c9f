package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/weir-dev/weir/schema"
)

// NewRepositories is the source of charts in HTTP(S) repositories: an index.yaml
// and archives. Indexes are kept in the store, and asked for anew only where
// they have changed; each is asked for once.
func NewRepositories(access *Access, store *Store) Source {
	return &repositories{client: newClient(access), store: store}
}

type repositories struct {
	client  *client
	store   *Store
	indexes memo[*index] // by URL
}

// Resolve implements Source.
func (r *repositories) Resolve(ctx context.Context, ref schema.Chart) (Found, error) {
	repository := ref.Repository
	x, err := r.known(ctx, repository)
	if err != nil {
		return Found{}, err
	}
	versions, err := x.versions(ref.Name)
	if err != nil {
		return Found{}, notRead(repository, err)
	}
	if versions == nil {
		return Found{}, x.without(ref)
	}
	v, err := choose(ref, versions)
	if err != nil {
		return Found{}, err
	}
	at, err := x.archive(v)
	digest, bad := v.sha256()
	if err = cmp.Or(err, bad); err != nil {
		return Found{}, notRead(repository, fmt.Errorf("what it says of %s %s is not valid: %w", ref.Name, v.Version, err))
	}
	return Found{Version: v.Version, Origin: originOf(at), SHA256: digest}, nil
}

// known is the index of a repository, asked for once.
func (r *repositories) known(ctx context.Context, of schema.ChartRepository) (*index, error) {
	return r.indexes.get(of.URL, func() (x *index, err error) {
		err = retrying(ctx, r.client.access.pause, func() error { x, err = r.index(ctx, of); return err })
		return x, final(err)
	})
}

// Fetch implements Source.
func (r *repositories) Fetch(ctx context.Context, ref schema.Chart, pin schema.Locked) (Content, error) {
	if strings.HasSuffix(pin.Origin, "?") {
		at, err := r.asked(ctx, ref, pin)
		if err != nil {
			return Content{}, err
		}
		pin.Origin = at
	}
	return r.client.content(ctx, ref, pin)
}

// asked is the URL of an archive with the query that the index has for it today.
func (r *repositories) asked(ctx context.Context, ref schema.Chart, pin schema.Locked) (string, error) {
	of := ref.Repository
	if strings.Contains(pin.Source, "://") { // a sub-chart's, which need not have a block
		of.URL = strings.TrimSuffix(pin.Source, "/"+ref.Name)
	}
	x, err := r.known(ctx, of)
	if err != nil {
		return "", err
	}
	versions, err := x.versions(ref.Name)
	if err != nil {
		return "", notRead(of, err)
	}
	for _, v := range versions {
		if u, err := x.archive(v); err == nil && equalVersions(v.Version, pin.Version) && strings.TrimSuffix(originOf(u), "?") == strings.TrimSuffix(pin.Origin, "?") {
			return u.String(), nil
		}
	}
	return "", refuse(fmt.Sprintf("the index of %s no longer lists %s %s", withoutLogin(of.URL), ref.Name, pin.Version),
		"The URL of its archive has a query, which only the index knows.", "If the version was withdrawn, take another one with `weir update`.")
}

// originOf is a URL as the lock has it: no user, no fragment, and of a query,
// which may be a signature, only the question mark.
func originOf(u *url.URL) string {
	bare := *u
	bare.User, bare.Fragment, bare.RawFragment = nil, "", ""
	bare.RawQuery, bare.ForceQuery = "", bare.RawQuery != ""
	return bare.String()
}

// maxArchive bounds what is downloaded; unpacked a chart may have maxChart.
const maxArchive = maxChart

// content downloads what a pin names.
func (c *client) content(ctx context.Context, ref schema.Chart, pin schema.Locked) (Content, error) {
	content, err := c.archive(ctx, ref.Repository, pin.Origin)
	if err != nil || !asksWhoSigned(ref, pin) {
		return content, err
	}
	content.Provenance, err = c.provenance(ctx, ref.Repository, pin.Origin)
	content.Bytes += int64(len(content.Provenance))
	return content, err
}

// archive downloads a chart archive.
func (c *client) archive(ctx context.Context, of schema.ChartRepository, origin string) (Content, error) {
	at, err := url.Parse(origin)
	if err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Host == "" {
		return Content{}, refuse("the lock has an origin that is no URL", "", "Remove the entry, and run `weir lock`.")
	}
	answer, err := c.get(ctx, wanted{url: at, of: of, what: "archive"})
	if err != nil {
		return Content{}, err
	}
	defer answer.Body.Close()
	tooLarge := refuse("the archive of a chart is too large", fmt.Sprintf("%s has more than %d bytes.", shownURL(at), maxArchive), "Look whether it is a chart.")
	if answer.ContentLength > maxArchive {
		return Content{}, tooLarge
	}
	data, err := io.ReadAll(io.LimitReader(answer.Body, maxArchive+1))
	switch {
	case err != nil:
		return Content{}, broken(ctx, at, int64(len(data)), answer.ContentLength, err)
	case len(data) > maxArchive:
		return Content{}, tooLarge
	case isHTML(data):
		return Content{}, refuse(at.Host+" answers with a page for people", fmt.Sprintf("%s is HTML, not a chart archive: a page to log in, or one that says what is wrong.", shownURL(at)),
			"Open it in a browser; then correct the URL, or the credentials.")
	}
	return Content{Archive: data, Bytes: int64(len(data)), header: answer.Header}, nil
}

// isHTML tells a page from what a program would read.
func isHTML(data []byte) bool {
	head := strings.ToLower(strings.TrimLeft(string(data[:min(len(data), 512)]), "\ufeff \t\r\n"))
	return strings.HasPrefix(head, "<!doctype") || strings.HasPrefix(head, "<html") || strings.HasPrefix(head, "<?xml")
}

// notRead is an index that is not what Helm writes.
func notRead(of schema.ChartRepository, err error) error {
	return refuse(fmt.Sprintf("the index of %s cannot be read", withoutLogin(of.URL)), sentence(err), "Tell who runs the repository; `helm repo index` writes such files.")
}

var errPage = errors.New("it is HTML, not YAML: a page to log in, or one that says what is wrong")
