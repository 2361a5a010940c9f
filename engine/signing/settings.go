package signing

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	formatconfig "github.com/go-git/go-git/v5/plumbing/format/config"

	"github.com/weir-dev/weir/schema/diag"
)

// settings is the Git configuration of a user, and of a repository, in the order
// in which Git reads it: of one key the last value counts.
type settings []setting

type setting struct {
	key   string // section.key or section.subsection.key, in Git's canonical case
	value string
	plain bool // a key without "=", which is true for a switch
}

// last returns the last value of any of the keys.
func (s settings) last(keys ...string) string {
	for _, one := range slices.Backward(s) {
		if slices.Contains(keys, one.key) {
			return one.value
		}
	}
	return ""
}

// on tells whether a switch is set; an error where its value is none of Git's.
func (s settings) on(key string) (bool, error) {
	for _, one := range slices.Backward(s) {
		if one.key != key {
			continue
		}
		switch strings.ToLower(one.value) {
		case "true", "yes", "on":
			return true, nil
		case "false", "no", "off":
			return false, nil
		case "":
			return one.plain, nil
		}
		if n, err := strconv.Atoi(one.value); err == nil {
			return n != 0, nil
		}
		return false, diag.Refuse(diag.Diagnostic{
			Summary: fmt.Sprintf("%s of your Git configuration is neither true nor false", key),
			Detail:  fmt.Sprintf("It is %q.", one.value),
			Remedy:  fmt.Sprintf("Correct it: `git config --global %s true`.", key),
		})
	}
	return false, nil
}

// readSettings asks Git for its configuration, in a repository or, where dir is
// empty, outside of any. Only Git itself knows everything that goes into it:
// included files, conditions, GIT_CONFIG_*. Without a Git on this machine the
// files are read here, and what that cannot follow is refused: a setting that is
// overlooked might be the one that asks for signatures.
func readSettings(ctx context.Context, dir string, env func(string) string) (settings, error) {
	git, err := exec.LookPath("git")
	if err != nil {
		return readConfigFiles(dir, env)
	}
	cmd := exec.CommandContext(ctx, git, "config", "--list", "-z", "--show-scope")
	cmd.Env = withoutRepository(os.Environ())
	cmd.Dir = dir
	if dir == "" {
		cmd.Env = append(cmd.Env, "GIT_DIR="+os.DevNull) // there is none to look for
	}
	cmd.Env = append(cmd.Env, "LC_ALL=C")
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == usageError {
		return readConfigFiles(dir, env) // older than --show-scope
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, unreadableConfig(firstLine(complaint.String(), err.Error()))
	}
	s, local := parseSettings(out)
	if dir != "" && !local {
		return nil, diag.Refuse(diag.Diagnostic{
			Summary: "Git does not read the configuration of the state repository",
			Subject: diag.Range{File: dir},
			Detail:  "It belongs to another user, and Git takes no settings from there; they may say who commits and which program signs.",
			Remedy:  fmt.Sprintf("If you trust it: `git config --global --add safe.directory %s`. Else give it to the user that runs Weir.", dir),
		})
	}
	return s, nil
}

// usageError is the exit code of a Git that does not know an option.
const usageError = 129

// withoutRepository takes out of an environment what would lead Git to another
// repository than that of its directory, as in a Git hook.
func withoutRepository(environ []string) []string {
	return slices.DeleteFunc(environ, func(e string) bool {
		name, _, _ := strings.Cut(e, "=")
		switch name {
		case "GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_PREFIX", "GIT_CONFIG", "GIT_OBJECT_DIRECTORY":
			return true
		}
		return false
	})
}

// parseSettings reads `git config --list -z --show-scope`: scope, NUL, key,
// newline, value, NUL. It tells whether any of it is the repository's own.
func parseSettings(out []byte) (s settings, local bool) {
	fields := strings.Split(string(out), "\x00")
	for i := 0; i+1 < len(fields); i += 2 {
		key, value, ok := strings.Cut(fields[i+1], "\n")
		s = append(s, setting{key, value, !ok})
		local = local || fields[i] == "local"
	}
	return s, local
}

func unreadableConfig(why string) error {
	return diag.Refuse(diag.Diagnostic{
		Summary: "your Git configuration cannot be read",
		Detail:  diag.Sentence(why),
		Remedy:  "Correct it until `git config --list` reads it: the commit's author comes from there.",
	})
}

// readConfigFiles reads the files of a configuration as Git does, for a machine
// without Git. It refuses includes, which it does not follow.
func readConfigFiles(dir string, env func(string) string) (settings, error) {
	var files []string
	if off := env("GIT_CONFIG_NOSYSTEM"); off == "" || off == "0" || off == "false" {
		files = append(files, cmp.Or(env("GIT_CONFIG_SYSTEM"), "/etc/gitconfig"))
	}
	if global := env("GIT_CONFIG_GLOBAL"); global != "" {
		files = append(files, global)
	} else if home := env("HOME"); home != "" {
		files = append(files, filepath.Join(cmp.Or(env("XDG_CONFIG_HOME"), filepath.Join(home, ".config")), "git", "config"), filepath.Join(home, ".gitconfig"))
	}
	if dir != "" {
		files = append(files, filepath.Join(dir, ".git", "config"))
	}
	var all settings
	for _, file := range files {
		s, err := readConfigFile(file)
		if err != nil {
			return nil, err
		}
		all = append(all, s...)
	}
	count, _ := strconv.Atoi(env("GIT_CONFIG_COUNT"))
	for i := range count {
		n := strconv.Itoa(i)
		all = append(all, setting{key: canonicalKey(env("GIT_CONFIG_KEY_" + n)), value: env("GIT_CONFIG_VALUE_" + n)})
	}
	return all, nil
}

func readConfigFile(file string) (settings, error) {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, unreadableConfig(err.Error())
	}
	c := formatconfig.New()
	if err := formatconfig.NewDecoder(bytes.NewReader(data)).Decode(c); err != nil {
		return nil, unreadableConfig(file + ": " + err.Error())
	}
	var s settings
	for _, section := range c.Sections {
		name := strings.ToLower(section.Name)
		if name == "include" || name == "includeif" {
			return nil, diag.Refuse(diag.Diagnostic{
				Summary: "your Git configuration includes other files, which only Git can follow",
				Subject: diag.Range{File: file},
				Detail:  "Who commits, and whether commits are signed, may be said in an included file. There is no git on PATH, or one older than 2.26.",
				Remedy:  "Install a newer git, or take the include out.",
			})
		}
		// The decoder cannot tell `key` from `key =`; for a switch the first is
		// the usual one, and the safe one to take it for.
		for _, o := range section.Options {
			s = append(s, setting{name + "." + strings.ToLower(o.Key), o.Value, o.Value == ""})
		}
		for _, sub := range section.Subsections {
			for _, o := range sub.Options {
				s = append(s, setting{name + "." + sub.Name + "." + strings.ToLower(o.Key), o.Value, o.Value == ""})
			}
		}
	}
	return s, nil
}

// canonicalKey lower-cases section and key, not what is between them.
func canonicalKey(key string) string {
	from, to := strings.IndexByte(key, '.'), strings.LastIndexByte(key, '.')
	if from < 0 {
		return strings.ToLower(key)
	}
	return strings.ToLower(key[:from]) + key[from:to] + strings.ToLower(key[to:])
}

// firstLine is the first line that says something.
func firstLine(texts ...string) string {
	for _, text := range texts {
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "" {
				return line
			}
		}
	}
	return ""
}
