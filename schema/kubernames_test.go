package schema

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestKubernetesNames(t *testing.T) {
	long := strings.Repeat("a", 63)
	for key, want := range map[string]bool{
		"a": true, "A_b.c-9": true, long: true, "example.com/a": true, strings.Repeat("a.", 126) + "a/b": true,
		"": false, "-a": false, "a-": false, "a b": false, "ä": false, "a\n": false, long + "a": false,
		"/a": false, "a/": false, "a/b/c": false, "Example.com/a": false, "a_b/c": false, strings.Repeat("a.", 127) + "a/b": false,
	} {
		if d := cmp.Diff(want, notQualifiedName(key) == ""); d != "" {
			t.Errorf("key %q: (-want +got)\n%s", key, d)
		}
	}
	for value, want := range map[string]bool{
		"": true, "a": true, "A_b.c-9": true, long: true,
		"-a": false, "a-": false, "a b": false, "a/b": false, "a\n": false, long + "a": false,
	} {
		if d := cmp.Diff(want, notLabelValue(value) == ""); d != "" {
			t.Errorf("value %q: (-want +got)\n%s", value, d)
		}
	}
}
