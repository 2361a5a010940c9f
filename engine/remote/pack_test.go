package remote_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/weir-dev/weir/engine/remote"
	"github.com/weir-dev/weir/integration/gitserver"
)

// TestCorruptPack flips a byte of what a server sends, at many places: nothing
// of it may arrive as something else.
func TestCorruptPack(t *testing.T) {
	p := newPlace(t)
	for i := range 130 {
		p.write(fmt.Sprintf("work/f%d.yaml", i), fmt.Sprintf("n: %d\n", i%9)+strings.Repeat("same: text\n", i))
	}
	p.commit("one", "a.yaml", "a: 1\n")
	p.push("main")
	at := 0
	server := gitserver.HTTP(t, p.dir, gitserver.Wrap(func(git http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodPost {
				git.ServeHTTP(w, r)
				return
			}
			answer := httptest.NewRecorder()
			git.ServeHTTP(answer, r)
			body := answer.Body.Bytes()
			if at >= len(body) {
				at = -1
			} else {
				body[at] ^= 0x15
			}
			w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
			w.Write(body)
		})
	}))
	r := p.remote(server.URL + "/shop.git")
	for i := 0; at >= 0; i++ {
		name := fmt.Sprintf("mine%d.git", i%5)
		os.RemoveAll(p.path(name))
		store := p.store(name)
		tip, err := r.Fetch(context.Background(), remote.Want{Rev: "main"}, store)
		switch {
		case err != nil:
			p.said(err)
			p.same(fmt.Sprint("objects of a pack with another byte ", at), p.git("-C", name, "count-objects"), "0 objects, 0 kilobytes")
		default: // a byte of a message, or of the number of a channel that nobody reads
			p.sound(name, tip.Commit)
		}
		if at >= 0 {
			at += 61
		}
	}
}

// TestLargeObject refuses a file that is a few kilobytes as it comes and more
// than fits as it is.
func TestLargeObject(t *testing.T) {
	p := newPlace(t)
	p.commit("one", "a.yaml", "a: 1\n")
	p.push("main")
	if err := os.Truncate(p.path("work/a.yaml"), 200<<20); err != nil {
		t.Fatal(err)
	}
	p.commit("two")
	p.push("main")
	p.same("refusal", p.fetch(p.remote("shop.git"), remote.Want{Rev: "main"}, p.store("mine.git")), `Error: The repository has a file that is too large

  on shop.git:

It has an object of 200 MiB; 128 MiB is the limit.

A repository for manifests should hold nothing else.
`)
}

// TestNoTemporaryFiles has nowhere to put a pack.
func TestNoTemporaryFiles(t *testing.T) {
	p := shop(t)
	into := p.store("mine.git")
	one := p.at("main")
	two := p.commit("two")
	update := p.update("refs/heads/main", one, two)
	t.Setenv("TMPDIR", p.path("gone"))
	const want = `Error: No temporary file can be written

  on shop.git:

What is on its way is kept in a file below DIR/gone. The
system answered: no such file or directory.

Make room there, or set TMPDIR to a directory that can be written.
`
	flat := func(text string) string { return strings.Join(strings.Fields(text), " ") }
	p.same("fetch", flat(p.fetch(p.remote("shop.git"), remote.Want{Rev: "main"}, into)), flat(want))
	p.same("push", flat(p.said(p.remote("shop.git").Push(context.Background(), update))), flat(want))
}
