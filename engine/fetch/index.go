package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/weir-dev/weir/engine/failpoint"
	"github.com/weir-dev/weir/engine/whole"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// index is the index.yaml of a repository: where in its text each chart is. The
// text stays in the file that it was downloaded to; of a hundred megabytes only
// the parts are read that somebody asks for.
type index struct {
	repository schema.ChartRepository
	base       *url.URL // with a slash at its end
	text       io.ReaderAt
	sections   map[string]section
}

// maxIndex bounds an index. The largest public ones have 30 MB.
const maxIndex = 1 << 30

// index asks a repository for its index, or only whether the one in the store
// is still right.
func (r *repositories) index(ctx context.Context, of schema.ChartRepository) (*index, error) {
	base, err := url.Parse(of.URL + "/")
	if err != nil {
		return nil, refuse("the URL of a repository cannot be read", "", "Correct it.") // the error has the URL, password and all
	}
	x := &index{repository: of, base: base}
	path := r.store.indexPath(of.URL)
	kept := openIndex(path, of.URL)
	header := http.Header{"Accept-Encoding": {"gzip"}}
	if kept != nil {
		kept.ask(header)
	}
	at := base.JoinPath("index.yaml")
	answer, err := r.client.get(ctx, wanted{url: at, of: of, what: "index", header: header})
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusNotModified {
		if kept == nil {
			return nil, notRead(of, errors.New("the server says that it has not changed, but nobody has it"))
		}
		if x.text, x.sections, err = kept.read(); err == nil {
			return x, nil
		}
		failpoint.Before("remove", path)
		os.Remove(path)
		return r.index(ctx, of) // what was kept is damaged
	}
	if answer.ContentLength > maxIndex {
		return nil, notRead(of, fmt.Errorf("it has %d bytes", answer.ContentLength))
	}
	var body io.Reader = &counted{r: answer.Body}
	came := body.(*counted)
	if answer.Header.Get("Content-Encoding") == "gzip" {
		if body, err = gzip.NewReader(body); err != nil {
			return nil, broken(ctx, at, came.n, answer.ContentLength, err)
		}
	}
	if x.text, x.sections, err = keepIndex(path, of.URL, answer.Header, io.LimitReader(body, maxIndex)); err != nil {
		if bad := (*scanError)(nil); errors.As(err, &bad) {
			return nil, notRead(of, bad.error)
		}
		if came.err == nil || errors.Is(came.err, io.EOF) {
			return nil, err // of this machine
		}
		return nil, broken(ctx, at, came.n, answer.ContentLength, came.err)
	}
	return x, nil
}

// counted remembers how much was read, and what ended it.
type counted struct {
	r   io.Reader
	n   int64
	err error
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != nil {
		c.err = err
	}
	return n, err
}

// A kept index is its text, then what is known of it as JSON, then the length of
// that in eight bytes: so it can be written while it comes, and appears whole.
//
//	<dir>/indexes/<sha256 of the URL>
type keptIndex struct {
	file *os.File
	keptFacts
}

type keptFacts struct {
	URL      string `json:"url"`
	ETag     string `json:"etag,omitempty"`
	Modified string `json:"modified,omitempty"`
	Size     int64  `json:"size"`
	SHA256   string `json:"sha256"`
}

// text is what stands behind the text of an index.
func (k keptFacts) text() ([]byte, error) {
	text, err := json.Marshal(k)
	return binary.BigEndian.AppendUint64(text, uint64(len(text))), err
}

// checkable tells whether a server can be asked for something newer.
func (k keptFacts) checkable() bool { return k.ETag != "" || k.Modified != "" }

// indexPath is empty where nothing is kept.
func (s *Store) indexPath(repository string) string {
	if s.Dir() == "" {
		return ""
	}
	name := sha256.Sum256([]byte(repository))
	return filepath.Join(s.dir, "indexes", hex.EncodeToString(name[:]))
}

