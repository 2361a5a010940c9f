package assess

import (
	"context"
	"fmt"
	"reflect"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/weir-dev/weir/engine/compare"
	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/review"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema"
)

// TestHeld reviews more pairs than are held at once: those of the clusters before
// are let go when others are read, and nothing holds a whole release at the end.
func TestHeld(t *testing.T) {
	project, found := schema.Load(schema.Options{FS: fstest.MapFS{"weir.hcl": {Data: []byte("project \"p\" {}\n")}}})
	if len(found) > 0 {
		t.Fatal(found)
	}
	version := func(value string) *diff.Version {
		o, err := manifest.New(map[string]any{"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "a"}, "data": map[string]any{"a": value}}, manifest.Source{})
		if err != nil {
			t.Error(err)
		}
		set, _ := manifest.NewSet([]manifest.Object{o})
		return &diff.Version{Objects: set, Kubernetes: "1.34"}
	}
	// Two batches of two clusters around a cluster that is one by itself.
	sizes := []int{mostHeld / 2, mostHeld / 2, mostHeld + 1, mostHeld / 2, mostHeld / 2}
	batchOf := []int{0, 0, 1, 2, 2}
	c := &compare.Comparison{}
	var loads atomic.Int64
	earlier := make([][]*compare.Pairing, 3) // than a batch
	for n, size := range sizes {
		cluster := fmt.Sprintf("c%d", n)
		c.Targets = append(c.Targets, review.Target{Cluster: cluster, Environment: "dev"})
		for i := range size {
			p := &compare.Pairing{Pair: diff.Pair{Cluster: cluster, Environment: "dev", Release: fmt.Sprintf("r%d", i)}}
			p.Load = func(context.Context) error {
				loads.Add(1)
				for _, before := range earlier[batchOf[n]] {
					if holds(before) {
						t.Errorf("%s is held while %s is read", before, p)
						break
					}
				}
				p.Before, p.After = version("old"), version("new")
				return nil
			}
			c.Pairs = append(c.Pairs, p)
			for later := batchOf[n] + 1; later < len(earlier); later++ {
				earlier[later] = append(earlier[later], p)
			}
		}
	}
	run := work.Run{Project: project, Jobs: 4}
	w := newReviewing(run, c, compare.Options{NoCauses: true})
	if found, err := w.all(t.Context()); err != nil || len(found) > 0 {
		t.Fatal(err, found)
	}
	total := len(c.Pairs)
	if int(loads.Load()) != total {
		t.Errorf("%d pairs were read, of %d", loads.Load(), total)
	}
	want := diff.Version{Kubernetes: "1.34"}
	for i, p := range c.Pairs {
		s := w.seen[i]
		if holds(p) || !s.differs || len(s.release.Changes) != 1 || !reflect.DeepEqual(*s.release.Before, want) || !reflect.DeepEqual(*s.release.After, want) {
			t.Fatalf("%s: held: %v, it is left with %+v", p, holds(p), s)
		}
	}
}

func holds(p *compare.Pairing) bool {
	return p.Before != nil || p.After != nil || p.Load != nil || p.Past != nil
}
