package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
	dialing, proxy := isDialing(err), lostProxy(err)
	err = bare(err)
	failed := &failure{remote: r, doing: fmt.Sprintf("%s %s: ", doing, r), cause: err, lines: lines}
	if len(lines) > 0 {
		failed.doing += strings.Join(lines, "; ") + ": "
	}
	if d, ok := r.passing(dialing, proxy, failed); ok {
		return diag.RefuseFor(&temporaryError{failed}, d)
	}
	return failed
}

// passing says of a failure that may go away by itself what it may be if it does
// not; false for any other.
func (r *Remote) passing(dialing, proxy bool, f *failure) (diag.Diagnostic, bool) {
	const cuts = "Try again. Where it stays so, something ends connections: a proxy, a firewall, a limit of the server, a hook that takes too long."
	switch empty := errors.Is(f.cause, packp.ErrEmptyInput) && len(f.lines) == 0; {
	case !empty && !transient(f.cause):
		return diag.Diagnostic{}, false
	case proxy:
		return r.diagnostic("the proxy cannot be reached", f.said(),
			"It is the one of https_proxy or http_proxy, or of http.proxy in Git's configuration: correct it, or name the host in no_proxy where it is reached directly."), true
	case dialing:
		return r.diagnostic("the server cannot be reached", f.said(), r.way()), true
	case errors.Is(f.cause, errSilent):
		return r.diagnostic("the server was silent for too long", quoted("The connection stood, and nothing came any more. Git says:", f.lines), cuts), true
	case empty, errors.Is(f.cause, io.EOF), errors.Is(f.cause, io.ErrUnexpectedEOF):
		return r.diagnostic("the connection to the server broke off", quoted("It ended before the answer did. Git says:", f.lines), cuts), true
	}
	return r.diagnostic("the connection to the server broke off", f.said(), cuts), true
}

// isDialing tells a server that is not there from one that went away.
func isDialing(err error) bool {
	var dns *net.DNSError
	var connection *net.OpError
	return errors.As(err, &dns) || errors.As(err, &connection) && connection.Op == "dial"
}

// way is what may be wrong between here and a server.
func (r *Remote) way() string {
	const remedy = "Correct the address, or see that the server runs and that nothing on the way is missing: a VPN, a rule of a firewall"
	if r.at.scheme == "ssh" {
		return remedy + "."
	}
	return remedy + ", the proxy (https_proxy and no_proxy, or http.proxy of Git's configuration)."
}

// Unexplained makes diagnostics of a conversation that failed in a way that
// nobody foresaw; false where an error is of another kind.
func Unexplained(err error) (diag.List, bool) {
	var failed *failure
	if _, known := diag.Refused(err); known || !errors.As(err, &failed) {
		return nil, false
	}
	var local *fs.PathError
	for _, machine := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EMFILE, syscall.ENOMEM} {
		if errors.Is(err, machine) || errors.As(err, &local) {
			return nil, false
		}
	}
	return diag.List{failed.remote.diagnostic("Git's conversation with the repository failed", failed.said(),
		"See what `git ls-remote "+failed.remote.String()+"` says. Where that works, this is a bug of Weir: please report it.")}, true
}

// failure is an error whose text may be of a server's making.
type failure struct {
	remote *Remote
	doing  string
	cause  error
	lines  []string // of the service
}

// said is what was heard, for a person who knows what was being done.
func (f *failure) said() string {
	text := strings.Join(said(f.cause.Error()), " ")
	var connection *net.OpError
	cause := f.cause
	if errors.As(cause, &connection) && connection.Op == "proxyconnect" {
		cause = connection.Err
	}
	if errors.As(cause, &connection) && connection.Op == "dial" && connection.Addr != nil {
		text = connection.Addr.String() + ": " + last(connection.Err)
	}
	return quoted(diag.Sentence(text)+" Git says:", f.lines)
}

// last is an error without the system call that it comes from.
func last(err error) string {
	var call *os.SyscallError
	if errors.As(err, &call) {
		err = call.Err
	}
	return err.Error()
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
