package review

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"strings"
)

var (
	//go:embed page/page.html
	pageHTML string
	//go:embed page/style.css
	pageStyle string
	//go:embed page/script.js
	pageScript string
)

// HTML is the review as one page that needs nothing else: no server, no network.
// What comes from the project is data, which the page's script only ever shows
// as text; its content security policy lets no other script run. page.go makes
// the data.
func (r Review) HTML() ([]byte, error) {
	verdict, summary, found := strings.Cut(r.summary(), " — ")
	if !found {
		summary = ""
	}
	p := newPager(r)
	overview := p.page()
	words := map[string]string{
		"Title":      html.EscapeString(verdict + ": " + printable(r.Project)),
		"Class":      html.EscapeString(string(r.Verdict)),
		"Verdict":    html.EscapeString(verdict),
		"Project":    html.EscapeString(printable(r.Project)),
		"Summary":    html.EscapeString(summary),
		"Compared":   html.EscapeString(r.compared(plainPoint)),
		"Command":    html.EscapeString(printable(r.Command)),
		"StyleHash":  hashOf(pageStyle),
		"ScriptHash": hashOf(pageScript),
		"Style":      pageStyle,
		"Script":     pageScript,
	}
	var out bytes.Buffer
	for rest := pageHTML; ; {
		text, after, open := strings.Cut(rest, "{{.")
		out.WriteString(text)
		if !open {
			return out.Bytes(), nil
		}
		name, after, _ := strings.Cut(after, "}}")
		rest = after
		var err error
		switch name {
		case "Review":
			err = writeData(&out, overview)
		case "Texts":
			err = writeData(&out, p.texts())
		default:
			out.WriteString(words[name])
		}
		if err != nil {
			return nil, fmt.Errorf("write HTML: %w", err)
		}
	}
}

// writeData writes JSON in which every < is escaped, so that no text ends the
// element it is in.
func writeData(w io.Writer, data any) error { return json.NewEncoder(w).Encode(data) }

// hashOf is a source expression of a content security policy.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
