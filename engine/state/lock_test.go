package state_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/lockedfile"

	"github.com/weir-dev/weir/engine/state"
)

// TestLockIsLeft ends runs that wait for a lock which another one never gives
// back.
func TestLockIsLeft(t *testing.T) {
	t.Run("remote", func(t *testing.T) {
		at := away(t, bare(t), "")
		hold(t, at.Dir+".lock")
		ctx, cancel := context.WithCancel(t.Context())
		r, err := state.Open(ctx, at)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		state.BeforeRemote(r, cancelAtLock(cancel))
		if _, err := r.Head(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("the lock of a cache: %v", err)
		}
	})
	for name, lock := range map[string]string{"first": "../.prod.new/lock", "embedded": ".git/weir/lock"} {
		t.Run(name, func(t *testing.T) {
			at := place(t)
			if name == "embedded" {
				hydrate(t, at, put(release(t, "dev/web", "1", config(t, "x", "a", "1"))))
			}
			hold(t, filepath.Join(at.Dir, filepath.FromSlash(lock)))
			r, head := open(t, at)
			ctx, cancel := context.WithCancel(t.Context())
			state.Before(r, cancelAtLock(cancel))
			stage := state.NewStage(head)
			put(release(t, "dev/web", "2", config(t, "x", "a", "2")))(t, stage)
			c, err := stage.Plan()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.Commit(ctx, c, state.Record{Message: "hydrate(dev): late\n", Who: who}); !errors.Is(err, context.Canceled) {
				t.Errorf("the lock of a state: %v", err)
			}
		})
	}
}

// hold takes a lock for the rest of the test.
func hold(t *testing.T, lock string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(lock), 0o755); err != nil {
		t.Fatal(err)
	}
	unlock, err := lockedfile.MutexAt(lock).Lock()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(unlock)
}

func cancelAtLock(cancel func()) func(what, path string) {
	return func(what, _ string) {
		if what == "lock" {
			cancel()
		}
	}
}
