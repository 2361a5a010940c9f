package state_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/state"
)

const sha, sha2 = "c0ffee0000000000000000000000000000000001", "c0ffee0000000000000000000000000000000002"

// written is a message as Weir writes it.
const written = `hydrate(dev,prod): web changed, old removed

dev/web: changed, web 1.0.0→1.1.0; objects: 2 changed
prod/old: removed, old 3; objects: 4 removed
prod/plain: created; objects: 1 created

Hydrated-From: git@git.example:acme/shop.git@` + sha + `
Hydrated-By: weir/1.2.3
Hydrated-Release: dev/web changed web@1.1.0+build.5
Hydrated-Release: prod/old removed
Hydrated-Release: prod/plain created
`

func TestParseTrailers(t *testing.T) {
	source := state.Source{URL: "git@git.example:acme/shop.git", Commit: sha}
	whole := state.Trailers{
		Sources:  []state.Source{source},
		Versions: []string{"1.2.3"},
		Releases: []state.TrailerRelease{
			{Key: key("dev/web"), Status: state.Changed, Chart: "web", Version: "1.1.0+build.5"},
			{Key: key("prod/old"), Status: state.Removed},
			{Key: key("prod/plain"), Status: state.Created},
		},
	}
	indent := func(prefix string) string {
		return prefix + strings.ReplaceAll(strings.TrimSuffix(written, "\n"), "\n", "\n"+prefix) + "\n"
	}
	two := whole
	two.Sources = []state.Source{source, {URL: "https://git.example/shop", Commit: sha2}}
	two.Versions = []string{"1.2.3", "1.3.0"}
	two.Releases = append(whole.Releases[:3:3], state.TrailerRelease{Key: key("dev/web"), Status: state.Changed, Chart: "web", Version: "1.2.0"})
	second := "Hydrated-From: https://git.example/shop@" + sha2 + "\nHydrated-By: weir/1.3.0\nHydrated-Release: dev/web changed web@1.2.0\n"
	tests := []struct {
		name, message string
		want          state.Trailers
	}{
		{"as written", written, whole},
		{"CRLF", strings.ReplaceAll(written, "\n", "\r\n"), whole},
		{"CR at the end of a wrapped line", "Hydrated-From:\r\n  " + sha + "\r\n", state.Trailers{Sources: []state.Source{{Commit: sha}}}},
		{"git merge --squash", "Squashed commit of the following:\n\ncommit " + sha2 + "\nAuthor: A <a@b>\nDate:   now\n\n" + indent("    "), whole},
		{"a merge request's title above", "Merge branch 'weir/prod' into 'main'\n\n" + written + "\nSee merge request acme/state!12\n", whole},
		{"bullets", "Hydrate (#12)\n\n* " + written + "\n\n* bump\n\n" + second, two},
		{"a bullet per line", indent("* "), whole},
		{"quoted", indent("> "), whole},
		{"the same twice", written + written, whole},
		{"trailers after ours", written + "Signed-off-by: A <a@b>\nCo-authored-by: B <b@c>\n", whole},
		{"case and spaces", "hydrated-by :  weir/1 \nHYDRATED-RELEASE: dev/web created\n", state.Trailers{
			Versions: []string{"1"}, Releases: []state.TrailerRelease{{Key: key("dev/web"), Status: state.Created}}}},
		{"wrapped", "Hydrated-From:\nhttps://git.example/a@" + sha + "\nHydrated-Release: dev/web changed\nweb@1.0.0\nHydrated-Release: dev/x changed\nHydrated-By: weir/1\n", state.Trailers{
			Sources:  []state.Source{{URL: "https://git.example/a", Commit: sha}},
			Versions: []string{"1"},
			Releases: []state.TrailerRelease{{Key: key("dev/web"), Status: state.Changed, Chart: "web", Version: "1.0.0"}, {Key: key("dev/x"), Status: state.Changed}}}},
		{"a chart with spaces and signs", "Hydrated-Release: dev/web changed my @ chart@1\n", state.Trailers{
			Releases: []state.TrailerRelease{{Key: key("dev/web"), Status: state.Changed, Chart: "my @ chart", Version: "1"}}}},
		{"uncommitted changes", "Hydrated-From: https://git.example/a@" + sha + "-dirty", state.Trailers{Sources: []state.Source{{URL: "https://git.example/a", Commit: sha, Dirty: true}}}},
		{"uncommitted changes, nowhere else", "Hydrated-From: " + sha + "-dirty", state.Trailers{Sources: []state.Source{{Commit: sha, Dirty: true}}}},
		{"SHA-256", "Hydrated-From: " + strings.Repeat("ab", 32), state.Trailers{Sources: []state.Source{{Commit: strings.Repeat("ab", 32)}}}},
		{"nothing", "Fix it by hand\n", state.Trailers{}},
		{"malformed", strings.Join([]string{
			"Hydrated-From: main", "Hydrated-From: https://x@main", "Hydrated-From: a b@" + sha, "Hydrated-From: \x1b[31m@" + sha,
			"Hydrated-By: helm/3", "Hydrated-By: weir/", "Hydrated-By: weir/1 2",
			"Hydrated-Release: web changed", "Hydrated-Release: dev/web broken", "Hydrated-Release: ../web changed", "Hydrated-Release: dev/_x changed",
			"Hydrated-Release: dev/web unchanged", "Hydrated-Release:", "Hydrated", "See Hydrated-By: weir/1", "",
		}, "\n"), state.Trailers{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, state.ParseTrailers(test.message)); diff != "" {
				t.Errorf("trailers (-want +got):\n%s", diff)
			}
		})
	}
	if got := strings.Join(whole.Environments(), " "); got != "dev prod" {
		t.Errorf("environments: %s", got)
	}
}

// FuzzParseTrailers holds that whatever is read from a message can be written
// as a message that says the same.
func FuzzParseTrailers(f *testing.F) {
	f.Add(written)
	f.Add("Hydrated-From:\n@" + sha)
	f.Add("Hydrated-Release: a/b changed\nHydrated-Release: a/b changed x@y@z")
	f.Fuzz(func(t *testing.T, message string) {
		read := state.ParseTrailers(message)
		var b strings.Builder
		for _, s := range read.Sources {
			b.WriteString("Hydrated-From: " + s.String() + "\n\n")
		}
		for _, v := range read.Versions {
			b.WriteString("Hydrated-By: weir/" + v + "\n\n")
		}
		for _, r := range read.Releases {
			b.WriteString("Hydrated-Release: " + r.String() + " " + string(r.Status))
			if r.Chart != "" {
				b.WriteString(" " + r.Chart + "@" + r.Version)
			}
			b.WriteString("\n\n")
		}
		if diff := cmp.Diff(read, state.ParseTrailers(b.String())); diff != "" {
			t.Errorf("written again (-first +second):\n%s\n%s", diff, b.String())
		}
	})
}
