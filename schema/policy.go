package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/schema/diag"
)

// Policy is what the project says of the findings of a diff: how bad they are,
// and which are accepted. It does not know which rules there are.
type Policy struct {
	Levels  []Level // by rule
	Accepts []Accept
}

// Level sets the level of the rules that a pattern matches.
type Level struct {
	Rule  string // an id or a glob
	Level string // block, caution, info or off
	Range diag.Range
}

// Off is the level of a rule that is not to be run.
const Off = "off"

// policyLevels are the levels that may be written.
var policyLevels = []string{"block", "caution", "info", Off}

// Level is the level that the project gives a rule; empty where it gives none.
// The most specific name wins: an id, then the longest pattern.
func (p Policy) Level(rule string) string {
	best := Level{}
	for _, l := range p.Levels {
		switch {
		case l.Rule == rule:
			return l.Level
		case l.Matches(rule) && (best.Rule == "" || cmp.Or(cmp.Compare(len(l.Rule), len(best.Rule)), strings.Compare(best.Rule, l.Rule)) > 0):
			best = l
		}
	}
	return best.Level
}

// Matches tells whether the level is about a rule.
func (l Level) Matches(rule string) bool { return l.Rule == "*" || matches(l.Rule, rule) }

// Plain tells whether the level names one rule, not a pattern.
func (l Level) Plain() bool { return !isGlob(l.Rule) }

// Accept waives one finding of a diff.
type Accept struct {
	Rule         string
	Release      string // a name or a glob; empty: any that has the object, and without one findings about a whole target
	Environments []string
	Clusters     []string
	Object       *AcceptedObject // nil: findings about a whole release
	Path         string          // of the field or of one above it; empty: any
	Reason       string
	Until        time.Time // the last day on which it holds, at its beginning in UTC
	Range        diag.Range
	UntilRange   diag.Range
}

// AcceptedObject is an object as a person writes it.
type AcceptedObject struct {
	Kind      string
	Group     *string // nil: any
	Namespace string  // a name or a glob; empty: any
	Name      string  // a name or a glob
}

// Concerns tells whether the block is about a release at a target.
func (a Accept) Concerns(t Target, release string) bool {
	anyOf := func(patterns []string, name string) bool {
		return slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, name) })
	}
	return anyOf(a.Environments, t.Environment) && anyOf(a.Clusters, t.Cluster) &&
		(a.Release == release || a.Release == "" && a.Object != nil || release != "" && matches(a.Release, release))
}

// Covers tells whether the block is about something that was found at a target,
// by whatever rule. Nothing is left out by accident: a finding about an object is
// covered only where an object is named.
func (a Accept) Covers(t Target, release string, object manifest.ID, path string) bool {
	return a.Concerns(t, release) && a.Object.covers(object) && within(path, a.Path)
}

func (o *AcceptedObject) covers(id manifest.ID) bool {
	if o == nil {
		return id == manifest.ID{}
	}
	return o.Kind == id.Kind && (o.Group == nil || *o.Group == id.Group) && matches(o.Name, id.Name) &&
		(o.Namespace == "" || id.Namespace != "" && matches(o.Namespace, id.Namespace))
}

// within tells whether a path is another one or lies below it.
func within(path, above string) bool {
	rest, found := strings.CutPrefix(path, above)
	return found && (above == "" || rest == "" || rest[0] == '.' || rest[0] == '[')
}

func (p *Project) loadPolicy(blocks []*instance, list *diag.List) {
	for _, b := range blocks {
		d := p.described(b, "in policy", list)
		x, n := d.node("levels")
		if n == nil {
			continue
		}
		r := reader{list}
		levels, _ := r.stringMap(x, n)
		nodes, _ := r.object(x, n)
		for _, rule := range keys(levels) {
			at := nodes[rule].Origin
			switch level := levels[rule]; {
			case !doublestar.ValidatePattern(rule):
				r.fail(at, fmt.Sprintf("%q is not a pattern", rule), "", "Close its brackets and braces.")
			case !slices.Contains(policyLevels, level):
				r.fail(at, fmt.Sprintf("%q is no level for %q", level, rule), "", sentences(diag.DidYouMean(level, policyLevels), "Write block, caution, info or off."))
			default:
				p.policy.Levels = append(p.policy.Levels, Level{rule, level, at})
			}
		}
	}
}

func (p *Project) loadAccepts(blocks []*instance, list *diag.List) {
	for _, b := range blocks {
		d := p.described(b, "in accept", list)
		r := reader{list}
		before := len(*list)
		release, object, reason, until := d.string("release"), d.string("object"), d.string("reason"), d.string("until")
		a := Accept{Rule: b.label, Release: release.text, Path: d.string("path").text, Reason: strings.TrimSpace(reason.text), Range: b.rng, UntilRange: until.at}
		a.Environments = d.patterns("environments", "environment", keys(p.environments))
		a.Clusters = d.patterns("clusters", "cluster", keys(p.clusters))
		if release.text != "" && !doublestar.ValidatePattern(release.text) {
			r.fail(release.at, fmt.Sprintf("%q is not a pattern", release.text), "", "Close its brackets and braces.")
		}
		if object.text != "" {
			a.Object = r.acceptedObject(object)
		}
		if a.Path != "" && a.Object == nil && object.text == "" {
			r.fail(b.get("path").key, "A path needs an object", "Fields are those of an object.", "Add `object = \"…\"`, or remove `path`.")
		}
		if b.get("reason") != nil && a.Reason == "" && len(*list) == before {
			r.fail(b.get("reason").at(), b.title()+" gives no reason", "Who reads it later will want to know.", "Write why this is fine.")
		}
		if x := b.get("until"); x != nil && len(*list) == before {
			until.at = cmp.Or(until.at, x.at())
			a.Until, _ = r.date(until)
		}
		if len(*list) == before && !a.Until.IsZero() {
			p.policy.Accepts = append(p.policy.Accepts, a)
		}
	}
}

// patterns reads names and globs of what the project declares.
func (d described) patterns(name, what string, names []string) []string {
	if d.b.get(name) == nil {
		return d.b.def.attribute(name).strings()
	}
	written := d.strings(name)
	for _, s := range written {
		reader{d.p.ifWhole(d.list)}.pattern(s.text, s.at, what, names)
	}
	return texts(written)
}

// acceptedObject reads "StatefulSet data/db".
func (r reader) acceptedObject(written placed) *AcceptedObject {
	kind, name, ok := strings.Cut(written.text, " ")
	namespace, inside, namespaced := strings.Cut(name, "/")
	if namespaced {
		name = inside
	}
	switch {
	case !ok || kind == "" || name == "" || namespaced && namespace == "" || strings.ContainsAny(name, " /"):
		r.fail(written.at, fmt.Sprintf("%q is not an object", written.text), "", "Write its kind and its name, as in \"StatefulSet data/db\" or \"ClusterRole reader\".")
		return nil
	case !doublestar.ValidatePattern(name) || !doublestar.ValidatePattern(namespace):
		r.fail(written.at, fmt.Sprintf("%q is not a pattern", written.text), "", "Close its brackets and braces.")
		return nil
	}
	o := &AcceptedObject{Kind: kind, Name: name}
	if namespaced {
		o.Namespace = namespace
	}
	if short, group, grouped := strings.Cut(kind, "."); grouped {
		o.Kind, o.Group = short, &group
	}
	return o
}
