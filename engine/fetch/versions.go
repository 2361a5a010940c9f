package fetch

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// choose is the version that a constraint stands for, by Helm's rules: the very
// text first, so that versions that are none can be asked for; else the newest
// that fits. Pre-releases fit only where the constraint names one.
func choose(ref schema.Chart, all []version) (version, error) {
	for _, v := range all {
		if ref.Version != "" && v.Version == ref.Version {
			return v, nil
		}
	}
	texts := make([]string, len(all))
	for i, v := range all {
		texts[i] = v.Version
	}
	chosen, err := Newest(ref, texts)
	if err != nil {
		return version{}, err
	}
	return all[slices.Index(texts, chosen)], nil
}

// Newest is the newest of some versions that the constraint of a reference
// allows, as it is written. It is an error that names the nearest where none is.
func Newest(ref schema.Chart, all []string) (string, error) {
	wanted := ref.Version
	if wanted == "" {
		wanted = "*"
	}
	constraint, err := semver.NewConstraint(wanted)
	if err != nil {
		return "", refuse(fmt.Sprintf("%q is not a version constraint", ref.Version), "", "Write it as in \"6.7.1\", \"~> 6.7\" or \">= 1.2, < 2\".")
	}
	var known []*semver.Version
	var best *semver.Version
	for _, text := range all {
		v, err := semver.NewVersion(text)
		if err != nil {
			continue
		}
		known = append(known, v)
		if constraint.Check(v) && (best == nil || v.GreaterThan(best)) {
			best = v
		}
	}
	if best != nil {
		return best.Original(), nil
	}
	return "", nothingMeets(ref, constraint, known, all)
}

// number is the first version that a constraint mentions.
var number = regexp.MustCompile(`v?\d+(\.\d+){0,2}(-[0-9A-Za-z.-]+)?`)

// nothingMeets names what is nearest to a constraint that nothing meets.
func nothingMeets(ref schema.Chart, constraint *semver.Constraints, known []*semver.Version, all []string) error {
	d := diag.Diagnostic{Summary: fmt.Sprintf("no version of chart %q meets %q", withoutLogin(ref.Source), ref.Version)}
	if ref.Version == "" {
		d.Summary = fmt.Sprintf("chart %q has no released version", withoutLogin(ref.Source))
	}
	slices.SortFunc(known, func(a, b *semver.Version) int { return b.Compare(a) })
	known = slices.CompactFunc(known, func(a, b *semver.Version) bool { return a.Original() == b.Original() })
	if len(known) == 0 {
		if len(all) > 0 {
			return diag.Refuse(d.Detailf("Its versions are no semantic versions: %s.", strings.Join(all[:min(len(all), 5)], ", ")).
				Remedyf("Ask for one of them by its very text."))
		}
		return diag.Refuse(d.Remedyf("Its repository lists no versions of it at all."))
	}
	constraint.IncludePrerelease = true
	for _, v := range known {
		if constraint.Check(v) || v.Prerelease() != "" && released(constraint, v) {
			return diag.Refuse(d.Detailf("Pre-releases are left out unless the constraint names one.").
				Remedyf("%s is the newest pre-release; to have it, write `version = %q`.", v.Original(), v.Original()))
		}
	}
	return diag.Refuse(d.Detailf("The nearest: %s.", strings.Join(nearest(ref.Version, known), ", ")).Remedyf("Change `version`."))
}

// released tells whether what a pre-release becomes will be allowed.
func released(constraint *semver.Constraints, v *semver.Version) bool {
	final, err := v.SetPrerelease("")
	return err == nil && constraint.Check(&final)
}

// nearest are the neighbours of the version that a constraint mentions, and the
// newest; known is sorted, newest first.
func nearest(constraint string, known []*semver.Version) []string {
	around := 0
	if v, err := semver.NewVersion(number.FindString(constraint)); err == nil {
		around, _ = slices.BinarySearchFunc(known, v, func(a, b *semver.Version) int { return b.Compare(a) })
	}
	from, to := max(around-2, 0), min(around+2, len(known))
	var texts []string
	for _, v := range known[from:to] {
		texts = append(texts, v.Original())
	}
	if from > 0 {
		texts = append([]string{known[0].Original() + " (the newest)"}, texts...)
	}
	return texts
}
