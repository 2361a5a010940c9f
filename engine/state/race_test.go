package state_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/schema/diag"
)

// TestWriters has several runs at once, each for its own environment. A run
// that comes late is told so and hydrates again; nobody's commit is lost.
func TestWriters(t *testing.T) {
	const writers = 6
	at := place(t)
	var all sync.WaitGroup
	failed := make([]error, writers)
	for i := range writers {
		all.Go(func() { failed[i] = writeUntilDone(t, at, fmt.Sprintf("env-%d/web", i)) })
	}
	all.Wait()
	for i, err := range failed {
		if err != nil {
			t.Errorf("writer %d: %v", i, err)
		}
	}
	sound(t, at)
	same(t, "commits", strings.Count(git(t, at, "log", "--format=%s"), "\n"), writers)
	same(t, "releases", strings.Count(git(t, at, "ls-tree", "-r", "--name-only", "HEAD", ".weir"), "\n"), writers)
}

func writeUntilDone(t *testing.T, at state.Location, k string) error {
	r := release(t, k, "1", config(t, strings.ReplaceAll(k, "/", "-"), "a", k))
	for {
		err := writeOnce(at, r)
		list, refused := diag.Refused(err)
		if err == nil || !refused || list[0].Summary != "the state repository has moved on during the run" {
			return err
		}
	}
}

func writeOnce(at state.Location, r state.Release) error {
	ctx := context.Background()
	repository, err := state.Open(ctx, at)
	if err != nil {
		return err
	}
	defer repository.Close()
	head, err := repository.Head(ctx)
	if err != nil {
		return err
	}
	stage := state.NewStage(head)
	if err := stage.Put(r); err != nil {
		return err
	}
	c, err := stage.Plan()
	if err != nil {
		return err
	}
	_, err = repository.Commit(ctx, c, state.Record{Message: state.Message{Version: "1"}.Text(c), Who: who})
	return err
}

// TestStageInParallel puts releases from many goroutines.
func TestStageInParallel(t *testing.T) {
	one, other := place(t), place(t)
	releases := many(t, 40)
	r, head := open(t, one)
	stage := state.NewStage(head)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for j := i; j < len(releases); j += 4 {
				if err := stage.Put(releases[j]); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	c, err := stage.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Commit(context.Background(), c, state.Record{Message: "parallel\n", Who: who}); err != nil {
		t.Fatal(err)
	}
	var wants []want
	for _, r := range releases {
		wants = append(wants, put(r))
	}
	hydrate(t, other, wants...)
	same(t, "tree", git(t, one, "rev-parse", "HEAD^{tree}"), git(t, other, "rev-parse", "HEAD^{tree}"))
}
