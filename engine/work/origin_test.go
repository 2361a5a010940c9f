package work

import "testing"

func TestSplitOrigin(t *testing.T) {
	tests := []struct{ address, url, sub, rev string }{
		{"https://git.example/acme/shop.git@v1.2", "https://git.example/acme/shop.git", "", "v1.2"},
		{"https://git.example/acme/shop.git", "https://git.example/acme/shop.git", "", "HEAD"},
		{"https://ann:p@ss@git.example/shop.git@feature/x", "https://ann:p@ss@git.example/shop.git", "", "feature/x"},
		{"https://git.example/acme/shop.git//deploy/prod@main", "https://git.example/acme/shop.git", "deploy/prod", "main"},
		{"https://git.example/acme/shop.git//deploy/", "https://git.example/acme/shop.git", "deploy", "HEAD"},
		{"git@git.example:acme/shop.git@v1", "git@git.example:acme/shop.git", "", "v1"},
		{"git@git.example:acme/shop.git//deploy@v1", "git@git.example:acme/shop.git", "deploy", "v1"},
		{"ssh://git@git.example:22/acme/shop.git", "ssh://git@git.example:22/acme/shop.git", "", "HEAD"},
		{"file:///srv/shop.git//deploy@0123456789012345678901234567890123456789", "file:///srv/shop.git", "deploy", "0123456789012345678901234567890123456789"},
		{"/srv/shop.git@main", "/srv/shop.git", "", "main"},
		{"../shop//p@main", "../shop", "p", "main"},
		{".", ".", "", "HEAD"},
		{"https://git.example/shop.git@renovate/@types-node", "https://git.example/shop.git", "", "renovate/@types-node"},
		{"https://git.example/shop.git//deploy@renovate/@types-node", "https://git.example/shop.git", "deploy", "renovate/@types-node"},
		{"https://git.example/shop.git//@acme/shop@v1@2", "https://git.example/shop.git", "@acme/shop", "v1@2"},
		{"https://git.example/shop.git//deploy/@acme", "https://git.example/shop.git", "deploy/@acme", "HEAD"},
		{"/srv/job@2/shop@v1", "/srv/job@2/shop", "", "v1"},
		{"/srv/job@2/shop//deploy@v1", "/srv/job@2/shop", "deploy", "v1"},
		{"git@git.example:acme/shop.git@odd@name", "git@git.example:acme/shop.git", "", "odd@name"},
		{"/srv/shop.git@", "/srv/shop.git", "", ""},
	}
	for _, test := range tests {
		if url, sub, rev := splitOrigin(test.address); url != test.url || sub != test.sub || rev != test.rev {
			t.Errorf("%s: %q, %q, %q, want %q, %q, %q", test.address, url, sub, rev, test.url, test.sub, test.rev)
		}
	}
}
