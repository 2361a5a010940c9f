package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
	"github.com/weir-dev/weir/engine/manifest"
)

// letters is how a view writes words and code within a line.
type letters struct{ prose, code func(string) string }

// The letters of the views: within Markdown, within a summary, where forges
// read HTML only, and on a terminal.
func inMarkdown() letters { return letters{prose, code} }
func inSummary() letters  { return letters{summaryProse, htmlCode} }
func onTerminal() letters { return letters{printable, glued} }

// together is a space at which no line is broken.
const together = "\x00"

// glued is text that a terminal shows on one line.
func glued(s string) string { return strings.ReplaceAll(printable(s), " ", together) }

// steps is from -> to, or the one that there is.
func (l letters) steps(from, to string) string {
	switch from, to = version(from), version(to); {
	case from == "":
		return l.code(to)
	case to == "":
		return l.code(from)
	}
	return l.code(from) + " → " + l.code(to)
}

// version shortens the digest in a version.
func version(v string) string {
	tag, digest, found := strings.Cut(v, "@")
	if !found {
		tag, digest = "", v
	}
	hash, isDigest := strings.CutPrefix(digest, "sha256:")
	switch {
	case !isDigest || len(hash) <= 12:
		return cut(v, longestName)
	case tag == "":
		return "sha256:" + hash[:12] + "…"
	}
	return cut(tag, longestName) + "@" + hash[:12] + "…"
}

// subject is what findings are about.
func (l letters) subject(f findings, limit int) string {
	switch {
	case f.Object != manifest.ID{}:
		return l.names(f.objects, limit)
	case f.Release == namespacesRelease:
		return "namespaces"
	case f.Release != "":
		return "release " + l.code(cut(f.Release, longestName))
	}
	return "all releases"
}

// caused says in words what a cause is.
func (l letters) caused(c diff.Cause) string {
	if c.With != "" {
		with := c.With
		c.With = ""
		return l.caused(c) + " with " + l.prose(cut(with, longestName))
	}
	move := ""
	switch {
	case c.From == "" && c.To == "":
	case c.From == c.To:
		move = " (still " + l.code(version(c.To)) + ")"
	default:
		move = " " + l.steps(c.From, c.To)
	}
	switch c.Kind {
	case diff.ByChart:
		return "chart" + move
	case diff.ByValues:
		if c.Place.File != "" {
			return l.code(cut(at(c.Place.File, c.Place.Start.Line), longestName)) + more(c.More, "line")
		}
		return "values"
	case diff.ByManifests, diff.ByKustomize:
		if c.Place.File != "" && c.Place.Start.Line == 0 {
			return l.code(cut(c.Place.File, longestName)) + more(c.More, "file")
		}
		return string(c.Kind) + l.edited(c)
	case diff.ByRelease:
		return cmp.Or(c.Attribute, "the release block") + l.edited(c)
	case diff.ByKubernetes:
		return "Kubernetes" + move
	case diff.ByWeir:
		return "Weir" + move
	}
	return l.prose(string(c.Kind))
}

// edited are the lines of a cause, behind what it is.
func (l letters) edited(c diff.Cause) string {
	if c.Place.Start.Line == 0 {
		return ""
	}
	return ": " + l.code(cut(at(c.Place.File, c.Place.Start.Line), longestName)) + more(c.More, "line")
}

// more says that there are other files or lines than the one that is named.
func more(n int, what string) string {
	if n == 0 {
		return ""
	}
	return " and " + count(n, "more "+what, "more "+what+"s")
}

// causes says how much of a group's change comes from where.
func (l letters) causes(g Group, a atlas) string {
	var said []string
	for _, c := range g.Causes {
		words := fmt.Sprintf("%s of %s: %s", number(c.Fields), count(g.Fields, "changed field", "changed fields"), l.caused(c.Cause))
		if len(g.Causes) == 1 && c.Fields == g.Fields {
			words = l.caused(c.Cause)
		} else if len(said) > 0 {
			words = fmt.Sprintf("%s: %s", number(c.Fields), l.caused(c.Cause))
		}
		if len(c.Where) < len(g.Where) {
			words += " (" + l.prose(a.of(c.Where)) + ")"
		}
		said = append(said, words)
	}
	return strings.Join(limited(said, manyCauses), "; ")
}

// reason is a cause, or causes, and the groups of a release of which it is true.
type reason struct {
	words   string
	letters []string
	where   Where
}

// reasons are what the groups of a release change for, each once: one where all
// change for the same.
func (l letters) reasons(s sheet, a atlas) []reason {
	var all []reason
	first := map[string]int{}
	for i, g := range s.Groups {
		words := l.causes(g, a)
		if words == "" {
			continue
		}
		at, ok := first[words]
		if !ok {
			at = len(all)
			first[words] = at
			all = append(all, reason{words: words})
		}
		all[at].letters = append(all[at].letters, diff.Letter(i))
		for _, target := range g.Where {
			all[at].where = all[at].where.with(target)
		}
	}
	return all
}

