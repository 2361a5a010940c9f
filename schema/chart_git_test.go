package schema

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/schema/diag"
)

func TestParseGit(t *testing.T) {
	for source, want := range map[string]string{
		"git::https://git.example/acme/charts.git//charts/web?ref=v1":   `"https://git.example/acme/charts.git" "charts/web" "v1" = git::https://git.example/acme/charts.git//charts/web?ref=v1`,
		"git::https://git.example/acme/charts.git":                      `"https://git.example/acme/charts.git" "." "HEAD" = git::https://git.example/acme/charts.git`,
		"git::https://git.example:8443/a@b.git//x/?ref=a%2Fb+c":         `"https://git.example:8443/a@b.git" "x" "a/b+c" = git::https://git.example:8443/a@b.git//x?ref=a%2Fb+c`,
		"git::ssh://git@git.example/charts.git//web":                    `"ssh://git@git.example/charts.git" "web" "HEAD" = git::ssh://git@git.example/charts.git//web`,
		"git::git@git.example:acme/charts.git//./web//x?ref=main":       `"git@git.example:acme/charts.git" "web/x" "main" = git::git@git.example:acme/charts.git//web/x?ref=main`,
		"git::git.example:charts@v1.git?ref=main":                       `"git.example:charts@v1.git" "." "main" = git::git.example:charts@v1.git?ref=main`,
		"git::file:///srv/charts.git//web":                              `"file:///srv/charts.git" "web" "HEAD" = git::file:///srv/charts.git//web`,
		"git::/srv/charts.git?ref=HEAD":                                 `"/srv/charts.git" "." "HEAD" = git::/srv/charts.git`,
		"git::https://h/c?ref=4B825DC642CB6EB9A060E54BF8D69288FBEE4904": `"https://h/c" "." "4b825dc642cb6eb9a060e54bf8d69288fbee4904" = git::https://h/c?ref=4b825dc642cb6eb9a060e54bf8d69288fbee4904, a commit`,

		"git::":                            "The chart has no repository: ",
		"git::?ref=main":                   "The chart has no repository: ",
		"git::../charts.git":               `"../charts.git" is no address of a Git repository: A relative path would be another one on another machine.`,
		"git::git.example/charts.git":      `"git.example/charts.git" is no address of a Git repository: A relative path would be another one on another machine.`,
		"git::https://ann:secret@h/c.git":  "Credentials do not live in a project: The address of the repository has them in it, and everything in a project is committed.",
		"git::HTTPS://secret@h/c.git":      "Credentials do not live in a project: The address of the repository has them in it, and everything in a project is committed.",
		"git::ssh://ann:secret@h/c.git":    "Credentials do not live in a project: The address of the repository has them in it, and everything in a project is committed.",
		"git::ann:secret@h:c.git":          "Credentials do not live in a project: The address of the repository has them in it, and everything in a project is committed.",
		"git::https://h/c.git//../x":       `The directory "../x" leads out of the repository: `,
		"git::https://h/c.git?rev=main":    `A chart in Git has no "rev": Behind the ? stands ref only.`,
		"git::https://h/c.git?ref=":        `"" is no revision: `,
		"git::https://h/c.git?ref=%zz":     `"%zz" is no revision: `,
		"git::https://h/c.git?ref=a&ref=b": `"b" is no revision: `,
		"git::https://h/c.git?ref=v1//web": "The directory of a chart stands before the ?: ",
		"git::https://h/c.git?ref=4b825dc": `"4b825dc" is a part of a commit's id: A server finds a commit by its whole id, by a branch or by a tag.`,
		"git::https://h/my charts.git":     "The address of a chart has a space or a line break in it: ",
	} {
		g, err := ParseGit(source)
		got := fmt.Sprintf("%q %q %q = %s", g.Address, g.Directory, g.Rev, g)
		if g.IsCommit() {
			got += ", a commit"
		}
		if list, ok := diag.Refused(err); ok {
			got = list[0].Summary + ": " + list[0].Detail
			if list[0].Remedy == "" || strings.Contains(fmt.Sprint(list), "secret") {
				t.Errorf("%s: no remedy, or a secret: %+v", source, list)
			}
		} else if again, err := ParseGit(g.String()); err != nil || again != g {
			t.Errorf("%s: read again: %v, %v", source, again, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", source, diff)
		}
	}
}
