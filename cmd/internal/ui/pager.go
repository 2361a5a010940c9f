package ui

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"strings"
)

// Page writes a long result to Out: on a terminal that is lower than the text
// through the program that PAGER names, else less, as other tools do. There is
// none where PAGER is empty or cat, nor where there is no such program.
func (s *Streams) Page(text []byte) error {
	pager, set := s.LookupEnv("PAGER")
	if _, err := exec.LookPath("less"); !set && err == nil {
		pager = "less"
	}
	pager = strings.TrimSpace(pager)
	if !s.OutTTY || pager == "" || pager == "cat" || s.dumb() || bytes.Count(text, []byte("\n")) < s.OutHeight() {
		_, err := s.Out.Write(text)
		return err
	}
	// Ctrl-C is the pager's own while it is open, as often as it is pressed: who
	// goes first leaves the other one with the terminal.
	ours := make(chan os.Signal, 1)
	signal.Notify(ours, os.Interrupt)
	defer signal.Stop(ours)
	cmd := exec.Command("sh", "-c", pager) // a shell, for PAGER may have arguments
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(text), s.Out, s.Err
	cmd.Env = os.Environ()
	if _, set := s.LookupEnv("LESS"); !set {
		cmd.Env = append(cmd.Env, "LESS=FRX") // leave what fits on the screen, let colours through
	}
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &exit) && exit.ExitCode() != 126 && exit.ExitCode() != 127:
		return nil // left before the end
	}
	_, err = s.Out.Write(text) // no shell, or no such program
	return err
}
