package schema

import (
	"bytes"
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/weir-dev/weir/schema/diag"
)

// source is one parsed project file.
type source struct {
	name string // relative to the project
	text []byte
	body *hclsyntax.Body

	parsed []byte // the text as ranges in the body count it
}

// parseSource reads a project file's text. CRLF counts as LF, so that a
// checkout on Windows hydrates the same bytes.
func parseSource(name string, data []byte) (*source, diag.List) {
	s := &source{name: name, text: data}
	if d, bad := badEncoding(name, data); bad {
		return s, diag.List{d}
	}
	text := bytes.TrimPrefix(data, []byte("\ufeff"))
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	if d, deep := tooDeep(name, text); deep {
		return s, diag.List{d}
	}
	s.parsed = text
	file, diags := hclsyntax.ParseConfig(text, name, hcl.InitialPos)
	list := fromHCL(diags)
	if file != nil && !diags.HasErrors() { // what the parser recovered of a broken file would only mislead
		s.body, _ = file.Body.(*hclsyntax.Body)
	}
	if s.body != nil {
		rewriteBody(s.body, &list)
	}
	return s, list
}

func badEncoding(name string, data []byte) (diag.Diagnostic, bool) {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return diag.Diagnostic{
			Summary: "The file is UTF-16, not UTF-8", Subject: diag.Range{File: name},
			Detail: "It begins with the byte order mark of UTF-16.", Remedy: "Save it as UTF-8: `iconv -f UTF-16 -t UTF-8` does it.",
		}, true
	}
	if utf8.Valid(data) {
		return diag.Diagnostic{}, false
	}
	line, column := 1, 1
	for rest := data; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		if r == utf8.RuneError && size <= 1 {
			return diag.Diagnostic{
				Summary: "The file is not UTF-8",
				Subject: diag.Range{File: name, Start: diag.Pos{Line: line, Column: column}, End: diag.Pos{Line: line, Column: column + 1}},
				Detail:  fmt.Sprintf("The byte 0x%02x is no part of a UTF-8 character.", rest[0]),
				Remedy:  "Save the file as UTF-8.",
			}, true
		}
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
		rest = rest[size:]
	}
	return diag.Diagnostic{}, false
}

// maxNesting bounds the parser's recursion; hand-written files stay below 20.
const maxNesting = 200

// tooDeep counts brackets without a parser, so strings count too: a file with
// hundreds of open brackets is not one that somebody wrote.
func tooDeep(name string, text []byte) (diag.Diagnostic, bool) {
	depth, line := 0, 1
	for _, c := range text {
		switch c {
		case '\n':
			line++
		case '(', '[', '{':
			if depth++; depth > maxNesting {
				return diag.Diagnostic{
					Summary: "The file is nested too deeply",
					Subject: diag.Range{File: name, Start: diag.Pos{Line: line}, End: diag.Pos{Line: line}},
					Detail:  fmt.Sprintf("More than %d brackets are open here.", maxNesting),
					Remedy:  "Take inner parts out into locals.",
				}, true
			}
		case ')', ']', '}':
			if depth > 0 {
				depth--
			}
		}
	}
	return diag.Diagnostic{}, false
}

// rangeOf turns HCL's range into the travelling one.
func rangeOf(r hcl.Range) diag.Range {
	return diag.Range{
		File:  r.Filename,
		Start: diag.Pos{Line: r.Start.Line, Column: r.Start.Column},
		End:   diag.Pos{Line: r.End.Line, Column: r.End.Column},
	}
}

// isVariables tells files that give values to variables; they are no part of the project.
func isVariables(name string) bool {
	return strings.HasSuffix(name, ".vars.hcl") || path.Base(name) == lockFile
}

const (
	projectFile   = "weir.hcl"
	lockFile      = "weir.lock.hcl"
	variablesFile = "weir.vars.hcl"
)
