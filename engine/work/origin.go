package work

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/weir-dev/weir/engine/checkout"
	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/schema/diag"
)

// Origin is a project that is read from a Git repository, without a checkout.
type Origin struct {
	Files  fs.FS
	Source state.Source
	Ref    string // the revision that was asked for

	Remote *remote.Remote
	Made   time.Time // the commit

	clone   string            // a directory in the repository that it is read from, if that is of this machine
	objects *checkout.Objects // of that
}

// FetchProject brings the files of a project into memory. The address is
// URL[//DIRECTORY][@REV]: REV is a branch, a tag or a commit's whole id, HEAD
// where it is left out. A relative path is of the directory dir.
func FetchProject(ctx context.Context, address, dir string, access *remote.Access) (*Origin, diag.List, error) {
	url, sub, rev := splitOrigin(address)
	if rev == "" {
		return nil, diag.List{diag.Diagnostic{
			Summary: "Nothing stands after the @ of --from-git",
			Remedy:  "Write a branch, a tag or a commit's whole id, or leave the @ out.",
		}}, nil
	}
	r, err := remote.New(url, dir, access)
	if err != nil {
		list, err := Refusal(err)
		return nil, list, err
	}
	var files fs.FS
	var tip remote.Tip
	err = Patience{}.Try(ctx, func() (err error) {
		files, tip, err = r.FetchTree(ctx, rev)
		return err
	})
	if err != nil {
		list, err := Refusal(err)
		return nil, list, err
	}
	root, err := fs.Stat(files, ".")
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", r, err)
	}
	if sub != "" {
		if files, err = remote.Sub(files, sub); err != nil {
			return nil, diag.List{diag.Diagnostic{
				Summary: fmt.Sprintf("There is no directory %q in the repository", sub),
				Subject: diag.Range{File: r.String()},
				Detail:  fmt.Sprintf("%s is its commit %s.", rev, state.Hash(tip.Commit.String()).Short()),
				Remedy:  "Correct what stands after // in --from-git.",
			}}, nil
		}
	}
	return &Origin{Files: files, Source: state.Source{URL: checkout.WithoutCredentials(url), Commit: tip.Commit.String()}, Ref: rev, Remote: r, Made: root.ModTime()}, nil, nil
}

// splitOrigin takes the address of a project apart. A user before the host, as
// in git@host:path, is no revision, and the // behind a scheme no directory.
func splitOrigin(address string) (url, sub, rev string) {
	host, rest := "", address
	if at := strings.Index(address, "://"); at >= 0 {
		at += len("://")
		if slash := strings.IndexByte(address[at:], '/'); slash >= 0 {
			host, rest = address[:at+slash], address[at+slash:]
		}
	} else if before, _, ok := strings.Cut(address, ":"); ok && !strings.Contains(before, "/") {
		host, rest = address[:len(before)+1], address[len(before)+1:]
	}
	rev = "HEAD"
	if at := beforeRevision(rest); at >= 0 {
		rest, rev = rest[:at], rest[at+1:]
	}
	if at := strings.LastIndex(rest, "//"); at > 0 {
		rest, sub = rest[:at], strings.Trim(path.Clean("/"+rest[at:]), "/")
	}
	return host + rest, sub, rev
}

// beforeRevision is where the @ before a revision is in the path of a project;
// -1 where there is none. Branches may have an @ in their names, and so may
// directories: behind the // or the .git of a repository it is the first one
// that does not begin a directory's name, elsewhere the last one.
func beforeRevision(path string) int {
	begin := strings.LastIndex(path, "//")
	if git := strings.Index(path, ".git@"); git >= 0 && begin < 0 {
		return git + len(".git")
	}
	if begin < 0 {
		return strings.LastIndexByte(path, '@')
	}
	for at := begin; at < len(path); at++ {
		if path[at] == '@' && path[at-1] != '/' {
			return at
		}
	}
	return -1
}
