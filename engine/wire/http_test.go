package wire_test

import (
	"net/url"
	"testing"

	"github.com/weir-dev/weir/engine/wire"
)

// TestOrigins: who may be told what the other was told.
func TestOrigins(t *testing.T) {
	for _, test := range []struct {
		from, to       string
		same, protects bool
	}{
		{"https://a.example/x", "https://A.example:443/y", true, false},
		{"http://a.example", "http://a.example:80", true, false},
		{"https://a.example", "https://a.example:8443", false, false},
		{"https://a.example", "https://b.example", false, false},
		{"https://a.example", "https://x.a.example", false, false},
		{"http://a.example", "https://A.example", false, true},
		{"https://a.example", "http://a.example", false, false},
		{"http://a.example:8080", "https://a.example", false, false},
		{"http://a.example", "https://a.example:8443", false, false},
		{"http://a.example", "https://b.example", false, false},
		{"http://[::1]:80", "http://[::1]", true, false},
	} {
		from, err := url.Parse(test.from)
		if err != nil {
			t.Fatal(err)
		}
		to, err := url.Parse(test.to)
		if err != nil {
			t.Fatal(err)
		}
		if same := wire.SameOrigin(from, to); same != test.same {
			t.Errorf("SameOrigin(%s, %s) = %t", from, to, same)
		}
		if protects := wire.Protects(from, to); protects != test.protects {
			t.Errorf("Protects(%s, %s) = %t", from, to, protects)
		}
	}
}
