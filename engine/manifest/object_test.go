package manifest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func decode(t *testing.T, text string) m {
	t.Helper()
	tree, err := Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return tree.(m)
}

func object(t *testing.T, text string) Object {
	t.Helper()
	o, err := New(decode(t, text), Source{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestNewRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"kind: A\nmetadata: {name: a}":                                           "apiVersion is missing or no string",
		"apiVersion: 1\nkind: A":                                                 "apiVersion is missing or no string",
		"apiVersion: v1\nmetadata: {name: a}":                                    "kind is missing or no string",
		"apiVersion: v1\nkind: A":                                                "metadata.name is missing or no string",
		"apiVersion: v1\nkind: A\nmetadata: {name: 1}":                           "metadata.name is missing or no string",
		"apiVersion: v1\nkind: A\nmetadata: []":                                  "metadata.name is missing or no string",
		"apiVersion: v1\nkind: A\nmetadata: {generateName: a-}":                  "metadata.generateName makes a new object at every sync: it needs a metadata.name",
		"apiVersion: v1\nkind: A\nmetadata: {annotations: {helm.sh/hook: test}}": "metadata.name is missing or no string",

		"apiVersion: v1\nkind: A\nmetadata: {name: A/../b}":                                        `metadata.name is "A/../b"; no name may hold "/"`,
		"apiVersion: v1\nkind: A\nmetadata: {name: 50%}":                                           `metadata.name is "50%"; no name may hold "%"`,
		"apiVersion: v1\nkind: A\nmetadata: {name: ..}":                                            `metadata.name is ".."; no object may be called that`,
		"apiVersion: v1\nkind: A\nmetadata: {name: .}":                                             `metadata.name is "."; no object may be called that`,
		"apiVersion: v1\nkind: ../x\nmetadata: {name: a}":                                          `kind is "../x"; a kind is a word of letters and digits, such as ConfigMap`,
		"apiVersion: v1\nkind: 3D\nmetadata: {name: a}":                                            `kind is "3D"; a kind is a word of letters and digits, such as ConfigMap`,
		"apiVersion: v1\nkind: \"Config Map\"\nmetadata: {name: a}":                                `kind is "Config Map"; a kind is a word of letters and digits, such as ConfigMap`,
		"apiVersion: a/b/v1\nkind: A\nmetadata: {name: a}":                                         `apiVersion is "a/b/v1"; it is written <group>/<version>, as in apps/v1, or v1`,
		"apiVersion: a/\nkind: A\nmetadata: {name: a}":                                             `apiVersion is "a/"; it is written <group>/<version>, as in apps/v1, or v1`,
		"apiVersion: /v1\nkind: A\nmetadata: {name: a}":                                            `apiVersion is "/v1"; it is written <group>/<version>, as in apps/v1, or v1`,
		"apiVersion: \" v1\"\nkind: A\nmetadata: {name: a}":                                        `apiVersion is " v1"; it is written <group>/<version>, as in apps/v1, or v1`,
		"apiVersion: Apps_/v1\nkind: A\nmetadata: {name: a}":                                       `apiVersion is "Apps_/v1"; it is written <group>/<version>, as in apps/v1, or v1`,
		"apiVersion: ../v1\nkind: A\nmetadata: {name: a}":                                          `apiVersion is "../v1"; it is written <group>/<version>, as in apps/v1, or v1`,
		"apiVersion: \"1.0\"\nkind: A\nmetadata: {name: a}":                                        `apiVersion is "1.0"; it is written <group>/<version>, as in apps/v1, or v1`,
		"apiVersion: v1\nkind: A\nmetadata: {name: a, namespace: ../b}":                            `metadata.namespace is "../b"; a namespace has up to 63 lower-case letters, digits and hyphens`,
		"apiVersion: v1\nkind: A\nmetadata: {name: a, namespace: A}":                               `metadata.namespace is "A"; a namespace has up to 63 lower-case letters, digits and hyphens`,
		"apiVersion: v1\nkind: A\nmetadata: {name: a, namespace: a-}":                              `metadata.namespace is "a-"; a namespace has up to 63 lower-case letters, digits and hyphens`,
		"apiVersion: v1\nkind: A\nmetadata: {name: a, namespace: 1}":                               `metadata.namespace is no string`,
		"apiVersion: v1\nkind: A\nmetadata: {generateName: a/, annotations: {helm.sh/hook: test}}": `metadata.generateName is "a/"; no name may hold "/"`,
	} {
		_, err := New(decode(t, text), Source{})
		if err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

// TestNewTakes what an API server may take: the rule for names is that of all
// kinds, not of most.
func TestNewTakes(t *testing.T) {
	for text, want := range map[string]string{
		"apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: \"system:a B_é\"}":  "ClusterRole.rbac.authorization.k8s.io system:a B_é",
		"apiVersion: v1\nkind: A\nmetadata: {name: ...}":                                                   "A ...",
		"apiVersion: v1\nkind: A\nmetadata: {name: a, namespace: null}":                                    "A a",
		"apiVersion: v1\nkind: A\nmetadata: {name: a, namespace: \"\"}":                                    "A a",
		"apiVersion: v1\nkind: A\nmetadata: {name: a, namespace: 1-a}":                                     "A 1-a/a",
		"apiVersion: a.1-b.c/v1alpha1\nkind: My-Kind_2\nmetadata: {name: \"1\"}":                           "My-Kind_2.a.1-b.c 1",
		"apiVersion: v1\nkind: A\nmetadata: {generateName: ., annotations: {helm.sh/hook: test}}":          "A .",
		"apiVersion: v1\nkind: A\nmetadata: {name: a, generateName: /, annotations: {helm.sh/hook: test}}": "A a",
	} {
		if got := object(t, text).ID.String(); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

func TestNewNamesAHookByItsGenerateName(t *testing.T) {
	o := object(t, "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: a-, namespace: web, annotations: {helm.sh/hook: test}}")
	if got, want := o.ID.String(), "Job.batch web/a-"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestHookOf(t *testing.T) {
	for _, c := range []struct {
		name, annotations string
		want              *Hook
	}{
		{"none", "{a: b}", nil},
		{"one", "{helm.sh/hook: pre-install}", &Hook{Phases: []string{"pre-install"}}},
		{
			"several, in the order of the documentation",
			`{helm.sh/hook: " post-upgrade,PRE-install , post-install,pre-install", helm.sh/hook-weight: "-5", helm.sh/hook-delete-policy: "Hook-Succeeded, before-hook-creation"}`,
			&Hook{Phases: []string{"pre-install", "post-install", "post-upgrade"}, Weight: -5, DeletePolicies: []string{"hook-succeeded", "before-hook-creation"}},
		},
		{"unquoted weight", "{helm.sh/hook: pre-delete, helm.sh/hook-weight: 3}", &Hook{Phases: []string{"pre-delete"}, Weight: 3}},
		{"no weight", "{helm.sh/hook: pre-delete, helm.sh/hook-weight: high}", &Hook{Phases: []string{"pre-delete"}}},
		{"tests of Helm 2", `{helm.sh/hook: "test-success,test"}`, &Hook{Phases: []string{"test"}}},
		{"unknown", `{helm.sh/hook: "pre-install, crd-install"}`, &Hook{Unknown: `"crd-install"`}},
		{"failing tests of Helm 2", "{helm.sh/hook: test-failure}", &Hook{Unknown: `"test-failure"`}},
		{"empty", `{helm.sh/hook: ""}`, &Hook{Unknown: `""`}},
		{"not a string", "{helm.sh/hook: true}", &Hook{Unknown: `"true"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := HookOf(decode(t, "metadata: {annotations: "+c.annotations+"}"))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestExpand(t *testing.T) {
	tree := decode(t, `
apiVersion: v1
kind: List
items:
- kind: A
- kind: RoleList
  items: [{kind: B}, {kind: List, items: [{kind: C}]}, null]
- kind: AllowList
  spec: {items: [1]}
- kind: Web
  items: [{kind: D}]
- kind: List
  items: []
`)
	want := []any{m{"kind": "A"}, m{"kind": "B"}, m{"kind": "C"}, nil, m{"kind": "AllowList", "spec": m{"items": l{int64(1)}}}, m{"kind": "Web", "items": l{m{"kind": "D"}}}}
	if diff := cmp.Diff(want, Expand(tree)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestBodyIsTheCallersOwn(t *testing.T) {
	const text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: v\nlist:\n- a: 1\n"
	for name, o := range map[string]Object{"tree": object(t, text), "sealed": object(t, text).Sealed()} {
		body := o.Body()
		body["metadata"].(m)["name"] = "b"
		body["list"].(l)[0].(m)["a"] = "b"
		if diff := cmp.Diff(text, string(o.Bytes())); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

func TestMemo(t *testing.T) {
	text := []byte("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n")
	a := []Object{object(t, string(text))}
	memo := NewMemo(8 << 10)
	key := KeyOf(text, "web")
	if _, ok := memo.Get(key, Source{}); ok {
		t.Error("an empty memo has the document")
	}
	memo.Put(key, a)
	got, ok := memo.Get(key, Source{File: "templates/b.yaml", Line: 3})
	if !ok || len(got) != 1 || got[0].ID != a[0].ID || string(got[0].Bytes()) != string(text) || got[0].Source != (Source{File: "templates/b.yaml", Line: 3}) {
		t.Errorf("got %+v, %v", got, ok)
	}
	for _, other := range []MemoKey{KeyOf(text), KeyOf(text, "db"), KeyOf(text, "web", ""), KeyOf(text, "we", "b"), KeyOf(text[1:], "web")} {
		if _, ok := memo.Get(other, Source{}); ok {
			t.Error("another key finds the document")
		}
	}
	kept := 0
	for i := range 100 {
		memo.Put(KeyOf(text, string(rune('a'+i))), a)
		if _, ok := memo.Get(key, Source{}); !ok {
			t.Fatalf("the document is forgotten after %d others, though it was asked for", i)
		}
	}
	for i := range 100 {
		if _, ok := memo.young[KeyOf(text, string(rune('a'+i)))]; ok {
			kept++
		}
		if _, ok := memo.old[KeyOf(text, string(rune('a'+i)))]; ok {
			kept++
		}
	}
	if kept > 16 {
		t.Errorf("%d documents of more than 500 bytes in 8 KiB", kept)
	}
	var none *Memo
	none.Put(key, a)
	if _, ok := none.Get(key, Source{}); ok {
		t.Error("no memo has the document")
	}
}
