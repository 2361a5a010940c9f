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
	In        io.Reader
	Out       io.Writer
	Err       io.Writer
	OutTTY    bool       // Out is a terminal
	ErrTTY    bool       // Err is a terminal
	OutWidth  func() int // in columns
	ErrWidth  func() int
	OutHeight func() int // in lines
	LookupEnv func(string) (string, bool)
}

// System returns the streams of this process.
func System() *Streams {
	size := func(f *os.File) (width, height int) {
		width, height, err := term.GetSize(int(f.Fd()))
		if err != nil || width <= 0 || height <= 0 {
			return 80, 24
		}
		return width, height
	}
	return &Streams{
		In:        os.Stdin,
		Out:       os.Stdout,
		Err:       os.Stderr,
		OutTTY:    term.IsTerminal(int(os.Stdout.Fd())),
		ErrTTY:    term.IsTerminal(int(os.Stderr.Fd())),
		OutWidth:  func() int { width, _ := size(os.Stdout); return width },
		ErrWidth:  func() int { width, _ := size(os.Stderr); return width },
		OutHeight: func() int { _, height := size(os.Stdout); return height },
		LookupEnv: os.LookupEnv,
	}
}

// Env is a variable of the environment; empty where there is none.
func (s *Streams) Env(name string) string {
	value, _ := s.LookupEnv(name)
	return value
}

// dumb tells whether the terminal knows nothing but lines of text.
func (s *Streams) dumb() bool { return s.Env("TERM") == "dumb" }

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
	return Style{Colour: tty && !forbidden && s.Env("NO_COLOR") == "" && !s.dumb()}
}

// OutText is the width in columns to wrap text at that goes to Out: the
// terminal's, within what is good to read, and 80 in a pipe.
func (s *Streams) OutText() int { return readable(s.OutTTY, s.OutWidth) }

// ErrText is OutText for Err.
func (s *Streams) ErrText() int { return readable(s.ErrTTY, s.ErrWidth) }

func readable(tty bool, width func() int) int {
	if !tty {
		return 80
	}
	return min(max(width(), 40), 100)
}
