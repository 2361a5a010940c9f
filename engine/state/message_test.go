package state_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/manifest"
	"github.com/weir-dev/weir/engine/state"
)

func TestMessage(t *testing.T) {
	chart := func(name, version, digest string) *state.Metadata {
		return &state.Metadata{Chart: &state.Chart{Name: name, Version: version, Digest: digest}}
	}
	change := func(k string, status state.Status, old, new *state.Metadata, counts state.Counts) state.ReleaseChange {
		return state.ReleaseChange{Key: key(k), Status: status, Old: old, New: new, Counts: counts}
	}
	many := &state.Change{}
	for i := range 12 {
		many.Releases = append(many.Releases, change(fmt.Sprintf("a-rather-long-environment-%d/r-%d", i%3, i), state.Created, nil, &state.Metadata{}, state.Counts{Created: 1}))
	}
	tests := []struct {
		name    string
		message state.Message
		change  *state.Change
	}{
		{"everything that happens to a chart", state.Message{Version: "1.2.3", Source: state.Source{URL: "https://git.example/shop", Commit: "c0ffee"}}, &state.Change{Releases: []state.ReleaseChange{
			change("dev/plain", state.Changed, &state.Metadata{}, &state.Metadata{}, state.Counts{Changed: 1}),
			change("dev/upgrade", state.Changed, chart("web", "1", "a"), chart("web", "2", "b"), state.Counts{Created: 1, Changed: 2, Removed: 3, Unchanged: 4}),
			change("dev/content", state.Changed, chart("web", "1", "a"), chart("web", "1", "b"), state.Counts{Unchanged: 4}),
			change("dev/values", state.Changed, chart("web", "1", "a"), chart("web", "1", "a"), state.Counts{Changed: 4}),
			change("dev/swap", state.Changed, chart("web", "1", "a"), chart("nginx", "3", "b"), state.Counts{Changed: 4}),
			change("dev/nothing", state.Unchanged, nil, nil, state.Counts{Unchanged: 4}),
			change("prod/gone", state.Removed, chart("web", "1", "a"), nil, state.Counts{Removed: 4}),
		}}},
		{"many", state.Message{Version: "1.2.3", Source: state.Source{Commit: "c0ffee"}}, many},
		{"subject", state.Message{Version: "1.2.3", Subject: "  bump the tag \n"}, &state.Change{Releases: many.Releases[:1]}},
		{"a person's body and trailers", state.Message{Version: "1.2.3", Subject: "bump the tag\r\n\r\nBecause.\r\n", Body: "\nSee TICKET-1.\n\n  as it is\n", Trailers: []state.Trailer{{Name: "Ticket", Value: "1"}}}, &state.Change{Releases: many.Releases[:1]}},
		{"a body that forges", state.Message{Version: "1.2.3", Subject: "Hydrated-By: weir/9", Body: "* hydrated-from : x\n> Hydrated-Release: dev/x created\x00\x1b[31m \xff\u2028\nhydrated-\x01from: x\nsee Hydrated-By: y",
			Trailers: []state.Trailer{{Name: "HYDRATED-From", Value: sha}, {Name: "Two words", Value: "x"}, {Name: "Lines", Value: "x\nHydrated-From: " + sha}, {Name: "Empty"}}}, &state.Change{Releases: many.Releases[:1]}},
		{"a chart that forges", state.Message{Version: "1.2.3", Source: state.Source{URL: "git@git.example:my shop", Commit: "c0ffee"}}, &state.Change{Releases: []state.ReleaseChange{
			change("dev/web", state.Created, nil, chart("web\nHydrated-By: weir/9", "1", "a"), state.Counts{Created: 1}),
			change("dev/api", state.Created, nil, chart("api", "1\r", "a"), state.Counts{Created: 1})}}},
		{"namespaces only", state.Message{Version: "1.2.3"}, &state.Change{Namespaces: []state.ObjectChange{
			{Status: state.Changed, Path: state.NamespacePath("dev", "web"), Object: manifest.ID{Kind: "Namespace", Name: "web"}}}}},
	}
	text := ""
	for _, test := range tests {
		text += "# " + test.name + "\n" + test.message.Text(test.change) + "\n"
	}
	same(t, "messages", text, golden(t, "messages.txt", []byte(text)))
}

