package work_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/work"
)

func piece(i int) string { return string(rune('a' + i)) }

// TestEachFillsSlots: what comes of the pieces depends on no scheduling, and no jobs
// at all are one.
func TestEachFillsSlots(t *testing.T) {
	for _, jobs := range []int{0, 1, 8} {
		got := make([]string, 5)
		err := work.Each(t.Context(), jobs, len(got), piece, func(_ context.Context, i int) error {
			got[i] = piece(i)
			return nil
		})
		if diff := cmp.Diff([]string{"a", "b", "c", "d", "e"}, got); err != nil || diff != "" {
			t.Errorf("%d jobs: %v, -want +got:\n%s", jobs, err, diff)
		}
	}
}

// TestEachStops: nothing begins after an error, or when there is no time left.
func TestEachStops(t *testing.T) {
	broken := errors.New("broken")
	var begun []string
	err := work.Each(t.Context(), 1, 5, piece, func(_ context.Context, i int) error {
		begun = append(begun, piece(i))
		if i == 1 {
			return broken
		}
		return nil
	})
	if diff := cmp.Diff([]string{"a", "b"}, begun); !errors.Is(err, broken) || diff != "" {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	err = work.Each(ended, 1, 1, piece, func(context.Context, int) error { return errors.New("it began") })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a run that was ended: %v", err)
	}
}

// TestEachCatchesPanics: a bug of a library is an error that names what was worked
// on, and where.
func TestEachCatchesPanics(t *testing.T) {
	err := work.Each(t.Context(), 2, 3, piece, func(_ context.Context, i int) error {
		if i == 2 {
			panic("no such thing")
		}
		return nil
	})
	var bug *work.PanicError
	if !errors.As(err, &bug) {
		t.Fatalf("no panic but %v", err)
	}
	if want := "weir has a bug: working on c ended with: no such thing"; bug.Error() != want {
		t.Errorf("%s\nwant %s", bug, want)
	}
	if !strings.Contains(string(bug.Stack), "TestEachCatchesPanics") {
		t.Errorf("the stack does not lead to the panic:\n%s", bug.Stack)
	}
}
