package engine

import (
	"context"

	"github.com/weir-dev/weir/schema/diag"
)

// Update moves the charts of the named releases, of all of them where none is
// named, as far as their constraints allow; sub-charts included. The rest of the
// lock stays, and what is missing in it is added. With look nothing is written.
func Update(ctx context.Context, run Run, names []string, look bool) (*LockReport, diag.List, error) {
	p, found, err := run.plan(ctx)
	if err != nil || found.HasErrors() {
		return nil, found, err
	}
	n := nameable{}
	for _, target := range p.Targets {
		for _, r := range target.Releases {
			n.add(r.Header)
		}
	}
	named := map[string]bool{}
	for _, name := range names {
		if n[name] == nil {
			found = append(found, n.missing(name))
		}
		for _, release := range n.releases(name) {
			named[release] = true
		}
	}
	if found.HasErrors() {
		return nil, found, nil
	}
	l, list := run.locker(p)
	if found = append(found, list...); found.HasErrors() {
		return nil, found, nil
	}
	l.locking.Look = look
	var moving, staying []want
	for _, w := range l.wants {
		if len(names) == 0 || w.named(named) {
			moving = append(moving, w)
		} else {
			staying = append(staying, w)
		}
	}
	// First what moves: what several releases have goes with the one that is named.
	list, err = l.load(ctx, l.locking.Newest(), moving)
	if found = append(found, list...); err != nil || found.HasErrors() {
		return nil, found, err
	}
	if list, err = l.load(ctx, l.locking.Missing(), staying); err != nil || list.HasErrors() {
		return nil, append(found, list...), err
	}
	report, err := l.finish(ctx)
	return report, append(found, list...), err
}

// named tells whether one of its releases is.
func (w want) named(names map[string]bool) bool {
	for _, release := range w.releases {
		if names[release] {
			return true
		}
	}
	return false
}
