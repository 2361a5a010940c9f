package diag

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func at(file string, line, start, end int) Range {
	return Range{File: file, Start: Pos{Line: line, Column: start}, End: Pos{Line: line, Column: end}}
}

var sources = map[string]string{
	"weir.hcl": `project "shop" {}

release "podinfo" {
  chart     = "./charts/podinfo"
  replicass = 3

  environment "production" {
	values = { replicas = "many" }
  }
}
locals { a = 1 }
x = {
  y = 1
}
`,
	"crlf.yaml": "a: 1\r\nb: 2\r\n",
	"wide.yaml": "title: \"日本語の名前\" # 名\ne\u0301te\u0301: x\ntag: \x1b[31mred\u202e\n",
	"long.yaml": "a: " + strings.Repeat("abcdefghij", 30) + "\n",
}

func TestFormat(t *testing.T) {
	for name, c := range map[string]struct {
		list  List
		width int
		want  string
	}{
		"everything": {
			list: List{
				{
					Summary: `Attribute "replicass" is not known`,
					Subject: at("weir.hcl", 5, 3, 12),
					Detail:  "A release has no attribute of this name. Numbers of replicas are a matter of the chart's values.",
					Remedy:  "Did you mean \"replicas\"?\n  values = { replicas = 3 }",
					Related: []Related{
						{Range: at("weir.hcl", 1, 9, 15), Note: "project"},
						{Note: "and a note without a place"},
					},
				},
				{Severity: Warning, Summary: "Nothing to do"},
			},
			want: `Warning: Nothing to do

Error: Attribute "replicass" is not known

  on weir.hcl line 5, in release "podinfo":
   5:   replicass = 3
        ^^^^^^^^^
  on weir.hcl line 1, project:
   1: project "shop" {}
              ^^^^^^
  and a note without a place:

A release has no attribute of this name. Numbers of replicas are a matter of the
chart's values.

Did you mean "replicas"?
  values = { replicas = 3 }
`,
		},
		"tab": {
			list: List{{Summary: "s", Subject: at("weir.hcl", 8, 24, 30)}},
			want: `Error: S

  on weir.hcl line 8, in release "podinfo":
   8:     values = { replicas = "many" }
                                ^^^^^^
`,
		},
		"outside of blocks": {
			list: List{{Summary: "s", Subject: at("weir.hcl", 11, 1, 7)}},
			want: `Error: S

  on weir.hcl line 11:
  11: locals { a = 1 }
      ^^^^^^
`,
		},
		"several lines": {
			list: List{{Summary: "s", Subject: Range{File: "weir.hcl", Start: Pos{12, 5}, End: Pos{14, 2}}}},
			want: `Error: S

  on weir.hcl lines 12-14:
  12: x = {
          ^
`,
		},
		"whole line": {
			list: List{{Summary: "s", Subject: Range{File: "crlf.yaml", Start: Pos{Line: 2}, End: Pos{Line: 2}}}},
			want: `Error: S

  on crlf.yaml line 2:
   2: b: 2
`,
		},
		"end of a CRLF line": {
			list: List{{Summary: "s", Subject: at("crlf.yaml", 1, 5, 5)}},
			want: `Error: S

  on crlf.yaml line 1:
   1: a: 1
          ^
`,
		},
		"whole file": {
			list: List{{Summary: "s", Subject: Range{File: "crlf.yaml"}}},
			want: `Error: S

  on crlf.yaml:
`,
		},
		"no source": {
			list: List{{Summary: "s", Subject: at("missing.hcl", 7, 1, 2)}},
			want: `Error: S

  on missing.hcl line 7:
`,
		},
		"text of its own": {
			list: List{{Summary: "s", Subject: Range{File: "charts/db-1.tgz/templates/x.yaml", Start: Pos{7, 4}, End: Pos{7, 9}, Text: "a: {{ b }}"}}},
			want: `Error: S

  on charts/db-1.tgz/templates/x.yaml line 7:
   7: a: {{ b }}
         ^^^^^
`,
		},
		"wide characters": {
			list: List{{Summary: "s", Subject: at("wide.yaml", 1, 8, 16)}, {Summary: "s", Subject: at("wide.yaml", 2, 1, 6)}},
			want: `Error: S

  on wide.yaml line 1:
   1: title: "日本語の名前" # 名
             ^^^^^^^^^^^^^^

Error: S

  on wide.yaml line 2:
   2: ` + "e\u0301te\u0301: x" + `
      ^^^
`,
		},
		"terminal escapes": {
			list: List{{Summary: "a\x1b[31m\nb", Subject: at("wide.yaml", 3, 6, 9), Detail: "\x1b[2J"}},
			want: "Error: a\ufffd[31m b\n\n  on wide.yaml line 3:\n   3: tag: \ufffd[31mred\ufffd\n           ^^^\n\n\ufffd[2J\n",
		},
		"long line, at its start": {
			width: 40,
			list:  List{{Summary: "s", Subject: at("long.yaml", 1, 1, 2)}},
			want: `Error: S

  on long.yaml line 1:
   1: a: abcdefghijabcdefghijabcdefghij…
      ^
`,
		},
		"long line, in its middle": {
			width: 40,
			list:  List{{Summary: "s", Subject: at("long.yaml", 1, 104, 114)}},
			want: `Error: S

  on long.yaml line 1:
   1: …abcdefghijabcdefghijabcdefghijab…
                 ^^^^^^^^^^
`,
		},
		"long line, all of it": {
			width: 40,
			list:  List{{Summary: "s", Subject: at("long.yaml", 1, 4, 304)}},
			want: `Error: S

  on long.yaml line 1:
   1: a: abcdefghijabcdefghijabcdefghij…
         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := c.list.Format(&out, Options{Sources: read, Width: c.width}); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, out.String()); d != "" {
				t.Error(d)
			}
		})
	}
}

func read(file string) []byte {
	if text, ok := sources[file]; ok {
		return []byte(text)
	}
	return nil
}

func TestFormatInColor(t *testing.T) {
	list := List{Warningf(at("crlf.yaml", 1, 4, 5), "s").Detailf("d")}
	var out bytes.Buffer
	if err := list.Format(&out, Options{Sources: read, Color: true}); err != nil {
		t.Fatal(err)
	}
	want := "\x1b[1m\x1b[33mWarning:\x1b[0m \x1b[1mS\x1b[0m\n\n  on crlf.yaml line 1:\n" +
		"\x1b[2m   1: \x1b[0ma: 1\n         \x1b[33m^\x1b[0m\n\nd\n"
	if d := cmp.Diff(want, out.String()); d != "" {
		t.Error(d)
	}
}

func TestFormatKeepsNoRepetitions(t *testing.T) {
	list := List{
		Errorf(at("b", 2, 1, 2), "second"),
		Errorf(at("a", 9, 1, 2), "first"),
		Errorf(at("b", 2, 1, 2), "second"),
		Warningf(at("b", 2, 1, 2), "third"),
	}
	var out bytes.Buffer
	if err := list.Format(&out, Options{}); err != nil {
		t.Fatal(err)
	}
	want := `Error: First

  on a line 9:

Error: Second

  on b line 2:

Warning: Third

  on b line 2:
`
	if d := cmp.Diff(want, out.String()); d != "" {
		t.Error(d)
	}
}

func TestDidYouMean(t *testing.T) {
	names := []string{"web", "podinfo", "cert-manager", "cert-manager-webhook", "db", "dc"}
	for given, want := range map[string]string{
		"podifno":             `Did you mean "podinfo"?`,
		"PODINFO":             `Did you mean "podinfo"?`,
		"wbe":                 `Did you mean "web"?`,
		"we":                  `Did you mean "web"?`,
		"da":                  `Did you mean "db"?`,
		"certmanager":         `Did you mean "cert-manager"?`,
		"cert-manger-webhok":  `Did you mean "cert-manager-webhook"?`,
		"something-different": ``,
		"podinfo":             ``,
		"":                    ``,
	} {
		if got := DidYouMean(given, names); got != want {
			t.Errorf("DidYouMean(%q) = %q, want %q", given, got, want)
		}
	}
}

func TestBuilding(t *testing.T) {
	first, second := at("a.hcl", 1, 1, 4), at("b.hcl", 2, 3, 5)
	base := Errorf(first, "Release %q is not known", "wb").Suggest("wb", []string{"web"}).Remedyf("Or declare %s.", "it")
	got := List{base.Also(second, "asked for here"), base.Also(first, "declared here").Suggest("zzzzz", []string{"web"})}
	want := List{
		{Subject: first, Summary: `Release "wb" is not known`, Remedy: `Did you mean "web"? Or declare it.`, Related: []Related{{Range: second, Note: "asked for here"}}},
		{Subject: first, Summary: `Release "wb" is not known`, Remedy: `Did you mean "web"? Or declare it.`, Related: []Related{{Range: first, Note: "declared here"}}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestJSON(t *testing.T) {
	list := List{
		Warningf(at("a.hcl", 1, 2, 3), "s").Detailf("d").Remedyf("r").Also(at("b.hcl", 4, 5, 6), "n"),
		Errorf(Range{File: "c.tgz/x", Text: "t"}, "e"),
		Errorf(Range{}, "of the command line").Also(Range{}, "a note without a place"),
	}
	data, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"severity":"warning","summary":"s","subject":{"file":"a.hcl","start":{"line":1,"column":2},"end":{"line":1,"column":3}},"detail":"d","remedy":"r",` +
		`"related":[{"range":{"file":"b.hcl","start":{"line":4,"column":5},"end":{"line":4,"column":6}},"note":"n"}]},` +
		`{"severity":"error","summary":"e","subject":{"file":"c.tgz/x","start":{"line":0},"end":{"line":0},"text":"t"}},` +
		`{"severity":"error","summary":"of the command line","related":[{"note":"a note without a place"}]}]`
	if d := cmp.Diff(want, string(data)); d != "" {
		t.Error(d)
	}
	var again List
	if err := json.Unmarshal(data, &again); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(list, again); d != "" {
		t.Error(d)
	}
	if err := json.Unmarshal([]byte(`[{"severity":"fatal"}]`), &again); err == nil {
		t.Error("an unknown severity is read")
	}
}

func FuzzFormat(f *testing.F) {
	f.Add("a: 1\r\n\tb", 2, 1, 3)
	f.Fuzz(func(t *testing.T, text string, line, start, end int) {
		list := List{{Summary: text, Detail: text, Subject: Range{File: "x.hcl", Start: Pos{line, start}, End: Pos{line, end}}}}
		var out bytes.Buffer
		if err := list.Format(&out, Options{Sources: func(string) []byte { return []byte(text) }, Width: 30}); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(out.String(), "\x1b\r\a\b") {
			t.Errorf("control characters reach the terminal: %q", out.String())
		}
	})
}

func TestSummaryBeginsWithACapital(t *testing.T) {
	for summary, want := range map[string]string{
		`release "web" is gone`:           `Release "web" is gone`,
		"local.one refers to itself":      "local.one refers to itself",
		"weir.hcl is missing":             "weir.hcl is missing",
		`"chart" takes a string`:          `"chart" takes a string`,
		"überall":                         "Überall",
		"metadata.name is missing":        "metadata.name is missing",
		"replicas, images and so on fail": "Replicas, images and so on fail",
	} {
		var out strings.Builder
		if err := (List{{Summary: summary}}).Format(&out, Options{}); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); got != "Error: "+want+"\n" {
			t.Errorf("%q is shown as %q", summary, got)
		}
	}
}
