package wire

import (
	"io"
	"net/http"
	"net/url"
	"strings"
)

// MaxRedirects is how often a server may send somebody on.
const MaxRedirects = 10

// SameOrigin tells whether two URLs are of one server: what may be told to one
// may be told to the other.
func SameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

// Protects tells whether a redirect only adds TLS on the same host.
func Protects(from, to *url.URL) bool {
	return from.Scheme == "http" && to.Scheme == "https" && strings.EqualFold(from.Hostname(), to.Hostname()) && from.Port() == "" && to.Port() == ""
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// Discard ends an answer so that its connection can be used again.
func Discard(answer *http.Response) {
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10)
	answer.Body.Close()
}
