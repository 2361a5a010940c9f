package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"

	"github.com/weir-dev/weir/schema/diag"
)

// refuse is a refusal whose place is the remote.
func (r *Remote) refuse(summary, detail, remedy string) error {
	return diag.Refuse(r.diagnostic(summary, detail, remedy))
}

func (r *Remote) diagnostic(summary, detail, remedy string) diag.Diagnostic {
	return diag.Diagnostic{Summary: summary, Subject: diag.Range{File: r.String()}, Detail: detail, Remedy: remedy}
}

// temporaryError is a failure that may go away by itself.
type temporaryError struct{ error }

func (e *temporaryError) Unwrap() error { return e.error }

// Temporary tells whether the same call may succeed a little later: a
// connection that was refused, cut or silent, a server that is overloaded.
func Temporary(err error) bool {
	var t *temporaryError
	return errors.As(err, &t) && !errors.Is(err, context.Canceled)
}

// explain makes the end of a conversation what its caller gets: diagnostics
// where a person can do something, else an error that says what was being done.
// A panic of the library, on whatever the server sent, is one of the latter.
func (r *Remote) explain(ctx context.Context, doing string, s session, panicked any, err error) error {
	if s != nil {
		s.Close()
	}
	if panicked != nil {
		err = fmt.Errorf("the server sent what cannot be read: %v", panicked)
	}
	if err == nil {
		return nil
	}
	var moved *MovedError
	if errors.As(err, &moved) {
		return err
	}
	if cause := context.Cause(ctx); ctx.Err() != nil {
		return fmt.Errorf("%s %s: %w", doing, r, cause)
	}
	if _, ok := diag.Refused(err); ok {
		return err
	}
	var lines []string
	if own, ok := s.(*stdio); ok {
		lines = own.said.lines()
	}
	if refusal := r.known(bare(err), lines); refusal != nil {
		return refusal
	}
	err = bare(err)
	failed := &failure{doing: fmt.Sprintf("%s %s: ", doing, r), cause: err}
	if len(lines) > 0 {
		failed.doing += strings.Join(lines, "; ") + ": "
	}
	if transient(err) || errors.Is(err, packp.ErrEmptyInput) && len(lines) == 0 {
		return &temporaryError{failed}
	}
	return failed
}

// failure is an error whose text may be of a server's making.
type failure struct {
	doing string
	cause error
}

func (f *failure) Error() string { return f.doing + strings.Join(said(f.cause.Error()), " ") }
func (f *failure) Unwrap() error { return f.cause }

// bare takes off what the library and net/http put around an error; the latter
// repeats the URL.
func bare(err error) error {
	var unexpected *plumbing.UnexpectedError
	var permanent *plumbing.PermanentError
	var in *url.Error
	switch {
	case errors.As(err, &unexpected):
		return bare(unexpected.Err)
	case errors.As(err, &permanent):
		return bare(permanent.Err)
	case errors.As(err, &in):
		return bare(in.Err)
	case isTimeout(err):
		return errSilent
	}
	return err
}

// errSilent is an idle timeout.
var errSilent = errors.New("the server was silent for too long")

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}

// transient tells a connection that failed from a server that does not do what
// Git does.
func transient(err error) bool {
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return dns.IsTemporary || dns.IsTimeout
	}
	for _, cause := range []error{
		errSilent, io.ErrUnexpectedEOF, io.EOF, net.ErrClosed, os.ErrClosed, io.ErrClosedPipe,
		syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE,
		syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.ENETDOWN, syscall.ETIMEDOUT,
	} {
		if errors.Is(err, cause) {
			return true
		}
	}
	return false
}

// known are the failures that a person can do something about, whatever the
// way to the server is.
func (r *Remote) known(err error, lines []string) error {
	var unexpected *packp.ErrUnexpectedData
	var line *pktline.ErrorLine
	heard := strings.Join(lines, "\n")
	switch {
	case errors.As(err, &line):
		heard = strings.Join(said(line.Text), "\n")
		lines = said(line.Text)
	case errors.As(err, &unexpected):
		heard += "\n" + string(unexpected.Data)
	}
	switch {
	case strings.Contains(heard, "object-format=sha256") || unexpected != nil && sha256Line(unexpected.Data):
		return r.refuse("the repository uses SHA-256 object ids", sha256Detail, sha256Remedy)
	case strings.Contains(heard, "dubious ownership"):
		return r.refuse("the repository belongs to somebody else",
			"Git does not run in a repository whose owner is another user, because its hooks and configuration would run with your rights.",
			"Run as its owner, or say that you trust it: `git config --global --add safe.directory "+r.at.path+"`.")
	case strings.Contains(heard, "does not appear to be a git repository"):
		return r.noRepository()
	case strings.Contains(heard, "not our ref"), strings.Contains(heard, "unadvertised object"):
		return diag.RefuseFor(ErrWithheld, r.diagnostic("the server does not give out this commit",
			quoted("It is in none of the server's branches and tags, or the server gives out commits only by their names. It says:", lines),
			"Name a branch or a tag that has the commit, or have the server allow it: `git config uploadpack.allowReachableSHA1InWant true` there."))
	case line != nil:
		return r.refuse("the server refuses", quoted("It says:", lines), "Ask who runs the server.")
	}
	return nil
}

const (
	sha256Detail = "Weir reads and writes repositories whose object ids are SHA-1, which is what `git init` makes by default."
	sha256Remedy = "Use a repository of the default format: `git init --bare --object-format=sha1`."
)

// sha256Line tells what is left of the first line of an advertisement with ids
// of 64 digits after 40 of them were read.
func sha256Line(rest []byte) bool {
	if len(rest) < 25 || rest[24] != ' ' {
		return false
	}
	for _, c := range rest[:24] {
		if !strings.ContainsRune("0123456789abcdef", rune(c)) {
			return false
		}
	}
	return true
}