// manyCauses is how many causes are named.
const manyCauses = 5

// limited is the first words of a list, the rest counted.
func limited(words []string, limit int) []string {
	if len(words) <= limit+1 {
		return words
	}
	return append(words[:limit:limit], fmt.Sprintf("%s more", number(len(words)-limit)))
}

// folded says what is routine in a release and not shown, and in how many
// objects; with nothing else in most of them, as a rule.
func (l letters) folded(r routine) string {
	var said []string
	for _, p := range r.parts {
		words := l.code(cut(p.what, longestName))
		if strings.HasPrefix(p.what, "order of ") || p.what == "descriptions" {
			words = l.prose(cut(p.what, longestName))
		}
		if p.from != "" {
			words += " " + l.prose(cut(p.from, longestName)) + " → " + l.prose(cut(p.to, longestName))
		}
		if p.objects < r.objects {
			words += fmt.Sprintf(" (%s)", number(p.objects))
		}
		said = append(said, words)
	}
	parts := strings.Join(limited(said, manyParts), ", ")
	switch only := r.only; {
	case only == r.objects:
		return fmt.Sprintf("%s: only %s", count(r.objects, "object", "objects"), parts)
	case only == 0:
		return fmt.Sprintf("routine in %s: %s", count(r.objects, "object", "objects"), parts)
	default:
		return fmt.Sprintf("routine in %s, in %s of them nothing else: %s", count(r.objects, "object", "objects"), number(only), parts)
	}
}

// manyParts is how many routine changes are named.
const manyParts = 5

// sameEverywhere says where everything changes, and whether in the same way.
func (l letters) sameEverywhere(r Review, a atlas, sheets []sheet) string {
	w := a.common
	changes, but := "The same changes on ", ""
	if slices.ContainsFunc(sheets, func(s sheet) bool { return len(s.ways) > 1 }) {
		changes, but = "On ", ", unless something else is said"
	}
	still := len(r.Targets) - len(w)
	switch where := l.prose(a.of(w)) + but; {
	case still == 0:
		return changes + where + "."
	case len(w) == 1 && still == 1:
		return "Only " + where + " changes; the other target does not."
	case len(w) == 1:
		return fmt.Sprintf("Only %s changes; the other %s targets do not.", where, number(still))
	default:
		return fmt.Sprintf("%s%s; %s not change.", changes, where, count(still, "target does", "targets do"))
	}
}

// places says where a release changes, and where not as in most of these places:
// in how many fields. Of one that comes or goes the objects tell.
func (l letters) places(r Review, s sheet, a atlas) string {
	var said []string
	if a.tells(s.where) {
		said = append(said, "on "+l.prose(a.of(s.where)))
	}
	if _, status := s.title(); status == "" && len(s.ways) > 1 && !s.CreateNamespace {
		first := s.ways[0]
		var others []string
		for _, w := range s.ways[1:] {
			what := count(s.differs(r, first.where[0], w.where[0]), "field", "fields")
			if was, is := first.groups[0].Status, w.groups[0].Status; was != is {
				what = statusWords[is]
			}
			others = append(others, fmt.Sprintf("%s (%s)", l.prose(a.of(w.where)), what))
		}
		said = append(said, "differs on "+strings.Join(limited(others, 3), ", "))
	}
	return strings.Join(said, "; ")
}

// joined is what stands between the counts of a release and its places.
func joined(places string) string {
	if strings.HasPrefix(places, "on ") {
		return " "
	}
	return "; "
}

// statusWords are what became of a release.
var statusWords = map[manifest.Status]string{manifest.Created: "new", manifest.Changed: "changed", manifest.Removed: "removed"}

// title is what a release is called, and what becomes of it where that is the
// same everywhere.
func (s sheet) title() (name, status string) {
	name, status = s.Name, statusWords[s.Groups[0].Status]
	if s.CreateNamespace {
		name = "namespaces"
	}
	changed := s.Groups[0].Status == manifest.Changed
	if changed || s.CreateNamespace || slices.ContainsFunc(s.Groups, func(g Group) bool { return g.Status != s.Groups[0].Status }) {
		status = ""
	}
	return name, status
}

// departs says from where a release goes as a whole.
func (l letters) departs(d departure, a atlas) string {
	said := "removed"
	if len(a.targets) > 1 {
		said += " from " + l.prose(a.of(d.where))
	}
	said += ", with " + count(d.objects, "object", "objects")
	switch {
	case d.kept == d.objects && d.kept > 0:
		said += ", which stay in the cluster: pruning is off"
	case d.kept > 0:
		said += fmt.Sprintf(", of which %s stay in the cluster: pruning is off", number(d.kept))
	}
	return said
}

// others says how many objects go with their releases that nobody has to look at.
func (f farewell) others() string {
	n := 0
	for _, is := range f.quiet {
		n += is.count
	}
	if n == 0 || len(f.told) == 0 { // a release with so many objects, that is all
		return ""
	}
	return "and " + count(n, "more object", "more objects") + ", without a risk of their own"
}
