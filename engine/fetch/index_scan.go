package fetch

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"sigs.k8s.io/yaml"
)

// section is where the versions of a chart are in the text of an index.
type section struct{ from, to int64 }

// scanError is a text that is no index.
type scanError struct{ error }

func notIndex(format string, args ...any) error { return &scanError{fmt.Errorf(format, args...)} }

// scan finds the charts of an index by its indentation, without reading what is
// said of them: a line that is indented as the first name below `entries:` is a
// name, whatever it says, unless it begins an item of a list. It reads all of r.
//
// JSON is an index, too.
func scan(r io.Reader) (map[string]section, error) {
	in := bufio.NewReaderSize(r, 256<<10)
	head, _ := in.Peek(512)
	if isHTML(head) {
		_, _ = io.Copy(io.Discard, in)
		return nil, &scanError{errPage}
	}
	if text := bytes.TrimLeft(head, "\ufeff \t\r\n"); len(text) > 0 && text[0] == '{' {
		return scanJSON(in)
	}
	s := &scanner{sections: map[string]section{}, indent: -1}
	for {
		line, err := in.ReadSlice('\n')
		at := s.at
		s.at += int64(len(line))
		whole := !s.inside
		s.inside = errors.Is(err, bufio.ErrBufferFull)
		if whole && len(line) > 0 {
			if bad := s.line(line, at); bad != nil {
				_, _ = io.Copy(io.Discard, in)
				return nil, bad
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil && !s.inside {
			return nil, err
		}
	}
	s.end(s.at)
	if !s.found {
		return nil, notIndex("it has no `entries:`")
	}
	return s.sections, nil
}

type scanner struct {
	sections map[string]section
	at       int64
	inside   bool // of a line that is longer than the buffer
	found    bool // `entries:` was there
	within   bool // below it
	indent   int  // of the names; -1 before the first
	name     string
	from     int64
}

func (s *scanner) line(line []byte, at int64) error {
	text := bytes.TrimRight(line, "\r\n \t")
	bare := bytes.TrimLeft(text, " ")
	if at == 0 {
		bare = bytes.TrimPrefix(bare, bom)
		text = bytes.TrimPrefix(text, bom)
	}
	indent := len(text) - len(bare)
	switch {
	case len(bare) == 0, bare[0] == '#' && indent <= max(s.indent, 0):
		return nil
	case indent == 0 && !isItem(bare):
		s.end(at)
		s.within = false
		key, rest, ok := cutKey(bare)
		if ok && key == "entries" {
			s.found, s.within = true, true
			if rest != "" && rest != "{}" && !strings.HasPrefix(rest, "#") {
				return notIndex("its `entries:` are not one chart a line")
			}
		}
		return nil
	case !s.within:
		return nil
	case s.indent < 0:
		s.indent = indent
	}
	if indent != s.indent || isItem(bare) {
		if indent < s.indent {
			return notIndex("the names of its charts are not indented alike")
		}
		return nil
	}
	key, _, ok := cutKey(bare)
	if !ok {
		return notIndex("%q is not the name of a chart", cut(string(bare)))
	}
	s.end(at)
	s.name, s.from = key, at
	return nil
}

// isItem tells a line that begins an item of a list.
func isItem(bare []byte) bool {
	return bare[0] == '-' && (len(bare) == 1 || bare[1] == ' ' || bare[1] == '\r')
}

func cut(text string) string {
	if runes := []rune(text); len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	return text
}

func (s *scanner) end(at int64) {
	if s.name != "" {
		s.sections[s.name] = section{s.from, at}
		s.name = ""
	}
}

// cutKey cuts `key: rest`; the key may be quoted.
func cutKey(text []byte) (key, rest string, ok bool) {
	t := string(text)
	if t != "" && (t[0] == '"' || t[0] == '\'') {
		end := strings.IndexByte(t[1:], t[0])
		if end < 0 {
			return "", "", false
		}
		key, rest = t[1:1+end], t[2+end:]
		rest, ok = strings.CutPrefix(rest, ":")
		return key, strings.TrimSpace(rest), ok
	}
	if key, rest, ok = strings.Cut(t, ": "); ok {
		return key, strings.TrimSpace(rest), true
	}
	key, ok = strings.CutSuffix(t, ":")
	return key, "", ok
}

// scanJSON is scan for JSON.
func scanJSON(in *bufio.Reader) (map[string]section, error) {
	d := json.NewDecoder(in)
	sections := map[string]section{}
	found := false
	bad := func(err error) (map[string]section, error) {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			_, _ = io.Copy(io.Discard, in)
			return nil, notIndex("%w", err)
		}
		return nil, err
	}
	if _, err := d.Token(); err != nil {
		return bad(err)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return bad(err)
		}
		var skipped json.RawMessage
		if key != "entries" {
			if err := d.Decode(&skipped); err != nil {
				return bad(err)
			}
			continue
		}
		found = true
		if open, err := d.Token(); err != nil {
			return bad(err)
		} else if open != json.Delim('{') {
			return nil, notIndex("its entries are no object")
		}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return bad(err)
			}
			from := d.InputOffset()
			if err := d.Decode(&skipped); err != nil {
				return bad(err)
			}
			text, _ := name.(string)
			sections[text] = section{from, d.InputOffset()}
		}
		if _, err := d.Token(); err != nil {
			return bad(err)
		}
	}
	if _, err := d.Token(); err != nil {
		return bad(err)
	}
	_, err := io.Copy(io.Discard, io.MultiReader(d.Buffered(), in))
	if err == nil && !found {
		return nil, notIndex("it has no entries")
	}
	return sections, err
}

