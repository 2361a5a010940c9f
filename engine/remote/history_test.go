package remote_test

import (
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/weir-dev/weir/engine/remote"
)

var objectID = regexp.MustCompile(`[0-9a-f]{40}`)

// TestIsAncestor asks about a line of 2,200 commits and a side of it, more than
// two steps go back.
func TestIsAncestor(t *testing.T) {
	p := newPlace(t)
	var b strings.Builder
	commit := func(ref string, n int, more string) {
		fmt.Fprintf(&b, "commit %s\nmark :%d\ncommitter A <a@example.com> %d +0000\ndata 1\nm\n%sM 644 inline f\ndata %d\n%d\n",
			ref, n, 1700000000+n, more, len(fmt.Sprint(n)), n)
	}
	for n := 1; n <= 2200; n++ {
		commit("refs/heads/main", n, "")
	}
	commit("refs/heads/side", 3000, "from :2190\n")
	stream := exec.Command("git", "-C", p.path("shop.git"), "fast-import", "--quiet")
	stream.Stdin = strings.NewReader(b.String())
	if out, err := stream.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	at := func(rev string) string { return p.git("-C", "shop.git", "rev-parse", rev) }
	r := p.remote(p.path("shop.git"))
	ask := func(older, newer string) string {
		t.Helper()
		answer, err := r.IsAncestor(t.Context(), at(older), at(newer))
		if err != nil {
			t.Fatal(p.said(err))
		}
		return answer.String()
	}

	for _, c := range []struct{ older, newer, files, commits string }{
		{"main", "main", "before", "before"},
		{"main~1", "main", "before", "before"},
		{"main~64", "main", "before", "before"}, // the first beyond what comes
		{"main~70", "main", "unknown", "before"},
		{"main~2100", "main", "unknown", "before"},
		{"main", "main~1", "unknown", "not before"},
		{"main~2", "side", "unknown", "not before"},
		{"side", "main", "unknown", "not before"},
		{"main~2150", "main~2190", "not before", "not before"}, // ten commits are all
	} {
		p.git("-C", "shop.git", "config", "uploadpack.allowFilter", "false")
		p.git("-C", "shop.git", "config", "uploadpack.allowAnySHA1InWant", "true")
		p.same(c.older+" before "+c.newer+", with files", ask(c.older, c.newer), c.files)
		p.git("-C", "shop.git", "config", "uploadpack.allowFilter", "true")
		p.same(c.older+" before "+c.newer, ask(c.older, c.newer), c.commits)
	}

	gone := strings.Repeat("0123", 10)
	if answer, err := r.IsAncestor(t.Context(), at("main"), gone); answer != remote.Unknown || err == nil {
		t.Errorf("a commit that the server has not: %v %v", answer, err)
	}
}
