// Package ui is where a command meets a person or a pipe: the three streams,
// colour, and the progress line. It knows nothing of what it shows.
package ui

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Streams are a command's standard input, output and error. Out carries results
// only; everything else goes to Err.
type Streams struct {
	In     io.Reader
	Out    io.Writer
	Err    io.Writer
	OutTTY bool // Out is a terminal
	ErrTTY bool // Err is a terminal
	Width  func() int
	Height func() int
	Env    func(string) string
}

// System returns the streams of this process.
func System() *Streams {
	return &Streams{
		In:     os.Stdin,
		Out:    os.Stdout,
		Err:    os.Stderr,
		OutTTY: term.IsTerminal(int(os.Stdout.Fd())),
		ErrTTY: term.IsTerminal(int(os.Stderr.Fd())),
		Width: func() int {
			width, _, err := term.GetSize(int(os.Stderr.Fd()))
			if err != nil || width <= 0 {
				return 80
			}
			return width
		},
		Height: func() int {
			_, height, err := term.GetSize(int(os.Stdout.Fd()))
			if err != nil || height <= 0 {
				return 24
			}
			return height
		},
		Env: os.Getenv,
	}
}

// Style paints text, or leaves it alone.
type Style struct{ Colour bool }

// The roles that text can have. One place decides which colour a role is.
func (s Style) Bold(text string) string    { return s.paint("1", text) }
func (s Style) Faint(text string) string   { return s.paint("2", text) }
func (s Style) Created(text string) string { return s.paint("32", text) }
func (s Style) Changed(text string) string { return s.paint("33", text) }
func (s Style) Removed(text string) string { return s.paint("31", text) }

func (s Style) paint(code, text string) string {
	if !s.Colour || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// StyleOf decides on colour for a stream: a terminal, no NO_COLOR, no dumb
// terminal, and not forbidden by a flag. See https://no-color.org.
func (s *Streams) StyleOf(tty, forbidden bool) Style {
	return Style{Colour: tty && !forbidden && s.Env("NO_COLOR") == "" && s.Env("TERM") != "dumb"}
}

// TextWidth is the width in columns to wrap text at: the terminal's, within
// what is good to read, and 80 in a pipe.
func (s *Streams) TextWidth() int {
	if !s.ErrTTY {
		return 80
	}
	return min(max(s.Width(), 40), 100)
}
