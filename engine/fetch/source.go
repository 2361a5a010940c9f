package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// Source is a way to charts that are somewhere else; every kind of reference has
// one. Safe for concurrent use, and without memory of its own but for what many
// charts share, as an index: Once and the Store remember.
//
// An error that a person can do something about carries diagnostics without a
// Subject (diag.Refuse): several places may want the chart, and each puts its
// own in. One that may go away by itself is Temporary. No error, and nothing
// else that is returned, has a credential in it.
type Source interface {
	// Resolve finds what a reference stands for now: the newest version that its
	// constraint allows, the commit that a branch is at. It downloads no chart
	// unless there is no other way to know.
	Resolve(ctx context.Context, ref schema.Chart) (Found, error)
	// Fetch gets exactly what pin.Origin names, and asks nobody what is newest.
	// The caller checks it against pin.SHA256 and pin.Files; both are empty
	// when the lock is being made.
	Fetch(ctx context.Context, ref schema.Chart, pin schema.Locked) (Content, error)
}

// Found is what a reference stands for.
type Found struct {
	Version string // empty where only the chart's own Chart.yaml tells
	Origin  string // for Fetch and the lock: without credentials
	SHA256  string // hex, of the archive, as the other side gives it; empty where it does not
	Tag     string // by which it was found, as the reference names it: nobody expects it to move
}

// Content is a chart as a source delivers it: an archive, or files where the
// source has no archive.
type Content struct {
	Archive    []byte // a .tgz
	Files      []File // Name and Data; in any order
	Provenance []byte // the file that signs the archive, where Signed asks for it; nil: there is none
	Signer     string // whose signature that is, as Signed found
	Bytes      int64  // that were transferred

	header http.Header // of the answer with the archive
}

// Kinds is a Source that passes every reference on to the one of its kind.
type Kinds map[schema.ChartKind]Source

// Resolve implements Source.
func (k Kinds) Resolve(ctx context.Context, ref schema.Chart) (Found, error) {
	s, err := k.of(ref)
	if err != nil {
		return Found{}, err
	}
	found, err := s.Resolve(ctx, ref)
	oci := k[schema.OCI]
	if err != nil || oci == nil || ref.Kind == schema.OCI || !strings.HasPrefix(found.Origin, "oci://") {
		return found, err
	}
	// An index that leads to a tag of a registry: only its digest can be locked.
	there := ref
	there.Kind, there.Source, there.Version = schema.OCI, found.Origin, found.Version
	exact, err := oci.Resolve(ctx, there)
	exact.Version = found.Version
	return exact, err
}

// Fetch implements Source.
func (k Kinds) Fetch(ctx context.Context, ref schema.Chart, pin schema.Locked) (Content, error) {
	s, err := k.of(ref)
	if oci := k[schema.OCI]; oci != nil && strings.HasPrefix(pin.Origin, "oci://") {
		s, err = oci, nil // some repositories are an index of what is in a registry
	}
	if err != nil {
		return Content{}, err
	}
	return s.Fetch(ctx, ref, pin)
}

func (k Kinds) of(ref schema.Chart) (Source, error) {
	if s := k[ref.Kind]; s != nil {
		return s, nil
	}
	return nil, refuse(fmt.Sprintf("chart source %q is not supported yet", withoutLogin(ref.Source)), "", "Put the chart into the project, for example with `helm pull --untar`, and name its path.")
}

// refuse is a refusal that whoever asked gives its place.
func refuse(summary, detail, remedy string) error {
	return diag.Refuse(diag.Diagnostic{Summary: summary, Detail: detail, Remedy: remedy})
}

// temporaryError is a failure that may go away by itself.
type temporaryError struct {
	error
	after time.Duration // that the server asked for; 0: it did not
}

func (e *temporaryError) Unwrap() error { return e.error }

// temporary marks a failure that may go away by itself.
func temporary(err error, after time.Duration) error { return &temporaryError{err, after} }

// Temporary tells whether the same call may succeed a little later, and how long
// the server asked to wait.
func Temporary(err error) (after time.Duration, ok bool) {
	var t *temporaryError
	var f *finalError
	if errors.As(err, &f) || !errors.As(err, &t) || errors.Is(err, context.Canceled) {
		return 0, false
	}
	return t.after, true
}

// withoutLogin takes user and password out of a source, which need not be a URL.
func withoutLogin(source string) string {
	scheme, rest, ok := strings.Cut(source, "://")
	if !ok {
		return source
	}
	host, path, slash := strings.Cut(rest, "/")
	if at := strings.LastIndex(host, "@"); at >= 0 {
		user, _, _ := strings.Cut(host[:at], ":")
		host = host[at+1:]
		if strings.HasSuffix(scheme, "ssh") {
			host = user + "@" + host // a name, no secret
		}
	}
	if !slash {
		return scheme + "://" + host
	}
	return scheme + "://" + host + "/" + path
}
