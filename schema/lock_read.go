package schema

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/weir-dev/weir/schema/diag"
)

// Lock reads weir.lock.hcl; an empty lock where there is none. It is read at
// every call, so that a run sees what it wrote.
func (p *Project) Lock() (Lock, diag.List) {
	data, err := p.files.fresh(lockFile)
	if absent(err) {
		return Lock{}, nil
	}
	if err != nil {
		return Lock{}, diag.List{{
			Summary: "The lock file cannot be read", Subject: diag.Range{File: lockFile}, Detail: why(lockFile, err),
			Remedy: p.files.remedy(lockFile, err, "Put it back, or remove it and run `weir lock`."),
		}}
	}
	return ParseLock(data)
}

// ParseLock reads the text of a lock file.
func ParseLock(data []byte) (Lock, diag.List) {
	if list := conflicts(data); list != nil {
		return Lock{}, list
	}
	src, list := parseSource(lockFile, data)
	if src.body == nil {
		for i := range list {
			list[i].Remedy = sentences(list[i].Remedy, relock)
		}
		return Lock{}, list
	}
	r := lockReader{list: &list, text: data}
	if !r.format(src.body) {
		return Lock{}, list
	}
	lock := Lock{}
	first := map[string]Locked{}
	for _, b := range src.body.Blocks {
		e, ok := r.chart(b)
		if !ok {
			continue
		}
		before, twice := first[e.Key()]
		if same := before; twice {
			if same.Range = e.Range; same == e {
				continue // two branches locked the same
			}
			r.add(diag.Diagnostic{
				Summary: fmt.Sprintf("%q with the constraint %q is locked twice", e.Source, e.Constraint), Subject: e.Range,
				Detail:  fmt.Sprintf("Here to version %s, before to %s.", e.Version, before.Version),
				Remedy:  "Remove one of the two blocks; `weir lock` checks the other.",
				Related: []diag.Related{{Range: before.Range, Note: "locked before"}},
			})
			continue
		}
		first[e.Key()] = e
		lock.Charts = append(lock.Charts, e)
	}
	return NewLock(lock.Charts), list
}

const relock = "Or remove weir.lock.hcl and run `weir lock`, which may choose newer versions."

// conflicts finds what a merge left behind.
func conflicts(data []byte) diag.List {
	for i, line := range bytes.Split(data, []byte("\n")) {
		if bytes.HasPrefix(line, []byte("<<<<<<< ")) {
			return diag.List{{
				Summary: "The lock file has conflict markers",
				Subject: diag.Range{File: lockFile, Start: diag.Pos{Line: i + 1}, End: diag.Pos{Line: i + 1}},
				Detail:  "A merge left both sides of a conflict in it.",
				Remedy:  "Where the sides lock different charts keep both, where they lock one chart keep one; remove the lines with <<<<<<<, ======= and >>>>>>>, then run `weir lock`.",
			}}
		}
	}
	return nil
}

type lockReader struct {
	list *diag.List
	text []byte
}

func (r lockReader) add(d diag.Diagnostic) { *r.list = append(*r.list, d) }

// format reads the version of the format; false where the rest cannot be read.
func (r lockReader) format(body *hclsyntax.Body) bool {
	a := body.Attributes["format"]
	for _, other := range sorted(body.Attributes) {
		if other.Name != "format" {
			r.add(diag.Diagnostic{Summary: fmt.Sprintf("Unknown attribute %q in the lock file", other.Name), Subject: rangeOf(other.NameRange), Remedy: "Remove it. " + relock})
		}
	}
	if a == nil {
		r.add(diag.Diagnostic{Summary: "The lock file has no format", Subject: diag.Range{File: lockFile, Start: diag.Pos{Line: 1}, End: diag.Pos{Line: 1}},
			Remedy: fmt.Sprintf("Put `format = %d` back above its blocks.", lockFormat)})
		return false
	}
	v, diags := plainValue(a)
	if diags.HasErrors() || v.IsNull() || v.Type() != cty.Number || !v.AsBigFloat().IsInt() {
		r.add(diag.Diagnostic{Summary: "The format of the lock file is a number", Subject: rangeOf(a.SrcRange), Remedy: fmt.Sprintf("Write `format = %d`.", lockFormat)})
		return false
	}
	if n, _ := v.AsBigFloat().Int64(); n != lockFormat {
		d := diag.Diagnostic{Summary: fmt.Sprintf("The lock file has the format %d", n), Subject: rangeOf(a.SrcRange),
			Detail: fmt.Sprintf("This weir reads format %d.", lockFormat)}
		d.Remedy = "Remove weir.lock.hcl and run `weir lock`, which may choose newer versions."
		if n > lockFormat {
			d.Detail += " A newer one wrote the file."
			d.Remedy = "Use the weir that your colleagues use, or a newer one."
		}
		r.add(d)
		return false
	}
	return true
}

