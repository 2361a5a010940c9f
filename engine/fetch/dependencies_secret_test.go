package fetch_test

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/fetch"
	"github.com/weir-dev/weir/schema"
	"github.com/weir-dev/weir/schema/diag"
)

// TestSecretsOfDependencies: what a Chart.yaml has in the URL of a repository
// gets neither into the lock nor onto a terminal.
func TestSecretsOfDependencies(t *testing.T) {
	for _, repository := range []string{
		"http://ann:secret@charts.example", "https://secret@charts.example/x", "https://charts.example/?token=secret",
		"oci://ann:secret@charts.example/x", "https://ann:sec%ret@charts.example",
		"https://charts.example/%zz?token=secret", "https://charts.example/#secret", "ann:secret@charts.example", "//ann:secret@charts.example/x",
		"HTTPS://ann:secret@charts.example", "git+https://charts.example/x?token=secret",
	} {
		locking := &fetch.Locking{Stock: &fetch.Stock{}}
		from := fetch.From{Library: locking.Missing(), Project: fstest.MapFS{"a/Chart.yaml": {Data: []byte(
			"apiVersion: v2\nname: a\nversion: 1.0.0\ndependencies: [{name: b, version: ^1, repository: \"" + repository + "\"}]\n",
		)}}}
		_, found := from.Load(t.Context(), schema.Chart{Source: "./a", Path: "a", Kind: schema.Local})
		want := diag.List{{
			Summary: `the repository of dependency "b" has credentials in its URL`,
			Subject: diag.Range{File: "a/Chart.yaml", Start: diag.Pos{Line: 4}, End: diag.Pos{Line: 4}, Text: "(hidden)"},
			Detail:  "The URL has a user or a query; the lock, which everybody reads, would have it, too.",
			Remedy:  "Remove them from its Chart.yaml. Weir reads netrc, WEIR_CHARTS_USER_<host> and WEIR_CHARTS_PASSWORD_<host>, and what `weir login` keeps.",
		}}
		if diff := cmp.Diff(want, found); diff != "" {
			t.Errorf("%s:\n%s", repository, diff)
		}
	}
}
