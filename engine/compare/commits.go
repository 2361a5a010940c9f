package compare

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/review"
	"github.com/weir-dev/weir/engine/site"
	"github.com/weir-dev/weir/engine/state"
	"github.com/weir-dev/weir/engine/work"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// betweenStates compares two commits of the clusters' states. Nothing is
// rendered; the project says where the states are, and what was meant.
func betweenStates(ctx context.Context, run work.Run, o Options) (*Comparison, diag.List, error) {
	from, to, err := splitStates(o.States)
	if err != nil {
		list, err := work.Refusal(err)
		return nil, list, err
	}
	clusters, known, found := site.AskedFor(run)
	if found.HasErrors() {
		return nil, found, nil
	}
	c := &Comparison{
		Base:    review.Point{Kind: review.State, Ref: from},
		Head:    review.Point{Kind: review.State, Ref: to},
		Command: "--state " + from + ".." + to,
	}
	parts := make([]Comparison, len(clusters))
	unknown := make([]error, len(clusters))
	then, now := make([]*state.Snapshot, len(clusters)), make([]*state.Snapshot, len(clusters))
	sites, more, err := site.Hold(ctx, run, o.Reading, clusters, func(_ context.Context, i int, s *site.Site) error {
		before, _, err := state.SnapshotAt(ctx, s.Repository, s.Base, from)
		var after *state.Snapshot
		if err == nil {
			after, _, err = state.SnapshotAt(ctx, s.Repository, s.Base, to)
		}
		if rev := (*state.UnknownRevError)(nil); errors.As(err, &rev) || err != nil && s.Base.Commit() == "" {
			unknown[i] = err
			return nil
		}
		if err != nil {
			return err
		}
		if len(clusters) == 1 {
			c.Base.Commit, c.Head.Commit = string(before.Commit()), string(after.Commit())
		}
		then[i], now[i] = before, after
		return twoStates(run, s, known, before, after, &parts[i])
	})
	c.close = sites.Close
	if found = append(found, more...); err != nil || found.HasErrors() {
		return c, found, err
	}
	list, err := somewhere(unknown)
	if found = append(found, list...); err != nil || found.HasErrors() {
		return c, found, err
	}
	for _, part := range parts {
		c.Targets = append(c.Targets, part.Targets...)
		c.Pairs = append(c.Pairs, part.Pairs...)
	}
	slices.SortFunc(c.Targets, compareTargets)
	at := func(cluster string) int {
		return slices.IndexFunc(clusters, func(c schema.Cluster) bool { return c.Name == cluster })
	}
	c.others = func(cluster string, changed map[state.Key]bool) func(context.Context) ([]*other, error) {
		return staying(now[at(cluster)], changed)
	}
	c.settle()
	if err := c.remember(ctx, run, o, func(cluster string) []*state.Snapshot {
		return []*state.Snapshot{then[at(cluster)], now[at(cluster)]}
	}); err != nil {
		return c, found, err
	}
	if len(c.Targets) == 0 {
		found = append(found, known.Nothing...)
	}
	return c, found, nil
}

// splitStates reads A..B; an empty side is HEAD.
func splitStates(text string) (from, to string, err error) {
	from, to, dots := strings.Cut(text, "..")
	if !dots || strings.HasPrefix(to, ".") {
		return "", "", diag.Refuse(diag.Errorf(diag.Range{}, "--state %s is not two commits", text).
			Remedyf("Write A..B, two commits of the state repositories: HEAD~1..HEAD is what was deployed last, and an empty side means HEAD."))
	}
	return cmp.Or(from, "HEAD"), cmp.Or(to, "HEAD"), nil
}

// somewhere is fine where some cluster knows both commits: those that do not are
// told as warnings.
func somewhere(unknown []error) (diag.List, error) {
	all := !slices.Contains(unknown, nil)
	var found diag.List
	for _, err := range unknown {
		if err == nil {
			continue
		}
		list, err := work.Refusal(err)
		if err != nil {
			return found, err
		}
		for _, d := range list {
			if !all {
				d.Severity = diag.Warning
				d.Detail = strings.TrimSpace(d.Detail + " Its cluster is left out of the comparison.")
			}
			found = append(found, d)
		}
	}
	return found, nil
}