// chart reads a block; false where it is of no use.
func (r lockReader) chart(b *hclsyntax.Block) (Locked, bool) {
	at := rangeOf(b.DefRange())
	if b.Type != "chart" || len(b.Labels) != 2 {
		r.add(diag.Diagnostic{Summary: fmt.Sprintf("A block of the lock file is `chart \"<source>\" \"<constraint>\"`, not %q with %d labels", b.Type, len(b.Labels)), Subject: at,
			Remedy: "Remove the block, then run `weir lock`."})
		return Locked{}, false
	}
	e := Locked{Source: b.Labels[0], Constraint: b.Labels[1], Range: at}
	fields := map[string]*string{"version": &e.Version, "repository": &e.Repository, "origin": &e.Origin, "sha256": &e.SHA256, "files": &e.Files, "signer": &e.Signer}
	whole := true
	for _, a := range sorted(b.Body.Attributes) {
		to, known := fields[a.Name]
		if !known {
			r.add(diag.Diagnostic{Summary: fmt.Sprintf("Unknown attribute %q in the lock file", a.Name), Subject: rangeOf(a.NameRange), Remedy: "Remove the block, then run `weir lock`."})
			whole = false
			continue
		}
		v, diags := plainValue(a)
		if diags.HasErrors() || v.IsNull() || v.Type() != cty.String {
			r.add(diag.Diagnostic{Summary: fmt.Sprintf("%q in the lock file takes a string", a.Name), Subject: rangeOf(a.Expr.Range()), Remedy: "Remove the block, then run `weir lock`."})
			whole = false
			continue
		}
		*to = v.AsString()
		if (a.Name == "sha256" || a.Name == "files") && !isSHA256(*to) {
			r.add(diag.Diagnostic{Summary: fmt.Sprintf("%q in the lock file is no SHA-256", a.Name), Subject: rangeOf(a.Expr.Range()),
				Detail: "It has 64 digits from 0-9 and a-f.", Remedy: "Take the line back from an earlier commit, or remove the block and run `weir lock`."})
			whole = false
		}
	}
	for _, inner := range b.Body.Blocks {
		r.add(diag.Diagnostic{Summary: fmt.Sprintf("Unknown block %q in the lock file", inner.Type), Subject: rangeOf(inner.DefRange()), Remedy: "Remove it, then run `weir lock`."})
		whole = false
	}
	for _, name := range []string{"version", "origin", "sha256"} {
		if b.Body.Attributes[name] == nil {
			r.add(diag.Diagnostic{Summary: fmt.Sprintf("The lock of %q lacks %q", e.Source, name), Subject: at, Remedy: "Remove the block, then run `weir lock`."})
			whole = false
		}
	}
	if e.Files == "" {
		e.Files = e.SHA256
	}
	return e, whole
}

// plainValue is the value of an attribute that refers to nothing.
func plainValue(a *hclsyntax.Attribute) (cty.Value, hcl.Diagnostics) {
	v, diags := a.Expr.Value(nil)
	v, _ = v.UnmarkDeep()
	return v, diags
}

func isSHA256(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

// quoted is a text as an HCL string.
func quoted(s string) string { return string(hclwrite.TokensForValue(cty.StringVal(s)).Bytes()) }

// laidOut is a text in HCL's canonical layout.
func laidOut(text string) []byte { return hclwrite.Format([]byte(text)) }
