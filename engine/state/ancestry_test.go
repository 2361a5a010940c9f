package state_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/weir-dev/weir/engine/state"
)

// from hydrates one environment from a source commit.
func from(t *testing.T, at state.Location, environment, text string, source int) state.Hash {
	t.Helper()
	r, head := open(t, at)
	stage := state.NewStage(head)
	put(release(t, environment+"/web", text, config(t, environment, "a", text)))(t, stage)
	c, err := stage.Plan()
	if err != nil {
		t.Fatal(err)
	}
	message := state.Message{Version: "1", Source: sourceOf(source)}
	result, err := r.Commit(context.Background(), c, state.Record{Message: message.Text(c), Who: who})
	if err != nil {
		t.Fatal(err)
	}
	return result.New
}

func sourceOf(n int) state.Source {
	return state.Source{URL: "https://git.example/shop", Commit: fmt.Sprintf("%040x", n)}
}

func hydratedFrom(t *testing.T, at state.Location, environments ...string) []state.Hydration {
	t.Helper()
	_, head := open(t, at)
	found, err := head.HydratedFrom(context.Background(), environments, time.Unix(1<<40, 0))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestHydratedFrom(t *testing.T) {
	places := map[string]func(t *testing.T) (state.Location, state.Location){
		"embedded": func(t *testing.T) (at, git state.Location) { at = place(t); return at, at },
		"remote": func(t *testing.T) (at, git state.Location) {
			git = bare(t)
			return away(t, git, ""), git
		},
	}
	for name, make := range places {
		t.Run(name, func(t *testing.T) {
			at, where := make(t)
			same(t, "nothing", hydratedFrom(t, at, "dev"), nil)
			dev := from(t, at, "dev", "1", 1)
			prod := from(t, at, "prod", "1", 2)
			staging := from(t, at, "staging", "1", 3)
			dev2 := from(t, at, "dev", "2", 4)
			want := []state.Hydration{
				{Environment: "dev", Commit: dev2, Sources: []state.Source{sourceOf(4)}, Versions: []string{"1"}},
				{Environment: "prod", Commit: prod, Sources: []state.Source{sourceOf(2)}, Versions: []string{"1"}},
				{Environment: "staging", Commit: staging, Sources: []state.Source{sourceOf(3)}, Versions: []string{"1"}},
			}
			same(t, "all", hydratedFrom(t, at, "staging", "prod", "dev", "none"), want)
			if name == "remote" {
				// Two commits are fetched, for what they do not tell more are.
				other := away(t, where, "")
				same(t, "newest", hydratedFrom(t, other, "dev", "staging"), []state.Hydration{want[0], want[2]})
				if shallow := git(t, state.Location{Dir: other.Dir}, "rev-list", "--count", "main"); shallow != "2\n" {
					t.Errorf("%s commits were fetched", shallow)
				}
				same(t, "all of another machine", hydratedFrom(t, other, "prod", "dev", "none"), want[:2])
				agree(t, where, other)

				clone := checkout(t, where, "main")
				git(t, clone, "switch", "-q", "-c", "side", string(dev))
				git(t, clone, "commit", "-q", "--allow-empty", "-m", "squashed\n\nHydrated-From: "+sourceOf(8).String()+"\nHydrated-From: "+sourceOf(9).String()+
					"\nHydrated-Release: prod/web changed app@2")
				side := rev(t, clone, "side")
				git(t, clone, "switch", "-q", "main")
				git(t, clone, "merge", "-q", "-m", "Merge side", "side")
				git(t, clone, "push", "-q", "origin", "main")
				want[1] = state.Hydration{Environment: "prod", Commit: side, Sources: []state.Source{sourceOf(8), sourceOf(9)}}
				same(t, "merge", hydratedFrom(t, away(t, where, ""), "prod", "dev"), want[:2])
			}
		})
	}
}

// TestHydratedFromGivesUp: a history that is long is not fetched whole.
func TestHydratedFromGivesUp(t *testing.T) {
	server := bare(t)
	at := away(t, server, "")
	from(t, at, "dev", "1", 1)
	prod := from(t, at, "prod", "1", 2)
	clone := checkout(t, server, "main")
	for i := range 99 {
		git(t, clone, "commit", "-q", "--allow-empty", "-m", fmt.Sprint(i))
	}
	git(t, clone, "push", "-q", "origin", "main")
	fresh := away(t, server, "")
	same(t, "found", hydratedFrom(t, fresh, "dev", "prod"), []state.Hydration{{Environment: "prod", Commit: prod, Sources: []state.Source{sourceOf(2)}, Versions: []string{"1"}}})
	same(t, "fetched", git(t, state.Location{Dir: fresh.Dir}, "rev-list", "--count", "main"), "100\n")
	agree(t, server, fresh)
}

// TestHydratedSince looks as far back as it has to.
func TestHydratedSince(t *testing.T) {
	server := bare(t)
	dev := from(t, away(t, server, ""), "dev", "1", 1)
	clone := checkout(t, server, "main")
	for i := range 120 {
		git(t, clone, "commit", "-q", "--allow-empty", "-m", fmt.Sprint(i))
	}
	git(t, clone, "push", "-q", "origin", "main")
	oldest := func(since time.Time) []state.Hydration {
		_, head := open(t, away(t, server, ""))
		found, err := head.HydratedFrom(context.Background(), []string{"dev"}, since)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	last := time.Unix(1767225700, 0) // as git dates commits in these tests
	same(t, "since the day before", oldest(last.Add(-24*time.Hour)), []state.Hydration{{Environment: "dev", Commit: dev, Sources: []state.Source{sourceOf(1)}, Versions: []string{"1"}}})
	same(t, "since the day after", oldest(last.Add(24*time.Hour)), nil)
}

// TestHydratedFromAfterOthers is a machine whose history has a gap, for others
// committed in between.
func TestHydratedFromAfterOthers(t *testing.T) {
	server := bare(t)
	at, other := away(t, server, ""), away(t, server, "")
	dev := from(t, at, "dev", "1", 1)
	from(t, at, "prod", "1", 2)
	for i := range 5 {
		from(t, other, "staging", fmt.Sprint(i), 3+i)
	}
	last := from(t, other, "prod", "2", 9)
	same(t, "found", hydratedFrom(t, at, "dev", "prod"), []state.Hydration{
		{Environment: "dev", Commit: dev, Sources: []state.Source{sourceOf(1)}, Versions: []string{"1"}},
		{Environment: "prod", Commit: last, Sources: []state.Source{sourceOf(9)}, Versions: []string{"1"}},
	})
	agree(t, server, at)
	from(t, at, "dev", "2", 10)
	agree(t, server, at)
}
