package remote

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"
)

// stdio is a conversation with a service by its standard streams. The session
// of go-git for the same thing drops what the service says on its standard
// error, and waits for whatever a hook started when it is cancelled.
type stdio struct {
	service string
	in      io.WriteCloser
	out     io.Reader
	close   func() error // ends the service; called once
	said    *words       // its standard error; complete after close

	advertised *packp.AdvRefs
	used       bool // a request was sent
	closed     bool
}

func (s *stdio) advertisement(context.Context) (*packp.AdvRefs, error) {
	if s.advertised != nil {
		return s.advertised, nil
	}
	advertised, err := decodeAdvertised(s.out)
	if err != nil {
		return nil, err
	}
	s.advertised = advertised
	return advertised, nil
}

// decodeAdvertised reads what a service says first.
func decodeAdvertised(r io.Reader) (*packp.AdvRefs, error) {
	advertised := packp.NewAdvRefs()
	err := advertised.Decode(bufio.NewReader(&io.LimitedReader{R: r, N: advertisedLimit}))
	switch {
	case errors.Is(err, packp.ErrEmptyAdvRefs):
		return packp.NewAdvRefs(), nil // an empty repository
	case err != nil:
		return nil, err
	}
	return advertised, nil
}

// advertisedLimit is room for half a million refs.
const advertisedLimit = 64 << 20

func (s *stdio) fetch(_ context.Context, request *packp.UploadPackRequest) (*packp.UploadPackResponse, error) {
	s.used = true
	var b bytes.Buffer
	if err := encodeUpload(&b, request, true); err != nil {
		return nil, err
	}
	if _, err := s.in.Write(b.Bytes()); err != nil {
		return nil, err
	}
	if err := s.in.Close(); err != nil {
		return nil, err
	}
	response := packp.NewUploadPackResponse(request)
	return response, response.Decode(io.NopCloser(s.out))
}

// encodeUpload writes a request whose haves are all there is to negotiate.
func encodeUpload(b *bytes.Buffer, request *packp.UploadPackRequest, flush bool) error {
	if err := request.Validate(); err != nil {
		return err
	}
	if err := request.UploadRequest.Encode(b); err != nil {
		return err
	}
	if err := request.UploadHaves.Encode(b, flush); err != nil {
		return err
	}
	return pktline.NewEncoder(b).EncodeString("done\n")
}

// push sends a request. A service that ends the conversation early has
// usually said why, so its answer is read even when writing failed.
func (s *stdio) push(_ context.Context, request *packp.ReferenceUpdateRequest) (*packp.ReportStatus, error) {
	s.used = true
	failed := request.Encode(s.in)
	if err := s.in.Close(); failed == nil && !errors.Is(err, fs.ErrClosed) {
		failed = err
	}
	report, err := decodeReport(s.out, request)
	if err != nil && failed != nil {
		err = failed
	}
	return report, err
}

// decodeReport reads what became of an update.
func decodeReport(r io.Reader, request *packp.ReferenceUpdateRequest) (*packp.ReportStatus, error) {
	end := &ending{Reader: r}
	r = end
	if request.Capabilities.Supports(capability.Sideband64k) {
		demuxer := sideband.NewDemuxer(sideband.Sideband64k, r)
		demuxer.Progress = request.Progress
		r = demuxer
	}
	report := packp.NewReportStatus()
	if err := report.Decode(r); err != nil {
		return nil, end.explain(err)
	}
	// The update is done or not, whatever comes now. A hook that runs after it
	// would die of a listener who went away.
	io.Copy(io.Discard, r)
	return report, nil
}

// ending remembers how a stream ended: go-git takes the end of a connection for
// a length that is wrong.
type ending struct {
	io.Reader
	err error
}

func (e *ending) Read(p []byte) (int, error) {
	n, err := e.Reader.Read(p)
	if err != nil {
		e.err = err
	}
	return n, err
}

// explain is the error of a decoder, or the end that it stands for.
func (e *ending) explain(err error) error {
	switch {
	case e.err == nil || !errors.Is(err, pktline.ErrInvalidPktLen):
		return err
	case errors.Is(e.err, io.EOF):
		return io.ErrUnexpectedEOF
	}
	return e.err
}

// Close ends the conversation, politely if nothing was asked.
func (s *stdio) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	if !s.used {
		s.in.Write(pktline.FlushPkt) // a service that is gone needs no farewell
	}
	return s.close()
}

// process runs a service of the installed Git on a repository of this machine:
// hooks run, and what a hook refuses never becomes part of the repository.
func (r *Remote) process(ctx context.Context, service string) (*stdio, error) {
	if info, err := os.Stat(r.at.path); err != nil || !info.IsDir() {
		if errors.Is(err, fs.ErrNotExist) || err == nil {
			return nil, r.noRepository()
		}
		return nil, err
	}
	git, err := exec.LookPath("git")
	if err != nil {
		return nil, r.refuse("git is needed for a repository of this machine",
			"A repository that is reached by its path is read and written by Git's own programs, so that its hooks run. There is no git on PATH.",
			"Install Git, or reach the repository over HTTP or SSH.")
	}
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, git, strings.TrimPrefix(service, "git-"), r.at.path)
	cmd.Env = outside(os.Environ())
	said := &words{}
	cmd.Stderr = said
	cmd.WaitDelay = time.Second // a hook's children may outlive it
	in, err := cmd.StdinPipe()
	if err != nil {
		cancel()
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		cancel()
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		cancel()
		return nil, err
	}
	// What a hook started may hold the pipes open after Git was killed.
	stop := context.AfterFunc(ctx, func() { in.Close(); out.Close() })
	return &stdio{
		service: service, in: in, out: idleReader{out, r.access.idle()}, said: said,
		close: func() error {
			in.Close()
			out.Close()
			defer cancel()
			defer stop()
			defer time.AfterFunc(r.access.idle(), cancel).Stop()
			return cmd.Wait()
		},
	}, nil
}

// idleReader gives up a pipe that is silent for too long.
type idleReader struct {
	io.Reader
	idle time.Duration
}

func (r idleReader) Read(p []byte) (int, error) {
	if pipe, ok := r.Reader.(interface{ SetReadDeadline(time.Time) error }); ok {
		err := pipe.SetReadDeadline(time.Now().Add(r.idle))
		if err != nil && !errors.Is(err, os.ErrNoDeadline) {
			return 0, err
		}
	}
	return r.Reader.Read(p)
}

// outside is an environment without what ties Git to the repository that it was
// started in, as when Weir runs in a hook; and with its messages in English.
func outside(environ []string) []string {
	clean := make([]string, 0, len(environ)+1)
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		switch name {
		case "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
			"GIT_COMMON_DIR", "GIT_PREFIX", "GIT_QUARANTINE_PATH", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE", "GIT_PROTOCOL", "LANGUAGE":
		default:
			clean = append(clean, entry)
		}
	}
	return append(clean, "LANGUAGE=en")
}

func (r *Remote) noRepository() error {
	if shown := r.at.shown; r.at.scheme == "file" && (strings.HasPrefix(shown, "~") || strings.HasPrefix(shown, "$")) {
		return r.refuse("there is no Git repository",
			"Only a shell puts a directory in the place of ~ or of a variable. What was looked for is "+r.at.path+".",
			"Write the whole path, or one that begins at the project.")
	}
	return r.refuse("there is no Git repository",
		"Nothing is there, or it is no repository.",
		"Correct the address, or create the repository: `git init --bare "+r.at.path+"`.")
}
