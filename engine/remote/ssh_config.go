package remote

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// sshSettings is what OpenSSH's configuration says about one host: the first
// value of a keyword counts, and every IdentityFile. It is read here, and not by
// the library that go-git brings, because that one gives a whole file up where a
// Match block asks for something it cannot answer.
type sshSettings struct {
	host, user string // as in the address, what Host and Match look at
	home       string
	values     map[string][]string
	skipped    []string // places of conditions that only ssh can decide
}

// loadSSHSettings reads ~/.ssh/config and the machine's file after it.
func loadSSHSettings(home, host, user string) (*sshSettings, error) {
	s := &sshSettings{host: host, user: user, home: home, values: map[string][]string{}}
	user = filepath.Join(home, ".ssh")
	for _, dir := range []string{user, "/etc/ssh"} {
		name := "config"
		if dir != user {
			name = "ssh_config"
		}
		if err := s.read(filepath.Join(dir, name), dir, true, 0); err != nil {
			return nil, fmt.Errorf("read the configuration of ssh: %w", err)
		}
	}
	return s, nil
}

func (s *sshSettings) read(path, dir string, active bool, depth int) error {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	outer := active
	for i, line := range strings.Split(string(data), "\n") {
		keyword, args := sshLine(line)
		switch keyword {
		case "":
		case "host":
			active = outer && matchSSH(args, s.host)
		case "match":
			met, known := s.match(args)
			if outer && !known {
				s.skipped = append(s.skipped, fmt.Sprintf("line %d of %s", i+1, tilde(path, s.home)))
			}
			active = outer && known && met
		case "include":
			if depth == 16 { // as in OpenSSH
				return fmt.Errorf("%s: files include each other", path)
			}
			for _, pattern := range args {
				if err := s.include(pattern, dir, active, depth+1); err != nil {
					return err
				}
			}
		default:
			if active && (keyword == "identityfile" || s.values[keyword] == nil) {
				s.values[keyword] = append(s.values[keyword], args...)
			}
		}
	}
	return nil
}

func (s *sshSettings) include(pattern, dir string, active bool, depth int) error {
	pattern = untilde(pattern, s.home)
	if !filepath.IsAbs(pattern) {
		pattern = filepath.Join(dir, pattern)
	}
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := s.read(path, dir, active, depth); err != nil {
			return err
		}
	}
	return nil
}

// match decides a Match line as far as it asks for names. A condition that runs
// a program or looks at the network is not known.
func (s *sshSettings) match(args []string) (met, known bool) {
	if len(args) == 1 && strings.EqualFold(args[0], "all") {
		return true, true
	}
	for ; len(args) >= 2; args = args[2:] {
		subject, patterns := "", strings.Split(args[1], ",")
		switch strings.ToLower(args[0]) {
		case "host":
			subject = s.hostName()
		case "originalhost":
			subject = s.host
		case "user":
			if subject = s.userName(); subject == "" {
				return false, false // one's own name, which no address of a forge wants
			}
		default:
			return false, false
		}
		if !matchSSH(patterns, subject) {
			return false, true
		}
	}
	return len(args) == 0, len(args) == 0
}

// sshLine is the keyword of a line in lower case, and its arguments. Both
// `Keyword value` and `Keyword=value` are meant, and "a b" is one argument.
func sshLine(line string) (keyword string, args []string) {
	line = strings.TrimSpace(line)
	if strings.HasPrefix(line, "#") {
		return "", nil
	}
	end := strings.IndexAny(line, " \t=")
	if end < 0 {
		return strings.ToLower(line), nil
	}
	keyword = strings.ToLower(line[:end])
	rest := strings.TrimLeft(line[end:], " \t")
	rest = strings.TrimLeft(strings.TrimPrefix(rest, "="), " \t")
	for rest != "" && rest[0] != '#' {
		var arg string
		if rest[0] == '"' {
			arg, rest, _ = strings.Cut(rest[1:], `"`)
		} else if end := strings.IndexAny(rest, " \t"); end >= 0 {
			arg, rest = rest[:end], rest[end:]
		} else {
			arg, rest = rest, ""
		}
		args = append(args, arg)
		rest = strings.TrimLeft(rest, " \t")
	}
	return keyword, args
}

// matchSSH is OpenSSH's matching of names: * and ?, and a ! that outweighs all
// others. It has no regard to case, for an address has none.
func matchSSH(patterns []string, name string) bool {
	found := false
	for _, p := range patterns {
		not := strings.HasPrefix(p, "!")
		if !wildcard(strings.ToLower(strings.TrimPrefix(p, "!")), strings.ToLower(name)) {
			continue
		}
		if not {
			return false
		}
		found = true
	}
	return found
}

// wildcard goes back to the last star only, so it is never exponential.
func wildcard(pattern, name string) bool {
	p, n, star, mark := 0, 0, -1, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]):
			p++
			n++
		case star >= 0:
			mark++
			p, n = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// get is the value of a keyword, or empty.
func (s *sshSettings) get(keyword string) string {
	if v := s.values[keyword]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// hostName is the host to connect to.
func (s *sshSettings) hostName() string {
	if name := s.get("hostname"); name != "" {
		return strings.NewReplacer("%%", "%", "%h", s.host).Replace(name)
	}
	return s.host
}

func (s *sshSettings) userName() string {
	if s.user != "" {
		return s.user
	}
	return s.get("user")
}

// paths are the files of a keyword with ~ and the usual % filled in. "none" is
// no file.
func (s *sshSettings) paths(keyword string, tokens *strings.Replacer) []string {
	var paths []string
	for _, v := range s.values[keyword] {
		if strings.EqualFold(v, "none") {
			continue
		}
		v = untilde(tokens.Replace(v), s.home)
		if !slices.Contains(paths, v) {
			paths = append(paths, v)
		}
	}
	return paths
}

func untilde(path, home string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(home, rest)
	}
	return path
}

// tilde is a path as people write it.
func tilde(path, home string) string {
	if rest, ok := strings.CutPrefix(path, strings.TrimSuffix(home, "/")+"/"); ok && home != "" {
		return "~/" + rest
	}
	return path
}
