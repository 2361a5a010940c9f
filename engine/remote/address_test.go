package remote_test

import (
	"strings"
	"testing"

	"github.com/weir-dev/weir/engine/remote"
)

func TestAddresses(t *testing.T) {
	p := newPlace(t)
	tests := []struct{ given, want string }{
		{"state.git", "state.git"},
		{"../state.git", "../state.git"},
		{"/srv/git/state.git", "/srv/git/state.git"},
		{"./a:b", "./a:b"}, // a slash before the colon
		{`C:\git\state`, `C:\git\state`},
		{"file:///srv/git/with%20space.git", "file:///srv/git/with%20space.git"},
		{"file://localhost/srv/git", "file:///srv/git"},
		{"https://git.example.com/team/state.git", "https://git.example.com/team/state.git"},
		{"HTTPS://Git.Example.com:8443/team/state.git/", "https://git.example.com:8443/team/state.git"},
		{"https://ann:secret@git.example.com/state", "https://git.example.com/state"},
		{"https://secret@git.example.com/state", "https://git.example.com/state"}, // a token, as likely as a name
		{"http://[::1]:80/state", "http://[::1]:80/state"},
		{"ssh://git@git.example.com/state.git", "ssh://git@git.example.com/state.git"},
		{"ssh://git:secret@git.example.com:2222/~ann/state.git", "ssh://git@git.example.com:2222/~ann/state.git"},
		{"git+ssh://git.example.com/state.git", "ssh://git.example.com/state.git"},
		{"git@git.example.com:team/state.git", "git@git.example.com:team/state.git"},
		{"git.example.com:/srv/state.git", "git.example.com:/srv/state.git"},
		{"git@[::1]:state.git", "git@[::1]:state.git"},
	}
	for _, test := range tests {
		r, err := remote.New(test.given, p.dir, nil)
		if err != nil {
			t.Errorf("%s: %s", test.given, p.said(err))
			continue
		}
		p.same(test.given, r.String(), test.want)
	}
}

// TestID is what tells repositories apart: where a path leads to, and no
// credential.
func TestID(t *testing.T) {
	p := newPlace(t)
	tests := []struct{ given, want string }{
		{"../state.git", "file:///srv/state.git"},
		{"file:///srv/state.git", "file:///srv/state.git"},
		{"https://ann:secret@Git.Example.com/state/", "https://git.example.com/state"},
		{"git@git.example.com:team/state.git", "ssh://git@git.example.com/team/state.git"},
		{"ssh://git:secret@git.example.com:2222/team/state.git", "ssh://git@git.example.com:2222/team/state.git"},
	}
	for _, test := range tests {
		r, err := remote.New(test.given, "/srv/project", nil)
		if err != nil {
			t.Fatalf("%s: %v", test.given, err)
		}
		p.same(test.given, r.ID(), test.want)
	}
}

func TestBadAddresses(t *testing.T) {
	p := newPlace(t)
	given := []string{
		"",
		"a\nb",
		"git://git.example.com/state",
		"htps://ann:secret@git.example.com/state",
		"ftp://git.example.com/state",
		"ext::sh -c x",
		"https://",
		"https://git.example.com",
		"https://git.example.com/state?token=secret",
		"https://ann:sec%ret/secret@git.example.com/state",
		"https://ann:secret@git.example.com:port/state",
		"https://ann:secret/state",
		"file://server/state",
		"ssh://-oProxyCommand=x/state",
		"-oProxyCommand=x:state",
		"git@git.example.com:",
		"ann:secret@git.example.com:state.git",
	}
	var b strings.Builder
	for _, g := range given {
		_, err := remote.New(g, p.dir, nil)
		b.WriteString(p.said(err) + "---\n")
	}
	p.golden("addresses", b.String())
}
