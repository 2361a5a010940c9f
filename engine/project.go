package engine

import (
	"context"

	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema/diag"
)

// FetchProject brings the files of a project into memory. The address is
// URL[//DIRECTORY][@REV]: REV is a branch, a tag or a commit's whole id, HEAD
// where it is left out. A relative path is of the directory dir.
func FetchProject(ctx context.Context, address, dir string, access *remote.Access) (*Origin, diag.List, error) {
	return work.FetchProject(ctx, address, dir, access)
}

// Revision is the project in a directory as a commit of the repository around it
// has it, read from Git's objects: the work tree is not looked at.
func Revision(dir, rev string) (*Origin, diag.List, error) { return work.Revision(dir, rev) }
