package order

import "testing"

func TestSameProject(t *testing.T) {
	tests := []struct {
		one, other string
		same       bool
	}{
		{"https://git.example/acme/shop.git", "https://git.example/acme/shop", true},
		{"https://git.example/acme/shop.git", "git@git.example:acme/shop.git", true},
		{"https://git.example:443/acme/shop/", "ssh://git@GIT.example/Acme/Shop.git", true},
		{"https://git.example/acme/shop", "https://git.example:8443/acme/shop", false},
		{"https://git.example/acme/shop", "https://git.example/acme/shop2", false},
		{"https://git.example/acme/shop", "https://other.example/acme/shop", false},
		{"/srv/shop.git", "file:///srv/shop", true},
		{"/srv/shop", "/srv/Shop", false},
		{"", "", false}, // nobody knows
		{"", "https://git.example/acme/shop", false},
	}
	for _, test := range tests {
		if same := sameProject(test.one, test.other); same != test.same {
			t.Errorf("%q and %q: %v", test.one, test.other, same)
		}
	}
}
