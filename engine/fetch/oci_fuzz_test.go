package fetch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-dev/weir/schema/diag"
)

// FuzzPlace: what is accepted can be written again and read as the same, and no
// password comes out of what is not.
func FuzzPlace(f *testing.F) {
	for _, source := range []string{
		"oci://registry.example/charts/app", "oci://localhost:5000/app:1.0.0", "oci://r.example/a@sha256:" + strings.Repeat("0", 64),
		"oci://r.example/a:1.0.0+b@sha256:" + strings.Repeat("f", 64), "oci://ann:geheim@r.example/a", "oci://[::1]:5000/a", "oci://", "a/b",
	} {
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source string) {
		at, err := parsePlace(source)
		if err != nil {
			if _, ok := diag.Refused(err); !ok {
				t.Errorf("%q: %v is no refusal", source, err)
			}
			return
		}
		again := at.chart()
		if at.tag != "" {
			again += ":" + at.tag
		}
		if at.digest != "" {
			again = at.chart() + "@" + at.digest
		}
		same, err := parsePlace(again)
		if err != nil || same.Reference != at.Reference || same.digest != at.digest || strings.Contains(at.Registry, "@") {
			t.Errorf("%q is %+v, %q is %+v (%v)", source, at, again, same, err)
		}
	})
}

// FuzzLogins: no file with logins makes its reader fail other than by saying what
// is wrong, and nothing of what is in the file is said.
func FuzzLogins(f *testing.F) {
	for _, text := range []string{
		`{"auths":{"r.example":{"auth":"YW5uOmdlaGVpbQ=="}}}`, `{"auths":{"r.example":{"auth":"geheim"}}}`, `{"auths":{"r.example":{"password":1}}}`,
		`{"auths":{"https://r.example/v1/":{"identitytoken":"geheim"}}}`, `{"auths":null,"credsStore":""}`, `{"auths":{"r.example/charts":null}}`, `[]`, `{`,
	} {
		f.Add(text)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(dir, "config.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		config, err := readLogins(path)
		if err == nil && config.CredsStore == "" && len(config.CredHelpers) == 0 { // no programs
			_, err = config.login(t.Context(), "r.example", "r.example", "charts/app")
		}
		list, ok := diag.Refused(err)
		if err != nil && !ok {
			t.Errorf("%v is no refusal", err)
		}
		for _, d := range list {
			if strings.Contains(d.Summary+d.Detail+d.Remedy, "geheim") {
				t.Errorf("a password is shown: %+v", d)
			}
		}
	})
}
