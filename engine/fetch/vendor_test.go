package fetch_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// TestVendorNames: the directories of charts follow from the lock alone.
func TestVendorNames(t *testing.T) {
	digest := func(c string) string { return strings.Repeat(c, 64) }
	pin := func(source, constraint, version, files string) schema.Locked {
		return schema.Locked{Source: source, Constraint: constraint, Version: version, Files: digest(files)}
	}
	todo, err := fetch.NewVendor(fstest.MapFS{}).Compare(schema.NewLock([]schema.Locked{
		pin("main/app", "^1", "1.10.0", "1"),
		pin("main/app", "~> 1.10", "1.10.0", "1"), // the same chart
		pin("main/app", "1.9.0", "1.9.0", "2"),
		pin("other/app", "", "1.9.0", "3"), // another chart of that name and version
		pin("other/App", "", "0.1.0", "4"), // another one on a case-sensitive disk only
		pin("https://charts.example/stable/web-2.0.0+b.7.tgz", "", "2.0.0+b.7", "5"),
		pin("oci://registry.example/charts/db@sha256:"+digest("e"), "", "1.0.0", "6"),
		pin("oci://registry.example:5000/charts/cache", "^2", "2.0.0", "7"),
		pin("git::https://git.example/acme/charts.git//charts/worker?ref=main", "", "1.0.0", "8"),
		pin("git::git@git.example:acme/solo.git", "", "1.0.0", "9"),
		pin("main/app.sum", "", "1.0.0", "a"), // would be where the digests of app are
		pin("main/..", "", "1.0.0", "b"),
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := `App-0.1.0 <- other/App
app <- main/app ^1, main/app ~> 1.10
app-1.9.0 <- main/app 1.9.0
app-1.9.0-33333333 <- other/app
app.sum-1.0.0 <- main/app.sum
cache <- oci://registry.example:5000/charts/cache ^2
chart <- main/..
db <- oci://registry.example/charts/db@sha256:` + digest("e") + `
solo <- git::git@git.example:acme/solo.git
web <- https://charts.example/stable/web-2.0.0+b.7.tgz
worker <- git::https://git.example/acme/charts.git//charts/worker?ref=main
`
	var got strings.Builder
	for _, c := range todo.Copies {
		got.WriteString(c.Name + " <- " + strings.Join(c.Sources, ", ") + "\n")
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
}

// TestVendorable: what cannot be the same files on every machine.
func TestVendorable(t *testing.T) {
	c := fetch.VendorCopy{Pin: schema.Locked{Source: "main/app", Constraint: "^1", Version: "1.2.0"}}
	const remedy = "Ask who publishes the chart to rename it, or leave charts to the network."
	for _, test := range []struct {
		names  string
		detail string // empty: it is fine
	}{
		{"Chart.yaml templates/a.yaml templates/b.yaml", ""},
		{"templates/a.yaml templates/A.yaml", `Version 1.2.0 has "templates/a.yaml" and "templates/A.yaml", which are one on many file systems.`},
		{"templates/a.yaml Templates/b.yaml", `Version 1.2.0 has "templates" and "Templates", which are one on many file systems.`},
		{"../a", `Version 1.2.0 has the file "../a", which is no name everywhere.`},
		{`a\b`, `Version 1.2.0 has the file "a\\b", which is no name everywhere.`},
	} {
		var files []fetch.File
		for _, name := range strings.Fields(test.names) {
			files = append(files, fetch.File{Name: name})
		}
		found, _ := diag.Refused(c.Vendorable(files))
		var want diag.List
		if test.detail != "" {
			want = diag.List{{Summary: `chart "main/app ^1" cannot be vendored`, Detail: test.detail, Remedy: remedy}}
		}
		if diff := cmp.Diff(want, found); diff != "" {
			t.Errorf("%s:\n%s", test.names, diff)
		}
	}
}
