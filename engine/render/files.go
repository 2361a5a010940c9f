package render

import (
	"encoding/base64"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/gobwas/glob"
	"helm.sh/helm/v3/pkg/chart"
)

// files is what templates see as .Files: those of their chart that are neither
// templates nor what Helm reads itself.
type files map[string][]byte

func newFiles(list []*chart.File) files {
	f := make(files, len(list))
	for _, file := range list {
		f[file.Name] = file.Data
	}
	return f
}

// GetBytes returns a file; what does not exist is empty.
func (f files) GetBytes(name string) []byte {
	if data, ok := f[name]; ok {
		return data
	}
	return []byte{}
}

// Get returns a file as a text.
func (f files) Get(name string) string { return string(f.GetBytes(name)) }

// Glob returns the files that match; a pattern that cannot be read matches all.
func (f files) Glob(pattern string) files {
	g, err := glob.Compile(pattern, '/')
	if err != nil {
		g = glob.MustCompile("**")
	}
	matched := files{}
	for name, data := range f {
		if g.Match(name) {
			matched[name] = data
		}
	}
	return matched
}

// AsConfig is a ConfigMap's data. Of two files with one base name the last by
// full name stays; in Helm it is either.
func (f files) AsConfig() string {
	return f.byBase(func(data []byte) string { return string(data) })
}

// AsSecrets is a Secret's data.
func (f files) AsSecrets() string {
	return f.byBase(base64.StdEncoding.EncodeToString)
}

func (f files) byBase(text func([]byte) string) string {
	if f == nil {
		return ""
	}
	m := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(f)) {
		m[path.Base(name)] = text(f[name])
	}
	return toYAML(m)
}

// Lines returns a file's lines.
func (f files) Lines(name string) []string {
	if len(f[name]) == 0 {
		return []string{}
	}
	return strings.Split(strings.TrimSuffix(string(f[name]), "\n"), "\n")
}
