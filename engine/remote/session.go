package remote

import (
	"context"

	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
)

// Git's two services on a server.
const (
	uploadPack  = "git-upload-pack"  // sends objects
	receivePack = "git-receive-pack" // takes them
)

// session is one conversation with a service: what it has, then one request.
type session interface {
	advertisement(ctx context.Context) (*packp.AdvRefs, error)
	fetch(ctx context.Context, request *packp.UploadPackRequest) (*packp.UploadPackResponse, error)
	push(ctx context.Context, request *packp.ReferenceUpdateRequest) (*packp.ReportStatus, error)
	Close() error // may be called more than once
}

// open begins a conversation with a service.
func (r *Remote) open(ctx context.Context, service string) (session, error) {
	switch r.at.scheme {
	case "file":
		return opened(r.process(ctx, service))
	case "ssh":
		return opened(r.ssh(ctx, service))
	default:
		return opened(r.web(ctx, service))
	}
}

// opened keeps a conversation that is none from being one that is not nil.
func opened[S session](s S, err error) (session, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}
