package remote

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"time"
)

// helper is `git credential`, which asks the helpers and askpass programs that
// a user configured.
type helper struct {
	git, dir string
	about    []string // what it said, to say it back: gitcredentials(7)
}

// askHelper returns nil where there is no Git, or nobody that it asks knows.
func (r *Remote) askHelper(ctx context.Context, of account) (*credentials, error) {
	git, err := exec.LookPath("git")
	if err != nil {
		return nil, nil
	}
	h := &helper{git: git, dir: r.workDir()}
	question := []string{"protocol=" + of.scheme, "host=" + of.host}
	if of.path != "" {
		question = append(question, "path="+of.path)
	}
	if of.user != "" {
		question = append(question, "username="+of.user)
	}
	for _, line := range question {
		if strings.ContainsAny(line, "\n\r\x00") {
			return nil, errNewline
		}
	}
	answer, err := h.run(ctx, "fill", question)
	if err != nil {
		return nil, ctx.Err() // it has no answer: nobody knows, and asking on a terminal is off
	}
	found := &credentials{source: "Git's credential helper", helper: h}
	for line := range strings.Lines(string(answer)) {
		line = strings.TrimRight(line, "\r\n")
		switch name, value, _ := strings.Cut(line, "="); name {
		case "username":
			found.user = value
		case "password":
			found.password = value
		case "":
			continue
		}
		h.about = append(h.about, line)
	}
	if found.user == "" && found.password == "" {
		return nil, nil
	}
	return found, nil
}

// tell says what became of the credentials. Nothing depends on whether it is
// heard.
func (h *helper) tell(ctx context.Context, what string) {
	h.run(ctx, what, h.about)
}

func (h *helper) run(ctx context.Context, what string, lines []string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, h.git, "credential", what)
	cmd.Dir = h.dir
	cmd.Env = append(os.Environ(), "GIT_TERMINAL_PROMPT=0")
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n\n")
	var out bytes.Buffer
	cmd.Stdout = &out
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	return out.Bytes(), err
}

// workDir is where Git reads the configuration of the project's repository.
func (r *Remote) workDir() string {
	if info, err := os.Stat(r.dir); err == nil && info.IsDir() {
		return r.dir
	}
	return ""
}
