package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/weir-dev/weir/schema/diag"
)

// metadataFormat is the version of the metadata file that this Weir writes, and
// the newest that it reads.
const metadataFormat = 1

// encode is the content of the metadata file: sorted keys, two spaces, LF.
func (m Metadata) encode() ([]byte, error) {
	if m.Files == nil {
		m.Files = []FileEntry{}
	}
	data, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("write metadata of %s/%s: %w", m.Environment, m.Release, err)
	}
	// By way of maps, which have their keys sorted, at any depth.
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var sorted any
	if err := d.Decode(&sorted); err != nil {
		return nil, fmt.Errorf("write metadata of %s/%s: %w", m.Environment, m.Release, err)
	}
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(sorted); err != nil {
		return nil, fmt.Errorf("write metadata of %s/%s: %w", m.Environment, m.Release, err)
	}
	return buf.Bytes(), nil
}

// parseMetadata reads a metadata file strictly: unknown keys, another release's
// file and paths outside of the release are refused, because prune trusts what
// is listed here. For diagnostics there are the name of the repository and how a
// Git command line there begins.
func parseMetadata(repository, git string, k Key, data []byte) (*Metadata, error) {
	m, err := decodeMetadata(data)
	if err == nil {
		err = m.check(k)
	}
	if err == nil {
		return m, nil
	}
	file := repository + "/" + MetadataPath(k)
	place := diag.Range{File: file}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		line := 1 + bytes.Count(data[:min(int(syntax.Offset), len(data))], []byte("\n"))
		place.Start.Line, place.End.Line = line, line
	}
	if newer, ok := errors.AsType[*newerError](err); ok {
		return nil, diag.Refuse(diag.Diagnostic{
			Summary: "the metadata of a release was written by a newer Weir",
			Subject: place,
			Detail:  fmt.Sprintf("It has format %d; this Weir reads formats up to %d.", newer.format, metadataFormat),
			Remedy:  "Use the newer Weir for this cluster, everywhere it is hydrated.",
		})
	}
	return nil, diag.Refuse(diag.Diagnostic{
		Summary: "the metadata of a release cannot be read",
		Subject: place,
		Detail:  fmt.Sprintf("%s. Weir writes this file and prunes by it; it looks edited or damaged.", sentence(strings.TrimPrefix(err.Error(), "json: "))),
		Remedy: fmt.Sprintf("Look for the commit with `%s log -- %s` and take it back with `git revert`.",
			git, MetadataPath(k)),
	})
}

func decodeMetadata(data []byte) (*Metadata, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	var m Metadata
	err := d.Decode(&m)
	if err != nil {
		// A newer format may well have keys that this one does not know.
		var head struct {
			Format int `json:"format"`
		}
		if json.Unmarshal(data, &head) == nil && head.Format > metadataFormat {
			return nil, &newerError{format: head.Format}
		}
		return nil, err
	}
	if m.Format > metadataFormat {
		return nil, &newerError{format: m.Format}
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("there is something after the end of the object")
	}
	return &m, nil
}

type newerError struct{ format int }

func (e *newerError) Error() string { return fmt.Sprintf("format %d", e.format) }

func (m *Metadata) check(k Key) error {
	if m.Format < 1 {
		return errors.New(`"format" is missing`)
	}
	if (Key{m.Environment, m.Release}) != k {
		return fmt.Errorf("it says that it belongs to %s/%s", m.Environment, m.Release)
	}
	for i, f := range m.Files {
		if !k.owns(f.Path) {
			return fmt.Errorf("it lists %q, which is no file of this release", f.Path)
		}
		if f.Object.Kind == "" {
			return fmt.Errorf("the object of %q is missing", f.Path)
		}
		if i > 0 && m.Files[i-1].Path >= f.Path {
			return fmt.Errorf("the list of files is not sorted at %q", f.Path)
		}
	}
	return nil
}

// owns tells whether a path lies in the directories of the release.
func (k Key) owns(path string) bool {
	for _, dir := range []string{manifestsDir, hooksDir} {
		rest, ok := strings.CutPrefix(path, join(dir, k.Environment, k.Release)+"/")
		if !ok {
			continue
		}
		for part := range strings.SplitSeq(rest, "/") {
			if part == "" || part == "." || part == ".." {
				return false
			}
		}
		return true
	}
	return false
}

// sentence makes the start of a sentence of a message; the callers go on.
func sentence(s string) string { return strings.TrimSuffix(diag.Sentence(s), ".") }
