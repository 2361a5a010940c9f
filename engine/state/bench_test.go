package state_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/state"
)

// many makes releases of ten objects of some 800 bytes.
func many(b testing.TB, releases int) []state.Release {
	text := strings.Repeat("lorem ipsum dolor sit amet ", 28)
	all := make([]state.Release, releases)
	for i := range all {
		objects := make([]manifest.Object, 10)
		for j := range objects {
			objects[j] = config(b, fmt.Sprintf("ns-%d", i), fmt.Sprintf("object-%d", j), fmt.Sprintf("%s %d %d", text, i, j)).Sealed()
		}
		all[i] = release(b, fmt.Sprintf("env-%d/release-%d", i%5, i), "1.0.0", objects...)
	}
	return all
}

func commitAll(b *testing.B, at state.Location, releases []state.Release) {
	b.Helper()
	r, err := state.Open(context.Background(), at)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	head, err := r.Head(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	stage := state.NewStage(head)
	for _, r := range releases {
		if err := stage.Put(r); err != nil {
			b.Fatal(err)
		}
	}
	c, err := stage.Plan()
	if err != nil {
		b.Fatal(err)
	}
	if _, err := r.Commit(context.Background(), c, state.Record{Message: state.Message{Version: "1"}.Text(c), Who: who}); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkCommit writes 10,000 files with a work tree, and reports how many
// times as long that takes as `git add -A && git commit` on files that are there
// already.
func BenchmarkCommit(b *testing.B) {
	releases := many(b, 1000)
	var ours, gits time.Duration
	for b.Loop() {
		b.StopTimer()
		at := place(b)
		gits += addAndCommit(b, releases)
		begin := time.Now()
		b.StartTimer()
		commitAll(b, at, releases)
		ours += time.Since(begin)
	}
	b.ReportMetric(float64(ours)/float64(gits), "x-git")
}

// addAndCommit is how long Git itself takes for files that are there.
func addAndCommit(b *testing.B, releases []state.Release) time.Duration {
	plain := state.Location{Dir: b.TempDir()}
	git(b, plain, "init", "-q", "-b", "main")
	for _, r := range releases {
		for _, f := range r.Files {
			path := filepath.Join(plain.Dir, filepath.FromSlash(f.Path))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				b.Fatal(err)
			}
			if err := os.WriteFile(path, f.Data, 0o644); err != nil {
				b.Fatal(err)
			}
		}
	}
	begin := time.Now()
	git(b, plain, "add", "-A")
	git(b, plain, "commit", "-q", "-m", "all")
	return time.Since(begin)
}

// BenchmarkUnchanged compares 5,000 releases of 10 files with the last commit:
// once knowing nothing but their bytes, once by fingerprint.
func BenchmarkUnchanged(b *testing.B) {
	releases := many(b, 5000)
	at := place(b)
	commitAll(b, at, releases)
	prints := make([]state.Fingerprint, len(releases))
	for i, r := range releases {
		prints[i] = state.FingerprintOf(r)
	}
	b.Run("bytes", func(b *testing.B) {
		for b.Loop() {
			commitAll(b, at, releases)
		}
	})
	b.Run("fingerprints", func(b *testing.B) {
		for b.Loop() {
			r, head := open(b, at)
			stage := state.NewStage(head)
			for i, r := range releases {
				was, err := head.Fingerprint(r.Key)
				if err != nil || was != prints[i] {
					b.Fatal("differs", err)
				}
				stage.Keep(r.Key, len(r.Files))
			}
			c, err := stage.Plan()
			if err != nil || !c.Empty() {
				b.Fatal("not empty", err)
			}
			if _, err := r.Commit(context.Background(), c, state.Record{Message: "", Who: who}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("one changed", func(b *testing.B) {
		for n := 0; b.Loop(); n++ {
			changeOne(b, at, releases, n)
		}
	})
	b.Run("metadata of all", func(b *testing.B) {
		for b.Loop() {
			_, head := open(b, at)
			for _, r := range releases {
				if _, err := head.Metadata(r.Key); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

// BenchmarkRemoteCommit pushes 10,000 files into a bare repository by its path,
// and reports how many times as long that takes as `git add -A && git commit` on
// files that are there already.
func BenchmarkRemoteCommit(b *testing.B) {
	releases := many(b, 1000)
	var ours, gits time.Duration
	for b.Loop() {
		b.StopTimer()
		at := away(b, bare(b), "")
		gits += addAndCommit(b, releases)
		begin := time.Now()
		b.StartTimer()
		commitAll(b, at, releases)
		ours += time.Since(begin)
	}
	b.ReportMetric(float64(ours)/float64(gits), "x-git-bare")
}

// BenchmarkRemoteChange changes one release of a remote, in a whole run: fetch,
// plan, push. It reports how many times as long that takes, and as much memory,
// among ten thousand files as among a hundred.
func BenchmarkRemoteChange(b *testing.B) {
	sizes := []int{10, 1000}
	var places []state.Location
	var all [][]state.Release
	for _, count := range sizes {
		places = append(places, away(b, bare(b), ""))
		all = append(all, many(b, count))
		commitAll(b, places[len(places)-1], all[len(all)-1])
	}
	took, allocated := make([]time.Duration, len(sizes)), make([]uint64, len(sizes))
	for n := 0; b.Loop(); n++ {
		for i, at := range places {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			begin := time.Now()
			changeOne(b, at, all[i], n)
			took[i] += time.Since(begin)
			runtime.ReadMemStats(&after)
			allocated[i] += after.TotalAlloc - before.TotalAlloc
		}
	}
	b.ReportMetric(float64(took[1])/float64(took[0]), "x-small")
	b.ReportMetric(float64(allocated[1])/float64(allocated[0]), "x-small-memory")
}

// changeOne is a run after which the first of the releases is another.
func changeOne(b *testing.B, at state.Location, releases []state.Release, n int) {
	b.Helper()
	r, err := state.Open(context.Background(), at)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	head, err := r.Head(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	stage := state.NewStage(head)
	for _, r := range releases[1:] {
		stage.Keep(r.Key, len(r.Files))
	}
	if err := stage.Put(release(b, releases[0].Key.String(), fmt.Sprintf("2.0.%d", n), config(b, "ns-0", "object-0", fmt.Sprint(n)))); err != nil {
		b.Fatal(err)
	}
	c, err := stage.Plan()
	if err != nil {
		b.Fatal(err)
	}
	if _, err := r.Commit(context.Background(), c, state.Record{Message: state.Message{Version: "1"}.Text(c), Who: who}); err != nil {
		b.Fatal(err)
	}
}
