package schema

import (
	"strings"

	"github.com/weir-dev/weir/schema/diag"
)

// unshown is a place whose text is not shown.
func unshown(at diag.Range) diag.Range {
	at.Text, at.Start.Column, at.End.Column = hidden, 0, 0
	return at
}

// isURL tells the URL of a chart from its other references.
func isURL(s string) bool {
	return strings.HasPrefix(s, "oci://") || strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://")
}

// gitSecret tells whether the reference of a chart in Git may have a credential
// in it: before its host, or as a parameter that is no slip of the pen.
func gitSecret(source string) bool {
	address, query, _ := strings.Cut(strings.TrimPrefix(source, "git::"), "?")
	if hasLogin(address) {
		return true
	}
	for part := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(part, "=")
		if query != "" && name != "ref" && diag.Nearest(name, []string{"ref"}) == "" {
			return true
		}
	}
	return false
}
