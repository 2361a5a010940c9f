package wire

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// NetrcFile reads the file that curl and git read: NETRC names it, else it is in
// the home directory. Empty where there is none.
func NetrcFile(env func(string) string, home string) (path, text string, err error) {
	files := []string{env("NETRC")}
	if files[0] == "" {
		if home == "" {
			return "", "", nil
		}
		files = []string{filepath.Join(home, ".netrc"), filepath.Join(home, "_netrc")}
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if !errors.Is(err, fs.ErrNotExist) {
			return path, string(data), err
		}
	}
	return "", "", nil
}

// Entry is what a netrc file says of a host.
type Entry struct {
	User, Password string
	Default        bool // it is for all hosts that have no entry of their own
}

// Netrc is the first entry of a host with the wanted user, or with any where
// none is wanted. A default entry ends the file.
func Netrc(text, host, want string) (Entry, bool) {
	var user, password string
	here, all := false, false
	entry := func() bool { return here && (want == "" || user == want || user == "") && password != "" }
	words := netrcWords(text)
	next := func() (word string) {
		if len(words) > 0 {
			word, words = words[0], words[1:]
		}
		return word
	}
	for len(words) > 0 {
		switch next() {
		case "machine":
			if entry() {
				words = nil
				break
			}
			here, user, password = strings.EqualFold(next(), host), "", ""
		case "default":
			if entry() {
				words = nil
				break
			}
			here, all, user, password = true, true, "", ""
		case "login":
			user = next()
		case "password":
			password = next()
		case "account":
			next()
		}
	}
	if !entry() {
		return Entry{}, false
	}
	if user == "" {
		user = want
	}
	return Entry{user, password, all}, true
}

// netrcWords are the words of a netrc file. Words with spaces are in double
// quotes, comments run to the end of a line, and a macro to an empty line.
func netrcWords(text string) []string {
	var words []string
	macro := false
	for line := range strings.Lines(text) {
		rest := strings.TrimSpace(line)
		if macro {
			macro = rest != ""
			continue
		}
		for rest != "" && rest[0] != '#' {
			var word string
			if rest[0] == '"' {
				word, rest = quotedWord(rest[1:])
			} else {
				end := strings.IndexAny(rest, " \t")
				if end < 0 {
					end = len(rest)
				}
				word, rest = rest[:end], rest[end:]
			}
			if word == "macdef" {
				macro = true
				break
			}
			words = append(words, word)
			rest = strings.TrimLeft(rest, " \t")
		}
	}
	return words
}

// quotedWord reads up to the closing quote; a backslash keeps what follows.
func quotedWord(s string) (word, rest string) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:]
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), ""
}
