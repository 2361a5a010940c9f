package site

import "testing"

func TestIsRelative(t *testing.T) {
	for address, relative := range map[string]bool{
		"state.git": true, "../state.git": true, "./a:b": true,
		"/srv/state.git": false, "file:///srv/state.git": false, "https://git.example/state": false, "git@git.example:state.git": false,
	} {
		if got := isRelative(address); got != relative {
			t.Errorf("%q: %v", address, got)
		}
	}
}