// openIndex is what the store has of a repository; nil where there is none to be
// trusted.
func openIndex(path, repository string) *keptIndex {
	if path == "" {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	k := &keptIndex{file: file}
	if !k.facts() || k.URL != repository || !k.checkable() {
		file.Close()
		return nil
	}
	return k
}

func (k *keptIndex) facts() bool {
	info, err := k.file.Stat()
	var length [8]byte
	if err != nil || info.Size() < 8 {
		return false
	}
	if _, err := k.file.ReadAt(length[:], info.Size()-8); err != nil {
		return false
	}
	n := int64(binary.BigEndian.Uint64(length[:]))
	if n < 0 || n > 64<<10 || n > info.Size()-8 {
		return false
	}
	text := make([]byte, n)
	if _, err := k.file.ReadAt(text, info.Size()-8-n); err != nil || json.Unmarshal(text, &k.keptFacts) != nil {
		return false
	}
	return k.Size == info.Size()-8-n
}

// ask makes a request one for something newer.
func (k *keptIndex) ask(header http.Header) {
	if k.ETag != "" {
		header.Set("If-None-Match", k.ETag)
	}
	if k.Modified != "" {
		header.Set("If-Modified-Since", k.Modified)
	}
}

var errDamaged = errors.New("a kept index is damaged")

func (k *keptIndex) read() (io.ReaderAt, map[string]section, error) {
	sum := sha256.New()
	sections, err := scan(io.TeeReader(io.NewSectionReader(k.file, 0, k.Size), sum))
	if err == nil && hex.EncodeToString(sum.Sum(nil)) != k.SHA256 {
		err = errDamaged
	}
	if err != nil {
		k.file.Close()
		return nil, nil, err
	}
	return k.file, sections, nil
}

// keepIndex writes an index to the store while it comes, and scans it on the way.
// The file stays open for who reads parts of it. Without a store, or without
// room, the text is held in memory.
func keepIndex(path, repository string, header http.Header, body io.Reader) (io.ReaderAt, map[string]section, error) {
	file := createIndex(path)
	if file == nil {
		var text bytes.Buffer
		sections, err := scan(io.TeeReader(body, &text))
		return bytes.NewReader(text.Bytes()), sections, err
	}
	sum, size := sha256.New(), &counted{r: body}
	failpoint.Before("write", path)
	sections, err := scan(io.TeeReader(size, io.MultiWriter(file, sum)))
	if err == nil {
		var text []byte
		text, err = keptFacts{
			URL: repository, ETag: header.Get("ETag"), Modified: modified(header), Size: size.n, SHA256: hex.EncodeToString(sum.Sum(nil)),
		}.text()
		if err == nil {
			failpoint.Before("write", path)
			_, err = file.Write(text)
		}
	}
	if err != nil {
		file.Drop()
		return nil, nil, err
	}
	if err := file.Keep(); err != nil {
		return nil, nil, err
	}
	return file.File, sections, nil
}

// createIndex begins the file that an index is written to; nil where none can be.
func createIndex(path string) *whole.File {
	if path == "" {
		return nil
	}
	file, err := whole.New(path, 0o600)
	if err != nil {
		return nil
	}
	return file
}

// modified is when an index was changed, for asking whether it was changed
// since: nothing where that was a moment ago, because the time is in seconds and
// the file may have changed again in the same one.
func modified(header http.Header) string {
	text := header.Get("Last-Modified")
	then, err := http.ParseTime(text)
	now, bad := http.ParseTime(header.Get("Date"))
	if err != nil || bad != nil || now.Sub(then) < 2*time.Second {
		return ""
	}
	return text
}

// without says that a repository has no chart of a name.
func (x *index) without(ref schema.Chart) error {
	names := make([]string, 0, len(x.sections))
	for name := range x.sections {
		names = append(names, name)
	}
	slices.Sort(names)
	d := diag.Diagnostic{Summary: fmt.Sprintf("repository %s has no chart %q", withoutLogin(x.repository.URL), ref.Name)}.Suggest(ref.Name, names)
	switch {
	case len(names) == 0:
		d = d.Remedyf("Its index lists no charts at all.")
	case len(names) <= 12:
		d = d.Remedyf("It has %s.", strings.Join(names, ", "))
	default:
		d = d.Remedyf("It has %d others.", len(names))
	}
	return diag.Refuse(d)
}

// archive is where the archive of a version is.
func (x *index) archive(v version) (*url.URL, error) {
	if len(v.URLs) == 0 {
		return nil, errors.New("it has no URL")
	}
	u, err := url.Parse(v.URLs[0])
	if err != nil {
		return nil, errors.New("its URL cannot be read")
	}
	u = x.base.ResolveReference(u)
	switch {
	case u.Scheme == "oci" && (u.User != nil || u.RawQuery != "" || u.Fragment != ""):
		return nil, errors.New("its URL has more than host, path and tag")
	case u.Scheme == "oci":
		return u, nil
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("its URL begins with %q", u.Scheme+":")
	case x.base.Scheme == "https" && u.Scheme == "http":
		return nil, errors.New("its URL begins with http://, where anybody on the way could change it, but the repository is https")
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	return u, nil
}

func sentence(err error) string { return diag.Sentence(err.Error()) }
