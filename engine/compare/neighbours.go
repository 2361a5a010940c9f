package compare

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/engine/plan"
	"github.com/weir-dev/weir/engine/risk"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/schema"
)

// Of two revisions of the project nothing is rendered but what differs, and the
// cache may be empty: which of the other releases may have an object is told by
// the texts that they are made of, and only those are asked. So a review does not
// depend on what was rendered before.

// staying lists the releases of a cluster that are the same on both sides.
func (r *revisions) staying(cluster string) func(context.Context) ([]*other, error) {
	return func(context.Context) ([]*other, error) {
		var all []*other
		for _, p := range r.pairs {
			if p.cluster == cluster && p.now != nil && !p.differs() {
				all = append(all, r.other(p))
			}
		}
		return all, nil
	}
}

func (r *revisions) other(p *twoReleases) *other {
	o := &other{Owner: risk.Owner{Environment: p.environment, Release: p.release}}
	h, made := r.after.h, p.after
	var speaks *wording
	o.may = func(ctx context.Context, w want) (bool, error) {
		if speaks == nil {
			chart, found := h.Chart(ctx, p.now)
			if found.HasErrors() {
				return false, ctx.Err() // a release without its chart has no objects
			}
			speaks = wordingOf(p.now, chart, r.spoken)
		}
		return speaks.of(w), nil
	}
	o.files = func(ctx context.Context) ([]state.FileEntry, error) {
		if made == nil {
			again, found, err := h.Make(ctx, p.now)
			if err != nil || found.HasErrors() {
				return nil, err // nor has one that does not render
			}
			made = again
		}
		metadata, err := h.Metadata(ctx, p.now, made)
		made.LetGo()
		return metadata.Files, err
	}
	o.read = func(ctx context.Context, i int) ([]byte, error) { return h.File(ctx, p.now, made, i) }
	return o
}

// wording is what a release is made of.
type wording struct {
	release *plan.Release
	chart   *fetch.Chart // nil where there is none
	values  []string     // and their keys
	spoken  *spokenWords
}

func wordingOf(r *plan.Release, chart *fetch.Chart, spoken *spokenWords) *wording {
	w := &wording{release: r, chart: chart, spoken: spoken}
	for _, leaf := range r.Values.Leaves() {
		if text, ok := leaf.Value.(string); ok {
			w.values = append(w.values, text)
		}
		for _, step := range leaf.Path {
			w.values = append(w.values, step.Key)
		}
	}
	slices.Sort(w.values)
	w.values = slices.Compact(w.values)
	return w
}

// of tells whether the release may have an object that is asked for. The name of an
// object is that of the release or of its chart, or values, or parts of all these
// with something between them.
func (w *wording) of(asked want) bool {
	r := w.release
	if len(r.Kustomize.Directories)+len(r.Kustomize.Components) > 0 {
		return true // nobody can tell
	}
	if asked.kind != "" && !w.has(asked.kind) || asked.word != "" && !w.has(asked.word) {
		return false
	}
	in := func(namespace string) bool { return namespace == "" || namespace == r.Namespace || w.has(namespace) }
	if len(asked.namespaces) > 0 && !slices.ContainsFunc(asked.namespaces, in) {
		return false
	}
	part := func(text string) bool { return len(text) > 1 && strings.Contains(asked.name, text) }
	return asked.name == "" || part(r.Name) || part(r.HelmName) || part(r.Namespace) || w.chart != nil && part(w.chart.Name) ||
		slices.ContainsFunc(w.values, part) || w.has(asked.name)
}

func (w *wording) has(word string) bool {
	return slices.ContainsFunc(w.release.Manifests, func(f schema.File) bool { return bytes.Contains(f.Data, []byte(word)) }) ||
		slices.ContainsFunc(w.values, func(text string) bool { return strings.Contains(text, word) }) ||
		w.chart != nil && w.spoken.in(w.chart, word)
}

// spokenWords remembers which words stand in which charts.
type spokenWords struct {
	mu    sync.Mutex
	known map[[2]string]bool // by the chart's digest and the word
}

func (s *spokenWords) in(chart *fetch.Chart, word string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := [2]string{chart.Digest, word}
	said, known := s.known[key]
	if !known {
		said = slices.ContainsFunc(chart.Files, func(f fetch.File) bool { return bytes.Contains(f.Data, []byte(word)) })
		s.known[key] = said
	}
	return said
}
