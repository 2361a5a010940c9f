package state

import (
	"slices"
	"strings"
	"unicode"
)

// Trailers are what the message of a commit says of where it came from. A
// message that a forge squashed out of several commits may say everything more
// than once, and in any order: equal lines are kept once, in the order of the
// text.
type Trailers struct {
	Sources  []Source         // Hydrated-From
	Versions []string         // Hydrated-By, of Weir
	Releases []TrailerRelease // Hydrated-Release
}

// TrailerRelease is one Hydrated-Release line: what happened to a release.
type TrailerRelease struct {
	Key
	Status  Status `json:"status"` // created, changed or removed
	Chart   string `json:"chart,omitempty"`
	Version string `json:"version,omitempty"` // of the chart; both are empty for plain manifests and what is removed
}

// The trailers that Weir writes.
const (
	trailerPrefix  = "Hydrated-"
	trailerFrom    = trailerPrefix + "From"
	trailerBy      = trailerPrefix + "By"
	trailerRelease = trailerPrefix + "Release"
)

// ByWeir tells whether the message names the Weir that wrote it.
func (t Trailers) ByWeir() bool { return len(t.Versions) > 0 }

// Environments lists the environments of the releases, sorted. A commit of
// nothing but Namespaces names none.
func (t Trailers) Environments() []string {
	var names []string
	for _, r := range t.Releases {
		names = append(names, r.Environment)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// ParseTrailers reads what Message.Text wrote, from the message of a commit by
// Weir and from one that a forge made of it: a merge or a squash that indents,
// quotes, wraps, or puts bullets before the original. It looks at every line,
// not only at the last paragraph, and passes over what is malformed.
func ParseTrailers(message string) Trailers {
	var t Trailers
	lines := strings.Split(message, "\n")
	for i, line := range lines {
		name, value, ok := trailer(line)
		if !ok {
			continue
		}
		next := ""
		if i+1 < len(lines) {
			next = unmarked(lines[i+1])
		}
		switch name {
		case trailerFrom:
			if value == "" {
				value = next // wrapped before the long word
			}
			if s, ok := parseSource(value); ok && !slices.Contains(t.Sources, s) {
				t.Sources = append(t.Sources, s)
			}
		case trailerBy:
			version, ok := strings.CutPrefix(value, "weir/")
			if ok && isWord(version) && !slices.Contains(t.Versions, version) {
				t.Versions = append(t.Versions, version)
			}
		case trailerRelease:
			if r, ok := parseTrailerRelease(value, next); ok && !slices.Contains(t.Releases, r) {
				t.Releases = append(t.Releases, r)
			}
		}
	}
	return t
}

// trailer splits a line of a message that is one of Weir's trailers.
func trailer(line string) (name, value string, ok bool) {
	line = unmarked(line)
	for _, name := range []string{trailerFrom, trailerBy, trailerRelease} {
		if len(line) > len(name) && strings.EqualFold(line[:len(name)], name) {
			if value, ok := strings.CutPrefix(strings.TrimLeft(line[len(name):], " \t"), ":"); ok {
				return name, strings.TrimSpace(value), true
			}
		}
	}
	return "", "", false
}

// unmarked takes away what tools put around a line of a message they quote.
func unmarked(line string) string {
	return strings.TrimRightFunc(strings.TrimLeftFunc(line, func(c rune) bool {
		return unicode.IsSpace(c) || c == '*' || c == '-' || c == '>' || c == '•' || c == '+'
	}), unicode.IsSpace)
}

// Source is the commit of the project that a state was hydrated from.
type Source struct {
	URL    string // of origin without credentials; empty where there is none
	Commit string
	Dirty  bool // with changes that were not committed
}

// dirty is how git describe marks a commit with uncommitted changes.
const dirty = "-dirty"

// String is the Hydrated-From trailer: <url>@<sha>[-dirty], without the url where
// there is no remote, or none that fits on the line.
func (s Source) String() string {
	if s.Commit == "" {
		return ""
	}
	text := s.Commit
	if s.Dirty {
		text += dirty
	}
	if !isWord(s.URL) {
		return text // nobody else can fetch it anyway
	}
	return s.URL + "@" + text
}

// parseSource reads what String writes.
func parseSource(value string) (Source, bool) {
	s := Source{Commit: value}
	if at := strings.LastIndexByte(value, '@'); at >= 0 {
		s.URL, s.Commit = value[:at], value[at+1:]
		if !isWord(s.URL) {
			return Source{}, false
		}
	}
	s.Commit, s.Dirty = strings.CutSuffix(s.Commit, dirty)
	return s, isObjectID(s.Commit)
}

// isObjectID tells whether a text is a whole SHA-1 or SHA-256 id.
func isObjectID(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}

// parseTrailerRelease reads "<environment>/<release> <status> [<chart>@<version>]";
// the chart may have been wrapped to the next line.
func parseTrailerRelease(value, next string) (TrailerRelease, bool) {
	name, rest, _ := strings.Cut(value, " ")
	environment, release, _ := strings.Cut(name, "/")
	status, chart, _ := strings.Cut(strings.TrimSpace(rest), " ")
	r := TrailerRelease{Key: Key{environment, release}, Status: Status(status)}
	if r.check() != nil || !slices.Contains([]Status{Created, Changed, Removed}, r.Status) {
		return TrailerRelease{}, false
	}
	chart = strings.TrimSpace(chart)
	if chart == "" && isWord(next) && !strings.HasSuffix(next, ":") {
		chart = next
	}
	if at := strings.LastIndexByte(chart, '@'); at > 0 && isText(chart) && isWord(chart[at+1:]) {
		r.Chart, r.Version = chart[:at], chart[at+1:]
	}
	return r, true
}

// isText tells whether a text can be shown on one line as it is.
func isText(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool { return !unicode.IsPrint(c) }) < 0
}

// isWord is isText for what has no spaces and is not empty.
func isWord(s string) bool {
	return s != "" && isText(s) && !strings.ContainsFunc(s, unicode.IsSpace)
}