// twoStates pairs the selected releases of a cluster that two commits have
// differently.
func twoStates(run work.Run, s *site.Site, known site.Asked, before, after *state.Snapshot, c *Comparison) error {
	keys, err := keysOf(before, after)
	if err != nil {
		return err
	}
	moved := map[state.Key]state.Key{} // to -> from
	gone := map[state.Key]bool{}
	for _, key := range keys {
		for _, m := range run.Project.Moved() {
			from := state.Key{Environment: key.Environment, Release: m.From}
			if m.To != key.Release {
				continue
			}
			goes, err := comes(from, after, before)
			if err != nil {
				return err
			}
			came, err := comes(key, before, after)
			if err != nil {
				return err
			}
			if goes && came {
				moved[key], gone[from] = from, true
			}
		}
	}
	seen := map[string]bool{}
	for _, key := range keys {
		if !known.Selects(s.Cluster.Name, key) {
			continue
		}
		if !seen[key.Environment] {
			seen[key.Environment] = true
			c.Targets = append(c.Targets, review.Target{Cluster: s.Cluster.Name, Environment: key.Environment})
			if known.Selector.Empty() {
				if err := c.addNamespaces(s, key.Environment, before, after); err != nil {
					return err
				}
			}
		}
		if gone[key] {
			continue
		}
		from, ok := moved[key]
		if !ok {
			from = key
		}
		pair, err := twoCommitted(run, s, from, key, before, after)
		if err != nil {
			return err
		}
		if pair != nil {
			c.Pairs = append(c.Pairs, pair)
		}
	}
	return nil
}

// comes tells whether a release is in one state and was not in another.
func comes(key state.Key, was, is *state.Snapshot) (bool, error) {
	old, err := was.Fingerprint(key)
	if err != nil || old.Metadata != "" {
		return false, err
	}
	now, err := is.Fingerprint(key)
	return now.Metadata != "", err
}

// keysOf lists the releases of two states, by environment and name.
func keysOf(before, after *state.Snapshot) ([]state.Key, error) {
	keys, err := before.Keys()
	if err != nil {
		return nil, err
	}
	more, err := after.Keys()
	if err != nil {
		return nil, err
	}
	keys = append(keys, more...)
	slices.SortFunc(keys, func(a, b state.Key) int {
		return cmp.Or(strings.Compare(a.Environment, b.Environment), strings.Compare(a.Release, b.Release))
	})
	return slices.Compact(keys), nil
}

// twoCommitted pairs a release of two commits; nil where it is the same.
func twoCommitted(run work.Run, s *site.Site, from, key state.Key, before, after *state.Snapshot) (*Pairing, error) {
	was, err := before.Fingerprint(from)
	if err != nil {
		return nil, err
	}
	is, err := after.Fingerprint(key)
	if err != nil || was == is {
		return nil, err
	}
	pair := &Pairing{Pair: diff.Pair{Cluster: s.Cluster.Name, Environment: key.Environment, Release: key.Release}}
	if from != key {
		pair.From = from.Release
	}
	block := key.Release
	for _, side := range []struct {
		at  *state.Snapshot
		key state.Key
	}{{before, from}, {after, key}} {
		metadata, err := side.at.Metadata(side.key)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", side.key, err)
		}
		if metadata != nil {
			block = cmp.Or(metadata.Declaration, key.Release)
		}
	}
	pair.Declared, _ = run.Project.Declaration(block)
	pair.Load = func(context.Context) error {
		old, err := releaseIn(before, from)
		if err != nil {
			return err
		}
		now, err := releaseIn(after, key)
		if err != nil {
			return err
		}
		return pair.read(old, now)
	}
	return pair, nil
}

// releaseIn is a release as a state has it; nil where it does not.
func releaseIn(at *state.Snapshot, key state.Key) (*state.Release, error) {
	r, err := committed(at, key)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	if r.Metadata.Format == 0 {
		return nil, nil
	}
	return &r, nil
}
