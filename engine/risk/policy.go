package risk

import (
	"fmt"
	"slices"
	"time"

	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// Apply gives hits the levels that the project asks for, drops those of rules
// that it switched off, and waives those that it accepts. today is any moment of
// the day that counts, in its own location. It also returns a sentence for each
// accept block that has expired, or met nothing where there was something else
// to meet: one for a release that has no hits at all may be about another change.
func Apply(hits []Hit, policy schema.Policy, today time.Time) ([]Hit, []string) {
	met, near := make([]bool, len(policy.Accepts)), make([]bool, len(policy.Accepts))
	applied := make([]Hit, 0, len(hits))
	for _, h := range hits {
		switch level := policy.Level(h.Rule); level {
		case schema.Off:
			continue
		case "":
		default:
			h.Level = Level(level)
		}
		target := schema.Target{Environment: h.Environment, Cluster: h.Cluster}
		for i, a := range policy.Accepts {
			near[i] = near[i] || a.Concerns(target, h.Release)
			if a.Rule != h.Rule || !a.Covers(target, h.Release, h.Object, h.Path.String()) {
				continue
			}
			met[i] = true
			if h.Waived == nil && !expired(a, today) {
				h.Waived = &Waiver{Reason: a.Reason, Until: a.Until, Range: a.Range}
			}
		}
		applied = append(applied, h)
	}
	var stale []string
	for i, a := range policy.Accepts {
		at := fmt.Sprintf("accept %q at %s:%d", a.Rule, a.Range.File, a.Range.Start.Line)
		switch {
		case expired(a, today):
			stale = append(stale, fmt.Sprintf("%s expired on %s: remove it, or give it another date", at, a.Until.Format(time.DateOnly)))
		case near[i] && !met[i]:
			stale = append(stale, at+" met nothing: remove it if what it accepted is done")
		}
	}
	return applied, stale
}

// expired tells whether the last day of an accept block is over.
func expired(a schema.Accept, today time.Time) bool {
	return today.Format(time.DateOnly) > a.Until.Format(time.DateOnly)
}

// CheckPolicy finds what is wrong with a project's policy: rules that there are
// not, and accept blocks that no longer hold, or hold for too long.
func CheckPolicy(policy schema.Policy, today time.Time) diag.List {
	var ids []string
	for _, rule := range Rules() {
		ids = append(ids, rule.ID)
	}
	var found diag.List
	for _, l := range policy.Levels {
		if !slices.ContainsFunc(ids, l.Matches) {
			found = append(found, unknown(l.Rule, l.Range, ids))
		}
	}
	for _, a := range policy.Accepts {
		switch {
		case !slices.Contains(ids, a.Rule):
			found = append(found, unknown(a.Rule, a.Range, ids))
		case expired(a, today):
			found = append(found, diag.Warningf(a.UntilRange, "This acceptance expired").
				Detailf("It held until %s; what it accepted counts again.", a.Until.Format(time.DateOnly)).
				Remedyf("Remove the block, or give it another date."))
		case a.Until.After(today.AddDate(1, 0, 1)):
			found = append(found, diag.Warningf(a.UntilRange, "This acceptance holds for more than a year").
				Detailf("By then nobody will know whether the reason is still good.").
				Remedyf("Give it a date within a year; what is fine for ever gets another level in `policy`."))
		}
	}
	return found
}

func unknown(rule string, at diag.Range, ids []string) diag.Diagnostic {
	return diag.Errorf(at, "There is no rule %q", rule).Suggest(rule, ids).Remedyf("`weir rules` lists them.")
}
