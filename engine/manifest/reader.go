package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"gopkg.in/yaml.v3"
)

// Text is one document of a YAML stream, not read yet.
type Text struct {
	Data []byte // without the "---" line
	Line int    // of the stream, from 1, of the first line of Data
}

// Document is one YAML document as Kubernetes reads it.
type Document struct {
	Text
	// Tree is JSON-typed: nil, bool, int64, float64, string, []any and
	// map[string]any; a whole number beyond int64 is uint64 where it fits, and
	// float64 beyond that, as in Kubernetes' own reader.
	Tree any
	// Duplicates are the keys that occur twice in one mapping, in the order of
	// the text; the last value is in Tree, as kubectl and Helm have it.
	Duplicates []DuplicateKey
}

// DuplicateKey is a key that a mapping has twice. Lines are the stream's.
type DuplicateKey struct {
	Path   string // of the mapping: metadata.labels; empty at the top
	Key    string
	Line   int
	Column int // in characters, from 1
	First  int // the line of the first occurrence
}

// SyntaxError says why a text is no YAML that Kubernetes would take. Line is
// the stream's; Column is 0 where the parser does not say.
type SyntaxError struct {
	Line   int
	Column int
	Msg    string
}

func (e *SyntaxError) Error() string {
	if e.Column > 0 {
		return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Msg)
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Msg)
}

// Read reads every document of a stream that holds more than comments. A
// document with an error does not keep the others from being read.
func Read(stream []byte) ([]Document, []*SyntaxError) {
	var documents []Document
	var failed []*SyntaxError
	for _, text := range Split(stream) {
		document, err := text.Read()
		if err != nil {
			failed = append(failed, err)
			continue
		}
		if document.Tree != nil {
			documents = append(documents, document)
		}
	}
	return documents, failed
}

// Decode reads one YAML document: see Document.Tree for the types. The error is
// a *SyntaxError. An empty document is nil.
func Decode(data []byte) (any, error) {
	document, err := Text{Data: data, Line: 1}.Read()
	if err != nil {
		return nil, err
	}
	return document.Tree, nil
}

// Split cuts a stream at its "---" lines and leaves out documents that hold
// nothing but blank lines and comments.
func Split(stream []byte) []Text {
	var texts []Text
	stream = bytes.TrimPrefix(stream, []byte("\ufeff"))
	start, first, line := 0, 1, 1
	blank := true
	flush := func(end int) {
		if !blank {
			texts = append(texts, Text{Data: stream[start:end:end], Line: first})
		}
	}
	for at := 0; at < len(stream); line++ {
		end := len(stream)
		if n := bytes.IndexByte(stream[at:], '\n'); n >= 0 {
			end = at + n + 1
		}
		rest, marker := separator(stream[at:end])
		switch {
		case marker && len(rest) > 0: // "--- text", "--- |": the text belongs to the document
			flush(at)
			start, first, blank = at, line, false
		case marker:
			flush(at)
			start, first, blank = end, line+1, true
		case blank:
			blank = isBlank(stream[at:end])
		}
		at = end
	}
	flush(len(stream))
	return texts
}

// separator tells whether a line begins a document and what follows on it.
func separator(line []byte) (rest []byte, ok bool) {
	if !bytes.HasPrefix(line, []byte("---")) {
		return nil, false
	}
	rest = line[3:]
	if len(rest) > 0 && !strings.ContainsRune(" \t\r\n", rune(rest[0])) {
		return nil, false
	}
	rest = bytes.TrimSpace(rest)
	if len(rest) > 0 && rest[0] == '#' {
		return nil, true
	}
	return rest, true
}

// isBlank tells a line that has no content: nothing, a comment, a directive or
// the end of a document.
func isBlank(line []byte) bool {
	if len(line) > 0 && line[0] == '%' {
		return true
	}
	line = bytes.TrimSpace(line)
	return len(line) == 0 || line[0] == '#' || string(line) == "..."
}

// Read reads the document; positions are those of the stream.
func (t Text) Read() (Document, *SyntaxError) {
	document := Document{Text: t}
	if err := t.checkCharacters(); err != nil {
		return document, err
	}
	if tree, ok := fast(string(t.Data)); ok {
		document.Tree = tree
		return document, nil
	}
	return t.parse()
}

// parse reads the document with the parser.
func (t Text) parse() (Document, *SyntaxError) {
	document := Document{Text: t}
	var root, second yaml.Node
	parser := yaml.NewDecoder(bytes.NewReader(t.Data))
	if err := parser.Decode(&root); errors.Is(err, io.EOF) {
		return document, nil
	} else if err != nil {
		return document, t.syntaxError(err)
	}
	// Kubernetes' reader stops here and drops the rest without a word.
	if err := parser.Decode(&second); err == nil {
		return document, &SyntaxError{Line: t.Line + second.Line - 1, Msg: "a second document begins here"}
	} else if !errors.Is(err, io.EOF) {
		return document, t.syntaxError(err)
	}
	b := builder{line: t.Line - 1}
	tree, err := b.value(root.Content[0])
	if err != nil {
		return document, err
	}
	document.Tree, document.Duplicates = tree, b.duplicates
	return document, nil
}
