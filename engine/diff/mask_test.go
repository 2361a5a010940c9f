package diff

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/weir-dev/weir/engine/manifest"
)

// everything is all that a person could get to see of a release.
func everything(t *testing.T, r Release) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(fmt.Sprintf("%v\n%+v\n%#v\n", r, r, r))
	for _, c := range r.Changes {
		text, err := json.Marshal(c.Fields)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
		fmt.Fprintln(&b, c.Before.ID, c.After.ID, c.Before.Source, c.After.Source)
		if c.Before.ID.Kind != "" {
			b.Write(c.Before.Bytes())
		}
		if c.After.ID.Kind != "" {
			b.Write(c.After.Bytes())
		}
		if c.Before.ID.Kind != "" && c.After.ID.Kind != "" {
			b.WriteString(unified(c.Before.Bytes(), c.After.Bytes(), -1))
		}
		b.WriteString(show(c.Fields))
	}
	for _, v := range []*Version{r.Pair.Before, r.Pair.After} {
		if v != nil {
			fmt.Fprintf(&b, "%+v", *v)
			for o := range v.Objects.All() {
				b.Write(o.Bytes())
			}
		}
	}
	return b.String()
}

func TestMaskSecrets(t *testing.T) {
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	secret := func(name, data string) string {
		return "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: " + name + "\n" + data
	}
	applied := func(password string) string {
		return "  annotations:\n    other: uses " + password + "\n    kubectl.kubernetes.io/last-applied-configuration: |\n      {\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"a\"},\"data\":{\"pin\":\"" + b64("123") + "\"},\"stringData\":{\"p\":\"" + password + "\"}}\n"
	}
	before := secret("a", applied("hunter-one")+"data: {same: "+b64("stays-the-same")+", changes: "+b64("first-value")+", goes: "+b64("gone-value")+"}\nstringData: {p: hunter-one, number: 7654}\n") +
		secret("all", "data: {x: "+b64("all-of-it")+"}\n") +
		secret("b", "type: Opaque\n") +
		secret("odd", "data: [listed-secret, {deep: deep-secret}]\n") +
		"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  plain: text\n  manifest.yaml: |\n    kind: Secret\n    apiVersion: v1\n    stringData: {q: inside-of-a-text}\n" +
		"---\napiVersion: example.com/v1\nkind: Bundle\nmetadata: {name: d}\nspec: {objects: [{apiVersion: v1, kind: Secret, data: {a: embedded-one}}], data: [1]}\n"
	after := secret("a", applied("hunter-two")+"data: {same: "+b64("stays-the-same")+", changes: "+b64("second-value")+", comes: "+b64("come-value")+"}\nstringData: {p: hunter-two, number: 7655}\n") +
		secret("b", "type: Opaque\ndata: {whole: "+b64("whole-map")+"}\n") +
		secret("fresh", "data: {y: "+b64("fresh-value")+"}\n") +
		secret("odd", "data: [listed-other, {deep: deep-other}]\n") +
		"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  plain: texts\n  manifest.yaml: |\n    kind: Secret\n    apiVersion: v1\n    stringData: {q: another-in-a-text}\n" +
		"---\napiVersion: example.com/v1\nkind: Bundle\nmetadata: {name: d}\nspec: {objects: [{apiVersion: v1, kind: Secret, data: {a: embedded-two}}], data: [1, 2]}\n"
	p := pairOf(t, before, after)
	masked := Mask(Compare(p), nil)
	want := `changed ConfigMap c
  changed config data["manifest.yaml"]: <value A> -> <value B>
  changed config data.plain: text -> texts
changed Secret a
  changed other metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]: <value A> -> <value B>
  changed other metadata.annotations.other: uses (value A) -> uses (value B)
  changed secret data.changes: <value A> -> <value B>
  created secret data.comes: - -> <value A>
  removed secret data.goes: <value A> -> -
  changed secret stringData.number: <value A> -> <value B>
  changed secret stringData.p: <value A> -> <value B>
removed Secret all
changed Secret b
  created secret data: - -> whole: value A
created Secret fresh
changed Secret odd
  changed secret data[0]: <value A> -> <value B>
  changed secret data[1].deep: <value A> -> <value B>
changed Bundle.example.com d
  created other spec.data[1]: - -> <value A>
  changed other spec.objects[0].data.a: <value A> -> <value B>
0 unchanged
`
	if diff := cmp.Diff(want, showChanges(masked)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, c := range masked.Changes {
		if c.Object().Name == "a" {
			got := unified(c.Before.Bytes(), c.After.Bytes(), 0)
			if diff := cmp.Diff(`@@ -5,2 +5,2 @@
-    kubectl.kubernetes.io/last-applied-configuration: value A
-    other: uses (value A)
+    kubectl.kubernetes.io/last-applied-configuration: value B
+    other: uses (value B)
@@ -9,2 +9,2 @@
-  changes: value A
-  goes: value A
+  changes: value B
+  comes: value A
@@ -13,2 +13,2 @@
-  number: value A
-  p: value A
+  number: value B
+  p: value B
`, got); diff != "" {
				t.Errorf("unified (-want +got):\n%s", diff)
			}
		}
	}
	text := everything(t, masked)
	for _, value := range []string{"hunter-one", "hunter-two", "stays-the-same", "first-value", "second-value", "gone-value", "come-value", "7654", "7655", "all-of-it", "whole-map", "fresh-value", "listed-", "deep-", "inside-of-a-text", "another-in-a-text", "embedded-", "123"} {
		for _, form := range []string{value, b64(value)} {
			if strings.Contains(text, form) {
				t.Errorf("%s is still there as %s", value, form)
			}
		}
	}
	if diff := cmp.Diff(showChanges(masked), showChanges(Mask(Compare(p), nil))); diff != "" {
		t.Errorf("masks differ from one time to the next:\n%s", diff)
	}
}

func TestMaskSensitive(t *testing.T) {
	old, now := "s3cr3t-old", "s3cr3t-new"
	pem := "-----BEGIN KEY-----\nMIIBVQIBADANBgkqhkiG9w0BAQEF\nAASCAT8wggE7AgEAAkEAq7BFUpkG\n-----END KEY-----\n"
	quoted := `say "hi" & go`
	sensitive := []string{now, old, pem, quoted, "x", "abc", "54321", "true", ""}
	text := func(password, unknown string) string {
		indented := strings.ReplaceAll(strings.TrimSuffix(pem, "\n"), "\n", "\n        ")
		return `---
apiVersion: v1
kind: ConfigMap
metadata: {name: a, labels: {x: x, y1: axb, ` + password + `: key}}
data:
  url: postgres://app:` + password + `@db/app
  was: ` + unknown + `
  whole: ` + password + `
  encoded: ` + base64.StdEncoding.EncodeToString([]byte(password)) + `
  short: abc
  shorter: abcd
  app.yaml: |
    log: info
    database:
      user: app
      password: ` + password + `
      other: ` + unknown + `
    key:
        ` + indented + `
  quoted.json: '{"a": "say \"hi\" & go", "b": "` + unknown + `"}'
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: b-` + now + `, namespace: ` + now + `}
spec: {replicas: 1, template: {spec: {containers: [{name: ` + now + `, image: "x:1", ports: [{containerPort: 54321}], tty: true, args: [--password=` + password + `, --url=` + unknown + `]}]}}}
`
	}
	p := pairOf(t, text(old, "unknown-value"), text(now, "is-"+now))
	p.After.Chart.Source = "https://user:" + now + "@charts.example.com"
	masked := Mask(Compare(p), sensitive)
	want := `changed ConfigMap a
  created other metadata.labels["value A"]: - -> key
  removed other metadata.labels["value B"]: key -> -
  changed config data["app.yaml"]: "log: info\ndatabase:\n  user: app\n  password: (value A)\n  other: (value E)\nkey:\n    -----BEGIN KEY-----\n    (value B)\n    (value C)\n    -----END KEY-----\n" -> "log: info\ndatabase:\n  user: app\n  password: (value D)\n  other: is-(value D)\nkey:\n    -----BEGIN KEY-----\n    (value B)\n    (value C)\n    -----END KEY-----\n"
    [yaml]
    changed config database.other: (value E) -> is-(value D)
    changed config database.password: (value A) -> (value D)
    @@ -1,8 +1,8 @@
     log: info
     database:
       user: app
    -  password: (value A)
    -  other: (value E)
    +  password: (value D)
    +  other: is-(value D)
     key:
         -----BEGIN KEY-----
         (value B)
  changed config data.encoded: <value A> -> <value B>
  changed config data["quoted.json"]: '{"a": "(value A)", "b": "(value C)"}' -> '{"a": "(value A)", "b": "is-(value B)"}'
    [json]
    changed config b: (value C) -> is-(value B)
    @@ -1 +1 @@
    -{"a": "(value A)", "b": "(value C)"}
    +{"a": "(value A)", "b": "is-(value B)"}
  changed config data.url: postgres://app:(value A)@db/app -> postgres://app:(value B)@db/app
  changed config data.was: <value A> -> <value B>
  changed config data.whole: <value A> -> <value B>
changed Deployment.apps masked/b-masked
  changed other spec.template.spec.containers[name=value A].args[0]: --password=(value A) -> --password=(value B)
  changed other spec.template.spec.containers[name=value A].args[1]: <value A> -> <value B>
0 unchanged
`
	if diff := cmp.Diff(want, showChanges(masked)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	// What does not change is masked too, and what holds nothing stays.
	wantObject := `apiVersion: apps/v1
kind: Deployment
metadata:
  name: b-masked
  namespace: masked
spec:
  replicas: 1
  template:
    spec:
      containers:
      - args:
        - --password=(value B)
        - value B
        image: x:1
        name: value A
        ports:
        - containerPort: value A
        tty: true
`
	if diff := cmp.Diff(wantObject, string(masked.Changes[1].After.Bytes())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	all := everything(t, masked)
	for _, value := range []string{old, now, "unknown-value", "MIIBVQIBADANBgkqhkiG9w0BAQEF", "q7BFUpkG", "say ", "54321", base64.StdEncoding.EncodeToString([]byte(now))} {
		if i := strings.Index(all, value); i >= 0 {
			t.Errorf("%s is still there: %s", value, all[max(0, i-200):min(len(all), i+200)])
		}
	}
}

// TestMaskForms holds the masker to the forms that templates give a value.
func TestMaskForms(t *testing.T) {
	mask := NewMasker([]string{"Hunter-é7/x", "on", "54321"})
	for name, c := range map[string]struct{ text, want string }{
		"as it is":         {"a: Hunter-é7/x;", "a: (value A);"},
		"upper":            {"a: HUNTER-É7/X;", "a: (value A);"},
		"lower":            {"a: hunter-é7/x;", "a: (value A);"},
		"lower, in base64": {"a: aHVudGVyLcOpNy94;", "a: aHVudGVyLcOpNy94;"},
		"base64":           {"a: SHVudGVyLcOpNy94;", "a: (value A);"},
		"one before":       {"a: YUh1bnRlci3DqTcveA==;", "a: YU(value A)A==;"},
		"two before":       {"a: YWJIdW50ZXItw6k3L3ggZW5k;", "a: YWJ(value A)ggZW5k;"},
		"of a login":       {"a: dXNlcjpIdW50ZXItw6k3L3g=;", "a: dXNlcjp(value A)g=;"},
		"something behind": {"a: SHVudGVyLcOpNy94ISE=;", "a: (value A)ISE=;"},
		"hex":              {"a: 48756e7465722dc3a9372f78;", "a: (value A);"},
		"hex, upper":       {"a: 48756E7465722DC3A9372F78;", "a: (value A);"},
		"hex of a line":    {"a: 48756e7465722dc3a9372f780a;", "a: (value A)0a;"},
		"hex alone":        {"48756e7465722dc3a9372f78", "value A"},
		"a short one":      {"on", "value A"},
		"a word":           {"ON, on and 6f6e", "ON, on and 6f6e"},
		"ON":               {"ON", "ON"},
	} {
		if got := mask.Text(c.text); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestMaskHidesAnything plants values in random objects and looks for them in
// all that is left.
func TestMaskHidesAnything(t *testing.T) {
	const alpha, beta = "s3cr3t-alpha", "s3cr3t beta/\"x\""
	encoded := base64.StdEncoding.EncodeToString([]byte(alpha))
	planted := []any{alpha, beta, "x" + alpha + "y", alpha + beta, encoded, "a: " + alpha + "\nb: [1]\n", "a: 1\nb: [" + alpha + ", 2]\n", "one\n" + beta + "\ntwo\n", `{"a": "` + alpha + `"}`, `{"a": 1}`, int64(87654321), "87654321", "plain", "other\nlines\n"}
	keys := []string{"a", "b", "name", "data", "kind", alpha, "x-" + alpha}
	kinds := []string{"ConfigMap", "Secret", "Thing"}
	for seed := range uint64(400) {
		e := newEditor(seed)
		var tree func(depth int) any
		tree = func(depth int) any {
			switch n := e.IntN(5); {
			case depth > 0 && n < 2:
				m := map[string]any{}
				for range e.IntN(5) {
					m[keys[e.IntN(len(keys))]] = tree(depth - 1)
				}
				return m
			case depth > 0 && n < 3:
				list := []any{}
				for range e.IntN(5) {
					list = append(list, tree(depth-1))
				}
				return list
			}
			return planted[e.IntN(len(planted))]
		}
		var sets [2]manifest.Set
		for side := range sets {
			var objects []manifest.Object
			for i, kind := range kinds {
				body := map[string]any{"apiVersion": "v1", "kind": kind, "metadata": map[string]any{"name": "a", "annotations": tree(1)}, "spec": tree(3)}
				if kind == "Secret" {
					body["data"] = map[string]any{"k": fmt.Sprintf("own-%d", e.IntN(3)), "l": []any{tree(1)}}
					body["metadata"].(map[string]any)["annotations"] = map[string]any{"x": fmt.Sprintf("of own-%d", e.IntN(3)), "own": body["data"].(map[string]any)["k"]}
				}
				if e.IntN(8) > 0 || i == 0 {
					objects = append(objects, object(t, body))
				}
			}
			sets[side], _ = manifest.NewSet(objects)
		}
		r := Mask(Compare(Pair{Before: &Version{Objects: sets[0]}, After: &Version{Objects: sets[1]}}), []string{alpha, beta, "87654321"})
		text := everything(t, r)
		for _, value := range []string{alpha, "s3cr3t", "87654321", encoded, "k: own-", "own: own-"} {
			if i := strings.Index(text, value); i >= 0 {
				t.Fatalf("seed %d: %s is still there: %s", seed, value, text[max(0, i-300):min(len(text), i+200)])
			}
		}
		for _, c := range r.Changes {
			if c.Before.ID.Kind != "" && c.After.ID.Kind != "" && c.Before.ID.Kind != "Masked" {
				got, err := Apply(any(c.Before.Body()), plainFields(c.Fields))
				if err == nil && string(encode(got)) != string(c.After.Bytes()) {
					t.Fatalf("seed %d: objects and fields of %s do not tell the same", seed, c.Object())
				}
			}
		}
	}
}

func TestSaysSecret(t *testing.T) {
	for text, want := range map[string]bool{
		"kind: Secret\n":                         true,
		"kind:   \"Secret\"":                     true,
		"'kind': 'Secret'":                       true,
		`{"kind":"Secret"}`:                      true,
		`"{\"kind\":\"Secret\"}"`:                true,
		"a: Secret\nkind: Secret":                true,
		"kind: SecretStore":                      false,
		"kind: ExternalSecret":                   false,
		"a kind of Secret":                       false,
		"name: Secret":                           false,
		"Secret":                                 false,
		"":                                       false,
		"kind: " + strings.Repeat("S", 100):      false,
		"kind: ConfigMap\n---\nother: a Secret.": false,
	} {
		if got := saysSecret(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
