package ui

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Progress shows one line that is redrawn in place: how many are done, and what
// is in flight. It is for terminals only; a nil *Progress shows nothing.
type Progress struct {
	w     io.Writer
	width func() int

	mu     sync.Mutex
	total  int
	done   int
	flight []string
	drawn  time.Time
}

// redrawEvery keeps a fast run from spending its time on the terminal.
const redrawEvery = 50 * time.Millisecond

// NewProgress returns a progress line on Err, or nil where Err is no terminal
// that can redraw it, or the run is to be quiet.
func NewProgress(s *Streams, quiet bool) *Progress {
	if quiet || !s.ErrTTY || s.dumb() {
		return nil
	}
	return &Progress{w: s.Err, width: s.ErrWidth}
}

// Total sets how many pieces of work there are.
func (p *Progress) Total(n int) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total = n
}

// Started says that a piece of work is in flight.
func (p *Progress) Started(name string) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flight = append(p.flight, name)
	p.draw()
}

// Done says that a piece of work has ended.
func (p *Progress) Done(name string) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, running := range p.flight {
		if running == name {
			p.flight = append(p.flight[:i], p.flight[i+1:]...)
			break
		}
	}
	p.done++
	p.draw()
}

// Close wipes the line.
func (p *Progress) Close() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.drawn.IsZero() {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

func (p *Progress) draw() {
	now := time.Now()
	if now.Sub(p.drawn) < redrawEvery {
		return
	}
	p.drawn = now
	line := fmt.Sprintf("%d/%d  %s", p.done, p.total, strings.Join(p.flight, ", "))
	if width := p.width() - 1; len([]rune(line)) > width && width > 1 {
		line = string([]rune(line)[:width-1]) + "…"
	}
	fmt.Fprint(p.w, "\r\x1b[K"+line)
}
