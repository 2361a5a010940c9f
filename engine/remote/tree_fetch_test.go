package remote_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/remote"
)

// TestFetchCommit wants commits that a server does not give out by their ids:
// what is at a tag, what is behind a branch by more than one step of the search,
// and what nothing leads to any more.
func TestFetchCommit(t *testing.T) {
	ways(t, func(p *place, r *remote.Remote) {
		first := p.commit("first", "a.yaml", "first\n")
		for i := range 70 {
			p.commit(fmt.Sprint(i), "a.yaml", fmt.Sprintln(i))
		}
		tagged := p.commit("tagged", "a.yaml", "tagged\n")
		p.git("-C", "work", "tag", "-m", "annotated", "v1")
		near := p.commit("near", "a.yaml", "near\n")
		gone := p.commit("gone", "a.yaml", "gone\n")
		p.push("main", "--tags")
		p.git("-C", "work", "reset", "-q", "--hard", near.String())
		p.commit("head", "a.yaml", "head\n")
		p.push("main")

		refs, err := r.Refs(t.Context())
		if err != nil {
			t.Fatal(p.said(err))
		}
		if diff := cmp.Diff([]string{"main", "v1"}, refs.Names()); diff != "" {
			t.Errorf("names (-want +got):\n%s", diff)
		}
		p.same("v1", shown(refs.Tip("v1")), tagged.String()+" refs/tags/v1\n")
		p.same("an id", shown(refs.Tip(first.String())), first.String()+"\n")
		p.same("none", shown(refs.Tip("v2")), shown(remote.Tip{}))

		for _, want := range []struct {
			id, rev, content string
		}{
			{tagged.String(), "main", "tagged\n"},
			{near.String(), "main", "near\n"},
			{first.String(), "main", "first\n"},
			{first.String(), "v1", "first\n"},
		} {
			before := r.Received()
			fsys, err := r.FetchCommit(t.Context(), want.id, want.rev, 1<<20)
			if err != nil {
				t.Fatal(want.content, p.said(err))
			}
			data, err := fs.ReadFile(fsys, "a.yaml")
			if string(data) != want.content || err != nil || r.Received() <= before {
				t.Errorf("%s by %s: %q, %v, %d bytes", want.id, want.rev, data, err, r.Received()-before)
			}
		}
		for _, rev := range []string{"main", "other", gone.String()} {
			if _, err := r.FetchCommit(t.Context(), gone.String(), rev, 1<<20); !errors.Is(err, remote.ErrWithheld) {
				t.Errorf("%s by %s: %v", gone, rev, err)
			}
		}
	})
}

// TestFetchCommitWithoutLargeFiles: what is too large is not transferred from
// servers that can leave it out, and is of the same size from all.
func TestFetchCommitWithoutLargeFiles(t *testing.T) {
	ways(t, func(p *place, r *remote.Remote) {
		noise := make([]byte, 1<<20)
		rand.NewChaCha8([32]byte{}).Read(noise)
		id := p.commit("first", "small", "12345", "large", string(noise), "just", "1234567890")
		p.push("main")
		for _, filters := range []bool{true, false} {
			p.git("-C", "shop.git", "config", "uploadpack.allowFilter", fmt.Sprint(filters))
			before := r.Received()
			fsys, err := r.FetchCommit(t.Context(), id.String(), "main", 10)
			if err != nil {
				t.Fatal(p.said(err))
			}
			if all := r.Received()-before > 1<<20; all == filters {
				t.Errorf("filters: %t: %d bytes came", filters, r.Received()-before)
			}
			sizes := map[string]int64{}
			for _, name := range []string{"small", "just", "large"} {
				info, err := fs.Stat(fsys, name)
				if err != nil {
					t.Fatal(err)
				}
				sizes[name] = info.Size()
			}
			if diff := cmp.Diff(map[string]int64{"small": 5, "just": 10, "large": 11}, sizes); diff != "" {
				t.Errorf("filters: %t: sizes (-want +got):\n%s", filters, diff)
			}
			if data, err := fs.ReadFile(fsys, "just"); err != nil || len(data) != 10 {
				t.Errorf("%q, %v", data, err)
			}
		}
	})
}
