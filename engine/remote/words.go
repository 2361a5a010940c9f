package remote

import (
	"bytes"
	"strings"

	"github.com/weir-dev/weir/engine/wire"
)

// words is what a server or a hook said, as far as a person would read it.
type words struct{ b bytes.Buffer }

// wordsLimit is how many bytes are kept.
const wordsLimit = 16 << 10

func (w *words) Write(p []byte) (int, error) {
	if room := wordsLimit - w.b.Len(); room > 0 {
		w.b.Write(p[:min(len(p), room)])
	}
	return len(p), nil
}

// lines is what was said: no control characters, no credentials, not too long.
func (w *words) lines() []string {
	if w == nil {
		return nil
	}
	return said(w.b.String())
}

// said makes what somebody else wrote fit to be shown.
func said(text string) []string { return wire.Said(text) }

// quoted is some sentences and what was said, each line on its own and as it is.
// The last sentence announces it: "It says:". It is left out where nothing was
// said.
func quoted(sentences string, lines []string) string {
	if len(lines) > 0 {
		return sentences + "\n  " + strings.Join(lines, "\n  ")
	}
	before, _, ok := cutLast(sentences, ". ")
	if !ok {
		return ""
	}
	return before + "."
}
