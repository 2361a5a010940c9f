package risk

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/schema/diag"
)

// Rule is one thing that can be found. Its id is stable: people write it in
// policies and accept blocks.
type Rule struct {
	ID    string `json:"id"`    // theme/name
	Level Level  `json:"level"` // of its hits, where the project gives no other
	Title string `json:"title"`
	Doc   string `json:"doc"` // what it means, in a sentence

	object  func(*object) []finding
	release func(*release) []finding
}

// finding is a hit before it has a place among the others.
type finding struct {
	on          *object     // of a release's rule: what it is about; nil where it is the release
	id          manifest.ID // what it is about instead, as an object that does not change
	path        diff.Path
	reason      string
	consequence string
	key         string // by which newly knows it again; the path where it is empty
	target      bool   // it is about the whole target

	// Several findings within one path are told as one, see gathered.
	within diff.Path
	about  string // what each is about
	many   string // the reason, with %s for what they are about
}

// Rules lists all rules, by theme.
func Rules() []Rule {
	return slices.Concat(
		immutableRules, storageRules, removalRules, crdRules, apiRules, secretRules, ownershipRules,
		availabilityRules, securityRules, rbacRules, networkRules, danglingRules, imageRules, chartRules, hookRules, restartRules, sizeRules, routineRules,
	)
}

// Check runs all rules over a cluster, hits in the order of releases, objects
// and rules.
func Check(c Cluster) []Hit {
	rules := Rules()
	var hits []Hit
	for _, r := range newCluster(c).releases {
		first := len(hits)
		for _, rule := range rules {
			if rule.release != nil {
				for _, f := range rule.release(r) {
					hits = append(hits, f.hit(rule, r, f.on))
				}
				continue
			}
			for _, o := range r.objects {
				for _, f := range rule.object(o) {
					hits = append(hits, f.hit(rule, r, o))
				}
			}
		}
		slices.SortStableFunc(hits[first:], func(a, b Hit) int {
			return cmp.Or(a.Object.Compare(b.Object), diff.FalseFirst(a.Hook, b.Hook))
		})
	}
	return hits
}

func (f finding) hit(rule Rule, r *release, o *object) Hit {
	h := Hit{
		Rule: rule.ID, Level: rule.Level, Cluster: r.Cluster, Environment: r.Environment, Release: r.Release.Release, Object: f.id,
		Path: f.path, Reason: f.reason, Consequence: f.consequence, Declared: r.Declared, Removal: f.consequence != "",
	}
	if o != nil && f.id == (manifest.ID{}) {
		h.Object, h.Hook = o.id, o.Hook()
	}
	if f.target {
		h.Release, h.Declared = "", diag.Range{}
	}
	return h
}

// newly makes a rule of what is wrong with an object, whoever put it there: it
// fires for what holds after a change and did not before.
func newly(find func(*side) []finding) func(*object) []finding {
	return func(o *object) []finding {
		if o.after == nil {
			return nil
		}
		found := find(o.after)
		if len(found) == 0 || o.before == nil {
			return found
		}
		old := map[string]bool{}
		for _, f := range find(o.before) {
			old[f.identity()] = true
		}
		return slices.DeleteFunc(found, func(f finding) bool { return old[f.identity()] })
	}
}

// gathered makes one finding of several that lie within one path.
func gathered(find func(*object) []finding) func(*object) []finding {
	return func(o *object) []finding {
		var all []finding
		var abouts [][]string
		at := map[string]int{}
		for _, f := range find(o) {
			key := f.within.String()
			i, seen := at[key]
			if !seen {
				at[key] = len(all)
				all, abouts = append(all, f), append(abouts, []string{f.about})
				continue
			}
			abouts[i] = append(abouts[i], f.about)
			all[i].path, all[i].reason = f.within, fmt.Sprintf(f.many, some(abouts[i]))
		}
		return all
	}
}

// some names the first few.
func some(names []string) string {
	const few = 5
	if len(names) <= few+1 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}

func (f finding) identity() string { return cmp.Or(f.key, f.path.String()) }
