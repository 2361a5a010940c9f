package signing

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/weir-dev/weir/schema/diag"
)

// signingKeyVariable names a key to sign with where no flag does.
const signingKeyVariable = "WEIR_SIGNING_KEY"

// program is one that Git runs to sign, with the key it is given.
type program struct {
	format string // openpgp or ssh
	name   string
	key    string
	dir    string // what a relative key file of the configuration is relative to
	env    func(string) string
}

// signer finds the program and the key that Git would sign with; nil where
// nobody wants a signature. Keys stay with the programs: with their agents and
// their hardware.
func (c *Committer) signer(ctx context.Context, dir string, config settings, committer Identity) (Signer, error) {
	if c.NoSign {
		return nil, nil
	}
	p := program{format: cmp.Or(config.last("gpg.format"), "openpgp"), env: c.Env}
	if p.key = cmp.Or(c.SigningKey, c.Env(signingKeyVariable)); p.key == "" {
		if asked, err := config.on("commit.gpgsign"); err != nil || !asked {
			return nil, err
		}
		p.key, p.dir = config.last("user.signingkey"), dir
	} else if looksLikeSSH(p.key) {
		p.format = "ssh" // whatever Git signs with elsewhere
	}
	switch p.format {
	case "openpgp":
		p.name = cmp.Or(config.last("gpg.program", "gpg.openpgp.program"), "gpg")
		p.key = cmp.Or(p.key, plain(committer.Name)+" <"+plain(committer.Email)+">")
	case "ssh":
		p.name = cmp.Or(config.last("gpg.ssh.program"), "ssh-keygen")
		if p.key == "" {
			var err error
			if p.key, err = defaultSSHKey(ctx, config.last("gpg.ssh.defaultkeycommand")); err != nil {
				return nil, err
			}
		}
	case "x509":
		return nil, diag.Refuse(diag.Diagnostic{
			Summary: "Weir does not sign with X.509 certificates",
			Detail:  "gpg.format is x509 in your Git configuration, and commits are to be signed.",
			Remedy:  "Sign with an SSH or OpenPGP key: set gpg.format for the state repository, or name a key with --signing-key or " + signingKeyVariable + ". --no-sign commits without a signature.",
		})
	default:
		return nil, diag.Refuse(diag.Diagnostic{
			Summary: fmt.Sprintf("gpg.format %q of your Git configuration is not known", p.format),
			Detail:  "Commits are to be signed, and this says how.",
			Remedy:  "Set it to ssh or openpgp.",
		})
	}
	p.name = expandHome(p.name, c.Env)
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		c.signing.Lock()
		defer c.signing.Unlock()
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if p.format == "ssh" {
			return p.signSSH(ctx, payload)
		}
		return p.signPGP(ctx, payload)
	}, nil
}

// looksLikeSSH tells a key or a key file from a key id of GnuPG.
func looksLikeSSH(key string) bool {
	_, literal := literalKey(key)
	return literal || strings.ContainsAny(key, `/\`)
}

// literalKey returns the public key that a user.signingkey spells out.
func literalKey(key string) (string, bool) {
	if literal, ok := strings.CutPrefix(key, "key::"); ok {
		return literal, true
	}
	return key, strings.HasPrefix(key, "ssh-")
}

func expandHome(path string, env func(string) string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok && env("HOME") != "" {
		return filepath.Join(env("HOME"), rest)
	}
	return path
}

// defaultSSHKey runs gpg.ssh.defaultKeyCommand: the first line of what it prints
// is the key.
func defaultSSHKey(ctx context.Context, command string) (string, error) {
	words, err := splitCommand(command)
	if err != nil {
		return "", diag.Refuse(diag.Diagnostic{
			Summary: "gpg.ssh.defaultKeyCommand of your Git configuration cannot be run",
			Detail:  diag.Sentence(err.Error()),
			Remedy:  "Correct it, or set user.signingKey.",
		})
	}
	if len(words) == 0 {
		return "", diag.Refuse(diag.Diagnostic{
			Summary: "commits are to be signed, but no SSH key is named",
			Detail:  "commit.gpgSign is true and gpg.format is ssh, and there is neither a user.signingKey nor a gpg.ssh.defaultKeyCommand.",
			Remedy:  "Set user.signingKey to a key file or to `key::` and a public key, or name a key with --signing-key or " + signingKeyVariable + ". --no-sign commits without a signature.",
		})
	}
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.WaitDelay = patience
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err == nil {
		line := firstLine(string(out))
		if _, literal := literalKey(line); literal {
			return line, nil
		}
		err = errors.New("it printed no key")
	}
	return "", diag.Refuse(diag.Diagnostic{
		Summary: "gpg.ssh.defaultKeyCommand names no key to sign with",
		Detail:  fmt.Sprintf("`%s`: %s.", command, strings.TrimSuffix(firstLine(complaint.String(), err.Error()), ".")),
		Remedy:  "It has to print `key::` and a public key on its first line, as `ssh-add -L` does without the prefix: load a key into the agent, or set user.signingKey.",
	})
}

// splitCommand splits a command line at spaces as Git does: with quotes and
// backslashes, without a shell.
func splitCommand(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord, quote := false, rune(0)
	escaped := false
	for _, c := range line {
		switch {
		case escaped:
			word.WriteRune(c)
			escaped = false
		case c == '\\' && quote != '\'':
			escaped, inWord = true, true
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(c)
		case c == '\'' || c == '"':
			quote, inWord = c, true
		case c == ' ' || c == '\t' || c == '\n':
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteRune(c)
			inWord = true
		}
	}
	if quote != 0 || escaped {
		return nil, errors.New("a quote is not closed")
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}

// patience is how long a program that was stopped may keep its output open.
const patience = 2 * time.Second

// run runs the program. Its own words come back with the error, for the user.
func (p program) run(ctx context.Context, input []byte, args ...string) (out []byte, complaint string, err error) {
	cmd := exec.CommandContext(ctx, p.name, args...)
	cmd.Stdin = bytes.NewReader(input)
	cmd.WaitDelay = patience
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // it ended well; an agent that it started holds its streams
	}
	return stdout.Bytes(), stderr.String(), err
}

// answerOf is what a program said of its failure, without the status lines of
// GnuPG.
func answerOf(complaint string, err error) string {
	var said []string
	for line := range strings.Lines(complaint) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "[GNUPG:]") && !slices.Contains(said, line) && len(said) < 4 {
			said = append(said, line)
		}
	}
	if len(said) == 0 {
		said = append(said, err.Error())
	}
	return "It says:\n  " + strings.Join(said, "\n  ")
}

func (p program) refuse(detail, remedy string) error {
	return diag.Refuse(diag.Diagnostic{
		Summary: fmt.Sprintf("%s cannot sign the commit", filepath.Base(p.name)),
		Detail:  detail + "\nNothing was committed.",
		Remedy:  remedy + " --no-sign commits without a signature.",
	})
}

// advice is what helps where a program's words have one of some texts in them.
type advice struct {
	texts  []string
	remedy string
}

// failed makes an answer for a person of a program that failed: by its words,
// the first advice that fits.
func (p program) failed(ctx context.Context, complaint string, err error, missing, otherwise string, known []advice) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
		return p.refuse(fmt.Sprintf("There is no program %s.", p.name), missing)
	}
	said := answerOf(complaint, err)
	for _, a := range known {
		if slices.ContainsFunc(a.texts, func(text string) bool { return strings.Contains(complaint, text) }) {
			return p.refuse(said, a.remedy)
		}
	}
	return p.refuse(said, otherwise)
}
