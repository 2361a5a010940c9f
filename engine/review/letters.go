package review

import (
	"fmt"
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

// names lists objects, those of one kind with the kind before the first; from
// limit on they are counted.
func (l letters) names(ids []manifest.ID, limit int) string {
	var b strings.Builder
	kind := ""
	for i, id := range ids {
		if i == limit && len(ids) > limit+1 {
			fmt.Fprintf(&b, " and %s more", number(len(ids)-limit))
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		name := named(id)
		if k := kindOf(id) + " "; k == kind {
			name = strings.TrimPrefix(name, k)
		} else {
			kind = k
		}
		b.WriteString(l.code(cut(name, longestName)))
	}
	return b.String()
}

// subject is what findings are about.
func (l letters) subject(f findings, limit int) string {
	switch {
	case f.Object != manifest.ID{}:
		return l.names(f.objects, limit)
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
			return l.code(cut(at(c.Place.File, c.Place.Start.Line), longestName))
		}
		return "values"
	case diff.ByManifests, diff.ByKustomize:
		if c.Place.File != "" && c.Place.Start.Line == 0 {
			return l.code(cut(c.Place.File, longestName)) + more(c.More)
		}
		if c.Kind == diff.ByManifests {
			return "manifests"
		}
		return "kustomize and the release block"
	case diff.ByKubernetes:
		return "Kubernetes" + move
	case diff.ByWeir:
		return "Weir" + move
	}
	return l.prose(string(c.Kind))
}

// more says that there are other files than the one that is named.
func more(files int) string {
	if files == 0 {
		return ""
	}
	return " and " + count(files, "more file", "more files")
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
	switch only := len(r.changes); {
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

// sameEverywhere says where everything changes in the same way.
func (l letters) sameEverywhere(r Review, a atlas) string {
	w := a.common
	still := len(r.Targets) - len(w)
	switch where := l.prose(a.of(w)); {
	case still == 0:
		return "The same changes on " + where + "."
	case len(w) == 1 && still == 1:
		return "Only " + where + " changes; the other target does not."
	case len(w) == 1:
		return fmt.Sprintf("Only %s changes; the other %s targets do not.", where, number(still))
	default:
		return fmt.Sprintf("The same changes on %s; %s not change.", where, count(still, "target does", "targets do"))
	}
}

// identical says on which targets a release changes in the same way.
func (l letters) identical(s sheet, a atlas) string {
	if !a.tells(s.where) {
		return ""
	}
	if len(s.Groups) == 1 {
		if len(s.where) == 1 {
			return "on " + l.prose(a.of(s.where))
		}
		return "identical on " + l.prose(a.of(s.where))
	}
	said := l.prose(a.of(s.Groups[0].Where))
	if len(s.Groups[0].Where) > 1 {
		said = "identical on " + said
	} else {
		said = "on " + said
	}
	var others []string
	for _, g := range s.Groups[1:] {
		others = append(others, fmt.Sprintf("%s (%s)", l.prose(a.of(g.Where)), count(s.differs(s.Groups[0], g), "field", "fields")))
	}
	return said + "; differs on " + strings.Join(limited(others, 3), ", ")
}
