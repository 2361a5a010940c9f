package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/weir-dev/weir/engine/charts"
	"github.com/weir-dev/weir/schema/diag"
)

// UpdateOptions are what a person may ask of an update; the zero value moves all
// charts.
type UpdateOptions struct {
	Releases []string // whose charts are moved; none: of all
	Check    bool     // look, do not write
	Accept   []string // SHA-256 of charts that are taken though they were changed under the same version
}

// Update moves the charts of the named releases, of all of them where none is
// named, as far as their constraints allow; sub-charts included. The rest of the
// lock stays, and what is missing in it is added.
func Update(ctx context.Context, run Run, o UpdateOptions) (*LockReport, diag.List, error) {
	p, found, err := run.Plan(ctx)
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
	for _, name := range o.Releases {
		if n[name] == nil {
			found = append(found, n.missing(name))
		}
		for _, release := range n.releases(name) {
			named[release] = true
		}
	}
	accept, list := digests(o.Accept)
	if found = append(found, list...); found.HasErrors() {
		return nil, found, nil
	}
	l, list := newLocker(run, p)
	if found = append(found, list...); found.HasErrors() {
		return nil, found, nil
	}
	l.locking.Look, l.locking.Accept = o.Check, accept
	var moving, staying []charts.Want
	for _, w := range l.wants {
		if len(o.Releases) == 0 || w.Named(named) {
			moving = append(moving, w)
		} else {
			staying = append(staying, w)
		}
	}
	// First what moves: what several releases have goes with the one that is named.
	list, err = charts.LoadAll(ctx, run, l.locking.Newest(), moving)
	if found = append(found, list...); err != nil || found.HasErrors() {
		return nil, found, err
	}
	if list, err = charts.LoadAll(ctx, run, l.locking.Missing(), staying); err != nil || list.HasErrors() {
		return nil, append(found, list...), err
	}
	report, err := l.finish(ctx)
	return report, append(found, list...), err
}

// digests reads SHA-256 as Weir and others print them.
func digests(texts []string) ([]string, diag.List) {
	var all []string
	var found diag.List
	for _, text := range texts {
		digest := strings.ToLower(strings.TrimPrefix(text, "sha256:"))
		if len(digest) != 64 || strings.Trim(digest, "0123456789abcdef") != "" {
			found = append(found, diag.Diagnostic{
				Summary: fmt.Sprintf("%q is no SHA-256", text), Detail: "One has 64 digits from 0-9 and a-f.",
				Remedy: "Copy the digest from the message about the chart.",
			})
		}
		all = append(all, digest)
	}
	return all, found
}
