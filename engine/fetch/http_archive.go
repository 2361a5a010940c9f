package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"

	"github.com/weir-dev/weir/engine/whole"
	"github.com/weir-dev/weir/engine/wire"
	"github.com/weir-dev/weir/schema"
)

// NewArchives is the source of archives by URL. What they were, and when, is kept
// in the store, so that one that has not changed is not transferred to learn that.
func NewArchives(access *Access, store *Store) Source { return &archives{newClient(access), store} }

type archives struct {
	client *client
	store  *Store
}

// Resolve implements Source: what a URL stands for is what is there. The server
// is asked only where it may say that nothing has changed.
func (a *archives) Resolve(ctx context.Context, ref schema.Chart) (Found, error) {
	u, err := url.Parse(ref.Source)
	if err != nil {
		return Found{}, refuse("the URL of a chart cannot be read", "", "Correct it.") // the error has the URL, password and all
	}
	found := Found{Origin: originOf(u)}
	kept := openIndex(a.kept(found.Origin))
	if kept == nil {
		return found, nil
	}
	defer kept.file.Close()
	header := http.Header{}
	kept.ask(header)
	answer, err := a.client.get(ctx, wanted{url: u, of: ref.Repository, what: "archive", header: header})
	if err != nil {
		return Found{}, err
	}
	wire.Discard(answer)
	if answer.StatusCode == http.StatusNotModified {
		found.SHA256 = kept.SHA256
	}
	return found, nil
}

// Fetch implements Source.
func (a *archives) Fetch(ctx context.Context, ref schema.Chart, pin schema.Locked) (Content, error) {
	content, err := a.client.content(ctx, ref, pin)
	if err != nil {
		return content, err
	}
	path, key := a.kept(pin.Origin)
	sum := sha256.Sum256(content.Archive)
	facts := keptFacts{URL: key, ETag: content.header.Get("ETag"), Modified: modified(content.header), SHA256: hex.EncodeToString(sum[:])}
	if text, err := facts.text(); err == nil && path != "" && facts.checkable() {
		_ = whole.Write(path, text, 0o600) // no room is no failure: it is transferred again next time
	}
	return content, nil
}

// kept is where what is known of an archive is, and its name there: an index
// without a text.
func (a *archives) kept(origin string) (path, key string) {
	key = "archive " + origin
	return a.store.indexPath(key), key
}
