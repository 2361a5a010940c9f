package schema

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/weir-dev/weir/schema/diag"
)

// SecretParameter is the first parameter of a URL's query, by name, that is
// called as credentials are: a signature, a token. Empty where there is none.
func SecretParameter(u *url.URL) string {
	for _, name := range slices.Sorted(maps.Keys(u.Query())) {
		for _, secret := range []string{"token", "signature", "sig", "key", "secret", "password", "auth", "credential"} {
			if strings.Contains(strings.ToLower(name), secret) {
				return name
			}
		}
	}
	return ""
}

// unshown is a place whose text is not shown.
func unshown(at diag.Range) diag.Range {
	at.Text, at.Start.Column, at.End.Column = hidden, 0, 0
	return at
}
