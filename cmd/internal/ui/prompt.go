package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// CanAsk tells whether somebody sits there who could answer. Questions go to Err.
func (s *Streams) CanAsk() bool {
	in, ok := s.In.(*os.File)
	return ok && term.IsTerminal(int(in.Fd()))
}

// Ask reads one line from a person.
func (s *Streams) Ask(question string) (string, error) {
	fmt.Fprint(s.Err, question)
	var line strings.Builder
	one := make([]byte, 1) // no more than the line: what follows is the answer to the next question
	for {
		n, err := s.In.Read(one)
		switch {
		case n == 1 && one[0] == '\n':
			return strings.TrimSpace(line.String()), nil
		case n == 1:
			line.WriteByte(one[0])
		case errors.Is(err, io.EOF):
			return strings.TrimSpace(line.String()), nil
		case err != nil:
			return "", fmt.Errorf("read from the terminal: %w", err)
		}
	}
}

// AskSecret reads one line without showing it. Only for a terminal (CanAsk).
// A read from a terminal cannot be called off: where ctx ends, the terminal is
// put right and the process with it.
func (s *Streams) AskSecret(ctx context.Context, question string) (string, error) {
	fd := int(s.In.(*os.File).Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("read from the terminal: %w", err)
	}
	stop := context.AfterFunc(ctx, func() {
		_ = term.Restore(fd, before)
		fmt.Fprintln(s.Err)
		os.Exit(130) // as everywhere after Ctrl-C
	})
	defer stop()
	fmt.Fprint(s.Err, question)
	secret, err := term.ReadPassword(fd)
	fmt.Fprintln(s.Err)
	if err != nil {
		return "", fmt.Errorf("read from the terminal: %w", err)
	}
	return string(secret), nil
}
