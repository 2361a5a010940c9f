package review

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"strings"

	"github.com/weir-dev/weir/engine/diff"
)

var (
	//go:embed page/page.html
	pageHTML string
	//go:embed page/style.css
	pageStyle string
	//go:embed page/script.js
	pageScript string
)

// page is what the script finds in its page.
type page struct {
	Review  pageReview `json:"review"`
	Targets []string   `json:"targets"` // names, by index
	Texts   [][]hunk   `json:"texts"`   // of each change, in the order of releases and their changes
}

// pageReview has the causes of a release in words beside their parts.
type pageReview struct {
	Review
	Releases []pageRelease `json:"releases"`
}

type pageRelease struct {
	Release
	Causes []pageCause `json:"causes"`
}

type pageCause struct {
	diff.Cause
	Text string `json:"text"`
}

// hunk is the numbers of its first lines, before and after, and its lines with
// their signs.
type hunk [3]any

// contextLines is how many lines are shown around a change.
const contextLines = 3

// HTML is the review as one page that needs nothing else: no server, no network.
// What comes from the project is data, which the page's script only ever shows
// as text; its content security policy lets no other script run.
func (r Review) HTML() ([]byte, error) {
	p := page{Review: pageReview{Review: r}, Targets: newAtlas(r.Targets).names}
	for _, release := range r.Releases {
		shown := pageRelease{Release: release}
		for _, cause := range release.Causes {
			text := cause.String()
			if cause.Place.File != "" {
				text += fmt.Sprintf(" %s:%d", cause.Place.File, cause.Place.Start.Line)
			}
			shown.Causes = append(shown.Causes, pageCause{cause, text})
		}
		p.Review.Releases = append(p.Review.Releases, shown)
		for _, c := range release.Changes {
			p.Texts = append(p.Texts, hunksOf(c))
		}
	}
	data, err := json.Marshal(p) // escapes <, so that no text ends the element it is in
	if err != nil {
		return nil, fmt.Errorf("write HTML: %w", err)
	}
	out := bytes.NewBuffer(make([]byte, 0, len(data)+len(pageScript)+len(pageStyle)+len(pageHTML)))
	_, _ = strings.NewReplacer(
		"{{.Title}}", html.EscapeString(string(r.Verdict)+": "+printable(r.Project)),
		"{{.Verdict}}", html.EscapeString(string(r.Verdict)),
		"{{.Project}}", html.EscapeString(printable(r.Project)),
		"{{.Summary}}", html.EscapeString(r.summary()),
		"{{.Compared}}", html.EscapeString(r.compared(plainPoint)),
		"{{.StyleHash}}", hashOf(pageStyle),
		"{{.ScriptHash}}", hashOf(pageScript),
		"{{.Style}}", pageStyle,
		"{{.Script}}", pageScript,
		"{{.Review}}", string(data),
	).WriteString(out, pageHTML)
	return out.Bytes(), nil
}

func hunksOf(c Change) []hunk {
	var all []hunk
	for _, h := range diff.Hunks(string(c.Before), string(c.After), contextLines) {
		var b strings.Builder
		for i, l := range h.Lines {
			if i > 0 {
				b.WriteByte('\n')
			}
			b.WriteByte(byte(l.Kind))
			b.WriteString(l.Text)
		}
		all = append(all, hunk{h.Before.First, h.After.First, b.String()})
	}
	return all
}

// hashOf is a source expression of a content security policy.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
