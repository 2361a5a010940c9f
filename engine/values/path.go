package values

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Path is a place in a tree. Its written form is that of HCL and Helm: keys
// joined with dots, items in brackets, and `["…"]` around a key that holds
// anything but letters, digits, `_`, `-` and `/`: `hosts[0].tls`,
// `nodeSelector["kubernetes.io/os"]`.
type Path []Step

// Step is one step of a path: a key of a map, or an item of a list.
type Step struct {
	Key   string
	Index int // isKey for a key
}

const isKey = -1

// IsKey tells a key from an item.
func (s Step) IsKey() bool { return s.Index == isKey }

// Key is the path one key deeper.
func (p Path) Key(key string) Path {
	return append(slices.Clip(p), Step{Key: key, Index: isKey})
}

// Item is the path one list item deeper.
func (p Path) Item(index int) Path {
	return append(slices.Clip(p), Step{Index: index})
}

// String writes the path so that ParsePath reads it again.
func (p Path) String() string {
	var b strings.Builder
	for i, s := range p {
		switch {
		case !s.IsKey():
			b.WriteString("[" + strconv.Itoa(s.Index) + "]")
		case !simple(s.Key):
			b.WriteString("[" + strconv.Quote(s.Key) + "]")
		default:
			if i > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s.Key)
		}
	}
	return b.String()
}

// MarshalText writes the path as String does.
func (p Path) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads the path as ParsePath does.
func (p *Path) UnmarshalText(text []byte) (err error) {
	*p, err = ParsePath(string(text))
	return err
}

func simple(key string) bool {
	for _, r := range key {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '-' && r != '/' {
			return false
		}
	}
	return key != ""
}

// ParsePath reads a path. Beside the written form of Path it takes what people
// know from `helm --set` and from YAML tools: a dot in a key behind a backslash
// (`a.b\.c`), a key in double quotes (`a."b.c"`), and a leading dot.
func ParsePath(text string) (Path, error) {
	bad := func(format string, args ...any) (Path, error) {
		return nil, fmt.Errorf("path %q: %s", text, fmt.Sprintf(format, args...))
	}
	var p Path
	rest := strings.TrimPrefix(text, ".")
	for first := true; rest != ""; first = false {
		dotted := strings.HasPrefix(rest, ".")
		if dotted {
			rest = rest[1:]
		}
		switch {
		case strings.HasPrefix(rest, "[") && !dotted:
			inside := rest[1:]
			if strings.HasPrefix(inside, `"`) {
				key, after, err := unquote(inside)
				if err != nil || !strings.HasPrefix(after, "]") {
					return bad(`a quote or a bracket is not closed`)
				}
				p, rest = p.Key(key), after[1:]
				continue
			}
			number, after, found := strings.Cut(inside, "]")
			index, err := strconv.Atoi(number)
			if !found || err != nil || index < 0 {
				return bad(`brackets take the number of an item or a key in quotes`)
			}
			p, rest = p.Item(index), after
		case !first && !dotted:
			return bad("a dot or a bracket is missing before %q", rest)
		case strings.HasPrefix(rest, `"`):
			key, after, err := unquote(rest)
			if err != nil {
				return bad(`a quote is not closed`)
			}
			p, rest = p.Key(key), after
		default:
			key, n := "", 0
			for n < len(rest) && rest[n] != '.' && rest[n] != '[' {
				if rest[n] == '\\' && n+1 < len(rest) {
					n++
				}
				key += rest[n : n+1]
				n++
			}
			if key == "" {
				return bad("a key is missing")
			}
			p, rest = p.Key(key), rest[n:]
		}
	}
	return p, nil
}

func unquote(text string) (key, rest string, err error) {
	quoted, err := strconv.QuotedPrefix(text)
	if err != nil {
		return "", "", err
	}
	key, err = strconv.Unquote(quoted)
	return key, text[len(quoted):], err
}
