package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
)

// web is a conversation over HTTP: the smart protocol of gitprotocol-http(5).
// The session of go-git for the same thing holds a pack in memory to send it,
// reads answers of any length, and drops what an error was.
type web struct {
	client     *client
	service    string
	base       string // URL of the repository, where a redirect led
	advertised *packp.AdvRefs
	answer     io.Closer
}

func (r *Remote) web(ctx context.Context, service string) (*web, error) {
	c, err := r.http(ctx)
	if err != nil {
		return nil, err
	}
	return &web{client: c, service: service, base: r.at.url()}, nil
}

func (s *web) advertisement(ctx context.Context) (*packp.AdvRefs, error) {
	if s.advertised != nil {
		return s.advertised, nil
	}
	const path = "/info/refs"
	query := "?service=" + s.service
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+path+query, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "*/*")
	answer, err := s.client.do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	at, isRepository := strings.CutSuffix(answer.Request.URL.EscapedPath(), path)
	if err := s.client.isGit(answer, "application/x-"+s.service+"-advertisement"); err != nil || !isRepository {
		return nil, errors.Join(err, noPath(isRepository))
	}
	s.base = answer.Request.URL.Scheme + "://" + answer.Request.URL.Host + at
	s.advertised, err = decodeAdvertised(answer.Body)
	return s.advertised, err
}

func noPath(ok bool) error {
	if ok {
		return nil
	}
	return errors.New("the server redirects to something that is no repository")
}

func (s *web) fetch(ctx context.Context, request *packp.UploadPackRequest) (*packp.UploadPackResponse, error) {
	var b bytes.Buffer
	if err := encodeUpload(&b, request, false); err != nil {
		return nil, err
	}
	answer, err := s.post(ctx, b.Bytes(), nil, 0)
	if err != nil {
		return nil, err
	}
	s.answer = answer.Body
	response := packp.NewUploadPackResponse(request)
	return response, response.Decode(answer.Body)
}

// push sends a request. Its pack can be read more than once, for a server
// that asks who is there only when it has heard all.
func (s *web) push(ctx context.Context, request *packp.ReferenceUpdateRequest) (*packp.ReportStatus, error) {
	var b bytes.Buffer
	head := *request
	head.Packfile = nil
	if err := head.Encode(&b); err != nil {
		return nil, err
	}
	pack, ok := request.Packfile.(interface {
		io.ReaderAt
		io.Seeker
	})
	if !ok {
		return nil, errors.New("a pack that can be read once only")
	}
	size, err := pack.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	answer, err := s.post(ctx, b.Bytes(), pack, size)
	if err != nil {
		return nil, err
	}
	s.answer = answer.Body
	return decodeReport(answer.Body, request)
}

// post sends a request to the service, and a pack of size bytes after it.
func (s *web) post(ctx context.Context, head []byte, pack io.ReaderAt, size int64) (*http.Response, error) {
	body := func() (io.ReadCloser, error) {
		if pack == nil {
			return io.NopCloser(bytes.NewReader(head)), nil
		}
		return io.NopCloser(io.MultiReader(bytes.NewReader(head), io.NewSectionReader(pack, 0, size))), nil
	}
	first, _ := body()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.base+"/"+s.service, first)
	if err != nil {
		return nil, err
	}
	request.GetBody = body
	request.ContentLength = int64(len(head)) + size
	request.Header.Set("Content-Type", "application/x-"+s.service+"-request")
	request.Header.Set("Accept", "application/x-"+s.service+"-result")
	answer, err := s.client.do(request)
	if err != nil {
		return nil, err
	}
	if err := s.client.isGit(answer, "application/x-"+s.service+"-result"); err != nil {
		answer.Body.Close()
		return nil, err
	}
	return answer, nil
}

func (s *web) Close() error {
	if s.answer == nil {
		return nil
	}
	return s.answer.Close()
}

// isGit refuses an answer that does not come from Git: a page to log in, a
// server for files.
func (c *client) isGit(answer *http.Response, want string) error {
	given, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if err == nil && given == want {
		return nil
	}
	if given == "" {
		given = "something without a type"
	}
	return c.r.refuse("the server does not answer as Git does",
		fmt.Sprintf("It sends %s where %s is due: a page to log in, a page that says something is wrong, or a server that only hands out files.", strings.Join(said(given), " "), want),
		"Open the address in a browser, and take the address that the forge gives for cloning over HTTP.")
}
