package remote

import (
	"net/url"
	"path"
	"strings"
)

// Comparable is an address in a form to compare, however the repository is reached:
// host and path, or a path.
func Comparable(address string) string {
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		host := strings.TrimSuffix(u.Host, ":"+map[string]string{"https": "443", "http": "80", "ssh": "22"}[u.Scheme])
		return withoutSuffix(strings.ToLower(host + "/" + strings.Trim(u.Path, "/")))
	}
	if host, path, ok := strings.Cut(address, ":"); ok && !strings.Contains(host, "/") && !strings.HasPrefix(path, "//") {
		host = host[strings.LastIndexByte(host, '@')+1:]
		return withoutSuffix(strings.ToLower(host + "/" + strings.Trim(path, "/")))
	}
	return withoutSuffix(path.Clean(strings.TrimPrefix(address, "file://")))
}

func withoutSuffix(name string) string { return strings.TrimSuffix(name, ".git") }