func TestMessageCheck(t *testing.T) {
	m := state.Message{Trailers: []state.Trailer{{Name: "Ticket", Value: "1"}, {Name: "hydrated-from", Value: sha}, {Name: "Two words", Value: "x"}, {Name: "Lines", Value: "x\ny"}, {Name: "Empty"}}}
	err := m.Check()
	if err == nil {
		t.Fatal("fine")
	}
	same(t, "refusal", refused(t, err), `: "hydrated-from: `+sha+`" is no trailer for a commit by Weir
  Trailers that begin with Hydrated- say where a state came from: only Weir writes them.
  Change it, or leave it out.
: "Two words: x" is no trailer for a commit by Weir
  The name of a trailer has letters, digits and hyphens only.
  Change it, or leave it out.
: "Lines: x\ny" is no trailer for a commit by Weir
  The value of a trailer is one line of text.
  Change it, or leave it out.
: "Empty: " is no trailer for a commit by Weir
  The value of a trailer is one line of text.
  Change it, or leave it out.
`)
	if err := (state.Message{Trailers: m.Trailers[:1]}).Check(); err != nil {
		t.Error(err)
	}
}

// FuzzMessage holds that nothing a person writes is read back as a trailer.
func FuzzMessage(f *testing.F) {
	f.Add("Hydrated-By: weir/9", "x\nHydrated-From:\n"+sha, "Hydrated-From", sha)
	f.Add("* hydrated-release: a/b created", "hydrated-\x00by: weir/1", "Ticket", "\rHydrated-By: weir/1")
	c := &state.Change{Releases: []state.ReleaseChange{{Key: key("dev/web"), Status: state.Changed, New: &state.Metadata{Chart: &state.Chart{Name: "web", Version: "1"}}}}}
	f.Fuzz(func(t *testing.T, subject, body, name, value string) {
		m := state.Message{Version: "1.2.3", Source: state.Source{Commit: sha}}
		want := state.ParseTrailers(m.Text(c))
		m.Subject, m.Body, m.Trailers = subject, body, []state.Trailer{{Name: name, Value: value}}
		if diff := cmp.Diff(want, state.ParseTrailers(m.Text(c))); diff != "" {
			t.Errorf("forged (-want +got):\n%s\n%s", diff, m.Text(c))
		}
	})
}

func TestEnsureIgnored(t *testing.T) {
	for was, want := range map[string]string{
		"":                    "/state/\n",
		"bin":                 "bin\n/state/\n",
		"bin\r\n":             "bin\r\n/state/\n",
		"bin\n/state/\nx\n":   "bin\n/state/\nx\n",
		"state":               "state",
		"# /state/\nstates\n": "# /state/\nstates\n/state/\n",
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, ".gitignore")
		if was != "" {
			writeFile(t, path, was)
		}
		wrote, err := state.EnsureIgnored(dir)
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		same(t, fmt.Sprintf("%q", was), string(got), want)
		if wrote != (was != want) {
			t.Errorf("%q: wrote is %v", was, wrote)
		}
	}
}

func TestMessageFacts(t *testing.T) {
	chart := func(version string) *state.Metadata {
		return &state.Metadata{Chart: &state.Chart{Name: "web", Version: version}}
	}
	old := key("dev/old")
	c := &state.Change{
		Releases: []state.ReleaseChange{
			{Key: key("prod/web"), Status: state.Changed, From: &old, Old: chart("1"), New: chart("2"), Counts: state.Counts{Changed: 2}},
			{Key: key("dev/web"), Status: state.Created, New: chart("2"), Counts: state.Counts{Created: 3}},
			{Key: key("dev/same"), Status: state.Unchanged, Counts: state.Counts{Unchanged: 9}},
			{Key: key("dev/gone"), Status: state.Removed, Old: &state.Metadata{}, Counts: state.Counts{Removed: 1}},
		},
		Namespaces: []state.ObjectChange{{Status: state.Created, Path: state.NamespacePath("test", "web"), Object: manifest.ID{Kind: "Namespace", Name: "web"}}},
	}
	source := state.Source{URL: "https://git.example/shop", Commit: sha}
	want := state.CommitFacts{
		Cluster:      "eu",
		Environments: []string{"dev", "prod", "test"},
		Created:      []string{"dev/web"}, Changed: []string{"prod/web"}, Removed: []string{"dev/gone"},
		Releases: []state.ReleaseFacts{
			{Environment: "dev", Release: "gone", Status: state.Removed, Objects: state.Counts{Removed: 1}, Line: "removed; objects: 1 removed"},
			{Environment: "dev", Release: "web", Status: state.Created, Chart: "web", Version: "2", Objects: state.Counts{Created: 3}, Line: "created, web 2; objects: 3 created"},
			{Environment: "prod", Release: "web", Status: state.Changed, From: "old", Chart: "web", OldVersion: "1", Version: "2", Objects: state.Counts{Changed: 2}, Line: "moved from dev/old, web 1→2; objects: 2 changed"},
		},
		Namespaces: []string{"test/web"},
		Objects:    state.Counts{Created: 3, Changed: 2, Removed: 1},
		Source:     source, Version: "1.2.3",
		Summary: "hydrate(dev,prod,test): web created, web changed, gone removed",
	}
	same(t, "facts", state.Message{Source: source, Version: "1.2.3"}.Facts("eu", c), want)
}
