package fetch

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

const helmIndex = `apiVersion: v1
entries:
  alpine:
  - apiVersion: v2
    description: |
      An index: with colons
      alpine:
      - version: 9.9.9
    digest: sha256:705ebc5d83c5a8e3b9a2d1b5c0d2a6d2c9c1e8f6a7b4c3d2e1f0a9b8c7d6e5f4
    name: alpine
    urls:
    - alpine-0.2.0.tgz
    version: 0.2.0
  - annotations:
      version: "8"
    urls:
      - https://elsewhere.example/alpine-0.1.0.tgz
    version: 0.1.0
  "quoted":
  - version: '1.0'
    urls: [quoted-1.0.tgz]
  empty: []
  # a comment
  last:
    - {version: 1.0.0, urls: [last-1.0.0.tgz]}
generated: "2024-01-01T00:00:00Z"
serverInfo:
  alpine: {}
`

// TestIndex reads every chart of an index through its section.
func TestIndex(t *testing.T) {
	want := map[string][]version{
		"alpine": {
			{Version: "0.2.0", Digest: "sha256:705ebc5d83c5a8e3b9a2d1b5c0d2a6d2c9c1e8f6a7b4c3d2e1f0a9b8c7d6e5f4", URLs: []string{"alpine-0.2.0.tgz"}},
			{Version: "0.1.0", URLs: []string{"https://elsewhere.example/alpine-0.1.0.tgz"}},
		},
		"quoted": {{Version: "1.0", URLs: []string{"quoted-1.0.tgz"}}},
		"empty":  {},
		"last":   {{Version: "1.0.0", URLs: []string{"last-1.0.0.tgz"}}},
	}
	asJSON, err := yaml.YAMLToJSON([]byte(helmIndex))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"as Helm writes it": helmIndex,
		"CRLF":              strings.ReplaceAll(helmIndex, "\n", "\r\n"),
		"BOM":               "\ufeff" + helmIndex,
		"indented by four":  strings.ReplaceAll(helmIndex, "\n  ", "\n    "),
		"JSON":              string(asJSON),
		"JSON in lines":     strings.ReplaceAll(string(asJSON), ",", ",\n"),
	} {
		t.Run(name, func(t *testing.T) {
			sections, err := scan(iotest.OneByteReader(strings.NewReader(text)))
			if err != nil {
				t.Fatal(err)
			}
			x := &index{text: strings.NewReader(text), sections: sections}
			got := map[string][]version{}
			for name := range sections {
				if got[name], err = x.versions(name); err != nil {
					t.Error(name, err)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNoIndex(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "it has no `entries:`",
		"<!DOCTYPE html>\n<html>":             "it is HTML, not YAML: a page to log in, or one that says what is wrong",
		"apiVersion: v1\n":                    "it has no `entries:`",
		"entries: [a]\n":                      "its `entries:` are not one chart a line",
		"entries:\n    a: []\n  b: []\n":      "the names of its charts are not indented alike",
		"entries:\n  what is this\n":          `"what is this" is not the name of a chart`,
		`{"a": 1}`:                            "it has no entries",
		`{"entries": []}`:                     "its entries are no object",
		`{"entries": {"a": [}}`:               "invalid character '}' looking for beginning of value",
		"entries:\n\ta:\n":                    "",
		"entries:\n  a: [\n  b:\n- x\n":       "the names of its charts are not indented alike",
		"entries:\n  a:\n  - version: 'x\n  ": "",
	} {
		_, err := scan(strings.NewReader(text))
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if _, err := scan(iotest.TimeoutReader(strings.NewReader(strings.Repeat(helmIndex, 1000)))); !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("half an index: %v", err)
	}
}

// FuzzIndex looks for what makes reading an index panic, or never end.
func FuzzIndex(f *testing.F) {
	f.Add([]byte(helmIndex))
	f.Fuzz(func(t *testing.T, text []byte) {
		sections, err := scan(bytes.NewReader(text))
		if err != nil {
			return
		}
		x := &index{text: bytes.NewReader(text), sections: sections}
		for name := range sections {
			_, _ = x.versions(name)
		}
	})
}

// large is an index as large as the largest public ones: its chart "chart-7" has
// the last version of a thousand.
func large(size int) []byte {
	var b bytes.Buffer
	r := rand.New(rand.NewSource(1))
	b.WriteString("apiVersion: v1\nentries:\n")
	for chart := 0; b.Len() < size; chart++ {
		fmt.Fprintf(&b, "  chart-%d:\n", chart)
		for v := range 200 {
			fmt.Fprintf(&b, "  - annotations:\n      artifacthub.io/changes: |\n")
			for range 20 {
				fmt.Fprintf(&b, "        - kind: changed\n          description: %x\n", r.Uint64())
			}
			fmt.Fprintf(&b, "    apiVersion: v2\n    description: A chart\n    digest: %064x\n    name: chart-%d\n    urls:\n    - chart-%d-%d.0.0.tgz\n    version: %d.0.0\n", r.Uint64(), chart, chart, v, v)
		}
	}
	b.WriteString("generated: \"2024-01-01T00:00:00Z\"\n")
	return b.Bytes()
}

func BenchmarkIndex(b *testing.B) {
	text := large(100 << 20)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		sections, err := scan(bytes.NewReader(text))
		if err != nil {
			b.Fatal(err)
		}
		x := &index{text: bytes.NewReader(text), sections: sections}
		if _, err := x.versions("chart-7"); err != nil {
			b.Fatal(err)
		}
	}
}

func TestNewest(t *testing.T) {
	all := []string{"7.0.0-rc.1", "6.7.1", "v6.7.0", "6.6.9+build.2", "6.6.9", "6.5.0", "5.0.0", "nightly", "0.9.0-alpha"}
	var got strings.Builder
	for _, constraint := range []string{
		"", "*", "6.7.1", "6.7.0", "v6.7.1", "~> 6.6.0", "^5", "<6", "6.x", ">= 7.0.0-0", "^7.0.0-rc", "7.0.0-rc.1", "nightly", "6.6.9+build.2", "=6.6.9", "~0.9-0",
		"^7", ">= 6.8", "6.8.0", "~> 6.6.10", ">= 100", "0.1", "x.y",
	} {
		var versions []version
		for _, v := range all {
			versions = append(versions, version{Version: v})
		}
		v, err := choose(schema.Chart{Source: "podinfo/podinfo", Version: constraint}, versions)
		fmt.Fprintf(&got, "%q: %s", constraint, v.Version)
		list, _ := diag.Refused(err)
		for _, d := range list {
			fmt.Fprintf(&got, "%s. %s %s", d.Summary, d.Detail, d.Remedy)
		}
		got.WriteString("\n")
	}
	want := `"": 6.7.1
"*": 6.7.1
"6.7.1": 6.7.1
"6.7.0": v6.7.0
"v6.7.1": 6.7.1
"~> 6.6.0": 6.6.9+build.2
"^5": 5.0.0
"<6": 5.0.0
"6.x": 6.7.1
">= 7.0.0-0": 7.0.0-rc.1
"^7.0.0-rc": 7.0.0-rc.1
"7.0.0-rc.1": 7.0.0-rc.1
"nightly": nightly
"6.6.9+build.2": 6.6.9+build.2
"=6.6.9": 6.6.9+build.2
"~0.9-0": 0.9.0-alpha
"^7": no version of chart "podinfo/podinfo" meets "^7". Pre-releases are left out unless the constraint names one. 7.0.0-rc.1 is the newest pre-release; to have it, write ` + "`" + `version = "7.0.0-rc.1"` + "`" + `.
">= 6.8": no version of chart "podinfo/podinfo" meets ">= 6.8". Pre-releases are left out unless the constraint names one. 7.0.0-rc.1 is the newest pre-release; to have it, write ` + "`" + `version = "7.0.0-rc.1"` + "`" + `.
"6.8.0": no version of chart "podinfo/podinfo" meets "6.8.0". The nearest: 7.0.0-rc.1, 6.7.1, v6.7.0. Change ` + "`" + `version` + "`" + `.
"~> 6.6.10": no version of chart "podinfo/podinfo" meets "~> 6.6.10". The nearest: 7.0.0-rc.1 (the newest), 6.7.1, v6.7.0, 6.6.9+build.2, 6.6.9. Change ` + "`" + `version` + "`" + `.
">= 100": no version of chart "podinfo/podinfo" meets ">= 100". The nearest: 7.0.0-rc.1, 6.7.1. Change ` + "`" + `version` + "`" + `.
"0.1": no version of chart "podinfo/podinfo" meets "0.1". The nearest: 7.0.0-rc.1 (the newest), 5.0.0, 0.9.0-alpha. Change ` + "`" + `version` + "`" + `.
"x.y": "x.y" is not a version constraint.  Write it as in "6.7.1", "~> 6.7" or ">= 1.2, < 2".
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
}
