package diff

import (
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/weir-dev/weir/engine/manifest"
)

// TestOwned compares two texts: what differs is the same, but for the memory that
// it is in.
func TestOwned(t *testing.T) {
	object := func(text string) manifest.Object {
		body, err := manifest.Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		o, err := manifest.New(body.(map[string]any), manifest.Source{})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	before := object("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  finalizers:\n  - was\ndata:\n  a.yaml: |\n    key: one\n  gone: text\nmore:\n  deep:\n    list:\n    - 1\n    - words\n")
	after := object("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  finalizers:\n  - is\ndata:\n  a.yaml: |\n    key: two\n")
	fields := compareObjects(builtIn().find(before, after), before, after)
	own := owned(fields)
	if d := cmp.Diff(fields, own); d != "" {
		t.Errorf("other fields (-want +got):\n%s", d)
	}
	held := map[*byte]string{}
	for _, s := range texts(fields) {
		held[unsafe.StringData(s)] = s
	}
	for _, s := range texts(own) {
		if held[unsafe.StringData(s)] != "" && s != "" {
			t.Errorf("%q keeps the text that it was read from", s)
		}
	}
	if len(held) < 10 {
		t.Errorf("only %d texts were looked at", len(held))
	}
}

// texts are all strings in fields that come from an object.
func texts(fields []Field) []string {
	var all []string
	var value func(any)
	value = func(v any) {
		switch v := v.(type) {
		case string:
			all = append(all, v)
		case []any:
			for _, item := range v {
				value(item)
			}
		case map[string]any:
			for key, item := range v {
				all = append(all, key)
				value(item)
			}
		}
	}
	for _, f := range fields {
		for _, s := range f.Path {
			all = append(all, s.Key)
			for _, w := range s.Item {
				all = append(all, w.Key)
				value(w.Value)
			}
		}
		value(f.Before)
		value(f.After)
		if f.Inner != nil {
			all = append(all, append(texts(f.Inner.Fields), f.Inner.Text)...)
		}
	}
	return all
}