// version is one version of a chart in an index.
type version struct {
	Version string   `json:"version"`
	Digest  string   `json:"digest"`
	URLs    []string `json:"urls"`
}

// sha256 is the digest of the archive; empty where the index gives none.
func (v version) sha256() (string, error) {
	if v.Digest == "" {
		return "", nil
	}
	digest := strings.ToLower(strings.TrimPrefix(v.Digest, "sha256:"))
	if len(digest) != 64 || strings.Trim(digest, "0123456789abcdef") != "" {
		return "", errors.New("its digest is no SHA-256")
	}
	return digest, nil
}

// versions reads what the index says of a chart; nil where it has none of that
// name.
func (x *index) versions(name string) ([]version, error) {
	at, ok := x.sections[name]
	if !ok {
		return nil, nil
	}
	text := make([]byte, at.to-at.from)
	if _, err := x.text.ReadAt(text, at.from); err != nil {
		return nil, err
	}
	all := []version{}
	if json := bytes.TrimLeft(text, " :\t\r\n"); len(json) > 0 && json[0] == '[' {
		return all, yaml.Unmarshal(json, &all)
	}
	entries := map[string][]version{}
	if short, ok := essence(text); !ok || yaml.Unmarshal(short, &entries) != nil {
		clear(entries)
		if err := yaml.Unmarshal(text, &entries); err != nil {
			return nil, fmt.Errorf("what it says of %s is not valid: %w", name, err)
		}
	}
	return append(all, entries[name]...), nil
}

// essence leaves out of a chart's section what only people read, which is most
// of it: descriptions, annotations, maintainers. False where its layout is not
// the one that Helm writes.
func essence(text []byte) ([]byte, bool) {
	var out []byte
	name, rest, ok := bytes.Cut(text, []byte("\n"))
	if !ok {
		return nil, false
	}
	out = append(append(out, name...), '\n')
	item, key := -1, -1 // the columns of the dash and of an item's keys
	keep := false
	for len(rest) > 0 {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte("\n"))
		bare := bytes.TrimLeft(line, " ")
		indent := len(line) - len(bare)
		dash := len(bare) > 0 && isItem(bare)
		switch {
		case len(bytes.TrimSpace(bare)) == 0:
			if keep {
				out = append(out, '\n')
			}
			continue
		case dash && (item < 0 || indent == item):
			first := bytes.TrimLeft(bare[1:], " ")
			item, key = indent, indent+len(bare)-len(first)
			if len(first) == 0 || bytes.IndexByte([]byte("{[\"'&*!|>?"), first[0]) >= 0 {
				return nil, false
			}
			out = append(append(out, line[:indent]...), "-\n"...)
			keep = essential(first)
			if keep {
				out = append(append(append(out, strings.Repeat(" ", key)...), first...), '\n')
			}
			continue
		case item < 0 || indent < key:
			return nil, false
		case indent == key && !dash:
			keep = essential(bare)
		}
		if keep {
			out = append(append(out, line...), '\n')
		}
	}
	return out, item >= 0
}

func essential(line []byte) bool {
	key, _, _ := bytes.Cut(line, []byte(":"))
	switch string(key) {
	case "version", "digest", "urls":
		return true
	}
	return false
}
