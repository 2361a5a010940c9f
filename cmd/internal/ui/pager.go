package ui

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
)

// Page writes a long result to Out: on a terminal that is lower than the text
// through the program that PAGER names, else less, as other tools do. With cat
// there is none, nor where there is no such program.
func (s *Streams) Page(text []byte) error {
	pager := strings.TrimSpace(s.Env("PAGER"))
	if _, err := exec.LookPath("less"); pager == "" && err == nil {
		pager = "less"
	}
	if !s.OutTTY || pager == "" || pager == "cat" || s.Env("TERM") == "dumb" || bytes.Count(text, []byte("\n")) < s.Height() {
		_, err := s.Out.Write(text)
		return err
	}
	// A shell, for PAGER may have arguments. It is not ended with the run: Ctrl-C
	// is the pager's own while it is open.
	cmd := exec.Command("sh", "-c", pager)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(text), s.Out, s.Err
	cmd.Env = os.Environ()
	if s.Env("LESS") == "" {
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
